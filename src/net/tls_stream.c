// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/tls_stream.h"

#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/count.h"
#include "net/calls_tls.h"
#include "net/option.h"
#include "net/stream.h"
#include "net/stream_internal.h"
#include "socket/tls_record.h"

enum { RECORDS_A_TURN = 128 }; /* of which a bulk of 1 MB has 64 */

struct tls_stream {
	struct stream stream; /* the operations of the stream take it for their own */
	struct tls *tls;      /* of this connection, and of the last one when it is closed */
	int64_t begun;        /* the handshake, by clock_now(), */
	int64_t limit, due;   /* how long it may take, ns, and until when; 0 = there is no limit */
	uint64_t handshake_bytes;     /* received during it */
	struct tls_parser records[2]; /* received, sent */
	unsigned key_watch;     /* of the table, when its keys were asked for; 0 = they were not */
	struct buf waiting;     /* clear text that was sent during the handshake, */
	struct secrets secrets; /* and which of it is secret */
};

static bool is_open(const struct tls_stream *own)
{
	return own->tls && tls_state(own->tls) == TLS_OPEN;
}

static void queue_dropped(struct session *session)
{
	struct tls_stream *own = session->own;
	secrets_clear(&own->secrets);
	buf_wipe(&own->waiting);
	buf_free(&own->waiting);
	stream_queue_dropped(session);
}

static void expect_records(struct tls_stream *own)
{
	own->stream.layer_due = true;
	memset(own->records, 0, sizeof own->records);
	own->stream.records = own->records;
}

/* The session was upgraded, and has been opened again since. */
static bool is_plain(const struct tls_stream *own)
{
	return !own->stream.records;
}

static void begin(struct session *session)
{
	struct tls_stream *own = session->own;
	queue_dropped(session);
	tls_free(own->tls);
	own->tls = NULL;
	buf_init(&own->waiting, SIZE_MAX);
	stream_begin(session);
	if (session->open_parameters && session->open_parameters->tls)
		expect_records(own);
}

static void free_own(struct session *session)
{
	struct tls_stream *own = session->own;
	queue_dropped(session);
	tls_free(own->tls);
}

/* ---- records ---- */

/* Gives the records that were made to the stream. After our FIN, or a reset, they are dropped. */
static void send_records(struct session *session)
{
	size_t len;
	struct error error;
	struct tls_stream *own = session->own;
	uint8_t flags = session->caller.flags;
	const char *records = tls_records(own->tls, &len);
	bool shut = own->stream.shut, handshake = own->stream.layer_due;
	bool sends = len && session->state == SESSION_OPEN && !own->stream.broken &&
	             !own->stream.fin_sent && (!shut || handshake);
	if (sends) {
		session->caller.flags &= (uint8_t)~ENTRY_SECRET;
		own->stream.shut = shut && !handshake; /* FIN waits for the end of the handshake */
		sends = stream_send(session, NULL, records, len, &error);
		own->stream.shut = shut;
		session->caller.flags = flags;
		if (!sends && !own->stream.broken) /* what follows could not be read without them */
			session_finish(session, SESSION_ENDED_FAILED, "%s", error.text);
	}
	tls_sent(own->tls);
}

/* A handshake that is under way when the session ends has failed. */
static void record_failed_handshake(struct session *session)
{
	const struct tls_stream *own = session->own;
	if (own->stream.layer_due)
		call_tls_handshake(&session->caller, session->fd[0], own->tls, own->begun);
}

/* An alert that says why goes first. */
static void fail(struct session *session)
{
	struct tls_stream *own = session->own;
	own->stream.failing = true;
	send_records(session);
	record_failed_handshake(session);
	session_finish(session, SESSION_ENDED_FAILED, "TLS%s failed: %s",
	               own->stream.layer_due ? " handshake" : "", tls_why(own->tls));
}

/* ---- sending ---- */

static bool write_clear(struct session *session, const char *data, size_t len)
{
	struct tls_stream *own = session->own;
	if (!call_tls_write(&session->caller, session->fd[0], own->tls, data, len)) {
		fail(session);
		return false;
	}
	send_records(session);
	return true;
}

