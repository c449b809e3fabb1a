// SPDX-License-Identifier: GPL-3.0-or-later
/* Any transcript can be walked and laid out in any view: the locations are the same in both
 * directions, a location of one view leads to one of another, every byte that the chat shows
 * belongs to exactly one paragraph, and no row is wider than the pane. The input: columns,
 * settings, then entries, each of a kind, a length and its bytes; a long one repeats them. */
#include <locale.h>
#include <stdint.h>
#include <stdlib.h>

#include "support/random_transcript.h"
#include "view/ladder/ladder_entry.h"
#include "view/view.h"

enum { BLOCK = 1 << 12, MOST_LOCATIONS = 1 << 16 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool condition)
{
	if (!condition)
		abort();
}

static size_t count_bytes(const struct view *view, struct location from, struct location to)
{
	size_t count = 0;
	for (uint64_t p = from.entry; p != TRANSCRIPT_NONE && p <= to.entry;
	     p = transcript_after(view->transcript, p)) {
		const struct entry *entry = transcript_at(view->transcript, p);
		bool shown = view_has(view, (struct location){ p, 0 });
		size_t end = p == to.entry ? to.offset : entry->len;
		count += shown ? end - (p == from.entry ? from.offset : 0) : 0;
	}
	return count;
}

static void check_rows(const struct view *view, struct location location, struct rows *rows)
{
	view_layout(view, location, rows);
	demand(rows->count > 0);
	for (size_t i = 0; i < rows->count; i++)
		demand(rows->row[i].columns <= view->columns);
}

static void check_walks(const struct view *view)
{
	static struct location locations[MOST_LOCATIONS];
	struct location location = { TRANSCRIPT_NONE, 0 };
	struct rows rows = { 0 };
	size_t count = 0;
	while (view_after(view, &location)) {
		demand(count < MOST_LOCATIONS && view_has(view, location));
		check_rows(view, location, &rows);
		if (count) {
			struct location before = locations[count - 1];
			demand(before.entry < location.entry ||
			       (before.entry == location.entry && before.offset < location.offset));
			if (view->ops->joins && !view->all)
				demand(count_bytes(view, before, location) <= 2 * VIEW_LONG + 3);
		}
		locations[count++] = location;
	}
	rows_free(&rows);
	demand(view_last(view, &location) == (count > 0));
	for (size_t i = count; i-- > 0;) {
		demand(location.entry == locations[i].entry &&
		       location.offset == locations[i].offset);
		demand(view_before(view, &location) == (i > 0));
	}
}

/* From any location the next paragraph of any view is after it, and the one before is before it. */
static void check_turns(const struct view *view)
{
	struct location location = { TRANSCRIPT_NONE, 0 };
	struct view other = *view;
	while (view_after(view, &location))
		for (size_t i = 0; view_listed(i); i++) {
			struct location after = location, before = location;
			other.ops = view_listed(i);
			other.all = view->all && other.ops->merges;
			other.other = other.ops->merges ? 0 : 2;
			demand(!view_after(&other, &after) || after.entry > location.entry ||
			       after.offset > location.offset);
			demand(!view_before(&other, &before) || before.entry < location.entry ||
			       before.offset < location.offset);
			demand(view_count_after(&other, location, 3) <= 3);
		}
}

/* What a ladder shows has rows. */
static void check_drawn(const struct view *view)
{
	for (uint64_t p = transcript_first(view->transcript); p != TRANSCRIPT_NONE;
	     p = transcript_next(view->transcript, p)) {
		struct ladder_rows drawn;
		const struct entry *entry = transcript_at(view->transcript, p);
		bool words = entry_is_words(entry) && !entry_is_accepted(entry);
		ladder_draw(view, p, entry, &drawn);
		if (ladder_shows(view, p, entry) && !words)
			demand(drawn.count > 0);
	}
}

static void check_view(struct view *view, size_t index, bool second)
{
	static const char *const find[] = { NULL, "a", "=" };
	bool in_character;
	view->ops = view_listed(index);
	view->all = second && view->ops->merges;
	view->other = second && !view->ops->merges ? 2 : 0;
	for (int i = 0; i < 2; i++) {
		bool seen = second && !view->ops->merges;
		view->wire[i] = seen ? WIRE_FIRST + (unsigned)i : 0;
		view->nobody[i] = seen ? WIRE_FIRST + 2 + (unsigned)i : 0;
	}
	view->find = find[(index + second) % 3];
	view->find_len = view->find ? 1 : 0;
	check_walks(view);
	check_turns(view);
	check_drawn(view);
	view_is_open(view, &in_character);
}

/* All views take some fifty milliseconds: the engine tries one at a time, so that it learns which
 * input does something new in which. A kept input is tried with all. */
static void check_views(struct view *view, unsigned chosen)
{
	size_t count = 0;
	while (view_listed(count))
		count++;
	for (size_t i = 0; i < 2 * count; i++) {
#ifdef FUZZING
		if (chosen % (2 * count) != i)
			continue;
#endif
		check_view(view, i / 2, i % 2);
	}
	(void)chosen;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;
	setlocale(LC_ALL, data[1] & 0x10 ? "C" : "C.UTF-8");
	struct transcript *transcript =
	        transcript_new(data[1] & 0x20 ? 6 * BLOCK : 2 * BLOCK, BLOCK);
	struct view view = {
		.transcript = transcript,
		.session = 1,
		.columns = data[0] + 1,
		.time = (enum view_time)(data[1] & 3),
		.marks = data[1] & 4,
		.fold = data[1] & 8 ? 2 + data[0] % 4 : 0,
	};
	random_entries(transcript, data + 2, size - 2);
	check_views(&view, (unsigned)(data[1] >> 6 | (data[0] & 1) << 2));
	transcript_free(transcript);
	return 0;
}
