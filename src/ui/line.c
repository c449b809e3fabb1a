// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/line.h"

#include <string.h>

#include "ui/byte_escape.h"

enum { SYNC_MOST = 64 }; /* bytes to look through for one where a character surely begins */

/* The part of a flow that is drawn; rows NULL: none, it only measures. */
struct canvas {
	struct rows *rows;
	int top, left, height;
};

/* A walk over prompt and text that knows where the next glyph goes. */
struct flow {
	const struct line *line;
	struct canvas canvas;
	int columns;
	bool wraps;
	int row, column;
	bool found; /* the cursor, and where it is */
	int cursor_row, cursor_column;
};

static void break_row(struct flow *flow)
{
	flow->row++;
	flow->column = 0;
}

static bool would_tear(const struct flow *flow, const struct glyph *glyph, int end)
{
	return flow->line->spare_corner && glyph->width > 1 && !glyph->mark &&
	       end == flow->columns - 1;
}

static void draw(struct flow *flow, const struct glyph *glyph, enum style style)
{
	const struct canvas *canvas = &flow->canvas;
	int row = flow->row - canvas->top, column = flow->column - canvas->left;
	int end = column + glyph->width;
	if (row < 0 || row >= canvas->height || column < 0 || end > flow->columns ||
	    would_tear(flow, glyph, end))
		return;
	while (canvas->rows->count <= (size_t)row)
		rows_add(canvas->rows);
	row_pad(&canvas->rows->row[row], column, STYLE_TEXT);
	row_add_glyph(&canvas->rows->row[row], glyph, style);
}

static size_t next_glyph(const struct flow *flow, const char *s, size_t n, struct glyph *glyph)
{
	const char *shown = *s == BYTE_MARK ? "\\" : s;
	size_t len = text_glyph(shown, shown == s ? n : 1, -1, glyph);
	if (glyph->width > flow->columns)
		*glyph = (struct glyph){ .chars = L"?", .count = 1, .width = 1, .mark = true };
	return len;
}

static void make_room(struct flow *flow, const struct glyph *glyph)
{
	int end = flow->column + glyph->width;
	if (flow->wraps && (end > flow->columns || would_tear(flow, glyph, end)))
		break_row(flow);
}

static void add_glyph(struct flow *flow, const struct glyph *glyph, enum style style)
{
	if (flow->canvas.rows)
		draw(flow, glyph, style);
	flow->column += glyph->width;
}

static void add_prompt(struct flow *flow)
{
	const char *prompt = flow->line->prompt;
	for (size_t at = 0, n = strlen(prompt); at < n;) {
		struct glyph glyph;
		at += next_glyph(flow, prompt + at, n - at, &glyph);
		make_room(flow, &glyph);
		add_glyph(flow, &glyph, STYLE_NOTE);
	}
}

static enum style style_at(const struct line *line, size_t at, const struct glyph *glyph)
{
	bool in_region = at >= line->mark_from && at < line->mark_to;
	return in_region || glyph->mark ? STYLE_MARK : STYLE_TEXT;
}

static void find_cursor(struct flow *flow, size_t at)
{
	if (flow->found || at < flow->line->point)
		return;
	flow->found = true;
	flow->cursor_row = flow->row;
	flow->cursor_column = flow->column;
}

/* The rest is neither shown nor counted. */
static bool is_enough(const struct flow *flow, int rows)
{
	if (!flow->found)
		return false;
	return flow->wraps ? flow->row >= rows : flow->column >= flow->canvas.left + flow->columns;
}

/* From this byte on, at which a row begins; the prompt is before byte 0. */
static void walk(struct flow *flow, size_t from, int rows)
{
	const struct line *line = flow->line;
	size_t marked = from; /* the end of an escape */
	if (from == 0)
		add_prompt(flow);
	for (size_t at = from; at < line->len;) {
		struct glyph glyph;
		if (byte_escape_length(line->text + at, line->len - at))
			marked = at + BYTE_ESCAPE;
		size_t len = next_glyph(flow, line->text + at, line->len - at, &glyph);
		make_room(flow, &glyph);
		find_cursor(flow, at);
		if (is_enough(flow, rows))
			return;
		add_glyph(flow, &glyph, at < marked ? STYLE_MARK : style_at(line, at, &glyph));
		if (line->text[at] == '\n' && flow->wraps)
			break_row(flow);
		at += len;
	}
	if (!flow->found && flow->wraps && flow->column >= flow->columns)
		break_row(flow);
	find_cursor(flow, line->point);
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
	struct flow flow = { .line = line, .columns = columns, .wraps = true };
	add_prompt(&flow);
	return flow.column;
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
static size_t measure(struct flow *flow, int max_rows)
{
	const struct flow fresh = *flow;
	size_t from = flow->line->point;
	do {
		from = row_start_before(flow->line, flow->columns, from);
		*flow = fresh;
		walk(flow, from, max_rows);
	} while (from > 0 && flow->cursor_row < max_rows - 1);
	return from;
}

static void finish(struct line_layout *layout, const struct flow *flow)
{
	layout->cursor_row = flow->cursor_row - flow->canvas.top;
	layout->cursor_column = flow->cursor_column - flow->canvas.left;
	while (layout->rows.count <= (size_t)layout->cursor_row)
		rows_add(&layout->rows);
}

static void lay_out_wrapped(struct line_layout *layout, const struct line *line, int columns,
                            int max_rows)
{
	struct flow flow = { .line = line, .columns = columns, .wraps = true };
	size_t from = measure(&flow, max_rows);
	int top = flow.cursor_row >= max_rows ? flow.cursor_row - max_rows + 1 : 0;
	flow = (struct flow){ .line = line, .columns = columns, .wraps = true };
	flow.canvas = (struct canvas){ .rows = &layout->rows, .top = top, .height = max_rows };
	walk(&flow, from, top + max_rows);
	finish(layout, &flow);
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
	struct flow flow = { .line = line, .columns = columns };
	walk(&flow, from, 1);
	int left = shift_for(flow.cursor_column, columns);
	flow = (struct flow){ .line = line, .columns = columns };
	flow.canvas = (struct canvas){ .rows = &layout->rows, .left = left, .height = 1 };
	walk(&flow, from, 1);
	finish(layout, &flow);
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
