// SPDX-License-Identifier: GPL-3.0-or-later
/* timer: a descriptor that becomes readable at an instant, timerfd_create(2). A timeout given to
 * pselect(2) is set up and taken down by each sleep; a timer stays set until it is due, and costs
 * nothing in a program that wakes many thousand times a second. */
#pragma once

#include <stdint.h>

struct timer {
	int fd;      /* plus one; 0 before the first use */
	int64_t due; /* INT64_MAX = not set */
};

/* Sets the timer to an instant of clock_now(), INT64_MAX for none; one that is due earlier stays as
 * it is. Returns the descriptor to watch; -1 where the system has no timers, or no descriptor is
 * left: give a timeout then. */
int timer_set(struct timer *timer, int64_t instant);

/* The descriptor was readable. */
void timer_clear(struct timer *timer);
void timer_close(struct timer *timer);
