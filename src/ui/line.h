// SPDX-License-Identifier: GPL-3.0-or-later
/* line: lays out a prompt and the text being typed in rows, and finds the cursor. Pure: no
 * readline, no curses. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "view/row.h"

/* Rows are exact up to this many bytes before the cursor. In a longer line that is not plain ASCII,
 * rows are counted from a byte less than twice as far away, so that the work for a frame is
 * bounded. */
enum { LINE_NEAR = 16384 };

struct line {
	const char *prompt; /* shown in STYLE_NOTE */
	const char *text;
	size_t len;
	size_t point;              /* byte offset of the cursor */
	size_t mark_from, mark_to; /* the active region, empty when equal; shown in STYLE_MARK */
	bool spare_corner; /* no wide character ends one column before the last: see screen.h */
};

struct line_layout {
	struct rows rows; /* at most max_rows: the part around the cursor */
	int cursor_row, cursor_column;
};

/* With max_rows == 1 the line scrolls sideways, in steps of half a screen, instead of wrapping.
 * Control characters are shown as marks (^I, ^J; ^J also starts a new row), a glyph wider than the
 * screen as "?", an escape of byte_escape.h as \xff in STYLE_MARK. */
void line_layout(struct line_layout *layout, const struct line *line, int columns, int max_rows);
void line_layout_free(struct line_layout *layout);
