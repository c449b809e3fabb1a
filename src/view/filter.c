// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/filter.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "view/paragraph.h"

enum {
	KEPT = 1 << 15,     /* hits that a stretch remembers */
	WIDE = 400,         /* columns of rows in which is looked */
	ROW_WORK = 1 << 12, /* what laying a paragraph out costs, as if it had that many bytes, */
	STEP_WORK = 1 << 6, /* and what any does */
	CLOCK_WORK = 1 << 16, /* after that much the time is asked */
};

/* Paragraphs that follow each other and have been looked at, and the last or the first of the hits
 * among them, in a ring. */
struct stretch {
	bool begun;
	bool due; /* the last paragraph may have grown */
	struct location low, high; /* its first and last paragraph */
	struct location *hits;
	size_t first, count;
};

enum { STRETCH_END, STRETCH_PLACE, STRETCHES };

struct filter {
	struct regexp *regexp;
	bool inverted;
	struct view view; /* of the stretches */
	struct stretch stretch[STRETCHES];
	int64_t half, end; /* instants: paragraphs after those known have half of the time */
	bool half_over, over;
	size_t work; /* since the time was asked */
	struct rows rows;
	struct buf text;
};

struct filter *filter_new(struct regexp *regexp, bool inverted)
{
	struct filter *filter = xcalloc(1, sizeof *filter);
	filter->regexp = regexp;
	filter->inverted = inverted;
	buf_init(&filter->text, SIZE_MAX);
	for (int i = 0; i < STRETCHES; i++)
		filter->stretch[i].hits = xcalloc(KEPT, sizeof *filter->stretch[i].hits);
	return filter;
}

void filter_free(struct filter *filter)
{
	if (!filter)
		return;
	for (int i = 0; i < STRETCHES; i++)
		free(filter->stretch[i].hits);
	rows_free(&filter->rows);
	buf_free(&filter->text);
	regexp_free(filter->regexp);
	free(filter);
}

void filter_allow(struct filter *filter, int64_t time)
{
	int64_t now = clock_now();
	if (!filter)
		return;
	filter->half = now + time / 2;
	filter->end = now + time;
	filter->half_over = filter->over = false;
	for (int i = 0; i < STRETCHES; i++)
		filter->stretch[i].due = true;
}

bool filter_is_searching(const struct filter *filter)
{
	return filter && (filter->half_over || filter->over);
}

/* ---- one paragraph ---- */

static bool rows_have(struct filter *filter, const struct view *view, struct location location)
{
	struct view wide = *view;
	wide.columns = WIDE;
	wide.time = VIEW_TIME_OFF;
	wide.fold = 0;
	wide.find = NULL;
	view_layout(&wide, location, &filter->rows);
	buf_clear(&filter->text);
	for (size_t i = 0; i < filter->rows.count; i++) {
		row_print(&filter->rows.row[i], &filter->text);
		buf_append_text(&filter->text, "\n");
	}
	filter->work += ROW_WORK;
	return regexp_finds(filter->regexp, buf_data(&filter->text), filter->text.len);
}

static bool bytes_have(struct filter *filter, struct cursor at)
{
	struct cursor end = at;
	uint32_t left = paragraph_end(&end);
	size_t taken;
	filter->work += left;
	bool found = regexp_begin(filter->regexp);
	while (!found && left > 0 && run_settle(&at)) {
		uint32_t len = at.entry->len - at.offset;
		len = len < left ? len : left;
		found = regexp_feed(filter->regexp, entry_payload(at.entry) + at.offset, len, &taken);
		at.offset += len;
		left -= len;
	}
	return found || regexp_end(filter->regexp);
}

bool filter_has(const struct view *view, struct location location)
{
	struct cursor at;
	struct filter *filter = view->filter;
	if (!cursor_at(&at, view, location))
		return false;
	if (!filter)
		return true;
	filter->work += STEP_WORK;
	if (entry_is_of_command(at.entry))
		return false;
	bool secret = entry_is_secret(at.entry), words = entry_is_words(at.entry);
	bool rows = secret || (view->ops->calls && !words) || view->ops->frames ||
	            entry_is_sealed(at.entry);
	bool bytes = !secret && (words || entry_is_payload(at.entry));
	return ((bytes && bytes_have(filter, at)) || (rows && rows_have(filter, view, location))) !=
	       filter->inverted;
}

/* ---- stretches ---- */

static int compare(struct location a, struct location b)
{
	if (a.entry != b.entry)
		return a.entry < b.entry ? -1 : 1;
	return (a.offset > b.offset) - (a.offset < b.offset);
}

static struct location *hit_at(const struct stretch *stretch, size_t index)
{
	return &stretch->hits[(stretch->first + index) % KEPT];
}

