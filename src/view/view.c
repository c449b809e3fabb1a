// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/view.h"

#include "view/chat.h"
#include "view/paragraph.h"

/* Onto a byte; the paragraph of a run without any begins where the run does. */
static struct place begin_at(const struct cursor *cursor)
{
	struct cursor begin = *cursor;
	return cursor_place(run_settle(&begin) ? &begin : cursor);
}

bool view_last(const struct view *view, struct place *place)
{
	struct cursor cursor;
	if (!cursor_last(&cursor, view))
		return false;
	paragraph_begin(&cursor);
	*place = cursor_place(&cursor);
	return true;
}

bool view_before(const struct view *view, struct place *place)
{
	struct cursor cursor;
	if (!cursor_at(&cursor, view, *place) || !paragraph_before(&cursor))
		return false;
	*place = cursor_place(&cursor);
	return true;
}

bool view_after(const struct view *view, struct place *place)
{
	struct cursor cursor;
	if (!cursor_at(&cursor, view, *place)) {
		if (!cursor_first(&cursor, view))
			return false;
	} else {
		paragraph_end(&cursor);
		if (!run_settle(&cursor) && !cursor_after(&cursor))
			return false;
	}
	*place = begin_at(&cursor);
	return true;
}

bool view_has(const struct view *view, struct place place)
{
	struct cursor cursor;
	return cursor_at(&cursor, view, place);
}

int view_count_after(const struct view *view, struct place place, int limit)
{
	int count = 0;
	while (count < limit && view_after(view, &place))
		count++;
	return count;
}

void view_layout(const struct view *view, struct place place, struct rows *rows)
{
	struct cursor cursor;
	rows_clear(rows);
	if (cursor_at(&cursor, view, place))
		chat_layout(&cursor, rows);
	else
		rows_add(rows);
}
