// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "net/session_internal.h"
#include "net/datagram_errors.h"
#include "net/answer_loop.h"

enum { SEND_TRIES = 4 }; /* while errors of earlier datagrams come back */

/* What stands before each datagram in the queue. */
struct datagram {
	struct endpoint to;    /* AF_UNSPEC: whomever a plain line goes to when it is sent */
	struct endpoint local; /* what `to` had asked; AF_UNSPEC: the kernel chooses */
	size_t len;
	uint8_t flags; /* of the caller */
};

/* ---- whom to ---- */

struct endpoint datagram_peer(const struct session *session)
{
	const struct peer *chosen =
	        session->chosen ? peers_numbered(&session->peers, session->chosen) : NULL;
	if (chosen)
		return chosen->addr;
	return session->open_parameters->listening && !session->connected ? session->writer
	                                                                  : session->peer;
}

/* The one that this peer wrote to: an answer from another would not reach it. -1 = none fits. */
static int socket_for(const struct session *session, const struct endpoint *to)
{
	const struct peer_slot *slot = peers_find(&session->peers, to);
	if (slot && slot->socket < session->fd_count)
		return (int)slot->socket;
	for (unsigned i = 0; i < session->fd_count; i++)
		if (endpoint_same_family(&session->local[i], to))
			return (int)i;
	return -1;
}

/* ---- sending ---- */

/* A peer with several addresses of ours in use is still one peer: it is answered from the one that
 * it has asked last. */
static struct endpoint local_for(const struct session *session, const struct endpoint *to)
{
	const struct peer_slot *slot = session->asks_local ? peers_find(&session->peers, to) : NULL;
	return slot ? slot->peer.local : (struct endpoint){ .family = AF_UNSPEC };
}

static bool may_choose(const struct session *session, const struct endpoint *to,
                       const struct endpoint *local)
{
	return !session->connected && endpoint_is_set(local) && endpoint_same_family(local, to);
}

/* A datagram to the connected peer goes without an address, but not by send(): that would be
 * written down as a part of a stream, in which an empty one is nothing and two are one. */
static ssize_t send_one(struct session *session, unsigned slot, const struct endpoint *to,
                        const struct endpoint *local, const void *data, size_t len)
{
	bool is_peer = session->connected && endpoint_equal(to, &session->peer);
	if (may_choose(session, to, local))
		return call_sendmsg(&session->caller, session->fd[slot], data, len, 0, to, local);
	return call_sendto(&session->caller, session->fd[slot], data, len, 0, is_peer ? NULL : to);
}

/* `began` is transcript_end() before the call. */
static void count_sent(struct session *session, unsigned slot, const struct endpoint *to,
                       uint64_t began, const void *data, size_t len)
{
	struct peer_slot *met = peers_find(&session->peers, to);
	if (!met)
		met = peers_meet(&session->peers, to, slot);
	met->peer.sent++;
	met->peer.sent_bytes += len;
	if (session->caller.flags & ENTRY_ECHO)
		answer_loop_answered(&met->loop, began, data, len);
	session->counts.sends++;
	session->counts.sent_bytes += len;
	if (!endpoint_is_set(&session->writer))
		session->writer = *to;
}

/* What was asked need not be an address to send from: an anycast one, or one that this machine has
 * lost meanwhile, which Linux calls ENETUNREACH over IPv4, as it does a route that is not there. Then
 * the kernel chooses. */
static bool drop_local(struct session *session, const struct endpoint *to, struct endpoint *local,
                       int code)
{
	struct peer_slot *slot = peers_find(&session->peers, to);
	if (!may_choose(session, to, local) ||
	    (code != EINVAL && code != EADDRNOTAVAIL && code != ENETUNREACH))
		return false;
	local->family = AF_UNSPEC;
	if (slot)
		slot->peer.local.family = AF_UNSPEC;
	return true;
}

/* 0 or an errno value. An ICMP error is the answer to an earlier datagram, and takes the place of
 * this one: it is told, and this one sent again, unless a person makes the calls one by one. *mtu
 * goes with EMSGSIZE, 0 = not told. */
static int transmit(struct session *session, const struct endpoint *to, struct endpoint local,
                    const void *data, size_t len, unsigned *mtu)
{
	int slot = socket_for(session, to);
	if (slot < 0)
		return EAFNOSUPPORT;
	for (int tries = 0; tries < SEND_TRIES; tries++) {
		uint64_t began = transcript_end(session->caller.transcript);
		if (send_one(session, (unsigned)slot, to, &local, data, len) >= 0) {
			count_sent(session, (unsigned)slot, to, began, data, len);
			return 0;
		}
		int code = errno;
		if (drop_local(session, to, &local, code))
			continue;
		bool again = udp_meet_send_error(session, (unsigned)slot, code, mtu);
		errno = code;
		if (!again)
			break;
	}
	return errno;
}

