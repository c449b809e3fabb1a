// SPDX-License-Identifier: GPL-3.0-or-later
/* Calls made one by one, where it counts which calls are made, that the loop sleeps, or that one is
 * cancelled. What each call says and does is in tests/scripts/step_*.sp. */
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/ioctl.h>

#include "net/by_hand.h"
#include "net/session_internal.h"

static const char *try_connect(struct fixture *f, struct session *session, const char *host,
                               unsigned port)
{
	return step_connect(session, host, say("%u", port), &f->error) ? "" : f->error.text;
}

static bool begins(const char *text, const char *front)
{
	return strncmp(text, front, strlen(front)) == 0;
}

/* ---- opening ---- */

static void makes_nothing_else(struct fixture *f)
{
	struct session *s = make_socket(f, false, AF_INET), *b = make_socket(f, false, AF_INET);
	ok(step_bind(b, NULL, "0", &f->error), "bind()");
	fixture_turns(f, 2);
	is_int(count_own(f, s), 1, "socket() was called, and nothing else");
	is_int(count_own(f, b), 2, "socket() and bind(): nothing is set on it");
	is_idle(f, s, "nothing is waited for");
	ok(!sessions_make_socket(f->sessions, TRANSPORT_TCP,
	                         &(struct session_options){ .name = "no name" }, &f->error),
	   "a name that is none");
}

static void looks_names_up(struct fixture *f)
{
	struct session *s = make_listener(f, 5), *c = make_socket(f, false, AF_INET);
	try_connect(f, c, "localhost", session_local(s).port);
	ok(begins(session_waiting(c, NULL), "connect(localhost:"), "a name waits for its address");
	ok(step_cancel(c), "a look-up can be cancelled");
	fixture_turns(f, 2);
	is_int(session_state(c), SESSION_FRESH, "and nothing follows");
	c = make_socket(f, true, AF_INET);
	try_connect(f, c, "localhost", 9);
	session_close(c, &f->error);
	ok(strstr(last_state(f, c), "closed"), "closing forgets a look-up");
	c = sessions_make_socket(f->sessions, TRANSPORT_TCP,
	                         &(struct session_options){ .numeric = true }, &f->error);
	is_text(try_connect(f, c, "localhost", 9), "not a numeric address: localhost",
	        "without look-ups there are numbers only");
	ok(!session_waiting(c, NULL), "and nothing waits");
	ok(*try_connect(f, c, "udp://127.0.0.1", 9), "a scheme of the other kind");
}

static void cancels_connecting(struct fixture *f)
{
	int fill[PEER_FILL], hole = peer_blackhole(AF_INET, fill);
	struct session *s = make_socket(f, false, AF_INET), *l = make_listener(f, 5);
	is_text(try_connect(f, s, "127.0.0.1", peer_port(hole)), "", "connect() without an answer");
	fixture_turns(f, 2);
	is_int(session_tcp_state(s), STATE_SYN_SENT, "is on its way");
	ok(begins(session_waiting(s, NULL), "connect(127.0.0.1:"), "and waits");
	ok(!send_text(f, s, "x"), "nothing is sent meanwhile");
	ok(step_pause(s, false, &f->error), "resuming does not disturb it");
	ok(session_waiting(s, NULL), "it still waits");
	step_pause(s, true, &f->error);
	ok(step_cancel(s), "cancelled");
	ok(strstr(last_state(f, s), " cancelled after ") &&
	           strstr(last_state(f, s), "connect(AF_UNSPEC) = 0"),
	   "it says how");
	is_int(session_state(s), SESSION_FRESH, "the socket is as before");
	try_connect(f, s, "127.0.0.1", session_local(l).port);
	until(f, session_state(s) == SESSION_OPEN);
	is_int(session_state(s), SESSION_OPEN, "and connects elsewhere");
	s = make_socket(f, false, AF_INET);
	try_connect(f, s, "127.0.0.1", peer_port(hole));
	ok(session_abort(s, &f->error), "/abort while it connects");
	is_int(session_state(s), SESSION_CLOSED, "closes it");
	try_connect(f, make_socket(f, false, AF_INET), "127.0.0.1", peer_port(hole));
	peer_close_all(fill, PEER_FILL);
	peer_close_all(&hole, 1);
}

