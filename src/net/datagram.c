// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/datagram.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "net/answer_loop.h"
#include "net/bind.h"
#include "net/dial.h"
#include "net/fault.h"
#include "net/multicast.h"
#include "net/option.h"
#include "net/pace.h"
#include "net/peers.h"
#include "net/probe_timer.h"
#include "net/socket_file.h"
#include "socket/constant.h"
#include "socket/errno_meaning.h"

enum {
	SEND_TRIES = 4,     /* while errors of earlier datagrams come back */
	ERRORS_A_TURN = 64, /* most that are taken from the error queue at a time */
	LEAST = 1 << 10,    /* bytes as which a datagram at least counts in what a turn reads */
	ANSWERED = 4 << 10, /* the same where each is answered, which takes several times as long */
	BACKLOG = 1 << 18,  /* with this many bytes of datagrams waiting, no more are read */
	SMALL_MOST = 37,    /* the highest port of the small services */
	ROOM = 4 << 20,     /* bytes that the kernel is asked to keep in a flood */
};

#define AGAIN (10 * CLOCK_MS) /* until a UNIX peer may have read one */

struct datagram {
	bool connected;  /* connect() was called: ICMP errors come back, strangers do not */
	bool only;       /* the same without connect(): others than the peer are dropped here */
	bool asks_local; /* IP_PKTINFO is on: recvmsg() reports which address was asked */
	bool asks_header; /* a person has asked for the header of each, which a batch does not keep */
	bool shut;       /* shutdown(SHUT_WR) was called, which no peer sees */
	bool asked_room; /* the kernel was asked to keep more */
	bool loop_guard_announced; /* has said that it does not answer small services */
	unsigned chosen;        /* number of the peer that plain lines go to, 0 = the last writer */
	struct endpoint writer; /* who wrote last, or whom we wrote to before anybody did */
	struct peers peers;
	struct pace pace;
	int64_t again_at; /* a UNIX peer's queue is full, of which select() says nothing; 0 = none is */
};

/* The head of each datagram in the queue. Two packed addresses follow it, then the payload. The
 * first is the receiver's; without it, the receiver is the one to whom a plain line goes when it is
 * sent. The second is the address of ours that this peer had asked; without it, the kernel
 * chooses. */
struct head {
	size_t len;
	uint8_t flags; /* of the caller */
	uint8_t to_len, local_len;
	bool passed; /* the faults have had it */
};

/* What is with a datagram that a fault holds back, before two packed addresses: whom it goes to, or
 * comes from, and the address of ours. */
struct about {
	int fd; /* that it came to */
	uint8_t flags;
	uint8_t peer_len, local_len;
};
enum { ABOUT = sizeof(struct about) + sizeof(uint8_t[2 * ENDPOINT_PACKED]) };

/* ---- what comes back ---- */

/* ICMP reports that come back as the result of a later call, udp(7). */
static bool is_icmp(int code)
{
	return code == ECONNREFUSED || code == EHOSTUNREACH || code == ENETUNREACH ||
	       code == EPROTO || code == ENOPROTOOPT;
}

/* On a system that reports only an errno value, which is about the connected peer. */
static void report_refusal(struct session *session, int code)
{
	char addr[ENDPOINT_TEXT];
	endpoint_format(&session->peer, addr);
	session->counts.refused++;
	const struct errno_case *special =
	        errno_meaning_case("recv", code, session_errno_context(session, NULL));
	if (special && special->word)
		session_report(session, ENTRY_ERROR, "%s: %s: %s", addr, special->word,
		               special->phrase);
	else
		session_report(session, ENTRY_ERROR, "%s: %s (%s)", addr, error_why(code),
		               error_name(code));
}

static void tell_refusal(struct session *session, const struct endpoint *peer)
{
	if (session->service->refused)
		session->service->refused(session, peer);
}

static void report_icmp(struct session *session, const struct errqueue *error,
                        const struct endpoint *offender)
{
	char target[ENDPOINT_TEXT], from[ENDPOINT_TEXT], icmp[CONSTANT_TEXT], mtu[32] = "";
	bool v6 = error->origin == ERRQUEUE_ICMP6;
	bool known = endpoint_is_set(&error->target);
	endpoint_format(known ? &error->target : &session->peer, target);
	endpoint_format_host(offender, from);
	if (error->error == EMSGSIZE && error->info)
		snprintf(mtu, sizeof mtu, ", MTU %u", (unsigned)error->info);
	session->counts.refused++;
	if (known && error->error == ECONNREFUSED)
		tell_refusal(session, &error->target);
	const struct errno_case *special = errno_meaning_case("recv", error->error, ERRNO_UDP);
	const char *word = special && special->word ? special->word : "";
	session_report(session, ENTRY_ERROR, "%s%s%s: %s%s%s%s *", target, *word ? ": " : "", word,
	               constant_icmp(v6, error->type, error->code, icmp),
	               !endpoint_is_set(offender) ? "" : " from ",
	               !endpoint_is_set(offender) ? "" : from, mtu);
}

/* Explains why the kernel refused this datagram. `mtu`: of this machine's interface if the datagram
 * is too large for it, else 0. */
