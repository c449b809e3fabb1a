// SPDX-License-Identifier: GPL-3.0-or-later
#include <netinet/in.h>
#include <netinet/tcp.h>

#include "net/fixture.h"
#include "net/option.h"
#include "net/reconnect.h"
#include "net/session_internal.h"
#include "net/step.h"

static int get(struct fixture *f, struct session *session, int level, int number)
{
	int value = -1;
	size_t len = sizeof value;
	return option_get(session, level, number, &value, &len, &f->error) ? value : -1;
}

static bool set(struct fixture *f, struct session *session, int level, int number, int value)
{
	return option_set(session, level, number, &value, sizeof value, &f->error);
}

static bool waits(const struct session *session)
{
	return session_opens_again(session, NULL);
}

/* Nobody waits for a pause in a test. */
static void end_pause(struct session *session)
{
	session->again_at = clock_now();
}

static void replaces_what_the_peer_ended(struct fixture *f)
{
	struct couple c = make_couple(f);
	ok(!reconnect_now(c.session, &f->error), "an open session is not opened again");
	ok(strstr(f->error.text, "is still open: /close it first"), "and says so");
	char text[8];
	send_text(f, c.session, "12345");
	peer_recv_until(c.peer, text, sizeof text, "12345", PEER_MS);
	close(c.peer);
	until(f, session_peer_closed(c.session));
	is_int(session_state(c.session), SESSION_OPEN, "after the peer's FIN it is open still");
	uint64_t life = session_life(c.session);
	is_int(session_life_sent(c.session), 5, "what was sent on it");
	ok(reconnect_now(c.session, &f->error), "but can be opened again");
	until(f, session_state(c.session) == SESSION_OPEN);
	is_int(session_state(c.session), SESSION_OPEN, "it is");
	ok(!session_peer_closed(c.session), "with a peer that has not closed");
	is_int(count_entries(f, session_number(c.session), CALL_CLOSE, NULL), 1,
	       "and the old socket is closed");
	ok(session_life(c.session) > life && session_life_sent(c.session) == 0,
	   "which is another connection");
	c.peer = peer_accept(c.listener, PEER_MS);
	send_text(f, c.session, "hi");
	peer_recv_until(c.peer, text, sizeof text, "hi", PEER_MS);
	is_text(text, "hi", "that works");
	end_couple(&c);
}

static void keeps_options(struct fixture *f)
{
	struct couple c = make_couple(f);
	struct session *s = c.session;
	const struct linger linger = { .l_onoff = 1, .l_linger = 3 };
	ok(set(f, s, IPPROTO_TCP, TCP_NODELAY, 1), "one option");
	ok(set(f, s, IPPROTO_TCP, TCP_KEEPCNT, 3) && set(f, s, IPPROTO_TCP, TCP_KEEPCNT, 5),
	   "another, twice");
	ok(option_set(s, SOL_SOCKET, SO_LINGER, &linger, sizeof linger, &f->error), "a third");
	peer_close_all(&c.peer, 1); /* end_couple() does not close it again */
	until(f, session_peer_closed(s));
	int sets = count_entries(f, session_number(s), CALL_SETSOCKOPT, NULL);
	reconnect_now(s, &f->error);
	until(f, session_state(s) == SESSION_OPEN);
	ok(get(f, s, IPPROTO_TCP, TCP_NODELAY) != 0 && get(f, s, IPPROTO_TCP, TCP_KEEPCNT) == 5,
	   "are those of the next socket, too");
	ok(s->lingers, "and the session knows what it has to");
	ok(count_entries(f, session_number(s), CALL_SETSOCKOPT, NULL) >= sets + 3,
	   "by calls that are written down");
	struct session *l = listen_on(f, TRANSPORT_TCP, "127.0.0.1", 0, NULL);
	is_int(get(f, l, SOL_SOCKET, SO_REUSEADDR), 1, "a listener has SO_REUSEADDR");
	set(f, l, SOL_SOCKET, SO_REUSEADDR, 0);
	session_close(l, &f->error);
	fixture_turns(f, 1);
	reconnect_now(l, &f->error);
	until(f, session_state(l) == SESSION_LISTENING);
	is_int(get(f, l, SOL_SOCKET, SO_REUSEADDR), 0, "unless a person has said otherwise");
	end_couple(&c);
}

