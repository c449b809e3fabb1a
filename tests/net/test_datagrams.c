// SPDX-License-Identifier: GPL-3.0-or-later
/* recvfrom(), recvmmsg() and sendto(): each datagram is one entry with its address, whole, however
 * small the blocks are. */
#include "net/calls.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/caller.h"
#include "support/peer.h"
#include "support/tap.h"

enum { DATAGRAM_MAX = 65507 };

static char big[DATAGRAM_MAX + 1];

struct udp {
	struct caller caller;
	int fd, peer;
	int family;
	struct endpoint addr, peer_addr;
};

static struct udp make_udp(struct caller caller, int family)
{
	struct udp udp = {
		.caller = caller, .fd = peer_udp(family), .peer = peer_udp(family), .family = family
	};
	udp.addr = peer_addr(udp.fd);
	udp.peer_addr = peer_addr(udp.peer);
	return udp;
}

static void end_udp(struct udp *udp)
{
	close(udp->fd);
	close(udp->peer);
	transcript_free(udp->caller.transcript);
}

/* The peer sends this and we receive it. */
static ssize_t pass(struct udp *udp, const void *data, size_t len, struct endpoint *from,
                    const char **got)
{
	if (!peer_send_to(udp->peer, &udp->addr, data, len) || !peer_wait(udp->fd, POLLIN, PEER_MS))
		return -2;
	return call_recvfrom(&udp->caller, udp->fd, TRANSCRIPT_ROOM, 0, from, got);
}

static void check_recvfrom(int family)
{
	struct udp udp = make_udp(big_caller(), family);
	struct endpoint from = { .family = AF_INET };
	const char *data = NULL;
	ok(call_recvfrom(&udp.caller, udp.fd, TRANSCRIPT_ROOM, 0, &from, &data) == -1 &&
	           errno == EAGAIN,
	   "nothing has come yet");
	is_call(&udp.caller, CALL_RECVFROM, -1, EAGAIN, "that");
	ok(from.family == AF_UNSPEC && newest(&udp.caller)->endpoint_len == 0, "... from nobody");

	is_int(pass(&udp, "hello", 5, &from, &data), 5, "a datagram comes");
	is_bytes(data, 5, "hello", 5, "... with these bytes");
	is_call(&udp.caller, CALL_RECVFROM, 5, 0, "that");
	const struct entry *entry = newest(&udp.caller);
	ok(data == entry_payload(entry), "... without a copy");
	is_addr(from, udp.peer_addr, "... with its sender");
	is_addr(entry_addr(entry), udp.peer_addr, "... and written down");
	is_int(entry->endpoint_len, family == AF_INET ? 7 : 19, "... in as many bytes as it needs");
	ok(entry->arg2 == 0 && entry->flags == 0 && entry->fd == udp.fd, "... with its arguments");

	is_int(pass(&udp, "", 0, &from, &data), 0, "an empty one is one too");
	is_call(&udp.caller, CALL_RECVFROM, 0, 0, "that");
	is_addr(from, udp.peer_addr, "... with its sender");
	is_int(pass(&udp, big, DATAGRAM_MAX, &from, &data), DATAGRAM_MAX,
	       "the longest comes whole");
	ok(data && memcmp(data, big, DATAGRAM_MAX) == 0 && newest(&udp.caller)->flags == 0,
	   "... unaltered");
	end_udp(&udp);
}

/* A guess of the family that leaves too much room costs a move and nothing else. */
static void check_family_guessed(void)
{
	static const int guesses[] = { AF_INET, AF_INET6, AF_INET, AF_INET6 };
	struct udp udp = make_udp(big_caller(), AF_INET);
	struct endpoint from;
	const char *data = NULL;
	bool same = true;
	for (size_t i = 0; i < 4; i++) {
		udp.family = guesses[i];
		same = same && pass(&udp, big + i, 1000, &from, &data) == 1000 && data &&
		       memcmp(data, big + i, 1000) == 0 &&
		       data == entry_payload(newest(&udp.caller)) &&
		       endpoint_equal(&from, &udp.peer_addr);
	}
	ok(same, "more room for the address than it needs does no harm");
	end_udp(&udp);
}

