// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/budget.h"

int64_t budget_due(const struct budget *budget, int64_t left)
{
	return budget->paid_until - budget->credit + left;
}

void budget_spend(struct budget *budget, int64_t now, int64_t cost)
{
	if (budget->paid_until < now)
		budget->paid_until = now;
	budget->paid_until += cost;
}

void budget_refill(struct budget *budget)
{
	budget->paid_until = 0;
}
