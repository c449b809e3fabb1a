// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/timer.h"

#include <unistd.h>

#ifdef __linux__

#include <sys/timerfd.h>

#include "base/clock.h"

int timer_set(struct timer *timer, int64_t instant)
{
	struct itimerspec when = { 0 };
	if (!timer->fd && instant != INT64_MAX) {
		timer->fd = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK) + 1;
		timer->due = INT64_MAX;
	}
	if (!timer->fd)
		return -1;
	if (instant == INT64_MAX ? timer->due == INT64_MAX : timer->due <= instant)
		return timer->fd - 1;
	if (instant != INT64_MAX) {
		int64_t later = instant > 0 ? instant : 1; /* all zero would unset it */
		when.it_value.tv_sec = (time_t)(later / CLOCK_S);
		when.it_value.tv_nsec = (long)(later % CLOCK_S);
	}
	if (timerfd_settime(timer->fd - 1, TFD_TIMER_ABSTIME, &when, NULL) < 0)
		return -1;
	timer->due = instant;
	return timer->fd - 1;
}

void timer_clear(struct timer *timer)
{
	uint64_t times;
	ssize_t got = read(timer->fd - 1, &times, sizeof times);
	(void)got; /* EAGAIN: it was not readable */
	timer->due = INT64_MAX;
}

#else

int timer_set(struct timer *timer, int64_t instant)
{
	(void)timer;
	(void)instant;
	return -1;
}

void timer_clear(struct timer *timer)
{
	(void)timer;
}

#endif

void timer_close(struct timer *timer)
{
	if (timer->fd)
		close(timer->fd - 1);
	timer->fd = 0;
}
