// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/ladder/ladder.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "view/chat.h"
#include "view/ladder/ladder_entry.h"
#include "view/pattern.h"

enum {
	COLUMNS_TIME = 40, /* of a pane with a time, at least */
	TIME_COLUMNS = 6,
	LANE_LEAST = 5,
	LANE_MOST = 48,
	MARGIN_MOST = 80, /* wider margins are hard to read across */
};

/* Where in a row the margins and the lane between the two lines are. */
struct lanes {
	int time;   /* columns of the time and the blank after it */
	int margin; /* columns of the left margin */
	int lane;   /* columns between the two lines */
	int right;  /* columns of the right margin, 0 with one margin */
};

/* ---- where things are ---- */

static int limit(int value, int least, int most)
{
	return value < least ? least : value > most ? most : value;
}

static void set_lanes(struct lanes *lanes, const struct view *view)
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

static void put_time(const struct lanes *lanes, const char *time, struct row *row)
{
	int width = text_columns(time, strlen(time));
	if (lanes->time)
		row_pad(row, lanes->time - 1 - width, STYLE_TIME);
	row_put(row, time, lanes->time, STYLE_TIME);
	row_pad(row, lanes->time, STYLE_TIME);
}

/* ---- arrows ---- */

static enum style arrow_style(const struct ladder_row *drawn)
{
	if (drawn->look != LOOK_PLAIN || drawn->reach == REACH_LOST)
		return STYLE_ERROR;
	return drawn->way == WAY_RIGHT ? STYLE_OUT : STYLE_IN;
}

static const char *shaft(const struct ladder_row *drawn)
{
	bool unicode = text_has_unicode();
	if (drawn->look == LOOK_AGAIN)
		return unicode ? "╌" : "=";
	return unicode ? "─" : "-";
}

static const char *head(const struct ladder_row *drawn)
{
	bool unicode = text_has_unicode();
	if (drawn->reach == REACH_LEAVES)
		return shaft(drawn);
	if (drawn->reach == REACH_LOST)
		return unicode ? "✗" : "X";
	if (drawn->way == WAY_RIGHT)
		return unicode ? "→" : ">";
	return unicode ? "←" : "<";
}

static void put_shaft(const char *piece, int end, enum style style, struct row *row)
{
	while (row->columns < end) {
		int before = row->columns;
		row_put(row, piece, end, style);
		if (row->columns == before)
			return;
	}
}

/* "── data 0..4 o ──→": one piece of shaft in front of the name where there is room for blanks. */
static void put_seen(const struct ladder_row *drawn, int columns, struct row *row)
{
	char name[LADDER_NAME_TEXT];
	int end = row->columns + columns, body = columns - 1;
	bool right = drawn->way == WAY_RIGHT;
	enum style style = arrow_style(drawn);
	ladder_print_name(drawn, body, name);
	int spare = body - text_columns(name, strlen(name));
	const char *blank = spare >= 2 ? " " : "";
	int lead = (spare > 2) + (spare > 5);
	if (!right)
		row_put(row, head(drawn), end, style);
	put_shaft(shaft(drawn), row->columns + lead, style, row);
	row_put(row, blank, end, STYLE_TEXT);
	row_put(row, name, end - right, drawn->look == LOOK_PLAIN ? STYLE_TEXT : STYLE_ERROR);
	row_put(row, blank, end - right, STYLE_TEXT);
	put_shaft(shaft(drawn), end - right, style, row);
	if (right)
		row_put(row, head(drawn), end, style);
}

/* Where a segment is not seen to go there are dots, and where it does not go blanks. */
static void put_arrow(const struct ladder_row *drawn, int columns, struct row *row)
{
	bool first = (drawn->reach == REACH_ARRIVES) == (drawn->way == WAY_RIGHT);
	int unseen = drawn->reach == REACH_WHOLE ? 0 : columns / 6 + 1;
	int begin = row->columns + (first ? 0 : columns - unseen);
	const char *dot = text_has_unicode() ? "·" : ".";
	const char *piece = drawn->reach == REACH_LOST ? " " : dot;
	if (!first)
		put_seen(drawn, columns - unseen, row);
	put_shaft(piece, begin + unseen, arrow_style(drawn), row);
	if (first)
		put_seen(drawn, columns - unseen, row);
}

/* ---- rows ---- */

static void put_line(struct row *row)
{
	const char *line = text_has_unicode() ? "│" : "|";
	row_put(row, line, row->columns + 1, STYLE_FAINT);
}

