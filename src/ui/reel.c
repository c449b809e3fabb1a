// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/reel.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/count.h"

static const struct place NOWHERE = { TRANSCRIPT_NONE, 0 };

void reel_init(struct reel *reel)
{
	*reel = (struct reel){ .newest = TRANSCRIPT_NONE, .mark.shown_up_to = TRANSCRIPT_NONE };
}

void reel_free(struct reel *reel)
{
	rows_free(&reel->rows);
	free(reel->others);
	reel_init(reel);
}

/* ---- sessions ---- */

static struct reel_mark *find_mark(const struct reel *reel, uint32_t session)
{
	for (size_t i = 0; i < reel->count; i++)
		if (reel->others[i].session == session)
			return &reel->others[i];
	return NULL;
}

static void keep_mark(struct reel *reel)
{
	struct reel_mark *mark = find_mark(reel, reel->mark.session);
	if (!mark) {
		if (reel->count == reel->cap) {
			reel->cap = reel->cap ? 2 * reel->cap : 8;
			reel->others = xrealloc(reel->others, reel->cap * sizeof *reel->others);
		}
		mark = &reel->others[reel->count++];
	}
	*mark = reel->mark;
}

/* The first of the last paragraphs; false where there are no more than those anyway. */
static bool find_late_start(const struct reel *reel, const struct view *view, int paragraphs,
                            struct place *start)
{
	struct place from = reel->mark.any ? reel->mark.last : NOWHERE;
	if (view_count_after(view, from, paragraphs + 1) <= paragraphs || !view_last(view, start))
		return false;
	for (int i = 1; i < paragraphs; i++)
		if (!view_before(view, start))
			return false;
	return true;
}

static bool is_for(const struct reel_mark *mark, const struct view *view)
{
	return mark->session == view->session && mark->kind == view->kind && mark->all == view->all;
}

bool reel_is_at(const struct reel *reel, const struct view *view)
{
	return is_for(&reel->mark, view);
}

bool reel_select(struct reel *reel, const struct view *view, int paragraphs)
{
	keep_mark(reel);
	const struct reel_mark *mark = find_mark(reel, view->session);
	const struct reel_mark fresh = {
		.session = view->session,
		.kind = view->kind,
		.all = view->all,
		.shown_up_to = TRANSCRIPT_NONE,
	};
	reel->mark = mark && is_for(mark, view) ? *mark : fresh;
	reel->newest = TRANSCRIPT_NONE;
	reel->jumps = find_late_start(reel, view, paragraphs, &reel->next);
	return reel->jumps;
}

/* ---- where to go on ---- */

/* What came behind an unfinished paragraph begins with an entry of its own. */
static bool find_rest(const struct reel *reel, const struct view *view, struct place *next)
{
	uint64_t entry = view_entry_after(view, reel->mark.shown_up_to);
	*next = (struct place){ entry, 0 };
	return entry != TRANSCRIPT_NONE;
}

static bool find_next(const struct reel *reel, const struct view *view, struct place *next)
{
	if (reel->jumps) {
		*next = reel->next;
		return true;
	}
	if (reel->mark.open)
		return find_rest(reel, view, next);
	*next = reel->mark.any ? reel->mark.last : NOWHERE;
	return view_after(view, next);
}

/* ---- printing ---- */

static bool is_newest(const struct view *view, struct place place)
{
	return !view_after(view, &place);
}

static uint64_t entry_before(const struct view *view, uint64_t position)
{
	const struct entry *entry = transcript_at(view->transcript, position);
	return entry && entry->back ? position - (uint64_t)entry->back * ENTRY_ALIGN : position;
}

/* Whether what was to be shown next was evicted before. Of one session its links tell, of all that
 * the oldest entry left is a later one than the next would have been. */
static bool has_lost(const struct reel *reel, const struct view *view, uint64_t from, uint64_t next)
{
	if (!view->all && !view->other)
		return entry_before(view, next) > from;
	return next == transcript_first(view->transcript) &&
	       transcript_lost(view->transcript).entries > reel->mark.count;
}

static void tell_loss(const struct reel *reel, const struct view *view, struct place next,
                      struct buf *out)
{
	const struct reel_mark *mark = &reel->mark;
	if (!mark->any || reel->jumps || view_has(view, mark->last))
		return;
	uint64_t from = mark->last.entry;
	if (mark->shown_up_to != TRANSCRIPT_NONE && mark->shown_up_to > from)
		from = mark->shown_up_to;
	if (!has_lost(reel, view, from, next.entry))
		return;
	char size[COUNT_TEXT];
	count_format(next.entry - from, size);
	buf_printf(out, "... about %s bytes skipped: the terminal is too slow\r\n", size);
}

static void print_paragraph(struct reel *reel, const struct view *view, struct place place,
                            struct buf *out)
{
	view_layout(view, place, &reel->rows);
	for (size_t i = 0; i < reel->rows.count; i++) {
		row_print(&reel->rows.row[i], out);
		buf_append(out, "\r\n", 2);
	}
}

static void notice_change(struct reel *reel, const struct view *view, int64_t now)
{
	uint64_t newest = view_newest_entry(view);
	if (newest != reel->newest)
		reel->changed = now;
	reel->newest = newest;
}

static void note_all_shown(struct reel *reel, const struct view *view)
{
	reel->mark.shown_up_to = reel->newest;
	reel->mark.count = transcript_count(view->transcript);
}

/* One paragraph; false when there is none that can be shown now. */
static bool print_next(struct reel *reel, const struct view *view, int64_t now, struct buf *out)
{
	struct place next;
	if (!find_next(reel, view, &next)) {
		note_all_shown(reel, view);
		return false;
	}
	bool newest = is_newest(view, next), in_character = false;
	bool open = newest && view_is_open(view, &in_character);
	if (open) {
		int64_t patience = in_character ? REEL_CHARACTER_MS : REEL_PATIENCE_MS;
		reel->patience = patience * CLOCK_MS;
		if (now < reel->changed + reel->patience)
			return false;
	}
	tell_loss(reel, view, next, out);
	print_paragraph(reel, view, next, out);
	reel->jumps = false;
	reel->mark.last = next;
	reel->mark.any = true;
	reel->mark.open = open;
	if (newest)
		note_all_shown(reel, view);
	return true;
}

bool reel_print(struct reel *reel, const struct view *view, int64_t now, size_t most,
                struct buf *out)
{
	notice_change(reel, view, now);
	while (out->len <= most)
		if (!print_next(reel, view, now, out))
			return false;
	return true;
}

int64_t reel_deadline(const struct reel *reel)
{
	const struct reel_mark *mark = &reel->mark;
	bool all_shown = reel->newest == TRANSCRIPT_NONE || mark->shown_up_to == reel->newest;
	return all_shown ? INT64_MAX : reel->changed + reel->patience;
}
