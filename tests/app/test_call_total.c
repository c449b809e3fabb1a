// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/call_total.h"

#include <errno.h>

#include "base/clock.h"
#include "support/tap.h"

int main(void)
{
	static const struct entry calls[] = {
		{ .call = CALL_CONNECT, .error = EINPROGRESS, .duration = 20 },
		{ .call = CALL_CONNECT, .flags = ENTRY_WAITED, .duration = 5000000 },
		{ .call = CALL_SEND, .len = 5, .duration = 30 },
		{ .call = CALL_RECV, .len = 7, .duration = 10 },
		{ .call = CALL_RECV, .error = EAGAIN, .duration = 1 },
		{ .call = CALL_RECV, .error = ECONNRESET, .duration = 2 },
	};
	struct call_total total = { 0 }, sum = { .calls = 1, .longest = 40 * CLOCK_US };
	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
		call_total_count(&total, &calls[i]);
	is_int(total.calls, 5, "connect() that waits is one call");
	is_int(total.failed, 1, "not yet is no failure");
	is_int(total.would_block, 2, "but counted by itself");
	is_int(total.bytes, 12, "bytes of both directions");
	is_int(total.time, 63 * CLOCK_US, "the time in calls, without waiting for the peer");
	is_int(total.longest, 30 * CLOCK_US, "and so is the longest");
	call_total_add(&sum, &total);
	is_int(sum.calls, 6, "sums are added");
	is_int(sum.longest, 40 * CLOCK_US, "the longest is the longer one");
	return tap_done();
}
