// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>

#include "net/fixture.h"
#include "net/session_internal.h"

/* ---- closing ---- */

static void meets_fin(struct fixture *f)
{
	struct couple c = make_couple(f);
	peer_half_close(c.peer);
	until(f, session_peer_closed(c.session));
	is_int(session_state(c.session), SESSION_OPEN, "after the peer's FIN the session stays open");
	poller_reset(&f->poller);
	sessions_prepare(f->sessions, &f->poller);
	ok(!FD_ISSET(c.session->fd[0], &f->poller.wanted[0]),
	   "end of file is not asked for again and again");
	ok(session_shutdown(c.session, SHUT_WR, &f->error), "closing our side");
	is_int(session_end(c.session), SESSION_ENDED_WELL, "closes it, as a good end");
	end_couple(&c);
}

/* The peer closes, the first send() is answered by RST, a later one of the same turn meets it. */
static void writes_to_nobody(struct fixture *f)
{
	sessions_read_kernel(f->sessions, false);
	struct couple c = make_couple(f);
	peer_close_all(&c.peer, 1);
	until(f, session_peer_closed(c.session));
	ok(send_text(f, c.session, "one"), "a send() after the peer's close succeeds");
	int64_t deadline = clock_now() + 20 * CLOCK_S;
	while (session_state(c.session) == SESSION_OPEN && clock_now() < deadline)
		send_text(f, c.session, "two");
	is_int(session_state(c.session), SESSION_CLOSED, "a later one ends the session");
	is_int(count_states(f, c.session, "reset by peer (RST)"), 1, "which is reported once");
	ok(strstr(last_failure(f, c.session), "send() = -1 EPIPE"), "with the error's name");
	is_int(session_end(c.session), SESSION_ENDED_RESET, "as a reset");
	peer_close_all(&c.listener, 1);
}

/* What had come before the reset is not lost, though it is a send() that meets the reset. */
static void reads_what_is_left(struct fixture *f)
{
	struct couple c = make_couple(f);
	session_block_reading(c.session, true);
	peer_send(c.peer, "legacy", 6, PEER_MS);
	peer_reset(c.peer);
	int64_t deadline = clock_now() + 20 * CLOCK_S;
	while (!count_states(f, c.session, "reset by peer") && fixture_turn(f, deadline))
		send_text(f, c.session, "x");
	is_int(count_entries(f, session_number(c.session), CALL_RECV, NULL), 0,
	       "held reading reads nothing");
	ok(!send_text(f, c.session, "x") && strstr(f->error.text, "reset"),
	   "after a reset nothing is sent");
	session_block_reading(c.session, false);
	until(f, session_state(c.session) == SESSION_CLOSED);
	ok(has_received(f, c.session, "legacy"), "the rest is read when reading goes on");
	is_int(count_states(f, c.session, "reset by peer"), 1, "the reset is reported once");
	is_int(session_end(c.session), SESSION_ENDED_RESET, "it ends as a reset");
	peer_close_all(&c.listener, 1);
}

static void aborts(struct fixture *f)
{
	struct couple c = make_couple(f);
	ok(session_abort(c.session, &f->error), "a session can be aborted");
	is_int(session_state(c.session), SESSION_CLOSED, "it is closed at once");
	is_int(count_entries(f, session_number(c.session), CALL_CLOSE, NULL), 0,
	       "its descriptor is not, yet");
	sessions_reap(f->sessions);
	is_int(count_entries(f, session_number(c.session), CALL_CLOSE, NULL), 1,
	       "but at the end of the turn");
	is_int(peer_eof(c.peer, PEER_MS), -ECONNRESET, "the peer is reset");
	end_couple(&c);
}

/* ---- the queue ---- */