static void check_sendto(int family)
{
	struct udp udp = make_udp(big_caller(), family);
	struct endpoint from;
	static char got[DATAGRAM_MAX + 1];
	is_int(call_sendto(&udp.caller, udp.fd, "hello", 5, 0, &udp.peer_addr), 5,
	       "a datagram is sent");
	is_call(&udp.caller, CALL_SENDTO, 5, 0, "that");
	const struct entry *entry = newest(&udp.caller);
	ok(has_payload(entry, "hello", 5), "... with its bytes");
	is_addr(entry_addr(entry), udp.peer_addr, "... and where to");
	ok(entry->arg == 5 && entry->arg2 == MSG_NOSIGNAL, "... and its arguments");
	ssize_t len = peer_recv_from(udp.peer, got, sizeof got, &from, PEER_MS);
	is_bytes(got, (size_t)len, "hello", 5, "... and it arrives");
	is_addr(from, udp.addr, "... from us");
	is_int(call_sendto(&udp.caller, udp.fd, NULL, 0, 0, &udp.peer_addr), 0,
	       "an empty one is sent");
	is_int(peer_recv_from(udp.peer, got, sizeof got, NULL, PEER_MS), 0, "... and arrives");
	is_int(call_sendto(&udp.caller, udp.fd, big, DATAGRAM_MAX, 0, &udp.peer_addr), DATAGRAM_MAX,
	       "so is the longest");
	is_int(peer_recv_from(udp.peer, got, sizeof got, NULL, PEER_MS), DATAGRAM_MAX,
	       "... and arrives");
	ok(memcmp(got, big, DATAGRAM_MAX) == 0, "... unaltered");
	end_udp(&udp);
}

static void check_too_long(void)
{
	struct udp udp = make_udp(big_caller(), AF_INET);
	static char huge[3 << 20];
	bool refused = true;
	ok(call_sendto(&udp.caller, udp.fd, big, DATAGRAM_MAX + 1, 0, &udp.peer_addr) == -1 &&
	           errno == EMSGSIZE,
	   "one byte too many is refused");
	is_call(&udp.caller, CALL_SENDTO, -1, EMSGSIZE, "that");
	ok(newest(&udp.caller)->len == 0 && newest(&udp.caller)->arg == DATAGRAM_MAX + 1,
	   "... with what was asked");
	for (int i = 0; i < 100; i++) {
		refused = refused &&
		          call_sendto(&udp.caller, udp.fd, huge, sizeof huge, 0, &udp.peer_addr) ==
		                  -1 &&
		          errno == EMSGSIZE;
		call_recvfrom(&udp.caller, udp.fd, TRANSCRIPT_ROOM, 0, &(struct endpoint){ 0 },
		              &(const char *){ NULL });
	}
	ok(refused, "so are three million, wherever in a block it happens");
	end_udp(&udp);
}

/* A stranger's port is closed: ICMP comes back as the error of the next call. */
static void check_refused(void)
{
	struct udp udp = make_udp(big_caller(), AF_INET);
	int refuser = peer_udp_refused(AF_INET);
	struct endpoint closed = peer_addr(refuser), from;
	const char *data = NULL;
	is_int(call_connect(&udp.caller, udp.fd, &closed, NULL), 0,
	       "a datagram socket is connected to a closed port");
	is_int(call_send(&udp.caller, udp.fd, "x", 1, 0), 1, "sending there succeeds");
	ok(peer_wait(udp.fd, POLLIN, PEER_MS), "then something comes");
	ok(call_recvfrom(&udp.caller, udp.fd, TRANSCRIPT_ROOM, 0, &from, &data) == -1 &&
	           errno == ECONNREFUSED,
	   "... a refusal");
	is_call(&udp.caller, CALL_RECVFROM, -1, ECONNREFUSED, "that");
	ok(call_send(&udp.caller, udp.fd, "x", 1, 0) == 1, "and the socket lives on");
	close(refuser);
	end_udp(&udp);
}

/* A small block has room for the longest address after so much. */
enum { SMALL_LONGEST = SMALL_BLOCK - ENTRY_HEADER - ENTRY_ADDRESSES };

