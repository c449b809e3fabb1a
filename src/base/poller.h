// SPDX-License-Identifier: GPL-3.0-or-later
/* poller: the one place where the program sleeps. Interest is stated again in each turn. Watched
 * signals are unblocked only while pselect(2) waits. Knows no session and no terminal. */
#pragma once

#include <stdbool.h>
#include <signal.h>
#include <stdint.h>
#include <sys/select.h>

#include "base/timer.h"

struct poller {
	fd_set wanted[2]; /* read, write: what was asked this turn */
	fd_set ready[2];
	/* meaningless where nobody asked in this turn: */
	fd_set asked_news, news, hung_up;
	bool asks_news;
	int edge;     /* its descriptor, plus one; 0 = none */
	int top;      /* highest descriptor asked about, -1 for none */
	int64_t wake; /* instant of clock_now() at which to return, INT64_MAX for none */
	int64_t lazy; /* the same of poller_wake_lazily() */
	struct timer timer;
	uint64_t turns; /* how often poller_wait() returned: wake-ups, for tests and benchmarks */
};

/* Installs handlers for the watched signals WINCH TSTP CONT INT TERM HUP QUIT (flags only, no
 * SA_RESTART) and ignores PIPE and XFSZ. The watched ones are blocked everywhere but in
 * poller_wait(); TERM, HUP and QUIT only while a wait is prepared, so that they also reach a program
 * that never waits again, see poller_on_stuck(). Call before curses starts, so that curses leaves
 * them alone, and before any thread is made. */
void poller_init(struct poller *poller);

/* From now on the watched signals do what they did before poller_init(): for a program that has
 * nothing to restore when one ends it. */
void poller_leave_signals(void);

/* From now on they wait for poller_take_signal(), though no wait has begun; those that were ignored
 * before poller_init(), by nohup or in the background, stay so: for a program with little to restore. */
void poller_watch_signals(void);

/* Restores the signal mask and dispositions of before poller_init(). */
void poller_done(struct poller *poller);

/* True where select(2) can watch this descriptor: 0 <= fd < FD_SETSIZE. */
bool poller_fits(int fd);

void poller_reset(struct poller *poller);
void poller_want_read(struct poller *poller, int fd);
void poller_want_write(struct poller *poller, int fd);

/* Wakes when something more comes on it, also while what came before is unread, and when it hangs
 * up: select() says neither. Wakes at once where something is there when it is first asked for.
 * False where the system cannot say so. */
bool poller_want_news(struct poller *poller, int fd);

/* The wait ends no later than this instant, at once where it is past. The earliest of all calls
 * counts. */
void poller_wake_at(struct poller *poller, int64_t instant);

/* The same for an instant that is asked for in every turn: it costs a busy program less, and may end
 * a wait early. */
void poller_wake_lazily(struct poller *poller, int64_t instant);

/* Sleeps until something asked for is ready, the wake instant is reached, or a signal came; in the
 * last two cases nothing is ready. */
void poller_wait(struct poller *poller);

/* Whether it can be read from right now, without sleeping. */
bool poller_is_ready(int fd);

bool poller_readable(const struct poller *poller, int fd);
bool poller_writable(const struct poller *poller, int fd);
bool poller_has_news(const struct poller *poller, int fd);
bool poller_hung_up(const struct poller *poller, int fd);

/* Whether this watched signal has come since it was last asked about. */
bool poller_take_signal(int signal);

/* `restore` is called from the signal handler before SIGTERM, SIGHUP or SIGQUIT ends the process at
 * once: when a second one comes before the first was taken, as the program is stuck; and before the
 * first poller_wait(), where SIGINT does the same. It must be async-signal-safe. NULL for none. */
void poller_on_stuck(void (*restore)(void));

/* Blocks every watched signal in the calling thread: for threads other than the main one. */
void poller_block_signals(void);
