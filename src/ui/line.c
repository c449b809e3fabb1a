// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/line.h"

#include <string.h>

#include "ui/byte_escape.h"

enum { SYNC_MOST = 64 }; /* bytes to look through for one where a character surely begins */

/* The part of a walk that is drawn; rows NULL: none, it only measures. */
struct line_part {
	struct rows *rows;
	int top, left, height;
};

/* A walk over prompt and text that knows where the next glyph goes. */
struct line_walk {
	const struct line *line;
	struct line_part part;
	int columns;
	bool wraps;
	int row, column;
	bool found; /* the cursor, and where it is */
	int cursor_row, cursor_column;
};

static void break_row(struct line_walk *walk)
{
	walk->row++;
	walk->column = 0;
}

static bool would_tear(const struct line_walk *walk, const struct glyph *glyph, int end)
{
	return walk->line->spare_corner && glyph->width > 1 && !glyph->mark &&
	       end == walk->columns - 1;
}

static void draw(struct line_walk *walk, const struct glyph *glyph, enum style style)
{
	const struct line_part *part = &walk->part;
	int row = walk->row - part->top, column = walk->column - part->left;
	int end = column + glyph->width;
	if (row < 0 || row >= part->height || column < 0 || end > walk->columns ||
	    would_tear(walk, glyph, end))
		return;
	while (part->rows->count <= (size_t)row)
		rows_add(part->rows);
	row_pad(&part->rows->row[row], column, STYLE_TEXT);
	row_add_glyph(&part->rows->row[row], glyph, style);
}

static size_t next_glyph(const struct line_walk *walk, const char *s, size_t n, struct glyph *glyph)
{
	const char *shown = *s == BYTE_MARK ? "\\" : s;
	size_t len = text_glyph(shown, shown == s ? n : 1, -1, glyph);
	if (glyph->width > walk->columns)
		*glyph = (struct glyph){ .chars = L"?", .count = 1, .width = 1, .mark = true };
	return len;
}

static void make_room(struct line_walk *walk, const struct glyph *glyph)
{
	int end = walk->column + glyph->width;
	if (walk->wraps && (end > walk->columns || would_tear(walk, glyph, end)))
		break_row(walk);
}

static void add_glyph(struct line_walk *walk, const struct glyph *glyph, enum style style)
{
	if (walk->part.rows)
		draw(walk, glyph, style);
	walk->column += glyph->width;
}

static void add_prompt(struct line_walk *walk)
{
	const char *prompt = walk->line->prompt;
	for (size_t at = 0, n = strlen(prompt); at < n;) {
		struct glyph glyph;
		at += next_glyph(walk, prompt + at, n - at, &glyph);
		make_room(walk, &glyph);
		add_glyph(walk, &glyph, STYLE_NOTE);
	}
}

static enum style style_at(const struct line *line, size_t at, const struct glyph *glyph)
{
	bool in_region = at >= line->mark_from && at < line->mark_to;
	return in_region || glyph->mark ? STYLE_MARK : STYLE_TEXT;
}

static void find_cursor(struct line_walk *walk, size_t at)
{
	if (walk->found || at < walk->line->point)
		return;
	walk->found = true;
	walk->cursor_row = walk->row;
	walk->cursor_column = walk->column;
}

/* The rest is neither shown nor counted. */
static bool is_enough(const struct line_walk *walk, int rows)
{
	if (!walk->found)
		return false;
	return walk->wraps ? walk->row >= rows : walk->column >= walk->part.left + walk->columns;
}

/* From this byte on, at which a row begins; the prompt is before byte 0. */
static void walk_to(struct line_walk *walk, size_t from, int rows)
{
	const struct line *line = walk->line;
	size_t marked = from; /* the end of an escape */
	if (from == 0)
		add_prompt(walk);
	for (size_t at = from; at < line->len;) {
		struct glyph glyph;
		if (byte_escape_length(line->text + at, line->len - at))
			marked = at + BYTE_ESCAPE;
		size_t len = next_glyph(walk, line->text + at, line->len - at, &glyph);
		make_room(walk, &glyph);
		find_cursor(walk, at);
		if (is_enough(walk, rows))
			return;
		add_glyph(walk, &glyph, at < marked ? STYLE_MARK : style_at(line, at, &glyph));
		if (line->text[at] == '\n' && walk->wraps)
			break_row(walk);
		at += len;
	}
	if (!walk->found && walk->wraps && walk->column >= walk->columns)
		break_row(walk);
	find_cursor(walk, line->point);
}

