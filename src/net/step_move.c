// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>

#include "net/kernel.h"
#include "net/session_internal.h"

enum { CALL_TEXT = 64 };

/* Left in a block of the transcript beside the bytes: for what is written down before the call. */
enum { RECV_SLACK = 4096 };

static unsigned number(const struct session *session)
{
	return session->caller.session;
}

static bool is_udp(const struct session *session)
{
	return session->kind == &datagram_kind;
}

static bool would_block(int code)
{
	return code == EAGAIN || code == EWOULDBLOCK;
}

/* The socket on which a blocking call would not sleep now, or -1. */
static int ready_slot(const struct session *session)
{
	for (unsigned i = 0; i < session->fd_count; i++)
		if (poller_is_ready(session->fd[i]))
			return (int)i;
	return -1;
}

static bool put_off(struct session *session)
{
	session->step->waited = true;
	return true;
}

/* ---- accept() ---- */

static void name_client(struct session *client, const char *name)
{
	struct error error;
	if (name[0] && !session_rename(client, name, &error))
		session_note(client, ENTRY_ERROR, "%s", error.text);
}

enum step_end accept_step(struct session *session, unsigned slot, struct error *error)
{
	int code;
	struct step *step = session->step;
	struct session *client = listener_accept(session, slot, &code);
	if (!client && would_block(code))
		return STEP_WAITS;
	if (client)
		name_client(client, step->name);
	else if (code)
		step_fail(session, CALL_ACCEPT, step->text, code, error);
	step_drop(session);
	return !client && code ? STEP_FAILED : STEP_DONE;
}

bool step_accept(struct session *session, const char *name, struct error *error)
{
	if (!step_may_begin(session, error) || !step_must_be_paused(session, "accepts", error) ||
	    (name && !session_check_name(session->sessions, NULL, name, error)))
		return false;
	struct step *step = step_begin(session, STEP_ACCEPT, "accept()");
	snprintf(step->name, sizeof step->name, "%s", name ? name : "");
	int slot = session->state == SESSION_LISTENING ? ready_slot(session) : 0;
	enum step_end end = slot < 0 ? STEP_WAITS : accept_step(session, (unsigned)slot, error);
	return end == STEP_WAITS ? put_off(session) : end == STEP_DONE;
}

/* ---- recv() ---- */

static int flags_of(enum recv_how how)
{
	static const int flags[] = { [RECV_PLAIN] = 0,
		                     [RECV_PEEK] = MSG_PEEK,
		                     [RECV_URGENT] = MSG_OOB,
		                     [RECV_ALL] = MSG_WAITALL };
	return flags[how];
}

static const char *flags_text(enum recv_how how)
{
	static const char *const texts[] = { [RECV_PLAIN] = "",
		                             [RECV_PEEK] = ", MSG_PEEK",
		                             [RECV_URGENT] = ", MSG_OOB",
		                             [RECV_ALL] = ", MSG_WAITALL" };
	return texts[how];
}

static void name_recv(const struct session *session, struct step *step)
{
	const char *call = is_udp(session) ? session->asks_local ? "recvmsg" : "recvfrom" : "recv";
	snprintf(step->text, sizeof step->text, "%s(%zu%s)", call, step->most,
	         flags_text(step->how));
}

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

void step_lower(struct session *session)
{
	uint8_t flags = session->caller.flags;
	struct step *step = session->step;
	if (!step->low || !session->fd_count)
		return;
	session->caller.flags |= ENTRY_WATCHING;
	set_low(session, step->low);
	session->caller.flags = flags;
	step->low = 0;
}

static void end(struct session *session)
{
	step_lower(session);
	step_drop(session);
}

/* What follows is one recv() or send() of just that size: a block of the transcript that is nearly
 * full would make it smaller. */
static void make_room(struct session *session, size_t most)
{
	size_t room;
	transcript_reserve(session->caller.transcript, 0, most + RECV_SLACK, &room);
	transcript_cancel(session->caller.transcript);
}