static void explain(struct error *error, int code, size_t len, const struct endpoint *to,
                    unsigned mtu)
{
	char addr[ENDPOINT_TEXT], fit[48] = "more than the path takes";
	unsigned headers = endpoint_udp_headers(to), most = endpoint_udp_max(to);
	const struct errno_case *special = errno_meaning_case(
	        "send", code,
	        (most ? ERRNO_UDP : ERRNO_UNIX) | (endpoint_is_multicast(to) ? ERRNO_GROUP : 0));
	endpoint_format(to, addr);
	if (code != EMSGSIZE || !most) {
		if (special)
			error_errno(error, code, "send to %s (%s)", addr, special->phrase);
		else
			error_errno(error, code, "send to %s", addr);
		return;
	}
	if (len > most) {
		error_errno(error, code,
		            "%zu bytes in one datagram to %s (%s carries at most %u, as its length "
		            "has 16 bits)",
		            len, addr, endpoint_family_name(endpoint_on_wire(to).family), most);
		return;
	}
	if (mtu > headers && mtu - headers < most)
		snprintf(fit, sizeof fit, "MTU %u *, so %u fit", mtu, mtu - headers);
	error_errno(error, code,
	            "%zu bytes in one datagram to %s (%s with fragmentation off, see /option "
	            "mtu_discover)",
	            len, addr, fit);
}

/* What the error queue has reported. */
struct returned {
	unsigned icmp; /* how many came from the network: answers to earlier datagrams */
	unsigned mtu;  /* a datagram was too large for this machine's own way out; 0 = was not */
};

/* This also clears the error that the next call would return. */
static struct returned take_errors(struct session *session, unsigned slot)
{
	struct returned returned = { 0 };
	struct errqueue error;
	struct endpoint offender;
	for (int i = 0; session->probe.errors && i < ERRORS_A_TURN; i++) {
		if (!call_error_queue(&session->caller, session->fd[slot], &error, &offender))
			break;
		if (error.origin == ERRQUEUE_ICMP || error.origin == ERRQUEUE_ICMP6) {
			report_icmp(session, &error, &offender);
			returned.icmp++;
		} else if (error.origin == ERRQUEUE_LOCAL && error.error == EMSGSIZE) {
			returned.mtu = error.info;
		}
	}
	return returned;
}

/* Where a person makes the calls, each is made once, and a pending error is the next call's; but
 * left there it would make select() report the socket as ready forever. */
static bool meet_send_error(struct session *session, unsigned slot, int code, unsigned *mtu)
{
	struct datagram *own = session->own;
	if (transport_is_unix(session->transport)) { /* of this datagram, and at once */
		session->counts.refused += code == ECONNREFUSED;
		if (code == ECONNREFUSED && own->connected) {
			own->connected = false;
			session_report(session, 0,
			               "the peer's socket is closed, so the kernel has undone connect(): "
			               "from now on each datagram names its receiver, and every sender "
			               "is heard");
		}
		if (call_would_block(code) && !own->connected)
			own->again_at = clock_now() + AGAIN;
		return false;
	}
	if (session->paused && !call_would_block(code)) {
		session->counts.refused += code == ECONNREFUSED;
		return false;
	}
	struct returned returned = take_errors(session, slot);
	*mtu = returned.mtu;
	if (session->paused || call_would_block(code))
		return false;
	if (returned.icmp || !own->connected || session->probe.errors || !is_icmp(code))
		return returned.icmp > 0;
	report_refusal(session, code);
	return true;
}

/* How each datagram came is asked for people to see; answers do not change by it. */
static bool shows_packets(const struct session *session)
{
	return session->table->shows_packets && !transport_is_unix(session->transport);
}

static const char *recv_name(const struct session *session)
{
	const struct datagram *own = session->own;
	return own->asks_local || shows_packets(session) ? "recvmsg" : "recvfrom";
}

/* recvfrom() has failed. A socket that is ready without a datagram has something on its error
 * queue. */
static void meet_recv_error(struct session *session, unsigned slot, int code, bool was_ready)
{
	struct datagram *own = session->own;
	if (call_would_block(code) && !was_ready)
		return;
	if (take_errors(session, slot).icmp || call_would_block(code))
		return;
	if (is_icmp(code) && own->connected)
		report_refusal(session, code);
	else
		session_report(session, ENTRY_ERROR, "%s() = -1 %s: %s", recv_name(session),
		               error_name(code), error_why(code));
}

/* ---- who it is sent to ---- */

static struct endpoint peer_of(const struct session *session)
{
	const struct datagram *own = session->own;
	const struct peer *chosen = own->chosen ? peers_numbered(&own->peers, own->chosen) : NULL;
	if (chosen)
		return chosen->addr;
	return session->open_parameters->listening && !own->connected ? own->writer : session->peer;
}

/* The socket that this peer wrote to, since it expects answers from there; else the first of its
 * address family, or -1. */
static int socket_for(const struct session *session, const struct endpoint *to)
{
	const struct datagram *own = session->own;
	const struct peer_slot *slot = peers_find(&own->peers, to);
	if (slot && slot->socket < session->fd_count)
		return (int)slot->socket;
	for (unsigned i = 0; i < session->fd_count; i++)
		if (endpoint_same_family(&session->local[i], to))
			return (int)i;
	return -1;
}

/* ---- sending ---- */

/* A peer that uses several addresses of ours is one peer: it is answered from the one that it has
 * asked last. */
static struct endpoint local_for(const struct session *session, const struct endpoint *to)
{
	const struct datagram *own = session->own;
	const struct peer_slot *slot = own->asks_local ? peers_find(&own->peers, to) : NULL;
	return slot ? slot->peer.local : (struct endpoint){ .family = AF_UNSPEC };
}

static bool may_choose(const struct session *session, const struct endpoint *to,
                       const struct endpoint *local)
{
	const struct datagram *own = session->own;
	return !own->connected && endpoint_is_set(local) && endpoint_same_family(local, to);
}

/* A datagram to the connected peer goes without an address, but not by send(): that would be
 * written down as a part of a stream, in which an empty one is nothing and two are one. */
static ssize_t send_one(struct session *session, unsigned slot, const struct endpoint *to,
                        const struct endpoint *local, const void *data, size_t len)
{
	struct datagram *own = session->own;
	bool is_peer = own->connected && endpoint_equal(to, &session->peer);
	if (may_choose(session, to, local))
		return call_sendmsg(&session->caller, session->fd[slot], data, len, 0, to, local);
	return call_sendto(&session->caller, session->fd[slot], data, len, 0, is_peer ? NULL : to);
}

