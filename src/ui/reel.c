// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/reel.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/count.h"

enum {
	LOOK_BACK =
	        16, /* entries, most of them without bytes, to look at for the last bytes shown */
	CHARACTER_MOST = 4, /* bytes, RFC 3629 */
};

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

bool reel_select(struct reel *reel, const struct view *view, int paragraphs)
{
	keep_mark(reel);
	const struct reel_mark *mark = find_mark(reel, view->session);
	const struct reel_mark fresh = { .session = view->session, .shown_up_to = TRANSCRIPT_NONE };
	reel->mark = mark ? *mark : fresh;
	reel->newest = TRANSCRIPT_NONE;
	reel->jumps = find_late_start(reel, view, paragraphs, &reel->next);
	return reel->jumps;
}

/* ---- where to go on ---- */

static bool moves_bytes(const struct entry *entry)
{
	return !entry->error && (entry_is_incoming(entry) || entry_is_outgoing(entry));
}

/* To a connected peer it goes without an address. */
static bool is_datagram(const struct entry *entry)
{
	return entry->addr_len || entry->call == CALL_SENDTO || entry->call == CALL_RECVFROM;
}

static bool is_shown(const struct entry *entry)
{
	if (!entry_is_call(entry))
		return true;
	return moves_bytes(entry) && (entry->len || is_datagram(entry));
}

/* Does the newest paragraph have its end? A stream's has it with the line feed. */
static bool ends_well(const struct view *view)
{
	uint64_t position = transcript_last(view->transcript, view->session);
	for (int i = 0; i < LOOK_BACK && position != TRANSCRIPT_NONE; i++) {
		const struct entry *entry = transcript_at(view->transcript, position);
		if (is_shown(entry))
			return !moves_bytes(entry) || is_datagram(entry) ||
			       entry_payload(entry)[entry->len - 1] == '\n';
		position = transcript_before(view->transcript, position);
	}
	return false;
}

/* The last bytes of the stream that ends with the newest entry, which may have come one by one. */
static size_t last_bytes(const struct view *view, char tail[CHARACTER_MOST])
{
	uint64_t position = transcript_last(view->transcript, view->session);
	uint8_t call = CALL_NOTE;
	size_t len = 0;
	for (int i = 0; i < LOOK_BACK && position != TRANSCRIPT_NONE && len < CHARACTER_MOST; i++) {
		const struct entry *entry = transcript_at(view->transcript, position);
		position = transcript_before(view->transcript, position);
		if (!is_shown(entry))
			continue;
		if (!moves_bytes(entry) || is_datagram(entry) || (len && entry->call != call))
			break;
		size_t part = entry->len < CHARACTER_MOST - len ? entry->len : CHARACTER_MOST - len;
		memmove(tail + part, tail, len);
		memcpy(tail, entry_payload(entry) + entry->len - part, part);
		len += part;
		call = entry->call;
	}
	return len;
}

static int64_t patience_with(const struct view *view)
{
	char tail[CHARACTER_MOST];
	size_t len = last_bytes(view, tail);
	return (text_whole(tail, len) < len ? REEL_CHARACTER_MS : REEL_PATIENCE_MS) * CLOCK_MS;
}

/* What came behind an unfinished paragraph begins with an entry of its own. */
static bool find_rest(const struct reel *reel, const struct view *view, struct place *next)
{
	uint64_t position = transcript_last(view->transcript, view->session);
	bool found = false;
	while (position != TRANSCRIPT_NONE && position > reel->mark.shown_up_to) {
		if (is_shown(transcript_at(view->transcript, position))) {
			*next = (struct place){ position, 0 };
			found = true;
		}
		position = transcript_before(view->transcript, position);
	}
	return found;
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

/* Eviction has overtaken what was to be shown next. */
static void tell_loss(const struct reel *reel, const struct view *view, struct place next,
                      struct buf *out)
{
	const struct reel_mark *mark = &reel->mark;
	if (!mark->any || reel->jumps || view_has(view, mark->last))
		return;
	uint64_t from = mark->last.entry;
	if (mark->shown_up_to != TRANSCRIPT_NONE && mark->shown_up_to > from)
		from = mark->shown_up_to;
	if (entry_before(view, next.entry) <= from)
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
	uint64_t newest = transcript_last(view->transcript, view->session);
	if (newest != reel->newest)
		reel->changed = now;
	reel->newest = newest;
}

/* One paragraph; false when there is none that can be shown now. */
static bool print_next(struct reel *reel, const struct view *view, int64_t now, struct buf *out)
{
	struct place next;
	if (!find_next(reel, view, &next)) {
		reel->mark.shown_up_to = reel->newest;
		return false;
	}
	bool newest = is_newest(view, next);
	bool open = newest && !ends_well(view);
	if (open) {
		reel->patience = patience_with(view);
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
		reel->mark.shown_up_to = reel->newest;
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
