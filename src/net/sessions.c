// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/sessions.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "net/async_close.h"
#include "net/session_internal.h"
#include "net/probe_timer.h"

enum {
	ALL_SHARES = 8 << 20, /* bytes that all sessions together read in a turn, roughly */
	SMALLEST_SHARE = 1 << 16,
};

/* What is closed or freed between two turns: a descriptor, or a look-up. */
struct deferred {
	struct caller caller;
	int fd;
	bool lingers;
	struct endpoint local,
	        peer; /* of a connection that is followed from then on, else AF_UNSPEC */
	struct lookup *lookup;
};

struct sessions {
	struct transcript *transcript;
	struct session **list; /* in the order of their numbers */
	size_t count, cap;
	uint32_t last_number;
	size_t ended; /* closed ones in the list that a listener had accepted, */
	size_t kept;  /* of which this many stay */
	const struct session *spared;
	bool reconnects;       /* by themselves */
	bool failed;           /* some session may be there that failed to open */
	struct session *aside; /* the one that failed last */
	size_t share;
	struct deferred *deferred;
	size_t doomed_count, doomed_cap;
	struct async_close *async_close;
	struct resolver *resolver;
	uint64_t freed;
	uint64_t lost; /* bytes, see sessions_lost() */
	struct probe_budget budget;
	struct diag *diag;
	struct lingering lingering;
	int64_t look_due; /* of all sessions, as of the last sessions_prepare() */
	int64_t called;   /* budget.called as it was in the turn before */
	void (*born)(void *context, struct session *session);
	void (*gone)(void *context, struct session *session);
	void *probe_context;
	void (*data)(void *context, struct session *session, const char *data, size_t len);
	void *tap_context;
};

struct sessions *sessions_new(struct transcript *transcript)
{
	struct sessions *sessions = xcalloc(1, sizeof *sessions);
	sessions->transcript = transcript;
	sessions->share = SESSION_TURN;
	sessions->kept = SESSIONS_KEPT;
	sessions->async_close = async_close_new();
	sessions->resolver = resolver_new(RESOLVE_AT_ONCE, RESOLVE_THREADS);
	sessions->diag = diag_new();
	sessions->look_due = INT64_MAX;
	return sessions;
}

void sessions_free(struct sessions *sessions)
{
	if (!sessions)
		return;
	resolver_stop(sessions->resolver);
	for (size_t i = 0; i < sessions->count; i++)
		session_free(sessions->list[i]);
	sessions->count = sessions->ended = 0;
	if (sessions->aside)
		session_free(sessions->aside);
	sessions_reap(sessions);
	async_close_free(sessions->async_close);
	resolver_free(sessions->resolver);
	diag_free(sessions->diag);
	free(sessions->list);
	free(sessions->deferred);
	free(sessions);
}

/* ---- the table ---- */

struct transcript *sessions_transcript(const struct sessions *sessions)
{
	return sessions->transcript;
}

uint32_t sessions_add(struct sessions *sessions, struct session *session)
{
	if (sessions->count == sessions->cap) {
		sessions->cap = sessions->cap ? 2 * sessions->cap : 16;
		sessions->list = xrealloc(sessions->list, sessions->cap * sizeof(struct session *));
	}
	sessions->list[sessions->count++] = session;
	return ++sessions->last_number;
}

size_t sessions_count(const struct sessions *sessions)
{
	return sessions->count;
}

struct session *sessions_at(const struct sessions *sessions, size_t index)
{
	return index < sessions->count ? sessions->list[index] : NULL;
}

struct session *sessions_numbered(const struct sessions *sessions, uint32_t number)
{
	size_t low = 0, high = sessions->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (sessions->list[middle]->caller.session < number)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == sessions->count || sessions->list[low]->caller.session != number)
		return NULL;
	return sessions->list[low];
}

struct session *sessions_named(const struct sessions *sessions, const char *name)
{
	for (size_t i = sessions->count; i-- > 0;)
		if (strcmp(sessions->list[i]->name, name) == 0)
			return sessions->list[i];
	return NULL;
}

static bool is_ended_client(const struct session *session)
{
	return session->listener && session->state == SESSION_CLOSED;
}

static void take_out(struct sessions *sessions, struct session *session)
{
	size_t index = 0;
	while (sessions->list[index] != session)
		index++;
	sessions->ended -= is_ended_client(session);
	if (sessions->spared == session)
		sessions->spared = NULL;
	sessions->count--;
	memmove(&sessions->list[index], &sessions->list[index + 1],
	        (sessions->count - index) * sizeof(struct session *));
}

bool sessions_forget(struct sessions *sessions, struct session *session, struct error *error)
{
	if (session->state != SESSION_CLOSED) {
		error_set(error, "session %u is still open: /close it first",
		          (unsigned)session->caller.session);
		return false;
	}
	take_out(sessions, session);
	transcript_hide(sessions->transcript, session->caller.session);
	async_close_forget(sessions->async_close, session->caller.session);
	session_free(session);
	return true;
}