/* `began` is transcript_end() before the call. */
static void count_sent(struct session *session, unsigned slot, const struct endpoint *to,
                       uint64_t began, const void *data, size_t len)
{
	struct datagram *own = session->own;
	struct peer_slot *met = peers_find(&own->peers, to);
	if (!met)
		met = peers_meet(&own->peers, to, slot);
	met->peer.sent++;
	met->peer.sent_bytes += len;
	if (session->caller.flags & ENTRY_ECHO)
		answer_loop_answered(&met->loop, began, data, len);
	session->counts.sends++;
	session->counts.sent_bytes += len;
	if (!endpoint_is_set(&own->writer))
		own->writer = *to;
}

/* The address that was asked may be no address to send from: an anycast one, or one that this
 * machine has lost since. Linux calls the latter ENETUNREACH over IPv4, as it does a missing route.
 * Then the kernel chooses. */
static bool drop_local(struct session *session, const struct endpoint *to, struct endpoint *local,
                       int code)
{
	struct datagram *own = session->own;
	struct peer_slot *slot = peers_find(&own->peers, to);
	if (!may_choose(session, to, local) ||
	    (code != EINVAL && code != EADDRNOTAVAIL && code != ENETUNREACH))
		return false;
	local->family = AF_UNSPEC;
	if (slot)
		slot->peer.local.family = AF_UNSPEC;
	return true;
}

/* Of the path to the connected peer; 0 = not known. */
static unsigned ask_mtu(const struct session *session, unsigned slot)
{
	int mtu = 0;
	struct caller asking = session->caller;
	asking.flags |= ENTRY_WATCHING;
#if defined IP_MTU && defined IPV6_MTU
	bool v6 = session->family[slot] == AF_INET6;
	if (call_get_option(&asking, session->fd[slot], v6 ? IPPROTO_IPV6 : IPPROTO_IP,
	                    v6 ? IPV6_MTU : IP_MTU, &mtu) < 0)
		mtu = 0;
#else
	(void)slot;
#endif
	return mtu > 0 ? (unsigned)mtu : 0;
}

/* 0 or an errno value. An ICMP error is the answer to an earlier datagram, and takes the place of
 * this one: it is reported, and this one sent again, unless a person makes the calls one by one.
 * *mtu goes with EMSGSIZE, 0 = not known. */
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
		bool again = meet_send_error(session, (unsigned)slot, code, mtu);
		if (code == EMSGSIZE && !*mtu)
			*mtu = ask_mtu(session, (unsigned)slot);
		if (transport_is_unix(session->transport) && (code == ECONNREFUSED || code == ENOENT))
			tell_refusal(session, to);
		errno = code;
		if (!again)
			break;
	}
	return errno;
}

static bool enqueue(struct session *session, const struct endpoint *to, const void *data,
                    size_t len, bool passed, struct error *error)
{
	struct head head = { .len = len, .flags = session->caller.flags, .passed = passed };
	size_t room = session->queue.max - session->queue.len;
	uint8_t ends[2 * ENDPOINT_PACKED];
	if (to) {
		struct endpoint local = local_for(session, to);
		head.to_len = (uint8_t)endpoint_pack(to, ends);
		head.local_len = (uint8_t)endpoint_pack(&local, ends + head.to_len);
	}
	size_t ends_len = (size_t)head.to_len + head.local_len, head_len = sizeof head + ends_len;
	if (head_len > room || len > room - head_len) {
		error_set(error, "%zu bytes already wait in session %u: no room for %zu more",
		          session->unsent, (unsigned)session->caller.session, len);
		return false;
	}
	buf_append(&session->queue, &head, sizeof head);
	buf_append(&session->queue, ends, ends_len);
	buf_append(&session->queue, data, len);
	session->unsent += len;
	return true;
}

static void report_unsent(struct session *session, int code, size_t len, const struct endpoint *to,
                          unsigned mtu)
{
	struct error error;
	explain(&error, code, len, to, mtu);
	session->table->lost += len;
	session_report(session, ENTRY_ERROR, "not sent: %s", error.text);
}

/* ---- faults ---- */

static void pass(struct session *session, struct faults *faults, enum fault_direction direction,
                 int fd, const struct endpoint *peer, const struct endpoint *local,
                 const void *data, size_t len)
{
	char name[ENDPOINT_TEXT], packed[ABOUT];
	uint8_t *ends = (uint8_t *)packed + sizeof(struct about);
	struct about about = { .fd = fd, .flags = session->caller.flags };
	about.peer_len = (uint8_t)endpoint_pack(peer, ends);
	about.local_len = (uint8_t)endpoint_pack(local, ends + about.peer_len);
	memcpy(packed, &about, sizeof about);
	struct fault_datagram datagram = {
		.about_len = sizeof about + about.peer_len + about.local_len,
		.about = packed,
		.len = len,
		.data = data,
	};
	bool named = endpoint_is_set(peer) && !endpoint_is_unnamed(peer);
	faults_pass(faults, direction, clock_now(), &datagram,
	            named ? endpoint_format(peer, name) : "");
}

static struct about unpack(const struct fault_datagram *datagram, struct endpoint *peer,
                           struct endpoint *local)
{
	struct about about;
	memcpy(&about, datagram->about, sizeof about);
	const uint8_t *ends = (const uint8_t *)datagram->about + sizeof about;
	endpoint_unpack(peer, ends, about.peer_len);
	endpoint_unpack(local, ends + about.peer_len, about.local_len);
	return about;
}

