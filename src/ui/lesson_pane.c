// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/lesson_pane.h"

#include <stdio.h>
#include <string.h>

#include "app/lesson_face.h"

enum {
	FOOT = 48,
	FIXED_LEAST = 4,   /* rows with which the heading stays, */
	FOOT_LEAST = 2,    /* and the foot is there */
	FOOT_FRAME = 3,    /* what is around its words */
	OVERLAP_LEAST = 5, /* with more rows the last one is shown again at the top */
};

void lesson_pane_init(struct lesson_pane *pane)
{
	*pane = (struct lesson_pane){ 0 };
}

void lesson_pane_free(struct lesson_pane *pane)
{
	rows_free(&pane->rows);
	row_free(&pane->foot);
	row_free(&pane->cut);
}

/* ---- how much is seen ---- */

static int fixed_rows(const struct lesson_pane *pane)
{
	return pane->height >= FIXED_LEAST ? pane->fixed : 0;
}

int lesson_pane_room(const struct lesson_pane *pane)
{
	int room = pane->height - fixed_rows(pane) - (pane->height >= FOOT_LEAST);
	return room > 1 ? room : 1;
}

static int last_top(const struct lesson_pane *pane)
{
	int hidden = (int)pane->rows.count - fixed_rows(pane) - lesson_pane_room(pane);
	return hidden > 0 ? hidden : 0;
}

static int within(const struct lesson_pane *pane, int64_t top)
{
	int most = last_top(pane);
	return top < 0 ? 0 : top > most ? most : (int)top;
}

bool lesson_pane_scroll(struct lesson_pane *pane, int rows)
{
	int top = within(pane, (int64_t)pane->top + rows);
	bool moved = top != pane->top;
	pane->top = top;
	pane->scrolled |= moved;
	return moved;
}

/* The first row after those that are shown. */
static int shown_end(const struct lesson_pane *pane)
{
	int end = pane->top + fixed_rows(pane) + lesson_pane_room(pane);
	return end < (int)pane->rows.count ? end : (int)pane->rows.count;
}

static int unseen_rows(const struct lesson_pane *pane)
{
	return (int)pane->rows.count - pane->seen;
}

bool lesson_pane_show_more(struct lesson_pane *pane, struct app *app)
{
	int room = lesson_pane_room(pane), kept = room > OVERLAP_LEAST;
	if (app->lesson.part != pane->part)
		return true; /* the next frame shows its top */
	if (unseen_rows(pane) <= 0)
		return false;
	lesson_pane_scroll(pane, pane->seen - kept - fixed_rows(pane) - pane->top);
	return true;
}

/* ---- the same text at another width ---- */

static int glyphs_of(const struct row *row)
{
	int count = 0;
	for (size_t i = 0; i < row->count; i++)
		count += row->glyphs[i].chars[0] != L' ';
	return count;
}

/* The glyphs before a row: these stay the same, however the rows are wrapped. */
static int glyphs_before(const struct lesson_pane *pane, int row)
{
	int glyphs = 0;
	for (int i = pane->fixed; i < row && i < (int)pane->rows.count; i++)
		glyphs += glyphs_of(&pane->rows.row[i]);
	return glyphs;
}

/* The row that has the glyph after so many. */
static int row_after(const struct lesson_pane *pane, int glyphs)
{
	int row = pane->fixed;
	for (; row < (int)pane->rows.count; row++) {
		glyphs -= glyphs_of(&pane->rows.row[row]);
		if (glyphs < 0)
			break;
	}
	return row;
}

/* ---- rows ---- */