static ssize_t receive(struct session *session, unsigned slot, struct endpoint *from,
                       struct endpoint *local, const char **data)
{
	const struct step *step = session->step;
	int fd = session->fd[slot], flags = flags_of(step->how);
	ssize_t got;
	make_room(session, step->most);
	session->caller.since = step_since(session);
	if (is_udp(session))
		got = datagram_receive(session, slot, step->most, flags, from, local, data);
	else
		got = call_recv(&session->caller, fd, step->most, flags, data);
	session->caller.since = 0;
	return got;
}

static void take_datagram(struct session *session, unsigned slot, const struct endpoint *from,
                          const struct endpoint *local, const char *data, size_t len)
{
	if (session->step->how != RECV_PEEK) {
		datagram_note_peer(session, slot, from, local, len);
		session_received(session, data, len);
	}
	end(session);
}

/* Ready, and nothing to read: end of file, an error, or the mark of an urgent byte. */
static bool is_at_end(const struct session *session)
{
	struct sample sample = { 0 };
	if (!poller_is_ready(session->fd[0]))
		return false;
	kernel_read(session->fd[0], SOCK_STREAM, &sample);
	return sample_get(&sample, SAMPLE_INQ) == 0;
}

/* Memory that is short, or a receive buffer smaller than the bytes asked for, makes select() say
 * yes early, where a blocking recv(MSG_WAITALL) would go on. */
static bool must_go_on(struct session *session, size_t got)
{
	struct step *step = session->step;
	if (step->how != RECV_ALL || got == step->most)
		return false;
	step->most -= got;
	if (step->low)
		raise_low(session);
	return !is_at_end(session);
}

static enum step_end take_bytes(struct session *session, const char *data, size_t len)
{
	struct step *step = session->step;
	if (step->how != RECV_PEEK)
		session_received(session, data, len);
	if (must_go_on(session, len)) {
		name_recv(session, step);
		return STEP_WAITS;
	}
	end(session);
	return STEP_DONE;
}

/* Zero bytes of a stream. */
static enum step_end take_nothing(struct session *session)
{
	bool asked = session->step->most > 0;
	bool reset = asked && session->broken && !session->peer_closed;
	end(session);
	if (!asked)
		session_report(session, 0,
		               "recv(0) = 0: nothing was asked for, so this is no end of file");
	else if (session->read_shut)
		session_report(session, 0, "recv() = 0: reading is shut");
	else if (session->peer_closed)
		session_report(session, 0, "recv() = 0: end of file, as before");
	else if (reset)
		session_report(session, 0, "recv() = 0: after a reset nothing more comes");
	else
		stream_receive_fin(session);
	session->peer_closed = session->peer_closed || reset;
	return STEP_DONE;
}

/* An error that says something of the call, and nothing of the connection. */
static bool is_misuse(const struct session *session, int code)
{
	return session->kind != &stream_kind || session->state != SESSION_OPEN || code == EINVAL ||
	       code == ENOTCONN || code == EOPNOTSUPP || code == ENOMEM || code == ENOBUFS ||
	       would_block(code);
}

static enum step_end meet_error(struct session *session, int code, struct error *error)
{
	bool misuse = is_misuse(session, code) || session->broken;
	if (misuse)
		step_fail(session, is_udp(session) ? CALL_RECVFROM : CALL_RECV, session->step->text,
		          code, error);
	end(session);
	if (!misuse)
		stream_receive_error(session, code);
	else if (code == ECONNREFUSED)
		session->counts.refused++;
	return misuse ? STEP_FAILED : STEP_DONE;
}

enum step_end receive_step(struct session *session, unsigned slot, struct error *error)
{
	const char *data;
	struct endpoint from = { .family = AF_UNSPEC }, local = { .family = AF_UNSPEC };
	ssize_t got = receive(session, slot, &from, &local, &data);
	bool urgent = session->step->how == RECV_URGENT && !is_udp(session);
	if (got < 0 && would_block(errno) && !urgent)
		return STEP_WAITS;
	if (got < 0)
		return meet_error(session, errno, error);
	if (got == 0 && !is_udp(session))
		return take_nothing(session);
	if (!is_udp(session))
		return take_bytes(session, data, (size_t)got);
	take_datagram(session, slot, &from, &local, data, (size_t)got);
	return STEP_DONE;
}

/* Whether recv() returns at once however little is there: it is not for such a socket, or asks for
 * what is there now. */
