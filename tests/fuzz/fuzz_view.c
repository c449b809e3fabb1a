// SPDX-License-Identifier: GPL-3.0-or-later
/* Any transcript can be walked and laid out: the places are the same in both directions, every
 * shown byte belongs to exactly one paragraph, and no row is wider than the pane. The input:
 * columns, settings, then entries, each of a kind, a length and its bytes; a long one
 * repeats them. */
#include <locale.h>
#include <stdint.h>
#include <stdlib.h>

#include "view/view.h"

enum { BLOCK = 1 << 12, LONGEST = 2000, MOST_PLACES = 1 << 16 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool condition)
{
	if (!condition)
		abort();
}

static void append(struct transcript *transcript, uint8_t kind, const uint8_t *bytes, size_t len,
                   size_t repeat)
{
	static const struct entry kinds[] = {
		{ .call = CALL_RECV, .session = 1 },
		{ .call = CALL_SEND, .session = 1 },
		{ .call = CALL_RECV, .session = 1, .error = 11 },
		{ .call = CALL_RECV, .session = 2 },
		{ .call = CALL_NOTE, .session = 1 },
		{ .call = CALL_NOTE, .session = 1, .flags = ENTRY_CONTINUES },
		{ .call = CALL_STATE, .session = 1, .flags = ENTRY_ERROR },
		{ .call = CALL_RECVFROM, .session = 1, .flags = ENTRY_TRUNCATED, .arg = 100 },
		{ .call = CALL_SENDTO, .session = 1 },
		{ .call = CALL_SETSOCKOPT, .session = 1 },
	};
	static const struct addr addr = { .family = AF_INET6, .port = 53, .ip = { [15] = 1 } };
	char payload[LONGEST];
	size_t have = 0;
	for (size_t i = 0; i <= repeat && have + len <= sizeof payload; i++)
		for (size_t j = 0; j < len; j++)
			payload[have++] = (char)bytes[j];
	struct entry header = kinds[kind % (sizeof kinds / sizeof *kinds)];
	header.time = (int64_t)kind << 28;
	transcript_append(transcript, &header, kind & 0x80 ? &addr : NULL, payload, have);
}

static void build(struct transcript *transcript, const uint8_t *data, size_t size)
{
	while (size >= 2) {
		size_t len = data[1] & 0x3f;
		size_t repeat = data[1] & 0x80 ? LONGEST : 0;
		uint8_t kind = data[0];
		data += 2;
		size -= 2;
		len = len < size ? len : size;
		append(transcript, kind, data, len, repeat);
		data += len;
		size -= len;
	}
}

static size_t count_bytes(const struct transcript *transcript, struct place from, struct place to)
{
	size_t count = 0;
	for (uint64_t p = from.entry; p != TRANSCRIPT_NONE && p <= to.entry;
	     p = transcript_after(transcript, p)) {
		const struct entry *entry = transcript_at(transcript, p);
		bool shown = !entry->error && entry->call != CALL_SETSOCKOPT;
		size_t end = p == to.entry ? to.offset : entry->len;
		count += shown ? end - (p == from.entry ? from.offset : 0) : 0;
	}
	return count;
}

static void check_rows(const struct view *view, struct place place, struct rows *rows)
{
	view_layout(view, place, rows);
	demand(rows->count > 0);
	for (size_t i = 0; i < rows->count; i++)
		demand(rows->row[i].columns <= view->columns);
}

static void check_walks(const struct view *view)
{
	static struct place places[MOST_PLACES];
	struct place place = { TRANSCRIPT_NONE, 0 };
	struct rows rows = { 0 };
	size_t count = 0;
	while (view_after(view, &place)) {
		demand(count < MOST_PLACES && view_has(view, place));
		check_rows(view, place, &rows);
		if (count) {
			struct place before = places[count - 1];
			size_t len = count_bytes(view->transcript, before, place);
			demand(before.entry < place.entry ||
			       (before.entry == place.entry && before.offset < place.offset));
			demand(len <= 2 * VIEW_LONG + 3);
		}
		places[count++] = place;
	}
	rows_free(&rows);
	demand(view_last(view, &place) == (count > 0));
	for (size_t i = count; i-- > 0;) {
		demand(place.entry == places[i].entry && place.offset == places[i].offset);
		demand(view_before(view, &place) == (i > 0));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;
	setlocale(LC_ALL, data[1] & 0x10 ? "C" : "C.UTF-8");
	struct transcript *transcript =
	        transcript_new(data[1] & 0x20 ? 16 * BLOCK : 2 * BLOCK, BLOCK);
	struct view view = {
		.transcript = transcript,
		.session = 1,
		.columns = data[0] + 1,
		.time = (enum view_time)(data[1] & 3),
		.marks = data[1] & 4,
	};
	build(transcript, data + 2, size - 2);
	check_walks(&view);
	transcript_free(transcript);
	return 0;
}