/* What to do, and how many rows are hidden below. The second is never left out. */
static void fill_foot(struct lesson_pane *pane, const struct app_lesson *lesson, int columns)
{
	char more[FOOT] = "";
	struct row *row = &pane->foot;
	const char *dash = text_has_unicode() ? "─" : "-", *what = lesson->foot ? lesson->foot : "";
	int below = last_top(pane) - pane->top, unseen = unseen_rows(pane);
	row_clear(row);
	if (unseen > 0) {
		what = lesson->project ? "Space shows more" : "Enter shows more";
		snprintf(more, sizeof more, " %d more row%s ", unseen, unseen == 1 ? "" : "s");
	} else if (below > 0) {
		snprintf(more, sizeof more, " %d more: PageDown ", below);
	} else if (pane->top > 0) {
		snprintf(more, sizeof more, " %d above: PageUp ", pane->top);
	}
	int wanted = text_columns(what, strlen(what)) + FOOT_FRAME;
	if (wanted + (int)strlen(more) > columns && unseen <= 0) {
		if (below > 0)
			snprintf(more, sizeof more, " %d more ", below);
		else
			*more = '\0';
	}
	int room = columns - (int)strlen(more);
	row_put(row, dash, room, STYLE_FAINT);
	row_put(row, " ", room, STYLE_FAINT);
	row_put(row, what, room - 1, STYLE_NOTE);
	row_put(row, " ", room, STYLE_FAINT);
	while (row->columns < room)
		row_put(row, dash, room, STYLE_FAINT);
	row_put(row, more, columns, STYLE_NOTE);
}

/* The only row; marked if there are more below. */
static void fill_cut(struct lesson_pane *pane, int columns)
{
	const char *more = text_has_unicode() ? "…" : "...";
	const struct row *whole = &pane->rows.row[pane->top];
	int room = columns - (last_top(pane) > pane->top ? text_columns(more, strlen(more)) : 0);
	row_clear(&pane->cut);
	for (size_t i = 0; i < whole->count && pane->cut.columns + whole->glyphs[i].width <= room;
	     i++)
		row_add_glyph(&pane->cut, &whole->glyphs[i], (enum style)whole->glyphs[i].style);
	if (room < columns)
		row_put(&pane->cut, more, columns, STYLE_FAINT);
}

int lesson_pane_fill(struct lesson_pane *pane, struct app *app, int columns, int space)
{
	const struct app_lesson *lesson = &app->lesson;
	bool part = lesson->part != pane->part, wrapped = columns != pane->columns && !part;
	int top = pane->top + fixed_rows(pane), seen = part ? 0 : pane->seen;
	int glyphs_above = wrapped ? glyphs_before(pane, top) : 0,
	    glyphs_seen = wrapped ? glyphs_before(pane, seen) : 0;
	if (part)
		pane->scrolled = false;
	if (part || wrapped || lesson->serial != pane->serial) {
		rows_clear(&pane->rows);
		lesson->face->render(app, columns, &pane->rows);
		if (!pane->rows.count)
			rows_add(&pane->rows);
	}
	pane->serial = lesson->serial;
	pane->part = lesson->part;
	pane->columns = columns;
	pane->fixed = lesson->fixed;
	int most = (space + 1) / 2, wanted = (int)pane->rows.count + 1;
	pane->height = wanted < most ? wanted : most;
	if (wrapped) {
		top = row_after(pane, glyphs_above);
		seen = row_after(pane, glyphs_seen);
	}
	pane->top = within(pane, (pane->scrolled ? top : lesson->top) - fixed_rows(pane));
	pane->seen = seen > shown_end(pane) ? seen : shown_end(pane);
	if (pane->height >= FOOT_LEAST)
		fill_foot(pane, lesson, columns);
	else
		fill_cut(pane, columns);
	return pane->height;
}

const struct row *lesson_pane_row(const struct lesson_pane *pane, int y)
{
	int fixed = fixed_rows(pane);
	if (pane->height < FOOT_LEAST)
		return &pane->cut;
	if (y == pane->height - 1)
		return &pane->foot;
	size_t at = (size_t)(y < fixed ? y : y + pane->top);
	return at < pane->rows.count ? &pane->rows.row[at] : NULL;
}
