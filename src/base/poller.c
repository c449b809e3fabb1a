// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/poller.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/edge.h"

enum { WANT_READ, WANT_WRITE };

static const int watched[] = { SIGWINCH, SIGTSTP, SIGCONT, SIGINT, SIGTERM, SIGHUP, SIGQUIT };
enum { WATCHED = sizeof watched / sizeof *watched };

/* These must reach a program that is stuck and never waits again: unlike the others they are blocked
 * only while the next wait is prepared. */
static const int ending[] = { SIGTERM, SIGHUP, SIGQUIT };
enum { ENDING = sizeof ending / sizeof *ending };

/* Globals, since a signal handler is given nothing else. */
static volatile sig_atomic_t pending[NSIG];
static volatile sig_atomic_t signalled; /* since the last wait */
static volatile sig_atomic_t looping;   /* the first wait has begun */
static bool watching;
static void (*volatile stuck_restore)(void);
static sigset_t old_mask;
static struct sigaction old_action[WATCHED], old_pipe, old_limit;

static bool ends_program(int signal)
{
	for (size_t i = 0; i < ENDING; i++)
		if (ending[i] == signal)
			return true;
	return false;
}

/* The signal that is raised again is blocked here: it ends the program when the handler returns. */
static void die_of(int signal)
{
	struct sigaction action = { .sa_handler = SIG_DFL };
	if (stuck_restore)
		stuck_restore();
	sigaction(signal, &action, NULL);
	raise(signal);
}

/* Before the first wait nobody takes signals, and reading files at the start may be slow. */
static void on_signal(int signal)
{
	if (ends_program(signal) ? pending[signal] || !looping : signal == SIGINT && !looping)
		die_of(signal);
	pending[signal] = 1;
	signalled = 1;
}

static void mask_ending(int how)
{
	if (!watching)
		return;
	sigset_t set;
	sigemptyset(&set);
	for (size_t i = 0; i < ENDING; i++)
		if (!sigismember(&old_mask, ending[i]))
			sigaddset(&set, ending[i]);
	if (!looping && !sigismember(&old_mask, SIGINT))
		sigaddset(&set, SIGINT);
	pthread_sigmask(how, &set, NULL);
}

static sigset_t watched_set(void)
{
	sigset_t set;
	sigemptyset(&set);
	for (size_t i = 0; i < WATCHED; i++)
		sigaddset(&set, watched[i]);
	return set;
}

void poller_init(struct poller *poller)
{
	struct sigaction action = { .sa_handler = on_signal };
	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < WATCHED; i++)
		sigaction(watched[i], &action, &old_action[i]);
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	sigaction(SIGPIPE, &ignore, &old_pipe);
	sigaction(SIGXFSZ, &ignore, &old_limit); /* write() beyond `ulimit -f` fails instead */
	sigset_t set = watched_set();
	pthread_sigmask(SIG_BLOCK, &set, &old_mask);
	watching = true;
	looping = 0;
	mask_ending(SIG_UNBLOCK);
	*poller = (struct poller){ .top = -1 };
	poller_reset(poller);
}

void poller_leave_signals(void)
{
	watching = false;
	for (size_t i = 0; i < WATCHED; i++)
		sigaction(watched[i], &old_action[i], NULL);
	pthread_sigmask(SIG_SETMASK, &old_mask, NULL);
}

void poller_watch_signals(void)
{
	looping = 1;
	for (size_t i = 0; i < WATCHED; i++)
		if (old_action[i].sa_handler == SIG_IGN)
			sigaction(watched[i], &old_action[i], NULL);
}

void poller_done(struct poller *poller)
{
	poller_reset(poller);
	timer_close(&poller->timer);
	if (poller->edge)
		close(poller->edge - 1);
	poller->edge = 0;
	poller_leave_signals();
	sigaction(SIGPIPE, &old_pipe, NULL);
	sigaction(SIGXFSZ, &old_limit, NULL);
}

bool poller_fits(int fd)
{
	return fd >= 0 && fd < FD_SETSIZE;
}

/* Only the words of the sets up to `top` are ever used, but FD_ZERO costs the same as
 * finding them. */
void poller_reset(struct poller *poller)
{
	for (int i = 0; i < 2; i++) {
		FD_ZERO(&poller->wanted[i]);
		FD_ZERO(&poller->ready[i]);
	}
	poller->top = -1;
	poller->asks_news = false;
	poller->wake = poller->lazy = INT64_MAX;
}