static bool send_clear(struct session *session, const struct endpoint *to, const void *data,
                       size_t len, struct error *error)
{
	struct tls_stream *own = session->own;
	size_t before = own->waiting.len;
	if (is_plain(own))
		return stream_send(session, to, data, len, error);
	if (stream_refuses(session, to, len, before + tls_overhead(len), error))
		return false;
	if (is_open(own) && !before) {
		write_clear(session, data, len);
		return true;
	}
	buf_append(&own->waiting, data, len);
	if (session->caller.flags & ENTRY_SECRET)
		secrets_add(&own->secrets, before, before + len);
	return true;
}

/* What was sent during the handshake. */
static void send_waiting(struct session *session)
{
	struct tls_stream *own = session->own;
	uint8_t flags = session->caller.flags;
	while (session->state == SESSION_OPEN && own->waiting.len) {
		bool secret;
		size_t run = secrets_run(&own->secrets, own->waiting.len, &secret);
		session->caller.flags = (uint8_t)(flags | (secret ? ENTRY_SECRET : 0));
		bool written = write_clear(session, buf_data(&own->waiting), run);
		session->caller.flags = flags;
		if (!written)
			return;
		buf_consume(&own->waiting, run);
		secrets_consume(&own->secrets, run);
	}
}

static size_t unsent(const struct session *session)
{
	const struct tls_stream *own = session->own;
	return own->waiting.len;
}

/* close_notify, then FIN. Before the end of the handshake both wait for it. */
static void send_close_notify(struct session *session)
{
	struct tls_stream *own = session->own;
	if (!is_open(own) || own->stream.shut || own->stream.broken)
		return;
	call_tls_shutdown(&session->caller, session->fd[0], own->tls);
	send_records(session);
}

static bool shut_down(struct session *session, int how, struct error *error)
{
	if (session->state == SESSION_OPEN && how != SHUT_RD)
		send_close_notify(session);
	return stream_shutdown(session, how, error);
}

/* What comes after close(), such as the tickets and the close_notify of the peer, is answered with RST by the
 * kernel, and so is what it finds unread: what Nagle's algorithm still holds back would be lost with that. */
static void let_all_leave(struct session *session)
{
	const struct tls_stream *own = session->own;
	if (is_open(own) && !own->stream.broken && session->transport == TRANSPORT_TCP)
		option_default(session, session->fd[0], IPPROTO_TCP, TCP_NODELAY, 1);
}

static void close_session(struct session *session, const char *text)
{
	send_close_notify(session);
	if (session->state == SESSION_OPEN)
		let_all_leave(session);
	if (session->state == SESSION_OPEN)
		stream_close(session, text);
}

static bool send_by_hand(struct session *session, const struct endpoint *to, const void *data,
                         size_t len, int flags, struct error *error)
{
	if (!(flags & MSG_OOB) || is_plain(session->own))
		return stream_send_by_hand(session, to, data, len, flags, error);
	error_set(error, "session %u speaks TLS, which has no urgent bytes",
	          (unsigned)session->caller.session);
	return false;
}

/* ---- receiving ---- */

/* The handshake is over: what has waited for that goes on. */
static void finish_handshake(struct session *session)
{
	char took[CLOCK_TEXT];
	struct error error;
	struct buf text = { .max = SIZE_MAX };
	struct tls_stream *own = session->own;
	bool was_shut = own->stream.shut && !own->stream.fin_sent; /* unless a fault has sent it */
	own->stream.layer_due = false;
	own->stream.shut = own->stream.fin_sent;
	send_records(session);
	call_tls_handshake(&session->caller, session->fd[0], own->tls, own->begun);
	clock_format_duration(clock_now() - own->begun, took);
	tls_print(own->tls, &text);
	session_report(session, 0, "TLS handshake in %s: %s", took, buf_text(&text));
	buf_free(&text);
	send_waiting(session);
	if (was_shut && session->state == SESSION_OPEN)
		shut_down(session, SHUT_WR, &error);
	if (session->state == SESSION_OPEN && !session->paused)
		stream_start(session);
}