/* Sends what the faults do not hold back any longer. */
static void send_due(struct session *session, struct faults *faults)
{
	struct error error;
	struct endpoint to, local;
	const struct fault_datagram *datagram;
	uint8_t flags = session->caller.flags;
	while (session->state == SESSION_OPEN &&
	       (datagram = faults_take(faults, FAULT_OUT, clock_now()))) {
		unsigned mtu = 0;
		session->caller.flags = unpack(datagram, &to, &local).flags;
		int code = session->queue.len ? EAGAIN
		                              : transmit(session, &to, local, datagram->data,
		                                         datagram->len, &mtu);
		if (!call_would_block(code)) {
			if (code)
				report_unsent(session, code, datagram->len, &to, mtu);
		} else if (!enqueue(session, &to, datagram->data, datagram->len, true, &error)) {
			session->table->lost += datagram->len;
			session_report(session, ENTRY_ERROR, "not sent: %s", error.text);
		}
	}
	session->caller.flags = flags;
}

/* The faults of what it sends take no more. */
static bool is_held_up(const struct session *session)
{
	const struct faults *faults = session_acting_faults(session);
	return faults && faults_are_full(faults, FAULT_OUT);
}

/* Sends it, or gives it to the faults, which take it: 0 or an errno value. */
static int offer(struct session *session, const struct endpoint *to, const struct endpoint *local,
                 const void *data, size_t len, unsigned *mtu)
{
	struct faults *faults = session_acting_faults(session);
	if (!faults)
		return transmit(session, to, *local, data, len, mtu);
	pass(session, faults, FAULT_OUT, -1, to, local, data, len);
	send_due(session, faults);
	return 0;
}

/* True if the first datagram has left the queue, sent or not. */
static bool send_first(struct session *session)
{
	struct head head;
	unsigned mtu = 0;
	uint8_t flags = session->caller.flags;
	struct endpoint to, local;
	const char *data = buf_data(&session->queue);
	memcpy(&head, data, sizeof head);
	if (!head.passed && is_held_up(session))
		return false;
	endpoint_unpack(&to, (const uint8_t *)data + sizeof head, head.to_len);
	endpoint_unpack(&local, (const uint8_t *)data + sizeof head + head.to_len, head.local_len);
	size_t head_len = sizeof head + head.to_len + head.local_len;
	if (!endpoint_is_set(&to))
		to = peer_of(session);
	if (!endpoint_is_set(&local))
		local = local_for(session, &to);
	session->caller.flags = head.flags;
	int code = head.passed ? transmit(session, &to, local, data + head_len, head.len, &mtu)
	                       : offer(session, &to, &local, data + head_len, head.len, &mtu);
	session->caller.flags = flags;
	if (call_would_block(code))
		return false;
	if (code)
		report_unsent(session, code, head.len, &to, mtu);
	buf_consume(&session->queue, head_len + head.len);
	session->unsent -= head.len;
	return true;
}

static void flush(struct session *session)
{
	while (session->queue.len && send_first(session))
		;
}

static bool refuse_unnamed(struct error *error)
{
	error_set(error, "who has no name cannot be answered: bind() would have given that socket one");
	return false;
}

static bool datagram_send(struct session *session, const struct endpoint *to, const void *data,
                          size_t len, struct error *error)
{
	const struct datagram *own = session->own;
	if (session->state != SESSION_OPEN || session->queue.len)
		return enqueue(session, to, data, len, false, error);
	struct endpoint peer = to ? *to : peer_of(session);
	if (!endpoint_is_set(&peer)) {
		error_set(error, "session %u has no peer: nobody %shas written yet",
		          (unsigned)session->caller.session,
		          own->peers.count ? "who can be answered " : "");
		return false;
	}
	if (is_held_up(session)) {
		error_set(error, "session %u: /fault holds back %zu bytes already: no more fit",
		          (unsigned)session->caller.session, session_unsent(session));
		return false;
	}
	if (endpoint_is_unnamed(&peer))
		return refuse_unnamed(error);
	unsigned mtu = 0;
	struct endpoint local = local_for(session, &peer);
	int code = offer(session, &peer, &local, data, len, &mtu);
	if (call_would_block(code))
		return enqueue(session, &peer, data, len, true, error);
	if (code)
		explain(error, code, len, &peer, mtu);
	return code == 0;
}

static bool refuse_shutdown(struct session *session, int how, struct error *error)
{
	(void)how;
	error_set(error, "session %u is %s: there is no FIN, nothing to shut",
	          (unsigned)session->caller.session, transport_title(session->transport));
	return false;
}

static bool datagram_shutdown(struct session *session, int how, struct error *error)
{
	struct datagram *own = session->own;
	if (!session->open_parameters->options.as_nc)
		return refuse_shutdown(session, how, error);
	if (!own->shut && own->connected && !session->queue.len)
		own->shut = call_shutdown(&session->caller, session->fd[0], how) == 0;
	return own->shut;
}

/* ---- receiving ---- */

/* `once`: the first peer is the only one: others are refused by the kernel from now on. But
 * connect() also chooses the address of ours that the socket has from then on, and that need not be
 * the one that the peer has asked and goes on to ask: on a wildcard address others are dropped
 * here. */
static void keep_to(struct session *session, unsigned slot, const struct endpoint *from)
{
	struct datagram *own = session->own;
	char addr[ENDPOINT_TEXT];
	int fd = session->fd[slot];
	if (endpoint_is_unnamed(from)) /* who cannot be answered, nor told from others */
		return;
	if (own->asks_local)
		own->only = true;
	else if (call_connect(&session->caller, fd, from, NULL) < 0)
		return;
	own->connected = !own->only;
	session->peer = own->writer = *from;
	for (unsigned i = session->fd_count; i-- > 0;)
		if (session->fd[i] != fd)
			session_drop_socket(session, i);
	session_report(session, 0, "only %s from now on: %s, since without -k there is one peer",
	               endpoint_format(from, addr),
	               own->only ? "others are dropped here" : "connect()");
}

