// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/search.h"

#include <string.h>

#include "app/page.h"
#include "base/clock.h"

/* For hits that a filter hides, of which there may be millions. */
#define FIND_TIME (CLOCK_S / 2)

/* Another text than before starts a new search. */
static bool remember(struct search *search, const char *text, struct error *error)
{
	size_t len = strlen(text);
	if (len > FIND_MAX) {
		error_set(error, "text of %zu bytes: no more than %d can be looked for", len,
		          FIND_MAX);
		return false;
	}
	if (len == search->len && memcmp(search->text, text, len) == 0)
		return true;
	memcpy(search->text, text, len + 1);
	search->len = len;
	search->found = false;
	return true;
}

/* The typed /find contains its own text. */
static bool is_own_words(const struct transcript *transcript, struct location location)
{
	const struct entry *entry = transcript_at(transcript, location.entry);
	return entry && entry->call == CALL_COMMAND && entry->arg;
}

static bool find_any(const struct view *view, const struct location *from, bool newer,
                     struct location *hit)
{
	return newer ? find_newer(view, from, hit) : find_older(view, from, hit);
}

/* From a hit that is not shown to where the next one that is may be: so that the search goes on
 * with the nearest paragraph that the filter passes. */
static bool pass_hidden(const struct view *view, bool newer, struct location *at)
{
	struct location near = *at, beside;
	if (!view->filter || is_own_words(view->transcript, *at))
		return true;
	if (!(newer ? filter_after(view, &near) : filter_before(view, &near)))
		return false;
	beside = near;
	if (newer ? view_before(view, &beside) : view_after(view, &beside))
		*at = beside;
	return true;
}

/* *over: the time is, and *hit is where the same search goes on. */
static bool find_next(const struct view *view, const struct location *from, bool newer,
                      struct location *hit, bool *over)
{
	struct location next;
	int64_t limit = clock_now() + FIND_TIME;
	*over = false;
	filter_allow(view->filter, FIND_TIME);
	bool found = find_any(view, from, newer, &next);
	while (found && (is_own_words(view->transcript, next) || !filter_has(view, next))) {
		*hit = next;
		*over = clock_now() >= limit;
		found = !*over && pass_hidden(view, newer, &next) &&
		        find_any(view, &next, newer, &next);
	}
	*over = *over || (!found && filter_is_searching(view->filter));
	if (found)
		*hit = next;
	return found;
}

static void set_hit(struct app *app, struct location hit)
{
	struct search *search = &app->search;
	search->location = hit;
	search->session = app_shown(app);
	search->found = true;
	search->serial++;
	page_close(app); /* it would hide the hit */
}

/* The message omits the text: else the next search would find it there. */
static void fail(const struct search *search, bool again, bool newer, struct error *error)
{
	if (again)
		error_set(error, "no more hits %s", newer ? "below" : "above");
	else if (pattern_has_capital(search->text, search->len))
		error_set(error, "not found in this pane, with these capital letters");
	else
		error_set(error, "not found in this pane");
}

bool search_find(struct app *app, const char *text, bool newer, struct error *error)
{
	struct search *search = &app->search;
	struct location hit;
	if (text && !remember(search, text, error))
		return false;
	if (!search->len) {
		error_set(error, "nothing to look for yet: /find TEXT");
		return false;
	}
	search->marked = true;
	struct view view = app_view(app, 1);
	view.find = search->text;
	view.find_len = search->len;
	bool again = search->found && search->session == app_shown(app);
	bool over;
	if (!find_next(&view, again ? &search->location : NULL, newer, &hit, &over)) {
		if (over) {
			search->location = hit;
			search->session = app_shown(app);
			search->found = true;
			error_set(error, "only hits that the filter hides, so far: the same again looks "
			                 "further");
			return false;
		}
		fail(search, again, newer, error);
		return false;
	}
	set_hit(app, hit);
	return true;
}

bool search_unmark(struct app *app)
{
	bool marked = app->search.marked;
	app->search.marked = false;
	return marked;
}
