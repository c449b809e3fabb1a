// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>

#include "base/alloc.h"
#include "net/datagram.h"
#include "net/fixture.h"
#include "net/option.h"
#include "net/peers.h"
#include "net/reconnect.h"
#include "net/service.h"
#include "net/session_internal.h"
#include "net/step.h"

static unsigned port_of(const struct session *session)
{
	return session_local(session).port;
}

static struct endpoint loopback(unsigned port)
{
	return (struct endpoint){ .family = AF_INET,
		                  .port = (uint16_t)port,
		                  .ip = { 127, 0, 0, 1 } };
}

static uint64_t receives(const struct session *session)
{
	return session_counts(session)->receives;
}

/* ---- clients ---- */

static void sends_any_size(struct fixture *f)
{
	enum { MOST = 65507 };
	char *noise = make_noise(MOST + 1), *got = malloc(MOST + 1);
	struct session *server = listen_on(f, TRANSPORT_UDP, "127.0.0.1", 0, NULL);
	int fd = peer_udp(AF_INET);
	struct endpoint to = loopback(port_of(server));
	peer_send_to(fd, &to, noise, MOST);
	peer_send_to(fd, &to, noise, 1);
	until(f, receives(server) == 2);
	struct buf all = received(f, session_number(server));
	ok(all.len == MOST + 1 && memcmp(buf_data(&all), noise, MOST) == 0,
	   "the largest datagram is not cut");
	ok(session_send(server, noise, MOST, &f->error), "nor is one that we send");
	is_int(peer_recv_from(fd, got, MOST + 1, NULL, PEER_MS), MOST, "it arrives whole");
	ok(memcmp(got, noise, MOST) == 0, "and unchanged");
	ok(!session_send(server, noise, MOST + 1, &f->error), "one byte more is refused");
	ok(strstr(f->error.text, "65508 bytes in one datagram") && f->error.code == EMSGSIZE,
	   "by a line that says why");
	is_int(session_state(server), SESSION_OPEN, "which is no end");
	buf_free(&all);
	free(noise);
	free(got);
	peer_close_all(&fd, 1);
}

static void waits_for_the_look_up(struct fixture *f)
{
	char text[64];
	int fd = peer_udp(AF_INET);
	struct session_options options = { .family = AF_INET, .queue_max = 200 };
	struct session *session = open_to(f, TRANSPORT_UDP, "localhost", peer_port(fd), &options);
	is_int(session_tcp_state(session), STATE_RESOLVING, "a name is looked up");
	ok(send_text(f, session, "one") && send_text(f, session, "") &&
	           send_text(f, session, "three"),
	   "meanwhile datagrams wait");
	is_int(session_unsent(session), 8, "and are counted");
	char big[200] = "";
	ok(!session_send(session, big, sizeof big, &f->error), "under a ceiling");
	until(f, session_state(session) == SESSION_OPEN);
	is_int(peer_recv_from(fd, text, sizeof text, NULL, PEER_MS), 3, "then each is sent");
	is_int(peer_recv_from(fd, text, sizeof text, NULL, PEER_MS), 0, "as a datagram of its own");
	is_int(peer_recv_from(fd, text, sizeof text, NULL, PEER_MS), 5, "in order");
	is_int(session_unsent(session), 0, "nothing is left");
	peer_close_all(&fd, 1);
}

static void is_not_allowed_to_broadcast(struct fixture *f)
{
	struct session *session = open_to(f, TRANSPORT_UDP, "127.255.255.255", 9, NULL);
	ok(strstr(last_failure(f, session), "not allowed (EACCES"), "a broadcast must be allowed");
	struct session_options options = { .broadcast = true };
	session = open_to(f, TRANSPORT_UDP, "127.255.255.255", 9, &options);
	is_int(session_state(session), SESSION_OPEN, "with SO_BROADCAST it is");
	ok(send_text(f, session, "all"), "and sent");
	ok(port_of(session) != 0, "from a known port");
	int fd = peer_udp(AF_INET);
	struct endpoint to = loopback(port_of(session));
	peer_send_to(fd, &to, "me", 2);
	until(f, receives(session) == 1);
	ok(has_received(f, session, "me"), "anybody may answer");
	is_int(session_peer(session).port, 9, "plain lines still go to the broadcast address");
	peer_close_all(&fd, 1);
}