static bool enqueue(struct session *session, const struct endpoint *to, const void *data,
                    size_t len, struct error *error)
{
	struct datagram head = { .len = len, .flags = session->caller.flags };
	size_t room = session->queue.max - session->queue.len;
	if (to)
		head.to = *to;
	if (to)
		head.local = local_for(session, to);
	if (sizeof head > room || len > room - sizeof head) {
		error_set(error, "%zu bytes already wait in session %u: no room for %zu more",
		          session->unsent, (unsigned)session->caller.session, len);
		return false;
	}
	buf_append(&session->queue, &head, sizeof head);
	buf_append(&session->queue, data, len);
	session->unsent += len;
	return true;
}

static void tell_unsent(struct session *session, int code, size_t len, const struct endpoint *to,
                        unsigned mtu)
{
	struct error error;
	udp_say_why(&error, code, len, to, mtu);
	sessions_count_lost(session->sessions, len);
	session_report(session, ENTRY_ERROR, "not sent: %s", error.text);
}

/* True when the first of the queue is gone, sent or not. */
static bool send_first(struct session *session)
{
	struct datagram head;
	unsigned mtu = 0;
	uint8_t flags = session->caller.flags;
	memcpy(&head, buf_data(&session->queue), sizeof head);
	if (!endpoint_is_set(&head.to))
		head.to = datagram_peer(session);
	if (!endpoint_is_set(&head.local))
		head.local = local_for(session, &head.to);
	session->caller.flags = head.flags;
	int code = transmit(session, &head.to, head.local, buf_data(&session->queue) + sizeof head,
	                    head.len, &mtu);
	session->caller.flags = flags;
	if (udp_must_wait(code))
		return false;
	if (code)
		tell_unsent(session, code, head.len, &head.to, mtu);
	buf_consume(&session->queue, sizeof head + head.len);
	session->unsent -= head.len;
	return true;
}

static void flush(struct session *session)
{
	while (session->queue.len && send_first(session))
		;
}

static bool udp_send(struct session *session, const struct endpoint *to, const void *data,
                     size_t len, struct error *error)
{
	if (session->state != SESSION_OPEN || session->queue.len)
		return enqueue(session, to, data, len, error);
	struct endpoint peer = to ? *to : datagram_peer(session);
	if (!endpoint_is_set(&peer)) {
		error_set(error, "session %u has no peer: nobody has written yet",
		          (unsigned)session->caller.session);
		return false;
	}
	unsigned mtu = 0;
	int code = transmit(session, &peer, local_for(session, &peer), data, len, &mtu);
	if (udp_must_wait(code))
		return enqueue(session, &peer, data, len, error);
	if (code)
		udp_say_why(error, code, len, &peer, mtu);
	return code == 0;
}

static bool refuse_shutdown(struct session *session, int how, struct error *error)
{
	(void)how;
	error_set(error, "session %u is UDP: there is no FIN, nothing to shut",
	          (unsigned)session->caller.session);
	return false;
}

/* ---- receiving ---- */

/* `once`: the first peer is the only one: others are refused by the kernel from now on. But connect()
 * also chooses the address of ours that the socket has from then on, and that need not be the one
 * that the peer has asked and goes on to ask: on a wildcard address others are dropped here. */
static void keep_to(struct session *session, unsigned slot, const struct endpoint *from)
{
	char addr[ENDPOINT_TEXT];
	int fd = session->fd[slot];
	if (session->asks_local)
		session->only = true;
	else if (call_connect(&session->caller, fd, from) < 0)
		return;
	session->connected = !session->only;
	session->peer = session->writer = *from;
	for (unsigned i = session->fd_count; i-- > 0;)
		if (session->fd[i] != fd)
			session_drop_socket(session, session->fd[i]);
	session_report(session, 0, "only %s from now on: %s, since one peer was asked for",
	               endpoint_format(from, addr),
	               session->only ? "others are dropped here" : "connect()");
}

struct peer_slot *datagram_note_peer(struct session *session, unsigned slot,
                                     const struct endpoint *from, const struct endpoint *local,
                                     size_t len)
{
	struct peer_slot *met = peers_meet(&session->peers, from, slot);
	met->socket = slot;
	met->peer.local = *local;
	met->peer.received++;
	met->peer.received_bytes += len;
	met->peer.last = clock_now();
	session->writer = *from;
	return met;
}

static void take(struct session *session, unsigned slot, const struct endpoint *from,
                 const struct endpoint *local, const char *data, size_t len)
{
	if (session->only && !endpoint_equal(from, &session->peer))
		return;
	struct peer_slot *met = datagram_note_peer(session, slot, from, local, len);
	session_received(session, data, len);
	if (session->service != &service_table[0] &&
	    answer_loop_may_answer(session, met, data, len))
		session_answer(session, from, data, len);
	if (session->open_parameters->options.once && session->open_parameters->listening &&
	    !session->connected && !session->only)
		keep_to(session, slot, from);
}

