// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/cursor.h"

/* ---- what is shown ---- */

static bool shows(const struct view *view, uint64_t position, const struct entry *entry)
{
	if (view->all && transcript_is_hidden(view->transcript, entry->session))
		return false;
	if (!view->ops->commands && entry_is_of_command(entry))
		return false;
	if (entry_is_clear(entry) && view->clear == VIEW_CLEAR_OFF)
		return false;
	if (view->ops->shows)
		return view->ops->shows(view, position, entry);
	if (entry_is_sealed(entry))
		return view->clear != VIEW_CLEAR_ON && entry->len && !entry->error;
	return entry_is_words(entry) || entry_is_payload(entry);
}

/* Whether `b`, the next entry shown after `a`, goes on with the same run. */
static bool joins(const struct view *view, const struct entry *a, const struct entry *b)
{
	if (a->session != b->session || a->call != b->call)
		return false;
	if (entry_is_words(a))
		return a->flags & ENTRY_CONTINUES;
	if (entry_is_secret(a) || entry_is_secret(b))
		return false;
	return view->ops->joins && entry_is_stream(a) && entry_is_stream(b) &&
	       (uint16_t)(a->stream_offset + a->len) == b->stream_offset;
}

/* ---- which sessions ---- */

enum { CHAINS = 6 };

/* The numbers whose entries a view merges that does not show all: the sessions of both ends, and
 * what was seen of them on the wire. */
struct chains {
	uint32_t number[CHAINS];
	int count;
};

static bool is_among(const struct chains *chains, uint32_t number)
{
	for (int i = 0; i < chains->count; i++)
		if (chains->number[i] == number)
			return true;
	return false;
}

static struct chains chains_of(const struct view *view)
{
	struct chains chains;
	chains.number[0] = view->session;
	chains.count = 1;
	if (view->ops->merges)
		return chains;
	const uint32_t more[] = { view->other, view->wire[0], view->wire[1], view->nobody[0],
		                  view->nobody[1] };
	for (size_t i = 0; i < sizeof more / sizeof *more; i++)
		if (more[i] && !is_among(&chains, more[i]))
			chains.number[chains.count++] = more[i];
	return chains;
}

static bool is_ours(const struct view *view, const struct entry *entry)
{
	if (view->all || entry->session == view->session)
		return true;
	struct chains chains = chains_of(view);
	return is_among(&chains, entry->session);
}

static bool is_after(uint64_t position, uint64_t mark)
{
	return position != TRANSCRIPT_NONE && position > mark;
}

/* The next entry of any of them after a position, which may have been evicted; TRANSCRIPT_NONE.
 * Looks from both sides at once, forward in time and back along their own links: so neither a flood
 * in another session nor one in these after the position makes a frame expensive. */
static uint64_t any_after(const struct view *view, const struct chains *chains, uint64_t position)
{
	const struct transcript *transcript = view->transcript;
	uint64_t back[CHAINS], first = TRANSCRIPT_NONE, ahead = position;
	bool more = false;
	for (int i = 0; i < chains->count; i++) {
		back[i] = transcript_last(transcript, chains->number[i]);
		more = more || is_after(back[i], position);
	}
	while (more) {
		ahead = transcript_next(transcript, ahead);
		if (is_among(chains, transcript_at(transcript, ahead)->session))
			return ahead;
		more = false;
		for (int i = 0; i < chains->count; i++) {
			if (!is_after(back[i], position))
				continue;
			first = back[i] < first ? back[i] : first;
			back[i] = transcript_before(transcript, back[i]);
			more = more || is_after(back[i], position);
		}
	}
	return first;
}

/* The newest entry of one of them before a position that is in the transcript. */
static uint64_t one_before(const struct view *view, uint32_t number, uint64_t position)
{
	struct chains one;
	one.number[0] = number;
	one.count = 1;
	if (transcript_at(view->transcript, position)->session == number)
		return transcript_before(view->transcript, position);
	uint64_t after = any_after(view, &one, position);
	return after == TRANSCRIPT_NONE ? transcript_last(view->transcript, number)
	                                : transcript_before(view->transcript, after);
}

static uint64_t later(uint64_t a, uint64_t b)
{
	if (a == TRANSCRIPT_NONE || b == TRANSCRIPT_NONE)
		return a < b ? a : b;
	return a > b ? a : b;
}

/* ---- in time, whether shown or not ---- */

static uint64_t position_after(const struct view *view, uint64_t position)
{
	if (view->all)
		return transcript_next(view->transcript, position);
	struct chains chains = chains_of(view);
	return any_after(view, &chains, position);
}

static uint64_t position_before(const struct view *view, uint64_t position)
{
	uint64_t before = TRANSCRIPT_NONE;
	if (view->all)
		return transcript_previous(view->transcript, position);
	struct chains chains = chains_of(view);
	for (int i = 0; i < chains.count; i++)
		before = later(before, one_before(view, chains.number[i], position));
	return before;
}