static struct peer_slot *note_peer(struct session *session, unsigned slot,
                                   const struct endpoint *from, const struct endpoint *local,
                                   size_t len, int64_t now)
{
	struct datagram *own = session->own;
	struct peer_slot *met = peers_meet(&own->peers, from, slot);
	met->socket = slot;
	met->peer.local = *local;
	met->peer.received++;
	met->peer.received_bytes += len;
	met->peer.last = now;
	if (!endpoint_is_unnamed(from))
		own->writer = *from;
	return met;
}

/* Another small service may be on these ports; and no service is to answer itself. */
static bool may_be_service(struct session *session, const struct endpoint *from)
{
	static const uint16_t small[] = { 0, 7, 9, 13, 17, 19, SMALL_MOST };
	struct datagram *own = session->own;
	bool may_be = false, has_port = !transport_is_unix(session->transport);
	char addr[ENDPOINT_TEXT];
	if (endpoint_is_unnamed(from))
		return true;
	for (size_t i = 0; has_port && from->port <= SMALL_MOST && i < sizeof small / sizeof *small; i++)
		may_be = may_be || from->port == small[i];
	for (unsigned i = 0; i < session->fd_count; i++)
		may_be = may_be || endpoint_equal(from, &session->local[i]);
	if (may_be && !own->loop_guard_announced)
		session_report(session, 0,
		               "%s is not answered: it may be a service that answers, too",
		               endpoint_format(from, addr));
	own->loop_guard_announced = own->loop_guard_announced || may_be;
	return may_be;
}

static bool may_answer(struct session *session, struct peer_slot *slot, const char *data,
                       size_t len)
{
	char addr[ENDPOINT_TEXT], rest[CLOCK_TEXT];
	if (may_be_service(session, &slot->peer.addr))
		return false;
	switch (answer_loop_judge(&slot->loop, session->caller.transcript, session->caller.session,
	                          slot->peer.last, data, len)) {
	case ANSWER_NO_MORE:
		session_report(
		        session, ENTRY_ERROR,
		        "%s has sent our answers back %d times in a row, as a service does "
		        "that answers, too: not answered for %s, or until it sends something "
		        "else",
		        endpoint_format(&slot->peer.addr, addr), ANSWER_LOOP_MOST,
		        clock_format_duration(ANSWER_LOOP_REST, rest));
		return false;
	case ANSWER_NOT:
		return false;
	case ANSWER_AGAIN:
		session_report(session, 0, "%s is answered again; %llu datagram%s not answered",
		               endpoint_format(&slot->peer.addr, addr),
		               (unsigned long long)slot->loop.unanswered,
		               slot->loop.unanswered == 1 ? " was" : "s were");
		return true;
	case ANSWER:
		break;
	}
	return true;
}

static bool is_heard(const struct session *session, const struct endpoint *from)
{
	const struct datagram *own = session->own;
	return !own->only || endpoint_equal(from, &session->peer);
}

/* It is counted already: faults may have lost others, or doubled it, after the call. */
static void take(struct session *session, unsigned slot, const struct endpoint *from,
                 const struct endpoint *local, const char *data, size_t len, int64_t now)
{
	struct datagram *own = session->own;
	if (!is_heard(session, from))
		return;
	struct peer_slot *met = note_peer(session, slot, from, local, len, now);
	session->table->received(session, data, len);
	if (session_is_served(session) &&
	    (session->service->takes || may_answer(session, met, data, len)))
		session_answer(session, from, data, len);
	if (session->open_parameters->options.once && session->open_parameters->listening &&
	    !own->connected && !own->only)
		keep_to(session, slot, from);
}

static ssize_t recv_from(struct session *session, unsigned slot, size_t most, int flags,
                         struct endpoint *from, struct endpoint *local, const char **data)
{
	struct datagram *own = session->own;
	bool shows = shows_packets(session);
	struct arrival arrival = { .asks_interface = shows };
	int fd = session->fd[slot];
	ssize_t got =
	        own->asks_local || shows
	                ? call_recvmsg(&session->caller, fd, most, flags, from, &arrival, data)
	                : call_recvfrom(&session->caller, fd, most, flags, from, data);
	if (own->asks_local)
		*local = arrival.local;
	else
		local->family = AF_UNSPEC;
	return got;
}

/* Takes what the faults do not hold back any longer. */
static void take_due(struct session *session, struct faults *faults)
{
	struct endpoint from, local;
	const struct fault_datagram *datagram;
	while (session->state == SESSION_OPEN &&
	       (datagram = faults_take(faults, FAULT_IN, clock_now()))) {
		struct about about = unpack(datagram, &from, &local);
		unsigned slot = session->fd_count - 1;
		while (slot && session->fd[slot] != about.fd)
			slot--;
		take(session, slot, &from, &local, datagram->data, datagram->len, clock_now());
	}
}

/* A datagram has been received. */
static void arrive(struct session *session, unsigned slot, const struct endpoint *from,
                   const struct endpoint *local, const char *data, size_t len, int64_t now)
{
	struct faults *faults = session_acting_faults(session);
	if (is_heard(session, from))
		session_count_received(session, len);
	if (!faults) {
		take(session, slot, from, local, data, len, now);
		return;
	}
	pass(session, faults, FAULT_IN, session->fd[slot], from, local, data, len);
	take_due(session, faults);
}

/* What comes would not be taken, or not be answered. */
static bool is_full(const struct session *session)
{
	const struct faults *faults = session_acting_faults(session);
	return faults && (faults_are_full(faults, FAULT_IN) ||
	                  (session_is_served(session) && faults_are_full(faults, FAULT_OUT)));
}

