// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/gutter.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "socket/host.h"
#include "view/frametext.h"
#include "view/paragraph.h"

enum {
	/* the least columns of a pane that has */
	COLUMNS_MILLISECONDS = 60,
	COLUMNS_TIME = 36, /* and tags of one width */
	COLUMNS_ARROW = 12,

	LEAST_TEXT = 8, /* columns that a tag leaves to the text */
	TAG_TEXT = 16,
};

static void put_text(struct row *row, const char *text, enum style style)
{
	row_put(row, text, row->columns + (int)strlen(text), style);
}

/* ---- time ---- */

static void format_seconds(int64_t duration, bool sign, char out[CLOCK_TEXT])
{
	char number[CLOCK_TEXT];
	int64_t ms = duration > 0 ? duration / CLOCK_MS : 0;
	snprintf(number, sizeof number, "%s%" PRId64 ".%03d", sign ? "+" : "", ms / 1000,
	         (int)(ms % 1000));
	snprintf(out, CLOCK_TEXT, "%8.8s", number);
}

static int64_t reference_time(const struct cursor *begin)
{
	struct cursor other = *begin;
	if (begin->view->time == VIEW_TIME_DELTA)
		paragraph_before(&other);
	else
		cursor_first(&other, begin->view);
	return entry_shown_time(other.entry);
}

bool gutter_format_time(const struct cursor *begin, int64_t time, char out[CLOCK_TEXT])
{
	const struct view *view = begin->view;
	if (view->time == VIEW_TIME_OFF || view->columns < COLUMNS_TIME)
		return false;
	if (view->time == VIEW_TIME_CLOCK)
		clock_format_time(time, view->columns < COLUMNS_MILLISECONDS, out);
	else
		format_seconds(time - reference_time(begin), view->time == VIEW_TIME_DELTA, out);
	return true;
}

static void put_time(const struct cursor *begin, struct row *row)
{
	char text[CLOCK_TEXT];
	if (!gutter_format_time(begin, entry_shown_time(begin->entry), text))
		return;
	put_text(row, text, STYLE_TIME);
	put_text(row, " ", STYLE_TIME);
}

/* ---- session ---- */

static void put_tag(const struct cursor *begin, struct row *row)
{
	char text[TAG_TEXT];
	struct frame_note note;
	bool wide = begin->view->columns >= COLUMNS_TIME;
	bool frame = frame_entry_unpack(begin->entry, &note);
	if (frame)
		snprintf(text, sizeof text, "%s", host_name((enum host)note.host));
	else
		snprintf(text, sizeof text, "[%" PRIu32 "]", begin->entry->session);
	int least = !wide ? 0 : frame ? 6 : 5; /* "right" */
	int width = (int)strlen(text) + 1;
	if (!begin->view->all || row->columns + width + LEAST_TEXT > begin->view->columns)
		return;
	put_text(row, text, style_of_tag(begin->entry->session));
	row_pad(row, row->columns + (width < least ? least - width + 1 : 1), STYLE_TEXT);
}

/* ---- direction ---- */

enum style gutter_words_style(const struct entry *entry)
{
	if (entry->flags & ENTRY_ERROR)
		return STYLE_ERROR;
	return entry->call == CALL_STATE ? STYLE_STATE : STYLE_NOTE;
}

static void put_frame_arrow(const struct view *view, const struct frame_note *note, struct row *row)
{
	bool unicode = text_has_unicode();
	switch (frametext_event(note, view->all ? 0 : view->port)) {
	case FRAME_LEAVES:
		put_text(row, unicode ? "→" : ">", STYLE_OUT);
		return;
	case FRAME_ARRIVES:
		put_text(row, unicode ? "←" : "<", STYLE_IN);
		return;
	case FRAME_PASSES:
		put_text(row, unicode ? "⇄" : "=", STYLE_STATE);
		return;
	case FRAME_MISSED:
		put_text(row, "!", STYLE_ERROR);
		return;
	default:
		put_text(row, unicode ? "✗" : "x", STYLE_ERROR);
	}
}

static void put_arrow(const struct cursor *begin, struct row *row)
{
	const struct entry *entry = begin->entry;
	bool unicode = text_has_unicode();
	struct frame_note note;
	if (frame_entry_unpack(entry, &note))
		put_frame_arrow(begin->view, &note, row);
	else if ((entry_is_words(entry) && entry->flags & ENTRY_ERROR) || entry_has_failed(entry))
		put_text(row, "!", STYLE_ERROR);
	else if (entry_is_incoming(entry) || entry->call == CALL_ERRQUEUE)
		put_text(row, unicode ? "←" : "<", STYLE_IN);
	else if (entry_is_outgoing(entry))
		put_text(row, unicode ? "→" : ">", STYLE_OUT);
	else if (entry_is_words(entry))
		put_text(row, unicode ? "·" : "-", gutter_words_style(entry));
	else
		put_text(row, entry->call == CALL_SAMPLE ? "*" : " ", STYLE_STATE);
}

/* Words of several lines have one time. */
static void blank(struct row *row)
{
	int columns = row->columns;
	row_clear(row);
	row_pad(row, columns, STYLE_TIME);
}

/* The paragraph goes on with a line that began in one before. */
static bool is_in_line(const struct cursor *begin)
{
	struct cursor before = *begin;
	return begin->view->ops->joins && entry_is_stream(begin->entry) && run_step_back(&before) &&
	       entry_payload(before.entry)[before.offset] != '\n';
}

bool gutter_is_continued(const struct cursor *begin)
{
	bool in_stream = begin->view->ops->joins && entry_is_stream(begin->entry);
	return begin->offset > 0 && !in_stream;
}

void gutter_put(const struct cursor *begin, struct row *row)
{
	bool continued = gutter_is_continued(begin);
	put_time(begin, row);
	put_tag(begin, row);
	if (continued && entry_is_words(begin->entry))
		blank(row);
	if (begin->view->columns < COLUMNS_ARROW)
		return;
	if (continued)
		put_text(row, " ", STYLE_TEXT);
	else
		put_arrow(begin, row);
	if (is_in_line(begin))
		put_text(row, text_has_unicode() ? "…" : "+", STYLE_FAINT);
	else
		put_text(row, " ", STYLE_TEXT);
	put_text(row, " ", STYLE_TEXT);
}
