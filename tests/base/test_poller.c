// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/poller.h"

#include <sys/socket.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "support/tap.h"

static int readable_end(const char *bytes)
{
	int ends[2];
	if (pipe(ends) || write(ends[1], bytes, strlen(bytes)) < 0)
		abort();
	return ends[0];
}

static void sees_readiness(struct poller *poller)
{
	int full = readable_end("x"), empty = readable_end("");
	poller_reset(poller);
	poller_want_read(poller, full);
	poller_want_read(poller, empty);
	poller_want_write(poller, STDOUT_FILENO);
	poller_wait(poller);
	ok(poller_readable(poller, full), "a pipe with a byte is readable");
	ok(!poller_readable(poller, empty), "an empty one is not");
	ok(poller_writable(poller, STDOUT_FILENO), "standard output is writable");
	ok(!poller_readable(poller, -1) && !poller_readable(poller, FD_SETSIZE),
	   "no descriptor is never ready");
	poller_reset(poller);
	poller_wake_at(poller, 0);
	poller_wait(poller);
	ok(!poller_readable(poller, full), "interest must be stated again in each turn");
	close(full);
	close(empty);
}

static void sees_hangups(struct poller *poller)
{
	int ends[2], other[2], lost[2];
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) ||
	    socketpair(AF_UNIX, SOCK_STREAM, 0, other) || socketpair(AF_UNIX, SOCK_STREAM, 0, lost))
		abort();
	poller_reset(poller);
	if (!poller_want_news(poller, ends[0])) {
		tap_skip("no way here to wait for a hang-up");
		return;
	}
	shutdown(ends[1], SHUT_WR);
	poller_want_news(poller, other[0]);
	poller_wake_at(poller, 0);
	poller_wait(poller);
	ok(!poller_hung_up(poller, ends[0]), "an end of file is no hang-up");
	close(lost[1]);
	poller_reset(poller);
	poller_want_news(poller, lost[0]);
	poller_wait(poller);
	ok(poller_hung_up(poller, lost[0]) && !poller_hung_up(poller, other[0]), "a lost peer is");
	close(ends[1]);
	for (int turn = 0; turn < 2; turn++) {
		poller_reset(poller);
		poller_want_news(poller, ends[0]);
		poller_wake_at(poller, clock_now() + CLOCK_S);
		poller_wait(poller);
	}
	ok(poller_hung_up(poller, ends[0]) && !poller_hung_up(poller, lost[0]),
	   "only who is asked about wakes");
	close(ends[0]);
	close(lost[0]);
	close(other[0]);
	close(other[1]);
}

/* What is unread says nothing of what comes. */
static void sees_more(struct poller *poller)
{
	static const struct {
		bool sends, news;
		const char *name;
	} turns[] = {
		{ true, true, "what is there is new at first" },
		{ false, false, "but once" },
		{ true, true, "more is new" },
		{ false, false, "and once again" },
	};
	int ends[2];
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends))
		abort();
	for (size_t i = 0; i < sizeof turns / sizeof *turns; i++) {
		if (turns[i].sends && send(ends[1], "x", 1, 0) != 1)
			abort();
		poller_reset(poller);
		if (!poller_want_news(poller, ends[0])) {
			tap_skip("no way here to wait for news");
			break;
		}
		poller_wake_at(poller, turns[i].news ? clock_now() + CLOCK_S : 0);
		poller_wait(poller);
		ok(poller_has_news(poller, ends[0]) == turns[i].news, "%s", turns[i].name);
	}
	close(ends[0]);
	close(ends[1]);
}

static void sees_readers_go(struct poller *poller)
{
	int ends[2];
	if (pipe(ends))
		abort();
	for (int turn = 0; turn < 2; turn++) {
		poller_reset(poller);
		if (!poller_want_news(poller, ends[1])) {
			tap_skip("no way here to wait for a hang-up");
			break;
		}
		poller_wake_at(poller, turn ? clock_now() + CLOCK_S : 0);
		poller_wait(poller);
		ok(poller_hung_up(poller, ends[1]) == (turn == 1), "a pipe %s reader",
		   turn ? "that has lost its" : "with a");
		if (!turn)
			close(ends[0]);
	}
	close(ends[1]);
}

static void wakes_in_time(struct poller *poller)
{
	poller_reset(poller);
	int64_t begun = clock_now();
	poller_wake_at(poller, begun + 3600 * CLOCK_S);
	poller_wake_at(poller, begun + 20 * CLOCK_MS);
	poller_wake_at(poller, begun + 1800 * CLOCK_S);
	poller_wait(poller);
	int64_t slept = clock_now() - begun;
	ok(slept >= 20 * CLOCK_MS && slept < 5 * CLOCK_S, "the earliest instant counts");
	begun = clock_now();
	poller_reset(poller);
	poller_wake_at(poller, begun - CLOCK_S);
	poller_wait(poller);
	ok(clock_now() - begun < 5 * CLOCK_S, "an instant in the past does not sleep");
}

