// SPDX-License-Identifier: GPL-3.0-or-later
/* timer: a descriptor that becomes readable at an instant, timerfd_create(2). A timeout given to
 * pselect(2) is set up and taken down by each sleep; this one stays set until it is due, and costs
 * a program that is woken many thousand times a second nothing. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* -1 where the system has none, or no descriptor is left: give a timeout then. Close-on-exec. */
int timer_open(void);

/* Readable from this instant of clock_now() on; INT64_MAX = never. False: it could not be set. */
bool timer_arm(int timer, int64_t instant);

/* No longer readable. */
void timer_clear(int timer);