void sessions_set_reconnect(struct sessions *sessions, bool on)
{
	bool ends = sessions->reconnects && !on;
	sessions->reconnects = on;
	for (size_t i = 0; ends && i < sessions->count; i++)
		reconnect_cancel(sessions->list[i]);
}

bool sessions_may_reconnect(const struct sessions *sessions)
{
	return sessions->reconnects;
}

void sessions_count_failed(struct sessions *sessions)
{
	sessions->failed = true;
}

struct session *sessions_failed(struct sessions *sessions, const struct session *but)
{
	bool others = false;
	for (size_t i = 0; sessions->failed && i < sessions->count; i++) {
		struct session *session = sessions->list[i];
		if (session_failed_to_open(session) && session != but)
			return session;
		others = others || session_failed_to_open(session);
	}
	sessions->failed = others;
	return NULL;
}

void sessions_set_aside(struct sessions *sessions, struct session *session)
{
	take_out(sessions, session);
	if (sessions->aside)
		session_free(sessions->aside);
	sessions->aside = session;
}

const struct session *sessions_aside(const struct sessions *sessions)
{
	return sessions->aside;
}

static bool is_in_table(const void *context, uint32_t session)
{
	return session == 0 || sessions_numbered(context, session);
}

void sessions_hide_others(struct sessions *sessions)
{
	transcript_hide_others(sessions->transcript, is_in_table, sessions);
}

void sessions_keep_clients(struct sessions *sessions, size_t count)
{
	sessions->kept = count < SESSIONS_KEPT_MOST ? count : SESSIONS_KEPT_MOST;
}

void sessions_count_ended(struct sessions *sessions)
{
	sessions->ended++;
}

void sessions_count_lost(struct sessions *sessions, size_t bytes)
{
	sessions->lost += bytes;
}

uint64_t sessions_lost(const struct sessions *sessions)
{
	return sessions->lost;
}

void sessions_pin(struct sessions *sessions, const struct session *session)
{
	sessions->spared = session;
}

bool sessions_is_pinned(const struct sessions *sessions, const struct session *session)
{
	return sessions->spared == session;
}

static bool may_go(const struct sessions *sessions, const struct session *session)
{
	return is_ended_client(session) && session != sessions->spared;
}

/* Those who watch are told while the table is still whole. */
static void announce_excess(struct sessions *sessions, size_t excess)
{
	for (size_t i = 0; excess && i < sessions->count; i++)
		if (may_go(sessions, sessions->list[i])) {
			excess--;
			if (sessions->gone)
				sessions->gone(sessions->probe_context, sessions->list[i]);
		}
}

static void forget_excess(struct sessions *sessions)
{
	size_t excess = sessions->ended > sessions->kept ? sessions->ended - sessions->kept : 0;
	size_t kept = 0;
	if (!excess)
		return;
	announce_excess(sessions, excess);
	for (size_t i = 0; i < sessions->count; i++) {
		struct session *session = sessions->list[i];
		if (excess && may_go(sessions, session)) {
			excess--;
			sessions->ended--;
			session_free(session);
		} else {
			sessions->list[kept++] = session;
		}
	}
	sessions->count = kept;
}

/* ---- who wants to know ---- */

void sessions_watch(struct sessions *sessions, void (*born)(void *context, struct session *session),
                    void (*gone)(void *context, struct session *session), void *context)
{
	sessions->born = born;
	sessions->gone = gone;
	sessions->probe_context = context;
}

void sessions_announce(struct sessions *sessions, struct session *session)
{
	if (sessions->born)
		sessions->born(sessions->probe_context, session);
}

void sessions_tap(struct sessions *sessions,
                  void (*data)(void *context, struct session *session, const char *data,
                               size_t len),
                  void *context)
{
	sessions->data = data;
	sessions->tap_context = context;
}

void sessions_show(struct sessions *sessions, struct session *session, const char *data, size_t len)
{
	if (sessions->data)
		sessions->data(sessions->tap_context, session, data, len);
}

/* ---- the kernel ---- */

struct probe_budget *sessions_budget(struct sessions *sessions)
{
	return &sessions->budget;
}

struct lingering *sessions_lingering(struct sessions *sessions)
{
	return &sessions->lingering;
}

struct resolver *sessions_resolver(const struct sessions *sessions)
{
	return sessions->resolver;
}

struct diag *sessions_diag(const struct sessions *sessions)
{
	return sessions->diag;
}

/* ---- closing ---- */

static struct deferred *add_doomed(struct sessions *sessions)
{
	if (sessions->doomed_count == sessions->doomed_cap) {
		sessions->doomed_cap = sessions->doomed_cap ? 2 * sessions->doomed_cap : 16;
		sessions->deferred = xrealloc(sessions->deferred,
		                              sessions->doomed_cap * sizeof *sessions->deferred);
	}
	return &sessions->deferred[sessions->doomed_count++];
}

void sessions_defer_close(struct sessions *sessions, const struct caller *caller, int fd)
{
	*add_doomed(sessions) = (struct deferred){ .caller = *caller, .fd = fd };
}

void sessions_defer_lingering_close(struct sessions *sessions, const struct caller *caller, int fd)
{
	*add_doomed(sessions) = (struct deferred){ .caller = *caller, .fd = fd, .lingers = true };
}