static void queues_and_then_shuts(struct fixture *f)
{
	enum { LEN = 500000 };
	char *noise = make_noise(LEN), *got = calloc(1, LEN + 2);
	struct couple c = connect_couple(f, peer_listen_small(AF_INET, 30000), NULL);
	call_set_option(&c.session->caller, c.session->fd[0], SOL_SOCKET, SO_SNDBUF, 30000);
	ok(session_send(c.session, noise, LEN, &f->error),
	   "more than the kernel takes can be sent");
	ok(session_unsent(c.session) > 0 && session_unsent(c.session) < LEN, "some of it waits");
	ok(session_shutdown(c.session, SHUT_WR, &f->error), "closing our side waits, too");
	ok(!session_shutdown(c.session, SHUT_WR, &f->error), "is asked for once");
	is_int(session_tcp_state(c.session), STATE_ESTABLISHED, "and is not done yet");
	uint64_t turns = f->poller.turns;
	fixture_turns(f, 3);
	ok(f->poller.turns - turns == 3 && session_unsent(c.session) > 0,
	   "while the peer does not read");
	size_t len = 0;
	int64_t deadline = clock_now() + 20 * CLOCK_S;
	while (len < LEN && fixture_turn(f, deadline)) {
		ssize_t n = recv(c.peer, got + len, LEN + 1 - len, MSG_DONTWAIT);
		len += n > 0 ? (size_t)n : 0;
	}
	until(f, session_unsent(c.session) == 0);
	is_int(len, LEN, "when it reads, it gets everything");
	ok(memcmp(got, noise, LEN) == 0, "unchanged");
	is_int(peer_eof(c.peer, PEER_MS), 1, "and FIN after it");
	uint64_t sends = session_counts(c.session)->sends;
	ok(sends > 3, "it took several calls");
	is_int(count_entries(f, session_number(c.session), CALL_SEND, NULL), sends,
	       "none of them useless");
	free(noise);
	free(got);
	end_couple(&c);
}

static void tells_what_was_not_sent(struct fixture *f)
{
	enum { LEN = 300000 };
	char *noise = make_noise(LEN);
	struct couple c = connect_couple(f, peer_listen_small(AF_INET, 1), NULL);
	call_set_option(&c.session->caller, c.session->fd[0], SOL_SOCKET, SO_SNDBUF, 1);
	session_send(c.session, noise, LEN, &f->error);
	uint64_t sent = session_counts(c.session)->sent_bytes;
	poller_reset(&f->poller);
	poller_want_write(&f->poller, c.session->fd[0]);
	poller_wake_at(&f->poller, clock_now() + 20 * CLOCK_S);
	char *sink = malloc(LEN);
	while (recv(c.peer, sink, LEN, MSG_DONTWAIT) > 0)
		continue;
	free(sink);
	poller_wait(&f->poller);
	ok(session_close(c.session, &f->error), "closing does not wait");
	ok(session_counts(c.session)->sent_bytes > sent, "but sends what can be sent at once");
	ok(strstr(last_failure(f, c.session), " bytes were not sent"), "it says how much was lost");
	size_t lost = strtoul(last_failure(f, c.session), NULL, 10);
	is_int(lost + session_counts(c.session)->sent_bytes, LEN, "truly");
	is_int(session_unsent(c.session), 0, "nothing waits any more");
	free(noise);
	end_couple(&c);
}

static void has_a_ceiling(struct fixture *f)
{
	int fill[PEER_FILL];
	int fd = peer_blackhole(AF_INET, fill);
	if (fd < 0) {
		tap_skip("no queue could be filled here");
		return;
	}
	struct session_options options = { .queue_max = 10 };
	struct session *session = open_to(f, TRANSPORT_TCP, "127.0.0.1", peer_port(fd), &options);
	ok(send_text(f, session, "123456"), "bytes wait while connecting");
	ok(!send_text(f, session, "12345"), "more than the ceiling is refused");
	ok(strstr(f->error.text, "6 bytes already wait"), "in a line that says why");
	is_int(session_unsent(session), 6, "and nothing of it is queued");
	ok(send_text(f, session, "1234"), "to the brim is allowed");
	ok(send_text(f, session, ""), "nothing always fits");
	session_close(session, &f->error);
	is_text(last_failure(f, session), "10 bytes were not sent", "what never left is reported");
	peer_close_all(fill, PEER_FILL);
	peer_close_all(&fd, 1);
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
	run(meets_fin);
	run(writes_to_nobody);
	run(reads_what_is_left);
	run(aborts);
	run(queues_and_then_shuts);
	run(tells_what_was_not_sent);
	run(has_a_ceiling);
	return tap_done();
}
