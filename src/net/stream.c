// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/stream.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "net/ask_credentials.h"
#include "net/calls_splice.h"
#include "net/dial.h"
#include "net/fault.h"
#include "net/kernel.h"
#include "net/option.h"
#include "net/probe_timer.h"
#include "net/reconnect.h"
#include "net/stream_internal.h"
#include "socket/errno_meaning.h"

/* The head of each message in the queue of a connection that keeps their borders. */
struct head {
	size_t len;
	uint8_t flags; /* of the caller */
};

static bool keeps_borders(const struct session *session)
{
	return transport_keeps_borders(session->transport);
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* ---- ends ---- */

void stream_queue_dropped(struct session *session)
{
	struct stream *stream = session->own;
	secrets_clear(&stream->secrets);
}

/* "connection reset by peer (RST): recv() = -1 ECONNRESET", "recv() = -1 EIO: input/output
 * error". */
static const char *describe(const struct session *session, const char *call, int code,
                            char out[ERROR_TEXT])
{
	bool sends = strcmp(call, "splice") == 0 || strcmp(call, "sendfile") == 0;
	const struct errno_case *special = errno_meaning_case(sends ? "send" : call, code,
	                                                      session_errno_context(session, NULL));
	if (special)
		snprintf(out, ERROR_TEXT, "%s%s%s: %s() = -1 %s",
		         special->word ? special->word : "", special->word ? ": " : "",
		         special->phrase, call, error_name(code));
	else
		snprintf(out, ERROR_TEXT, "%s() = -1 %s: %s", call, error_name(code),
		         error_why(code));
	return out;
}

/* What waits can never be sent now; what has already come is still read. */
static void break_off(struct session *session, const char *call, int code)
{
	char why[ERROR_TEXT];
	struct stream *stream = session->own;
	size_t unsent = session->unsent + session_layer_unsent(session);
	describe(session, call, code, why);
	stream->broken = true;
	if (stream->failing)
		return;
	if (unsent)
		session_report_unsent(session, unsent, why);
	else
		session_report(session, ENTRY_ERROR, "%s", why);
	session_drop_queue(session);
	if ((stream->peer_closed || stream->read_shut) && !session->paused)
		session_finish(session, SESSION_ENDED_RESET, NULL);
}

static void send_fin(struct session *session)
{
	struct stream *stream = session->own;
	stream->fin_sent = true;
	if (call_shutdown(&session->caller, session->fd[0], SHUT_WR) < 0)
		break_off(session, "shutdown", errno);
	else
		session_report(session, 0, "closed our side%s: shutdown(SHUT_WR) = 0",
		               transport_fin(session->transport));
}

/* That it was cut short has been reported. */
static void finish_closed(struct session *session, const char *text)
{
	const struct stream *stream = session->own;
	if (stream->cut_short) {
		session_report(session, 0, "%s", text);
		session_finish(session, SESSION_ENDED_FAILED, NULL);
	} else {
		session_finish(session, SESSION_ENDED_WELL, "%s", text);
	}
}

/* FIN when the queue is out; closed when both sides are, unless it is paused. */
void stream_settle(struct session *session)
{
	struct stream *stream = session->own;
	if (session->state != SESSION_OPEN || stream->broken)
		return;
	if (stream->shut && !stream->fin_sent && !session->queue.len && !stream->layer_due)
		send_fin(session);
	bool over = stream->fin_sent && (stream->peer_closed || stream->read_shut);
	if (over && !session->paused)
		finish_closed(session, "closed");
}

/* ---- sending ---- */

static bool is_in(const struct session *session, enum tcp_state state)
{
	struct sample sample = { 0 };
	kernel_read_tcp(session->fd[0], &sample);
	return sample_is(&sample, state);
}

/* With Fast Open the SYN leaves with the first bytes, and the connection is there when it is
 * answered. */
static void notice_connection(struct session *session)
{
	char pair[SESSION_PAIR];
	struct stream *stream = session->own;
	if (!stream->deferred || session->state != SESSION_OPEN || is_in(session, STATE_SYN_SENT))
		return;
	stream->deferred = false;
	if (!stream->broken)
		session_report(session, 0, "%s connected: SYN,ACK has come",
		               session_pair(session, pair));
}

/* One send(). Returns what the kernel took; less than asked also at the end of a block of the
 * transcript. */
static size_t push(struct session *session, const char *data, size_t len)
{
	struct stream *stream = session->own;
	struct caller caller = session->caller;
	bool waited = session->step && session->step->call == STEP_SEND;
	caller.since = waited ? session->step->since : 0;
	caller.records = stream->records;
	ssize_t sent = call_send(&caller, session->fd[0], data, smaller(len, SESSION_TURN), 0);
	if (sent < 0) {
		if (!call_would_block(errno))
			break_off(session, "send", errno);
		return 0;
	}
	session_moved(session);
	session->counts.sent_bytes += (size_t)sent;
	session->counts.sends++;
	notice_connection(session);
	return (size_t)sent;
}

/* A short write means that the kernel's buffer is full: asking again would only say EAGAIN. The end
 * of a block also shortens one, but never below TRANSCRIPT_ROOM. */
static bool was_short(size_t asked, size_t sent)
{
	return sent < smaller(asked, TRANSCRIPT_ROOM);
}

/* Ends the stream where a fault says so. */
static bool cut(struct session *session, struct faults *faults, enum fault_direction direction)
{
	struct stream *stream = session->own;
	size_t unsent = session->unsent + session_layer_unsent(session);
	enum fault_end end = stream->broken ? FAULT_NO_END : faults_cut(faults, direction);
	if (end == FAULT_RST) {
		session->ops->abort(session);
	} else if (end == FAULT_FIN) {
		if (unsent)
			session_report_unsent(session, unsent, "cut by /fault");
		session_drop_queue(session);
		stream->shut = true;
		if (!stream->fin_sent) /* nor does it wait for a layer on top */
			send_fin(session);
		stream_settle(session);
	}
	return end != FAULT_NO_END;
}

/* How much of the queue may leave by one call. A part of it is to be a segment of its own, which TCP
 * would keep until what has left before is acknowledged. */
static size_t let_go(struct session *session, struct faults *faults)
{
	struct stream *stream = session->own;
	size_t most = faults_may_move(faults, FAULT_OUT, clock_now(), session->queue.len);
	if (most && most < session->queue.len && !stream->in_parts &&
	    session->transport == TRANSPORT_TCP) {
		stream->in_parts = true;
		option_default(session, session->fd[0], IPPROTO_TCP, TCP_NODELAY, 1);
	}
	return most;
}

/* Sends from the front of the queue at most this many bytes, which are all secret, or all not. */
static size_t push_first(struct session *session, size_t most, size_t *asked)
{
	struct stream *stream = session->own;
	bool secret;
	*asked = smaller(most, secrets_run(&stream->secrets, session->queue.len, &secret));
	if (secret)
		session->caller.flags |= ENTRY_SECRET;
	else
		session->caller.flags &= (uint8_t)~ENTRY_SECRET;
	return push(session, buf_data(&session->queue), *asked);
}

/* ---- messages ---- */

/* 0, or an errno value. A message goes whole or not at all, and one that is too large says nothing of
 * the connection. */
static int push_message(struct session *session, const char *data, size_t len)
{
	bool waited = session->step && session->step->call == STEP_SEND;
	session->caller.since = waited ? session->step->since : 0;
	ssize_t sent = call_sendto(&session->caller, session->fd[0], data, len, 0, NULL);
	int code = sent < 0 ? errno : 0;
	session->caller.since = 0;
	if (!code) {
		session->counts.sent_bytes += len;
		session->counts.sends++;
	} else if (!call_would_block(code) && code != EMSGSIZE && code != ENOBUFS && code != ENOMEM) {
		break_off(session, "sendto", code);
	}
	return code;
}

static void refuse_message(const struct session *session, int code, size_t len, struct error *error)
{
	error_errno(error, code, "%zu bytes in one message (%s)", len,
	            errno_meaning_phrase("send", code, session_errno_context(session, NULL)));
}

static void flush_messages(struct session *session, size_t most)
{
	struct head head;
	struct error error;
	uint8_t flags = session->caller.flags;
	const struct stream *stream = session->own;
	for (size_t moved = 0; session->queue.len && moved < most; moved += sizeof head + head.len) {
		const char *data = buf_data(&session->queue);
		memcpy(&head, data, sizeof head);
		session->caller.flags = head.flags;
		int code = push_message(session, data + sizeof head, head.len);
		session->caller.flags = flags;
		if (stream->broken || call_would_block(code))
			break;
		if (code) {
			refuse_message(session, code, head.len, &error);
			session->table->lost += head.len;
			session_report(session, ENTRY_ERROR, "not sent: %s", error.text);
		}
		buf_consume(&session->queue, sizeof head + head.len);
		session->unsent -= head.len;
	}
}

static bool send_message(struct session *session, const void *data, size_t len, struct error *error)
{
	const struct stream *stream = session->own;
	struct head head = { .len = len, .flags = session->caller.flags };
	bool waits = session->state != SESSION_OPEN || session->queue.len;
	int code = waits ? EAGAIN : push_message(session, data, len);
	if (call_would_block(code)) {
		buf_append(&session->queue, &head, sizeof head);
		buf_append(&session->queue, data, len);
		session->unsent += len;
	} else if (code && !stream->broken) {
		refuse_message(session, code, len, error);
		return false;
	}
	return true;
}

/* ---- bytes ---- */

static void flush_some(struct session *session, size_t most)
{
	struct stream *stream = session->own;
	struct faults *faults = session_acting_faults(session);
	uint8_t flags = session->caller.flags;
	if (keeps_borders(session)) {
		flush_messages(session, most);
		return;
	}
	size_t moved = 0;
	bool more = true;
	if (session_is_served(session))
		session_begin_service(session);
	while (more && session->queue.len && moved < most) {
		size_t asked, waiting = session->queue.len, may = SIZE_MAX;
		if (faults &&
		    (cut(session, faults, FAULT_OUT) || (may = let_go(session, faults)) == 0))
			break;
		size_t sent = push_first(session, may, &asked);
		if (stream->broken)
			break;
		buf_consume(&session->queue, sent);
		secrets_consume(&stream->secrets, sent);
		session->unsent = session->queue.len;
		moved += sent;
		more = !was_short(asked, sent);
		if (faults) {
			faults_moved(faults, FAULT_OUT, clock_now(), waiting, sent);
			more = !cut(session, faults, FAULT_OUT) && more;
		}
	}
	if (session->faults && !faults) /* what has a time to leave at left without it */
		faults_forget(session->faults, FAULT_OUT);
	session->caller.flags = flags;
}

void stream_flush(struct session *session)
{
	flush_some(session, SIZE_MAX);
	stream_settle(session);
}

bool stream_refuses(const struct session *session, const struct endpoint *to, size_t len, size_t more,
                    struct error *error)
{
	const struct stream *stream = session->own;
	unsigned number = (unsigned)session->caller.session;
	size_t room = session->queue.max - session->queue.len;
	if (to && !endpoint_equal(to, &session->peer))
		error_set(error, "session %u is %s: it has one peer", number,
		          transport_title(session->transport));
	else if (stream->broken)
		error_set(error, "session %u was reset: nothing can be sent", number);
	else if (stream->shut)
		error_set(error, "session %u has closed its side%s: nothing more can be sent",
		          number, transport_fin(session->transport));
	else if (more > room || len > room - more)
		error_set(error,
		          "%zu bytes already wait for the peer of session %u: no room for %zu more",
		          session_unsent(session), number, len);
	else
		return false;
	return true;
}

bool stream_send(struct session *session, const struct endpoint *to, const void *data,
                        size_t len, struct error *error)
{
	struct stream *stream = session->own;
	stream->ready_due = stream->ready_due || (len && session->service->ready);
	if (stream_refuses(session, to, len, keeps_borders(session) ? sizeof(struct head) : 0, error))
		return false;
	if (keeps_borders(session))
		return send_message(session, data, len, error);
	if (len == 0)
		return true;
	/* The first attempt sends the bytes from where they are: even bytes of the transcript's
	 * newest entry stay valid during one call. */
	struct faults *faults = session_acting_faults(session);
	bool direct = session->state == SESSION_OPEN && !session->queue.len && !faults;
	size_t sent = direct ? push(session, data, len) : 0;
	if (sent == len || stream->broken)
		return true;
	size_t waiting = session->queue.len;
	buf_append(&session->queue, (const char *)data + sent,
	           len - sent); /* has room: stream_refuses() */
	if (session->caller.flags & ENTRY_SECRET)
		secrets_add(&stream->secrets, waiting, session->queue.len);
	session->unsent = session->queue.len;
	if (faults)
		faults_given(faults, clock_now(), len);
	bool may_go = faults ? session->state == SESSION_OPEN : sent && !was_short(len, sent);
	if (may_go && !session->paused)
		flush_some(session, SESSION_TURN);
	return true;
}

/* A pipe may be what has nothing: then it is not us who must wait. A file that cannot be read is met
 * by who reads it. */
static ssize_t send_from(struct session *session, int from, bool is_file)
{
	int fd = session->fd[0];
	if (keeps_borders(session)) {
		errno = EINVAL;
		return -1;
	}
	if (session_is_full(session)) {
		errno = EAGAIN;
		return -1;
	}
	ssize_t sent = is_file ? calls_send_file(fd, from, SESSION_TURN)
	                       : calls_splice_out(fd, from, SESSION_TURN);
	int code = sent < 0 ? errno : 0;
	if (sent > 0) {
		session_moved(session);
		session->counts.sent_bytes += (size_t)sent;
		session->counts.sends++;
	} else if (code == EAGAIN) {
		session->full = is_file || poller_is_ready(from);
	} else if (code == EIO) {
		code = EINVAL;
	} else if (code && code != EINVAL) {
		break_off(session, is_file ? "sendfile" : "splice", code);
	}
	errno = code;
	return sent;
}

/* ---- shutting ---- */

static bool shut_reading(struct session *session, struct error *error)
{
	struct stream *stream = session->own;
	if (session->state != SESSION_OPEN || stream->peer_closed || stream->read_shut) {
		error_set(error, "session %u is not open for reading",
		          (unsigned)session->caller.session);
		return false;
	}
	if (call_shutdown(&session->caller, session->fd[0], SHUT_RD) < 0) {
		error_errno(error, errno, "shutdown");
		return false;
	}
	stream->read_shut = true;
	session_report(session, 0,
	               "reading is shut: shutdown(SHUT_RD) = 0, which sends nothing to the peer");
	return true;
}

bool stream_shutdown(struct session *session, int how, struct error *error)
{
	struct stream *stream = session->own;
	if (session->state == SESSION_FRESH)
		return call_shutdown(&session->caller, session->fd[0], how) == 0 ||
		       session_fail_call(session, CALL_SHUTDOWN, "shutdown()", errno, error);
	bool write = how == SHUT_WR || how == SHUT_RDWR;
	if (write && stream->shut) {
		error_set(error, "session %u has closed its side%s already",
		          (unsigned)session->caller.session, transport_fin(session->transport));
		return false;
	}
	bool reads = !stream->peer_closed && !stream->read_shut;
	if (how != SHUT_WR && (reads || !write) && !shut_reading(session, error))
		return false;
	stream->shut = stream->shut || write;
	stream_settle(session);
	return true;
}

/* ---- receiving ---- */

/* A service that passes on says itself what it takes. */
static bool is_held_up(const struct session *session)
{
	const struct stream *stream = session->own;
	const struct service *service = session->service;
	if (stream->layer_due)
		return false;
	return service->never_reads || session->service_full || (service->takes && !service->takes(session));
}

/* What a service answers and the kernel does not take waits in the queue: until it is out nothing
 * more is read, so the client feels it, and no byte is copied there without need. What a fault holds
 * back there delays answers, not reading. */
static size_t readable_now(const struct session *session)
{
	const struct stream *stream = session->own;
	const struct service *service = session->service;
	if (stream->peer_closed || stream->read_shut || stream->layer_busy || session->read_blocked ||
	    is_held_up(session))
		return 0;
	if (stream->layer_due) /* a flood of messages takes long to look at */
		return SESSION_BUFFER;
	if (!session_is_served(session) || stream->broken)
		return SESSION_TURN;
	if (service->takes)
		return SERVICE_QUEUE;
	size_t waiting = session->queue.len;
	if (waiting && !(session->faults_on && waiting < SERVICE_QUEUE))
		return 0;
	return smaller(session->queue.max - waiting, SERVICE_QUEUE);
}

/* Tells the service that it is open, once. */
static void greet(struct session *session)
{
	struct stream *stream = session->own;
	if (stream->layer_due)
		return;
	if (stream->greeting_due && session->service->opened) {
		session_begin_service(session);
		session->service->opened(session);
		session_end_service(session);
	}
	stream->greeting_due = false;
}

/* Calls the service for the peer's FIN. */
static void answer_fin(struct session *session)
{
	struct stream *stream = session->own;
	struct error error;
	stream->fin_due = false;
	session_begin_service(session);
	if (session->service->ended)
		session->service->ended(session);
	else if (!stream->shut)
		session->ops->shutdown(session, SHUT_WR, &error);
	session_end_service(session);
}

void stream_take_end(struct session *session)
{
	struct stream *stream = session->own;
	struct error error;
	stream->peer_closed = true;
	stream->fin_due = true;
	if (!session->paused)
		answer_fin(session);
	if (session->state == SESSION_OPEN && !stream->shut && reconnect_is_possible(session))
		session->ops->shutdown(session, SHUT_WR, &error);
	stream_settle(session);
}

void stream_report_end(struct session *session)
{
	session_report(session, 0, "peer closed its side%s: recv() = 0",
	               transport_fin(session->transport));
}

void stream_ended(struct session *session)
{
	const struct stream *stream = session->own;
	if (stream->broken) {
		session_finish(session, SESSION_ENDED_RESET, NULL);
		return;
	}
	stream_report_end(session);
	stream_take_end(session);
}

/* After a reset or FIN, bytes that have come before are still read. */
void stream_resumed(struct session *session)
{
	struct stream *stream = session->own;
	greet(session);
	if (stream->broken && stream->peer_closed) {
		session_finish(session, SESSION_ENDED_RESET, NULL);
		return;
	}
	if (stream->fin_due)
		answer_fin(session);
	stream_settle(session);
}

/* As if the client had been accepted by it, and had sent FIN only now. */
void stream_service_changed(struct session *session)
{
	struct stream *stream = session->own;
	stream->greeting_due = session->listener != 0;
	stream->fin_due = stream->peer_closed && !stream->broken;
	if (!session->paused)
		stream_resumed(session);
}

/* On a paused session a person makes close(), too, so the session stays open. */
static void meet_recv_error(struct session *session, int code)
{
	char why[ERROR_TEXT];
	struct stream *stream = session->own;
	if (session->paused && !stream->broken)
		break_off(session, "recv", code);
	else if (stream->broken)
		session_finish(session, SESSION_ENDED_RESET, NULL);
	else
		session_finish(session,
		               code == ECONNRESET ? SESSION_ENDED_RESET : SESSION_ENDED_FAILED,
		               "%s", describe(session, "recv", code, why));
}

/* By hand a person has it. */
void stream_received(struct session *session, const char *data, size_t len)
{
	session_received(session, data, len);
	if (session_is_served(session) && !session_is_by_hand(session))
		session_answer(session, NULL, data, len);
}

/* False where it cannot be done with this pipe. */
static bool pass(struct session *session)
{
	ssize_t got = calls_splice_in(session->fd[0], session->pass_to - 1, session->table->share);
	int code = got < 0 ? errno : 0;
	if (code == EINVAL) {
		session->pass_to = 0;
		return false;
	}
	if (got > 0) {
		session_count_received(session, (size_t)got);
	} else if (got == 0) {
		session->ops->ended(session);
	} else if (code == EAGAIN || code == EPIPE) {
		session->pass_error = code;
		session->read_blocked = true;
	} else {
		meet_recv_error(session, code);
	}
	return true;
}

/* After a reset, and where reading is shut here, recv() = 0 is no FIN. */
static struct caller reader(const struct session *session)
{
	const struct stream *stream = session->own;
	struct caller caller = session->caller;
	caller.records = stream->records;
	if (stream->broken || stream->read_shut)
		caller.flags |= ENTRY_NO_END;
	return caller;
}

/* False at EAGAIN, and where nothing more is to be read. */
static bool receive_message(struct session *session, size_t *left)
{
	const char *data;
	bool ended;
	struct caller caller = reader(session);
	if (!*left || session->state != SESSION_OPEN || !readable_now(session))
		return false;
	int fd = session->fd[0];
	size_t most = control_next_message(fd, session->transport, TRANSCRIPT_ROOM);
	ssize_t got = call_recv_message(&caller, fd, most, 0, &data, &ended);
	if (got < 0 && call_would_block(errno))
		return false;
	if (got < 0)
		meet_recv_error(session, errno);
	else if (ended)
		session->ops->ended(session);
	else
		session->ops->received(session, data, (size_t)got);
	*left -= smaller(*left, got > 0 ? (size_t)got : 0);
	return got > 0 || (got == 0 && !ended);
}

static void receive_messages(struct session *session)
{
	struct stream *stream = session->own;
	size_t left = session->table->share;
	unsigned most = pace_ask(&stream->pace), got = 0;
	while (got < most && receive_message(session, &left))
		got++;
	if (got == most)
		pace_met(&stream->pace);
	else
		pace_missed(&stream->pace, got);
}

static void receive(struct session *session)
{
	struct stream *stream = session->own;
	struct caller caller = reader(session);
	struct faults *faults = session_acting_faults(session);
	if (keeps_borders(session)) {
		receive_messages(session);
		return;
	}
	if (session->pass_to && !session_is_served(session) && !faults && !stream->records &&
	    pass(session))
		return;
	size_t left = session->table->share;
	while (left && session->state == SESSION_OPEN) {
		const char *data;
		size_t asked = smaller(left, readable_now(session));
		if (!stream->large_reads)
			asked = smaller(asked, SESSION_BUFFER);
		if (faults && asked) {
			if (cut(session, faults, FAULT_IN))
				return;
			asked = faults_may_move(faults, FAULT_IN, clock_now(), asked);
		}
		if (!asked)
			return;
		ssize_t got = call_recv(&caller, session->fd[0], asked, 0, &data);
		if (got < 0 && call_would_block(errno))
			return;
		if (got < 0)
			meet_recv_error(session, errno);
		else if (got == 0)
			session->ops->ended(session);
		else
			session->ops->received(session, data, (size_t)got);
		stream->large_reads = got >= SESSION_BUFFER;
		if (faults && got >= 0) {
			/* where the buffer is full more may be there */
			faults_moved(faults, FAULT_IN, clock_now(),
			             (size_t)got + (got == (ssize_t)asked), (size_t)got);
			if (session->state == SESSION_OPEN && cut(session, faults, FAULT_IN))
				return;
		}
		if (got < (ssize_t)asked || stream->layer_due)
			return;
		left -= (size_t)got;
	}
}

/* ---- recv() by hand ---- */

static int set_low(struct session *session, int bytes)
{
	return call_set_option(&session->caller, session->fd[0], SOL_SOCKET, SO_RCVLOWAT, bytes);
}

/* SO_RCVLOWAT makes select() wait for as many bytes as recv(MSG_WAITALL) would, see socket(7). */
static void raise_low(struct session *session)
{
	int low;
	uint8_t flags = session->caller.flags;
	struct step *step = session->step;
	session->caller.flags |= ENTRY_WATCHING;
	if (!step->low &&
	    call_get_option(&session->caller, session->fd[0], SOL_SOCKET, SO_RCVLOWAT, &low) == 0)
		step->low = low > 0 ? low : 1;
	if (step->low)
		set_low(session, (int)step->most);
	session->caller.flags = flags;
}

/* Puts SO_RCVLOWAT back. */
void stream_end_recv(struct session *session)
{
	uint8_t flags = session->caller.flags;
	session->caller.flags |= ENTRY_WATCHING;
	if (session->step->low && session->fd_count)
		set_low(session, session->step->low);
	session->caller.flags = flags;
	session->step->low = 0;
}

/* Ready, and nothing to read: end of file, an error, or the mark of an urgent byte. */
static bool is_at_end(const struct session *session)
{
	struct sample sample = { 0 };
	if (!poller_is_ready(session->fd[0]))
		return false;
	kernel_read(session->fd[0], session->transport, &sample);
	return sample_get(&sample, SAMPLE_INQ) == 0;
}

/* Memory that is short, or a receive buffer smaller than the bytes asked for, makes select() say
 * yes early, where a blocking recv(MSG_WAITALL) would go on. */
static bool must_go_on(struct session *session, size_t got)
{
	struct step *step = session->step;
	if (step->how != RECV_ALL || got == step->most || keeps_borders(session))
		return false;
	step->most -= got;
	if (step->low)
		raise_low(session);
	return !is_at_end(session);
}

/* Zero bytes. */
static void take_nothing(struct session *session)
{
	struct stream *stream = session->own;
	bool asked = session->step->most > 0;
	stream_end_recv(session);
	session_end_step(session);
	if (!asked) {
		session_report(session, 0,
		               "recv(0) = 0: the buffer has 0 bytes, so this is no end of file");
	} else if (stream->read_shut) {
		session_report(session, 0, "recv() = 0: reading is shut");
	} else if (stream->peer_closed) {
		session_report(session, 0, "recv() = 0: end of file, as before");
	} else if (stream->broken) {
		session_report(session, 0, "recv() = 0: after a reset nothing more comes");
	} else {
		session->ops->ended(session);
	}
}

/* An error of the call, not of the connection. */
static bool is_misuse(const struct session *session, int code)
{
	const struct stream *stream = session->own;
	return session->state != SESSION_OPEN || stream->broken || code == EINVAL ||
	       code == ENOTCONN || code == EOPNOTSUPP || code == ENOMEM || code == ENOBUFS ||
	       call_would_block(code);
}

enum step_end stream_recv(struct session *session, unsigned slot, struct error *error)
{
	const char *data;
	struct step *step = session->step;
	struct caller caller = reader(session);
	session_reserve(session, step->most);
	caller.since = session_step_since(session);
	int fd = session->fd[slot], flags = session_recv_flags(session);
	bool ended = true;
	ssize_t got = keeps_borders(session)
	                      ? call_recv_message(&caller, fd, step->most, flags, &data, &ended)
	                      : call_recv(&caller, fd, step->most, flags, &data);
	int code = errno;
	if (got < 0 && call_would_block(code) && step->how != RECV_URGENT)
		return STEP_WAITS;
	if (got == 0 && ended) {
		take_nothing(session);
		return STEP_DONE;
	}
	if (got >= 0) {
		if (step->how != RECV_PEEK)
			session->ops->received(session, data, (size_t)got);
		if (must_go_on(session, (size_t)got)) {
			session_name_recv(session, "recv");
			return STEP_WAITS;
		}
		stream_end_recv(session);
		session_end_step(session);
		return STEP_DONE;
	}
	bool misuse = is_misuse(session, code);
	if (misuse)
		session_fail_call(session, CALL_RECV, step->text, code, error);
	stream_end_recv(session);
	session_end_step(session);
	if (!misuse)
		meet_recv_error(session, code);
	return misuse ? STEP_FAILED : STEP_DONE;
}

/* recv() returns at once on a socket without a connection, and where it asks for an urgent byte. */
enum step_end stream_begin_recv(struct session *session, struct error *error)
{
	const struct step *step = session->step;
	bool sleeps = session->state == SESSION_OPEN && step->how != RECV_URGENT;
	session_name_recv(session, "recv");
	if (step->how == RECV_ALL && step->most > 1 && !keeps_borders(session))
		raise_low(session);
	int slot = sleeps ? session_ready_slot(session) : 0;
	return slot < 0 ? STEP_WAITS : stream_recv(session, (unsigned)slot, error);
}

/* ---- send() by hand ---- */

/* Where nothing can be sent, or it is urgent: one call, and the kernel says what is wrong. */
bool stream_send_by_hand(struct session *session, const struct endpoint *to, const void *data,
                         size_t len, int flags, struct error *error)
{
	char text[64];
	const struct stream *stream = session->own;
	bool can_send = session->state == SESSION_OPEN && !stream->broken && !stream->fin_sent;
	if (can_send && !flags)
		return session_send_step(session, to, data, len, error);
	ssize_t sent = call_send(&session->caller, session->fd[0], data, len, flags);
	int code = errno;
	if (sent >= 0) {
		session_moved(session);
		session->counts.sends++;
		session->counts.sent_bytes += (size_t)sent;
		return true;
	}
	if (can_send && !call_would_block(code) && code != EOPNOTSUPP) {
		break_off(session, "send", code);
		return true;
	}
	snprintf(text, sizeof text, "send(%zu%s)", len, flags & MSG_OOB ? ", MSG_OOB" : "");
	return session_fail_call(session, CALL_SEND, text, code, error);
}

/* ---- opening and closing ---- */

/* Whose call has made the other end; so it was then, whoever has the descriptor by now. */
static void report_credentials(struct session *session, const char *call)
{
	struct credentials credentials;
	struct buf text = { .max = SIZE_MAX };
	session_set_credentials(session, NULL);
	if (!transport_is_unix(session->transport) || session->probe.budget->off ||
	    !ask_credentials(&session->caller, session->fd[0], &credentials))
		return;
	session_set_credentials(session, &credentials);
	credentials_print(&credentials, &text);
	session_report(session, 0, "%s was called by %s *", call, buf_text(&text));
	buf_free(&text);
}

void stream_begin(struct session *session)
{
	struct stream *stream = session->own;
	stream_queue_dropped(session);
	*stream = (struct stream){ .peer_closed = false };
}

void stream_found(struct session *session, const struct lookup_answer *addresses)
{
	(void)addresses;
	dial_connect(session);
}

/* A port that has just been used waits in TIME_WAIT, which SO_REUSEADDR overlooks where the earlier
 * socket had it, too. */
void stream_prepare_socket(struct session *session, unsigned slot, const struct endpoint *bound)
{
	if (bound && bound->port)
		option_default(session, session->fd[slot], SOL_SOCKET, SO_REUSEADDR, 1);
}

void stream_announce(struct session *session, const char *took)
{
	char pair[SESSION_PAIR];
	struct stream *stream = session->own;
	bool itself = endpoint_equal(&session->local[0], &session->peer);
	stream->deferred =
	        session->transport == TRANSPORT_TCP && is_in(session, STATE_SYN_SENT);
	if (stream->deferred) {
		session_report(session, 0,
		               "%s connect() = 0, but not connected: with Fast Open SYN is sent "
		               "with the first bytes",
		               session_pair(session, pair));
	} else {
		probe_timer_add_connection(session);
		session_report(session, 0, "%s connected in %s%s", session_pair(session, pair),
		               took,
		               itself ? " (to itself: both ends are this one socket)" : "");
		report_credentials(session, "listen() there");
	}
	stream->greeting_due = true;
}

void stream_start(struct session *session)
{
	greet(session);
	flush_some(session, SESSION_TURN);
	stream_settle(session);
}

static void opened(struct session *session, const char *took)
{
	stream_announce(session, took);
	stream_start(session);
}

void stream_announce_accepted(struct session *session)
{
	struct stream *stream = session->own;
	if (keeps_borders(session)) /* which is not inherited */
		probe_timer_add_socket(session, session->fd[0]);
	probe_timer_add_connection(session);
	probe_read(&session->caller, session->fd[0], SAMPLE_BEFORE);
	report_credentials(session, "connect()");
	stream->greeting_due = true;
}

void stream_accepted(struct session *session)
{
	stream_announce_accepted(session);
	if (!session->paused)
		greet(session);
}

/* What a fault holds back leaves first. */
void stream_close(struct session *session, const char *text)
{
	const struct stream *stream = session->own;
	bool faults_on = session->faults_on;
	session->faults_on = false;
	stream_flush(session);
	session->faults_on = faults_on;
	session->closing = session->lingers && !stream->broken;
	if (stream->broken)
		session_finish(session, SESSION_ENDED_RESET, text ? "%s" : NULL, text);
	else if (session->closing)
		session_finish(session, SESSION_ENDED_WELL,
		               "closing: close() waits until everything is acknowledged (SO_LINGER)");
	else
		finish_closed(session, text ? text : "closed");
}

/* The RST leaves with close(), at the end of this turn. */
void stream_abort(struct session *session)
{
	call_set_linger(&session->caller, session->fd[0], 0);
	session->lingers = false;
	session_finish(session, SESSION_ENDED_RESET, "aborted: close() with SO_LINGER 0 sends RST");
}

/* ---- turns ---- */

/* From a peer that is no longer read only an RST matters. The poller reports it, or else the
 * samples. */
static bool waits_for_reset(const struct session *session)
{
	const struct stream *stream = session->own;
	return !stream->fin_sent && !stream->broken &&
	       (stream->peer_closed || stream->read_shut || is_held_up(session));
}

/* As the last sample says. */
static bool was_cut_off(const struct session *session)
{
	return session->probe.last.present && session->probe.fd == session->fd[0] &&
	       sample_is(&session->probe.last, STATE_CLOSED);
}

static void finish_cut_off(struct session *session)
{
	int code = 0;
	struct caller caller = session->caller;
	caller.flags |= ENTRY_WATCHING;
	call_get_option(&caller, session->fd[0], SOL_SOCKET, SO_ERROR, &code);
	if (code == ETIMEDOUT)
		session_finish(session, SESSION_ENDED_FAILED,
		               "timed out: the peer has not acknowledged anything for long *");
	else if (!transport_is_unix(session->transport))
		session_finish(session, SESSION_ENDED_RESET, "connection reset by peer (RST) *");
	else if (code) /* the peer closed a socket in which our bytes were unread, unix(7) */
		session_finish(session, SESSION_ENDED_RESET, "connection reset by peer *");
	else
		session_finish(session, SESSION_ENDED_WELL, "the peer has closed both sides *");
}

static bool wants_ready(const struct session *session)
{
	const struct stream *stream = session->own;
	return stream->ready_due && session->service->ready && !session->queue.len &&
	       !stream->layer_due && !stream->shut && !stream->broken;
}

/* Whether nothing is to be done before this instant, 0 = none, at which the poller wakes. */
static bool wait_until(struct poller *poller, int64_t instant)
{
	if (!instant || instant <= clock_now())
		return false;
	poller_wake_at(poller, instant);
	return true;
}

void stream_prepare(struct session *session, struct poller *poller)
{
	const struct stream *stream = session->own;
	if (waits_for_reset(session)) {
		poller_want_news(poller, session->fd[0]);
		if (was_cut_off(session))
			poller_wake_at(poller, 0);
	}
	const struct faults *faults = session_acting_faults(session);
	int64_t read_at = faults ? faults_due(faults, FAULT_IN) : 0;
	int64_t send_at = faults ? faults_due(faults, FAULT_OUT) : 0;
	if (readable_now(session) && !wait_until(poller, read_at))
		poller_want_read(poller, session->fd[0]);
	/* one that waits for SYN,ACK is writable then */
	bool opens = stream->deferred && session->counts.sent_bytes > session->sent_before;
	bool sends = session->queue.len && !wait_until(poller, send_at);
	if (sends || session->full || wants_ready(session) || opens)
		poller_want_write(poller, session->fd[0]);
}

void stream_serve(struct session *session, const struct poller *poller)
{
	struct stream *stream = session->own;
	int fd = session->fd[0];
	if (waits_for_reset(session) && (was_cut_off(session) || poller_hung_up(poller, fd))) {
		finish_cut_off(session);
		return;
	}
	if (poller_writable(poller, fd)) {
		session->full = false;
		notice_connection(session);
	}
	if (session->queue.len && poller_writable(poller, fd)) {
		flush_some(session, SESSION_TURN);
		stream_settle(session);
	} else if (wants_ready(session) && poller_writable(poller, fd)) {
		stream->ready_due = false;
		session_begin_service(session);
		session->service->ready(session);
		session_end_service(session);
	}
	if (session->state == SESSION_OPEN && poller_readable(poller, fd))
		receive(session);
}

enum tcp_state stream_tcp_state(const struct session *session)
{
	const struct stream *stream = session->own;
	if (stream->peer_closed && stream->fin_sent)
		return STATE_CLOSED;
	if (stream->peer_closed)
		return STATE_CLOSE_WAIT;
	return stream->fin_sent ? STATE_FIN_WAIT : STATE_ESTABLISHED;
}

unsigned stream_ends(const struct session *session)
{
	const struct stream *stream = session->own;
	return (stream->fin_sent ? STREAM_FIN_SENT : 0u) |
	       (stream->peer_closed ? STREAM_PEER_CLOSED : 0u) | (stream->shut ? STREAM_SHUT : 0u) |
	       (stream->broken ? STREAM_BROKEN : 0u) |
	       (stream->cut_short ? STREAM_CUT_SHORT : 0u);
}

const struct session_ops stream_ops = {
	STREAM_OPERATIONS,
	.size = sizeof(struct stream),
	.begin = stream_begin,
	.free = stream_queue_dropped,
	.opened = opened,
	.prepare = stream_prepare,
	.serve = stream_serve,
	.send = stream_send,
	.send_from = send_from,
	.received = stream_received,
	.ended = stream_ended,
	.queue_dropped = stream_queue_dropped,
	.shutdown = stream_shutdown,
	.close = stream_close,
	.send_by_hand = stream_send_by_hand,
};
