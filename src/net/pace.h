// SPDX-License-Identifier: GPL-3.0-or-later
/* pace: how often to ask a ready socket for its next datagram or client. Asking until EAGAIN costs
 * one call too many each time; asking once costs a turn of the loop for each. So it asks for as
 * many as came last time, now and then for twice as many, and less often after each time that this
 * was too many. */
#pragma once

enum { PACE_MOST = 64, PACE_REST = 63 };

struct pace {
	unsigned expected; /* how many came last time; 0 = not asked yet */
	unsigned rest;     /* turns until the next attempt to get more */
	unsigned rest_length;
};

static inline unsigned pace_ask(const struct pace *pace)
{
	return pace->expected ? pace->expected : 1;
}

/* All that were asked for were there. */
static inline void pace_met(struct pace *pace)
{
	if (pace->rest) {
		pace->rest--;
		return;
	}
	pace->rest_length /= 2;
	pace->expected = 2 * pace_ask(pace);
	if (pace->expected > PACE_MOST)
		pace->expected = PACE_MOST;
}

/* Only this many were there, and then EAGAIN. */
static inline void pace_missed(struct pace *pace, unsigned got)
{
	pace->expected = got ? got : 1;
	pace->rest_length = 2 * pace->rest_length + 1;
	if (pace->rest_length > PACE_REST)
		pace->rest_length = PACE_REST;
	pace->rest = pace->rest_length;
}