/* False at EAGAIN, or any error. */
static bool receive_one(struct session *session, unsigned slot, bool was_ready)
{
	struct endpoint from, local;
	const char *data;
	size_t most = control_next_message(session->fd[slot], session->transport, TRANSCRIPT_ROOM);
	ssize_t got = recv_from(session, slot, most, 0, &from, &local, &data);
	if (got >= 0)
		arrive(session, slot, &from, &local, data, (size_t)got, clock_now());
	else
		meet_recv_error(session, slot, errno, was_ready);
	return got >= 0;
}

static bool goes_on(const struct session *session, unsigned slot, int fd)
{
	return session->state == SESSION_OPEN && !session->read_blocked && !is_full(session) &&
	       slot < session->fd_count && session->fd[slot] == fd;
}

static unsigned receive_singly(struct session *session, unsigned slot, unsigned most)
{
	unsigned got = 0;
	int fd = session->fd[slot];
	while (got < most && goes_on(session, slot, fd) && receive_one(session, slot, got == 0))
		got++;
	return got;
}

/* A first peer is to be the only one, as soon as it has written. */
static bool may_batch(const struct session *session)
{
	const struct datagram *own = session->own;
	const struct open_parameters *made = session->open_parameters;
	return !transport_is_unix(session->transport) && !shows_packets(session) &&
	       !own->asks_header && !session->faults_on &&
	       !(made->options.once && made->listening && !own->connected && !own->only);
}

/* What comes while a frame is drawn, or while other programs run, would soon be too much for the
 * kernel's usual receive buffer. An endless conversation of two services has as many datagrams on
 * the way as their buffers hold: where answers are sent, it stays as it is. */
static void ask_room(struct session *session)
{
	struct datagram *own = session->own;
	uint8_t flags = session->caller.flags;
	bool answers = session_is_served(session) && !session->service->takes;
	if (own->asked_room || answers || session->open_parameters->options.as_nc)
		return;
	own->asked_room = true;
	session->caller.flags |= ENTRY_WATCHING;
	for (unsigned i = 0; i < session->fd_count; i++) {
		int bytes;
		call_get_option(&session->caller, session->fd[i], SOL_SOCKET, SO_RCVBUF, &bytes);
		if (bytes < ROOM)
			option_default(session, session->fd[i], SOL_SOCKET, SO_RCVBUF, ROOM);
	}
	session->caller.flags = flags;
}

/* Until one call brings fewer than it could, or all that a turn may read has come. A relay may need
 * a descriptor for each. */
static unsigned receive_batches(struct session *session, unsigned slot)
{
	const struct datagram *own = session->own;
	struct batch *batch = session->table->batch;
	int fd = session->fd[slot], count = CONTROL_BATCH;
	size_t left = session->table->share, least = session_is_served(session) ? ANSWERED : LEAST;
	unsigned got = 0;
	while (left && count == CONTROL_BATCH && goes_on(session, slot, fd)) {
		count = call_recvmmsg(&session->caller, fd, batch, CONTROL_BATCH, own->asks_local);
		if (count < 0)
			meet_recv_error(session, slot, errno, got == 0);
		int64_t now = clock_now();
		for (int i = 0; i < count; i++) {
			const struct batched *one = control_batched(batch, (unsigned)i);
			size_t counts = one->len < least ? least : one->len;
			if (is_heard(session, &one->from))
				session_count_received(session, one->len);
			take(session, slot, &one->from, &one->arrival.local, one->data, one->len, now);
			left -= counts < left ? counts : left;
			got++;
		}
		if (count == CONTROL_BATCH)
			ask_room(session);
		if (session->service->takes)
			break;
	}
	return got;
}

/* Where one datagram comes at a time, each has a call of its own, as programs do it. */
static void receive(struct session *session, unsigned slot)
{
	struct datagram *own = session->own;
	struct session_table *table = session->table;
	unsigned most = pace_ask(&own->pace);
	bool batches = most > 1 && may_batch(session);
	if (batches && !table->batch)
		table->batch = control_batch_new();
	unsigned got = batches && table->batch ? receive_batches(session, slot)
	                                       : receive_singly(session, slot, most);
	if (got >= most)
		pace_met(&own->pace);
	else
		pace_missed(&own->pace, got);
}

/* ---- by hand ---- */

static enum step_end recv_by_hand(struct session *session, unsigned slot, struct error *error)
{
	const char *data;
	struct endpoint from, local;
	const struct step *step = session->step;
	session_reserve(session, step->most);
	session->caller.since = session_step_since(session);
	ssize_t got = recv_from(session, slot, step->most, session_recv_flags(session), &from,
	                        &local, &data);
	int code = errno;
	session->caller.since = 0;
	if (got < 0 && call_would_block(code))
		return STEP_WAITS;
	if (got < 0) {
		session->counts.refused += code == ECONNREFUSED;
		session_fail_call(session, CALL_RECVFROM, step->text, code, error);
	} else if (step->how != RECV_PEEK) {
		note_peer(session, slot, &from, &local, (size_t)got, clock_now());
		session_received(session, data, (size_t)got);
	}
	session_end_step(session);
	return got < 0 ? STEP_FAILED : STEP_DONE;
}

static enum step_end begin_recv(struct session *session, struct error *error)
{
	session_name_recv(session, recv_name(session));
	int slot = session_ready_slot(session);
	if (slot >= 0)
		return recv_by_hand(session, (unsigned)slot, error);
	if (session->state == SESSION_FRESH)
		session_report(session, 0,
		               "this socket has no port, so nothing can come: /bind gives it one");
	return STEP_WAITS;
}

/* Without anybody to send to: one call, and the kernel says what is wrong. The first datagram gives
 * a socket its port. */
