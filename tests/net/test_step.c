// SPDX-License-Identifier: GPL-3.0-or-later
/* Calls made one by one: those that move bytes, waiting, cancelling and pausing. Opening is in
 * test_step_open.c. */
#include <errno.h>
#include <netinet/in.h>
#include <sys/ioctl.h>

#include "net/by_hand.h"
#include "net/service.h"
#include "net/session_internal.h"

/* ---- recv() ---- */

static void receives_by_hand(struct fixture *f)
{
	struct pair p = make_pair(f);
	send_text(f, p.client, "0123456789");
	until(f, has_to_read(p.server, 10));
	is_text(try_recv(f, p.server, 4, RECV_PLAIN), "", "recv(4)");
	ok(has_received(f, p.server, "0123"), "takes four bytes, at once");
	is_int(newest_call(f, p.server, CALL_RECV)->flags & ENTRY_WAITED, 0, "without waiting");
	is_int(newest_call(f, p.server, CALL_RECV)->arg, 4, "and asks for just four");
	fixture_turns(f, 3);
	is_int(count_calls(f, p.server, CALL_RECV), 1, "nothing is read by itself");
	try_recv(f, p.server, 4, RECV_PLAIN);
	try_recv(f, p.server, 1024, RECV_PLAIN);
	ok(has_received(f, p.server, "0123456789"), "4, 4, 2");
	is_int(session_counts(p.server)->received_bytes, 10, "counted");
	end_pair(f, &p);
}

static void waits_for_bytes(struct fixture *f)
{
	struct pair p = make_pair(f);
	int64_t since = 0, before = clock_now();
	is_text(try_recv(f, p.server, 1024, RECV_PLAIN), "", "recv() with nothing there");
	is_text(session_waiting(p.server, &since), "recv(1024)", "waits");
	ok(since >= before && since <= clock_now(), "since it was asked for");
	fixture_turns(f, 3);
	is_int(count_calls(f, p.server, CALL_RECV), 0, "and no call is made before it can succeed");
	is_text(try_recv(f, p.server, 5, RECV_PLAIN),
	        say("recv(1024) waits in session %u: Ctrl-C cancels it", session_number(p.server)),
	        "a second one is refused");
	ok(!send_text(f, p.server, "x"), "and so is a send(): one program, one call");
	ok(step_bind(p.server, NULL, "0", &f->error) == false, "and whatever would look up");
	send_text(f, p.client, "hello");
	until(f, !session_waiting(p.server, NULL));
	ok(has_received(f, p.server, "hello"), "bytes end it");
	const struct entry *entry = newest_call(f, p.server, CALL_RECV);
	ok(entry->flags & ENTRY_WAITED, "one entry, of a call that has waited");
	ok((int64_t)entry->duration * CLOCK_US >= clock_now() - since - CLOCK_S &&
	           entry->duration > 0,
	   "for as long as it did");
	is_int(count_calls(f, p.server, CALL_RECV), 1, "just one");
	end_pair(f, &p);
}

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

