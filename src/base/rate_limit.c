// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/rate_limit.h"

int64_t rate_limit_due(const struct rate_limit *rate_limit, int64_t left)
{
	return rate_limit->paid_until - rate_limit->credit + left;
}

void rate_limit_spend(struct rate_limit *rate_limit, int64_t now, int64_t cost)
{
	if (rate_limit->paid_until < now)
		rate_limit->paid_until = now;
	rate_limit->paid_until += cost;
}

void rate_limit_refill(struct rate_limit *rate_limit)
{
	rate_limit->paid_until = 0;
}
