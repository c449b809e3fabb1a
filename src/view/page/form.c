// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/page/form.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
	CELL = 40, /* columns of a cell, at least */
	CELLS = 4,
	LABEL = 15, /* columns of a label and the blank in front */
	BAR = 22,   /* columns of a gauge with its ends, at most */
	USUAL = 13, /* columns of most values, so that most gauges are of one length */
	LEAST_BAR = 6,
	VALUE = 256,
	SENTENCE = 1024,
};

void form_begin(struct form *form, struct rows *rows, int columns)
{
	int cells = columns / CELL;
	*form = (struct form){
		.rows = rows,
		.columns = columns,
		.cells = cells < 1       ? 1
		         : cells > CELLS ? CELLS
		                         : cells,
	};
	form->next = form->cells;
}

static struct row *last_row(const struct form *form)
{
	return &form->rows->row[form->rows->count - 1];
}

static void put(struct row *row, const char *text, int columns, enum style style)
{
	row_add_text(row, text, strlen(text), columns, style);
}

/* ---- sentences ---- */

static bool ends_blank(const struct row *row)
{
	return !row->count || row->glyphs[row->count - 1].chars[0] == L' ';
}

/* A word that is wider than a row is cut into several. */
static void put_word(struct form *form, const char *word, size_t len, int indent, enum style style)
{
	struct row *row = last_row(form);
	bool begun = !ends_blank(row);
	if (begun && row->columns + 1 + text_columns(word, len) > form->columns) {
		row = rows_add(form->rows);
		row_pad(row, indent, style);
	} else if (begun) {
		put(row, " ", form->columns, style);
	}
	size_t taken = row_add_text(row, word, len, form->columns, style);
	while (taken < len) {
		row = rows_add(form->rows);
		row_pad(row, indent, style);
		size_t more = row_add_text(row, word + taken, len - taken, form->columns, style);
		if (!more)
			return;
		taken += more;
	}
}

static void put_words(struct form *form, const char *text, int indent, enum style style)
{
	while (*text) {
		size_t len = strcspn(text, " ");
		if (len)
			put_word(form, text, len, indent, style);
		text += len + (text[len] == ' ');
	}
}

void form_sentence(struct form *form, enum style style, int indent, const char *format, ...)
{
	char text[SENTENCE];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	row_pad(rows_add(form->rows), 1, style);
	put_words(form, text, indent, style);
	form->next = form->cells;
}

void form_gap(struct form *form)
{
	rows_add(form->rows);
	form->next = form->cells;
}

/* ---- cells ---- */

static int cell_columns(const struct form *form)
{
	return form->columns / form->cells;
}

/* How many cells side by side such a text takes; 0 where not even a row has the room. */
static int cells_for(const struct form *form, int columns)
{
	for (int cells = 1; cells < form->cells; cells++)
		if (columns < cells * cell_columns(form))
			return cells;
	return columns <= form->columns ? form->cells : 0;
}

/* The row in which the next cell is, up to that cell; a new one where so many do not fit. */
static struct row *claim(struct form *form, int cells)
{
	if (form->next + cells > form->cells) {
		rows_add(form->rows);
		form->next = 0;
	}
	struct row *row = last_row(form);
	row_pad(row, form->next * cell_columns(form) + 1, STYLE_TEXT);
	form->next += cells;
	return row;
}

static void put_label(struct row *row, const char *label, int from, int columns)
{
	put(row, label, columns, STYLE_NOTE);
	row_pad(row, from + LABEL, STYLE_TEXT);
}

static void put_long(struct form *form, enum style style, const char *label, const char *value)
{
	struct row *row = rows_add(form->rows);
	form->next = form->cells;
	row_pad(row, 1, STYLE_TEXT);
	put(row, label, form->columns, STYLE_NOTE);
	put(row, " ", form->columns, style);
	put_words(form, value, 3, style);
}

static void put_bar(struct row *row, int width, uint64_t part, uint64_t whole, enum style style)
{
	int inner = width - 2, full = inner;
	if (part < whole)
		full = (int)((double)part / (double)whole * inner);
	if (part && !full)
		full = 1;
	put(row, "[", row->columns + 1, STYLE_FAINT);
	for (int i = 0; i < inner; i++)
		put(row, i < full ? "#" : ".", row->columns + 1, i < full ? style : STYLE_FAINT);
	put(row, "] ", row->columns + 2, STYLE_FAINT);
}

/* What a value leaves of its cells to a bar. */
static int bar_width(const struct form *form, int cells, int columns)
{
	int usual = cell_columns(form) - LABEL - USUAL - 2;
	int room = cells * cell_columns(form) - columns - 2;
	if (room > usual)
		room = usual;
	return room < LEAST_BAR ? 0 : room > BAR ? BAR : room;
}

void form_text(struct form *form, enum style style, const char *label, const char *format, ...)
{
	char value[VALUE];
	va_list args;
	va_start(args, format);
	vsnprintf(value, sizeof value, format, args);
	va_end(args);
	int cells = cells_for(form, LABEL + text_columns(value, strlen(value)));
	if (!cells) {
		put_long(form, style, label, value);
		return;
	}
	struct row *row = claim(form, cells);
	put_label(row, label, row->columns - 1, form->columns);
	put(row, value, form->columns, style);
}

void form_gauge(struct form *form, enum style style, const char *label, uint64_t part,
                uint64_t whole, const char *format, ...)
{
	char value[VALUE];
	va_list args;
	va_start(args, format);
	vsnprintf(value, sizeof value, format, args);
	va_end(args);
	int columns = LABEL + text_columns(value, strlen(value));
	int cells = cells_for(form, columns);
	if (!cells) {
		put_long(form, style, label, value);
		return;
	}
	struct row *row = claim(form, cells);
	put_label(row, label, row->columns - 1, form->columns);
	int bar = bar_width(form, cells, columns);
	if (bar && whole)
		put_bar(row, bar, part, whole, style);
	put(row, value, form->columns, style);
}
