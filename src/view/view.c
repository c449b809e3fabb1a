// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/view.h"

#include "view/chat.h"
#include "view/hex.h"
#include "view/paragraph.h"
#include "view/ladder/ladder_row.h"
#include "view/trace.h"

/* Onto a byte; the paragraph of a run without any begins where the run does. */
static struct location begin_at(const struct cursor *cursor)
{
	struct cursor begin = *cursor;
	return cursor_location(run_settle(&begin) ? &begin : cursor);
}

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
	*location = begin_at(&cursor);
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
	if (view->kind != VIEW_CHAT || !cursor_last(&cursor, view) ||
	    !entry_is_stream(cursor.entry) || entry_is_secret(cursor.entry))
		return false;
	while (begin > 0 && run_step_back(&cursor))
		tail[--begin] = entry_payload(cursor.entry)[cursor.offset];
	*in_character = text_whole(tail + begin, MOST - begin) < MOST - begin;
	return begin == MOST || tail[MOST - 1] != '\n';
}

/* The first state of an accepted session stands for its accept() in a ladder. */
static bool is_rung(const struct cursor *cursor)
{
	return cursor->view->kind == VIEW_LADDER && cursor->entry->call == CALL_STATE &&
	       !(cursor->entry->flags & ENTRY_ERROR);
}

void view_layout(const struct view *view, struct location location, struct rows *rows)
{
	struct cursor cursor;
	rows_clear(rows);
	if (!cursor_at(&cursor, view, location))
		rows_add(rows);
	else if (view->kind == VIEW_CHAT || (entry_is_words(cursor.entry) && !is_rung(&cursor)))
		chat_layout(&cursor, rows);
	else if (view->kind == VIEW_HEX)
		hex_layout(&cursor, rows);
	else if (view->kind == VIEW_TRACE)
		trace_layout(&cursor, rows);
	else
		ladder_row_layout(&cursor, rows);
}

const char *view_kind_name(enum view_kind kind)
{
	static const char *const names[VIEW_KINDS] = {
		[VIEW_CHAT] = "chat",
		[VIEW_HEX] = "hex",
		[VIEW_TRACE] = "trace",
		[VIEW_LADDER] = "ladder",
	};
	return names[kind];
}
