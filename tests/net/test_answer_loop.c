// SPDX-License-Identifier: GPL-3.0-or-later
#include <unistd.h>

#include "net/fixture.h"
#include "net/peers.h"
#include "net/service.h"
#include "net/session_internal.h"

/* Two services on ports of which nobody knows anything, set to talk to each other by a datagram
 * with a forged sender. Here one of them is sent it by hand: by session_send_to(), which is not the
 * service's doing. */

static uint64_t receives(const struct session *session)
{
	return session_counts(session)->receives;
}

static struct session *serve(struct fixture *f, const char *service)
{
	struct session_options options = { .service = service_find(service) };
	return listen_on(f, TRANSPORT_UDP, "127.0.0.1", 0, &options);
}

static struct endpoint endpoint_of(const struct session *session)
{
	return session_local(session);
}

static int pauses(const struct fixture *f, const struct session *session)
{
	return count_states(f, session, "has sent our answers back 1000 times");
}

/* Turns until neither side has received anything for some of them. */
static void until_quiet(struct fixture *f, const struct session *a, const struct session *b)
{
	int64_t deadline = clock_now() + 20 * CLOCK_S;
	uint64_t before = UINT64_MAX;
	while (receives(a) + receives(b) != before && clock_now() < deadline) {
		before = receives(a) + receives(b);
		fixture_turns(f, 20);
	}
}

static void stops(struct fixture *f, const char *one, const char *other, unsigned forged)
{
	struct session *a = serve(f, one), *b = serve(f, other);
	struct endpoint to = endpoint_of(b);
	for (unsigned i = 0; i < forged; i++) {
		char text[16];
		session_send_to(a, &to, text, (size_t)snprintf(text, sizeof text, "forged %u", i),
		                &f->error);
	}
	until_quiet(f, a, b);
	uint64_t all = receives(a) + receives(b);
	ok(all >= ANSWER_LOOP_MOST && all < 20 * ANSWER_LOOP_MOST * (uint64_t)forged,
	   "%s and %s, %u forged: they fall silent after %u datagrams", one, other, forged,
	   (unsigned)all);
	ok(pauses(f, a) + pauses(f, b) >= 1, "and it is said why");
}

static void answers_others(struct fixture *f)
{
	char text[64] = "";
	struct session *a = serve(f, "echo"), *b = serve(f, "echo");
	struct endpoint to = endpoint_of(b), at = endpoint_of(a);
	session_send_to(a, &to, "x", 1, &f->error);
	until(f, pauses(f, a) + pauses(f, b));
	until_quiet(f, a, b);
	int fd = peer_udp(AF_INET);
	peer_send_to(fd, &at, "hello", 5);
	fixture_turns(f, 3);
	is_int(peer_recv_from(fd, text, sizeof text, NULL, PEER_MS), 5,
	       "others are answered meanwhile");
	peer_close_all(&fd, 1);
}

/* Asks the same again and again until it is not answered. False where the machine made a break. */
static bool asks(struct fixture *f, int fd, struct session *server, uint64_t *asked, int *answers)
{
	char text[64];
	struct endpoint to = endpoint_of(server);
	int64_t begun = clock_now(), longest = 0;
	*asked = 0, *answers = 0;
	while (*asked <= ANSWER_LOOP_MOST + 1 && pauses(f, server) == 0) {
		int64_t last = begun;
		begun = clock_now();
		peer_send_to(fd, &to, "same", 4);
		++*asked;
		until(f, receives(server) == *asked);
		*answers += peer_recv_from(fd, text, sizeof text, NULL, 0) == 4;
		if (clock_now() - last > longest)
			longest = clock_now() - last;
	}
	return longest < ANSWER_LOOP_REST;
}