/* Up to what a block holds, echoed straight out of the transcript while making room takes its
 * oldest block each time. */
static void check_echo_small_blocks(void)
{
	struct udp udp = make_udp(small_caller(), AF_INET);
	char got[SMALL_BLOCK];
	bool same = true;
	for (size_t i = 0; i <= 2 * (size_t)SMALL_LONGEST; i++) {
		size_t len = i / 2;
		struct endpoint from;
		const char *data = NULL;
		ssize_t n = pass(&udp, big + len, len, &from, &data);
		same = same && n == (ssize_t)len &&
		       call_sendto(&udp.caller, udp.fd, data, len, 0, &from) == n &&
		       newest(&udp.caller)->len == len &&
		       memcmp(entry_payload(newest(&udp.caller)), big + len, len) == 0;
		same = same && peer_recv_from(udp.peer, got, sizeof got, NULL, PEER_MS) == n &&
		       memcmp(got, big + len, len) == 0;
	}
	ok(same, "datagrams are echoed and kept whole while blocks go");
	ok(transcript_lost(udp.caller.transcript).entries > 400, "... and blocks did go");
	end_udp(&udp);
}

/* A block that holds no more than this keeps the beginning, and says how long the datagram really
 * was. */
static void check_cut(void)
{
	enum { ROOM = SMALL_LONGEST };
	struct udp udp = make_udp(small_caller(), AF_INET);
	struct endpoint from;
	const char *data = NULL;
	char got[1000];
	is_int(pass(&udp, big, ROOM, &from, &data), ROOM, "what a block just holds comes whole");
	is_int(newest(&udp.caller)->flags, 0, "... and is not called cut");
	is_int(pass(&udp, big, ROOM + 1, &from, &data), ROOM, "one byte more is cut");
	is_int(newest(&udp.caller)->flags, ENTRY_TRUNCATED, "... and called so");
	is_int(newest(&udp.caller)->arg, ROOM + 1, "... with its real length");
	is_int(pass(&udp, big, 20000, &from, &data), ROOM, "one that is much too long is cut");
	is_int(newest(&udp.caller)->arg, 20000, "... with its real length");
	ok(data && memcmp(data, big, ROOM) == 0, "... to its beginning");
	is_int(call_sendto(&udp.caller, udp.fd, big, 1000, 0, &udp.peer_addr), 1000,
	       "such a one is sent whole");
	is_int(peer_recv_from(udp.peer, got, sizeof got, NULL, PEER_MS), 1000,
	       "... and arrives whole");
	ok(newest(&udp.caller)->flags == ENTRY_TRUNCATED && newest(&udp.caller)->arg == 1000,
	   "... but its entry is cut");
	is_int(newest(&udp.caller)->len, ROOM, "... to what the block holds");
	end_udp(&udp);
}

/* A buffer of a program's own size. */
static void check_most(void)
{
	struct udp udp = make_udp(big_caller(), AF_INET);
	struct endpoint from;
	const char *data = NULL;
	peer_deliver(udp.peer, udp.fd, "0123456789", 10);
	peer_deliver(udp.peer, udp.fd, "abcd", 4);
	is_int(call_recvfrom(&udp.caller, udp.fd, 4, MSG_PEEK, &from, &data), 4,
	       "a small buffer gets as much as it holds");
	is_int(call_recvfrom(&udp.caller, udp.fd, 4, 0, &from, &data), 4, "... also after a peek");
	is_bytes(data, 4, "0123", 4, "... the beginning");
	ok(newest(&udp.caller)->flags == ENTRY_TRUNCATED && newest(&udp.caller)->arg == 10,
	   "... and how long it was");
	is_addr(from, udp.peer_addr, "... from whom");
	is_int(call_recvfrom(&udp.caller, udp.fd, 4, 0, &from, &data), 4,
	       "one that just fits is whole");
	is_int(newest(&udp.caller)->flags, 0, "... and not called cut");
	end_udp(&udp);
}