static void accepts_by_hand(struct fixture *f)
{
	struct session *l = make_listener(f, 1);
	ok(!step_accept(l, "42", &f->error), "a name that is none");
	ok(step_accept(l, NULL, &f->error) && step_cancel(l), "accept() can be cancelled");
	is_idle(f, l, "and the loop sleeps");
	step_accept(l, NULL, &f->error);
	ok(step_pause(l, false, &f->error) && !session_waiting(l, NULL),
	   "resuming takes its place");
}

/* The kernel's own word for it. */
static bool has_peer(const struct session *session)
{
	struct sockaddr_storage storage;
	socklen_t len = sizeof storage;
	return getpeername(session->fd[0], (struct sockaddr *)&storage, &len) == 0;
}

static int connected_to(const struct endpoint *to)
{
	struct sockaddr_storage storage;
	socklen_t len = endpoint_to_sockaddr(to, &storage);
	int fd = peer_udp(to->family);
	return connect(fd, (struct sockaddr *)&storage, len) == 0 ? fd : -1;
}

static void disconnects(struct fixture *f)
{
	struct session *u = make_socket(f, true, AF_INET);
	int peer = peer_udp(AF_INET), stranger = peer_udp(AF_INET);
	try_connect(f, u, "127.0.0.1", peer_port(peer));
	ok(has_peer(u) && step_disconnect(u, &f->error), "connected, and undone again");
	ok(!has_peer(u), "the kernel has no peer for it");
	is_int(peer_port(u->fd[0]), 0, "nor a port any more");
	int other = peer_udp(AF_INET); /* the kernel keeps only a port that was named */
	struct endpoint at = peer_addr(other);
	peer_close_all(&other, 1);
	step_bind(u, NULL, say("%u", at.port), &f->error);
	try_connect(f, u, "127.0.0.1", peer_port(peer));
	int deaf = connected_to(&at);
	send(deaf, "deaf", 4, 0);
	ok(peer_wait(deaf, POLLIN, PEER_MS), "a stranger is refused");
	ok(step_disconnect(u, &f->error) && peer_port(u->fd[0]) == at.port,
	   "undone, its own port stays");
	peer_send_to(stranger, &at, "heard", 5);
	until(f, is_readable(u));
	try_recv(f, u, 9, RECV_PLAIN);
	ok(has_received(f, u, "heard"), "a stranger is heard, but not what it had sent before");
	struct pair p = make_pair(f);
	int connects = count_calls(f, p.client, CALL_CONNECT);
	ok(!step_disconnect(p.client, &f->error) && strstr(f->error.text, "/abort does that"),
	   "a connection is not reset by it");
	ok(!step_disconnect(p.listener, &f->error) && strstr(f->error.text, "/close does that"),
	   "and a listener stays");
	is_int(count_calls(f, p.client, CALL_CONNECT), connects, "no call is made for them");
	end_pair(f, &p);
	peer_close_all((int[]){ peer, stranger, deaf }, 3);
}

/* ---- recv() ---- */

static void cancels(struct fixture *f)
{
	struct pair p = make_pair(f);
	ok(!step_cancel(p.server), "nothing to cancel");
	try_recv(f, p.server, 1024, RECV_PLAIN);
	ok(step_cancel(p.server), "a recv() that waits is cancelled");
	ok(!session_waiting(p.server, NULL), "and waits no more");
	ok(strncmp(last_state(f, p.server), "recv(1024) cancelled after ", 27) == 0,
	   "which is reported");
	send_text(f, p.client, "late");
	fixture_turns(f, 3);
	is_int(count_calls(f, p.server, CALL_RECV), 0, "it is not made later");
	try_recv(f, p.server, 1024, RECV_PLAIN);
	until(f, !session_waiting(p.server, NULL));
	ok(has_received(f, p.server, "late"), "the next one takes what came");
	end_pair(f, &p);
}