/* A client that asks the same again and again looks like that. */
static void goes_on(struct fixture *f)
{
	char text[64];
	struct session *server = serve(f, "echo");
	int fd = peer_udp(AF_INET), answers;
	uint64_t asked;
	for (int tries = 10; !asks(f, fd, server, &asked, &answers) && tries > 0; tries--)
		server = serve(f, "echo");
	struct endpoint to = endpoint_of(server);
	is_int(answers, ANSWER_LOOP_MOST, "the first is no answer of ours: 1000 are answered");
	is_int(asked, ANSWER_LOOP_MOST + 1, "and the one after is not");
	peer_send_to(fd, &to, "same", 4);
	until(f, receives(server) == asked + 1);
	is_int(peer_recv_from(fd, text, sizeof text, NULL, 0), -1, "nor is the next");
	peer_send_to(fd, &to, "other", 5);
	until(f, receives(server) == asked + 2);
	is_int(peer_recv_from(fd, text, sizeof text, NULL, PEER_MS), 5, "something else is");
	ok(strstr(last_state(f, server), "answered again; 2 datagrams were not answered"),
	   "which is reported");
	peer_close_all(&fd, 1);
}

/* Neither memory nor time is spent on a peer that sends back nothing of ours. */
static void keeps_little(struct fixture *f)
{
	struct session *server = serve(f, "echo");
	struct endpoint to = endpoint_of(server);
	int fd = peer_udp(AF_INET);
	for (int i = 0; i < 100; i++) {
		peer_send_to(fd, &to, &i, sizeof i);
		until(f, receives(server) == (uint64_t)i + 1);
	}
	const struct peer *peer = session_next_peer(server, NULL);
	is_int(peer->sent, 100, "an ordinary client is answered");
	is_int(peers_find(server->ops->peers(server), &peer->addr)->loop.cap, 0,
	       "and its answers are not kept");
	peer_close_all(&fd, 1);
}

static bool may_answer(struct fixture *f, struct session *server, struct peer_slot *slot,
                       int64_t now)
{
	enum answer_verdict verdict =
	        answer_loop_judge(&slot->loop, f->transcript, session_number(server), now, "x", 1);
	return verdict == ANSWER || verdict == ANSWER_AGAIN;
}

static void rests(struct fixture *f)
{
	struct session *server = serve(f, "echo");
	struct endpoint from = { .family = AF_INET, .port = 4000, .ip = { 127, 0, 0, 1 } };
	struct peer_slot *slot;
	int64_t now = clock_now();
	session_begin_service(server);
	session_send_to(server, &from, "x", 1, &f->error);
	session_end_service(server);
	slot = peers_find(server->ops->peers(server), &from);
	slot->loop.last = now;
	int answered = 0;
	for (int i = 0; i < ANSWER_LOOP_MOST; i++) {
		answered += may_answer(f, server, slot, now);
	}
	is_int(answered, ANSWER_LOOP_MOST - 1, "the thousandth in a row is not answered");
	ok(!may_answer(f, server, slot, now + ANSWER_LOOP_REST - 1),
	   "nor is one just before the pause is over");
	ok(may_answer(f, server, slot, now + ANSWER_LOOP_REST), "then it is");
	slot->loop.last = now;
	answered = 0;
	for (int i = 0; i < 2 * ANSWER_LOOP_MOST; i++) {
		now += ANSWER_LOOP_REST;
		answered += may_answer(f, server, slot, now);
	}
	is_int(answered, 2 * ANSWER_LOOP_MOST, "who asks once a second is no loop");
}

static void run(void (*test)(struct fixture *f))
{
	struct fixture f;
	fixture_start(&f);
	test(&f);
	fixture_stop(&f);
}

static void two_echos(struct fixture *f)
{
	stops(f, "echo", "echo", 1);
}

static void echo_and_hello(struct fixture *f)
{
	stops(f, "echo", "hello", 1);
}

static void two_hellos(struct fixture *f)
{
	stops(f, "hello", "hello", 1);
}

static void several_forged(struct fixture *f)
{
	stops(f, "echo", "echo", 5);
}

/* As many as the receive buffers of both hold at the most, or nearly. */
static void many_forged(struct fixture *f)
{
	stops(f, "echo", "echo", 200);
}

int main(void)
{
	tap_watchdog(60);
	run(two_echos);
	run(echo_and_hello);
	run(two_hellos);
	run(several_forged);
	run(many_forged);
	run(answers_others);
	run(goes_on);
	run(keeps_little);
	run(rests);
	return tap_done();
}
