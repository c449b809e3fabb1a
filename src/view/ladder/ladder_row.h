// SPDX-License-Identifier: GPL-3.0-or-later
/* ladder_row: the rows of one entry of a ladder, for the pane; and where in a row of so many columns the
 * margins and the lane between the two lines are. Private to this directory. */
#pragma once

#include "view/cursor.h"

struct lanes {
	int time;   /* columns of the time and the blank behind it */
	int margin; /* columns of the left margin */
	int lane;   /* columns between the two lines */
	int right;  /* columns of the right margin, 0 with one margin */
};

void lanes_set(struct lanes *lanes, const struct view *view);

/* When the first entry was made that is drawn: what times count from. */
int64_t ladder_row_begin(const struct view *view);

/* Appends at least one row for the cursor's entry, which may be either end's. */
void ladder_row_layout(const struct cursor *begin, struct rows *rows);
void ladder_row_layout_since(const struct cursor *begin, int64_t first, struct rows *rows);

/* The entry drawn before does not have the same millisecond. */
bool ladder_row_needs_time(const struct cursor *begin, int64_t first);

/* "240", "1900", "61 s": at most five characters. */
enum { LADDER_ROW_TIME = 24 };
const char *ladder_row_format_time(const struct cursor *begin, int64_t first,
                                   char out[LADDER_ROW_TIME]);

/* From so long a silence on, a row says so. */
bool ladder_row_has_gap(const struct cursor *begin, int64_t *gap);

/* Text that is cut with an ellipsis where it does not fit. */
void ladder_row_put_cut(struct row *row, const char *text, int columns, enum style style);