static void waits_for_all(struct fixture *f)
{
	struct pair p = make_pair(f);
	send_text(f, p.client, "half");
	until(f, has_to_read(p.server, 4));
	is_text(try_recv(f, p.server, 8, RECV_ALL), "", "recv(MSG_WAITALL)");
	is_text(session_waiting(p.server, NULL), "recv(8, MSG_WAITALL)", "waits");
	fixture_turns(f, 3);
	is_int(count_calls(f, p.server, CALL_RECV), 0, "half of it is not enough");
	is_int(low_water(p.server), 8, "select() is set so");
	send_text(f, p.client, "more");
	until(f, !session_waiting(p.server, NULL));
	const struct entry *entry = newest_call(f, p.server, CALL_RECV);
	is_bytes(entry_payload(entry), entry->len, "halfmore", 8, "all of it, in one call");
	is_int(low_water(p.server), 1, "the socket is as before");
	ok(newest_call(f, p.server, CALL_SETSOCKOPT)->flags & ENTRY_WATCHING,
	   "these calls are the program's own");
	try_recv(f, p.server, 100, RECV_ALL);
	step_cancel(p.server);
	is_int(low_water(p.server), 1, "also when it is cancelled");
	send_text(f, p.client, "end");
	session_shutdown(p.client, SHUT_WR, &f->error);
	try_recv(f, p.server, 100, RECV_ALL);
	until(f, !session_waiting(p.server, NULL));
	entry = newest_call(f, p.server, CALL_RECV);
	is_bytes(entry_payload(entry), entry->len, "end", 3, "end of file makes it less");
	end_pair(f, &p);
}

