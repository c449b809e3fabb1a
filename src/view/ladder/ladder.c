// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/ladder/ladder.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "view/chat.h"
#include "view/ladder/arrows.h"
#include "view/ladder/ladder_internal.h"
#include "view/pattern.h"

#define GAP (2 * CLOCK_S)

enum {
	COLUMNS_TIME = 40, /* of a pane with a time, at least */
	TIME_COLUMNS = 6,
	LANE_LEAST = 5,
	LANE_MOST = 48,
	MARGIN_MOST = 80, /* wider margins are hard to read across */
	WORDS_MOST = 64,
	TEXT_MOST = ARROW_LABEL + 8,
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

void ladder_put_cut(struct row *row, const char *text, int columns, enum style style)
{
	size_t len = strlen(text);
	const char *dots = text_has_unicode() ? "…" : "~";
	int end = row->columns + columns;
	if (text_columns(text, len) <= columns) {
		row_add_text(row, text, len, end, style);
	} else if (columns > 0) {
		row_add_text(row, text, len, end - 1, style);
		row_put(row, dots, end, STYLE_FAINT);
	}
}

/* ---- time ---- */

/* Moves to the entry drawn before this one, past words of the program. */
static bool drawn_before(struct cursor *cursor)
{
	for (int i = 0; i < WORDS_MOST; i++)
		if (!cursor_before(cursor))
			return false;
		else if (cursor->entry->call != CALL_NOTE)
			return true;
	return false;
}

int64_t ladder_begin(const struct view *view)
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

bool ladder_needs_time(const struct cursor *begin, int64_t first)
{
	struct cursor before = *begin;
	return !drawn_before(&before) || milliseconds(&before, first) != milliseconds(begin, first);
}

const char *ladder_format_time(const struct cursor *begin, int64_t first, char out[LADDER_TIME])
{
	int64_t since = begin->entry->time > first ? begin->entry->time - first : 0;
	if (since < 100 * CLOCK_S)
		snprintf(out, LADDER_TIME, "%" PRId64, since / CLOCK_MS);
	else if (since < 1000 * CLOCK_S)
		snprintf(out, LADDER_TIME, "%" PRId64 " s", since / CLOCK_S);
	else if (since < 6000 * CLOCK_S)
		snprintf(out, LADDER_TIME, "%" PRId64 "m", since / CLOCK_S / 60);
	else
		snprintf(out, LADDER_TIME, "%" PRId64 "h", since / CLOCK_S / 3600);
	return out;
}

bool ladder_has_gap(const struct cursor *begin, int64_t *gap)
{
	struct cursor before = *begin;
	if (!drawn_before(&before))
		return false;
	*gap = begin->entry->time - before.entry->time;
	return *gap >= GAP;
}

static void put_time(const struct lanes *lanes, const char *time, struct row *row)
{
	char text[LADDER_TIME + 8];
	if (lanes->time) {
		snprintf(text, sizeof text, "%5.5s", time);
		row_put(row, text, lanes->time, STYLE_TIME);
	}
	row_pad(row, lanes->time, STYLE_TIME);
}

/* ---- arrows ---- */

static enum style arrow_style(const struct arrow *arrow)
{
	if (arrow->kind != ARROW_PLAIN)
		return STYLE_ERROR;
	return arrow->direction == DIRECTION_RIGHT ? STYLE_OUT : STYLE_IN;
}

static const char *shaft(const struct arrow *arrow)
{
	bool unicode = text_has_unicode();
	if (arrow->kind == ARROW_AGAIN)
		return unicode ? "╌" : "=";
	return unicode ? "─" : "-";
}

static const char *head(const struct arrow *arrow)
{
	bool unicode = text_has_unicode();
	if (arrow->kind == ARROW_LOST)
		return "X";
	if (arrow->direction == DIRECTION_RIGHT)
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

static void put_shaft(const struct arrow *arrow, int end, struct row *row)
{
	while (row->columns < end) {
		int before = row->columns;
		row_put(row, shaft(arrow), end, arrow_style(arrow));
		if (row->columns == before)
			return;
	}
}

/* "── data 0..4 o ──→": one piece of shaft in front of the name where there is room for blanks. */
static void put_arrow(const struct arrow *arrow, int columns, struct row *row)
{
	char name[TEXT_MOST];
	int end = row->columns + columns;
	bool right = arrow->direction == DIRECTION_RIGHT;
	int body = columns - 1;
	name_arrow(arrow, body, name);
	int spare = body - text_columns(name, strlen(name));
	const char *blank = spare >= 2 ? " " : "";
	int lead = spare > 5 ? 2 : spare > 2 ? 1 : 0;
	if (!right)
		row_put(row, head(arrow), end, arrow_style(arrow));
	put_shaft(arrow, row->columns + lead, row);
	row_put(row, blank, end, STYLE_TEXT);
	row_put(row, name, end - right, arrow->kind == ARROW_PLAIN ? STYLE_TEXT : STYLE_ERROR);
	row_put(row, blank, end - right, STYLE_TEXT);
	put_shaft(arrow, end - right, row);
	if (right)
		row_put(row, head(arrow), end, arrow_style(arrow));
}

/* ---- rows ---- */

static void put_line(struct row *row)
{
	const char *line = text_has_unicode() ? "│" : "|";
	row_put(row, line, row->columns + 1, STYLE_FAINT);
}

static void put_margin(const struct arrow_margin *margin, int columns, struct row *row)
{
	struct buf text = { .max = SIZE_MAX };
	char mark[3] = { ' ', margin->mark, '\0' };
	int room = columns - (margin->mark ? 2 : 0);
	arrow_print_margin(margin, room, &text);
	ladder_put_cut(row, buf_text(&text), room, margin->style);
	if (margin->mark && room >= 0)
		row_put(row, mark, row->columns + 2, margin->style);
	buf_free(&text);
}

static void layout_line(const struct lanes *lanes, const struct arrow *arrow, const char *time,
                        struct row *row)
{
	int left_line = lanes->time + lanes->margin + 1;
	put_time(lanes, time, row);
	put_margin(&arrow->margin[0], lanes->margin, row);
	row_pad(row, left_line, STYLE_TEXT);
	put_line(row);
	if (arrow->direction != DIRECTION_NONE)
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
	row_put(row, ":", left_line + 1, STYLE_FAINT);
	row_pad(row, left_line + 1 + (spare > 0 ? spare / 2 : 0), STYLE_TEXT);
	row_put(row, text, left_line + 1 + lanes->lane, STYLE_TIME);
	row_pad(row, left_line + 1 + lanes->lane, STYLE_TEXT);
	row_put(row, ":", left_line + lanes->lane + 2, STYLE_FAINT);
}

static void layout_since(const struct cursor *begin, int64_t first, struct rows *rows)
{
	struct lanes lanes;
	struct arrows arrows;
	char time[LADDER_TIME] = "";
	int64_t gap;
	set_lanes(&lanes, begin->view);
	size_t above = rows->count;
	arrows_draw(begin, &arrows);
	if (!arrows.count)
		arrows_add(&arrows);
	if (ladder_has_gap(begin, &gap))
		layout_gap(&lanes, gap, rows_add(rows));
	if (lanes.time && ladder_needs_time(begin, first))
		ladder_format_time(begin, first, time);
	for (size_t i = 0; i < arrows.count; i++)
		layout_line(&lanes, &arrows.list[i], i ? "" : time, rows_add(rows));
	for (size_t i = above; i < rows->count; i++) {
		row_cut(&rows->row[i], begin->view->columns);
		if (begin->view->find)
			pattern_mark_row(&rows->row[i], begin->view->find, begin->view->find_len);
	}
}

/* ---- above ---- */

static const char *name_others(const struct endpoints *endpoints, bool one)
{
	if (endpoints->listening)
		return "clients";
	return endpoints->datagrams && !one ? "peers" : "peer";
}

const char *ladder_name_end(const struct view *view, const struct endpoints *endpoints, int side,
                            char out[LADDER_NAME])
{
	char addr[ENDPOINT_TEXT] = "";
	uint32_t session = side ? view->other : view->session;
	if (endpoint_is_set(&endpoints->addr[side]))
		endpoint_format(&endpoints->addr[side], addr);
	if (session)
		snprintf(out, LADDER_NAME, "%" PRIu32 "%s%s", session, *addr ? "  " : "", addr);
	else
		snprintf(out, LADDER_NAME, "%s%s%s", name_others(endpoints, *addr),
		         *addr ? "  " : "", addr);
	return out;
}

const char *ladder_title(const struct view *view, const struct endpoints *endpoints,
                         char out[LADDER_NAME])
{
	bool loopback = endpoint_is_loopback(&endpoints->addr[0]) ||
	                endpoint_is_loopback(&endpoints->addr[1]);
	const char *where = view->calls_only ? "   UNIX: only the calls are known"
	                    : loopback       ? "   loopback"
	                                     : "";
	if (endpoints->listening)
		snprintf(out, LADDER_NAME,
		         "LADDER %" PRIu32 "   a listener: each client has its own ladder",
		         view->session);
	else if (view->other)
		snprintf(out, LADDER_NAME, "LADDER %" PRIu32 " %s %" PRIu32 "%s", view->session,
		         text_has_unicode() ? "⇄" : "<->", view->other, where);
	else
		snprintf(out, LADDER_NAME, "LADDER %" PRIu32 "%s", view->session, where);
	return out;
}

static const char *const legends[] = {
	"* read from the kernel  o counted  ? deduced",
	"* read  o counted  ? deduced",
	"*read ocount ?deduce",
};

static int width(const char *text)
{
	return text_columns(text, strlen(text));
}

/* On the title's row where both fit, at its right end, else in a row of its own. */
static void put_legend(struct rows *rows, struct row *title, int columns)
{
	struct row *row = title;
	const char *legend = legends[0];
	if (title->columns + 2 + width(legend) > columns) {
		row = rows_add(rows);
		if (width(legend) > columns)
			legend = legends[width(legends[1]) > columns ? 2 : 1];
	} else {
		row_pad(row, columns - width(legend), STYLE_TEXT);
	}
	ladder_put_cut(row, legend, columns - row->columns, STYLE_FAINT);
}

static void put_names(const struct view *view, const struct endpoints *endpoints, struct row *row)
{
	char name[LADDER_NAME];
	struct lanes lanes;
	set_lanes(&lanes, view);
	int left_line = lanes.time + lanes.margin + 1;
	if (lanes.time)
		row_add_text(row, "   ms", 5, lanes.time, STYLE_TIME);
	row_pad(row, lanes.time, STYLE_TEXT);
	ladder_put_cut(row, ladder_name_end(view, endpoints, 0, name), lanes.margin, STYLE_NOTE);
	ladder_name_end(view, endpoints, 1, name);
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
	char title[LADDER_NAME];
	size_t above = rows->count;
	endpoints_find(view, &endpoints);
	struct row *row = rows_add(rows);
	ladder_put_cut(row, ladder_title(view, &endpoints, title), view->columns, STYLE_NOTE);
	put_legend(rows, row, view->columns);
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
	if (cursor->entry->call == CALL_STATE && cursor->entry->flags & ENTRY_ERROR)
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

/* What a program would do, and what the kernel says of it; of words only notes and failures, and
 * the first state of an accepted session, which is there for its accept(). */
static bool shows(const struct view *view, uint64_t position, const struct entry *entry)
{
	switch (entry->call) {
	case CALL_NOTE:
		return true;
	case CALL_STATE:
		return entry->flags & ENTRY_ERROR || entry_is_accepted(entry);
	case CALL_SAMPLE:
		return entry->arg != SAMPLE_AFTER && arrows_are_drawn(view, position, entry);
	case CALL_ERRQUEUE:
		return arrows_are_drawn(view, position, entry);
	default:
		return entry_is_call(entry) && entry_is_shown(entry, view->own_calls);
	}
}

static void layout(const struct cursor *begin, struct rows *rows)
{
	if (entry_is_words(begin->entry) && !entry_is_accepted(begin->entry)) {
		chat_layout(begin, rows);
		return;
	}
	/* to find the first entry may take long where others came before it, and a flood needs it
	 * only now and then */
	bool timed = begin->view->columns >= COLUMNS_TIME && ladder_needs_time(begin, 0);
	layout_since(begin, timed ? ladder_begin(begin->view) : 0, rows);
}

const struct view_ops ladder_view = {
	.name = "ladder",
	.help = "the calls of both ends in the margins, and the segments between them\n"
	        "Both ends are known where both are sessions of this program; else there is one "
	        "margin. /ladder FILE writes it as text, or as a drawing where the name ends in "
	        ".svg.",
	.calls = true,
	.shows = shows,
	.layout = layout,
	.heading = heading,
};