static bool send_by_hand(struct session *session, const struct endpoint *to, const void *data,
                         size_t len, int flags, struct error *error)
{
	char text[64];
	char port[ENDPOINT_TEXT];
	struct datagram *own = session->own;
	struct endpoint peer = peer_of(session);
	if (session->state == SESSION_OPEN && !flags && (to || endpoint_is_set(&peer)))
		return session_send_step(session, to, data, len, error);
	if (session->state == SESSION_FRESH && endpoint_is_set(&peer))
		to = to ? to : &peer;
	if (call_sendto(&session->caller, session->fd[0], data, len, flags, to) < 0) {
		int code = errno;
		snprintf(text, sizeof text, "sendto(%zu%s)", len,
		         flags & MSG_OOB ? ", MSG_OOB" : "");
		return session_fail_call(session, CALL_SENDTO, text, code, error);
	}
	session->counts.sends++;
	session->counts.sent_bytes += len;
	if (session->state == SESSION_FRESH && to) {
		session->state = SESSION_OPEN;
		session->open_parameters->listening = true;
		own->writer = *to;
		call_getsockname(&session->caller, session->fd[0], &session->local[0]);
		if (!transport_is_unix(session->transport))
			session_report(session, 0,
			               "at %s: without bind() the kernel chose the port",
			               endpoint_format(&session->local[0], port));
	}
	return true;
}

/* connect(2): an address of no family undoes an earlier connect(), and releases a port that it chose. */
static bool disconnect(struct session *session, struct error *error)
{
	struct datagram *own = session->own;
	struct endpoint none = { .family = AF_UNSPEC };
	bool was = own->connected;
	if (call_connect(&session->caller, session->fd[0], &none, NULL) < 0)
		return session_fail_call(session, CALL_CONNECT, "connect(AF_UNSPEC)", errno, error);
	own->connected = false;
	own->chosen = own->peers.kept = 0;
	session->peer = own->writer = none;
	call_getsockname(&session->caller, session->fd[0], &session->local[0]);
	bool bound = transport_is_unix(session->transport) || session->local[0].port;
	session->state = bound ? SESSION_OPEN : SESSION_FRESH;
	session->open_parameters->listening = bound;
	session_report(session, 0, "%s: connect(AF_UNSPEC) = 0%s",
	               was     ? "it has no peer any more, and every sender is heard"
	               : bound ? "it was not connected; plain lines go to nobody now"
	                       : "it was not connected",
	               was && !bound ? "; its port is gone, too, until it sends or binds" : "");
	return true;
}

/* A socket that has, or will have, every address of this machine is asked which of them a datagram
 * came to, so that the answer leaves from there. */
static void ask_pktinfo(struct session *session, unsigned slot, const struct endpoint *bound)
{
	struct datagram *own = session->own;
	if (endpoint_is_any(bound) && !session->open_parameters->options.as_nc &&
	    !option_is_set(session, CONTROL_LOCAL) &&
	    call_ask(&session->caller, session->fd[slot], CONTROL_LOCAL, bound->family, true))
		own->asks_local = true;
}

/* On a socket of IPv6 also for what comes over IPv4. What a person has set stays. */
static void ask_header(struct session *session, unsigned slot, enum control control, bool on)
{
	static const int families[] = { AF_INET, AF_INET6 };
	int count = session->family[slot] == AF_INET6 ? 2 : 1;
	for (int i = 0; i < count && !option_is_set(session, control); i++)
		call_ask(&session->caller, session->fd[slot], control, families[i], on);
}

static void show_packets(struct session *session, unsigned slot, bool on)
{
	const struct datagram *own = session->own;
	uint8_t flags = session->caller.flags;
	if (transport_is_unix(session->transport))
		return;
	session->caller.flags |= ENTRY_WATCHING;
	if (!own->asks_local && !option_is_set(session, CONTROL_LOCAL))
		call_ask(&session->caller, session->fd[slot], CONTROL_LOCAL, session->family[slot],
		         on);
	ask_header(session, slot, CONTROL_TTL, on);
	ask_header(session, slot, CONTROL_TOS, on);
	session->caller.flags = flags;
}

static void resumed(struct session *session)
{
	const struct datagram *own = session->own;
	for (unsigned i = 0; session->stepped && !own->connected && i < session->fd_count; i++)
		ask_pktinfo(session, i, &session->local[i]);
}

/* ---- opening and closing ---- */

/* Its peers are kept. */
static void begin(struct session *session)
{
	struct datagram *own = session->own;
	own->peers.max = PEERS_MOST;
	own->connected = own->only = own->asks_local = own->shut = own->asked_room = false;
}

static void free_own(struct session *session)
{
	struct datagram *own = session->own;
	peers_free(&own->peers);
}

/* Only who has a name can be answered. Linux gives an abstract one, unix(7), which leaves no file
 * behind. It is asked for after connect(): before it anybody could write to that name. */
static void ask_name(struct session *session)
{
	struct endpoint *local = &session->local[0], unnamed = *local;
	if (!endpoint_is_unnamed(local))
		return;
	if (call_bind(&session->caller, session->fd[0], &unnamed) == 0)
		call_getsockname(&session->caller, session->fd[0], local);
	else
		session_report(session, 0, "no answer can come: this socket has no path");
}

/* nc has a path. */
static void make_path(struct session *session, unsigned slot)
{
	struct endpoint addr;
	bool made = socket_file_make_path(&addr), bound = made && bind_socket(session, slot, &addr);
	int code = errno;
	if (bound)
		socket_file_own_directory(session->file);
	else if (made)
		socket_file_drop_path(&addr);
	if (!bound)
		session_report(session, 0, "no answer can come: no path for this socket: %s",
		               error_why(code));
}

