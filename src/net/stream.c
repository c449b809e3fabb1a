// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>

#include "socket/errno_meaning.h"
#include "net/session_internal.h"

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* ---- ends ---- */

/* What waits can never be sent now; what has already come is still read. */
static void give_up_queue(struct session *session)
{
	size_t unsent = session->unsent;
	buf_clear(&session->queue);
	secrets_clear(&session->secrets);
	session->unsent = 0;
	if (unsent)
		session_report_unsent(session, unsent);
}

/* "connection reset by peer (RST): recv() = -1 ECONNRESET", "recv() = -1 EIO: input/output error". */
static const char *describe(const struct session *session, const char *call, int code,
                            char out[ERROR_TEXT])
{
	const struct errno_case *special =
	        errno_meaning_case(call, code, session_errno_context(session, NULL));
	if (special)
		snprintf(out, ERROR_TEXT, "%s%s%s: %s() = -1 %s",
		         special->word ? special->word : "", special->word ? ": " : "",
		         special->phrase, call, error_name(code));
	else
		snprintf(out, ERROR_TEXT, "%s() = -1 %s: %s", call, error_name(code),
		         error_why(code));
	return out;
}

static void break_off(struct session *session, const char *call, int code)
{
	char why[ERROR_TEXT];
	describe(session, call, code, why);
	session->broken = true;
	session_report(session, ENTRY_ERROR, "%s", why);
	give_up_queue(session);
	if ((session->peer_closed || session->read_shut) && !session->paused)
		session_finish(session, SESSION_ENDED_RESET, NULL);
}

void stream_break_off(struct session *session, int code)
{
	break_off(session, "send", code);
}

static void send_fin(struct session *session)
{
	session->fin_sent = true;
	if (call_shutdown(&session->caller, session->fd[0], SHUT_WR) < 0)
		break_off(session, "shutdown", errno);
	else
		session_report(session, 0, "closed our side (FIN): shutdown(SHUT_WR) = 0");
}

void stream_settle(struct session *session)
{
	if (session->state != SESSION_OPEN || session->broken)
		return;
	if (session->shut && !session->fin_sent && !session->queue.len)
		send_fin(session);
	bool over = session->fin_sent && (session->peer_closed || session->read_shut);
	if (over && !session->paused)
		session_finish(session, SESSION_ENDED_WELL, "closed");
}

/* ---- sending ---- */

/* One send(). Returns what the kernel took; less than asked also at the end of a block of the
 * transcript. */
static size_t push(struct session *session, const char *data, size_t len)
{
	bool waited = session->step && session->step->call == STEP_SEND;
	session->caller.since = waited ? session->step->since : 0;
	ssize_t sent =
	        call_send(&session->caller, session->fd[0], data, smaller(len, SESSION_TURN), 0);
	session->caller.since = 0;
	if (sent < 0) {
		if (errno != EAGAIN && errno != EWOULDBLOCK)
			break_off(session, "send", errno);
		return 0;
	}
	session->counts.sent_bytes += (size_t)sent;
	session->counts.sends++;
	return (size_t)sent;
}

/* A short write means that the kernel's buffer is full: asking again would only say EAGAIN. The end
 * of a block also shortens one, but never below TRANSCRIPT_ROOM. */
static bool was_short(size_t asked, size_t sent)
{
	return sent < smaller(asked, TRANSCRIPT_ROOM);
}

/* Of what waits either secret bytes or others. */
static size_t push_first(struct session *session, size_t *asked)
{
	bool secret;
	*asked = secrets_run(&session->secrets, session->queue.len, &secret);
	if (secret)
		session->caller.flags |= ENTRY_SECRET;
	else
		session->caller.flags &= (uint8_t)~ENTRY_SECRET;
	return push(session, buf_data(&session->queue), *asked);
}

