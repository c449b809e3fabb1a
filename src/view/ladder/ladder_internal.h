// SPDX-License-Identifier: GPL-3.0-or-later
/* ladder_internal: what the rows and the drawing of a ladder share: times, pauses, names of the
 * ends. Private to this directory. */
#pragma once

#include "view/cursor.h"
#include "view/endpoints.h"

/* When the first entry was made that is drawn: what times count from. */
int64_t ladder_begin(const struct view *view);

/* Whether the entry drawn before has another millisecond. */
bool ladder_needs_time(const struct cursor *begin, int64_t first);

/* "240", "1900", "61 s": at most five characters. */
enum { LADDER_TIME = 24 };
const char *ladder_format_time(const struct cursor *begin, int64_t first, char out[LADDER_TIME]);

/* Whether the pause before the entry is long enough for a row that says so. */
bool ladder_has_gap(const struct cursor *begin, int64_t *gap);

/* Text that is cut with an ellipsis where it does not fit. */
void ladder_put_cut(struct row *row, const char *text, int columns, enum style style);

enum { LADDER_NAME = 96 };

/* "2  127.0.0.1:39446", "peer  127.0.0.1:44617", "peer", "peers". Returns `out`. */
const char *ladder_name_end(const struct view *view, const struct endpoints *endpoints, int side,
                            char out[LADDER_NAME]);

/* "LADDER 2 <-> 3   loopback". Returns `out`. */
const char *ladder_title(const struct view *view, const struct endpoints *endpoints,
                         char out[LADDER_NAME]);