static void want(struct poller *poller, int kind, int fd)
{
	assert(poller_fits(fd));
	FD_SET(fd, &poller->wanted[kind]);
	if (fd > poller->top)
		poller->top = fd;
}

void poller_want_read(struct poller *poller, int fd)
{
	want(poller, WANT_READ, fd);
}

void poller_want_write(struct poller *poller, int fd)
{
	want(poller, WANT_WRITE, fd);
}

bool poller_want_news(struct poller *poller, int fd)
{
	assert(poller_fits(fd));
	if (!poller->edge)
		poller->edge = edge_open() + 1;
	if (!poller_fits(poller->edge - 1) || !edge_watch(poller->edge - 1, fd))
		return false;
	if (!poller->asks_news) {
		FD_ZERO(&poller->asked_news);
		FD_ZERO(&poller->news);
		FD_ZERO(&poller->hung_up);
	}
	poller->asks_news = true;
	FD_SET(fd, &poller->asked_news);
	poller_want_read(poller, poller->edge - 1);
	return true;
}

static void take_news(struct poller *poller)
{
	struct edge_event events[8];
	if (!poller->asks_news || !poller_readable(poller, poller->edge - 1))
		return;
	int count = edge_take(poller->edge - 1, events, sizeof events / sizeof *events);
	for (int i = 0; i < count; i++) {
		if (!FD_ISSET(events[i].fd, &poller->asked_news)) {
			edge_forget(poller->edge - 1, events[i].fd);
			continue;
		}
		FD_SET(events[i].fd, &poller->news);
		if (events[i].hung_up)
			FD_SET(events[i].fd, &poller->hung_up);
	}
}

void poller_wake_at(struct poller *poller, int64_t instant)
{
	if (instant < poller->wake)
		poller->wake = instant;
}

void poller_wake_lazily(struct poller *poller, int64_t instant)
{
	if (instant < poller->lazy)
		poller->lazy = instant;
}

void poller_wait(struct poller *poller)
{
	struct timespec limit = { 0 };
	int timer = timer_set(&poller->timer, poller->lazy);
	if (poller->lazy != INT64_MAX && poller_fits(timer))
		poller_want_read(poller, timer);
	else
		poller_wake_at(poller, poller->lazy);
	mask_ending(SIG_BLOCK); /* or one that comes just before pselect() would not wake it */
	looping = 1;
	if (signalled)
		poller->wake = 0;
	bool forever = poller->wake == INT64_MAX;
	int64_t left = forever ? 0 : poller->wake - clock_now();
	if (left > 0) {
		limit.tv_sec = (time_t)(left / CLOCK_S);
		limit.tv_nsec = (long)(left % CLOCK_S);
	}
	memcpy(poller->ready, poller->wanted, sizeof poller->ready);
	int ready = pselect(poller->top + 1, &poller->ready[WANT_READ], &poller->ready[WANT_WRITE],
	                    NULL, forever ? NULL : &limit, &old_mask);
	signalled = 0;
	mask_ending(SIG_UNBLOCK);
	if (ready <= 0) {
		FD_ZERO(&poller->ready[WANT_READ]);
		FD_ZERO(&poller->ready[WANT_WRITE]);
	}
	if (poller_readable(poller, timer))
		timer_clear(&poller->timer);
	take_news(poller);
	poller->turns++;
}

bool poller_is_ready(int fd)
{
	fd_set set;
	struct timeval none = { 0 };
	if (!poller_fits(fd))
		return false;
	FD_ZERO(&set);
	FD_SET(fd, &set);
	return select(fd + 1, &set, NULL, NULL, &none) > 0;
}

bool poller_readable(const struct poller *poller, int fd)
{
	return poller_fits(fd) && FD_ISSET(fd, &poller->ready[WANT_READ]);
}

bool poller_writable(const struct poller *poller, int fd)
{
	return poller_fits(fd) && FD_ISSET(fd, &poller->ready[WANT_WRITE]);
}

bool poller_has_news(const struct poller *poller, int fd)
{
	return poller->asks_news && poller_fits(fd) && FD_ISSET(fd, &poller->news);
}

bool poller_hung_up(const struct poller *poller, int fd)
{
	return poller->asks_news && poller_fits(fd) && FD_ISSET(fd, &poller->hung_up);
}

bool poller_take_signal(int signal)
{
	bool yes = pending[signal];
	pending[signal] = 0;
	return yes;
}

void poller_on_stuck(void (*restore)(void))
{
	stuck_restore = restore;
}

void poller_block_signals(void)
{
	sigset_t set = watched_set();
	pthread_sigmask(SIG_BLOCK, &set, NULL);
}