static void flush_some(struct session *session, size_t most)
{
	uint8_t flags = session->caller.flags;
	size_t moved = 0;
	bool more = true;
	if (session->service != &service_table[0])
		session_begin_service(session);
	while (more && session->queue.len && moved < most) {
		size_t asked;
		size_t sent = push_first(session, &asked);
		if (session->broken)
			break;
		buf_consume(&session->queue, sent);
		secrets_consume(&session->secrets, sent);
		session->unsent = session->queue.len;
		moved += sent;
		more = !was_short(asked, sent);
	}
	session->caller.flags = flags;
}

static void flush(struct session *session)
{
	flush_some(session, SIZE_MAX);
	stream_settle(session);
}

/* Once, from where the bytes lie: those of the transcript's newest entry outlive one call. */
static size_t send_directly(struct session *session, const char *data, size_t len)
{
	if (session->state != SESSION_OPEN || session->queue.len)
		return 0;
	return push(session, data, len);
}

static bool refuse_send(const struct session *session, size_t len, struct error *error)
{
	unsigned number = (unsigned)session->caller.session;
	size_t room = session->queue.max - session->queue.len;
	if (session->broken)
		error_set(error, "session %u was reset: nothing can be sent", number);
	else if (session->shut)
		error_set(error, "session %u has closed its side (FIN): nothing more can be sent",
		          number);
	else if (len > room)
		error_set(error,
		          "%zu bytes already wait for the peer of session %u: no room for %zu more",
		          session->queue.len, number, len);
	else
		return false;
	return true;
}

static bool stream_send(struct session *session, const struct endpoint *to, const void *data,
                        size_t len, struct error *error)
{
	if (to && !endpoint_equal(to, &session->peer)) {
		error_set(error, "session %u is TCP: it has one peer",
		          (unsigned)session->caller.session);
		return false;
	}
	if (refuse_send(session, len, error))
		return false;
	if (len == 0)
		return true;
	size_t sent = send_directly(session, data, len);
	if (sent == len || session->broken)
		return true;
	size_t waiting = session->queue.len;
	buf_append(&session->queue, (const char *)data + sent,
	           len - sent); /* has room: refuse_send() */
	if (session->caller.flags & ENTRY_SECRET)
		secrets_add(&session->secrets, waiting, session->queue.len);
	session->unsent = session->queue.len;
	if (sent && !was_short(len, sent) && !session->paused)
		flush_some(session, SESSION_TURN);
	return true;
}

/* ---- shutting ---- */

static bool shut_reading(struct session *session, struct error *error)
{
	if (session->state != SESSION_OPEN || session->peer_closed || session->read_shut) {
		error_set(error, "session %u is not open for reading",
		          (unsigned)session->caller.session);
		return false;
	}
	if (call_shutdown(&session->caller, session->fd[0], SHUT_RD) < 0) {
		error_errno(error, errno, "shutdown");
		return false;
	}
	session->read_shut = true;
	session_report(session, 0,
	               "reading is shut: shutdown(SHUT_RD) = 0, and the peer is not told");
	return true;
}

static bool stream_shutdown(struct session *session, int how, struct error *error)
{
	bool write = how == SHUT_WR || how == SHUT_RDWR;
	if (write && session->shut) {
		error_set(error, "session %u has closed its side (FIN) already",
		          (unsigned)session->caller.session);
		return false;
	}
	if (how != SHUT_WR && !(how == SHUT_RDWR && session->peer_closed) &&
	    !shut_reading(session, error))
		return false;
	session->shut = session->shut || write;
	stream_settle(session);
	return true;
}

/* ---- receiving ---- */

/* What a service answers and the kernel does not take waits in the queue: until it is out nothing
 * more is read, so the client feels it, and no byte is copied there without need. */
static size_t readable_now(const struct session *session)
{
	if (session->peer_closed || session->read_shut || session->held)
		return 0;
	if (session->service == &service_table[0] || session->broken)
		return SESSION_TURN;
	return session->queue.len ? 0 : smaller(session->queue.max, SESSION_TURN);
}