static void takes_signals(struct poller *poller)
{
	raise(SIGWINCH);
	ok(!poller_take_signal(SIGWINCH), "a signal waits until the program sleeps");
	poller_reset(poller);
	poller_wait(poller);
	ok(poller_take_signal(SIGWINCH), "and ends the sleep");
	ok(!poller_take_signal(SIGWINCH), "asking clears it");
	raise(SIGCONT);
	poller_reset(poller);
	poller_wait(poller);
	uint64_t turns = poller->turns;
	int64_t begun = clock_now();
	poller_reset(poller);
	poller_wake_at(poller, begun + 20 * CLOCK_MS);
	poller_wait(poller);
	ok(clock_now() - begun >= 20 * CLOCK_MS,
	   "a signal that nobody takes does not keep it awake");
	is_int(poller->turns - turns, 1, "each sleep is counted");
	poller_take_signal(SIGCONT);
}

static void fits_only_what_select_can_watch(void)
{
	ok(poller_fits(0) && poller_fits(FD_SETSIZE - 1), "descriptors up to FD_SETSIZE - 1");
	ok(!poller_fits(-1) && !poller_fits(FD_SETSIZE), "and no others");
}

static void say_bye(void)
{
	if (write(STDOUT_FILENO, "# restored\n", 11) < 0)
		_exit(3);
}

static void turn_once(struct poller *poller)
{
	poller_reset(poller);
	poller_wake_at(poller, 0);
	poller_wait(poller);
}

/* What becomes of a child that gets that many signals after that many turns of its loop, and takes
 * it in none. */
static int status_after(int signal, int turns, int times)
{
	fflush(stdout);
	pid_t child = fork();
	if (child == 0) {
		struct poller poller;
		poller_init(&poller);
		poller_on_stuck(say_bye);
		for (int i = 0; i < turns; i++)
			turn_once(&poller);
		for (int i = 0; i < times; i++)
			raise(signal);
		turn_once(&poller);
		_exit(7);
	}
	int status = 0;
	waitpid(child, &status, 0);
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

/* A child that sleeps in no poller_wait() stands for a program stuck in a write(). */
static void ends_when_stuck(void)
{
	is_int(status_after(SIGTERM, 1, 1), 7, "one SIGTERM is a flag");
	is_int(status_after(SIGTERM, 1, 2), -SIGTERM, "a second that nobody took ends the program");
	is_int(status_after(SIGINT, 1, 2), 7, "SIGINT does not: it is a key");
}

static void ends_before_the_loop(void)
{
	static const int ends[] = { SIGTERM, SIGHUP, SIGQUIT, SIGINT };
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
		ok(status_after(ends[i], 0, 1) == -ends[i],
		   "before the first wait signal %d ends the program at once", ends[i]);
	is_int(status_after(SIGWINCH, 0, 1), 7, "others wait");
}

static void puts_back_what_was(void)
{
	struct sigaction before, after;
	sigset_t mask_before, mask_after;
	sigaction(SIGTERM, NULL, &before);
	sigprocmask(SIG_BLOCK, NULL, &mask_before);
	struct poller poller;
	poller_init(&poller);
	poller_done(&poller);
	sigaction(SIGTERM, NULL, &after);
	sigprocmask(SIG_BLOCK, NULL, &mask_after);
	ok(before.sa_handler == after.sa_handler, "the handler that was there comes back");
	is_int(sigismember(&mask_after, SIGTERM), sigismember(&mask_before, SIGTERM),
	       "and the mask");
}

static void leaves_signals(void)
{
	fflush(stdout);
	pid_t child = fork();
	if (child == 0) {
		struct poller poller;
		poller_init(&poller);
		poller_leave_signals();
		raise(SIGINT);
		_exit(0);
	}
	int status = 0;
	waitpid(child, &status, 0);
	ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT,
	   "signals that were left do what they did before");
}

static void wakes_lazily(void)
{
	struct poller poller;
	poller_init(&poller);
	int64_t begun = clock_now(), due = begun + 20 * CLOCK_MS;
	for (int turn = 0; turn < 3 && clock_now() < due; turn++) {
		poller_reset(&poller);
		poller_wake_lazily(&poller, due + CLOCK_S);
		poller_wake_lazily(&poller, due);
		poller_wait(&poller);
	}
	ok(clock_now() >= due && clock_now() < due + 10 * CLOCK_S, "the earliest counts");
	is_int((int)poller.turns, 1, "and nothing else has woken it");
	poller_reset(&poller);
	poller_wake_lazily(&poller, begun);
	poller_wait(&poller);
	ok(clock_now() < due + 10 * CLOCK_S, "what is past comes at once");
	poller_reset(&poller);
	poller_wake_lazily(&poller, clock_now() + 20 * CLOCK_MS);
	poller_wake_at(&poller, 0);
	poller_wait(&poller);
	poller_reset(&poller);
	due = clock_now() + 60 * CLOCK_MS;
	poller_wake_at(&poller, due);
	poller_wait(&poller);
	ok(clock_now() >= due, "what is no longer asked for wakes nobody");
	poller_done(&poller);
}

int main(void)
{
	tap_watchdog(30);
	puts_back_what_was();
	ends_when_stuck();
	ends_before_the_loop();
	leaves_signals();
	struct poller poller;
	poller_init(&poller);
	sees_readiness(&poller);
	sees_hangups(&poller);
	sees_more(&poller);
	sees_readers_go(&poller);
	wakes_in_time(&poller);
	takes_signals(&poller);
	fits_only_what_select_can_watch();
	poller_done(&poller);
	wakes_lazily();
	return tap_done();
}