/* The kernel raises SO_RCVLOWAT no higher than half of such a buffer. */
static void waits_beyond_the_buffer(struct fixture *f)
{
	enum { MANY = 100000 };
	struct pair p = make_pair(f);
	char *noise = make_noise(MANY);
	int small = 1 << 15;
	setsockopt(p.server->fd[0], SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
	step_pause(p.client, false, &f->error);
	session_send(p.client, noise, MANY, &f->error);
	try_recv(f, p.server, MANY, RECV_ALL);
	until(f, !session_waiting(p.server, NULL));
	struct buf got = received(f, session_number(p.server));
	is_bytes(buf_data(&got), got.len, noise, MANY,
	         "more than a buffer holds comes in several calls, and all of it");
	is_int(low_water(p.server), 1, "the socket is as before");
	buf_free(&got);
	free(noise);
	end_pair(f, &p);
}

static void asks_for_much(struct fixture *f)
{
	struct pair p = make_pair(f);
	send_text(f, p.client, "x");
	until(f, has_to_read(p.server, 1));
	is_text(try_recv(f, p.server, SESSION_RECV_MOST + 1, RECV_PLAIN),
	        "recv: 1000001 bytes are more than the 1000000 that one call may take",
	        "too much for one call");
	try_recv(f, p.server, SESSION_RECV_MOST, RECV_PLAIN);
	is_int(newest_call(f, p.server, CALL_RECV)->arg, SESSION_RECV_MOST,
	       "as much as that is asked for, whatever room a block had");
	end_pair(f, &p);
}

/* ---- ends ---- */

static void closes_while_waiting(struct fixture *f)
{
	struct pair p = make_pair(f);
	try_recv(f, p.server, 100, RECV_ALL);
	ok(session_close(p.server, &f->error), "closing while recv() waits");
	is_int(count_states(f, p.server, "cancelled after"), 1, "cancels it");
	ok(!session_waiting(p.server, NULL) && !step_cancel(p.server), "for good");
	try_recv(f, p.client, 100, RECV_PLAIN);
	ok(session_abort(p.client, &f->error), "so does /abort");
	fixture_turns(f, 2);
	ok(sessions_forget(f->sessions, p.client, &f->error), "and forgetting it");
	p.client = NULL;
	step_accept(p.listener, NULL, &f->error);
	ok(session_waiting(p.listener, NULL), "accept() waits to the end of the program");
}

/* ---- send() ---- */

static size_t fill(struct fixture *f, struct pair *p, char *noise, size_t len)
{
	int small = 1 << 16;
	setsockopt(p->client->fd[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
	ok(session_send(p->client, noise, len, &f->error), "a large send()");
	return session_unsent(p->client);
}

static void waits_for_room(struct fixture *f)
{
	enum { MANY = 900000 };
	struct pair p = make_pair(f);
	char *noise = make_noise(MANY);
	ok(fill(f, &p, noise, MANY) > 0, "the kernel does not take all of it");
	is_int(count_calls(f, p.client, CALL_SEND), 1, "in the one call");
	is_text(session_waiting(p.client, NULL), "send(900000)", "so it waits");
	ok(!send_text(f, p.client, "x") && strstr(f->error.text, "send(900000) waits"),
	   "another send() is refused");
	ok(!step_send_urgent(p.client, 'x', &f->error), "an urgent one, too");
	ok(*try_recv(f, p.client, 5, RECV_PLAIN), "and a recv()");
	step_pause(p.server, false, &f->error);
	until(f, session_counts(p.server)->received_bytes == MANY);
	struct buf got = received(f, session_number(p.server));
	is_bytes(buf_data(&got), got.len, noise, MANY, "it goes out as the peer reads");
	ok(!session_waiting(p.client, NULL), "and waits no more");
	ok(newest_call(f, p.client, CALL_SEND)->flags & ENTRY_WAITED, "the rest has waited");
	buf_free(&got);
	free(noise);
	end_pair(f, &p);
}

static void cancels_sending(struct fixture *f)
{
	enum { MANY = 900000 };
	struct pair p = make_pair(f);
	char *noise = make_noise(MANY), text[80];
	size_t unsent = fill(f, &p, noise, MANY);
	ok(step_cancel(p.client), "a send() that waits is cancelled");
	snprintf(text, sizeof text, ": %zu bytes were not sent", unsent);
	ok(strstr(last_failure(f, p.client), text), "what was not sent is reported");
	is_int(session_unsent(p.client), 0, "and dropped");
	is_idle(f, p.client, "nothing is waited for");
	ok(*try_recv(f, p.client, 0, RECV_PLAIN) == '\0', "the next call may be made");
	step_cancel(p.client);
	free(noise);
	end_pair(f, &p);
}

/* ---- what comes meanwhile ---- */

static uint64_t known(const struct session *session, enum sample_field field)
{
	return sample_get(session_sample(session), field);
}

/* No call is made, and none is waited for. */
static void sees_what_comes(struct fixture *f)
{
	struct pair p = make_pair(f);
	struct session *other = make_socket(f, false, AF_INET);
	int receives = count_calls(f, p.server, CALL_RECV);
	send_text(f, p.client, "one");
	until(f, known(p.server, SAMPLE_INQ) == 3);
	is_int(known(p.server, SAMPLE_INQ), 3, "what comes is seen");
	send_text(f, p.client, "two");
	until(f, known(p.server, SAMPLE_INQ) == 6);
	is_int(known(p.server, SAMPLE_INQ), 6, "and what more comes");
	is_int(count_calls(f, p.server, CALL_RECV), receives, "without a call");
	is_idle(f, p.server, "which lets the loop sleep");
	char port[8];
	port_text(p.listener, port);
	step_connect(other, "127.0.0.1", port, &f->error);
	until(f, known(p.listener, SAMPLE_QUEUE) == 1);
	is_int(known(p.listener, SAMPLE_QUEUE), 1, "so is who waits to be accepted");
	session_shutdown(p.client, SHUT_RD, &f->error);
	is_idle(f, p.client, "what is readable for no reason of the kernel's is left alone");
	session_close(other, &f->error);
	end_pair(f, &p);
}

/* ---- pausing ---- */

static void pauses(struct fixture *f)
{
	struct couple c = make_couple(f);
	step_pause(c.session, true, &f->error);
	peer_send(c.peer, "onetwo", 6, PEER_MS);
	until(f, has_to_read(c.session, 6));
	is_idle(f, c.session, "what has come does not keep the loop busy");
	try_recv(f, c.session, 3, RECV_PLAIN);
	ok(has_received(f, c.session, "one"), "and is read by hand");
	ok(send_text(f, c.session, "out"), "sending goes on");
	ok(step_pause(c.session, false, &f->error), "resumed");
	until(f, has_received(f, c.session, "onetwo"));
	ok(has_received(f, c.session, "onetwo"), "it reads by itself again");
	step_pause(c.session, true, &f->error);
	try_recv(f, c.session, 7, RECV_ALL);
	ok(step_pause(c.session, false, &f->error) && !session_waiting(c.session, NULL),
	   "resuming cancels a recv() that waits");
	is_int(low_water(c.session), 1, "and what was set for it");
	end_couple(&c);
}

int main(void)
{
	static void (*const tests[])(struct fixture *) = {
		makes_nothing_else,
		looks_names_up,
		cancels_connecting,
		accepts_by_hand,
		disconnects,
		cancels,
		waits_for_all,
		waits_beyond_the_buffer,
		asks_for_much,
		sees_what_comes,
		closes_while_waiting,
		waits_for_room,
		cancels_sending,
		pauses,
	};
	tap_watchdog(30);
	for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
		struct fixture f;
		fixture_start(&f);
		tests[i](&f);
		fixture_stop(&f);
	}
	return tap_done();
}