/* The service learns of FIN. */
static void answer_fin(struct session *session)
{
	struct error error;
	session->fin_due = false;
	session_begin_service(session);
	if (session->service->ended)
		session->service->ended(session);
	else if (!session->shut)
		stream_shutdown(session, SHUT_WR, &error);
	session_end_service(session);
}

void stream_receive_fin(struct session *session)
{
	session->peer_closed = true;
	if (session->broken) {
		session_finish(session, SESSION_ENDED_RESET, NULL);
		return;
	}
	session_report(session, 0, "peer closed its side (FIN): recv() = 0");
	session->fin_due = true;
	if (!session->paused)
		answer_fin(session);
	session->shut = session->shut || reconnect_follows_fin(session);
	stream_settle(session);
}

/* What has not been read yet still is. */
void stream_resume(struct session *session)
{
	if (session->broken && session->peer_closed) {
		session_finish(session, SESSION_ENDED_RESET, NULL);
		return;
	}
	if (session->fin_due)
		answer_fin(session);
	stream_settle(session);
}

/* Of a socket whose calls a person makes, close() is one, too. */
void stream_receive_error(struct session *session, int code)
{
	char why[ERROR_TEXT];
	if (session->paused && !session->broken)
		break_off(session, "recv", code);
	else if (session->broken)
		session_finish(session, SESSION_ENDED_RESET, NULL);
	else
		session_finish(session,
		               code == ECONNRESET ? SESSION_ENDED_RESET : SESSION_ENDED_FAILED,
		               "%s", describe(session, "recv", code, why));
}

static void take(struct session *session, const char *data, size_t len)
{
	session_received(session, data, len);
	if (session->service != &service_table[0])
		session_answer(session, NULL, data, len);
}

static void receive(struct session *session)
{
	size_t left = sessions_share(session->sessions);
	while (left && session->state == SESSION_OPEN) {
		const char *data;
		size_t asked = smaller(left, readable_now(session));
		if (!session->large_reads)
			asked = smaller(asked, SESSION_BUFFER);
		if (!asked)
			return;
		ssize_t got = call_recv(&session->caller, session->fd[0], asked, 0, &data);
		if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return;
		if (got < 0)
			stream_receive_error(session, errno);
		else if (got == 0)
			stream_receive_fin(session);
		else
			take(session, data, (size_t)got);
		session->large_reads = got >= SESSION_BUFFER;
		if (got < (ssize_t)asked)
			return;
		left -= (size_t)got;
	}
}

/* ---- turns ---- */

static void opened(struct session *session, const char *took)
{
	char pair[SESSION_PAIR];
	bool itself = endpoint_equal(&session->local[0], &session->peer);
	session_report(session, 0, "%s connected in %s%s", session_pair(session, pair), took,
	               itself ? " (to itself: both ends are this one socket)" : "");
	flush_some(session, SESSION_TURN);
	stream_settle(session);
}

static void prepare(struct session *session, struct poller *poller)
{
	if (readable_now(session))
		poller_want_read(poller, session->fd[0]);
	if (session->queue.len)
		poller_want_write(poller, session->fd[0]);
}

static void serve(struct session *session, const struct poller *poller)
{
	int fd = session->fd[0];
	if (session->queue.len && poller_writable(poller, fd)) {
		flush_some(session, SESSION_TURN);
		stream_settle(session);
	}
	if (session->state == SESSION_OPEN && poller_readable(poller, fd))
		receive(session);
}

static enum tcp_state tcp_state(const struct session *session)
{
	if (session->peer_closed && session->fin_sent)
		return STATE_CLOSED;
	if (session->peer_closed)
		return STATE_CLOSE_WAIT;
	return session->fin_sent ? STATE_FIN_WAIT : STATE_ESTABLISHED;
}

const struct kind stream_kind = {
	.kind = SESSION_TCP,
	.type = SOCK_STREAM,
	.found = connect_begin,
	.opened = opened,
	.prepare = prepare,
	.serve = serve,
	.send = stream_send,
	.shutdown = stream_shutdown,
	.flush = flush,
	.tcp_state = tcp_state,
};
