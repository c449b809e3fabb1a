// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/ladder/ladder.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "view/chat.h"
#include "view/ends.h"
#include "view/ladder/context.h"
#include "view/ladder/ladder_row.h"

/* ---- above ---- */

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
	ladder_row_put_cut(row, legend, columns - row->columns, STYLE_FAINT);
}

static void put_names(const struct view *view, const struct ends *ends, struct row *row)
{
	char name[ENDS_NAME];
	struct lanes lanes;
	lanes_set(&lanes, view);
	int left_line = lanes.time + lanes.margin + 1;
	if (lanes.time)
		row_add_text(row, "   ms", 5, lanes.time, STYLE_TIME);
	row_pad(row, lanes.time, STYLE_TEXT);
	ladder_row_put_cut(row, ends_name(view, ends, 0, name), lanes.margin, STYLE_NOTE);
	ends_name(view, ends, 1, name);
	int begin = left_line + lanes.lane + 3;
	if (!view->other)
		begin -= 1 + (width(name) < lanes.lane ? width(name) : lanes.lane);
	row_pad(row, begin, STYLE_TEXT);
	ladder_row_put_cut(row, name, view->columns - row->columns, STYLE_NOTE);
}

static void put_rule(const struct view *view, struct row *row)
{
	const char *dash = text_has_unicode() ? "─" : "-";
	for (int i = 0; i < view->columns; i++)
		row_add_text(row, dash, strlen(dash), view->columns, STYLE_FAINT);
}

static void heading(const struct view *view, struct rows *rows)
{
	struct ends ends;
	char title[ENDS_NAME];
	ends_find(view, &ends);
	struct row *row = rows_add(rows);
	ladder_row_put_cut(row, ends_title(view, &ends, title), view->columns, STYLE_NOTE);
	put_legend(rows, row, view->columns);
	put_names(view, &ends, rows_add(rows));
	put_rule(view, rows_add(rows));
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
	struct transcript_lost lost = transcript_lost(view->transcript);
	if (!lost.entries || !cursor_first(&cursor, view) || !cursor.entry->back)
		return;
	snprintf(text, sizeof text, "... older entries were dropped (%" PRIu64 " of all sessions)",
	         lost.entries);
	ladder_row_put_cut(rows_add(rows), text, view->columns, STYLE_FAINT);
}

static void lay_entry(const struct cursor *cursor, int64_t first, struct rows *rows)
{
	if (cursor->entry->call == CALL_STATE && cursor->entry->flags & ENTRY_ERROR)
		chat_layout(cursor, rows);
	else
		ladder_row_layout_since(cursor, first, rows);
}

static bool write_entries(const struct view *view, struct rows *rows, struct buf *line, FILE *file,
                          uint64_t *entries)
{
	struct cursor cursor;
	int64_t first = ladder_row_begin(view);
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

/* What a program would do, and what the kernel says of it; of words only those that answer a
 * command or tell a failure, and the first state of an accepted session, which is there for its
 * accept(). */
static bool shows(const struct view *view, uint64_t position, const struct entry *entry)
{
	if (entry->call == CALL_NOTE)
		return true;
	if (entry->call == CALL_STATE)
		return entry->flags & ENTRY_ERROR || context_is_accepted(entry);
	bool drawn = entry->call == CALL_SAMPLE || entry->call == CALL_ERRQUEUE ||
	             (entry_is_call(entry) && !(entry->flags & ENTRY_WATCHING));
	return drawn && arrows_are_drawn(view, position, entry);
}

static void layout(const struct cursor *begin, struct rows *rows)
{
	if (entry_is_words(begin->entry) && !context_is_accepted(begin->entry))
		chat_layout(begin, rows);
	else
		ladder_row_layout(begin, rows);
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
