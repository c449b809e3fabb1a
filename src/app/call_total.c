// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/call_total.h"

#include "base/clock.h"

void call_total_count(struct call_total *total, const struct entry *entry)
{
	int64_t duration = entry->duration * CLOCK_US;
	bool failed = entry_has_failed(entry);
	total->calls += !entry_is_connect_return(entry); /* its steps are counted */
	total->failed += failed;
	total->would_block += entry->error && !failed;
	if (entry_is_incoming(entry) || entry_is_outgoing(entry))
		total->bytes += entry->len;
	if (entry->flags & ENTRY_WAITED)
		return;
	total->time += duration;
	if (duration > total->longest)
		total->longest = duration;
}

void call_total_add(struct call_total *sum, const struct call_total *total)
{
	sum->calls += total->calls;
	sum->failed += total->failed;
	sum->would_block += total->would_block;
	sum->bytes += total->bytes;
	sum->time += total->time;
	if (total->longest > sum->longest)
		sum->longest = total->longest;
}
