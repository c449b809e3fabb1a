// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/find.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "view/find_words.h"
#include "view/search_window.h"
#include "view/paragraph.h"

struct search {
	struct view view;    /* as it is walked */
	struct view_ops ops; /* of that */
	struct cursor at;
	bool newer;
	struct find_words words;
	struct search_window stack;
};

/* In a dump of bytes nothing is joined, but a hit may go on from one call into the next. */
static void join_bytes(struct search *search, const struct view *view)
{
	search->view = *view;
	if (view->ops->calls)
		return;
	search->ops = *view->ops;
	search->ops.joins = true;
	search->view.ops = &search->ops;
}

static bool in_words(void *context, const struct cursor *cursor)
{
	struct search *search = context;
	return search->view.ops->calls && !entry_is_words(cursor->entry) &&
	       find_words_match(&search->words, cursor);
}

/* Where to begin, and whether the whole entry there is to be looked at. */
static bool start(struct search *search, const struct view *view, const struct location *from,
                  bool *whole)
{
	struct cursor *at = &search->at;
	const struct view *walk = &search->view;
	*whole = !from || !cursor_at(at, view, *from);
	if (!*whole) {
		if (search->newer)
			paragraph_end(at);
		at->view = walk;
		return true;
	}
	if (!from)
		return search->newer ? cursor_first(at, walk) : cursor_last(at, walk);
	return search->newer ? cursor_near_after(at, walk, from->entry)
	                     : cursor_near_before(at, walk, from->entry);
}

/* The paragraph with this byte. */
static struct location paragraph_of(const struct view *view, struct location byte)
{
	byte.offset++;
	view_before(view, &byte);
	return byte;
}

static bool walk(struct search *search, const struct view *view, struct location *hit)
{
	bool more, named;
	do {
		more = search->newer ? search_window_take_newer(&search->stack, &search->at,
		                                                in_words, search, &named)
		                     : search_window_take_older(&search->stack, &search->at,
		                                                in_words, search, &named);
		if (search_window_search(&search->stack, !search->newer, hit)) {
			*hit = paragraph_of(view, *hit);
			return true;
		}
	} while (more);
	if (named)
		*hit = (struct location){ search->at.position, 0 };
	return named;
}

static bool search_from(struct search *search, const struct view *view, const struct location *from,
                        struct location *hit)
{
	bool whole;
	if (!start(search, view, from, &whole))
		return false;
	if (!whole || !in_words(search, &search->at))
		return walk(search, view, hit);
	*hit = (struct location){ search->at.position, 0 };
	return true;
}

static bool find(const struct view *view, const struct location *from, bool newer,
                 struct location *hit)
{
	if (!view->find || view->find_len == 0 || view->find_len > FIND_MAX)
		return false;
	struct search *search = xmalloc(sizeof *search);
	join_bytes(search, view);
	search->newer = newer;
	pattern_init(&search->stack.pattern, view->find, view->find_len);
	find_words_init(&search->words, &search->stack.pattern);
	bool found = search_from(search, view, from, hit);
	find_words_free(&search->words);
	free(search);
	return found;
}

bool find_older(const struct view *view, const struct location *from, struct location *hit)
{
	return find(view, from, false, hit);
}

bool find_newer(const struct view *view, const struct location *from, struct location *hit)
{
	return find(view, from, true, hit);
}