/* ---- servers ---- */

static void receives_on_both_loopbacks(struct fixture *f)
{
	char want[256], text[8];
	struct session *server = listen_on(f, TRANSPORT_UDP, "", 0, NULL);
	unsigned port = port_of(server);
	ok(session_is_server(server) && session_has_peers(server), "a UDP server");
	if (!peer_has_ipv6()) {
		snprintf(want, sizeof want, "receiving on 127.0.0.1:%u (loopback only)", port);
		is_text(last_state(f, server), want, "is open at once");
		tap_skip("no ::1 here");
		return;
	}
	snprintf(want, sizeof want, "receiving on 127.0.0.1:%u and [::1]:%u (loopback only)", port,
	         port);
	is_text(last_state(f, server), want, "is open at once");
	int four = peer_udp(AF_INET), six = peer_udp(AF_INET6);
	struct endpoint to4 = loopback(port);
	struct endpoint to6 = { .family = AF_INET6, .port = (uint16_t)port, .ip = { [15] = 1 } };
	peer_send_to(four, &to4, "4", 1);
	until(f, receives(server) == 1);
	peer_send_to(six, &to6, "6", 1);
	until(f, receives(server) == 2);
	send_text(f, server, "six");
	is_int(peer_recv_from(six, text, sizeof text, NULL, PEER_MS), 3, "an answer over IPv6");
	struct endpoint addr = peer_addr(four);
	ok(session_send_to(server, &addr, "four", 4, &f->error),
	   "a peer can be written to by its address");
	is_int(peer_recv_from(four, text, sizeof text, NULL, PEER_MS), 4, "over IPv4");
	peer_close_all((int[]){ four, six }, 2);
}

/* A host may have several addresses of one family; a peer must be answered from the one that it
 * wrote to. */
static void answers_from_where_it_was_asked(struct fixture *f)
{
	char text[8];
	struct lookup_answer two = { .addr = { loopback(0), loopback(0) }, .count = 2 };
	two.addr[1].ip[3] = 2;
	/* what sessions know of their table is the first thing in it */
	struct session *server =
	        session_new((struct session_table *)f->sessions, &datagram_ops, TRANSPORT_UDP);
	server->open_parameters = xcalloc(1, sizeof *server->open_parameters);
	server->open_parameters->listening = true;
	snprintf(server->open_parameters->target.host, sizeof server->open_parameters->target.host,
	         "two.example");
	server->queue.max = 1000;
	server->ops->found(server, &two);
	is_int(server->fd_count, 2, "a server of two addresses has two sockets");
	int fd = peer_udp(AF_INET);
	struct endpoint to = server->local[1], from;
	peer_send_to(fd, &to, "you?", 4);
	until(f, receives(server) == 1);
	send_text(f, server, "me");
	peer_recv_from(fd, text, sizeof text, &from, PEER_MS);
	ok(endpoint_equal(&from, &to), "who asks one of them is answered by it");
	to = server->local[0];
	peer_send_to(fd, &to, "you?", 4);
	until(f, receives(server) == 2);
	send_text(f, server, "me");
	peer_recv_from(fd, text, sizeof text, &from, PEER_MS);
	ok(endpoint_equal(&from, &to), "and by the other where it asks the other");
	peer_close_all(&fd, 1);
}

