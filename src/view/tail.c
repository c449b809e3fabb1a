// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/tail.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/count.h"
#include "view/filter.h"

#define LATE_TIME (50 * CLOCK_MS)

enum { HIDDEN_MOST = 4096 }; /* paragraphs that a filter hides, after which the caller goes on */

static const struct location NOWHERE = { TRANSCRIPT_NONE, 0 };

void tail_init(struct tail *tail)
{
	*tail = (struct tail){ .newest = TRANSCRIPT_NONE, .mark.shown.position = TRANSCRIPT_NONE };
}

void tail_free(struct tail *tail)
{
	rows_free(&tail->rows);
	free(tail->others);
	tail_init(tail);
}

/* ---- sessions ---- */

static struct tail_mark *find_mark(const struct tail *tail, uint32_t session)
{
	for (size_t i = 0; i < tail->count; i++)
		if (tail->others[i].session == session)
			return &tail->others[i];
	return NULL;
}

static void keep_mark(struct tail *tail)
{
	struct tail_mark *mark = find_mark(tail, tail->mark.session);
	if (!mark) {
		tail->others = xgrow(tail->others, &tail->cap, tail->count, sizeof *tail->others);
		mark = &tail->others[tail->count++];
	}
	*mark = tail->mark;
}

/* The first of the last paragraphs; false where there are no more than those anyway. Where a filter has to
 * look through too much for so many, it is fewer. */
static bool find_late_start(const struct tail *tail, const struct view *view, int paragraphs,
                            struct location *start)
{
	filter_allow(view->filter, LATE_TIME);
	if (!filter_last(view, start))
		return filter_is_searching(view->filter) && view_last(view, start);
	for (int i = 1; i < paragraphs && filter_before(view, start);)
		i++;
	struct location before = *start, from = tail->mark.last;
	if (!filter_before(view, &before))
		return filter_is_searching(view->filter);
	return !tail->mark.any || before.entry > from.entry ||
	       (before.entry == from.entry && before.offset > from.offset);
}

static bool is_for(const struct tail_mark *mark, const struct view *view)
{
	return mark->session == view->session && mark->ops == view->ops && mark->all == view->all;
}

bool tail_is_at(const struct tail *tail, const struct view *view)
{
	return is_for(&tail->mark, view);
}

bool tail_select(struct tail *tail, const struct view *view, int paragraphs)
{
	keep_mark(tail);
	const struct tail_mark *mark = find_mark(tail, view->session);
	struct tail_mark fresh = {
		.session = view->session,
		.ops = view->ops,
		.all = view->all,
	};
	follower_init(&fresh.shown, view->transcript);
	tail->mark = mark && is_for(mark, view) ? *mark : fresh;
	tail->newest = TRANSCRIPT_NONE;
	tail->jumps = find_late_start(tail, view, paragraphs, &tail->next);
	return tail->jumps;
}

/* ---- where to go on ---- */

/* What came after an unfinished paragraph begins with an entry of its own. */
static bool find_rest(const struct tail *tail, const struct view *view, struct location *next)
{
	uint64_t entry = view_entry_after(view, tail->mark.shown.position);
	*next = (struct location){ entry, 0 };
	return entry != TRANSCRIPT_NONE;
}

static bool find_next(const struct tail *tail, const struct view *view, struct location *next)
{
	if (tail->jumps) {
		*next = tail->next;
		return true;
	}
	if (tail->mark.open)
		return find_rest(tail, view, next);
	*next = tail->mark.any ? tail->mark.last : NOWHERE;
	return view_after(view, next);
}

/* ---- printing ---- */

/* Whether everything up to this entry has been shown. */
static bool has_shown(const struct tail *tail, uint64_t entry)
{
	uint64_t position = tail->mark.shown.position;
	return position != TRANSCRIPT_NONE && position >= entry;
}

/* Whether something of the session was evicted between these entries, by its links. */
static bool has_gap(const struct view *view, uint64_t from, uint64_t next)
{
	const struct entry *entry = transcript_at(view->transcript, next);
	return entry->previous_in_session &&
	       next - (uint64_t)entry->previous_in_session * ENTRY_ALIGN > from;
}

static void report_missed(const struct tail *tail, const struct view *view, struct location next,
                          struct buf *out)
{
	const struct tail_mark *mark = &tail->mark;
	struct transcript_amount missed = follower_missed(&mark->shown);
	char size[COUNT_TEXT];
	if (!mark->any || tail->jumps || view_has(view, mark->last) || !missed.entries)
		return;
	uint64_t from = has_shown(tail, mark->last.entry) ? mark->shown.position : mark->last.entry;
	if (!view->all && !view->other && !has_gap(view, from, next.entry))
		return;
	buf_printf(out, "... about %s skipped: the terminal is too slow\r\n",
	           count_format_bytes(missed.bytes, size));
}

static void print_paragraph(struct tail *tail, const struct view *view, struct location location,
                            struct buf *out)
{
	view_layout(view, location, &tail->rows);
	for (size_t i = 0; i < tail->rows.count; i++) {
		row_print(&tail->rows.row[i], out);
		buf_append(out, "\r\n", 2);
	}
}

static void notice_change(struct tail *tail, const struct view *view, int64_t now)
{
	uint64_t newest = view_newest_entry(view);
	if (newest != tail->newest)
		tail->changed = now;
	tail->newest = newest;
}

/* One paragraph; false when there is none that can be shown now. */
static bool print_next(struct tail *tail, const struct view *view, int64_t now, struct buf *out)
{
	struct location next;
	if (!find_next(tail, view, &next)) {
		follower_skip(&tail->mark.shown);
		return false;
	}
	struct location after = next;
	bool newest = !view_after(view, &after), in_character = false;
	bool open = newest && view_is_open(view, &in_character);
	if (open) {
		int64_t timeout = in_character ? TAIL_CHARACTER_MS : TAIL_LINE_MS;
		tail->timeout = timeout * CLOCK_MS;
		if (now < tail->changed + tail->timeout)
			return false;
	}
	bool shown = !view->filter || filter_has(view, next);
	if (open && !shown) { /* as it is by now */
		follower_skip(&tail->mark.shown);
		return false;
	}
	report_missed(tail, view, next, out);
	if (shown)
		print_paragraph(tail, view, next, out);
	tail->jumps = false;
	tail->mark.last = next;
	tail->mark.any = true;
	tail->mark.open = open;
	if (newest)
		follower_skip(&tail->mark.shown);
	return true;
}

bool tail_print(struct tail *tail, const struct view *view, int64_t now, size_t most,
                struct buf *out)
{
	notice_change(tail, view, now);
	bool more = true;
	for (int hidden = 0; more && out->len <= most && hidden < HIDDEN_MOST;) {
		size_t before = out->len;
		more = print_next(tail, view, now, out);
		hidden += out->len == before;
	}
	if (tail->mark.any && !has_shown(tail, tail->mark.last.entry))
		follower_seek(&tail->mark.shown, tail->mark.last.entry);
	return more;
}

int64_t tail_deadline(const struct tail *tail)
{
	bool all_shown = tail->newest == TRANSCRIPT_NONE || has_shown(tail, tail->newest);
	return all_shown ? INT64_MAX : tail->changed + tail->timeout;
}
