// SPDX-License-Identifier: GPL-3.0-or-later
/* poller: the one place where the program sleeps. Interest is stated again in each turn; pselect(2)
 * waits with the watched signals unblocked, and only there. Knows no session and no terminal. */
#pragma once

#include <stdbool.h>
#include <signal.h>
#include <stdint.h>
#include <sys/select.h>

struct poller {
	fd_set wanted[2]; /* read, write: what was asked this turn */
	fd_set ready[2];
	int top;        /* highest descriptor asked about, -1 for none */
	int64_t wake;   /* instant of clock_now() at which to return, INT64_MAX for none */
	int64_t lazy;   /* the same of poller_wake_lazily() */
	int timer;      /* its descriptor, plus one; 0 = none */
	int64_t armed;  /* when that will be readable, INT64_MAX = not */
	uint64_t turns; /* how often poller_wait() returned: wake-ups, for tests and benchmarks */
};

/* Installs the handlers (flags only, no SA_RESTART) for WINCH TSTP CONT INT TERM HUP QUIT, ignores
 * PIPE and blocks the watched ones everywhere but in poller_wait(); TERM, HUP and QUIT only while a
 * wait is prepared, so that they also reach a program that never comes to wait again, see
 * poller_on_stuck(). Call before curses starts, so that curses leaves them alone, and before any
 * thread is made. */
void poller_init(struct poller *poller);

/* From now on signals do what they did before poller_init(), SIGPIPE excepted: for a program that
 * has nothing to put back when one ends it. */
void poller_leave_signals(void);

/* Puts back the signal mask and dispositions that were there before poller_init(). */
void poller_done(struct poller *poller);

/* True where select(2) can watch this descriptor: 0 <= fd < FD_SETSIZE. */
bool poller_fits(int fd);

void poller_reset(struct poller *poller);
void poller_want_read(struct poller *poller, int fd);
void poller_want_write(struct poller *poller, int fd);

/* Return no later than this instant. The earliest of all calls counts; one in the past means at
 * once. */
void poller_wake_at(struct poller *poller, int64_t instant);

/* The same for what can wait a little and is asked for in every turn: it costs a busy program less,
 * and may return once too early. */
void poller_wake_lazily(struct poller *poller, int64_t instant);

/* Sleeps until something asked for is ready, the wake instant is reached, or a signal came; in the
 * last two cases nothing is ready. */
void poller_wait(struct poller *poller);

/* Whether it can be read from right now, without sleeping. */
bool poller_is_ready(int fd);

bool poller_readable(const struct poller *poller, int fd);
bool poller_writable(const struct poller *poller, int fd);

/* Has this watched signal come since the last time it was asked about? Asking clears it. */
bool poller_take_signal(int signal);

/* Called from the handler itself where SIGTERM, SIGHUP or SIGQUIT end the program at once: at the
 * second one that nobody took meanwhile, since the program is stuck, and before the first
 * poller_wait(), where SIGINT does, too. `restore` must be async-signal-safe; the process then dies
 * of the signal. NULL for none. */
void poller_on_stuck(void (*restore)(void));

/* Blocks every watched signal in the calling thread: for threads other than the main one. */
void poller_block_signals(void);
