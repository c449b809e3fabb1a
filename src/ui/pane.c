// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pane.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "view/filter.h"

enum { LIVE_MIN_HEIGHT = 6, LIVE_MIN = 2, LIVE_MAX = 6, PANE_TEXT = 128 };

void pane_init(struct pane *pane)
{
	*pane = (struct pane){ .position.at_end = true };
}

void pane_free(struct pane *pane)
{
	rows_free(&pane->scratch);
}

/* ---- moving ---- */

static int count_rows(struct pane *pane, const struct view *view, struct location location)
{
	view_layout(view, location, &pane->scratch);
	return (int)pane->scratch.count;
}

/* Moves the position up; returns the number of rows that were missing. */
static int move_up(struct pane *pane, const struct view *view, int rows)
{
	while (rows > pane->position.row) {
		if (!filter_before(view, &pane->position.location)) {
			rows -= pane->position.row;
			pane->position.row = 0;
			return rows;
		}
		rows -= pane->position.row + 1;
		pane->position.row = count_rows(pane, view, pane->position.location) - 1;
	}
	pane->position.row -= rows;
	return 0;
}

static int move_down(struct pane *pane, const struct view *view, int rows)
{
	while (rows > 0) {
		int below =
		        count_rows(pane, view, pane->position.location) - 1 - pane->position.row;
		if (rows <= below) {
			pane->position.row += rows;
			return 0;
		}
		rows -= below;
		pane->position.row += below;
		if (!filter_after(view, &pane->position.location))
			return rows;
		pane->position.row = 0;
		rows--;
	}
	return 0;
}

/* ---- scrolled back ---- */

/* The live rows at the bottom of a scrolled pane. */
static int live_rows(int height)
{
	int rows = height / 4;
	if (height < LIVE_MIN_HEIGHT)
		return 0;
	return rows < LIVE_MIN ? LIVE_MIN : rows > LIVE_MAX ? LIVE_MAX : rows;
}

int pane_newest_rows(const struct pane *pane, int height)
{
	return pane->position.at_end ? height : live_rows(height);
}

/* Those and the divider. */
static int bottom_rows(int height)
{
	int live = live_rows(height);
	return live ? live + 1 : 0;
}

/* Whether eviction has taken entries that this view would show. */
static bool has_lost(const struct view *view)
{
	return view->all ? transcript_lost(view->transcript).entries > 0
	                 : transcript_has_lost(view->transcript, view->session);
}

/* Not further up than the pane is high, with one row about evicted entries. */
static void clamp_top(struct pane *pane, const struct view *view)
{
	struct pane_position position = pane->position;
	int missing = move_up(pane, view, pane->height - bottom_rows(pane->height) - 1);
	if (missing > 0 && has_lost(view))
		missing--;
	pane->position = position;
	move_down(pane, view, missing);
}

/* A pane that would hide nothing but the row of its divider follows the end. */
static void follow_at_end(struct pane *pane, const struct view *view)
{
	struct pane_position position = pane->position;
	position.at_end = move_down(pane, view, bottom_rows(pane->height) + 1) > 0;
	pane->position = position;
}

/* To the beginning of a paragraph of this view: the one with that byte, else the next one, else the
 * last. The next byte may be within a paragraph that began before the location: drawn from there,
 * its end would be shown twice. False if there is none. */
static bool find_paragraph(const struct view *view, struct location *location)
{
	if (!view_has(view, *location) && !view_after(view, location))
		return filter_last(view, location);
	struct location after = { location->entry, location->offset + 1 };
	if (transcript_at(view->transcript, location->entry)->len > 0 && view_before(view, &after))
		*location = after;
	return filter_has(view, *location) || filter_after(view, location) ||
	       filter_last(view, location);
}

static bool is_in(const struct pane_position *position, const struct view *view)
{
	return position->ops == view->ops && position->all == view->all;
}

/* Another view has been chosen. Returning to the view before restores its position. */
static void turn(struct pane *pane, const struct view *view)
{
	if (is_in(&pane->position, view))
		return;
	if (pane->aims == PANE_GOAL_REACHED)
		pane->aims = PANE_GOAL_AHEAD;
	if (!pane->before.ops)
		pane->before = pane->position;
	bool back = is_in(&pane->before, view);
	pane->position = pane->before;
	pane->position.ops = view->ops;
	pane->position.all = view->all;
	if (back)
		pane->before.ops = NULL;
	if (pane->position.at_end)
		return;
	filter_last(view, &pane->seen);
	if (back)
		return;
	pane->position.row = 0;
	pane->position.at_end = !find_paragraph(view, &pane->position.location);
}

