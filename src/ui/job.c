// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/job.h"

#include <signal.h>
#include <stddef.h>

static const int ending[] = { SIGTERM, SIGHUP, SIGQUIT };
enum { ENDING = sizeof ending / sizeof *ending };

/* For job_is_dying() to see, and for the poller's next wait. */
static void leave_ending_pending(void)
{
	sigset_t set;
	sigemptyset(&set);
	for (size_t i = 0; i < ENDING; i++)
		sigaddset(&set, ending[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

static bool is_pending(int signal)
{
	sigset_t set;
	return sigpending(&set) == 0 && sigismember(&set, signal) == 1;
}

/* Ignoring a blocked signal for a moment discards it. */
static void discard(int signal)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN }, before;
	sigaction(signal, &ignore, &before);
	sigaction(signal, &before, NULL);
}

bool job_stop(void)
{
	struct sigaction ordinary = { .sa_handler = SIG_DFL }, before;
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGTSTP);
	leave_ending_pending();
	discard(SIGCONT);
	sigaction(SIGTSTP, &ordinary, &before);
	kill(0, SIGTSTP);
	sigprocmask(SIG_UNBLOCK, &set, NULL); /* the job stops here */
	sigprocmask(SIG_BLOCK, &set, NULL);
	sigaction(SIGTSTP, &before, NULL);
	bool stopped = is_pending(SIGCONT);
	discard(SIGCONT);
	return stopped;
}

bool job_is_dying(void)
{
	for (size_t i = 0; i < ENDING; i++)
		if (is_pending(ending[i]))
			return true;
	return false;
}