/* Records of one byte are many, and each may be answered by a call: the rest of them waits for the next
 * turn, unless a person makes the calls. */
static void read_clear(struct session *session)
{
	const char *data;
	size_t got;
	struct tls_stream *own = session->own;
	unsigned left = session_is_by_hand(session) ? UINT_MAX : RECORDS_A_TURN;
	own->stream.layer_busy = false;
	while (session->state == SESSION_OPEN && !own->stream.layer_busy) {
		got = call_tls_read(&session->caller, session->fd[0], own->tls, &data);
		if (!got && !tls_has_unread(own->tls))
			return;
		if (got)
			session->table->received(session, data, got);
		if (got && session_is_served(session) && !session_is_by_hand(session))
			session_answer(session, NULL, data, got);
		own->stream.layer_busy = --left == 0;
	}
}

static void report_news(struct session *session)
{
	const struct tls_stream *own = session->own;
	struct buf text = { .max = SIZE_MAX };
	while (session->state == SESSION_OPEN && tls_take_news(own->tls, &text)) {
		session_report(session, 0, "%s", buf_text(&text));
		buf_clear(&text);
	}
	buf_free(&text);
}

static void process_records(struct session *session)
{
	struct tls_stream *own = session->own;
	if (own->stream.layer_due && tls_step(own->tls) == TLS_OPEN)
		finish_handshake(session);
	read_clear(session);
	if (session->state != SESSION_OPEN)
		return;
	if (tls_state(own->tls) == TLS_FAILED) {
		fail(session);
		return;
	}
	send_records(session);
	report_news(session);
	if (session->state == SESSION_OPEN && tls_peer_closed(own->tls) &&
	    !own->stream.peer_closed) {
		call_tls_end(&session->caller, session->fd[0]);
		session_report(session, 0, "peer closed its side: close_notify");
		stream_take_end(session);
	}
}

void tls_stream_take(struct session *session, const char *data, size_t len)
{
	struct tls_stream *own = session->own;
	if (own->stream.layer_due)
		own->handshake_bytes += len;
	tls_receive(own->tls, data, len);
	process_records(session);
}

static void received(struct session *session, const char *data, size_t len)
{
	if (is_plain(session->own)) {
		stream_received(session, data, len);
		return;
	}
	session_count_received(session, len);
	tls_stream_take(session, data, len);
}

static void ended(struct session *session)
{
	struct tls_stream *own = session->own;
	if (!own->stream.broken && own->stream.layer_due) {
		record_failed_handshake(session);
		session_finish(session, SESSION_ENDED_FAILED,
		               "TLS handshake failed: the peer closed its side%s before its end",
		               transport_fin(session->transport));
		return;
	}
	if (own->stream.broken || is_plain(own) || tls_peer_closed(own->tls)) {
		stream_ended(session);
		return;
	}
	own->stream.cut_short = true;
	stream_report_end(session);
	session_report(session, ENTRY_ERROR,
	               "cut short: the peer's end came without close_notify, so what came "
	               "before it may not be all");
	stream_take_end(session);
}

/* ---- opening, turns ---- */

struct tls_context *tls_stream_context(struct session_table *table,
                                       const struct tls_settings *settings, struct error *error)
{
	struct tls_settings wanted = *settings;
	if (!wanted.server)
		wanted.authorities = table->authorities = tls_authorities_renew(table->authorities);
	return tls_context_new(&wanted, error);
}

static void key_made(void *context, const char *line)
{
	struct session *session = context;
	if (session->table->key)
		session->table->key(session, line);
}

/* The limit of connecting is that of both together, and of a handshake in place alone. A client that was
 * accepted has that of its listener. */
