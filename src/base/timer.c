// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/timer.h"

#ifdef __linux__

#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

int timer_open(void)
{
	return timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
}

/* All zero would disarm it. */
bool timer_arm(int timer, int64_t instant)
{
	struct itimerspec when = { 0 };
	if (instant <= 0)
		instant = 1;
	if (instant != INT64_MAX) {
		when.it_value.tv_sec = (time_t)(instant / CLOCK_S);
		when.it_value.tv_nsec = (long)(instant % CLOCK_S);
	}
	return timerfd_settime(timer, TFD_TIMER_ABSTIME, &when, NULL) == 0;
}

void timer_clear(int timer)
{
	uint64_t times;
	ssize_t got = read(timer, &times, sizeof times);
	(void)got; /* EAGAIN: it was not readable */
}

#else

int timer_open(void)
{
	return -1;
}

bool timer_arm(int timer, int64_t instant)
{
	(void)timer;
	(void)instant;
	return false;
}

void timer_clear(int timer)
{
	(void)timer;
}

#endif
