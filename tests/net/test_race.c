// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "net/dialled.h"
#include "net/fixture.h"
#include "net/scripted.h"

/* A name with several addresses, 127.0.0.1 to 127.0.0.6 at one port: an address that is silent has a
 * listener whose queue is full, so that SYNs to it are dropped. */

enum { FULL = 3 };

struct silent {
	int listener, fill[FULL];
};

static struct endpoint at(unsigned last, unsigned port)
{
	return (struct endpoint){ .family = AF_INET,
		                  .port = (uint16_t)port,
		                  .ip = { 127, 0, 0, (uint8_t)last } };
}

static int bound(const struct endpoint *addr)
{
	struct sockaddr_storage storage;
	int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t len = endpoint_to_sockaddr(addr, &storage);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	return bind(fd, (struct sockaddr *)&storage, len) == 0 ? fd : -1;
}

static int listener_at(unsigned last, unsigned port)
{
	struct endpoint addr = at(last, port);
	int fd = bound(&addr);
	listen(fd, 8);
	return fd;
}

/* listen(0) queues one connection: of those that follow none is let in. */
static struct silent silent_at(unsigned last, unsigned port)
{
	struct endpoint addr = at(last, port);
	struct sockaddr_storage storage;
	struct silent silent = { .listener = bound(&addr) };
	socklen_t len = endpoint_to_sockaddr(&addr, &storage);
	listen(silent.listener, 0);
	for (int i = 0; i < FULL; i++) {
		silent.fill[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		connect(silent.fill[i], (struct sockaddr *)&storage, len);
		peer_wait(silent.listener, POLLIN, PEER_MS);
	}
	return silent;
}

static void end_silent(struct silent *silent)
{
	peer_close_all(silent->fill, FULL);
	peer_close_all(&silent->listener, 1);
}

static struct session *open_to_all(struct fixture *f, const unsigned *last, size_t count,
                                   unsigned port, int64_t limit)
{
	struct lookup_answer answer = { .count = count };
	for (size_t i = 0; i < count; i++)
		answer.addr[i] = at(last[i], port);
	return dial_to(f, &answer, limit);
}

static int open_fds(const struct fixture *f, const struct session *session)
{
	return count_entries(f, session_number(session), CALL_SOCKET, NULL) -
	       count_entries(f, session_number(session), CALL_CLOSE, NULL);
}

static void until_ended(struct fixture *f, const struct session *session)
{
	until(f, session_state(session) != SESSION_CONNECTING);
	fixture_turns(f, 2);
}

static void overtakes_a_silent_one(struct fixture *f)
{
	char text[16];
	int listener = listener_at(1, 0);
	struct silent two = silent_at(2, peer_port(listener));
	int64_t begun = clock_now();
	struct session *session = open_to_all(f, (unsigned[]){ 2, 1 }, 2, peer_port(listener), 0);
	ok(send_text(f, session, "early"), "what is typed meanwhile waits");
	until_ended(f, session);
	int64_t took = clock_now() - begun;
	is_int(session_state(session), SESSION_OPEN, "a silent first address is overtaken");
	ok(took >= 250 * CLOCK_MS && took < 60 * CLOCK_S, "after 250 ms, not after minutes");
	is_int(count_states(f, session, "try 1 127.0.0.2 has not answered within "), 1,
	       "that it is silent is reported");
	is_int(count_states(f, session, "try 2 127.0.0.1 connected in "), 1, "who was first");
	is_int(count_states(f, session, "try 1 127.0.0.2 closed: try 2 was first"), 1,
	       "and what became of the other");
	is_int(open_fds(f, session), 1, "whose socket is closed");
	is_int(session_peer(session).ip[3], 1, "the peer is the winner");
	is_int(session_local(session).ip[3], 1, "and so is our own end");
	int fd = peer_accept(listener, PEER_MS);
	is_int(peer_recv_until(fd, text, sizeof text, "early", PEER_MS), 5,
	       "which gets what was typed");
	peer_send(fd, "hello", 5, PEER_MS);
	until(f, session_counts(session)->received_bytes == 5);
	ok(has_received(f, session, "hello"), "and is heard");
	end_silent(&two);
	peer_close_all((int[]){ listener, fd }, 2);
}

static void goes_on_at_once(struct fixture *f)
{
	int listener = listener_at(1, 0);
	uint64_t turns = f->poller.turns;
	struct session *session =
	        open_to_all(f, (unsigned[]){ 2, 3, 4, 1 }, 4, peer_port(listener), 0);
	until_ended(f, session);
	/* one rest of 250 ms alone is 50 turns */
	ok(session_state(session) == SESSION_OPEN && f->poller.turns - turns < 20,
	   "after one that refuses the next begins at once");
	is_int(count_states(f, session,
	                    "try 1 127.0.0.2: Connection refused, try 2 127.0.0.3: Connection "
	                    "refused, try 3 127.0.0.4: Connection "
	                    "refused, try 4 127.0.0.1 connected in "),
	       1, "all in one line");
	peer_close_all(&listener, 1);
}

static void takes_them_in_turn(struct fixture *f)
{
	int listener = listener_at(1, 0);
	struct silent two = silent_at(2, peer_port(listener));
	struct session_options options = { .timeout = 400 * CLOCK_MS, .in_turn = true };
	struct lookup_answer answer = {
		.count = 3,
		.addr = { at(3, peer_port(listener)), at(2, peer_port(listener)),
		          at(1, peer_port(listener)) },
	};
	int64_t begun = clock_now();
	struct session *session = dial_with(f, &answer, &options);
	until(f, count_entries(f, session_number(session), CALL_SOCKET, NULL) > 1);
	is_int(session->fd_count, 1, "in turn one socket is there at a time");
	until_ended(f, session);
	is_int(session_state(session), SESSION_OPEN, "the third address is reached");
	ok(clock_now() - begun >= 400 * CLOCK_MS, "when the second has had the whole limit");
	is_int(count_entries(f, session_number(session), CALL_SOCKET, NULL), 3, "of its own");
	is_int(open_fds(f, session), 1, "the sockets of the others are closed");
	end_silent(&two);
	two = silent_at(2, peer_port(listener));
	answer.count = 2;
	session = dial_with(f, &answer, &options);
	until_ended(f, session);
	ok(strstr(last_failure(f, session), "timed out"), "the last one's limit is the end");
	end_silent(&two);
	peer_close_all(&listener, 1);
}

static void keeps_the_limit(struct fixture *f)
{
	int listener = listener_at(1, 0);
	unsigned port = peer_port(listener);
	struct silent two = silent_at(2, port), three = silent_at(3, port);
	struct session *session = open_to_all(f, (unsigned[]){ 2, 4, 3 }, 3, port, 600 * CLOCK_MS);
	until_ended(f, session);
	is_int(session_state(session), SESSION_CLOSED, "the limit is for all");
	ok(strstr(last_failure(f, session), "try 2 127.0.0.4: Connection refused, try 1 127.0.0.2, "
	                                    "try 3 127.0.0.3 timed out: no answer "
	                                    "to our SYNs within the limit of 600 ms"),
	   "the last line says what became of each");
	is_int(count_entries(f, session_number(session), CALL_SOCKET, NULL), 3,
	       "each was tried once");
	is_int(count_states(f, session, "try 1 127.0.0.2 has not answered"), 1,
	       "the silence of the first was reported");
	is_int(open_fds(f, session), 0, "all sockets are closed");
	end_silent(&two);
	end_silent(&three);
	peer_close_all(&listener, 1);
}

/* What has failed beside one that is under way is reported meanwhile. */
static void reports_as_it_happens(struct fixture *f)
{
	int listener = listener_at(1, 0);
	struct silent two = silent_at(2, peer_port(listener));
	struct session *session = open_to_all(f, (unsigned[]){ 2, 3 }, 2, peer_port(listener), 0);
	until(f, count_states(f, session, "try 2 127.0.0.3: Connection refused"));
	is_int(session_state(session), SESSION_CONNECTING, "a refusal is reported");
	is_text(last_state(f, session), "try 2 127.0.0.3: Connection refused",
	        "while another goes on");
	/* Only our own SYN may come again: another would take the one place in the queue. */
	peer_close_all(two.fill + 1, FULL - 1);
	int accepted = peer_accept(two.listener, PEER_MS);
	until_ended(f, session);
	is_int(session_state(session), SESSION_OPEN, "a slow first one may still win");
	is_int(session_peer(session).ip[3], 2, "and is the peer");
	peer_close_all(&accepted, 1);
	end_silent(&two);
	peer_close_all(&listener, 1);
}

static void makes_room(struct fixture *f)
{
	int listener = listener_at(1, 0);
	unsigned port = peer_port(listener);
	struct silent silent[SESSION_SOCKETS];
	for (unsigned i = 0; i < SESSION_SOCKETS; i++)
		silent[i] = silent_at(2 + i, port);
	int64_t begun = clock_now();
	struct session *session =
	        open_to_all(f, (unsigned[]){ 2, 3, 4, 5, 1 }, SESSION_SOCKETS + 1, port, 0);
	until_ended(f, session);
	ok(session_state(session) == SESSION_OPEN && clock_now() - begun >= 2 * CLOCK_S,
	   "beyond four at a time the oldest makes room after two seconds");
	is_int(count_states(f, session, "try 1 127.0.0.2 given up: no answer within 2"), 1,
	       "which is reported");
	is_int(count_states(f, session,
	                    "try 2 127.0.0.3, try 3 127.0.0.4, try 4 127.0.0.5 closed: try 5 was "
	                    "first"),
	       1, "as is the end of the others");
	is_int(open_fds(f, session), 1, "one socket is left");
	for (unsigned i = 0; i < SESSION_SOCKETS; i++)
		end_silent(&silent[i]);
	peer_close_all(&listener, 1);
}

static void can_be_closed(struct fixture *f)
{
	int listener = listener_at(1, 0);
	struct silent two = silent_at(2, peer_port(listener)),
	              three = silent_at(3, peer_port(listener));
	struct session *session = open_to_all(f, (unsigned[]){ 2, 3 }, 2, peer_port(listener), 0);
	until(f, session->fd_count == 2);
	sessions_sample(f->sessions, session);
	ok(session_tcp_state(session) == STATE_SYN_SENT, "two are under way");
	ok(session_close(session, &f->error), "it can be closed meanwhile");
	fixture_turns(f, 2);
	is_int(open_fds(f, session), 0, "with every socket");
	end_silent(&two);
	end_silent(&three);
	peer_close_all(&listener, 1);
}

/* The order of getaddrinfo() but for the families, which take turns. */
static void takes_families_in_turn(struct fixture *f)
{
	static const char *const want[] = { "try 1 127.0.0.2: ", ", try 2 ::1: ",
		                            ", try 3 127.0.0.3: ", ", try 4 127.0.0.1: " };
	int refused = peer_refused(AF_INET);
	struct session *session = open_to(f, TRANSPORT_TCP, "race.test", peer_port(refused), NULL);
	until(f, session_state(session) == SESSION_CLOSED);
	const char *line = last_failure(f, session);
	for (size_t i = 0; i < sizeof want / sizeof *want; i++)
		ok(strstr(line, want[i]), "%s", want[i]);
	struct session_options six = { .family = AF_INET6 }, four = { .family = AF_INET };
	session = open_to(f, TRANSPORT_TCP, "race.test", peer_port(refused), &six);
	until(f, session_state(session) == SESSION_CLOSED);
	is_int(count_entries(f, session_number(session), CALL_SOCKET, NULL), 1, "-6 has one");
	session = open_to(f, TRANSPORT_TCP, "race.test", peer_port(refused), &four);
	until(f, session_state(session) == SESSION_CLOSED);
	is_int(count_entries(f, session_number(session), CALL_SOCKET, NULL), 3, "-4 has three");
	session = open_to(f, TRANSPORT_UDP, "race.test", peer_port(refused), NULL);
	until(f, session_state(session) == SESSION_OPEN);
	is_int(count_entries(f, session_number(session), CALL_SOCKET, NULL), 1,
	       "UDP does not race");
	is_int(session_peer(session).ip[3], 2, "and takes the first");
	peer_close_all(&refused, 1);
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
	tap_watchdog(60);
	run(overtakes_a_silent_one);
	run(goes_on_at_once);
	run(takes_them_in_turn);
	run(keeps_the_limit);
	run(reports_as_it_happens);
	run(makes_room);
	run(can_be_closed);
	if (peer_has_ipv6())
		run(takes_families_in_turn);
	return tap_done();
}
