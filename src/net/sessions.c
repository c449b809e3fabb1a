// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/sessions.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/descriptor.h"
#include "net/async_close.h"
#include "net/datagram.h"
#include "net/diag.h"
#include "net/dial.h"
#include "net/fault.h"
#include "net/lingering.h"
#include "net/listener.h"
#include "net/multicast.h"
#include "net/option.h"
#include "net/port_table.h"
#include "net/probe_timer.h"
#include "net/reconnect.h"
#include "net/recorded.h"
#include "net/sandbox.h"
#include "net/service.h"
#include "net/session_internal.h"
#include "net/step.h"
#include "net/stream.h"
#include "net/tls/tls.h"
#include "net/tls_stream.h"
#include "net/wire.h"
#include "record/frame_entry.h"

/* So long the sessions may keep a key waiting: not nothing, or a paste would stop them. Hundreds of them
 * take longer than the frame of a terminal. */
#define KEY_TURN (2 * CLOCK_MS)

enum {
	ALL_SHARES = 8 << 20, /* bytes that all sessions together read in a turn, roughly */
	SMALLEST_SHARE = 1 << 16,
	ASIDE_MOST = 8,
};

/* A descriptor that is closed between two turns. */
struct deferred {
	struct caller caller;
	int fd;
	bool lingers;
	struct endpoint local,
	        peer; /* of a connection that is followed from then on, else AF_UNSPEC */
};

struct sessions {
	struct session_table table; /* the first member: what sessions know of their table */
	struct session **list;      /* in the order of their numbers */
	size_t count, cap;
	uint32_t last_number;
	size_t ended; /* closed ones in the list that a listener had accepted, */
	size_t kept;  /* of which this many stay */
	struct session *pinned;
	bool failed;                       /* some session may be there that failed to open */
	struct session *aside[ASIDE_MOST]; /* those that failed to open, newest first */
	struct deferred *deferred;
	size_t deferred_count, deferred_cap;
	struct async_close *async_close;
	struct lingering lingering;
	struct recording **recordings;
	size_t recording_count, recording_cap;
	size_t recorded; /* sessions of them in the list */
	int other_fds;      /* most descriptors seen in use that are not a session's */
	int most_fds;       /* how many there may be; 0 = not asked in this turn */
	size_t room_from;   /* no session before this one of the list can make room in this turn */
	enum wire_mode wire_mode;
	int keys;           /* see sessions_hurry_for() */
	size_t first;       /* index of the session that is served first */
	int64_t sample_due; /* of all sessions, as of the last sessions_prepare() */
	int64_t called;     /* budget.called as it was in the turn before */
	void (*born)(void *context, struct session *session);
	void (*gone)(void *context, struct session *session);
	void *watch_context;
	void (*data)(void *context, struct session *session, const char *data, size_t len);
	void *tap_context;
	void (*take_key)(void *context, const struct session *session, const char *line);
	void *key_context;
};

static struct sessions *of(struct session_table *table)
{
	return (struct sessions *)table;
}

size_t sessions_count(const struct sessions *sessions)
{
	return sessions->count;
}

struct session *sessions_at(const struct sessions *sessions, size_t index)
{
	return index < sessions->count ? sessions->list[index] : NULL;
}