static void check_error_queue(void)
{
	struct udp udp = make_udp(big_caller(), AF_INET);
	int refuser = peer_udp_refused(AF_INET);
	struct endpoint closed = peer_addr(refuser), offender, from;
	struct errqueue error, kept;
	const char *data = NULL;
	uint64_t count = transcript_count(udp.caller.transcript);
	ok(!call_error_queue(&udp.caller, udp.fd, &error, &offender) &&
	           transcript_count(udp.caller.transcript) == count,
	   "an empty error queue is not written down");
	if (!call_ask(&udp.caller, udp.fd, CONTROL_ERROR, AF_INET, true)) {
		tap_skip("this system has no error queue");
		close(refuser);
		end_udp(&udp);
		return;
	}
	is_int(newest(&udp.caller)->flags, ENTRY_WATCHING, "asking for errors is only to watch");
	call_sendto(&udp.caller, udp.fd, "x", 1, 0, &closed);
	peer_wait(udp.fd, POLLIN, PEER_MS);
	ok(call_recvfrom(&udp.caller, udp.fd, TRANSCRIPT_ROOM, 0, &from, &data) == -1 &&
	           errno == ECONNREFUSED,
	   "an unconnected socket gets the refusal");
	ok(call_error_queue(&udp.caller, udp.fd, &error, &offender), "and by whom");
	is_call(&udp.caller, CALL_ERRQUEUE, 0, 0, "that");
	ok(entry_unpack_errqueue(newest(&udp.caller), &kept) && kept.origin == error.origin &&
	           kept.type == error.type && kept.code == error.code &&
	           kept.error == error.error && kept.info == error.info &&
	           endpoint_equal(&kept.target, &error.target),
	   "... whole");
	ok(error.origin == ERRQUEUE_ICMP && error.type == 3 && error.code == 3 &&
	           error.error == ECONNREFUSED,
	   "port unreachable");
	is_addr(error.target, closed, "... there");
	ok(!call_error_queue(&udp.caller, udp.fd, &error, &offender), "once");
	close(refuser);
	end_udp(&udp);
}

