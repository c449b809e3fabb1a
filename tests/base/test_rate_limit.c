// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/rate_limit.h"
#include "support/tap.h"

enum { COST = 18, CREDIT = 3 * COST, SECOND = 1000 };

static int64_t spend_as_soon_as_allowed(struct rate_limit *rate_limit, int64_t now, int64_t left)
{
	int64_t due = rate_limit_due(rate_limit, left);
	now = due > now ? due : now;
	rate_limit_spend(rate_limit, now, COST);
	return now;
}

static void test_rest(void)
{
	struct rate_limit rate_limit = { .credit = CREDIT };
	int64_t now = 5000;
	for (int i = 0; i < 3; i++)
		is_int(spend_as_soon_as_allowed(&rate_limit, now, COST), now,
		       "after a rest: at once");
	is_int(spend_as_soon_as_allowed(&rate_limit, now, 0), now, "what was left: at once, too");
	is_int(spend_as_soon_as_allowed(&rate_limit, now, 0), now + COST, "the next one waits");
	is_int(rate_limit_due(&rate_limit, COST), now + 3 * COST,
	       "who leaves something waits longer");
	now += 100 * COST;
	for (int i = 0; i < 4; i++)
		is_int(spend_as_soon_as_allowed(&rate_limit, now, 0), now, "after the next rest");
}

static void test_rate(void)
{
	struct rate_limit rate_limit = { .credit = CREDIT };
	int64_t at[500], now = 5000;
	int most = 0;
	for (int i = 0; i < 500; i++)
		at[i] = now = spend_as_soon_as_allowed(&rate_limit, now, 0);
	for (int from = 0, to = 0; from < 500; from++) {
		while (to < 500 && at[to] < at[from] + SECOND)
			to++;
		most = to - from > most ? to - from : most;
	}
	ok(most <= 60 && most > 55, "%d in any second", most);
}

static void test_large(void)
{
	struct rate_limit rate_limit = { .credit = CREDIT };
	rate_limit_spend(&rate_limit, 5000, 10 * CREDIT);
	is_int(rate_limit_due(&rate_limit, 0), 5000 + 9 * CREDIT,
	       "more than the credit is paid for later");
	rate_limit_refill(&rate_limit);
	ok(rate_limit_due(&rate_limit, 0) < 5000, "until it is filled up");
}

int main(void)
{
	tap_watchdog(10);
	test_rest();
	test_rate();
	test_large();
	return tap_done();
}