static void says_where_none_fits(struct fixture *f)
{
	struct session *server = listen_on(f, TRANSPORT_UDP, "127.0.0.1", 0, NULL);
	ok(!send_text(f, server, "x") && strstr(f->error.text, "no peer"),
	   "before anybody wrote there is no peer");
	struct endpoint six = { .family = AF_INET6, .port = 9, .ip = { [15] = 1 } };
	ok(!session_send_to(server, &six, "x", 1, &f->error), "an IPv4 socket does not reach IPv6");
	int fd = peer_udp(AF_INET);
	struct endpoint to = peer_addr(fd);
	ok(session_send_to(server, &to, "first", 5, &f->error), "but it may speak first");
	ok(send_text(f, server, "second"), "and then goes on to the same peer");
	char text[8];
	peer_recv_from(fd, text, sizeof text, NULL, PEER_MS);
	is_int(peer_recv_from(fd, text, sizeof text, NULL, PEER_MS), 6, "who gets both");
	peer_close_all(&fd, 1);
}

/* What came back for one peer is not the fault of the next. */
static void learns_who_has_gone(struct fixture *f)
{
	char want[256], text[8] = "";
	struct session *server = listen_on(f, TRANSPORT_UDP, "127.0.0.1", 0, NULL);
	int gone = peer_udp(AF_INET), stays = peer_udp(AF_INET);
	struct endpoint to = loopback(port_of(server)), left = peer_addr(gone),
	                other = peer_addr(stays);
	peer_send_to(gone, &to, "hi", 2);
	until(f, receives(server) == 1);
	if (!server->probe.errors) {
		tap_skip("this system has no error queue");
		peer_close_all((int[]){ gone, stays }, 2);
		return;
	}
	peer_refuse(gone);
	ok(session_send_to(server, &left, "you?", 4, &f->error),
	   "sending to who has gone succeeds");
	ok(session_send_to(server, &other, "and you?", 8, &f->error), "so does the next send");
	is_int(peer_recv_from(stays, text, sizeof text, NULL, PEER_MS), 8, "which arrives");
	until(f, session_counts(server)->refused);
	snprintf(want, sizeof want,
	         "127.0.0.1:%u: Connection refused: ICMP port unreachable (3/3) from 127.0.0.1 *",
	         left.port);
	is_text(last_failure(f, server), want, "a server reports which peer has gone");
	is_int(session_counts(server)->refused, 1, "once");
	is_int(count_entries(f, session_number(server), CALL_ERRQUEUE, NULL), 1,
	       "out of the error queue");
	uint64_t at = transcript_last(f->transcript, session_number(server));
	while (transcript_at(f->transcript, at)->call != CALL_ERRQUEUE)
		at = transcript_before(f->transcript, at);
	struct errqueue error;
	const struct entry *entry = transcript_at(f->transcript, at);
	struct endpoint offender = entry_addr(entry);
	entry_unpack_errqueue(entry, &error);
	ok(error.origin == ERRQUEUE_ICMP && error.type == 3 && error.code == 3 &&
	           error.error == ECONNREFUSED,
	   "with the ICMP message");
	ok(endpoint_equal(&error.target, &left) && offender.ip[0] == 127, "to whom, and from whom");
	uint64_t turns = f->poller.turns;
	int calls = count_entries(f, session_number(server), CALL_RECVFROM, NULL);
	fixture_turns(f, 5);
	ok(f->poller.turns - turns == 5 &&
	           count_entries(f, session_number(server), CALL_RECVFROM, NULL) == calls,
	   "then it is quiet again");
	for (int i = 0; i < 20; i++) {
		session_send_to(server, &left, "x", 1, &f->error);
		ok(session_send_to(server, &other, "x", 1, &f->error), "no error hits another, %d",
		   i);
	}
	until(f, session_counts(server)->refused == 21);
	is_int(session_counts(server)->refused, 21, "and none is lost");
	peer_close_all((int[]){ gone, stays }, 2);
}

