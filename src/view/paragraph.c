// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/paragraph.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "view/pattern.h"

enum stop { STOP_LIMIT, STOP_BREAK, STOP_RUN, STOP_EVICTED };

static uint32_t smaller(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static unsigned char byte_at(const struct cursor *cursor)
{
	return (unsigned char)entry_payload(cursor->entry)[cursor->offset];
}

/* The number of the byte after the cursor in its stream, note or datagram. */
static uint32_t stream_position(const struct cursor *cursor)
{
	if (entry_is_stream(cursor->entry))
		return cursor->entry->stream_offset + cursor->offset;
	uint32_t position = cursor->offset;
	bool evicted;
	for (struct cursor part = *cursor; run_backward(&part, &evicted);)
		position += part.entry->len;
	return position;
}

static bool is_continuation(unsigned char byte)
{
	return (byte & 0xc0) == 0x80; /* of a UTF-8 character, RFC 3629 */
}

/* How many bytes the character takes that begins with this one. */
static uint32_t character_length(unsigned char lead)
{
	if (lead >= 0xf0 && lead <= 0xf4)
		return 4;
	if (lead >= 0xe0 && lead < 0xf0)
		return 3;
	return lead >= 0xc2 && lead < 0xe0 ? 2 : 1;
}

/* The bytes from the cursor on that end a character which begins before it; 0 for none. A cut does
 * not go through a character: it comes after them. */
static uint32_t character_rest(struct cursor cursor)
{
	struct cursor lead = cursor;
	uint32_t before = 0, rest = 0;
	do {
		if (before == 3 || !run_step_back(&lead))
			return 0;
		before++;
	} while (is_continuation(byte_at(&lead)));
	uint32_t length = character_length(byte_at(&lead));
	while (before + rest < length && run_settle(&cursor) && is_continuation(byte_at(&cursor))) {
		cursor.offset++;
		rest++;
	}
	return rest;
}

/* Over `count` bytes, or to the end of the run. */
static void advance(struct cursor *cursor, uint32_t count)
{
	for (; count > 0 && run_settle(cursor); count--)
		cursor->offset++;
}

static bool is_pause(const struct entry *before, const struct entry *after)
{
	return entry_is_stream(after) &&
	       entry_shown_time(after) - entry_shown_time(before) >= VIEW_PAUSE;
}

/* Back to after the line feed before, or a pause, to the beginning of the run, or over `limit`
 * bytes. Returns the bytes. */
static uint32_t rewind_line(struct cursor *cursor, uint32_t limit, enum stop *stop)
{
	uint32_t passed = 0;
	while (passed < limit) {
		bool evicted;
		if (cursor->offset == 0) {
			struct cursor begin = *cursor;
			if (!run_backward(cursor, &evicted)) {
				*stop = evicted ? STOP_EVICTED : STOP_RUN;
				return passed;
			}
			if (!is_pause(cursor->entry, begin.entry))
				continue;
			uint32_t rest = character_rest(begin);
			if (rest > passed)
				continue;
			advance(&begin, rest);
			*cursor = begin;
			*stop = STOP_BREAK;
			return passed - rest;
		}
		uint32_t n = smaller(cursor->offset, limit - passed);
		const char *end = entry_payload(cursor->entry) + cursor->offset;
		const char *feed = memrchr(end - n, '\n', n);
		if (feed)
			n = (uint32_t)(end - feed - 1);
		passed += n;
		cursor->offset -= n;
		if (feed) {
			*stop = STOP_BREAK;
			return passed;
		}
	}
	*stop = STOP_LIMIT;
	return passed;
}

/* Whether `count` bytes before the cursor are free of breaks. What has been evicted counts as free:
 * so eviction never takes a cut away, and a location stays good. */
static bool is_clean_before(struct cursor cursor, uint32_t count)
{
	enum stop stop;
	return rewind_line(&cursor, count, &stop) == count || stop == STOP_EVICTED;
}

/* How many bytes without a break a cut at the cursor needs, which is at a multiple of VIEW_PIECE; 0
 * if there is no cut. Long paragraphs of many small calls are expensive, so those are cut sooner.
 * */
static uint32_t clean_needed(struct cursor cursor)
{
	if (!run_settle(&cursor))
		return 0;
	if (cursor.entry->len < VIEW_SMALL)
		return VIEW_PIECE;
	return stream_position(&cursor) % VIEW_LONG == 0 ? VIEW_LONG : 0;
}

/* Forward over what is left of a character. */
static uint32_t skip_character_rest(struct cursor *cursor)
{
	uint32_t rest = character_rest(*cursor);
	advance(cursor, rest);
	return rest;
}

/* In words and streams there are lines; anything else is cut for itself. */
static bool has_lines(const struct cursor *cursor)
{
	bool joined = cursor->view->ops->joins && entry_is_stream(cursor->entry);
	return joined || entry_is_words(cursor->entry);
}

/* How long the pieces are that an entry is cut into. */
static uint32_t piece_length(const struct cursor *cursor)
{
	uint32_t piece = cursor->view->ops->piece;
	return piece ? piece : UINT32_MAX;
}

static uint32_t piece_end(struct cursor *cursor)
{
	uint32_t begin = cursor->offset, piece = piece_length(cursor);
	uint32_t left = piece - begin % piece;
	cursor->offset = begin + smaller(left, cursor->entry->len - begin);
	return cursor->offset - begin;
}

static void piece_begin(struct cursor *cursor)
{
	if (cursor->offset > 0)
		cursor->offset -= (cursor->offset - 1) % piece_length(cursor) + 1;
}

uint32_t paragraph_end(struct cursor *cursor)
{
	if (!has_lines(cursor))
		return piece_end(cursor);
	const struct cursor begin = *cursor;
	uint32_t length = 0, limit = VIEW_PIECE - stream_position(cursor) % VIEW_PIECE;
	for (;;) {
		uint32_t n = smaller(cursor->entry->len - cursor->offset, limit - length);
		const char *bytes = entry_payload(cursor->entry) + cursor->offset;
		const char *feed = memchr(bytes, '\n', n);
		if (feed)
			n = (uint32_t)(feed + 1 - bytes);
		length += n;
		cursor->offset += n;
		if (feed)
			return length;
		if (length == limit) {
			uint32_t need = clean_needed(*cursor);
			if (need && (need <= length || is_clean_before(begin, need - length)))
				return length + skip_character_rest(cursor);
			limit += VIEW_PIECE;
			continue;
		}
		struct cursor next = *cursor;
		if (!run_forward(&next))
			return length;
		if (is_pause(cursor->entry, next.entry)) {
			uint32_t rest = character_rest(next);
			advance(cursor, rest);
			return length + rest;
		}
		*cursor = next;
	}
}

/* The bytes from the cursor, the end of a paragraph, back to the last multiple of VIEW_PIECE whose
 * cut would be before it. */
static uint32_t distance_from_cut(struct cursor cursor)
{
	uint32_t distance = stream_position(&cursor) % VIEW_PIECE;
	bool near = distance <= 3;
	for (uint32_t i = 0; near && i < distance; i++)
		near = run_step_back(&cursor);
	return near && character_rest(cursor) >= distance ? distance + VIEW_PIECE : distance;
}

/* The cursor moves to the beginning, unless the run has no byte from there on. */
static void settle_begin(struct cursor *cursor)
{
	struct cursor begin = *cursor;
	if (run_settle(&begin))
		*cursor = begin;
}

void paragraph_begin(struct cursor *cursor)
{
	if (!has_lines(cursor)) {
		piece_begin(cursor);
		return;
	}
	uint32_t distance = distance_from_cut(*cursor);
	if (!run_step_back(cursor))
		return;
	enum stop stop;
	rewind_line(cursor, distance - 1, &stop);
	while (stop == STOP_LIMIT) {
		uint32_t need = clean_needed(*cursor);
		bool cut = need && is_clean_before(*cursor, need);
		uint32_t rest = skip_character_rest(cursor);
		if (cut)
			break;
		rewind_line(cursor, VIEW_PIECE + rest, &stop);
	}
	settle_begin(cursor);
}

bool paragraph_before(struct cursor *cursor)
{
	struct cursor byte = *cursor;
	if (!run_step_back(&byte)) {
		if (!cursor_before(&byte))
			return false;
		*cursor = byte;
	}
	paragraph_begin(cursor);
	return true;
}

/* ---- hits ---- */

/* The stretch, with as much before and after it as a hit may reach. */
struct surroundings {
	char *bytes;
	size_t first, last;
};

static void add_before(struct surroundings *around, struct cursor at)
{
	bool evicted;
	do {
		uint32_t n = at.offset < around->first ? at.offset : (uint32_t)around->first;
		at.offset -= n;
		around->first -= n;
		memcpy(around->bytes + around->first, entry_payload(at.entry) + at.offset, n);
	} while (around->first > 0 && run_backward(&at, &evicted));
}

static void add_after(struct surroundings *around, struct cursor at, size_t most)
{
	do {
		size_t n = at.entry->len - at.offset;
		if (n > most - around->last)
			n = most - around->last;
		memcpy(around->bytes + around->last, entry_payload(at.entry) + at.offset, n);
		around->last += n;
	} while (around->last < most && run_forward(&at));
}

void paragraph_mark_found(const struct cursor *begin, uint32_t len, bool *found)
{
	const struct view *view = begin->view;
	memset(found, 0, len * sizeof *found);
	if (!view->find || view->find_len > PATTERN_MAX || entry_is_secret(begin->entry))
		return;
	size_t most = PATTERN_MAX + (size_t)len + PATTERN_MAX;
	struct view_ops ops = *view->ops;
	ops.joins = true;
	struct view joined = *view;
	joined.ops = &ops;
	struct cursor at = *begin;
	at.view = &joined;
	struct surroundings around = { xmalloc(most), PATTERN_MAX, PATTERN_MAX };
	bool *marked = xmalloc(most * sizeof *marked);
	add_before(&around, at);
	add_after(&around, at, most);
	pattern_mark_bytes(around.bytes + around.first, around.last - around.first, view->find,
	                   view->find_len, marked + around.first);
	memcpy(found, marked + PATTERN_MAX, len * sizeof *found);
	free(marked);
	free(around.bytes);
}