/* SO_REUSEADDR would let a second program take the port. Of a group's port each gets a copy. */
static void prepare_socket(struct session *session, unsigned slot, const struct endpoint *bound)
{
	const struct open_parameters *open_parameters = session->open_parameters;
	bool broadcast = open_parameters->options.broadcast;
	if (broadcast)
		option_default(session, session->fd[slot], SOL_SOCKET, SO_BROADCAST, 1);
	if (bound && endpoint_is_multicast(bound) && !open_parameters->options.as_nc)
		option_default(session, session->fd[slot], SOL_SOCKET, SO_REUSEADDR, 1);
	probe_timer_add_datagrams(session, session->fd[slot], session->family[slot]);
	if (bound && (broadcast || open_parameters->listening))
		ask_pktinfo(session, slot, bound);
	if (!bound && transport_is_unix(session->transport) && open_parameters->options.as_nc)
		make_path(session, slot);
	multicast_restore(session, slot);
}

static void found(struct session *session, const struct lookup_answer *addresses)
{
	if (!session->open_parameters->listening) {
		dial_connect(session);
	} else if (bind_open(session, addresses, BIND_ONLY, "receiving")) {
		dial_end(session);
		session->state = SESSION_OPEN;
		flush(session);
	}
}

static void opened(struct session *session, const char *took)
{
	char pair[SESSION_PAIR];
	struct datagram *own = session->own;
	(void)took;
	own->connected = !session_is_unconnected(session, &session->peer);
	ask_name(session);
	if (transport_is_unix(session->transport))
		session_report(session, 0, "%s connected: datagrams, each send() is one",
		               session_pair(session, pair));
	else
		session_report(session, 0, "%s ready; UDP sends nothing until your first datagram",
		               session_pair(session, pair));
	if (session->service->opened)
		session->service->opened(session);
	flush(session);
}

static void option_set_on(struct session *session, int level, int number, bool on)
{
	struct datagram *own = session->own;
	if (control_is_option(CONTROL_LOCAL, level, number))
		own->asks_local = on;
	if (control_is_option(CONTROL_TTL, level, number) ||
	    control_is_option(CONTROL_TOS, level, number))
		own->asks_header = own->asks_header || on;
}

/* What faults hold back is taken, answered and sent first. */
static void datagram_close(struct session *session, const char *text)
{
	if (session->faults && !session->paused) {
		faults_release(session->faults, FAULT_IN);
		take_due(session, session->faults);
	}
	if (session->faults) {
		faults_release(session->faults, FAULT_OUT);
		send_due(session, session->faults);
	}
	flush(session);
	session_finish(session, SESSION_ENDED_WELL, "%s",
	               text                         ? text
	               : session_is_server(session) ? "closed: no longer receiving"
	                                            : "closed");
}

/* ---- turns ---- */

static void prepare(struct session *session, struct poller *poller)
{
	const struct datagram *own = session->own;
	if (own->again_at)
		poller_wake_at(poller, own->again_at);
	const struct faults *faults = session_acting_faults(session);
	for (enum fault_direction i = FAULT_OUT; faults && i < FAULT_DIRECTIONS; i++)
		poller_wake_at(poller, faults_due(faults, i));
	for (unsigned i = 0; i < session->fd_count; i++) {
		if (!session->read_blocked && !session->service->never_reads &&
		    session->queue.len < BACKLOG && !is_full(session))
			poller_want_read(poller, session->fd[i]);
		if (session->queue.len && !own->again_at && !is_held_up(session))
			poller_want_write(poller, session->fd[i]);
	}
}

static void serve(struct session *session, const struct poller *poller)
{
	struct datagram *own = session->own;
	bool writable = own->again_at && clock_now() >= own->again_at;
	own->again_at = writable ? 0 : own->again_at;
	struct faults *faults = session_acting_faults(session);
	if (faults) {
		send_due(session, faults);
		take_due(session, faults);
	}
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

static const struct peers *peers(const struct session *session)
{
	const struct datagram *own = session->own;
	return &own->peers;
}

/* An IPv6 socket has an IPv4 peer under its mapped address. */
static unsigned meet_peer(struct session *session, const struct endpoint *addr)
{
	struct datagram *own = session->own;
	int slot = socket_for(session, addr);
	struct endpoint peer =
	        slot < 0 ? endpoint_for_family(addr, session_family(session)) : *addr;
	return peers_meet(&own->peers, &peer, slot < 0 ? 0 : (unsigned)slot)->peer.number;
}

static bool choose_peer(struct session *session, unsigned number, struct error *error)
{
	struct datagram *own = session->own;
	const struct peer *peer = number ? peers_numbered(&own->peers, number) : NULL;
	if (number && !peer) {
		error_set(error, "session %u has no peer %u", (unsigned)session->caller.session,
		          number);
		return false;
	}
	if (peer && endpoint_is_unnamed(&peer->addr))
		return refuse_unnamed(error);
	own->chosen = own->peers.kept = number;
	return true;
}

const struct session_ops datagram_ops = {
	.size = sizeof(struct datagram),
	.next = "/reconnect opens it again",
	.has_peers = true,
	.begin = begin,
	.free = free_own,
	.found = found,
	.prepare_socket = prepare_socket,
	.opened = opened,
	.option_set = option_set_on,
	.show_packets = show_packets,
	.prepare = prepare,
	.serve = serve,
	.send = datagram_send,
	.flush = flush,
	.shutdown = datagram_shutdown,
	.close = datagram_close,
	.begin_recv = begin_recv,
	.recv = recv_by_hand,
	.send_by_hand = send_by_hand,
	.disconnect = disconnect,
	.resumed = resumed,
	.tcp_state = tcp_state,
	.peer = peer_of,
	.peers = peers,
	.meet_peer = meet_peer,
	.choose_peer = choose_peer,
};