/* A session driven by hand meets errors by hand; they do not wake it forever. */
static void leaves_errors_to_a_person(struct fixture *f)
{
	int fd = peer_udp_refused(AF_INET);
	struct session *session = open_to(f, TRANSPORT_UDP, "127.0.0.1", peer_port(fd), NULL);
	step_pause(session, true, &f->error);
	send_text(f, session, "one");
	peer_wait(session->fd[0], POLLIN, PEER_MS); /* ICMP may take a while on a busy machine */
	ok(!step_recv(session, 10, RECV_PLAIN, &f->error), "recvfrom() by hand");
	is_int(f->error.code, ECONNREFUSED, "recvfrom() by hand meets the refusal");
	step_recv(session, 10, RECV_PLAIN, &f->error);
	fixture_turns(f, 3);
	uint64_t count = transcript_count(f->transcript);
	fixture_turns(f, 10);
	ok(transcript_count(f->transcript) - count <= 2, "and the next one waits in peace");
	step_pause(session, false, &f->error);
	send_text(f, session, "two");
	until(f, session_counts(session)->refused >= 2);
	ok(strstr(last_failure(f, session), "(3/3)"), "then it is reported again");
	peer_close_all(&fd, 1);
}

/* What it says to a datagram of this length. */
static const char *refusal(struct fixture *f, struct session *session, const struct endpoint *to,
                           size_t len)
{
	char *data = xcalloc(1, len);
	error_set(&f->error, "%s", "");
	session_send_to(session, to, data, len, &f->error);
	free(data);
	return f->error.text;
}

static void says_what_fits(struct fixture *f)
{
	struct endpoint to = loopback(9), all = to;
	all.ip[1] = all.ip[2] = all.ip[3] = 255;
	struct session *server = listen_on(f, TRANSPORT_UDP, "127.0.0.1", 0, NULL);
	ok(strstr(refusal(f, server, &to, 65508),
	          "(IPv4 carries at most 65507, as its length has 16 bits):"),
	   "what cannot be is refused");
	ok(strstr(refusal(f, server, &all, 1), "SO_BROADCAST"), "and other reasons are named");
	if (!peer_has_ipv6()) {
		tap_skip("no IPv6");
		return;
	}
	struct endpoint six = { .family = AF_INET6, .port = 9, .ip = { [15] = 1 } };
	int on = 2; /* IPV6_PMTUDISC_DO */
	server = listen_on(f, TRANSPORT_UDP, "::1", 0, NULL);
	ok(option_set(server, IPPROTO_IPV6, IPV6_MTU_DISCOVER, &on, sizeof on, &f->error),
	   "without fragments");
	ok(strstr(refusal(f, server, &six, 65500),
	          "(MTU 65536 *, so 65488 fit with fragmentation off, see /option mtu_discover)"),
	   "a path that is smaller is reported");
	ok(strstr(refusal(f, server, &six, 70000),
	          "(IPv6 carries at most 65527, as its length has 16 bits):"),
	   "not where the family takes less");
}

static void serves_one_peer_only(struct fixture *f)
{
	struct session_options options = { .once = true };
	struct session *server = listen_on(f, TRANSPORT_UDP, "", 0, &options);
	int a = peer_udp(AF_INET), b = peer_udp(AF_INET);
	struct endpoint to = loopback(port_of(server));
	peer_send_to(a, &to, "first", 5);
	until(f, receives(server) == 1);
	ok(strstr(last_state(f, server), "since without -k there is one peer"),
	   "with `once` the first peer is the only one");
	is_int(server->fd_count, 1, "on one socket");
	peer_send_to(b, &to, "second", 6);
	peer_send_to(a, &to, "third", 5);
	until(f, receives(server) == 2);
	ok(has_received(f, server, "firstthird"), "others are not heard");
	is_int(session_peer(server).port, peer_port(a), "and not answered");
	peer_close_all((int[]){ a, b }, 2);
}

