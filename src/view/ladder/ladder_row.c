// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/ladder/ladder_row.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "view/pattern.h"
#include "view/ladder/arrow.h"

#define GAP (2 * CLOCK_S)

enum {
	COLUMNS_TIME = 40, /* from so many columns on there is a time */
	TIME_COLUMNS = 6,
	LANE_LEAST = 5,
	LANE_MOST = 48,
	MARGIN_MOST = 80, /* the eye has to find the way */
	WORDS_MOST = 64,
	TEXT_MOST = ARROW_LABEL + 8,
};

/* ---- where things are ---- */

static int limit(int value, int least, int most)
{
	return value < least ? least : value > most ? most : value;
}

void lanes_set(struct lanes *lanes, const struct view *view)
{
	int columns = view->columns;
	int lines = view->other ? 4 : 3; /* two lines, and a blank beside each margin */
	lanes->time = columns < COLUMNS_TIME ? 0 : TIME_COLUMNS;
	int rest = columns - lanes->time - lines;
	lanes->lane = limit(rest * 7 / 20, LANE_LEAST, LANE_MOST);
	rest -= lanes->lane;
	lanes->margin = limit(view->other ? rest / 2 : rest, 0, MARGIN_MOST);
	lanes->right = view->other ? limit(rest - lanes->margin, 0, MARGIN_MOST) : 0;
}

void ladder_row_put_cut(struct row *row, const char *text, int columns, enum style style)
{
	size_t len = strlen(text);
	const char *dots = text_has_unicode() ? "…" : "~";
	int end = row->columns + columns;
	if (text_columns(text, len) <= columns) {
		row_add_text(row, text, len, end, style);
	} else if (columns > 0) {
		row_add_text(row, text, len, end - 1, style);
		row_add_text(row, dots, strlen(dots), end, STYLE_FAINT);
	}
}

/* ---- time ---- */

/* The entry drawn before; words of the program are none. */
static bool drawn_before(struct cursor *cursor)
{
	for (int i = 0; i < WORDS_MOST; i++)
		if (!cursor_before(cursor))
			return false;
		else if (cursor->entry->call != CALL_NOTE)
			return true;
	return false;
}

int64_t ladder_row_begin(const struct view *view)
{
	struct cursor first = { 0 };
	if (!cursor_first(&first, view))
		return 0;
	for (int i = 0; i < WORDS_MOST && first.entry->call == CALL_NOTE; i++)
		if (!cursor_after(&first))
			break;
	return first.entry->time;
}

static int64_t milliseconds(const struct cursor *cursor, int64_t first)
{
	return (cursor->entry->time - first) / CLOCK_MS;
}

bool ladder_row_needs_time(const struct cursor *begin, int64_t first)
{
	struct cursor before = *begin;
	return !drawn_before(&before) || milliseconds(&before, first) != milliseconds(begin, first);
}

const char *ladder_row_format_time(const struct cursor *begin, int64_t first,
                                   char out[LADDER_ROW_TIME])
{
	int64_t since = begin->entry->time > first ? begin->entry->time - first : 0;
	if (since < 100 * CLOCK_S)
		snprintf(out, LADDER_ROW_TIME, "%" PRId64, since / CLOCK_MS);
	else if (since < 1000 * CLOCK_S)
		snprintf(out, LADDER_ROW_TIME, "%" PRId64 " s", since / CLOCK_S);
	else if (since < 6000 * CLOCK_S)
		snprintf(out, LADDER_ROW_TIME, "%" PRId64 "m", since / CLOCK_S / 60);
	else
		snprintf(out, LADDER_ROW_TIME, "%" PRId64 "h", since / CLOCK_S / 3600);
	return out;
}

bool ladder_row_has_gap(const struct cursor *begin, int64_t *gap)
{
	struct cursor before = *begin;
	if (!drawn_before(&before))
		return false;
	*gap = begin->entry->time - before.entry->time;
	return *gap >= GAP;
}

static void put_time(const struct lanes *lanes, const char *time, struct row *row)
{
	char text[LADDER_ROW_TIME + 8];
	if (lanes->time) {
		snprintf(text, sizeof text, "%5.5s", time);
		row_add_text(row, text, strlen(text), lanes->time, STYLE_TIME);
	}
	row_pad(row, lanes->time, STYLE_TIME);
}

/* ---- arrows ---- */

static enum style arrow_style(const struct arrow *arrow)
{
	if (arrow->look != LOOK_PLAIN)
		return STYLE_ERROR;
	return arrow->way == WAY_RIGHT ? STYLE_OUT : STYLE_IN;
}

static const char *shaft(const struct arrow *arrow)
{
	bool unicode = text_has_unicode();
	if (arrow->look == LOOK_AGAIN)
		return unicode ? "╌" : "=";
	return unicode ? "─" : "-";
}

static const char *head(const struct arrow *arrow)
{
	bool unicode = text_has_unicode();
	if (arrow->look == LOOK_LOST)
		return "X";
	if (arrow->way == WAY_RIGHT)
		return unicode ? "→" : ">";
	return unicode ? "←" : "<";
}

static void add_mark(const char *name, char mark, const char *between, char out[TEXT_MOST])
{
	char text[2] = { mark, '\0' };
	snprintf(out, TEXT_MOST, "%s%s%s", name, mark ? between : "", text);
}

static bool is_within(const char *text, int columns)
{
	return text_columns(text, strlen(text)) <= columns;
}