static void settle(struct pane *pane, const struct view *view)
{
	if (!filter_has(view, pane->position.location)) {
		pane->position.row = 0;
		pane->position.at_end = !find_paragraph(view, &pane->position.location);
		if (pane->position.at_end)
			return;
	}
	int rows = count_rows(pane, view, pane->position.location);
	if (pane->position.row >= rows)
		pane->position.row = rows - 1;
	clamp_top(pane, view);
	follow_at_end(pane, view);
}

/* Scrolled back from now on: news count from here. False if there is no entry. */
static bool stop_following(struct pane *pane, const struct view *view)
{
	struct location last;
	if (!filter_last(view, &last))
		return false;
	pane->position.at_end = false;
	pane->seen = last;
	pane->news = 0;
	return true;
}

/* From the end to the row above the live ones, so that nothing is shown twice. False if there is no
 * entry. */
static bool leave_end(struct pane *pane, const struct view *view)
{
	if (!pane->position.at_end)
		return true;
	if (!stop_following(pane, view))
		return false;
	pane->position.location = pane->seen;
	pane->position.row = count_rows(pane, view, pane->position.location) - 1;
	move_up(pane, view, bottom_rows(pane->height));
	return true;
}

/* A person moves: the goal and the position in the view before are dropped. */
static void let_go(struct pane *pane)
{
	pane->before.ops = NULL;
	pane->aims = PANE_NO_GOAL;
}

void pane_scroll(struct pane *pane, const struct view *view, int rows)
{
	turn(pane, view);
	let_go(pane);
	if ((pane->position.at_end && rows >= 0) || !leave_end(pane, view))
		return;
	if (rows < 0)
		move_up(pane, view, -rows);
	else
		move_down(pane, view, rows);
	settle(pane, view);
}

void pane_to_top(struct pane *pane, const struct view *view)
{
	turn(pane, view);
	let_go(pane);
	if (!leave_end(pane, view))
		return;
	pane->position.location = (struct location){ TRANSCRIPT_NONE, 0 };
	settle(pane, view);
}

void pane_to_end(struct pane *pane)
{
	let_go(pane);
	pane->position.at_end = true;
}

/* ---- going somewhere ---- */

/* The first row of the paragraph that has a hit, else its first row. */
static int found_row(struct pane *pane, const struct view *view, struct location location)
{
	int rows = count_rows(pane, view, location);
	for (int i = 0; i < rows; i++)
		if (row_has_style(&pane->scratch.row[i], STYLE_FOUND))
			return i;
	return 0;
}

/* Puts the goal into the middle of the rows above the divider, or follows the end if that would
 * hide nothing. */
static void aim(struct pane *pane, const struct view *view)
{
	pane->position.location = pane->goal;
	if (!find_paragraph(view, &pane->position.location)) {
		pane_to_end(pane);
		return;
	}
	if (pane->position.at_end && !stop_following(pane, view))
		return;
	int above = pane->height - bottom_rows(pane->height);
	pane->position.row = found_row(pane, view, pane->position.location);
	move_down(pane, view, (above - 1) / 2);
	settle(pane, view);
	pane->aims = pane->position.at_end ? PANE_GOAL_AHEAD : PANE_GOAL_REACHED;
}

void pane_go(struct pane *pane, const struct view *view, struct location location)
{
	turn(pane, view);
	let_go(pane);
	pane->goal = location;
	pane->aims = PANE_GOAL_AHEAD;
	if (pane->height > 0)
		aim(pane, view);
}

/* ---- rows ---- */

static void put_lost(struct row *row, const struct view *view)
{
	char text[PANE_TEXT];
	struct transcript_amount lost = transcript_lost(view->transcript);
	snprintf(text, sizeof text,
	         "%s %" PRIu64 " older bytes were dropped (%" PRIu64 " entr%s of all sessions)",
	         text_has_unicode() ? "…" : "...", lost.bytes, lost.entries,
	         lost.entries == 1 ? "y" : "ies");
	row_put(row, text, view->columns, STYLE_FAINT);
}

/* What is to be said above the oldest row. */
static void put_above(struct row *row, const struct view *view)
{
	if (filter_is_searching(view->filter))
		row_put(row, text_has_unicode() ? "… still searching" : "... still searching",
		        view->columns, STYLE_FAINT);
	else if (has_lost(view))
		put_lost(row, view);
}

