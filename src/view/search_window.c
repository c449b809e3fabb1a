// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/search_window.h"

#include <string.h>

enum step { STEP_NONE, STEP_APART, STEP_JOINED };

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* The payloads of all others are numbers, not text; and no search finds a secret. */
static bool has_bytes(const struct entry *entry)
{
	if (entry_is_secret(entry))
		return false;
	return entry_is_words(entry) || entry_is_incoming(entry) || entry_is_outgoing(entry);
}

static enum step step_older(struct cursor *at)
{
	bool evicted;
	if (run_backward(at, &evicted))
		return STEP_JOINED;
	return cursor_before(at) ? STEP_APART : STEP_NONE;
}

static enum step step_newer(struct cursor *at)
{
	if (run_forward(at))
		return STEP_JOINED;
	return cursor_after(at) ? STEP_APART : STEP_NONE;
}

static void set_piece(struct search_window *stack, size_t index, const struct cursor *cursor,
                      uint32_t offset, size_t begin, bool joins)
{
	stack->piece[index] = (struct search_window_piece){
		.position = cursor->position,
		.offset = offset,
		.begin = (uint32_t)begin,
		.joins = joins,
	};
}

/* The n bytes behind the cursor, as the last piece. */
static void put_behind(struct search_window *stack, struct cursor *at, size_t n, bool joins)
{
	set_piece(stack, stack->last++, at, at->offset, stack->high, joins);
	memcpy(stack->bytes + stack->high, entry_payload(at->entry) + at->offset, n);
	stack->high += n;
	at->offset += (uint32_t)n;
}

/* The n bytes before the cursor, as the first piece. */
static void put_before(struct search_window *stack, struct cursor *at, size_t n)
{
	at->offset -= (uint32_t)n;
	stack->low -= n;
	set_piece(stack, --stack->first, at, at->offset, stack->low, false);
	memcpy(stack->bytes + stack->low, entry_payload(at->entry) + at->offset, n);
}

/* What a hit that begins in the stretch may need: the rest of the entry and of its run. */
static void put_rest(struct search_window *stack, struct cursor at)
{
	size_t want = stack->pattern.len - 1;
	bool more = has_bytes(at.entry);
	while (more && want > 0) {
		size_t n = smaller(at.entry->len - at.offset, want);
		if (n)
			put_behind(stack, &at, n, true);
		want -= n;
		more = run_forward(&at);
	}
}

bool search_window_take_older(struct search_window *stack, struct cursor *at,
                              search_window_stop *stop, void *context, bool *stopped)
{
	stack->low = stack->split = stack->high = SEARCH_WINDOW_BYTES;
	stack->first = stack->last = SEARCH_WINDOW_PIECES;
	put_rest(stack, *at);
	bool joined = true;
	*stopped = false;
	while (stack->low > 0 && stack->first > 0) {
		uint32_t before = has_bytes(at->entry) ? at->offset : 0;
		if (before) {
			put_before(stack, at, smaller(before, stack->low));
			joined = true;
			continue;
		}
		enum step step = step_older(at);
		if (step == STEP_NONE)
			return false;
		joined = joined && step == STEP_JOINED;
		stack->piece[stack->first].joins = joined;
		*stopped = stop && stop(context, at);
		if (*stopped)
			return false;
	}
	return true;
}

bool search_window_take_newer(struct search_window *stack, struct cursor *at,
                              search_window_stop *stop, void *context, bool *stopped)
{
	stack->low = stack->high = 0;
	stack->first = stack->last = 0;
	bool joined = true;
	*stopped = false;
	while (stack->high < SEARCH_WINDOW_BYTES && stack->last < SEARCH_WINDOW_PIECES) {
		size_t left = has_bytes(at->entry) ? at->entry->len - at->offset : 0;
		if (left) {
			put_behind(stack, at, smaller(left, SEARCH_WINDOW_BYTES - stack->high),
			           joined);
			joined = true;
			continue;
		}
		enum step step = step_newer(at);
		joined = joined && step == STEP_JOINED;
		*stopped = step != STEP_NONE && stop && stop(context, at);
		if (step != STEP_NONE && !*stopped)
			continue;
		stack->split = stack->high;
		return false;
	}
	stack->split = stack->high;
	put_rest(stack, *at);
	return true;
}

/* The piece with this byte: the last that begins at or before it. */
static size_t find_piece(const struct search_window *stack, size_t byte)
{
	size_t low = stack->first, high = stack->last;
	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;
		if (stack->piece[middle].begin <= byte)
			low = middle;
		else
			high = middle;
	}
	return low;
}

/* Bytes that stand side by side here only do not make a hit. */
static bool is_whole(const struct search_window *stack, size_t byte, size_t piece)
{
	size_t end = byte + stack->pattern.len;
	while (++piece < stack->last && stack->piece[piece].begin < end)
		if (!stack->piece[piece].joins)
			return false;
	return true;
}

bool search_window_search(struct search_window *stack, bool newest, struct location *hit)
{
	bool found = false;
	pattern_fold(&stack->pattern, stack->bytes + stack->low, stack->high - stack->low);
	for (size_t at = stack->low; at < stack->split && !(found && !newest); at++) {
		const char *match =
		        pattern_search(&stack->pattern, stack->bytes + at, stack->high - at);
		at = match ? (size_t)(match - stack->bytes) : stack->split;
		if (at >= stack->split)
			break;
		size_t index = find_piece(stack, at);
		if (!is_whole(stack, at, index))
			continue;
		const struct search_window_piece *piece = &stack->piece[index];
		uint32_t offset = piece->offset + (uint32_t)(at - piece->begin);
		*hit = (struct location){ piece->position, offset };
		found = true;
	}
	return found;
}
