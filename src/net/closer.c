// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/closer.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/descriptor.h"

enum { MOST_THREADS = 32 }; /* further ones wait until one of these has ended */

#define PATIENCE (100 * CLOCK_MS) /* what takes no longer needs no word */

/* The thread alone writes the result until `done`, the owner alone reads it from then on. */
struct job {
	struct job *next;
	struct closer *closer;
	struct caller caller;
	int fd;
	bool running, told, forgotten;
	int64_t begun; /* clock_now() */
	int64_t ended; /* the thread's, as is what follows */
	int code;      /* errno value */
	atomic_bool done;
};

/* Shared by its owner and the threads; whoever leaves last frees it. The list is the owner's, until
 * it leaves. A thread that is done writes a byte to the pipe, which wakes the poller. */
struct closer {
	struct job *jobs;
	unsigned running;
	int pipe[2]; /* -1 before the first job */
	atomic_uint holders;
};

struct closer *closer_new(void)
{
	struct closer *closer = xcalloc(1, sizeof *closer);
	closer->pipe[0] = closer->pipe[1] = -1;
	atomic_init(&closer->holders, 1);
	return closer;
}

static void close_pipe(struct closer *closer)
{
	for (int i = 0; i < 2; i++) {
		if (closer->pipe[i] >= 0)
			close(closer->pipe[i]);
		closer->pipe[i] = -1;
	}
}

static void release(struct closer *closer)
{
	if (atomic_fetch_sub(&closer->holders, 1) != 1)
		return;
	close_pipe(closer);
	for (struct job *job = closer->jobs, *next; job; job = next) {
		next = job->next;
		free(job);
	}
	free(closer);
}

void closer_free(struct closer *closer)
{
	if (closer)
		release(closer);
}

/* ---- the thread ---- */

/* An interrupted close() has closed all the same, close(2). */
static void call(struct job *job)
{
	job->code = close(job->fd) < 0 && errno != EINTR ? errno : 0;
	job->ended = clock_now();
}

/* A pipe that is full has something to read, which is all that is wanted of it. */
static void *run(void *context)
{
	struct job *job = context;
	struct closer *closer = job->closer;
	poller_block_signals();
	call(job);
	atomic_store(&job->done, true);
	while (write(closer->pipe[1], "", 1) < 0 && errno == EINTR)
		;
	release(closer);
	return NULL;
}

static bool start_thread(struct job *job)
{
	pthread_t thread;
	pthread_attr_t attr;
	if (pthread_attr_init(&attr))
		return false;
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	atomic_fetch_add(&job->closer->holders, 1);
	int code = pthread_create(&thread, &attr, run, job);
	pthread_attr_destroy(&attr);
	if (code)
		atomic_fetch_sub(&job->closer->holders, 1);
	return code == 0;
}

static bool open_pipe(struct closer *closer)
{
	if (closer->pipe[0] >= 0)
		return true;
	if (!descriptor_pipe(closer->pipe)) {
		closer->pipe[0] = closer->pipe[1] = -1;
		return false;
	}
	for (int i = 0; i < 2; i++)
		fcntl(closer->pipe[i], F_SETFL, O_NONBLOCK);
	return true;
}

/* ---- the owner ---- */

/* Better a window that stands still than a connection that is never closed. */
static void start(struct closer *closer, struct job *job)
{
	job->begun = clock_now();
	job->running = true;
	closer->running++;
	if (open_pipe(closer) && start_thread(job))
		return;
	call(job);
	atomic_store(&job->done, true);
}

static void start_waiting(struct closer *closer)
{
	for (struct job *job = closer->jobs; job; job = job->next)
		if (!job->running && closer->running < MOST_THREADS)
			start(closer, job);
}

static void say_that_it_waits(struct job *job)
{
	static const char text[] = "close() waits until everything is acknowledged (SO_LINGER)";
	struct entry entry = {
		.time = clock_now(), .session = job->caller.session, .call = CALL_STATE, .fd = -1
	};
	job->told = true;
	transcript_append(job->caller.transcript, &entry, NULL, text, sizeof text - 1);
}

static void finish_those_done(struct closer *closer)
{
	for (struct job **at = &closer->jobs; *at;) {
		struct job *job = *at;
		if (!atomic_load(&job->done)) {
			at = &job->next;
			continue;
		}
		job->caller.since = job->begun;
		if (!job->forgotten)
			call_note_close(&job->caller, job->begun, job->ended, job->fd, job->code);
		closer->running--;
		*at = job->next;
		free(job);
	}
}

void closer_close(struct closer *closer, const struct caller *caller, int fd)
{
	struct job *job = xcalloc(1, sizeof *job);
	struct job **end = &closer->jobs;
	job->closer = closer;
	job->caller = *caller;
	job->fd = fd;
	job->caller.watch = NULL; /* its session may be forgotten before this is done */
	atomic_init(&job->done, false);
	while (*end)
		end = &(*end)->next;
	*end = job;
	start_waiting(closer);
	finish_those_done(closer);
}

void closer_forget(struct closer *closer, uint32_t session)
{
	for (struct job *job = closer->jobs; job; job = job->next)
		if (job->caller.session == session)
			job->forgotten = job->told = true;
}

void closer_prepare(const struct closer *closer, struct poller *poller)
{
	if (closer->jobs && closer->pipe[0] >= 0)
		poller_want_read(poller, closer->pipe[0]);
	for (const struct job *job = closer->jobs; job; job = job->next)
		if (job->running && !job->told)
			poller_wake_at(poller, job->begun + PATIENCE);
}

void closer_serve(struct closer *closer)
{
	char bytes[64];
	if (!closer->jobs)
		return;
	while (closer->pipe[0] >= 0 && read(closer->pipe[0], bytes, sizeof bytes) > 0)
		;
	finish_those_done(closer);
	start_waiting(closer);
	finish_those_done(closer); /* where there was no thread for it */
	for (struct job *job = closer->jobs; job; job = job->next)
		if (job->running && !job->told && clock_now() - job->begun >= PATIENCE)
			say_that_it_waits(job);
}
