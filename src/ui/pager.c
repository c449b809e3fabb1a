// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pager.h"

#include <stdio.h>
#include <string.h>

enum {
	FOOT = 96,
	LIVE_LEAST = 3, /* rows of the transcript below a page, */
	LIVE_SHARE = 4, /* or this part of all, */
	LIVE_SPACE = 8, /* if there are at least this many */
};

void pager_init(struct pager *pager)
{
	*pager = (struct pager){ 0 };
}

void pager_free(struct pager *pager)
{
	rows_free(&pager->rows);
	row_free(&pager->foot);
}

/* ---- how much is seen ---- */

static int most_rows(int space)
{
	int live = space / LIVE_SHARE > LIVE_LEAST ? space / LIVE_SHARE : LIVE_LEAST;
	return space < LIVE_SPACE ? space : space - live;
}

/* Rows above the foot. */
static int room(int height)
{
	return height > 1 ? height - 1 : 1;
}

static int last_top(const struct pager *pager)
{
	int hidden = (int)pager->rows.count - room(pager->height);
	return hidden > 0 ? hidden : 0;
}

void pager_scroll(struct pager *pager, int rows)
{
	int most = last_top(pager);
	int64_t top = (int64_t)pager->top + rows;
	pager->top = top < 0 ? 0 : top > most ? most : (int)top;
}

/* ---- rows ---- */

/* How to close it, and how many rows are hidden. */
static void fill_foot(struct pager *pager, bool lesson, int columns)
{
	char text[FOOT];
	struct row *row = &pager->foot;
	const char *dash = text_has_unicode() ? "─" : "-";
	int below = last_top(pager) - pager->top;
	row_clear(row);
	row_put(row, dash, columns, STYLE_FAINT);
	row_put(row, lesson ? " Enter or Escape closes " : " Escape closes ", columns, STYLE_NOTE);
	if (below > 0)
		snprintf(text, sizeof text, "%s %d more ", dash, below);
	else
		snprintf(text, sizeof text, pager->top > 0 ? "%s %d up " : "%s", dash, pager->top);
	row_put(row, text, columns, STYLE_FAINT);
	while (row->columns < columns)
		row_put(row, dash, columns, STYLE_FAINT);
}

/* The only row; marked if there are more below. */
static void fill_cut(struct pager *pager, int columns)
{
	struct row *row = &pager->foot;
	const struct row *whole = &pager->rows.row[pager->top];
	const char *more = text_has_unicode() ? "…" : "...";
	int below = last_top(pager) - pager->top;
	int most = below > 0 ? columns - text_columns(more, strlen(more)) : columns;
	row_clear(row);
	for (size_t i = 0; i < whole->count && row->columns + whole->glyphs[i].width <= most; i++)
		row_add_glyph(row, &whole->glyphs[i], whole->glyphs[i].style);
	if (below > 0)
		row_put(row, more, columns, STYLE_FAINT);
}

int pager_fill(struct pager *pager, struct app *app, int columns, int space)
{
	const struct open_page *open = &app->open_page;
	uint32_t session = app_shown(app);
	int most = most_rows(space);
	bool another = open->serial != pager->serial || session != pager->session;
	bool resized = columns != pager->columns || space != pager->space;
	if (another)
		pager->top = 0;
	if (another || resized)
		pager->height = 0;
	app->open_page.top = pager->top;
	if (another || resized || open->page->live)
		page_render(app, columns, room(most), &pager->rows);
	pager->fixed = open->fixed;
	pager->serial = open->serial;
	pager->session = session;
	pager->columns = columns;
	pager->space = space;
	int wanted = (int)pager->rows.count + 1; /* at least 2 */
	if (pager->height < wanted)
		pager->height = wanted < most ? wanted : most;
	pager_scroll(pager, 0);
	if (pager->height > 1)
		fill_foot(pager, app->lesson.face, columns);
	else
		fill_cut(pager, columns);
	return pager->height;
}

const struct row *pager_row(const struct pager *pager, int y)
{
	if (y == pager->height - 1)
		return &pager->foot;
	int at = y < pager->fixed && pager->height > pager->fixed + 1 ? y : pager->top + y;
	return y < pager->height && at < (int)pager->rows.count ? &pager->rows.row[at] : NULL;
}