static void peeks(struct fixture *f)
{
	struct pair p = make_pair(f);
	send_text(f, p.client, "peekaboo");
	until(f, has_to_read(p.server, 8));
	try_recv(f, p.server, 4, RECV_PEEK);
	const struct entry *entry = newest_call(f, p.server, CALL_RECV);
	is_bytes(entry_payload(entry), entry->len, "peek", 4, "peek shows the bytes");
	is_int(entry->arg2, MSG_PEEK, "with its flag");
	is_int(session_counts(p.server)->received_bytes, 0, "and takes none");
	try_recv(f, p.server, 8, RECV_PLAIN);
	entry = newest_call(f, p.server, CALL_RECV);
	is_bytes(entry_payload(entry), entry->len, "peekaboo", 8, "they are there still");
	is_int(entry->stream_offset, 0, "at the same place of the stream");
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

static void receives_urgently(struct fixture *f)
{
	struct pair p = make_pair(f);
	is_text(try_recv(f, p.server, 1, RECV_URGENT),
	        "recv(1, MSG_OOB) = -1 EINVAL: there is no urgent byte, or SO_OOBINLINE has put it "
	        "into the stream",
	        "no urgent byte, no waiting");
	send_text(f, p.client, "abc");
	ok(step_send_urgent(p.client, 'X', &f->error), "an urgent byte is sent");
	is_int(newest_call(f, p.client, CALL_SEND)->arg2 & MSG_OOB, MSG_OOB, "by MSG_OOB");
	send_text(f, p.client, "def");
	until(f, has_to_read(p.server, 3));
	try_recv(f, p.server, 100, RECV_PLAIN);
	ok(has_received(f, p.server, "abc"), "recv() stops at the mark");
	until(f, !*try_recv(f, p.server, 100, RECV_URGENT));
	ok(has_received(f, p.server, "abcX"), "gets the urgent one");
	ok(*try_recv(f, p.server, 100, RECV_URGENT), "once");
	until(f, is_readable(p.server));
	try_recv(f, p.server, 100, RECV_PLAIN);
	const struct entry *entry = newest_call(f, p.server, CALL_RECV);
	is_bytes(entry_payload(entry), entry->len, "def", 3, "the rest of the stream");
	is_int(entry->stream_offset, 3, "which the urgent byte is no part of");
	end_pair(f, &p);
}

static void asks_for_nothing(struct fixture *f)
{
	struct pair p = make_pair(f);
	send_text(f, p.client, "x");
	until(f, has_to_read(p.server, 1));
	is_text(try_recv(f, p.server, 0, RECV_PLAIN), "", "recv(0)");
	is_text(last_state(f, p.server),
	        "recv(0) = 0: the buffer has 0 bytes, so this is no end of file", "is no FIN");
	ok(!session_peer_closed(p.server), "and not taken for one");
	is_text(try_recv(f, p.server, SESSION_RECV_MOST + 1, RECV_PLAIN),
	        "recv: 1000001 bytes are more than the 1000000 that one call may take",
	        "too much for one call");
	try_recv(f, p.server, SESSION_RECV_MOST, RECV_PLAIN);
	is_int(newest_call(f, p.server, CALL_RECV)->arg, SESSION_RECV_MOST,
	       "as much as that is asked for, whatever room a block had");
	end_pair(f, &p);
}

/* ---- ends ---- */

static void notices_fin_by_hand(struct fixture *f)
{
	struct pair p = make_pair(f);
	session_shutdown(p.client, SHUT_WR, &f->error);
	until(f, is_readable(p.server));
	fixture_turns(f, 3);
	ok(!session_peer_closed(p.server), "FIN is not noticed by itself");
	is_int(session_tcp_state(p.server), STATE_CLOSE_WAIT, "but the kernel's state is");
	try_recv(f, p.server, 10, RECV_PLAIN);
	is_text(last_state(f, p.server), "peer closed its side (FIN): recv() = 0", "recv() does");
	try_recv(f, p.server, 10, RECV_PLAIN);
	is_text(last_state(f, p.server), "recv() = 0: end of file, as before", "and again");
	ok(session_shutdown(p.server, SHUT_WR, &f->error), "our FIN, too");
	is_int(session_state(p.server), SESSION_OPEN,
	       "closes nothing: close() is a call of its own");
	until(f, session_tcp_state(p.server) == STATE_CLOSED);
	is_int(session_tcp_state(p.server), STATE_CLOSED, "but nothing is left of it");
	ok(!send_text(f, p.server, "x"), "send() after FIN is made");
	is_text(f->error.text, "send(1) = -1 EPIPE: this side is closed, FIN has been sent",
	        "and refused by the kernel");
	ok(step_pause(p.server, false, &f->error), "by itself again");
	is_int(session_state(p.server), SESSION_CLOSED, "it closes, as both sides have");
	end_pair(f, &p);
}

static void notices_reset_by_hand(struct fixture *f)
{
	struct pair p = make_pair(f);
	send_text(f, p.client, "legacy");
	until(f, has_to_read(p.server, 6));
	session_abort(p.client, &f->error);
	fixture_turns(f, 3);
	is_int(session_state(p.server), SESSION_OPEN, "RST is not noticed by itself");
	is_idle(f, p.server, "nor does it keep the loop busy");
	try_recv(f, p.server, 100, RECV_PLAIN);
	ok(has_received(f, p.server, "legacy"), "what came before is read first");
	is_text(try_recv(f, p.server, 100, RECV_PLAIN), "", "then recv()");
	is_text(last_failure(f, p.server), "connection reset by peer (RST): recv() = -1 ECONNRESET",
	        "reports it");
	is_int(session_state(p.server), SESSION_OPEN, "close() is left to the person");
	try_recv(f, p.server, 100, RECV_PLAIN);
	is_text(last_state(f, p.server), "recv() = 0: after a reset nothing more comes",
	        "the next one reports the end");
	ok(!send_text(f, p.server, "x"), "send() is made");
	is_text(f->error.text, "send(1) = -1 EPIPE: the connection had been reset before",
	        "and fails");
	ok(session_close(p.server, &f->error), "so is close()");
	is_int(session_end(p.server), SESSION_ENDED_RESET, "which ends the session");
	end_pair(f, &p);
}

static void goes_on_behind_a_reset(struct fixture *f)
{
	struct pair p = make_pair(f);
	session_close(p.client, &f->error);
	until(f, is_readable(p.server));
	try_recv(f, p.server, 100, RECV_PLAIN);
	ok(send_text(f, p.server, "1"), "the first send() after the peer's close() succeeds");
	until(f, !send_text(f, p.server, "2") || session_state(p.server) == SESSION_CLOSED ||
	                 *last_failure(f, p.server));
	is_text(last_failure(f, p.server),
	        "connection reset by peer (RST) some time ago: send() = -1 EPIPE",
	        "not a later one");
	is_int(session_state(p.server), SESSION_OPEN, "which closes nothing");
	try_recv(f, p.server, 100, RECV_PLAIN);
	is_text(last_state(f, p.server), "recv() = 0: end of file, as before", "FIN came first");
	ok(step_pause(p.server, false, &f->error), "by itself again");
	is_int(session_end(p.server), SESSION_ENDED_RESET, "it ends");
	end_pair(f, &p);
}

static void meets_reset_in_recv(struct fixture *f)
{
	struct pair p = make_pair(f);
	try_recv(f, p.server, 100, RECV_PLAIN);
	session_abort(p.client, &f->error);
	until(f, !session_waiting(p.server, NULL));
	is_text(last_failure(f, p.server), "connection reset by peer (RST): recv() = -1 ECONNRESET",
	        "RST ends a recv() that waits");
	ok(step_pause(p.server, false, &f->error), "by itself again");
	until(f, session_state(p.server) == SESSION_CLOSED);
	is_int(session_end(p.server), SESSION_ENDED_RESET, "it ends");
	end_pair(f, &p);
}

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
	is_text(try_recv(f, c.session, 10, RECV_PLAIN),
	        say("/pause first: session %u reads by itself", session_number(c.session)),
	        "reads by itself");
	ok(!step_pause(c.session, false, &f->error), "what is not paused cannot be resumed");
	ok(step_pause(c.session, true, &f->error), "paused");
	ok(session_is_paused(c.session), "it says so");
	ok(!step_pause(c.session, true, &f->error), "once");
	peer_send(c.peer, "onetwo", 6, PEER_MS);
	until(f, has_to_read(c.session, 6));
	is_idle(f, c.session, "what has come does not keep the loop busy");
	try_recv(f, c.session, 3, RECV_PLAIN);
	ok(has_received(f, c.session, "one"), "and is read by hand");
	ok(send_text(f, c.session, "out"), "sending goes on");
	try_recv(f, c.session, 100, RECV_URGENT);
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

/* A service must not see what a person reads, but has its due in the end. */
static void pauses_service(struct fixture *f)
{
	struct session_options options = { .service = service_find("hello") };
	struct session *server = listen_on(f, TRANSPORT_TCP, "127.0.0.1", 0, &options);
	char text[64] = "";
	ok(step_pause(server, true, &f->error), "a listener is paused");
	int client = peer_connect(AF_INET, session_local(server).port, PEER_MS);
	until(f, is_readable(server));
	is_int(count_calls(f, server, CALL_ACCEPT), 0, "it accepts nothing");
	is_idle(f, server, "and the loop sleeps");
	ok(step_accept(server, "guest", &f->error), "accept() by hand");
	struct session *guest = sessions_named(f->sessions, "guest");
	ok(guest && session_is_paused(guest), "the client is paused, too");
	is_int(count_calls(f, guest, CALL_SEND), 0, "and not greeted");
	peer_half_close(client);
	until(f, is_readable(guest));
	try_recv(f, guest, 10, RECV_PLAIN);
	is_int(session_state(guest), SESSION_OPEN, "nor is its FIN answered");
	step_pause(guest, false, &f->error);
	peer_recv_until(client, text, sizeof text, "\n", PEER_MS);
	is_text(text, "Hello from sockpit!\n", "when it is resumed it is");
	is_int(peer_eof(client, PEER_MS), 1, "both");
	ok(step_pause(server, false, &f->error), "the listener is resumed");
	int other = peer_connect(AF_INET, session_local(server).port, PEER_MS);
	until(f, count_calls(f, server, CALL_ACCEPT) > 1);
	ok(peer_recv_until(other, text, sizeof text, "\n", PEER_MS) > 0, "and serves by itself");
	peer_close_all((int[]){ client, other }, 2);
}

int main(void)
{
	static void (*const tests[])(struct fixture *) = {
		receives_by_hand,
		waits_for_bytes,
		cancels,
		peeks,
		waits_for_all,
		waits_beyond_the_buffer,
		receives_urgently,
		asks_for_nothing,
		notices_fin_by_hand,
		sees_what_comes,
		notices_reset_by_hand,
		goes_on_behind_a_reset,
		meets_reset_in_recv,
		closes_while_waiting,
		waits_for_room,
		cancels_sending,
		pauses,
		pauses_service,
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
