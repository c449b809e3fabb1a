// SPDX-License-Identifier: GPL-3.0-or-later
/* states: the diagram of TCP's states with a session on it, and the other end where that is ours
 * too: where each is, which states it has been in, since when, and whose step is next. */
#pragma once

#include "record/transcript.h"
#include "view/page/snapshot.h"
#include "view/row.h"

/* One end on the diagram. */
struct states_end {
	struct snapshot snapshot;
	uint32_t visited; /* bit n: enum tcp_state n was read */
	uint32_t deduced; /* the same for those it must have passed through */
	int64_t since;    /* instant at which the present state was first seen, 0 = unknown */
	bool older;       /* it may have begun before: it was found in it */
};

/* Fills `visited`, `deduced` and `since` by the session's entries since its last socket(), looking
 * at a bounded number of them. `snapshot` is filled already. */
void states_trace(struct states_end *end, const struct transcript *transcript);

/* Two traced ends of one connection: where both have called connect(), each has met the SYN of the
 * other, and passed SYN_RECV. */
void states_meet(struct states_end *one, struct states_end *two);

/* `other`: NULL where it is not ours. As a drawing where it has the columns, else as a list; below
 * what is said of the states where it does not fit `height`. Replaces what was in `rows`. */
void states_draw(const struct states_end *mine, const struct states_end *other, int columns,
                 int height, struct rows *rows);