static void opens_by_itself(struct fixture *f)
{
	int64_t left;
	struct couple c = make_couple(f);
	struct session *s = c.session;
	sessions_set_reconnect(f->sessions, true);
	close(c.peer);
	until(f, waits(s));
	is_int(session_state(s), SESSION_CLOSED, "the peer's FIN ends it");
	ok(session_opens_again(s, &left) && left > 0 && left <= CLOCK_S, "for a second");
	ok(!send_text(f, s, "x") && strstr(f->error.text, "is closed: it opens again in "),
	   "meanwhile nothing can be sent, and it is said why");
	poller_reset(&f->poller);
	sessions_prepare(f->sessions, &f->poller);
	ok(f->poller.wake == s->again_at, "nothing wakes the program before");
	end_pause(s);
	until(f, session_state(s) == SESSION_OPEN);
	is_int(session_state(s), SESSION_OPEN, "then it is open again");
	c.peer = peer_accept(c.listener, PEER_MS);
	peer_reset(c.peer);
	until(f, waits(s));
	is_int(session_end(s), SESSION_ENDED_RESET, "a reset ends it");
	ok(session_opens_again(s, &left) && left > CLOCK_S && left <= 2 * CLOCK_S,
	   "for two seconds, as it did not last");
	peer_refuse(c.listener);
	int64_t pause = s->pause;
	for (int i = 0; i < 8; i++) {
		end_pause(s);
		until(f, !waits(s));
		until(f, waits(s));
		bool grows =
		        s->pause == 2 * pause || (s->pause == 60 * CLOCK_S && pause > 30 * CLOCK_S);
		ok(grows || s->pause == 60 * CLOCK_S, "refused: the pause grows, up to a minute");
		pause = s->pause;
	}
	is_int(pause, 60 * CLOCK_S, "and no more");
	ok(step_cancel(s) && !waits(s), "it can be cancelled");
	is_text(last_state(f, s), "closed: not opened again", "and says so");
	ok(!session_close(s, &f->error), "it is closed then");
	close(c.listener);
}

static void knows_when_not_to(struct fixture *f)
{
	sessions_set_reconnect(f->sessions, true);
	struct couple c = make_couple(f);
	session_close(c.session, &f->error);
	ok(!waits(c.session), "a person's own close() is one");
	end_couple(&c);
	c = make_couple(f);
	session_abort(c.session, &f->error);
	ok(!waits(c.session), "so is an abort");
	end_couple(&c);
	c = make_couple(f);
	session_shutdown(c.session, SHUT_WR, &f->error);
	close(c.peer);
	until(f, session_state(c.session) == SESSION_CLOSED);
	ok(!waits(c.session), "and FIN");
	close(c.listener);
	c = make_couple(f);
	step_pause(c.session, true, &f->error);
	peer_reset(c.peer);
	fixture_turns(f, 3);
	ok(!waits(c.session) && session_state(c.session) == SESSION_OPEN,
	   "where a person makes the calls, close() is one of them");
	close(c.listener);

	int refused = peer_refused(AF_INET);
	unsigned port = peer_port(refused);
	struct session *s = open_to(f, TRANSPORT_TCP, "127.0.0.1", port, NULL);
	until(f, session_state(s) == SESSION_CLOSED);
	ok(waits(s) && !session_failed_to_open(s), "what was refused at first is tried again");
	ok(session_close(s, &f->error) && !waits(s) && !session_failed_to_open(s),
	   "until it is closed");
	struct session_options options = { .local_host = "192.0.2.77" };
	s = open_to(f, TRANSPORT_TCP, "127.0.0.1", port, &options);
	until(f, session_state(s) == SESSION_CLOSED);
	ok(!waits(s) && session_failed_to_open(s), "what this machine refuses is not");
	s = listen_on(f, TRANSPORT_TCP, "192.0.2.77", 0, NULL);
	until(f, session_state(s) == SESSION_CLOSED);
	ok(!waits(s) && session_failed_to_open(s), "nor is a listener");
	s = open_to(f, TRANSPORT_TCP, "127.0.0.1", port, NULL);
	until(f, session_state(s) == SESSION_CLOSED);
	ok(waits(s) && reconnect_now(s, &f->error), "a person need not wait");
	until(f, waits(s));
	sessions_set_reconnect(f->sessions, false);
	ok(!waits(s), "off ends it");
	s = open_to(f, TRANSPORT_TCP, "127.0.0.1", port, NULL);
	until(f, session_state(s) == SESSION_CLOSED);
	ok(!waits(s), "and lets nothing wait");
	close(refused);
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
	run(replaces_what_the_peer_ended);
	run(keeps_options);
	run(opens_by_itself);
	run(knows_when_not_to);
	return tap_done();
}