/* The number of hits before a location. */
static size_t count_before(const struct stretch *stretch, struct location location)
{
	size_t low = 0, high = stretch->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (compare(*hit_at(stretch, middle), location) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void put_last(struct stretch *stretch, struct location location)
{
	if (stretch->count == KEPT) {
		stretch->first = (stretch->first + 1) % KEPT;
		stretch->count--;
		stretch->low = *hit_at(stretch, 0);
	}
	*hit_at(stretch, stretch->count++) = location;
}

static void put_first(struct stretch *stretch, struct location location)
{
	if (stretch->count == KEPT) {
		stretch->count--;
		stretch->high = *hit_at(stretch, stretch->count - 1);
	}
	stretch->first = (stretch->first + KEPT - 1) % KEPT;
	stretch->count++;
	*hit_at(stretch, 0) = location;
}

static void start(struct stretch *stretch, const struct view *view, struct location location)
{
	stretch->begun = true;
	stretch->due = false;
	stretch->low = stretch->high = location;
	stretch->count = 0;
	if (filter_has(view, location))
		put_last(stretch, location);
}

/* The time is asked now and then. */
static bool is_over(struct filter *filter, bool newer)
{
	if (filter->work >= CLOCK_WORK) {
		int64_t now = clock_now();
		filter->work = 0;
		filter->half_over = filter->half_over || (newer && now >= filter->half);
		filter->over = filter->over || now >= filter->end;
	}
	return filter->over || (newer && filter->half_over);
}

static void look_again(struct stretch *stretch, const struct view *view)
{
	if (!stretch->due || !view_has(view, stretch->high))
		return;
	stretch->due = false;
	if (stretch->count && compare(*hit_at(stretch, stretch->count - 1), stretch->high) == 0)
		stretch->count--;
	if (filter_has(view, stretch->high))
		put_last(stretch, stretch->high);
}

/* Up to the next hit. False at the newest paragraph, and where the time is over. */
static bool extend_newer(struct stretch *stretch, const struct view *view)
{
	while (!is_over(view->filter, true)) {
		if (!view_after(view, &stretch->high))
			return false;
		if (filter_has(view, stretch->high)) {
			put_last(stretch, stretch->high);
			return true;
		}
	}
	return false;
}

static bool extend_older(struct stretch *stretch, const struct view *view)
{
	while (!is_over(view->filter, false)) {
		if (!view_before(view, &stretch->low))
			return false;
		if (filter_has(view, stretch->low)) {
			put_first(stretch, stretch->low);
			return true;
		}
	}
	return false;
}

/* Another view has other paragraphs, and the last one may have grown. */
static void turn(struct filter *filter, const struct view *view)
{
	const struct view *old = &filter->view;
	if (view->ops != old->ops || view->all != old->all || view->session != old->session ||
	    view->other != old->other || view->own_calls != old->own_calls || view->clear != old->clear ||
	    memcmp(view->wire, old->wire, sizeof view->wire) != 0 ||
	    memcmp(view->nobody, old->nobody, sizeof view->nobody) != 0)
		for (int i = 0; i < STRETCHES; i++)
			filter->stretch[i].begun = false;
	filter->view = *view;
	for (int i = 0; i < STRETCHES; i++) {
		struct stretch *stretch = &filter->stretch[i];
		stretch->begun = stretch->begun && transcript_at(view->transcript, stretch->high.entry);
		if (stretch->begun)
			look_again(stretch, view);
	}
}

/* The stretch with this paragraph, which is there. */
static struct stretch *stretch_with(const struct view *view, struct location location)
{
	struct filter *filter = view->filter;
	for (int i = 0; i < STRETCHES; i++) {
		struct stretch *stretch = &filter->stretch[i];
		if (stretch->begun && compare(stretch->low, location) <= 0 &&
		    compare(location, stretch->high) <= 0)
			return stretch;
	}
	start(&filter->stretch[STRETCH_PLACE], view, location);
	return &filter->stretch[STRETCH_PLACE];
}

/* ---- the walk ---- */

bool filter_last(const struct view *view, struct location *location)
{
	struct filter *filter = view->filter;
	struct location last;
	if (!filter)
		return view_last(view, location);
	turn(filter, view);
	struct stretch *end = &filter->stretch[STRETCH_END];
	if (!end->begun) {
		if (!view_last(view, &last))
			return false;
		start(end, view, last);
	}
	while (extend_newer(end, view))
		continue;
	if (!end->count && !extend_older(end, view))
		return false;
	*location = *hit_at(end, end->count - 1);
	return true;
}

bool filter_before(const struct view *view, struct location *location)
{
	struct filter *filter = view->filter;
	if (!filter)
		return view_before(view, location);
	turn(filter, view);
	if (!view_has(view, *location))
		return false;
	struct stretch *stretch = stretch_with(view, *location);
	size_t before = count_before(stretch, *location);
	if (!before && stretch->count == KEPT && stretch != &filter->stretch[STRETCH_PLACE]) {
		stretch = &filter->stretch[STRETCH_PLACE]; /* the other one is full */
		start(stretch, view, *location);
	}
	if (!before && !extend_older(stretch, view))
		return false;
	*location = *hit_at(stretch, before ? before - 1 : 0);
	return true;
}

bool filter_after(const struct view *view, struct location *location)
{
	struct filter *filter = view->filter;
	struct location at = *location;
	if (!filter)
		return view_after(view, location);
	turn(filter, view);
	if (!view_has(view, at)) { /* the oldest is after it */
		if (!view_after(view, &at))
			return false;
		if (filter_has(view, at)) {
			*location = at;
			return true;
		}
	}
	struct stretch *stretch = stretch_with(view, at);
	for (;;) {
		size_t after = count_before(stretch, at);
		while (after < stretch->count && compare(*hit_at(stretch, after), at) <= 0)
			after++;
		if (after < stretch->count) {
			*location = *hit_at(stretch, after);
			return true;
		}
		if (!extend_newer(stretch, view))
			return false;
	}
}

int filter_count_after(const struct view *view, struct location location, int limit)
{
	int count = 0;
	while (count < limit && filter_after(view, &location))
		count++;
	return count;
}
