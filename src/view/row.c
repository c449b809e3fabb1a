// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/row.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "base/alloc.h"

void rows_clear(struct rows *rows)
{
	rows->count = 0;
}

void rows_free(struct rows *rows)
{
	for (size_t i = 0; i < rows->cap; i++)
		row_free(&rows->row[i]);
	free(rows->row);
	*rows = (struct rows){ 0 };
}

struct row *rows_add(struct rows *rows)
{
	size_t cap = rows->cap;
	rows->row = xgrow(rows->row, &rows->cap, rows->count, sizeof *rows->row);
	memset(rows->row + cap, 0, (rows->cap - cap) * sizeof *rows->row);
	struct row *row = &rows->row[rows->count++];
	row_clear(row);
	return row;
}

void row_clear(struct row *row)
{
	row->count = 0;
	row->columns = 0;
}

void row_free(struct row *row)
{
	free(row->glyphs);
	*row = (struct row){ 0 };
}

void row_add_glyph(struct row *row, const struct glyph *glyph, enum style style)
{
	if (!glyph->width)
		return;
	row->glyphs = xgrow(row->glyphs, &row->cap, row->count, sizeof *row->glyphs);
	row->glyphs[row->count] = *glyph;
	row->glyphs[row->count++].style = (uint8_t)style;
	row->columns += glyph->width;
}

size_t row_add_text(struct row *row, const char *text, size_t len, int columns, enum style style)
{
	size_t taken = 0;
	while (taken < len) {
		struct glyph glyph;
		size_t n = text_glyph(text + taken, len - taken, -1, &glyph);
		if (glyph.width > columns - row->columns)
			break;
		row_add_glyph(row, &glyph, glyph.mark ? STYLE_MARK : style);
		taken += n;
	}
	return taken;
}

void row_put(struct row *row, const char *text, int columns, enum style style)
{
	row_add_text(row, text, strlen(text), columns, style);
}

bool row_is_mark(const char *word, size_t len)
{
	return len > 0 && *word && strchr("*o?", *word) && (len == 1 || strchr(" ,;:.)", word[1]));
}

/* Where a row of `taken` bytes that does not hold all of the text ends: at a blank, if there is one
 * after a word. */
static size_t find_break(const char *text, size_t len, size_t taken)
{
	size_t begin = 0, end = taken;
	while (begin < taken && text[begin] == ' ')
		begin++;
	while (end < len && end > begin &&
	       (text[end] != ' ' || row_is_mark(text + end + 1, len - end - 1)))
		end--;
	return end > begin ? end : taken;
}

void rows_add_wrapped(struct rows *rows, const char *text, size_t len, int first, int indent,
                      int columns, enum style style)
{
	int pad = first;
	do {
		struct row *row = rows_add(rows);
		row_pad(row, pad, style);
		size_t taken = row_add_text(row, text, len, columns, style);
		size_t end = find_break(text, len, taken);
		if (end < taken) {
			row_clear(row);
			row_pad(row, pad, style);
			row_add_text(row, text, end, columns, style);
		}
		if (!taken)
			return;
		while (end < len && text[end] == ' ')
			end++;
		text += end;
		len -= end;
		pad = indent <= columns / 2 ? indent : 0;
	} while (len > 0);
}

void row_append(struct row *row, const struct row *from)
{
	for (size_t i = 0; i < from->count; i++)
		row_add_glyph(row, &from->glyphs[i], from->glyphs[i].style);
}

void row_pad(struct row *row, int column, enum style style)
{
	const struct glyph blank = { .chars = L" ", .count = 1, .width = 1 };
	while (row->columns < column)
		row_add_glyph(row, &blank, style);
}

void row_cut(struct row *row, int columns)
{
	while (row->columns > columns)
		row->columns -= row->glyphs[--row->count].width;
}

void row_add_end(struct row *row, const char *text, int near, int columns, enum style style)
{
	enum { GAP = 2 };
	int width = text_columns(text, strlen(text));
	int edge = near < columns ? near : columns;
	if (edge < row->columns + GAP + width)
		edge = row->columns + GAP + width;
	if (edge > columns)
		return;
	row_pad(row, edge - width, STYLE_GAP);
	row_put(row, text, columns, style);
}

bool row_has_style(const struct row *row, enum style style)
{
	for (size_t i = 0; i < row->count; i++)
		if (row->glyphs[i].style == style)
			return true;
	return false;
}

static bool is_blank(const struct glyph *glyph)
{
	for (size_t i = 0; i < glyph->count; i++)
		if (glyph->chars[i] != L' ')
			return false;
	return true;
}

static void print_char(wchar_t c, mbstate_t *state, struct buf *out)
{
	char bytes[MB_LEN_MAX];
	mbstate_t before = *state;
	size_t n = wcrtomb(bytes, c, state);
	if (n == (size_t)-1) {
		*state = before;
		bytes[0] = '?';
		n = 1;
	}
	buf_append(out, bytes, n);
}

void row_print(const struct row *row, struct buf *out)
{
	size_t count = row->count;
	while (count && is_blank(&row->glyphs[count - 1]))
		count--;
	mbstate_t state = { 0 };
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < row->glyphs[i].count; j++)
			print_char(row->glyphs[i].chars[j], &state, out);
}

enum style style_of_tag(uint32_t session)
{
	return STYLE_TAG + session % (STYLE_TAG_LAST - STYLE_TAG + 1);
}

void rows_print(const struct rows *rows, struct buf *out)
{
	for (size_t i = 0; i < rows->count; i++) {
		buf_append_text(out, i > 0 ? "\n" : "");
		row_print(&rows->row[i], out);
	}
}