/* Only characters of one byte and one column: rows can be computed instead of walked. */
static bool is_plain(const char *s, size_t n)
{
	unsigned others = 0;
	for (size_t i = 0; i < n; i++)
		others |= (unsigned char)(s[i] - ' ') > '~' - ' ';
	return !others;
}

/* The beginning of a character near `at` and before `limit`: after a byte that is a whole character
 * in any encoding, or by the rules of UTF-8. */
static size_t character_near(const char *s, size_t at, size_t limit)
{
	size_t most = limit - at < SYNC_MOST ? limit - at : SYNC_MOST;
	for (size_t i = 0; i + 1 < most; i++)
		if ((unsigned char)s[at + i] < '0')
			return at + i + 1;
	for (int i = 0; i < 3 && ((unsigned char)s[at] & 0xc0) == 0x80; i++)
		at--;
	return at;
}

static int prompt_column(const struct line *line, int columns)
{
	struct line_walk walk = { .line = line, .columns = columns, .wraps = true };
	add_prompt(&walk);
	return walk.column;
}

/* In a paragraph too long to walk through: the beginning of a row, exact or assumed, near a round
 * offset. */
static size_t row_start_in(const struct line *line, int columns, size_t begin, size_t before)
{
	size_t round = begin + (before - begin - 1) / LINE_NEAR * LINE_NEAR;
	if (round == begin)
		return begin;
	if (!is_plain(line->text + begin, round + 1 - begin))
		return character_near(line->text, round, before);
	size_t width = (size_t)columns;
	size_t first = begin + width - (begin ? 0 : (size_t)prompt_column(line, columns));
	return round < first ? begin : first + (round - first) / width * width;
}

/* The nearest known beginning of a row before this byte; 0 is that of the prompt. */
static size_t row_start_before(const struct line *line, int columns, size_t before)
{
	if (before == 0)
		return 0;
	const char *end = memrchr(line->text, '\n', before - 1);
	size_t begin = end ? (size_t)(end - line->text) + 1 : 0;
	return row_start_in(line, columns, begin, before);
}

/* Far enough before the cursor to fill the rows above it. */
static size_t measure(struct line_walk *walk, int max_rows)
{
	const struct line_walk fresh = *walk;
	size_t from = walk->line->point;
	do {
		from = row_start_before(walk->line, walk->columns, from);
		*walk = fresh;
		walk_to(walk, from, max_rows);
	} while (from > 0 && walk->cursor_row < max_rows - 1);
	return from;
}

static void finish(struct line_layout *layout, const struct line_walk *walk)
{
	layout->cursor_row = walk->cursor_row - walk->part.top;
	layout->cursor_column = walk->cursor_column - walk->part.left;
	while (layout->rows.count <= (size_t)layout->cursor_row)
		rows_add(&layout->rows);
}

static void lay_out_wrapped(struct line_layout *layout, const struct line *line, int columns,
                            int max_rows)
{
	struct line_walk walk = { .line = line, .columns = columns, .wraps = true };
	size_t from = measure(&walk, max_rows);
	int top = walk.cursor_row >= max_rows ? walk.cursor_row - max_rows + 1 : 0;
	walk = (struct line_walk){ .line = line, .columns = columns, .wraps = true };
	walk.part = (struct line_part){ .rows = &layout->rows, .top = top, .height = max_rows };
	walk_to(&walk, from, top + max_rows);
	finish(layout, &walk);
}

/* The columns by which the row is shifted to show the cursor. */
static int shift_for(int column, int columns)
{
	if (column < columns)
		return 0;
	int step = columns / 2 > 0 ? columns / 2 : 1;
	return (column - columns + step) / step * step;
}

static void lay_out_sideways(struct line_layout *layout, const struct line *line, int columns)
{
	size_t from = line->point / LINE_NEAR;
	from = from > 1 ? character_near(line->text, (from - 1) * LINE_NEAR, line->point) : 0;
	struct line_walk walk = { .line = line, .columns = columns };
	walk_to(&walk, from, 1);
	int left = shift_for(walk.cursor_column, columns);
	walk = (struct line_walk){ .line = line, .columns = columns };
	walk.part = (struct line_part){ .rows = &layout->rows, .left = left, .height = 1 };
	walk_to(&walk, from, 1);
	finish(layout, &walk);
}

void line_layout(struct line_layout *layout, const struct line *line, int columns, int max_rows)
{
	rows_clear(&layout->rows);
	if (columns < 1)
		columns = 1;
	if (max_rows <= 1)
		lay_out_sideways(layout, line, columns);
	else
		lay_out_wrapped(layout, line, columns, max_rows);
}

void line_layout_free(struct line_layout *layout)
{
	rows_free(&layout->rows);
}