void sessions_defer_connection_close(struct sessions *sessions, const struct session *session,
                                     int fd)
{
	*add_doomed(sessions) = (struct deferred){
		.caller = session->caller,
		.fd = fd,
		.lingers = session->lingers,
		.local = session->local[0],
		.peer = session->peer,
	};
}

void sessions_defer_lookup_end(struct sessions *sessions, struct lookup *lookup)
{
	if (lookup_fd(lookup) < 0)
		lookup_free(lookup);
	else
		*add_doomed(sessions) = (struct deferred){ .fd = -1, .lookup = lookup };
}

size_t sessions_doomed_descriptors(const struct sessions *sessions)
{
	size_t count = 0;
	for (size_t i = 0; i < sessions->doomed_count; i++)
		count += sessions->deferred[i].fd >= 0;
	return count;
}

uint64_t sessions_freed(const struct sessions *sessions)
{
	return sessions->freed;
}

/* The session may have another socket by now, or be gone. */
static void close_doomed(struct sessions *sessions, struct deferred *deferred)
{
	struct session *session = sessions_numbered(sessions, deferred->caller.session);
	bool watched = session && session->probe.last.present && session->probe.fd == deferred->fd;
	if (!watched || deferred->lingers)
		deferred->caller.probe = NULL;
	if (deferred->lingers)
		async_close_close(sessions->async_close, &deferred->caller, deferred->fd);
	if (deferred->lingers &&
	    transcript_is_hidden(sessions->transcript, deferred->caller.session))
		async_close_forget(sessions->async_close, deferred->caller.session);
	if (!deferred->lingers)
		call_close(&deferred->caller, deferred->fd);
	if (!session || session->state != SESSION_CLOSED)
		return;
	if (sessions->budget.off || !endpoint_is_set(&deferred->peer))
		probe_forget(&session->probe);
	else
		lingering_begin(sessions, session, &deferred->local, &deferred->peer,
		                deferred->lingers);
}

void sessions_reap(struct sessions *sessions)
{
	for (size_t i = 0; i < sessions->doomed_count; i++) {
		struct deferred *deferred = &sessions->deferred[i];
		if (deferred->fd >= 0)
			close_doomed(sessions, deferred);
		lookup_free(deferred->lookup);
		sessions->freed++;
	}
	sessions->doomed_count = 0;
	forget_excess(sessions);
}

/* ---- turns ---- */

static void prepare_one(struct sessions *sessions, struct session *session, struct poller *poller)
{
	int64_t due = probe_timer_prepare(session);
	if (due < sessions->look_due)
		sessions->look_due = due;
	if (session->state != SESSION_CLOSED)
		session_prepare(session, poller);
}

void sessions_prepare(struct sessions *sessions, struct poller *poller)
{
	sessions->look_due = INT64_MAX;
	for (size_t i = 0; i < sessions->count; i++)
		if (sessions->list[i]->state != SESSION_CLOSED)
			prepare_one(sessions, sessions->list[i], poller);
		else if (sessions->list[i]->again_at)
			poller_wake_at(poller, sessions->list[i]->again_at);
	poller_wake_lazily(poller, sessions->look_due);
	lingering_prepare(&sessions->lingering, poller);
	async_close_prepare(sessions->async_close, poller);
	resolver_prepare(sessions->resolver, poller);
}

/* What time it is, if it may be as late as this: the calls of this turn have asked already. */
static int64_t instant(struct sessions *sessions, int64_t due)
{
	int64_t before = sessions->called;
	sessions->called = sessions->budget.called;
	return due == INT64_MAX || sessions->called != before ? sessions->called : clock_now();
}

static void look_around(struct sessions *sessions)
{
	int64_t now = instant(sessions, sessions->look_due);
	for (size_t i = 0; sessions->look_due <= now && i < sessions->count; i++)
		if (sessions->list[i]->state != SESSION_CLOSED)
			probe_timer_serve(sessions->list[i], now);
	lingering_serve(sessions);
}

size_t sessions_share(const struct sessions *sessions)
{
	return sessions->share;
}

/* Many busy sessions read less each, so that a turn stays short; how many is guessed from the turn
 * before. A client accepted in this turn has not been polled for yet, and stands behind `count`. */
void sessions_serve(struct sessions *sessions, struct poller *poller)
{
	size_t busy = 0;
	size_t count = sessions->count;
	for (size_t i = 0; i < count; i++) {
		struct session *session = sessions->list[i];
		if (session->state == SESSION_CLOSED) {
			reconnect_serve(session);
			continue;
		}
		uint64_t received = session->counts.received_bytes;
		session_serve(session, poller);
		busy += session->counts.received_bytes - received >= SMALLEST_SHARE;
	}
	size_t share = ALL_SHARES / (busy ? busy : 1);
	if (share > SESSION_TURN)
		share = SESSION_TURN;
	sessions->share = share < SMALLEST_SHARE ? SMALLEST_SHARE : share;
	async_close_serve(sessions->async_close);
	resolver_serve(sessions->resolver, poller);
	look_around(sessions);
}