static void check_mapped(void)
{
	struct caller caller = big_caller();
	struct endpoint any = { .family = AF_INET6 }, from, local;
	int fd = call_socket(&caller, AF_INET6, SOCK_DGRAM), peer = peer_udp(AF_INET);
	const char *data = NULL;
	call_set_option(&caller, fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
	call_bind(&caller, fd, &any);
	call_getsockname(&caller, fd, &local);
	struct endpoint to = { .family = AF_INET, .port = local.port, .ip = { 127, 0, 0, 1 } };
	ok(peer_send_to(peer, &to, "x", 1) && peer_wait(fd, POLLIN, PEER_MS),
	   "IPv4 comes to an IPv6 socket");
	is_int(call_recvfrom(&caller, fd, TRANSCRIPT_ROOM, 0, &from, &data), 1,
	       "... and is received");
	ok(from.family == AF_INET6 && from.port == peer_port(peer), "... from a mapped address");
	is_int(call_sendto(&caller, fd, "y", 1, 0, &from), 1, "... to which an answer goes");
	is_int(peer_recv_from(peer, &(char){ 0 }, 1, NULL, PEER_MS), 1, "... and arrives");
	close(fd);
	close(peer);
	transcript_free(caller.transcript);
}

/* ---- batches ---- */

enum { BATCHED = 5 };

/* The entries of the last call, the first one first. */
static void last_entries(const struct udp *udp, const struct entry *entries[BATCHED])
{
	const struct transcript *transcript = udp->caller.transcript;
	uint64_t at = transcript_last(transcript, udp->caller.session);
	for (int i = BATCHED; i-- > 0; at = transcript_before(transcript, at))
		entries[i] = transcript_at(transcript, at);
}

static void check_batch(int family)
{
	static const size_t lengths[BATCHED] = { 3, 0, DATAGRAM_MAX - 2, 1, 1400 };
	struct udp udp = make_udp(big_caller(), family);
	struct batch *batch = control_batch_new();
	const struct entry *entries[BATCHED];
	is_int(call_recvmmsg(&udp.caller, udp.fd, batch, CONTROL_BATCH, false), -1,
	       "no batch has come yet");
	is_int(errno, EAGAIN, "... and errno is kept");
	is_call(&udp.caller, CALL_RECVFROM, -1, EAGAIN, "that");
	ok(newest(&udp.caller)->of == 0, "... of none");
	for (int i = 0; i < BATCHED; i++)
		peer_deliver(udp.peer, udp.fd, big + i, lengths[i]);
	uint64_t count = transcript_count(udp.caller.transcript);
	if (!is_int(call_recvmmsg(&udp.caller, udp.fd, batch, CONTROL_BATCH, false), BATCHED,
	            "one call brings several datagrams")) {
		control_batch_free(batch);
		end_udp(&udp);
		return;
	}
	is_int((long)(transcript_count(udp.caller.transcript) - count), BATCHED, "... an entry for each");
	last_entries(&udp, entries);
	for (int i = 0; i < BATCHED; i++) {
		const struct batched *one = control_batched(batch, (unsigned)i);
		ok(one->len == lengths[i] && memcmp(one->data, big + i, lengths[i]) == 0,
		   "number %d is given whole", i + 1);
		ok(has_payload(entries[i], big + i, lengths[i]), "... and written down");
		is_addr(one->from, udp.peer_addr, "... with its sender");
		is_addr(entry_addr(entries[i]), udp.peer_addr, "... there, too");
		ok(entries[i]->call == CALL_RECVFROM && entries[i]->flags == ENTRY_BATCH &&
		           entries[i]->nth == i + 1 && entries[i]->of == BATCHED &&
		           entries[i]->time == entries[0]->time &&
		           entries[i]->duration == entries[0]->duration,
		   "... as one of that call");
	}
	for (int i = 0; i < 3; i++)
		peer_deliver(udp.peer, udp.fd, "x", 1);
	is_int(call_recvmmsg(&udp.caller, udp.fd, batch, 2, false), 2, "at most what is asked for");
	is_int(call_recvmmsg(&udp.caller, udp.fd, batch, 2, false), 1, "... and then the rest");
	control_batch_free(batch);
	end_udp(&udp);
}

/* A block may hold less than a datagram: it is given whole, and its entry is cut. */
static void check_batch_small_blocks(void)
{
	struct udp udp = make_udp(small_caller(), AF_INET);
	struct batch *batch = control_batch_new();
	peer_deliver(udp.peer, udp.fd, big, 1000);
	peer_deliver(udp.peer, udp.fd, big, 10);
	is_int(call_recvmmsg(&udp.caller, udp.fd, batch, CONTROL_BATCH, false), 2,
	       "a batch comes to small blocks");
	const struct batched *one = control_batched(batch, 0);
	ok(one->len == 1000 && memcmp(one->data, big, 1000) == 0, "... whole");
	const struct entry *last = newest(&udp.caller);
	ok(has_payload(last, big, 10) && !(last->flags & ENTRY_TRUNCATED), "... as is the short one");
	const struct entry *first = transcript_at(
	        udp.caller.transcript,
	        transcript_before(udp.caller.transcript, transcript_last(udp.caller.transcript, 7)));
	ok(first->flags & ENTRY_TRUNCATED && first->arg == 1000 && first->len < SMALL_BLOCK,
	   "... and the entry of the long one says how long it was");
	control_batch_free(batch);
	end_udp(&udp);
}

int main(void)
{
	tap_watchdog(30);
	fill_pattern(big, sizeof big);
	check_recvfrom(AF_INET);
	check_sendto(AF_INET);
	check_family_guessed();
	check_too_long();
	check_refused();
	check_echo_small_blocks();
	check_cut();
	check_most();
	check_error_queue();
	struct batch *batch = control_batch_new();
	if (batch) {
		check_batch(AF_INET);
		check_batch_small_blocks();
	} else {
		tap_skip("no recvmmsg() here");
	}
	control_batch_free(batch);
	if (!peer_has_ipv6()) {
		tap_skip("no ::1 here");
		return tap_done();
	}
	check_recvfrom(AF_INET6);
	check_sendto(AF_INET6);
	check_mapped();
	return tap_done();
}