static void limit_handshake(struct session *session)
{
	struct tls_stream *own = session->own;
	struct session_table *table = session->table;
	const struct open_parameters *made = session->open_parameters;
	const struct session *listener = made ? NULL : table->find(table, session->listener);
	const struct open_parameters *limited = listener ? listener->open_parameters : made;
	int64_t begun = made && made->tls ? session->begun : own->begun;
	own->limit = limited && limited->options.timeout > 0 ? limited->options.timeout : 0;
	own->due = own->limit ? begun + own->limit : 0;
}

static void start(struct session *session, struct tls_context *context, const char *host)
{
	struct tls_stream *own = session->own;
	expect_records(own);
	own->begun = clock_now();
	own->handshake_bytes = 0;
	limit_handshake(session);
	own->tls = tls_new(context, host);
	own->key_watch = session->table->key ? session->table->key_watch : 0;
	if (own->key_watch)
		tls_watch_keys(own->tls, key_made, session);
	process_records(session);
}

/* A port alone is one of this machine. */
static const char *host_of_target(const struct target *target)
{
	return *target->host ? target->host : "localhost";
}

static void opened(struct session *session, const char *took)
{
	const struct open_parameters *made = session->open_parameters;
	stream_announce(session, took);
	if (is_plain(session->own))
		stream_start(session);
	else
		start(session, made->tls, host_of_target(&made->target));
}

void tls_stream_accepted(struct session *session, struct tls_context *context)
{
	stream_announce_accepted(session);
	start(session, context, "");
}

static bool may_upgrade(const struct session *session, struct error *error)
{
	unsigned number = session->caller.session, ends = session_stream_ends(session);
	bool tls = session->ops == &tls_stream_ops && !is_plain(session->own);
	if (session_refuse_closed(session, error))
		return false;
	if (tls)
		error_set(error, "session %u speaks TLS already", number);
	else if ((session->ops != &stream_ops && session->ops != &tls_stream_ops) ||
	         transport_keeps_borders(session->transport))
		error_set(error, "session %u is no stream: TLS is on top of one", number);
	else if (session->state != SESSION_OPEN)
		error_set(error, "session %u is not connected yet", number);
	else if (session->paused || session->step)
		error_set(error, "session %u is paused, and a handshake makes calls: /resume it",
		          number);
	else if (ends)
		error_set(error, "session %u is half-closed: a handshake needs both directions",
		          number);
	else if (session_unsent(session))
		error_set(error,
		          "%zu bytes of session %u wait to be sent: /tls when they have left",
		          session_unsent(session), number);
	else
		return true;
	return false;
}

/* Whom the certificate must name: "" where only a person can say. */
static const char *called_host(const struct session *session, char out[ENDPOINT_TEXT])
{
	const struct target *target = session_target(session);
	if (transport_is_unix(session->transport))
		return "";
	if (target && *target->service)
		return host_of_target(target);
	return endpoint_format_host(&session->peer, out);
}

bool tls_stream_upgrade(struct session *session, const struct tls_settings *settings,
                        struct error *error)
{
	char text[ENDPOINT_TEXT];
	const char *host = called_host(session, text);
	struct tls_settings wanted = *settings;
	wanted.server = session->listener != 0;
	if (!may_upgrade(session, error))
		return false;
	if (!wanted.server && !wanted.unverified && !wanted.server_name && !*host) {
		error_set(error,
		          "whose certificate must it be? /tls SERVER-NAME, or /tls verify off");
		return false;
	}
	struct tls_context *context = tls_stream_context(session->table, &wanted, error);
	if (!context)
		return false;
	if (session->ops == &stream_ops) {
		struct tls_stream *own = xcalloc(1, sizeof *own);
		own->stream = *(struct stream *)session->own;
		free(session->own);
		session->own = own;
		session->ops = &tls_stream_ops;
	}
	struct tls_stream *own = session->own;
	buf_init(&own->waiting, SIZE_MAX);
	tls_free(own->tls);
	if (wanted.server)
		session_report(session, 0, "TLS with the certificate %s",
		               tls_context_fingerprint(context));
	start(session, context, host);
	tls_context_release(context);
	return true;
}

