// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/tap.h"
#include "ui/budget.h"

enum { COST = 18, CREDIT = 3 * COST, SECOND = 1000 };

static int64_t spend_as_soon_as_allowed(struct budget *budget, int64_t now, int64_t left)
{
	int64_t due = budget_due(budget, left);
	now = due > now ? due : now;
	budget_spend(budget, now, COST);
	return now;
}

static void test_rest(void)
{
	struct budget budget = { .credit = CREDIT };
	int64_t now = 5000;
	for (int i = 0; i < 3; i++)
		is_int(spend_as_soon_as_allowed(&budget, now, COST), now, "after a rest: at once");
	is_int(spend_as_soon_as_allowed(&budget, now, 0), now, "what was left: at once, too");
	is_int(spend_as_soon_as_allowed(&budget, now, 0), now + COST, "the next one waits");
	is_int(budget_due(&budget, COST), now + 3 * COST, "who leaves something waits longer");
	now += 100 * COST;
	for (int i = 0; i < 4; i++)
		is_int(spend_as_soon_as_allowed(&budget, now, 0), now, "after the next rest");
}

static void test_rate(void)
{
	struct budget budget = { .credit = CREDIT };
	int64_t at[500], now = 5000;
	int most = 0;
	for (int i = 0; i < 500; i++)
		at[i] = now = spend_as_soon_as_allowed(&budget, now, 0);
	for (int from = 0, to = 0; from < 500; from++) {
		while (to < 500 && at[to] < at[from] + SECOND)
			to++;
		most = to - from > most ? to - from : most;
	}
	ok(most <= 60 && most > 55, "%d in any second", most);
}

static void test_large(void)
{
	struct budget budget = { .credit = CREDIT };
	budget_spend(&budget, 5000, 10 * CREDIT);
	is_int(budget_due(&budget, 0), 5000 + 9 * CREDIT, "more than the credit is paid for later");
	budget_refill(&budget);
	ok(budget_due(&budget, 0) < 5000, "until it is filled up");
}

int main(void)
{
	tap_watchdog(10);
	test_rest();
	test_rate();
	test_large();
	return tap_done();
}