static uint64_t newest_position(const struct view *view)
{
	struct chains chains = chains_of(view);
	uint64_t newest = TRANSCRIPT_NONE;
	if (view->all)
		return transcript_newest(view->transcript);
	for (int i = 0; i < chains.count; i++)
		newest = later(newest, transcript_last(view->transcript, chains.number[i]));
	return newest;
}

/* Whether eviction took anything before the oldest entry that is left. */
static bool has_lost(const struct view *view, const struct entry *oldest)
{
	return view->all ? transcript_lost(view->transcript).entries > 0
	                 : transcript_has_lost(view->transcript, oldest->session);
}

/* ---- the cursor ---- */

bool cursor_at(struct cursor *cursor, const struct view *view, struct location location)
{
	const struct entry *entry = transcript_at(view->transcript, location.entry);
	if (!entry || !is_ours(view, entry) || !shows(view, location.entry, entry))
		return false;
	uint32_t offset = location.offset < entry->len ? location.offset : entry->len;
	*cursor = (struct cursor){ view, entry, location.entry, offset };
	return true;
}

struct location cursor_location(const struct cursor *cursor)
{
	return (struct location){ cursor->position, cursor->offset };
}

/* From this position back; *evicted says that there has been more. */
static bool find_back(struct cursor *cursor, const struct view *view, uint64_t position,
                      bool *evicted)
{
	while (position != TRANSCRIPT_NONE) {
		const struct entry *entry = transcript_at(view->transcript, position);
		if (shows(view, position, entry)) {
			*cursor = (struct cursor){ view, entry, position, entry->len };
			return true;
		}
		position = position_before(view, position);
		*evicted = position == TRANSCRIPT_NONE && has_lost(view, entry);
	}
	return false;
}

static bool find_before(struct cursor *cursor, bool *evicted)
{
	const struct view *view = cursor->view;
	uint64_t position = position_before(view, cursor->position);
	*evicted = position == TRANSCRIPT_NONE && has_lost(view, cursor->entry);
	return find_back(cursor, view, position, evicted);
}

static bool find_forward(struct cursor *cursor, const struct view *view, uint64_t position)
{
	while (position != TRANSCRIPT_NONE) {
		const struct entry *entry = transcript_at(view->transcript, position);
		if (shows(view, position, entry)) {
			*cursor = (struct cursor){ view, entry, position, 0 };
			return true;
		}
		position = position_after(view, position);
	}
	return false;
}

bool cursor_last(struct cursor *cursor, const struct view *view)
{
	bool evicted;
	return find_back(cursor, view, newest_position(view), &evicted);
}

/* Where the first entries are still there, the search need not begin with those of others. What
 * belongs to nobody is not looked for before them. */
static uint64_t begin_of(const struct view *view)
{
	struct chains chains = chains_of(view);
	uint64_t begin = TRANSCRIPT_NONE;
	for (int i = 0; i < chains.count && !view->all; i++) {
		uint32_t number = chains.number[i];
		uint64_t first = transcript_begin(view->transcript, number);
		if (number == view->nobody[0] || number == view->nobody[1])
			continue;
		if (first == TRANSCRIPT_NONE)
			return transcript_first(view->transcript);
		begin = first < begin ? first : begin;
	}
	return begin == TRANSCRIPT_NONE ? transcript_first(view->transcript) : begin;
}

bool cursor_first(struct cursor *cursor, const struct view *view)
{
	uint64_t position = begin_of(view);
	if (position == TRANSCRIPT_NONE)
		return false;
	if (!is_ours(view, transcript_at(view->transcript, position)))
		position = position_after(view, position);
	return find_forward(cursor, view, position);
}

bool cursor_near_before(struct cursor *cursor, const struct view *view, uint64_t position)
{
	bool evicted;
	return transcript_at(view->transcript, position) &&
	       find_back(cursor, view, position_before(view, position), &evicted);
}

bool cursor_near_after(struct cursor *cursor, const struct view *view, uint64_t position)
{
	if (!transcript_at(view->transcript, position))
		return cursor_first(cursor, view);
	return find_forward(cursor, view, position_after(view, position));
}

bool cursor_before(struct cursor *cursor)
{
	return cursor_near_before(cursor, cursor->view, cursor->position);
}

bool cursor_after(struct cursor *cursor)
{
	return cursor_near_after(cursor, cursor->view, cursor->position);
}

/* ---- runs ---- */

/* Whether the entry could be part of a run of several. */
static bool has_runs(const struct cursor *cursor)
{
	return entry_is_words(cursor->entry) ||
	       (cursor->view->ops->joins && entry_is_stream(cursor->entry));
}

bool run_forward(struct cursor *cursor)
{
	struct cursor next = *cursor;
	if (!has_runs(cursor) || !cursor_after(&next) ||
	    !joins(cursor->view, cursor->entry, next.entry))
		return false;
	*cursor = next;
	return true;
}

bool run_backward(struct cursor *cursor, bool *evicted)
{
	struct cursor before = *cursor;
	*evicted = false;
	if (!has_runs(cursor) || !find_before(&before, evicted) ||
	    !joins(cursor->view, before.entry, cursor->entry))
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
