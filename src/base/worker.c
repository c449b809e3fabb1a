// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/worker.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/descriptor.h"

struct worker_job {
	struct worker_pool *pool;
	void (*run)(void *context);
	void *context;

	/* the owner's, also while the thread runs */
	enum worker_state state;
	int error;
	bool in_turn, left;
	struct worker_job *next;
};

struct worker_pool {
	unsigned at_once, most;
	unsigned in_turn;        /* jobs that run in turn and were not left */
	unsigned threads;        /* that the pipe has not yet reported as ended */
	struct worker_job *jobs; /* oldest first */
	int pipe[2];             /* carries pointers to jobs; -1 before the first one */
	atomic_uint holders;     /* the owner and each thread: the last one frees the pool */
};

struct worker_pool *worker_pool_new(unsigned at_once, unsigned threads)
{
	/* Any pipe holds that many pointers: no thread waits to write. */
	assert(at_once > 0 && threads > 0 && threads <= WORKER_MOST);
	struct worker_pool *pool = xcalloc(1, sizeof *pool);
	pool->at_once = at_once;
	pool->most = threads;
	pool->pipe[0] = pool->pipe[1] = -1;
	atomic_init(&pool->holders, 1);
	return pool;
}

static void free_job(struct worker_job *job)
{
	struct worker_job **at = &job->pool->jobs;
	while (*at != job)
		at = &(*at)->next;
	*at = job->next;
	free(job->context);
	free(job);
}

void worker_pool_free(struct worker_pool *pool)
{
	if (atomic_fetch_sub(&pool->holders, 1) != 1)
		return;
	while (pool->jobs)
		free_job(pool->jobs);
	for (int i = 0; i < 2; i++)
		if (pool->pipe[i] >= 0)
			close(pool->pipe[i]);
	free(pool);
}

static void *run(void *context)
{
	struct worker_job *job = context;
	struct worker_pool *pool = job->pool;
	poller_block_signals();
	job->run(job->context);
	while (write(pool->pipe[1], &job, sizeof job) < 0 && errno == EINTR)
		continue;
	worker_pool_free(pool);
	return NULL;
}

static int start_thread(struct worker_job *job)
{
	pthread_t thread;
	struct worker_pool *pool = job->pool;
	if (pool->pipe[0] < 0 && !descriptor_pipe(pool->pipe)) {
		pool->pipe[0] = pool->pipe[1] = -1;
		return errno;
	}
	atomic_fetch_add(&pool->holders, 1);
	int code = pthread_create(&thread, NULL, run, job);
	if (code)
		atomic_fetch_sub(&pool->holders, 1);
	else
		pthread_detach(thread);
	return code;
}

static bool may_begin(const struct worker_job *job)
{
	const struct worker_pool *pool = job->pool;
	return job->state == WORKER_WAITING && pool->threads < pool->most &&
	       (!job->in_turn || pool->in_turn < pool->at_once);
}

static void begin_waiting(struct worker_pool *pool)
{
	for (struct worker_job *job = pool->jobs; job; job = job->next) {
		if (!may_begin(job))
			continue;
		job->error = start_thread(job);
		job->state = job->error ? WORKER_FAILED : WORKER_RUNNING;
		if (job->error)
			continue;
		pool->threads++;
		pool->in_turn += job->in_turn;
	}
}

struct worker_job *worker_start(struct worker_pool *pool, bool in_turn, void (*run_it)(void *),
                                void *context)
{
	struct worker_job *job = xcalloc(1, sizeof *job);
	struct worker_job **end = &pool->jobs;
	*job = (struct worker_job){
		.pool = pool, .run = run_it, .context = context, .in_turn = in_turn
	};
	while (*end)
		end = &(*end)->next;
	*end = job;
	begin_waiting(pool);
	return job;
}

void worker_leave(struct worker_job *job)
{
	if (job->state != WORKER_RUNNING) {
		free_job(job);
		return;
	}
	job->left = true;
	job->pool->in_turn -= job->in_turn;
}

enum worker_state worker_state(const struct worker_job *job)
{
	return job->state;
}

int worker_error(const struct worker_job *job)
{
	return job->error;
}

/* A job that was left has made room for one that waits. */
void worker_pool_prepare(const struct worker_pool *pool, struct poller *poller)
{
	if (pool->pipe[0] >= 0)
		poller_want_read(poller, pool->pipe[0]);
	for (const struct worker_job *job = pool->jobs; job; job = job->next)
		if (may_begin(job))
			poller_wake_at(poller, 0);
}

void worker_pool_serve(struct worker_pool *pool, const struct poller *poller)
{
	struct worker_job *ended[WORKER_MOST];
	ssize_t len = poller_readable(poller, pool->pipe[0])
	                      ? read(pool->pipe[0], ended, sizeof ended)
	                      : 0;
	for (ssize_t i = 0; i < len / (ssize_t)sizeof *ended; i++) {
		struct worker_job *job = ended[i];
		pool->threads--;
		job->state = WORKER_DONE;
		if (job->left)
			free_job(job);
		else
			pool->in_turn -= job->in_turn;
	}
	begin_waiting(pool);
}
