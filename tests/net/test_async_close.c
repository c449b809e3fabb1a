// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/async_close.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/fixture.h"
#include "net/option.h"

enum { MANY = 80, LONG_TIME = 60 }; /* SO_LINGER is cut short by the peer in every case */

static char bytes[300000];

/* A connection with more on its way than the peer takes. */
struct stuck {
	int listener, fd, peer;
};

static struct stuck make_stuck(void)
{
	struct linger linger = { .l_onoff = 1, .l_linger = LONG_TIME };
	struct stuck stuck = { .listener = peer_listen_small(AF_INET, 2000) };
	stuck.fd = peer_connect(AF_INET, peer_port(stuck.listener), PEER_MS);
	stuck.peer = peer_accept(stuck.listener, PEER_MS);
	setsockopt(stuck.fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
	while (send(stuck.fd, bytes, sizeof bytes, MSG_DONTWAIT) > 0)
		continue;
	return stuck;
}

static void end_stuck(struct stuck *stuck)
{
	peer_close_all((int[]){ stuck->listener, stuck->peer }, 2);
}

struct bench {
	struct caller caller;
	struct async_close *async_close;
	struct poller poller;
};

static struct bench make_bench(void)
{
	struct bench bench = { .async_close = async_close_new(NULL, NULL) };
	bench.caller =
	        (struct caller){ .transcript = transcript_new(8 << 20, 1 << 20), .session = 7 };
	poller_init(&bench.poller);
	return bench;
}

static void end_bench(struct bench *bench)
{
	async_close_free(bench->async_close);
	transcript_free(bench->caller.transcript);
	poller_done(&bench->poller);
}

/* Turns until so many entries are there. Nothing but its closing wakes it before the deadline. */
static bool comes_to(struct bench *bench, uint64_t count)
{
	int64_t deadline = clock_now() + 20 * CLOCK_S;
	while (transcript_count(bench->caller.transcript) < count && clock_now() < deadline) {
		poller_reset(&bench->poller);
		async_close_prepare(bench->async_close, &bench->poller);
		poller_wake_at(&bench->poller, deadline);
		poller_wait(&bench->poller);
		async_close_serve(bench->async_close, &bench->poller);
	}
	return transcript_count(bench->caller.transcript) == count && clock_now() < deadline;
}

static const struct entry *newest(const struct bench *bench)
{
	struct transcript *t = bench->caller.transcript;
	return transcript_at(t, transcript_last(t, 7));
}

static void waits_elsewhere(void)
{
	struct bench bench = make_bench();
	struct stuck stuck = make_stuck();
	int64_t begun = clock_now();
	async_close_close(bench.async_close, &bench.caller, stuck.fd);
	ok(clock_now() - begun < 10 * CLOCK_S, "a close() that sleeps does not hold its caller up");
	is_int(transcript_count(bench.caller.transcript), 0, "it is not written down yet");
	int64_t deadline = begun + 20 * CLOCK_S;
	while (fcntl(stuck.fd, F_GETFD) >= 0 && clock_now() < deadline)
		sched_yield();
	int64_t sleeping = clock_now();
	ok(sleeping < deadline, "when it sleeps the descriptor is gone");
	peer_eof(stuck.peer, PEER_MS);
	ok(comes_to(&bench, 1) && newest(&bench)->call == CALL_CLOSE,
	   "it is written down when the peer has all of it");
	const struct entry *entry = newest(&bench);
	ok(entry->error == 0 && entry->fd == stuck.fd && entry->session == 7, "as what it was");
	ok(bench.poller.turns < 10, "and nothing turned round meanwhile");
	ok(entry->time >= begun && entry->time <= sleeping &&
	           entry->time + entry->duration * CLOCK_US >= sleeping &&
	           entry->time + entry->duration * CLOCK_US <= clock_now() + CLOCK_MS,
	   "with its true duration");
	ok(entry->flags & ENTRY_WAITED, "for which it slept");
	end_stuck(&stuck);
	end_bench(&bench);
}

static void closes_many(void)
{
	struct bench bench = make_bench();
	size_t open = 0;
	int fds[MANY];
	for (int i = 0; i < MANY; i++)
		fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	for (int i = 0; i < MANY; i++)
		async_close_close(bench.async_close, &bench.caller, fds[i]);
	ok(comes_to(&bench, MANY), "many at once are all written down");
	for (int i = 0; i < MANY; i++)
		open += fcntl(fds[i], F_GETFD) >= 0;
	ok(open <= 2, "and closed: their numbers are free, but for those of the pipe");
	end_bench(&bench);
}

static void tells_a_failure(void)
{
	struct bench bench = make_bench();
	async_close_close(bench.async_close, &bench.caller, 987654);
	ok(comes_to(&bench, 1) && newest(&bench)->error == EBADF, "a failure is written down");
	end_bench(&bench);
	async_close_free(NULL);
}

static void may_be_left(void)
{
	struct bench bench = make_bench();
	struct stuck stuck = make_stuck();
	int64_t begun = clock_now();
	async_close_close(bench.async_close, &bench.caller, stuck.fd);
	end_bench(&bench);
	ok(clock_now() - begun < 10 * CLOCK_S, "a close() under way holds nobody up at the end");
	peer_eof(stuck.peer, PEER_MS);
	end_stuck(&stuck);
}

/* ---- sessions ---- */

static bool let_linger(struct fixture *f, struct session *session)
{
	struct linger linger = { .l_onoff = 1, .l_linger = LONG_TIME };
	return option_set(session, SOL_SOCKET, SO_LINGER, &linger, sizeof linger, &f->error);
}

static int count_closes(const struct fixture *f, uint32_t session)
{
	return count_entries(f, session, CALL_CLOSE, NULL);
}

static void check_lingering(struct fixture *f, struct session *session, int peer, const char *who)
{
	uint32_t number = session_number(session);
	session_send(session, bytes, sizeof bytes, &f->error);
	int64_t begun = clock_now();
	ok(session_close(session, &f->error), "%s is closed", who);
	sessions_reap(f->sessions);
	ok(clock_now() - begun < 10 * CLOCK_S, "at once");
	ok(count_entries(f, number, CALL_STATE, "closing: ") && session_is_closing(session),
	   "it is closing");
	is_int(count_closes(f, number), 0, "while close() waits");
	is_int(count_entries(f, number, CALL_STATE, "closed"), 0, "and not closed");
	peer_eof(peer, PEER_MS);
	until(f, count_closes(f, number));
	is_int(count_closes(f, number), 1, "until the peer has taken everything");
	ok(count_entries(f, number, CALL_STATE, "closed: close() = 0 after ") &&
	           !session_is_closing(session),
	   "then it is");
}

static void sessions_linger(void)
{
	struct fixture f;
	fixture_start(&f);
	struct couple couple = connect_couple(&f, peer_listen_small(AF_INET, 2000), NULL);
	ok(let_linger(&f, couple.session), "SO_LINGER is set");
	check_lingering(&f, couple.session, couple.peer, "a session");
	end_couple(&couple);
	fixture_stop(&f);
}

static void clients_inherit(void)
{
	struct fixture f;
	fixture_start(&f);
	struct session *listener = listen_on(&f, TRANSPORT_TCP, "127.0.0.1", 0, NULL);
	ok(listener && let_linger(&f, listener), "a listener is told to linger");
	int peer = peer_connect(AF_INET, session_local(listener).port, PEER_MS);
	until(&f, sessions_count(f.sessions) == 2);
	check_lingering(&f, sessions_at(f.sessions, 1), peer, "its client");
	close(peer);
	fixture_stop(&f);
}

static void resets_at_once(void)
{
	struct fixture f;
	fixture_start(&f);
	struct couple couple = connect_couple(&f, peer_listen_small(AF_INET, 2000), NULL);
	uint32_t number = session_number(couple.session);
	let_linger(&f, couple.session);
	session_send(couple.session, bytes, sizeof bytes, &f.error);
	ok(session_abort(couple.session, &f.error), "a session that lingers is aborted");
	sessions_reap(f.sessions);
	is_int(count_closes(&f, number), 1, "which waits for nobody");
	end_couple(&couple);
	fixture_stop(&f);
}

int main(void)
{
	tap_watchdog(30);
	waits_elsewhere();
	closes_many();
	tells_a_failure();
	may_be_left();
	sessions_linger();
	clients_inherit();
	resets_at_once();
	return tap_done();
}
