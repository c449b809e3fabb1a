// SPDX-License-Identifier: GPL-3.0-or-later
/* row: one line of a pane: glyphs that are safe for a terminal, each with a style. Knows neither
 * curses nor colours: who draws decides what a style looks like. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/text.h"

enum style {
	STYLE_TEXT, /* payload */
	STYLE_MARK, /* something unprintable, shown as ASCII */
	STYLE_TIME,
	STYLE_IN,    /* the arrow of what came in */
	STYLE_OUT,   /* the arrow of what went out */
	STYLE_NOTE,  /* the program speaks */
	STYLE_STATE, /* the network speaks */
	STYLE_ERROR,
	STYLE_FAINT,   /* line ends, sizes, dividers */
	STYLE_GAP,     /* the blanks before what has a column of its own */
	STYLE_FOUND,   /* what /find looks for */
	STYLE_CURRENT, /* the tab of the session that is shown */
	STYLE_TAG,     /* and those after it: the number of a session, see style_of_tag() */
	STYLE_TAG_LAST = STYLE_TAG + 5,
	STYLE_COUNT,
};

struct row {
	struct glyph *glyphs;
	size_t count, cap;
	int columns; /* the sum of the widths */
};

/* Rows of one paragraph; the memory is kept between uses. */
struct rows {
	struct row *row;
	size_t count, cap;
};

void rows_clear(struct rows *rows);
void rows_free(struct rows *rows);

/* The style of a session's tag: neighbours differ. */
enum style style_of_tag(uint32_t session);

/* A new empty last row. The pointer holds until the next call. */
struct row *rows_add(struct rows *rows);

void row_clear(struct row *row);
void row_free(struct row *row);
void row_add_glyph(struct row *row, const struct glyph *glyph, enum style style);

/* Text of the program's own or of a peer, made safe; marks get STYLE_MARK. Stops before a glyph
 * that would pass `columns`; returns the bytes taken. */
size_t row_add_text(struct row *row, const char *text, size_t len, int columns, enum style style);

/* The same of a whole string, as much as fits. */
void row_put(struct row *row, const char *text, int columns, enum style style);

/* Whether a word of the program's own text is a mark of how something is known: "*", "o", "?". It
 * stays on the row of the word before it. */
bool row_is_mark(const char *word, size_t len);

/* As many new rows as the text takes, at least one, each broken at its last blank that fits; a word
 * that is wider than a row is cut. `first`, `indent`: blanks in front, of the others too. */
void rows_add_wrapped(struct rows *rows, const char *text, size_t len, int first, int indent,
                      int columns, enum style style);

/* Adds all glyphs of another row. */
void row_append(struct row *row, const struct row *from);

/* Blanks up to this column. */
void row_pad(struct row *row, int column, enum style style);

/* Drops the glyphs at the end that do not fit into this many columns. */
void row_cut(struct row *row, int columns);

/* Puts words at the end of a row of `columns`: flush with that or with `near`, whichever is less,
 * and after two blanks where the row has text there. Nothing where there is no room. */
void row_add_end(struct row *row, const char *text, int near, int columns, enum style style);

bool row_has_style(const struct row *row, enum style style);

/* Appends the row in the locale's encoding, without trailing blanks and without a line end. */
void row_print(const struct row *row, struct buf *out);
void rows_print(const struct rows *rows, struct buf *out); /* a line feed between two rows */
