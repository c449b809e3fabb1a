// SPDX-License-Identifier: GPL-3.0-or-later
/* worker: calls that sleep, such as getaddrinfo(), each in a thread of its own, so that the loop
 * goes on. A thread hands its job back through a pipe, which wakes the poller: until then the job
 * is the thread's, from then on the owner's, and nothing is locked. Nothing can end a thread that
 * is stuck in its call: a job that nobody waits for is left to it. Knows nothing of what the jobs
 * do. */
#pragma once

#include <stdbool.h>

#include "base/poller.h"

struct worker_pool;
struct worker_job;

enum { WORKER_MOST = 64 }; /* threads of one pool */

enum worker_state {
	WORKER_WAITING, /* for its turn */
	WORKER_RUNNING,
	WORKER_DONE,
	WORKER_FAILED, /* there was no thread for it: worker_error() */
};

/* At most `at_once` of the jobs that are run in turn, and at most `threads` threads, those of jobs
 * that were left included. Other jobs wait, first come first served. */
struct worker_pool *worker_pool_new(unsigned at_once, unsigned threads);

/* Every job has been left before. The last thread that still runs frees what is left. */
void worker_pool_free(struct worker_pool *pool);

/* Runs run(context) in a thread, at once where there is room; a job that is not `in_turn` needs
 * only a thread. Never NULL. `context` is memory of malloc() and the job's from now on: while the
 * job is WORKER_RUNNING only its thread may touch it. */
struct worker_job *worker_start(struct worker_pool *pool, bool in_turn, void (*run)(void *context),
                                void *context);

/* Frees the job with its context, at once or when its thread ends; one that waits is never
 * run. */
void worker_leave(struct worker_job *job);

/* Changes in worker_pool_serve() only. */
enum worker_state worker_state(const struct worker_job *job);
int worker_error(const struct worker_job *job); /* an errno value */

/* A turn. Whoever has jobs is served after their pool. */
void worker_pool_prepare(const struct worker_pool *pool, struct poller *poller);
void worker_pool_serve(struct worker_pool *pool, const struct poller *poller);