/* The name with its mark, which is the last to go. */
static void name_arrow(const struct arrow *arrow, int columns, char out[TEXT_MOST])
{
	add_mark(arrow->label, arrow->mark, " ", out);
	if (!is_within(out, columns) && arrow->shorter[0])
		add_mark(arrow->shorter, arrow->mark, " ", out);
	if (!is_within(out, columns))
		add_mark(arrow->brief, arrow->mark, " ", out);
	if (!is_within(out, columns))
		add_mark(arrow->brief, arrow->mark, "", out);
	if (is_within(out, columns) || columns < 1)
		return;
	size_t keep = (size_t)columns - (arrow->mark != 0);
	char name[ARROW_BRIEF];
	snprintf(name, sizeof name, "%.*s", (int)keep, arrow->brief);
	add_mark(name, arrow->mark, "", out);
}

static void put(struct row *row, const char *text, int end, enum style style)
{
	row_add_text(row, text, strlen(text), end, style);
}

static void put_shaft(const struct arrow *arrow, int end, struct row *row)
{
	while (row->columns < end) {
		int before = row->columns;
		put(row, shaft(arrow), end, arrow_style(arrow));
		if (row->columns == before)
			return;
	}
}

/* "── data 0..4 o ──→": one piece of shaft in front of the name where there is room for blanks. */
static void put_arrow(const struct arrow *arrow, int columns, struct row *row)
{
	char name[TEXT_MOST];
	int end = row->columns + columns;
	bool right = arrow->way == WAY_RIGHT;
	int body = columns - 1;
	name_arrow(arrow, body, name);
	int spare = body - text_columns(name, strlen(name));
	const char *blank = spare >= 2 ? " " : "";
	int lead = spare > 5 ? 2 : spare > 2 ? 1 : 0;
	if (!right)
		put(row, head(arrow), end, arrow_style(arrow));
	put_shaft(arrow, row->columns + lead, row);
	put(row, blank, end, STYLE_TEXT);
	put(row, name, end - right, arrow->look == LOOK_PLAIN ? STYLE_TEXT : STYLE_ERROR);
	put(row, blank, end - right, STYLE_TEXT);
	put_shaft(arrow, end - right, row);
	if (right)
		put(row, head(arrow), end, arrow_style(arrow));
}

/* ---- rows ---- */

static void put_line(struct row *row)
{
	const char *line = text_has_unicode() ? "│" : "|";
	put(row, line, row->columns + 1, STYLE_FAINT);
}

static void put_margin(const struct arrow_margin *margin, int columns, struct row *row)
{
	struct buf text = { .max = SIZE_MAX };
	char mark[3] = { ' ', margin->mark, '\0' };
	int room = columns - (margin->mark ? 2 : 0);
	arrow_print_margin(margin, room, &text);
	ladder_row_put_cut(row, buf_text(&text), room, margin->style);
	if (margin->mark && room >= 0)
		put(row, mark, row->columns + 2, margin->style);
	buf_free(&text);
}

static void layout_stroke(const struct lanes *lanes, const struct arrow *arrow, const char *time,
                          struct row *row)
{
	int left_line = lanes->time + lanes->margin + 1;
	put_time(lanes, time, row);
	put_margin(&arrow->margin[0], lanes->margin, row);
	row_pad(row, left_line, STYLE_TEXT);
	put_line(row);
	if (arrow->way != WAY_NONE)
		put_arrow(arrow, lanes->lane, row);
	row_pad(row, left_line + 1 + lanes->lane, STYLE_TEXT);
	put_line(row);
	if (!lanes->right)
		return;
	row_pad(row, left_line + lanes->lane + 3, STYLE_TEXT);
	put_margin(&arrow->margin[1], lanes->right, row);
}

static void layout_gap(const struct lanes *lanes, int64_t gap, struct row *row)
{
	char duration[CLOCK_TEXT], text[CLOCK_TEXT + 8];
	int left_line = lanes->time + lanes->margin + 1;
	snprintf(text, sizeof text, "%s later", clock_format_duration(gap, duration));
	if (!is_within(text, lanes->lane))
		snprintf(text, sizeof text, "%s", duration);
	int spare = lanes->lane - text_columns(text, strlen(text));
	row_pad(row, left_line, STYLE_TEXT);
	put(row, ":", left_line + 1, STYLE_FAINT);
	row_pad(row, left_line + 1 + (spare > 0 ? spare / 2 : 0), STYLE_TEXT);
	put(row, text, left_line + 1 + lanes->lane, STYLE_TIME);
	row_pad(row, left_line + 1 + lanes->lane, STYLE_TEXT);
	put(row, ":", left_line + lanes->lane + 2, STYLE_FAINT);
}

void ladder_row_layout_since(const struct cursor *begin, int64_t first, struct rows *rows)
{
	struct lanes lanes;
	struct arrows arrows;
	char time[LADDER_ROW_TIME] = "";
	int64_t gap;
	lanes_set(&lanes, begin->view);
	size_t above = rows->count;
	arrows_draw(begin, &arrows);
	if (!arrows.count)
		arrows_add(&arrows);
	if (ladder_row_has_gap(begin, &gap))
		layout_gap(&lanes, gap, rows_add(rows));
	if (lanes.time && ladder_row_needs_time(begin, first))
		ladder_row_format_time(begin, first, time);
	for (size_t i = 0; i < arrows.count; i++)
		layout_stroke(&lanes, &arrows.list[i], i ? "" : time, rows_add(rows));
	for (size_t i = above; begin->view->find && i < rows->count; i++)
		pattern_mark_row(&rows->row[i], begin->view->find, begin->view->find_len);
}

/* To find the first entry may take long where others came before it, and a flood needs it only now
 * and then. */
void ladder_row_layout(const struct cursor *begin, struct rows *rows)
{
	bool timed = begin->view->columns >= COLUMNS_TIME && ladder_row_needs_time(begin, 0);
	ladder_row_layout_since(begin, timed ? ladder_row_begin(begin->view) : 0, rows);
}