static void put_margin(const struct ladder_row *drawn, int side, int64_t first, int columns,
                       struct row *row)
{
	const struct ladder_margin *margin = &drawn->margin[side];
	struct buf text = { .max = SIZE_MAX };
	char mark[3] = { ' ', margin->mark, '\0' };
	int room = columns - (margin->mark ? 2 : 0);
	ladder_print_margin(drawn, side, first, room, &text);
	ladder_put_cut(row, buf_text(&text), room, margin->style);
	if (margin->mark && room >= 0)
		row_put(row, mark, row->columns + 2, margin->style);
	buf_free(&text);
}

static void layout_line(const struct lanes *lanes, const struct ladder_row *drawn, int64_t first,
                        bool timed, struct row *row)
{
	char time[LADDER_TIME] = "";
	int left_line = lanes->time + lanes->margin + 1;
	if (timed)
		ladder_print_time(drawn, first, time);
	put_time(lanes, time, row);
	put_margin(drawn, 0, first, lanes->margin, row);
	row_pad(row, left_line, STYLE_TEXT);
	put_line(row);
	if (drawn->way != WAY_NONE)
		put_arrow(drawn, lanes->lane, row);
	row_pad(row, left_line + 1 + lanes->lane, STYLE_TEXT);
	put_line(row);
	if (!lanes->right)
		return;
	row_pad(row, left_line + lanes->lane + 3, STYLE_TEXT);
	put_margin(drawn, 1, first, lanes->right, row);
}

static void layout_gap(const struct lanes *lanes, int64_t gap, struct row *row)
{
	char duration[CLOCK_TEXT], text[CLOCK_TEXT + 8];
	int left_line = lanes->time + lanes->margin + 1;
	snprintf(text, sizeof text, "%s later", clock_format_duration(gap, duration));
	if (text_columns(text, strlen(text)) > lanes->lane)
		snprintf(text, sizeof text, "%s", duration);
	int spare = lanes->lane - text_columns(text, strlen(text));
	row_pad(row, left_line, STYLE_TEXT);
	row_put(row, ":", left_line + 1, STYLE_FAINT);
	row_pad(row, left_line + 1 + (spare > 0 ? spare / 2 : 0), STYLE_TEXT);
	row_put(row, text, left_line + 1 + lanes->lane, STYLE_TIME);
	row_pad(row, left_line + 1 + lanes->lane, STYLE_TEXT);
	row_put(row, ":", left_line + lanes->lane + 2, STYLE_FAINT);
}

/* To find the first entry may take long where others came before it, and a flood needs it only now
 * and then: `first` is -1 where it is not known yet. */
static void layout_since(const struct cursor *begin, int64_t first, struct rows *rows)
{
	struct lanes lanes;
	struct ladder_rows drawn;
	int64_t gap;
	set_lanes(&lanes, begin->view);
	size_t above = rows->count;
	ladder_draw(begin->view, begin->position, begin->entry, &drawn);
	if (!drawn.count)
		ladder_add(&drawn);
	if (ladder_has_gap(begin, &gap))
		layout_gap(&lanes, gap, rows_add(rows));
	bool timed = ladder_needs_time(begin, first < 0 ? 0 : first) || drawn.row[0].since;
	if (first < 0 && (timed || drawn.row[drawn.count - 1].since))
		first = ladder_begin(begin->view);
	for (size_t i = 0; i < drawn.count; i++) {
		const struct ladder_row *row = &drawn.row[i];
		if (i)
			timed = row->time - row[-1].time >= CLOCK_MS || row->since != row[-1].since;
		layout_line(&lanes, row, first, timed, rows_add(rows));
	}
	for (size_t i = above; i < rows->count; i++) {
		row_cut(&rows->row[i], begin->view->columns);
		if (begin->view->find)
			pattern_mark_row(&rows->row[i], begin->view->find, begin->view->find_len);
	}
}

/* ---- above ---- */

/* The second of each pair where something was seen on the wire. */
static const char *const legends[][2] = {
	{ "* read from the kernel  o counted  ? deduced",
	  "w seen on the wire  * read from the kernel  o counted  ? deduced" },
	{ "* read  o counted  ? deduced", "w seen  * read  o counted  ? deduced" },
	{ "*read ocount ?deduce", "wseen *read ocount" },
};

static int width(const char *text)
{
	return text_columns(text, strlen(text));
}

/* On the title's row where both fit, at its right end, else in a row of its own. */
static void put_legend(struct rows *rows, struct row *title, bool seen, int columns)
{
	struct row *row = title;
	const char *legend = legends[0][seen];
	if (title->columns + 2 + width(legend) > columns) {
		row = rows_add(rows);
		if (width(legend) > columns)
			legend = legends[width(legends[1][seen]) > columns ? 2 : 1][seen];
	} else {
		row_pad(row, columns - width(legend), STYLE_TEXT);
	}
	ladder_put_cut(row, legend, columns - row->columns, STYLE_FAINT);
}