/* Of the first session with this number or a higher one; `count` for none. */
static size_t find_index(const struct sessions *sessions, uint32_t number)
{
	size_t low = 0, high = sessions->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (sessions->list[middle]->caller.session < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct session *sessions_numbered(const struct sessions *sessions, uint32_t number)
{
	struct session *session = sessions_at(sessions, find_index(sessions, number));
	return session && session->caller.session == number ? session : NULL;
}

/* The newest one; a recording only where no other session has that name. */
struct session *sessions_named(const struct sessions *sessions, const char *name)
{
	struct session *recorded = NULL;
	for (size_t i = sessions->count; i-- > 0;) {
		struct session *session = sessions->list[i];
		if (strcmp(session->name, name) != 0)
			continue;
		if (!session->recording)
			return session;
		recorded = recorded ? recorded : session;
	}
	return recorded;
}

void sessions_read_kernel(struct sessions *sessions, bool on)
{
	sessions->table.budget.off = !on;
}

void sessions_read_port(struct sessions *sessions, enum host host, uint16_t port, int64_t search,
                        struct port_table *table)
{
	port_table_read(table, &sessions->table, host, port, search);
}

void sessions_show_packets(struct sessions *sessions, bool on)
{
	if (sessions->table.shows_packets == on)
		return;
	sessions->table.shows_packets = on;
	for (size_t i = 0; i < sessions->count; i++) {
		struct session *session = sessions->list[i];
		for (unsigned j = 0; session->ops->show_packets && j < session->fd_count; j++)
			session->ops->show_packets(session, j, on);
	}
}

void sessions_sample(struct sessions *sessions, struct session *session)
{
	if (sessions->table.budget.off || session->recording)
		return;
	if (session->fd_count)
		probe_timer_sample(session);
	else if (session->state == SESSION_CLOSED)
		lingering_sample(&sessions->lingering, session);
}

static void free_session(struct sessions *sessions, struct session *session)
{
	lingering_end(&sessions->lingering, session);
	dial_end(session);
	option_forget(session);
	multicast_forget(session);
	session_free(session);
}

/* Nobody here has opened it. */
static bool is_ended_client(const struct session *session)
{
	return (session->listener || session->relay) && session->state == SESSION_CLOSED;
}

static void take_out(struct sessions *sessions, struct session *session)
{
	size_t index = 0;
	while (sessions->list[index] != session)
		index++;
	sessions->ended -= is_ended_client(session);
	sessions->recorded -= session->recording != NULL;
	if (sessions->pinned == session)
		sessions_pin(sessions, NULL);
	sessions->count--;
	memmove(&sessions->list[index], &sessions->list[index + 1],
	        (sessions->count - index) * sizeof(struct session *));
}

bool sessions_forget(struct sessions *sessions, struct session *session, struct error *error)
{
	if (session->state != SESSION_CLOSED && !session->recording) {
		error_set(error, "session %u is still open: /close it first",
		          (unsigned)session->caller.session);
		return false;
	}
	take_out(sessions, session);
	transcript_hide(sessions->table.transcript, session->caller.session);
	async_close_forget(sessions->async_close, session->caller.session);
	free_session(sessions, session);
	return true;
}

void sessions_set_reconnect(struct sessions *sessions, bool on)
{
	bool ends = sessions->table.reconnects && !on;
	sessions->table.reconnects = on;
	for (size_t i = 0; ends && i < sessions->count; i++)
		session_cancel_reconnect(sessions->list[i]);
}

/* Of what a person has opened: a relay tells its client. */
static bool is_failure(const struct session *session, const struct session *but)
{
	return session_failed_to_open(session) && !session->relay && session != but;
}

struct session *sessions_failed(struct sessions *sessions, const struct session *but)
{
	bool others = false;
	for (size_t i = 0; sessions->failed && i < sessions->count; i++) {
		struct session *session = sessions->list[i];
		if (is_failure(session, but))
			return session;
		others = others || is_failure(session, NULL);
	}
	sessions->failed = others;
	return NULL;
}

void sessions_set_aside(struct sessions *sessions, struct session *session)
{
	struct session **aside = sessions->aside;
	take_out(sessions, session);
	if (aside[ASIDE_MOST - 1])
		free_session(sessions, aside[ASIDE_MOST - 1]);
	memmove(aside + 1, aside, (ASIDE_MOST - 1) * sizeof *aside);
	aside[0] = session;
}

const struct session *sessions_aside(const struct sessions *sessions)
{
	return sessions->aside[0];
}

const struct session *sessions_aside_numbered(const struct sessions *sessions, uint32_t number)
{
	for (size_t i = 0; i < ASIDE_MOST && sessions->aside[i]; i++)
		if (session_number(sessions->aside[i]) == number)
			return sessions->aside[i];
	return NULL;
}

const struct session *sessions_aside_named(const struct sessions *sessions, const char *name)
{
	for (size_t i = 0; i < ASIDE_MOST && sessions->aside[i]; i++)
		if (strcmp(session_name(sessions->aside[i]), name) == 0)
			return sessions->aside[i];
	return NULL;
}

static bool stays_shown(const void *context, uint32_t session)
{
	return session == 0 || session_is_wire(session) || sessions_numbered(context, session);
}

void sessions_hide_others(struct sessions *sessions)
{
	transcript_hide_others(sessions->table.transcript, stays_shown, sessions);
}

void sessions_hurry_for(struct sessions *sessions, int keys)
{
	sessions->keys = keys;
}

void sessions_keep_clients(struct sessions *sessions, size_t count)
{
	sessions->kept = count < SESSIONS_KEPT_MOST ? count : SESSIONS_KEPT_MOST;
}

uint64_t sessions_lost(const struct sessions *sessions)
{
	return sessions->table.lost;
}

void sessions_pin(struct sessions *sessions, struct session *session)
{
	if (sessions->pinned)
		sessions->pinned->pinned = false;
	sessions->pinned = session;
	if (session)
		session->pinned = true;
}

static bool may_go(const struct session *session)
{
	return is_ended_client(session) && !session->pinned;
}

/* The watcher is called while the table is still whole. */
static void announce_excess(struct sessions *sessions, size_t excess)
{
	for (size_t i = 0; excess && i < sessions->count; i++)
		if (may_go(sessions->list[i])) {
			excess--;
			if (sessions->gone)
				sessions->gone(sessions->watch_context, sessions->list[i]);
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
		if (excess && may_go(session)) {
			excess--;
			sessions->ended--;
			sessions->recorded -= session->recording != NULL;
			free_session(sessions, session);
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
	sessions->watch_context = context;
}

void sessions_tap(struct sessions *sessions,
                  void (*data)(void *context, struct session *session, const char *data,
                               size_t len),
                  void *context)
{
	sessions->data = data;
	sessions->tap_context = context;
}

static void key_made(struct session *session, const char *line)
{
	const struct sessions *sessions = of(session->table);
	sessions->take_key(sessions->key_context, session, line);
}

void sessions_watch_keys(struct sessions *sessions,
                         void (*key)(void *context, const struct session *session,
                                     const char *line),
                         void *context)
{
	sessions->take_key = key;
	sessions->key_context = context;
	sessions->table.key = key ? key_made : NULL;
	sessions->table.key_watch++;
}

bool sessions_give_keys(const struct sessions *sessions)
{
	return sessions->take_key != NULL;
}

/* ---- the sandbox ---- */

/* Watches what the mode and the sandbox want. If that fails, watches nothing; false with one line. */
static bool watch(struct sessions *sessions, struct error *error)
{
	struct sandbox *sandbox = sessions->table.sandbox;
	struct wire *wire = sessions->table.wire;
	bool good = true, hosts = sandbox && sessions->wire_mode != WIRE_OFF;
	wire_unwatch(wire);
	for (enum host host = HOST_LEFT; hosts && good && host < HOST_COUNT; host++) {
		good = wire_watch(wire, host, WIRE_CABLE, sandbox_cable_socket(sandbox, host), error);
		good = good && wire_watch(wire, host, WIRE_LOOPBACK,
		                          sandbox_socket(sandbox, host, AF_PACKET, SOCK_RAW, 0),
		                          error);
	}
	if (hosts && good)
		wire_watch_cable(wire, sandbox_cable(sandbox));
	if (good && sessions->wire_mode == WIRE_ON)
		good = wire_watch(wire, HOST_HERE, WIRE_OWN, -1, error);
	if (!good)
		wire_unwatch(wire);
	for (size_t i = 0; wire_follows(wire) && i < sessions->count; i++)
		for (unsigned slot = 0; slot < sessions->list[i]->fd_count; slot++)
			call_follow(&sessions->list[i]->caller, sessions->list[i]->fd[slot]);
	return good;
}

bool sessions_set_wire(struct sessions *sessions, enum wire_mode mode, struct error *error)
{
	if (mode == sessions->wire_mode)
		return true;
	enum wire_mode before = sessions->wire_mode;
	sessions->wire_mode = mode;
	if (watch(sessions, error))
		return true;
	struct error again;
	sessions->wire_mode = before;
	watch(sessions, &again);
	return false;
}

const struct wire *sessions_wire(const struct sessions *sessions)
{
	return sessions->table.wire;
}

void sessions_keep_frames(struct sessions *sessions, bool whole)
{
	wire_keep_whole(sessions->table.wire, whole);
}

void sessions_set_sandbox(struct sessions *sessions, struct sandbox *sandbox)
{
	struct session_table *table = &sessions->table;
	if (!sandbox)
		lingering_end_hosts(&sessions->lingering);
	table->sandbox = sandbox;
	for (enum host host = HOST_LEFT; host < HOST_COUNT; host++) {
		diag_free(table->diag[host]);
		table->diag[host] = sandbox ? diag_new(sandbox, host) : NULL;
	}
	struct error error;
	if (!watch(sessions, &error)) {
		const struct entry header = { .time = clock_now(), .fd = -1, .flags = ENTRY_ERROR };
		transcript_append(table->transcript, &header, NULL, error.text, strlen(error.text));
	}
	for (size_t i = 0; !sandbox && i < sessions->count; i++)
		if (sessions->list[i]->caller.host != HOST_HERE)
			session_cancel_reconnect(sessions->list[i]);
}

struct sandbox *sessions_sandbox(const struct sessions *sessions)
{
	return sessions->table.sandbox;
}

/* ---- closing ---- */

static void defer_close(struct session *session, int fd, bool lingers, bool is_connection)
{
	struct sessions *sessions = of(session->table);
	sessions->deferred = xgrow(sessions->deferred, &sessions->deferred_cap,
	                           sessions->deferred_count, sizeof *sessions->deferred);
	struct deferred *deferred = &sessions->deferred[sessions->deferred_count++];
	*deferred = (struct deferred){ .caller = session->caller, .fd = fd, .lingers = lingers };
	if (is_connection) {
		deferred->local = session->local[0];
		deferred->peer = session->peer;
	}
	session->table->closing++;
}

/* close() of a session with SO_LINGER has returned. */
static void close_returned(void *context, uint32_t number, int64_t took, int code)
{
	char text[CLOCK_TEXT];
	struct session *session = sessions_numbered(context, number);
	if (!session || !session->closing)
		return;
	session->closing = false;
	clock_format_duration(took, text);
	if (code)
		session_report(session, ENTRY_ERROR, "closed: close() = -1 %s after %s",
		               error_name(code), text);
	else
		session_report(session, 0, "closed: close() = 0 after %s", text);
}

/* The session may have another socket by now, or be gone. */
static void close_deferred(struct sessions *sessions, struct deferred *deferred)
{
	struct session *session = sessions_numbered(sessions, deferred->caller.session);
	bool is_sampled =
	        session && session->probe.last.present && session->probe.fd == deferred->fd;
	if (!is_sampled || deferred->lingers)
		deferred->caller.observer = NULL;
	if (deferred->lingers)
		async_close_close(sessions->async_close, &deferred->caller, deferred->fd);
	if (deferred->lingers &&
	    transcript_is_hidden(sessions->table.transcript, deferred->caller.session))
		async_close_forget(sessions->async_close, deferred->caller.session);
	if (!deferred->lingers)
		call_close(&deferred->caller, deferred->fd);
	if (!session || session->state != SESSION_CLOSED)
		return;
	if (sessions->table.budget.off || !endpoint_is_set(&deferred->peer) ||
	    !probe_may_look(&session->probe, sessions->table.budget.called))
		probe_forget(&session->probe);
	else
		lingering_begin(&sessions->lingering, session, &deferred->local, &deferred->peer,
		                deferred->lingers);
}

void sessions_reap(struct sessions *sessions)
{
	for (size_t i = 0; i < sessions->deferred_count; i++) {
		struct deferred *deferred = &sessions->deferred[i];
		close_deferred(sessions, deferred);
		sessions->table.closed++;
	}
	sessions->deferred_count = sessions->table.closing = 0;
	forget_excess(sessions);
}

bool sessions_are_closing(const struct sessions *sessions)
{
	return sessions->deferred_count > 0;
}

/* ---- what sessions report ---- */

static uint32_t add(struct session_table *table, struct session *session)
{
	struct sessions *sessions = of(table);
	sessions->list =
	        xgrow(sessions->list, &sessions->cap, sessions->count, sizeof *sessions->list);
	sessions->list[sessions->count++] = session;
	session->probe.find = probe_timer_find;
	session->probe.owner = session;
	return ++sessions->last_number;
}

static struct session *find(struct session_table *table, uint32_t number)
{
	return sessions_numbered(of(table), number);
}

static struct session *find_named(struct session_table *table, const char *name)
{
	return sessions_named(of(table), name);
}

static struct session *at(struct session_table *table, size_t index)
{
	return sessions_at(of(table), index);
}

static struct session *after(struct session_table *table, uint32_t number)
{
	return sessions_at(of(table), find_index(of(table), number + 1));
}

static void born(struct session *session)
{
	const struct sessions *sessions = of(session->table);
	if (sessions->born)
		sessions->born(sessions->watch_context, session);
}

static void socket_made(struct session *session, int fd)
{
	option_restore(session, fd);
	if (session->table->shows_packets && session->ops->show_packets)
		session->ops->show_packets(session, session->fd_count - 1, true);
	probe_timer_add_socket(session, fd);
}

static void ended(struct session *session, bool was_open)
{
	struct sessions *sessions = of(session->table);
	dial_end(session);
	reconnect_plan(session, was_open);
	sessions->failed = sessions->failed || is_failure(session, NULL);
	if (!is_ended_client(session))
		return;
	struct session *listener = sessions_numbered(sessions, session->listener);
	if (listener && !session->recording)
		listener_client_ended(listener);
	sessions->ended++;
}

static void received(struct session *session, const char *data, size_t len)
{
	const struct sessions *sessions = of(session->table);
	if (sessions->data)
		sessions->data(sessions->tap_context, session, data, len);
}

/* accept() gives the lowest free descriptor, so at least as many are in use as its number says:
 * what is not a session's is others'. Low numbers become free again, so the number alone does not
 * say how many are in use. */
static int count_descriptors(struct sessions *sessions, int fd)
{
	int ours = (int)sessions->table.descriptors;
	int others = fd + 1 - ours - (int)sessions->table.closing;
	sessions->other_fds = others > sessions->other_fds ? others : sessions->other_fds;
	return ours + sessions->other_fds;
}

/* A client that has sent FIN (CLOSE_WAIT) waits for a person, and nobody else ends it. The session
 * that a person looks at stays, and so does one whose calls a person makes. */
static bool may_make_room(const struct session *session)
{
	return session->state == SESSION_OPEN && !session_is_served(session) && session->listener &&
	       !session->recording && session_peer_closed(session) && !session_is_shut(session) &&
	       !session->paused && !session->pinned;
}

/* Beyond three quarters of what there may be, each new client closes an old one. */
static struct descriptor_use make_room(struct session_table *table, int fd)
{
	char text[120];
	struct sessions *sessions = of(table);
	if (!sessions->most_fds)
		sessions->most_fds = descriptor_most();
	struct descriptor_use use = { .most = sessions->most_fds };
	int enough = use.most / 4 * 3;
	if (fd < enough && sessions->count < (size_t)enough / 2) {
		use.used = fd;
		return use;
	}
	use.used = count_descriptors(sessions, fd);
	while (use.used - use.ended > enough && sessions->room_from < sessions->count) {
		struct session *client = sessions->list[sessions->room_from++];
		if (!may_make_room(client))
			continue;
		snprintf(text, sizeof text,
		         "closed to make room: the peer had sent FIN, and %d of %d descriptors are "
		         "in "
		         "use",
		         use.used - use.ended, use.most);
		client->ops->close(client, text);
		use.ended++;
	}
	return use;
}

/* ---- making ---- */

static struct session *make_client(struct session_table *table, const struct target *target,
                                   const struct session_options *options, struct error *error);

struct sessions *sessions_new(struct transcript *transcript)
{
	struct sessions *sessions = xcalloc(1, sizeof *sessions);
	sessions->table = (struct session_table){
		.transcript = transcript,
		.lookup_pool = worker_pool_new(LOOKUP_AT_ONCE, LOOKUP_THREADS),
		.diag = { [HOST_HERE] = diag_new(NULL, HOST_HERE) },
		.wire = wire_new(transcript),
		.no_service = service_table[0],
		.share = SESSION_TURN,
		.add = add,
		.find = find,
		.find_named = find_named,
		.at = at,
		.after = after,
		.make_client = make_client,
		.born = born,
		.lingering = &sessions->lingering,
		.socket_made = socket_made,
		.ended = ended,
		.received = received,
		.defer_close = defer_close,
		.make_room = make_room,
	};
	sessions->kept = SESSIONS_KEPT;
	sessions->keys = -1;
	sessions->async_close = async_close_new(close_returned, sessions);
	sessions->lingering.table = &sessions->table;
	sessions->sample_due = INT64_MAX;
	return sessions;
}

void sessions_free(struct sessions *sessions)
{
	if (!sessions)
		return;
	for (size_t i = 0; i < sessions->count; i++) /* some look for others in the table */
		session_free_service_state(sessions->list[i]);
	for (size_t i = 0; i < sessions->count; i++)
		free_session(sessions, sessions->list[i]);
	sessions->count = sessions->ended = 0;
	for (size_t i = 0; i < ASIDE_MOST && sessions->aside[i]; i++)
		free_session(sessions, sessions->aside[i]);
	sessions_reap(sessions);
	async_close_free(sessions->async_close);
	worker_pool_free(sessions->table.lookup_pool);
	for (enum host host = HOST_HERE; host < HOST_COUNT; host++)
		diag_free(sessions->table.diag[host]);
	wire_free(sessions->table.wire);
	control_batch_free(sessions->table.batch);
	tls_authorities_release(sessions->table.authorities);
	for (size_t i = 0; i < sessions->recording_count; i++) {
		wire_free(sessions->recordings[i]->wire);
		free(sessions->recordings[i]);
	}
	free(sessions->recordings);
	free(sessions->list);
	free(sessions->deferred);
	free(sessions);
}

static char *copy(const char *text)
{
	return text ? xstrdup(text) : NULL;
}

static const struct session_options no_options;

/* Which kind of session connects, and which waits. */
static const struct {
	const struct session_ops *client, *server;
} kinds[] = {
	[TRANSPORT_TCP] = { &stream_ops, &listener_ops },
	[TRANSPORT_UDP] = { &datagram_ops, &datagram_ops },
	[TRANSPORT_UNIX] = { &stream_ops, &listener_ops },
	[TRANSPORT_UNIXGRAM] = { &datagram_ops, &datagram_ops },
	[TRANSPORT_UNIXPACKET] = { &stream_ops, &listener_ops },
};

/* Datagrams have no clients: one server serves all peers. */
static bool may_serve(enum transport transport, const struct service *service,
                      const struct serving *serving, struct error *error)
{
	bool datagrams = transport_type(transport) == SOCK_DGRAM;
	if (datagrams && service && service->connections)
		error_usage(error, "%s is for connections, and datagrams have none",
		            service->name);
	else if (datagrams && serving && serving->iterative)
		error_usage(error,
		            "iterative is one client at a time, and datagrams have no clients: "
		            "every peer is served");
	else
		return true;
	return false;
}

static bool may_be_on(const struct sessions *sessions, enum transport transport, enum host host,
                      struct error *error)
{
	if (host != HOST_HERE && transport_is_unix(transport))
		error_usage(error, "a UNIX path is on this machine, not on %s", host_name(host));
	else if (host != HOST_HERE && !sessions->table.sandbox)
		error_set(error, HOSTS_ARE_OFF, host_name(host));
	else
		return true;
	return false;
}

/* *context: how its connections are made; NULL where they have no TLS. */
static bool make_tls(struct session_table *table, const struct target *target,
                     const struct session_options *options, bool listening,
                     struct tls_context **context, struct error *error)
{
	struct tls_settings settings = { .unverified = false };
	*context = NULL;
	if (!target->tls)
		return true;
	if (options->tls)
		settings = *options->tls;
	settings.server = listening;
	*context = tls_stream_context(table, &settings, error);
	return *context != NULL;
}

static struct session *make(struct sessions *sessions, const struct target *target,
                            const struct session_options *options, bool listening,
                            struct error *error)
{
	enum transport transport = target->transport;
	const struct session_ops *ops =
	        listening ? kinds[transport].server : kinds[transport].client;
	if (options->name && !session_check_name(&sessions->table, NULL, options->name, error))
		return NULL;
	struct tls_context *tls;
	if (!may_be_on(sessions, transport, options->host, error) ||
	    !make_tls(&sessions->table, target, options, listening, &tls, error))
		return NULL;
	if (tls && !listening)
		ops = &tls_stream_ops;
	struct session *session = session_new(&sessions->table, ops, transport);
	struct open_parameters *open_parameters = xcalloc(1, sizeof *open_parameters);
	open_parameters->target = *target;
	open_parameters->listening = listening;
	open_parameters->options = *options;
	open_parameters->local_host = copy(options->local_host);
	open_parameters->local_port = copy(options->local_port);
	open_parameters->options.local_host = open_parameters->options.local_port =
	        open_parameters->options.name = NULL;
	for (size_t i = 0; i < options->preset_count; i++)
		option_preset(session, &options->presets[i]);
	open_parameters->options.presets = NULL;
	open_parameters->options.serving = NULL;
	open_parameters->options.limits = NULL;
	open_parameters->options.tls = NULL;
	open_parameters->tls = tls;
	if (!ops->has_peers || transport_is_unix(transport))
		open_parameters->options.broadcast = false;
	session->open_parameters = open_parameters;
	session->eol = options->eol;
	session->named = options->name != NULL;
	snprintf(session->name, sizeof session->name, "%s",
	         options->name ? options->name : transport_name(transport));
	return session;
}

static struct session *make_client(struct session_table *table, const struct target *target,
                                   const struct session_options *options, struct error *error)
{
	return make(of(table), target, options, false, error);
}

struct session *sessions_open(struct sessions *sessions, const struct target *target,
                              const struct session_options *options, struct error *error)
{
	struct session *session =
	        make(sessions, target, options ? options : &no_options, false, error);
	if (!session)
		return NULL;
	session_make_name(session, target->host, target->service);
	dial_begin(session);
	return session;
}

struct session *sessions_listen(struct sessions *sessions, const struct target *target,
                                const struct session_options *options, struct error *error)
{
	if (options && !may_serve(target->transport, options->service, options->serving, error))
		return NULL;
	struct session *session =
	        make(sessions, target, options ? options : &no_options, true, error);
	if (!session)
		return NULL;
	struct open_parameters *open_parameters = session->open_parameters;
	if (!target->host[0] && open_parameters->local_host)
		snprintf(open_parameters->target.host, sizeof open_parameters->target.host, "%s",
		         open_parameters->local_host);
	if (options && options->service)
		session_take_service(session, options->service, options->serving);
	if (options && options->limits)
		session_set_limits(session, options->limits);
	session_name_server(session);
	dial_begin(session);
	return session;
}

struct session *sessions_make_socket(struct sessions *sessions, enum transport transport,
                                     const struct session_options *options, struct error *error)
{
	struct target nowhere = { .transport = transport };
	const struct session_options *asked = options ? options : &no_options;
	struct session_options used = {
		.family = transport_is_unix(transport) ? AF_UNIX
		          : asked->family              ? asked->family
		                                       : AF_INET,
		.host = asked->host,
		.numeric = asked->numeric,
		.name = asked->name,
		.eol = asked->eol,
	};
	struct session *session = make(sessions, &nowhere, &used, false, error);
	if (!session)
		return NULL;
	session->stepped = session->paused = true;
	buf_init(&session->queue, asked->queue_max ? asked->queue_max : SESSION_QUEUE);
	session->state = SESSION_FRESH;
	session_choose_host(session, NULL, NULL);
	if (session_add_socket(session, used.family))
		session_report(
		        session, 0, "socket() = %d: %s%s%s%s%s, paused", session->fd[0],
		        transport_title(transport), transport_is_unix(transport) ? "" : " over ",
		        transport_is_unix(transport) ? "" : endpoint_family_name(used.family),
		        used.host ? " on " : "", host_name(used.host));
	else if (errno == ERANGE)
		session_finish(session, SESSION_ENDED_FAILED, "no socket");
	else
		session_finish(session, SESSION_ENDED_FAILED, "socket() = -1 %s: %s",
		               error_name(errno), error_why(errno));
	return session;
}

/* ---- recordings ---- */

struct recording *sessions_add_recording(struct sessions *sessions)
{
	static const uint32_t first = WIRE_FIRST + (WIRE_FIRST >> 1); /* far above all that are seen */
	size_t count = sessions->recording_count;
	if (count == RECORDINGS_MOST)
		return NULL;
	struct recording *recording = xcalloc(1, sizeof *recording);
	recording->wire = wire_new_recorded(sessions->table.transcript,
	                                    first + (uint32_t)count * WIRE_RECORDED);
	sessions->recordings = xgrow(sessions->recordings, &sessions->recording_cap, count,
	                             sizeof *sessions->recordings);
	sessions->recordings[sessions->recording_count++] = recording;
	return recording;
}

uint32_t sessions_record(struct sessions *sessions, struct recording *recording, uint32_t wanted,
                         const struct recorded_identity *identity)
{
	enum { FARTHEST = 1 << 20 };
	bool near = wanted > sessions->last_number && wanted - sessions->last_number <= FARTHEST;
	if (near)
		sessions->last_number = wanted - 1;
	if (sessions->recorded >= RECORDED_MOST)
		forget_excess(sessions);
	if (sessions->recorded >= RECORDED_MOST)
		return ++sessions->last_number;
	sessions->recorded++;
	return session_number(recorded_new(&sessions->table, recording, identity));
}

static void change_service(struct session *session, const struct service *service,
                           struct serving *serving)
{
	session_take_service(session, service, serving);
	if (session->ops->service_changed && session->state == SESSION_OPEN)
		session->ops->service_changed(session);
}

bool sessions_set_service(struct sessions *sessions, struct session *session,
                          const struct service *service, struct serving *serving,
                          struct error *error)
{
	bool is_server = session_is_server(session);
	if (session_refuse_recorded(session, error))
		return false;
	if (!is_server && !session->listener) {
		error_set(error, "session %u is a client: only servers have a service",
		          (unsigned)session->caller.session);
		return false;
	}
	if (!may_serve(session->transport, service, serving, error))
		return false;
	change_service(session, service, serving);
	for (size_t i = 0; is_server && i < sessions->count; i++)
		if (sessions->list[i]->listener == session->caller.session)
			change_service(sessions->list[i], service, serving);
	if (is_server)
		session_name_server(session); /* it says what a server does */
	return true;
}

/* ---- faults ---- */

static void follow_faults(struct session *session)
{
	session->faults_on = faults_are_on(session->faults) ||
	                     faults_held(session->faults, FAULT_OUT) ||
	                     faults_held(session->faults, FAULT_IN);
}

static void set_client_faults(struct session *listener, struct session *client, const char *words)
{
	int64_t now = clock_now();
	if (client->faults)
		faults_set_client(client->faults, listener->faults, words, now);
	else
		client->faults =
		        faults_for_client(listener->faults, now, session_report_strike, client);
	follow_faults(client);
}

bool sessions_set_faults(struct sessions *sessions, struct session *session, const char *words,
                         struct error *error)
{
	enum fault_kind kind = session_fault_kind(session);
	if (session_refuse_closed(session, error))
		return false;
	if (!kind) {
		error_set(error,
		          "session %u is %s, which are neither lost nor passed by others, and "
		          "have no parts: faults are for streams and datagrams",
		          (unsigned)session->caller.session, transport_title(session->transport));
		return false;
	}
	if (!session->faults)
		session->faults = faults_new(kind, !transport_is_unix(session->transport),
		                             session_report_strike, session);
	if (!faults_set(session->faults, words, clock_now(), error))
		return false;
	follow_faults(session);
	if (kind != FAULT_LISTENER)
		return true;
	for (size_t i = 0; i < sessions->count; i++)
		if (sessions->list[i]->listener == session->caller.session &&
		    sessions->list[i]->state != SESSION_CLOSED)
			set_client_faults(session, sessions->list[i], words);
	listener_follow_faults(session);
	if (session->state == SESSION_CLOSED)
		error_set(error, "session %u could not listen again", session_number(session));
	return session->state != SESSION_CLOSED;
}

/* ---- turns ---- */

static void prepare_one(struct sessions *sessions, struct session *session, struct poller *poller)
{
	session->probe.unattended = session_is_served(session) && !session->pinned;
	int64_t due = probe_timer_prepare(session, poller);
	if (due < sessions->sample_due)
		sessions->sample_due = due;
	if (session->dial)
		dial_prepare(session, poller);
	else if (session_is_by_hand(session))
		step_prepare(session, poller);
	else if (!session->held) {
		session->ops->prepare(session, poller);
		if (session->service_due)
			poller_wake_at(poller, session->service_due);
	}
}

static void serve_one(struct session *session, const struct poller *poller)
{
	if (probe_timer_notice(session, poller))
		return;
	if (session->dial)
		dial_serve(session, poller);
	else if (session_is_by_hand(session))
		step_serve(session, poller);
	else if (!session->held) {
		session->ops->serve(session, poller);
		session_serve_service(session);
	}
}

void sessions_prepare(struct sessions *sessions, struct poller *poller)
{
	sessions->sample_due = INT64_MAX;
	sessions->most_fds = 0;
	sessions->room_from = 0;
	for (size_t i = 0; i < sessions->count; i++) {
		struct session *session = sessions->list[i];
		if (session->recording)
			continue;
		if (session->state != SESSION_CLOSED) {
			prepare_one(sessions, session, poller);
			continue;
		}
		session_free_service_state(session);
		if (session->again_at)
			poller_wake_at(poller, session->again_at);
	}
	poller_wake_lazily(poller, sessions->sample_due);
	if (sessions->table.idle_due)
		poller_wake_lazily(poller, sessions->table.idle_due);
	wire_prepare(sessions->table.wire, poller);
	lingering_prepare(&sessions->lingering, poller);
	async_close_prepare(sessions->async_close, poller);
	worker_pool_prepare(sessions->table.lookup_pool, poller);
}

/* The present time. If calls of this turn have read the clock, their time is used; if nothing is
 * due, any time will do. */
static int64_t instant(struct sessions *sessions, int64_t due)
{
	int64_t before = sessions->called;
	sessions->called = sessions->table.budget.called;
	return due == INT64_MAX || sessions->called != before ? sessions->called : clock_now();
}

/* ---- idle clients ---- */

static void close_idle(struct session *client)
{
	char text[120], limit[CLOCK_TEXT];
	snprintf(text, sizeof text,
	         "closed: idle, nothing came and nothing was sent for %s (max-idle of session %u)",
	         clock_format_duration(client->idle_most, limit), (unsigned)client->listener);
	client->ops->close(client, text);
}

/* Also finds out when to look next: the clients that have moved since are not due yet. */
static void serve_idle(struct sessions *sessions)
{
	int64_t now = clock_now(), next = 0;
	if (now < sessions->table.idle_due)
		return;
	for (size_t i = 0; i < sessions->count; i++) {
		struct session *client = sessions->list[i];
		int64_t due = client->moved_at + client->idle_most;
		if (!client->idle_most || client->state != SESSION_OPEN)
			continue;
		if (due <= now)
			close_idle(client);
		else if (!next || due < next)
			next = due;
	}
	sessions->table.idle_due = next;
}

static void serve_probes(struct sessions *sessions)
{
	int64_t now = instant(sessions, sessions->sample_due);
	for (size_t i = 0; sessions->sample_due <= now && i < sessions->count; i++)
		if (sessions->list[i]->state != SESSION_CLOSED && !sessions->list[i]->recording)
			probe_timer_serve(sessions->list[i], now);
	lingering_serve(&sessions->lingering);
}

/* After the others: where both ends are ours the SYN,ACK has come to one before the ACK has come to
 * the other, and so connect() is written down before accept(), also if one turn finds both ready. */
static void serve_listeners(struct sessions *sessions, const struct poller *poller, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct session *session = sessions->list[i];
		if (session->state == SESSION_LISTENING && !session->recording)
			serve_one(session, poller);
	}
}

/* Each of many busy sessions reads less, so that a turn stays short; their number is guessed from
 * the turn before. A client accepted in this turn has not been polled for yet, and is after
 * `count`. */
void sessions_serve(struct sessions *sessions, struct poller *poller)
{
	size_t busy = 0, count = sessions->count;
	size_t begin = sessions->first < count ? sessions->first : 0;
	bool has_key = poller_readable(poller, sessions->keys);
	int64_t look = sessions->keys < 0 ? INT64_MAX : clock_now() + KEY_TURN;
	wire_serve(sessions->table.wire, poller);
	worker_pool_serve(sessions->table.lookup_pool, poller);
	sessions->first = 0;
	for (size_t served = 0; served < count && !sessions->first; served++) {
		size_t index = (begin + served) % count;
		struct session *session = sessions->list[index];
		if (session->recording || session->state == SESSION_LISTENING)
			continue;
		if (session->state == SESSION_CLOSED) {
			reconnect_serve(session);
			continue;
		}
		uint64_t received = session->counts.received_bytes;
		uint64_t end = transcript_end(session->caller.transcript);
		serve_one(session, poller);
		received = session->counts.received_bytes - received;
		busy += received >= SMALLEST_SHARE;
		bool idle = transcript_end(session->caller.transcript) == end;
		if (idle || look == INT64_MAX || clock_now() < look)
			continue;
		if (has_key || poller_is_ready(sessions->keys))
			sessions->first = index + 1;
		look = clock_now() + KEY_TURN;
	}
	serve_listeners(sessions, poller, count);
	size_t share = ALL_SHARES / (busy ? busy : 1);
	if (share > SESSION_TURN)
		share = SESSION_TURN;
	sessions->table.share = share < SMALLEST_SHARE ? SMALLEST_SHARE : share;
	async_close_serve(sessions->async_close, poller);
	if (sessions->table.idle_due)
		serve_idle(sessions);
	serve_probes(sessions);
}
