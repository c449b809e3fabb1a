// SPDX-License-Identifier: GPL-3.0-or-later
/* origin: which entry a session written as a program begins with: its socket(), or where it was
 * accepted that of its listener. Private to this directory. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "record/transcript.h"

struct origin {
	uint32_t session;
	uint32_t listener; /* the session that accepted this one, 0 = none */
	int listening;     /* and the descriptor it did that with */
	uint64_t accepted; /* and the entry */
	uint64_t first;    /* the session's oldest entry, */
	uint64_t start;    /* and that which the program begins with */
	int64_t begun;     /* time of the session's first call */
};

/* False with one line where there is no call, or where the first ones have been evicted. */
bool origin_find(struct origin *origin, const struct transcript *transcript, uint32_t session,
                 struct error *error);
