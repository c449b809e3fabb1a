// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/async_close.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/worker.h"

enum { MOST_THREADS = 32 };

/* The thread's, while it runs. */
struct close_call {
	int fd;
	int64_t begun, ended; /* clock_now() */
	int code;             /* errno value */
};

struct closing {
	struct closing *next;
	struct caller caller;
	struct worker_job *job;
	struct close_call *call;
	bool forgotten;
};

struct async_close {
	struct worker_pool *pool;
	struct closing *list;
	void (*closed)(void *context, uint32_t session, int64_t took, int code);
	void *context;
};

struct async_close *async_close_new(void (*closed)(void *context, uint32_t session, int64_t took,
                                                   int code),
                                    void *context)
{
	struct async_close *async_close = xcalloc(1, sizeof *async_close);
	async_close->closed = closed;
	async_close->context = context;
	async_close->pool = worker_pool_new(MOST_THREADS, MOST_THREADS);
	return async_close;
}

static void drop_first(struct closing **list)
{
	struct closing *closing = *list;
	*list = closing->next;
	worker_leave(closing->job);
	free(closing);
}

void async_close_free(struct async_close *async_close)
{
	if (!async_close)
		return;
	while (async_close->list)
		drop_first(&async_close->list);
	worker_pool_free(async_close->pool);
	free(async_close);
}

/* An interrupted close() has closed all the same, close(2). */
static void run(void *context)
{
	struct close_call *call = context;
	call->begun = clock_now();
	call->code = close(call->fd) < 0 && errno != EINTR ? errno : 0;
	call->ended = clock_now();
}

static void follow(struct async_close *async_close)
{
	for (struct closing **at = &async_close->list; *at;) {
		struct closing *closing = *at;
		struct close_call *call = closing->call;
		enum worker_state state = worker_state(closing->job);
		if (state == WORKER_FAILED)
			run(call); /* this may stop the window for a while, but loses no descriptor */
		if (state == WORKER_WAITING || state == WORKER_RUNNING) {
			at = &closing->next;
			continue;
		}
		closing->caller.since = call->begun;
		if (!closing->forgotten)
			call_note_close(&closing->caller, call->begun, call->ended, call->fd,
			                call->code);
		if (!closing->forgotten && async_close->closed)
			async_close->closed(async_close->context, closing->caller.session,
			                    call->ended - call->begun, call->code);
		drop_first(at);
	}
}

void async_close_close(struct async_close *async_close, const struct caller *caller, int fd)
{
	struct closing *closing = xcalloc(1, sizeof *closing);
	struct closing **end = &async_close->list;
	closing->caller = *caller;
	closing->caller.observer = NULL; /* its session may be forgotten before this is done */
	closing->call = xcalloc(1, sizeof *closing->call);
	closing->call->fd = fd;
	closing->job = worker_start(async_close->pool, true, run, closing->call);
	while (*end)
		end = &(*end)->next;
	*end = closing;
	follow(async_close);
}

void async_close_forget(struct async_close *async_close, uint32_t session)
{
	for (struct closing *closing = async_close->list; closing; closing = closing->next)
		if (closing->caller.session == session)
			closing->forgotten = true;
}

void async_close_prepare(const struct async_close *async_close, struct poller *poller)
{
	worker_pool_prepare(async_close->pool, poller);
}

void async_close_serve(struct async_close *async_close, const struct poller *poller)
{
	worker_pool_serve(async_close->pool, poller);
	follow(async_close);
}
