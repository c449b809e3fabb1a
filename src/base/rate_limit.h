// SPDX-License-Identifier: GPL-3.0-or-later
/* rate_limit: a rate with a credit. After a rest the credit can be spent at once, in the long run
 * only as much as the time that passes. Costs are durations. */
#pragma once

#include <stdint.h>

struct rate_limit {
	int64_t credit;     /* how far ahead of time may be spent */
	int64_t paid_until; /* the instant at which all that was spent is paid */
};

/* The instant from which something may be spent, if `left` of the credit is to remain. */
int64_t rate_limit_due(const struct rate_limit *rate_limit, int64_t left);

/* A cost may exceed the credit: the next one then waits longer. */
void rate_limit_spend(struct rate_limit *rate_limit, int64_t now, int64_t cost);

/* As after a rest. */
void rate_limit_refill(struct rate_limit *rate_limit);
