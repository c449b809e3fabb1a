// SPDX-License-Identifier: GPL-3.0-or-later
/* stream_ruler: which column each byte of a flow has on a ruler, and each boundary. Private to this
 * directory. */
#pragma once

#include "view/page/flow.h"

enum { RULER_CUTS = 6 * FLOW_PARTS + 2 };

/* How bytes get their columns: two for each, as long as there is room, so that boundaries have
 * theirs; or one, and one for each boundary; or as it comes. */
enum scale { SCALE_WIDE, SCALE_NARROW, SCALE_ROUGH };

struct ruler {
	const struct flow *flow;
	int columns;     /* of the pane */
	int left, width; /* labels, the ruler itself; what remains is for counts and times */
	enum scale scale;
	int64_t cut[RULER_CUTS]; /* every boundary of any kind, ascending */
	size_t cuts;
	const char *labels[4]; /* byte, send, segments, recv */
};

/* Chooses scale and labels for ruler->columns; returns how many of the calls found fit. */
size_t ruler_choose(struct ruler *ruler);

/* The boundaries of what flow_follow() has found: before columns are asked for. */
void ruler_find_cuts(struct ruler *ruler);

/* The column of the boundary in front of this byte, and the byte's own. */
int ruler_boundary(const struct ruler *ruler, int64_t offset);
int ruler_byte(const struct ruler *ruler, int64_t offset);