static void put_names(const struct view *view, const struct endpoints *endpoints, struct row *row)
{
	char name[LADDER_TITLE];
	struct lanes lanes;
	set_lanes(&lanes, view);
	int left_line = lanes.time + lanes.margin + 1;
	if (lanes.time)
		row_add_text(row, "   ms", 5, lanes.time, STYLE_TIME);
	row_pad(row, lanes.time, STYLE_TEXT);
	ladder_put_cut(row, ladder_print_end(view, endpoints, 0, name), lanes.margin, STYLE_NOTE);
	ladder_print_end(view, endpoints, 1, name);
	int begin = left_line + lanes.lane + 3;
	if (!view->other)
		begin -= 1 + (width(name) < lanes.lane ? width(name) : lanes.lane);
	row_pad(row, begin, STYLE_TEXT);
	ladder_put_cut(row, name, view->columns - row->columns, STYLE_NOTE);
}

static void put_rule(const struct view *view, struct row *row)
{
	const char *dash = text_has_unicode() ? "─" : "-";
	for (int i = 0; i < view->columns; i++)
		row_put(row, dash, view->columns, STYLE_FAINT);
}

static void heading(const struct view *view, struct rows *rows)
{
	struct endpoints endpoints;
	char title[LADDER_TITLE];
	size_t above = rows->count;
	endpoints_find(view, &endpoints);
	struct row *row = rows_add(rows);
	ladder_put_cut(row, ladder_print_title(view, &endpoints, title), view->columns, STYLE_NOTE);
	put_legend(rows, row, view->wire[0] || view->wire[1] || view->recorded, view->columns);
	put_names(view, &endpoints, rows_add(rows));
	put_rule(view, rows_add(rows));
	for (size_t i = above; i < rows->count; i++)
		row_cut(&rows->row[i], view->columns);
}

/* ---- as text ---- */

static bool write_rows(struct rows *rows, struct buf *line, FILE *file)
{
	for (size_t i = 0; i < rows->count; i++) {
		buf_clear(line);
		row_print(&rows->row[i], line);
		buf_append_text(line, "\n");
		if (fwrite(buf_data(line), 1, line->len, file) != line->len)
			return false;
	}
	rows_clear(rows);
	return true;
}

/* What has been evicted is said first. */
static void lay_lost(const struct view *view, struct rows *rows)
{
	char text[80];
	struct cursor cursor;
	struct transcript_amount lost = transcript_lost(view->transcript);
	if (!cursor_first(&cursor, view) ||
	    !transcript_has_lost(view->transcript, cursor.entry->session))
		return;
	snprintf(text, sizeof text, "... older entries were dropped (%" PRIu64 " of all sessions)",
	         lost.entries);
	ladder_put_cut(rows_add(rows), text, view->columns, STYLE_FAINT);
}

static void lay_entry(const struct cursor *cursor, int64_t first, struct rows *rows)
{
	if (!ladder_is_row(cursor->entry))
		chat_layout(cursor, rows);
	else
		layout_since(cursor, first, rows);
}

static bool write_entries(const struct view *view, struct rows *rows, struct buf *line, FILE *file,
                          uint64_t *entries)
{
	struct cursor cursor;
	int64_t first = ladder_begin(view);
	bool more = cursor_first(&cursor, view), good = true;
	while (more && good) {
		if (cursor.entry->call != CALL_NOTE) {
			lay_entry(&cursor, first, rows);
			good = write_rows(rows, line, file);
			++*entries;
		}
		more = cursor_after(&cursor);
	}
	return good;
}

bool ladder_write_text(const struct view *view, FILE *file, uint64_t *entries)
{
	struct rows rows = { 0 };
	struct buf line = { .max = SIZE_MAX };
	*entries = 0;
	heading(view, &rows);
	lay_lost(view, &rows);
	bool good = write_rows(&rows, &line, file) &&
	            write_entries(view, &rows, &line, file, entries) && fflush(file) == 0;
	int code = errno;
	rows_free(&rows);
	buf_free(&line);
	errno = code;
	return good;
}

/* ---- as a view ---- */

static void layout(const struct cursor *begin, struct rows *rows)
{
	if (!ladder_is_row(begin->entry))
		chat_layout(begin, rows);
	else
		layout_since(begin, -1, rows);
}

const struct view_ops ladder_view = {
	.name = "ladder",
	.help = "the calls of both ends in the margins, and the segments between them\n"
	        "Both ends are known where both are sessions of this program; else there is one "
	        "margin. /ladder FILE writes it as text, or as a drawing where the name ends in "
	        ".svg.",
	.calls = true,
	.shows = ladder_shows,
	.layout = layout,
	.heading = heading,
};