static void put_divider(struct row *row, const struct view *view, int news)
{
	char text[PANE_TEXT] = "newest lines below";
	const char *dash = text_has_unicode() ? "─" : "-";
	if (news > PANE_NEWS_MAX)
		snprintf(text, sizeof text, "%d+ new lines below", PANE_NEWS_MAX);
	else if (news > 0)
		snprintf(text, sizeof text, "%d new %s below", news, news == 1 ? "line" : "lines");
	row_put(row, dash, view->columns, STYLE_FAINT);
	row_put(row, dash, view->columns, STYLE_FAINT);
	row_put(row, " ", view->columns, STYLE_FAINT);
	row_put(row, text, view->columns, STYLE_FAINT);
	row_put(row, " ", view->columns, STYLE_FAINT);
	for (int i = row->columns; i < view->columns; i++)
		row_put(row, dash, view->columns, STYLE_FAINT);
}

static void swap_rows(struct row *a, struct row *b)
{
	struct row old = *a;
	*a = *b;
	*b = old;
}

/* Fills `count` rows, the last one with this row of the paragraph. */
static void fill_up(struct pane *pane, const struct view *view, struct location location, int row,
                    struct row *rows, int count)
{
	int y = count;
	do {
		int last = count_rows(pane, view, location) - 1;
		for (int i = row < last ? row : last; i >= 0 && y > 0; i--)
			swap_rows(&rows[--y], &pane->scratch.row[i]);
		row = INT_MAX;
	} while (y > 0 && filter_before(view, &location));
	if (y > 0)
		put_above(&rows[y - 1], view);
}

static void fill_end(struct pane *pane, const struct view *view, struct row *rows, int count)
{
	struct location last;
	if (filter_last(view, &last))
		fill_up(pane, view, last, INT_MAX, rows, count);
	else if (count > 0)
		put_above(&rows[count - 1], view);
}

/* Goes on where the last count ended, so that a flood is not counted again for each frame. */
static void count_news(struct pane *pane, const struct view *view)
{
	pane->news += filter_count_after(view, pane->seen, PANE_NEWS_MAX + 1 - pane->news);
	filter_last(view, &pane->seen);
}

static void fill_scrolled(struct pane *pane, const struct view *view, struct row *rows, int height)
{
	int live = live_rows(height);
	int scrolled = height - bottom_rows(height);
	fill_up(pane, view, pane->position.location, pane->position.row, rows, scrolled);
	count_news(pane, view);
	if (!live)
		return;
	put_divider(&rows[scrolled], view, pane->news);
	fill_end(pane, view, &rows[scrolled + 1], live);
}

void pane_fill(struct pane *pane, const struct view *view, int height, struct rows *out)
{
	rows_clear(out);
	for (int y = 0; y < height; y++)
		rows_add(out);
	pane->height = height;
	turn(pane, view);
	if (pane->aims == PANE_GOAL_AHEAD)
		aim(pane, view);
	else if (!pane->position.at_end)
		settle(pane, view);
	if (pane->position.at_end)
		fill_end(pane, view, out->row, height);
	else
		fill_scrolled(pane, view, out->row, height);
}

/* ---- a pane for each session ---- */

void panes_init(struct panes *panes)
{
	*panes = (struct panes){ 0 };
	pane_init(&panes->shown);
}

void panes_free(struct panes *panes)
{
	pane_free(&panes->shown);
}

static void drop(struct panes *panes, size_t at)
{
	panes->count--;
	memmove(&panes->kept[at], &panes->kept[at + 1],
	        (panes->count - at) * sizeof panes->kept[0]);
}

/* The scratch rows stay with the shown pane. */
static void leave(struct panes *panes)
{
	if (panes->shown.position.at_end)
		return;
	if (panes->count == PANES_KEPT)
		drop(panes, 0);
	panes->kept[panes->count].session = panes->session;
	panes->kept[panes->count].pane = panes->shown;
	panes->kept[panes->count++].pane.scratch = (struct rows){ 0 };
}

/* The height is the present one. */
static void come_back(struct panes *panes, size_t at)
{
	struct pane pane = panes->kept[at].pane;
	pane.height = panes->shown.height;
	pane.scratch = panes->shown.scratch;
	panes->shown = pane;
	drop(panes, at);
}

bool panes_turn(struct panes *panes, uint32_t session)
{
	if (session == panes->session)
		return false;
	leave(panes);
	panes->session = session;
	size_t at = 0;
	while (at < panes->count && panes->kept[at].session != session)
		at++;
	if (at < panes->count)
		come_back(panes, at);
	else
		pane_to_end(&panes->shown);
	return true;
}