static void reads_bursts(struct fixture *f)
{
	enum { MANY = 200 };
	struct session *server = listen_on(f, TRANSPORT_UDP, "127.0.0.1", 0, NULL);
	int fd = peer_udp(AF_INET);
	for (int i = 0; i < MANY; i++)
		peer_deliver(fd, server->fd[0], "x", 1);
	uint64_t turns = f->poller.turns;
	until(f, receives(server) == MANY);
	is_int(receives(server), MANY, "a burst of datagrams is read");
	ok(f->poller.turns - turns < MANY / 4, "several in a turn");
	ok(count_entries(f, session_number(server), CALL_RECVFROM, NULL) < MANY + 10,
	   "with few useless calls");
	peer_close_all(&fd, 1);
}

/* ---- the table of peers ---- */

static struct endpoint stranger(unsigned i)
{
	return (struct endpoint){ .family = AF_INET,
		                  .port = (uint16_t)(1000 + i),
		                  .ip = { 10, 0, (uint8_t)(i >> 8), (uint8_t)i } };
}

static void forgets_who_was_silent_longest(void)
{
	struct peers peers = { .max = 20 };
	struct endpoint addr;
	for (unsigned i = 0; i < 20; i++) {
		addr = stranger(i);
		is_int(peers_meet(&peers, &addr, 0)->peer.number, i + 1,
		       "a new peer has the next number");
	}
	addr = stranger(0);
	is_int(peers_meet(&peers, &addr, 0)->peer.number, 1, "a known one keeps its number");
	peers.kept = 2;
	addr = stranger(100);
	is_int(peers_meet(&peers, &addr, 0)->peer.number, 21, "beyond the ceiling numbers go on");
	ok(peers_numbered(&peers, 1), "who was heard lately stays");
	ok(peers_numbered(&peers, 2), "and who was chosen");
	ok(!peers_numbered(&peers, 3), "the most silent other is forgotten");
	addr = stranger(2);
	ok(!peers_find(&peers, &addr), "by its address, too");
	is_int(peers.count, 20, "the table does not grow");
	for (unsigned i = 0; i < 5000; i++) {
		addr = stranger(i % 50);
		peers_meet(&peers, &addr, 0);
	}
	unsigned last = 0, count = 0;
	bool ordered = true;
	for (const struct peer *peer = NULL; (peer = peers_next(&peers, peer)); count++) {
		struct peer_slot *slot = peers_find(&peers, &peer->addr);
		ordered = ordered && peer->number > last && slot && &slot->peer == peer;
		last = peer->number;
	}
	ok(ordered && count == 20, "after many changes all lists agree");
	peers_free(&peers);
	ok(!peers_next(&peers, NULL) && !peers_find(&peers, &addr), "an empty table knows nobody");
}

/* How many datagrams of a session have come, and how many of them in batches of more than one. */
static int count_received(const struct fixture *f, const struct session *session, int *batched)
{
	int count = 0;
	uint64_t at = transcript_last(f->transcript, session_number(session));
	for (*batched = 0; at != TRANSCRIPT_NONE; at = transcript_before(f->transcript, at)) {
		const struct entry *entry = transcript_at(f->transcript, at);
		bool has_come = entry_is_incoming(entry) && !entry->error;
		count += has_come;
		*batched += has_come && entry_is_batched(entry) && entry->of > 1;
	}
	return count;
}

enum { ROUNDS = 4, ONE_ROUND = 40 };

/* Bursts to an echo service at this address, from two peers in turn; each answer comes from where it was
 * asked, to whom has asked, in order. */
