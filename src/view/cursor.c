// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/cursor.h"

/* ---- entries ---- */

static bool is_text(const struct entry *entry)
{
	return entry->call == CALL_NOTE || entry->call == CALL_STATE;
}

static bool moves_bytes(const struct entry *entry)
{
	return !entry->error && (entry_is_incoming(entry) || entry_is_outgoing(entry));
}

bool entry_is_datagram(const struct entry *entry)
{
	bool has_address =
	        entry->addr_len || entry->call == CALL_SENDTO || entry->call == CALL_RECVFROM;
	return moves_bytes(entry) && has_address;
}

bool entry_is_stream(const struct entry *entry)
{
	return moves_bytes(entry) && !entry_is_datagram(entry);
}

/* A stream's recv() = 0 is its end, which the session tells in words. */
bool entry_is_shown(const struct entry *entry)
{
	return is_text(entry) || entry_is_datagram(entry) || (entry_is_stream(entry) && entry->len);
}

/* Whether `b`, the next entry shown behind `a`, goes on with the same run. */
static bool joins(const struct entry *a, const struct entry *b)
{
	if (is_text(a))
		return a->flags & ENTRY_CONTINUES && a->call == b->call;
	return entry_is_stream(a) && entry_is_stream(b) && a->call == b->call &&
	       (uint16_t)(a->phase + a->len) == b->phase;
}

static const struct entry *own_entry(const struct view *view, uint64_t position)
{
	const struct entry *entry = transcript_at(view->transcript, position);
	return entry && entry->session == view->session ? entry : NULL;
}

/* The next entry of the view's session behind a position, which may have been evicted;
 * TRANSCRIPT_NONE. Looks from both sides at once, forward in time and back along the session's own
 * links: so neither a flood in another session nor one in this session behind the place makes a
 * frame expensive. */
static uint64_t session_after(const struct view *view, uint64_t position)
{
	uint64_t found = TRANSCRIPT_NONE;
	uint64_t ahead = position;
	uint64_t back = transcript_last(view->transcript, view->session);
	while (back != TRANSCRIPT_NONE && back > position) {
		ahead = transcript_next(view->transcript, ahead);
		if (own_entry(view, ahead))
			return ahead;
		found = back;
		back = transcript_before(view->transcript, back);
	}
	return found;
}

/* ---- the cursor ---- */

bool cursor_at(struct cursor *cursor, const struct view *view, struct place place)
{
	const struct entry *entry = own_entry(view, place.entry);
	if (!entry)
		return false;
	uint32_t offset = place.offset < entry->len ? place.offset : entry->len;
	*cursor = (struct cursor){ view, entry, place.entry, offset };
	return true;
}

struct place cursor_place(const struct cursor *cursor)
{
	return (struct place){ cursor->position, cursor->offset };
}

/* From this position on back; *evicted says that there has been more. */
static bool find_back(struct cursor *cursor, const struct view *view, uint64_t position,
                      bool *evicted)
{
	while (position != TRANSCRIPT_NONE) {
		const struct entry *entry = transcript_at(view->transcript, position);
		if (entry_is_shown(entry)) {
			*cursor = (struct cursor){ view, entry, position, entry->len };
			return true;
		}
		position = transcript_before(view->transcript, position);
		*evicted = position == TRANSCRIPT_NONE && entry->back;
	}
	return false;
}

static bool find_before(struct cursor *cursor, bool *evicted)
{
	uint64_t position = transcript_before(cursor->view->transcript, cursor->position);
	*evicted = position == TRANSCRIPT_NONE && cursor->entry->back;
	return find_back(cursor, cursor->view, position, evicted);
}

bool cursor_last(struct cursor *cursor, const struct view *view)
{
	bool evicted;
	return find_back(cursor, view, transcript_last(view->transcript, view->session), &evicted);
}

bool cursor_first(struct cursor *cursor, const struct view *view)
{
	uint64_t position = transcript_first(view->transcript);
	if (position == TRANSCRIPT_NONE)
		return false;
	struct cursor first = { .view = view, .position = position };
	bool is_ours = cursor_at(&first, view, (struct place){ position, 0 }) &&
	               entry_is_shown(first.entry);
	if (!is_ours && !cursor_after(&first))
		return false;
	*cursor = first;
	return true;
}

bool cursor_before(struct cursor *cursor)
{
	bool evicted;
	return find_before(cursor, &evicted);
}

bool cursor_after(struct cursor *cursor)
{
	const struct view *view = cursor->view;
	uint64_t position = session_after(view, cursor->position);
	while (position != TRANSCRIPT_NONE) {
		const struct entry *entry = transcript_at(view->transcript, position);
		if (entry_is_shown(entry)) {
			*cursor = (struct cursor){ view, entry, position, 0 };
			return true;
		}
		position = session_after(view, position);
	}
	return false;
}

/* ---- runs ---- */

bool run_forward(struct cursor *cursor)
{
	struct cursor next = *cursor;
	if (entry_is_datagram(cursor->entry) || !cursor_after(&next) ||
	    !joins(cursor->entry, next.entry))
		return false;
	*cursor = next;
	return true;
}

bool run_backward(struct cursor *cursor, bool *evicted)
{
	struct cursor before = *cursor;
	*evicted = false;
	if (entry_is_datagram(cursor->entry) || !find_before(&before, evicted) ||
	    !joins(before.entry, cursor->entry))
		return false;
	*cursor = before;
	return true;
}

bool run_settle(struct cursor *cursor)
{
	while (cursor->offset == cursor->entry->len)
		if (!run_forward(cursor))
			return false;
	return true;
}

bool run_step_back(struct cursor *cursor)
{
	bool evicted;
	while (cursor->offset == 0)
		if (!run_backward(cursor, &evicted))
			return false;
	cursor->offset--;
	return true;
}
