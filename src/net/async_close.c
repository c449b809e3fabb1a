// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/async_close.h"

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
	struct async_close *async_close;
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
struct async_close {
	struct job *jobs;
	unsigned running;
	int pipe[2]; /* -1 before the first job */
	atomic_uint holders;
};

struct async_close *async_close_new(void)
{
	struct async_close *async_close = xcalloc(1, sizeof *async_close);
	async_close->pipe[0] = async_close->pipe[1] = -1;
	atomic_init(&async_close->holders, 1);
	return async_close;
}

static void close_pipe(struct async_close *async_close)
{
	for (int i = 0; i < 2; i++) {
		if (async_close->pipe[i] >= 0)
			close(async_close->pipe[i]);
		async_close->pipe[i] = -1;
	}
}

static void release(struct async_close *async_close)
{
	if (atomic_fetch_sub(&async_close->holders, 1) != 1)
		return;
	close_pipe(async_close);
	for (struct job *job = async_close->jobs, *next; job; job = next) {
		next = job->next;
		free(job);
	}
	free(async_close);
}

void async_close_free(struct async_close *async_close)
{
	if (async_close)
		release(async_close);
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
	struct async_close *async_close = job->async_close;
	poller_block_signals();
	call(job);
	atomic_store(&job->done, true);
	while (write(async_close->pipe[1], "", 1) < 0 && errno == EINTR)
		;
	release(async_close);
	return NULL;
}

static bool start_thread(struct job *job)
{
	pthread_t thread;
	pthread_attr_t attr;
	if (pthread_attr_init(&attr))
		return false;
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	atomic_fetch_add(&job->async_close->holders, 1);
	int code = pthread_create(&thread, &attr, run, job);
	pthread_attr_destroy(&attr);
	if (code)
		atomic_fetch_sub(&job->async_close->holders, 1);
	return code == 0;
}

static bool open_pipe(struct async_close *async_close)
{
	if (async_close->pipe[0] >= 0)
		return true;
	if (!descriptor_pipe(async_close->pipe)) {
		async_close->pipe[0] = async_close->pipe[1] = -1;
		return false;
	}
	for (int i = 0; i < 2; i++)
		fcntl(async_close->pipe[i], F_SETFL, O_NONBLOCK);
	return true;
}

/* ---- the owner ---- */

/* Better a window that stands still than a connection that is never closed. */
static void start(struct async_close *async_close, struct job *job)
{
	job->begun = clock_now();
	job->running = true;
	async_close->running++;
	if (open_pipe(async_close) && start_thread(job))
		return;
	call(job);
	atomic_store(&job->done, true);
}

static void start_waiting(struct async_close *async_close)
{
	for (struct job *job = async_close->jobs; job; job = job->next)
		if (!job->running && async_close->running < MOST_THREADS)
			start(async_close, job);
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

static void finish_those_done(struct async_close *async_close)
{
	for (struct job **at = &async_close->jobs; *at;) {
		struct job *job = *at;
		if (!atomic_load(&job->done)) {
			at = &job->next;
			continue;
		}
		job->caller.since = job->begun;
		if (!job->forgotten)
			call_note_close(&job->caller, job->begun, job->ended, job->fd, job->code);
		async_close->running--;
		*at = job->next;
		free(job);
	}
}

void async_close_close(struct async_close *async_close, const struct caller *caller, int fd)
{
	struct job *job = xcalloc(1, sizeof *job);
	struct job **end = &async_close->jobs;
	job->async_close = async_close;
	job->caller = *caller;
	job->fd = fd;
	job->caller.observer = NULL; /* its session may be forgotten before this is done */
	atomic_init(&job->done, false);
	while (*end)
		end = &(*end)->next;
	*end = job;
	start_waiting(async_close);
	finish_those_done(async_close);
}

void async_close_forget(struct async_close *async_close, uint32_t session)
{
	for (struct job *job = async_close->jobs; job; job = job->next)
		if (job->caller.session == session)
			job->forgotten = job->told = true;
}

void async_close_prepare(const struct async_close *async_close, struct poller *poller)
{
	if (async_close->jobs && async_close->pipe[0] >= 0)
		poller_want_read(poller, async_close->pipe[0]);
	for (const struct job *job = async_close->jobs; job; job = job->next)
		if (job->running && !job->told)
			poller_wake_at(poller, job->begun + PATIENCE);
}

void async_close_serve(struct async_close *async_close)
{
	char bytes[64];
	if (!async_close->jobs)
		return;
	while (async_close->pipe[0] >= 0 && read(async_close->pipe[0], bytes, sizeof bytes) > 0)
		;
	finish_those_done(async_close);
	start_waiting(async_close);
	finish_those_done(async_close); /* where there was no thread for it */
	for (struct job *job = async_close->jobs; job; job = job->next)
		if (job->running && !job->told && clock_now() - job->begun >= PATIENCE)
			say_that_it_waits(job);
}