static int answer_bursts(struct fixture *f, const char *host, const struct endpoint *asked,
                         const char *name)
{
	struct session_options options = { .service = service_find("echo") };
	struct session *server = listen_on(f, TRANSPORT_UDP, host, 0, &options);
	until(f, session_state(server) == SESSION_OPEN);
	int peers[2] = { peer_udp(AF_INET), peer_udp(AF_INET) };
	struct endpoint to = *asked;
	to.port = session_local(server).port;
	uint32_t good = 0, sent = 0;
	for (int round = 0; round < ROUNDS; round++) {
		for (int i = 0; i < ONE_ROUND; i++, sent++)
			peer_send_to(peers[sent % 2], &to, &sent, sizeof sent);
		until(f, session_counts(server)->sends == sent);
	}
	for (uint32_t i = 0; i < sent; i++) {
		uint32_t answer = UINT32_MAX;
		struct endpoint from;
		ssize_t got = peer_recv_from(peers[i % 2], &answer, sizeof answer, &from, PEER_MS);
		good += got == sizeof answer && answer == i && endpoint_equal(&from, &to);
	}
	ok(good == sent, "each of a burst is answered, from the address asked, in order: %s", name);
	int batched;
	is_int(count_received(f, server, &batched), (int)sent, "... and has an entry of its own");
	peer_close_all(peers, 2);
	session_close(server, &f->error);
	return batched;
}

static void reads_batches(struct fixture *f)
{
	struct endpoint one = loopback(0), five = loopback(0);
	five.ip[3] = 5;
	ok(answer_bursts(f, "127.0.0.1", &one, "one address") > ONE_ROUND, "most are read in batches");
	ok(answer_bursts(f, "*", &five, "any address") > ONE_ROUND, "... also there");
	sessions_show_packets(f->sessions, true);
	is_int(answer_bursts(f, "127.0.0.1", &one, "with packet-info"), 0,
	       "but for that each is read alone, as its header is kept");
}

static int room_of(const struct session *session)
{
	int bytes = 0;
	socklen_t len = sizeof bytes;
	getsockopt(session->fd[0], SOL_SOCKET, SO_RCVBUF, &bytes, &len);
	return bytes;
}

/* By how many bytes the receive buffer of such a server has grown once many datagrams have waited. */
static int flood(struct fixture *f, const struct session_options *options)
{
	enum { MANY = 200 };
	struct session *server = listen_on(f, TRANSPORT_UDP, "127.0.0.1", 0, options);
	until(f, session_state(server) == SESSION_OPEN);
	int peer = peer_udp(AF_INET), before = room_of(server);
	for (int i = 0; i < MANY; i++)
		peer_deliver(peer, server->fd[0], &i, sizeof i);
	until(f, session_counts(server)->receives == MANY);
	int grown = room_of(server) - before;
	peer_close_all(&peer, 1);
	session_close(server, &f->error);
	return grown;
}

/* More room for what comes while something else is done; but not where a person or a service would
 * be surprised by it. */
static void asks_for_room(struct fixture *f)
{
	struct session_preset preset = { SOL_SOCKET, SO_RCVBUF, 150000 };
	const struct session_options echo = { .service = service_find("echo") }, none = { 0 },
	                             set = { .presets = &preset, .preset_count = 1 },
	                             nc = { .as_nc = true };
	ok(flood(f, &none) > 0, "in a flood the kernel is asked to keep more");
	is_int(flood(f, &set), 0, "not where a person has said how much");
	is_int(flood(f, &nc), 0, "nor by nc");
	is_int(flood(f, &echo), 0, "nor where answers may go round in circles");
}

static void run(void (*test)(struct fixture *f))
{
	struct fixture f;
	fixture_start(&f);
	test(&f);
	fixture_stop(&f);
}

int main(void)
{
	tap_watchdog(30);
	run(sends_any_size);
	run(waits_for_the_look_up);
	run(is_not_allowed_to_broadcast);
	run(receives_on_both_loopbacks);
	run(answers_from_where_it_was_asked);
	run(says_where_none_fits);
	run(learns_who_has_gone);
	run(leaves_errors_to_a_person);
	run(says_what_fits);
	run(serves_one_peer_only);
	run(reads_bursts);
	run(reads_batches);
	run(asks_for_room);
	forgets_who_was_silent_longest();
	return tap_done();
}