static bool never_sleeps(const struct session *session)
{
	return !is_udp(session) &&
	       (session->state != SESSION_OPEN || session->step->how == RECV_URGENT);
}

static void warn_portless(struct session *session)
{
	if (is_udp(session) && session->state == SESSION_FRESH)
		session_report(session, 0,
		               "this socket has no port, so nothing can come: /bind "
		               "gives it one");
}

static bool may_receive(const struct session *session, size_t most, struct error *error)
{
	if (!step_may_begin(session, error) || !step_must_be_paused(session, "reads", error))
		return false;
	if (most > STEP_RECV_MOST)
		error_set(error, "recv: %zu bytes are more than the %d that one call may take",
		          most, STEP_RECV_MOST);
	return most <= STEP_RECV_MOST;
}

bool step_recv(struct session *session, size_t most, enum recv_how how, struct error *error)
{
	if (!may_receive(session, most, error))
		return false;
	struct step *step = step_begin(session, STEP_RECV, "recv()");
	step->most = most;
	step->how = how;
	name_recv(session, step);
	if (how == RECV_ALL && most > 1 && session->kind == &stream_kind)
		raise_low(session);
	int slot = never_sleeps(session) ? 0 : ready_slot(session);
	enum step_end end = slot < 0 ? STEP_WAITS : receive_step(session, (unsigned)slot, error);
	if (end == STEP_WAITS && slot < 0)
		warn_portless(session);
	return end == STEP_WAITS ? put_off(session) : end == STEP_DONE;
}

/* ---- send() ---- */

static bool can_send(const struct session *session, const struct endpoint *to)
{
	if (session->state != SESSION_OPEN)
		return false;
	if (is_udp(session)) {
		struct endpoint peer = datagram_peer(session);
		return to || endpoint_is_set(&peer);
	}
	return !session->broken && !session->fin_sent;
}

/* One call, whatever it is good for: the kernel answers. */
static bool send_anyway(struct session *session, const struct endpoint *to, const void *data,
                        size_t len, int flags, struct error *error)
{
	char text[CALL_TEXT];
	int fd = session->fd[0];
	bool udp = is_udp(session);
	ssize_t sent = udp ? call_sendto(&session->caller, fd, data, len, flags, to)
	                   : call_send(&session->caller, fd, data, len, flags);
	int code = errno;
	if (sent >= 0) {
		session->counts.sends++;
		session->counts.sent_bytes += (size_t)sent;
		return true;
	}
	if (!udp && can_send(session, NULL) && !would_block(code)) {
		stream_break_off(session, code);
		return true;
	}
	snprintf(text, sizeof text, "%s(%zu%s)", udp ? "sendto" : "send", len,
	         flags & MSG_OOB ? ", MSG_OOB" : "");
	return step_fail(session, udp ? CALL_SENDTO : CALL_SEND, text, code, error);
}

/* The first datagram gives a socket its port. */
static void begin_udp(struct session *session, const struct endpoint *to)
{
	session->state = SESSION_OPEN;
	session->open_parameters->listening = true;
	session->writer = *to;
	call_getsockname(&session->caller, session->fd[0], &session->local[0]);
}

bool step_send(struct session *session, const struct endpoint *to, const void *data, size_t len,
               struct error *error)
{
	if (!step_may_begin(session, error))
		return false;
	if (!can_send(session, to)) {
		bool fresh = session->state == SESSION_FRESH && is_udp(session) && to;
		bool sent = send_anyway(session, to, data, len, 0, error);
		if (sent && fresh)
			begin_udp(session, to);
		return sent;
	}
	make_room(session, len < STEP_RECV_MOST ? len : STEP_RECV_MOST);
	if (!session->kind->send(session, to, data, len, error))
		return false;
	if (session->queue.len)
		step_begin(session, STEP_SEND, "send(%zu)", len)->waited = true;
	return true;
}

bool step_send_urgent(struct session *session, unsigned char byte, struct error *error)
{
	if (!step_may_begin(session, error))
		return false;
	if (!session->queue.len)
		return send_anyway(session, NULL, &byte, 1, MSG_OOB, error);
	error_set(error, "session %u has %zu bytes that wait to be sent first", number(session),
	          session->unsent);
	return false;
}