void datagram_ask_pktinfo(struct session *session, int fd, const struct endpoint *bound)
{
	if (session->kind == &datagram_kind && endpoint_is_any(bound) &&
	    !option_is_set(session, locals_are_asked_by) &&
	    call_ask_locals(&session->caller, fd, bound->family))
		session->asks_local = true;
}

static int family_of(const struct session *session, unsigned slot)
{
	const struct endpoint *local = &session->local[slot];
	return endpoint_is_set(local) ? local->family : step_family(session);
}

ssize_t datagram_receive(struct session *session, unsigned slot, size_t most, int flags,
                         struct endpoint *from, struct endpoint *local, const char **data)
{
	struct arrival arrival = { .local.family = AF_UNSPEC };
	int fd = session->fd[slot], family = family_of(session, slot);
	ssize_t got = session->asks_local ? call_recvmsg(&session->caller, fd, family, most, flags,
	                                                 from, &arrival, data)
	                                  : call_recvfrom(&session->caller, fd, family, most, flags,
	                                                  from, data);
	*local = arrival.local;
	return got;
}

/* False at EAGAIN, or any error. */
static bool receive_one(struct session *session, unsigned slot, bool was_ready)
{
	struct endpoint from, local;
	const char *data;
	ssize_t got = datagram_receive(session, slot, TRANSCRIPT_ROOM, 0, &from, &local, &data);
	if (got >= 0)
		take(session, slot, &from, &local, data, (size_t)got);
	else
		udp_meet_error(session, slot, errno, was_ready);
	return got >= 0;
}

static void receive(struct session *session, unsigned slot)
{
	unsigned most = pace_ask(&session->pace), got = 0;
	int fd = session->fd[slot];
	while (got < most && session->state == SESSION_OPEN && slot < session->fd_count &&
	       session->fd[slot] == fd && receive_one(session, slot, got == 0))
		got++;
	if (got == most)
		pace_met(&session->pace);
	else
		pace_missed(&session->pace, got);
}

/* ---- turns ---- */

static void found(struct session *session)
{
	if (!session->open_parameters->listening) {
		connect_begin(session);
	} else if (bound_open(session, "receiving")) {
		session->state = SESSION_OPEN;
		flush(session);
	}
}

static void opened(struct session *session, const char *took)
{
	char pair[SESSION_PAIR];
	(void)took;
	session_report(session, 0, "%s ready; UDP sends nothing until your first datagram",
	               session_pair(session, pair));
	flush(session);
}

static void prepare(struct session *session, struct poller *poller)
{
	for (unsigned i = 0; i < session->fd_count; i++) {
		if (!session->held && session->queue.len < SESSION_BACKLOG)
			poller_want_read(poller, session->fd[i]);
		if (session->queue.len)
			poller_want_write(poller, session->fd[i]);
	}
}

static void serve(struct session *session, const struct poller *poller)
{
	bool writable = false;
	for (unsigned i = 0; session->queue.len && i < session->fd_count; i++)
		writable = writable || poller_writable(poller, session->fd[i]);
	if (writable)
		flush(session);
	for (unsigned i = 0; session->state == SESSION_OPEN && i < session->fd_count; i++)
		if (poller_readable(poller, session->fd[i]))
			receive(session, i);
}

static enum tcp_state tcp_state(const struct session *session)
{
	(void)session;
	return STATE_DATAGRAMS;
}

const struct kind datagram_kind = {
	.kind = SESSION_UDP,
	.type = SOCK_DGRAM,
	.found = found,
	.opened = opened,
	.prepare = prepare,
	.serve = serve,
	.send = udp_send,
	.shutdown = refuse_shutdown,
	.flush = flush,
	.tcp_state = tcp_state,
};

/* ---- peers ---- */

size_t session_peer_count(const struct session *session)
{
	return session->peers.count;
}

const struct peer *session_peer_at(const struct session *session, size_t index)
{
	return peers_at(&session->peers, index);
}

const struct peer *session_peer_numbered(const struct session *session, unsigned number)
{
	return peers_numbered(&session->peers, number);
}

bool session_choose_peer(struct session *session, unsigned number, struct error *error)
{
	if (session->kind != &datagram_kind) {
		error_set(error, "session %u has no peers to choose from",
		          (unsigned)session->caller.session);
		return false;
	}
	if (number && !peers_numbered(&session->peers, number)) {
		error_set(error, "session %u has no peer %u", (unsigned)session->caller.session,
		          number);
		return false;
	}
	session->chosen = session->peers.kept = number;
	return true;
}
