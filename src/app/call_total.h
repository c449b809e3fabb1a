// SPDX-License-Identifier: GPL-3.0-or-later
/* call_total: the sums of calls, of one kind or of all. */
#pragma once

#include <stdint.h>

#include "record/entry.h"

struct call_total {
	uint64_t calls, failed, would_block, bytes;
	int64_t time, longest; /* ns; calls that waited for the peer not among them */
};

/* Only of an entry that is a call. */
void call_total_count(struct call_total *total, const struct entry *entry);
void call_total_add(struct call_total *sum, const struct call_total *total);