bool tls_stream_update_keys(struct session *session, struct error *error)
{
	struct error why;
	unsigned number = session->caller.session;
	struct tls_stream *own = session->own;
	if (session_refuse_closed(session, error))
		return false;
	if (session->ops != &tls_stream_ops || is_plain(own)) {
		error_set(error, "session %u speaks no TLS: /tls begins it", number);
		return false;
	}
	if (!tls_update_keys(own->tls, &why)) {
		error_set(error, "session %u: %s", number, why.text);
		return false;
	}
	send_records(session);
	report_news(session);
	return true;
}

static const struct tls *tls_of(const struct session *session)
{
	const struct tls_stream *own = session->own;
	return own->tls;
}

/* A session has these operations from then on. */
static bool has_had_tls(const struct session *session)
{
	return session->ops == &tls_stream_ops;
}

static bool gives_keys(const struct session *session)
{
	const struct tls_stream *own = session->own;
	return own->tls && session->table->key && own->key_watch == session->table->key_watch;
}

static bool is_securing(const struct session *session)
{
	const struct tls_stream *own = session->own;
	return own->stream.layer_due;
}

/* What connecting took of the limit, where that is worth a word; 0 = it is not, or there is no limit. */
static int64_t spent(const struct tls_stream *own)
{
	enum { WORTH_A_WORD = 10 }; /* a tenth */
	int64_t limit = own->limit, before = limit ? own->begun + limit - own->due : 0;
	before = before < limit ? before : limit;
	return before > limit / WORTH_A_WORD ? before : 0;
}

static void describe_handshake(const struct session *session, struct session_handshake *handshake)
{
	const struct tls_stream *own = session->own;
	*handshake = (struct session_handshake){ .server = own->tls && tls_is_server(own->tls),
		                                 .begun = own->begun,
		                                 .limit = own->limit,
		                                 .spent = spent(own),
		                                 .received = own->handshake_bytes };
}

/* When the time limit ends the handshake; 0 = not. */
static int64_t deadline(const struct session *session)
{
	const struct tls_stream *own = session->own;
	return own->stream.layer_due && own->tls ? own->due : 0;
}

static void prepare(struct session *session, struct poller *poller)
{
	const struct tls_stream *own = session->own;
	int64_t due = deadline(session);
	stream_prepare(session, poller);
	if (own->stream.layer_busy)
		poller_wake_at(poller, 0);
	if (due)
		poller_wake_at(poller, due);
}

static void time_out(struct session *session)
{
	char limit[CLOCK_TEXT], took[CLOCK_TEXT];
	const struct tls_stream *own = session->own;
	int64_t before = spent(own);
	clock_format_duration(own->limit, limit);
	clock_format_duration(before, took);
	record_failed_handshake(session);
	session_finish(session, SESSION_ENDED_FAILED,
	               "TLS handshake timed out: not over after %s%s%s", limit,
	               before ? ", of which connecting took " : "", before ? took : "");
}

static void serve(struct session *session, const struct poller *poller)
{
	const struct tls_stream *own = session->own;
	bool was_busy = own->stream.layer_busy;
	stream_serve(session, poller);
	if (was_busy && session->state == SESSION_OPEN)
		process_records(session);
	int64_t due = session->state == SESSION_OPEN ? deadline(session) : 0;
	if (due && clock_now() >= due)
		time_out(session);
}

const struct session_ops tls_stream_ops = {
	STREAM_OPERATIONS,
	.size = sizeof(struct tls_stream),
	.begin = begin,
	.free = free_own,
	.opened = opened,
	.prepare = prepare,
	.serve = serve,
	.send = send_clear,
	.received = received,
	.ended = ended,
	.is_securing = is_securing,
	.handshake = describe_handshake,
	.tls = tls_of,
	.has_had_tls = has_had_tls,
	.gives_keys = gives_keys,
	.unsent = unsent,
	.queue_dropped = queue_dropped,
	.shutdown = shut_down,
	.close = close_session,
	.leave = let_all_leave,
	.send_by_hand = send_by_hand,
};
