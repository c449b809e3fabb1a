// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/page/fields.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "view/markup.h"

enum {
	CELL = 40, /* columns of a cell, at least */
	CELLS = 4,
	LABEL = 15, /* columns of a label and the blank in front */
	BAR = 22,   /* columns of a gauge with its ends, at most */
	USUAL = 15, /* columns of most values, so that most gauges are of one length */
	LEAST_BAR = 6,
	VALUE = 256,
	SENTENCE = 1024,
};

void fields_begin(struct fields *fields, struct rows *rows, int columns)
{
	int cells = columns / CELL;
	*fields = (struct fields){
		.rows = rows,
		.columns = columns,
		.cells = cells < 1       ? 1
		         : cells > CELLS ? CELLS
		                         : cells,
	};
	fields->next = fields->cells;
}

void fields_begin_markup(struct fields *fields, struct buf *markup)
{
	*fields = (struct fields){ .markup = markup };
}

void fields_end(struct fields *fields)
{
	if (fields->listing)
		buf_append_text(fields->markup, "</dl>\n");
	fields->listing = false;
}

static const char *class_of(enum style style)
{
	const char *class = markup_class(style);
	return class ? class : "";
}

/* ---- sentences ---- */

void fields_sentence(struct fields *fields, enum style style, int indent, const char *format, ...)
{
	char text[SENTENCE];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	if (fields->markup) {
		fields_end(fields);
		markup_printf(fields->markup, "<p class=\"%s\">%s</p>\n", class_of(style), text);
		return;
	}
	rows_add_wrapped(fields->rows, text, strlen(text), 1, indent, fields->columns, style);
	fields->next = fields->cells;
}

void fields_gap(struct fields *fields)
{
	fields_end(fields);
	if (fields->markup)
		return;
	rows_add(fields->rows);
	fields->next = fields->cells;
}

/* ---- cells ---- */

static int cell_columns(const struct fields *fields)
{
	return fields->columns / fields->cells;
}

/* How many cells side by side such a text takes; 0 where a row has not the room. */
static int cells_for(const struct fields *fields, int columns)
{
	for (int cells = 1; cells < fields->cells; cells++)
		if (columns < cells * cell_columns(fields))
			return cells;
	return columns <= fields->columns ? fields->cells : 0;
}

/* The row in which the next cells are, up to them; a new one where they do not fit. */
static struct row *claim(struct fields *fields, int cells)
{
	if (fields->next + cells > fields->cells) {
		rows_add(fields->rows);
		fields->next = 0;
	}
	struct row *row = &fields->rows->row[fields->rows->count - 1];
	row_pad(row, fields->next * cell_columns(fields) + 1, STYLE_TEXT);
	fields->next += cells;
	return row;
}

/* Over as many rows as it takes. */
static void add_long(struct fields *fields, enum style style, const char *label, const char *value)
{
	char text[LABEL + VALUE];
	size_t first = fields->rows->count;
	snprintf(text, sizeof text, "%s %s", label, value);
	fields_sentence(fields, style, 3, "%s", text);
	struct row *row = &fields->rows->row[first];
	for (size_t i = 0; i < row->count && i <= strlen(label); i++)
		row->glyphs[i].style = STYLE_NOTE;
}

static void put_bar(struct row *row, int width, uint64_t part, uint64_t whole, enum style style)
{
	int inner = width - 2, full = inner;
	if (part < whole)
		full = (int)((double)part / (double)whole * inner);
	if (part && !full)
		full = 1;
	row_put(row, "[", row->columns + 1, STYLE_FAINT);
	for (int i = 0; i < inner; i++)
		row_put(row, i < full ? "#" : ".", row->columns + 1,
		        i < full ? style : STYLE_FAINT);
	row_put(row, "] ", row->columns + 2, STYLE_FAINT);
}

/* What a value leaves of its cells to a bar. */
static int bar_width(const struct fields *fields, int cells, int columns)
{
	int usual = cell_columns(fields) - LABEL - USUAL - 2;
	int room = cells * cell_columns(fields) - columns - 2;
	if (room > usual)
		room = usual;
	return room < LEAST_BAR ? 0 : room > BAR ? BAR : room;
}

/* The bar says nothing that the value does not. */
static void add_marked_up(struct fields *fields, enum style style, const char *label, uint64_t part,
                          uint64_t whole, const char *value)
{
	if (!fields->listing)
		buf_append_text(fields->markup, "<dl class=\"fields\">\n");
	fields->listing = true;
	markup_printf(fields->markup, "<div><dt>%s</dt><dd class=\"%s\">%s", label, class_of(style),
	              value);
	if (whole)
		markup_printf(fields->markup,
		              " <span class=\"gauge\" aria-hidden=\"true\"><span style=\"width:%u%%\">"
		              "</span></span>",
		              part < whole ? (unsigned)((double)part / (double)whole * 100) : 100);
	buf_append_text(fields->markup, "</dd></div>\n");
}

/* `whole`: 0 for no bar. */
static void add(struct fields *fields, enum style style, const char *label, uint64_t part,
                uint64_t whole, const char *value)
{
	if (fields->markup) {
		add_marked_up(fields, style, label, part, whole, value);
		return;
	}
	int columns = LABEL + text_columns(value, strlen(value));
	int cells = cells_for(fields, columns);
	if (!cells) {
		add_long(fields, style, label, value);
		return;
	}
	struct row *row = claim(fields, cells);
	int from = row->columns - 1, bar = bar_width(fields, cells, columns);
	row_put(row, label, fields->columns, STYLE_NOTE);
	row_pad(row, from + LABEL, STYLE_TEXT);
	if (bar && whole)
		put_bar(row, bar, part, whole, style);
	row_put(row, value, fields->columns, style);
}

void fields_text(struct fields *fields, enum style style, const char *label, const char *format,
                 ...)
{
	char value[VALUE];
	va_list args;
	va_start(args, format);
	vsnprintf(value, sizeof value, format, args);
	va_end(args);
	add(fields, style, label, 0, 0, value);
}

void fields_gauge(struct fields *fields, enum style style, const char *label, uint64_t part,
                  uint64_t whole, const char *format, ...)
{
	char value[VALUE];
	va_list args;
	va_start(args, format);
	vsnprintf(value, sizeof value, format, args);
	va_end(args);
	add(fields, style, label, part, whole, value);
}
