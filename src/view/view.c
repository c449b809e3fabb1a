// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/view.h"

#include <string.h>

#include "view/paragraph.h"

/* ---- the views ---- */

#define VIEW_ROW(name) &name##_view,

static const struct view_ops *const views[] = { VIEW_LIST(VIEW_ROW, VIEW_ROW) NULL };

const struct view_ops *view_listed(size_t index)
{
	return views[index];
}

static const char *name_of_view(const void *list, size_t index)
{
	const struct view_ops *const *ops = list;
	return ops[index] ? ops[index]->name : NULL;
}

const struct choice view_names = { .name = name_of_view, .context = views };

const struct view_ops *view_named(const char *name)
{
	size_t i = 0;
	while (views[i] && strcmp(views[i]->name, name) != 0)
		i++;
	return views[i];
}

const struct view_ops *view_next(const struct view_ops *from, bool all)
{
	size_t i = 0;
	while (views[i] != from)
		i++;
	do
		i = views[i + 1] ? i + 1 : 0;
	while (all && !views[i]->merges);
	return views[i];
}

/* ---- paragraphs ---- */

bool view_last(const struct view *view, struct location *location)
{
	struct cursor cursor;
	if (!cursor_last(&cursor, view))
		return false;
	paragraph_begin(&cursor);
	*location = cursor_location(&cursor);
	return true;
}

bool view_before(const struct view *view, struct location *location)
{
	struct cursor cursor;
	if (cursor_at(&cursor, view, *location)) {
		if (!paragraph_before(&cursor))
			return false;
	} else {
		if (!cursor_near_before(&cursor, view, location->entry))
			return false;
		paragraph_begin(&cursor);
	}
	*location = cursor_location(&cursor);
	return true;
}

bool view_after(const struct view *view, struct location *location)
{
	struct cursor cursor;
	if (!cursor_at(&cursor, view, *location)) {
		if (!cursor_near_after(&cursor, view, location->entry))
			return false;
	} else {
		paragraph_end(&cursor);
		if (!run_settle(&cursor) && !cursor_after(&cursor))
			return false;
	}
	/* onto a byte; the paragraph of a run without any begins where the run does */
	struct cursor begin = cursor;
	*location = cursor_location(run_settle(&begin) ? &begin : &cursor);
	return true;
}

bool view_has(const struct view *view, struct location location)
{
	struct cursor cursor;
	return cursor_at(&cursor, view, location);
}

int view_count_after(const struct view *view, struct location location, int limit)
{
	int count = 0;
	while (count < limit && view_after(view, &location))
		count++;
	return count;
}

uint64_t view_newest_entry(const struct view *view)
{
	struct cursor cursor;
	return cursor_last(&cursor, view) ? cursor.position : TRANSCRIPT_NONE;
}

uint64_t view_entry_after(const struct view *view, uint64_t entry)
{
	struct cursor cursor;
	return cursor_near_after(&cursor, view, entry) ? cursor.position : TRANSCRIPT_NONE;
}

bool view_is_open(const struct view *view, bool *in_character)
{
	enum { MOST = 4 }; /* bytes of a character, RFC 3629 */
	char tail[MOST];
	size_t begin = MOST;
	struct cursor cursor;
	*in_character = false;
	if (!view->ops->joins || !cursor_last(&cursor, view) || !entry_is_stream(cursor.entry) ||
	    entry_is_secret(cursor.entry))
		return false;
	while (begin > 0 && run_step_back(&cursor))
		tail[--begin] = entry_payload(cursor.entry)[cursor.offset];
	*in_character = text_whole(tail + begin, MOST - begin) < MOST - begin;
	return begin == MOST || tail[MOST - 1] != '\n';
}

bool view_bytes(const struct view *view, struct location location, struct buf *out)
{
	struct cursor at;
	if (!cursor_at(&at, view, location))
		return true;
	struct cursor end = at;
	uint32_t left = paragraph_end(&end);
	bool fits = true;
	while (fits && left > 0 && run_settle(&at)) {
		uint32_t len = at.entry->len - at.offset;
		len = len < left ? len : left;
		fits = buf_append(out, entry_payload(at.entry) + at.offset, len);
		at.offset += len;
		left -= len;
	}
	return fits;
}

void view_heading(const struct view *view, struct rows *rows)
{
	rows_clear(rows);
	if (view->ops->heading)
		view->ops->heading(view, rows);
}

bool view_has_sides(const struct view *view)
{
	return view->clear == VIEW_CLEAR_BOTH && !view->ops->calls && view->columns >= VIEW_SIDES;
}

/* Each paragraph has rows of its own: so what is beside each other is in the order in which it happened. */
static void layout_side(const struct view *view, const struct cursor *cursor, struct rows *rows)
{
	struct rows narrow = { 0 };
	struct view half = *view;
	struct cursor begin = *cursor;
	int middle = view->columns / 2;
	bool right = entry_is_sealed(cursor->entry);
	half.columns = right ? view->columns - middle - 2 : middle - 1;
	begin.view = &half;
	view->ops->layout(&begin, &narrow);
	for (size_t i = 0; i < narrow.count; i++) {
		const struct row *from = &narrow.row[i];
		struct row *row = rows_add(rows);
		if (right)
			row_pad(row, middle, STYLE_TEXT);
		else
			row_append(row, from);
		row_pad(row, middle, STYLE_TEXT);
		row_put(row, text_has_unicode() ? "│" : "|", view->columns, STYLE_FAINT);
		if (right) {
			row_pad(row, middle + 2, STYLE_TEXT);
			row_append(row, from);
		}
	}
	rows_free(&narrow);
}

void view_layout(const struct view *view, struct location location, struct rows *rows)
{
	struct cursor cursor;
	rows_clear(rows);
	if (!cursor_at(&cursor, view, location))
		rows_add(rows);
	else if (view_has_sides(view) && (entry_is_clear(cursor.entry) || entry_is_sealed(cursor.entry)))
		layout_side(view, &cursor, rows);
	else
		view->ops->layout(&cursor, rows);
}
