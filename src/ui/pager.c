// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pager.h"

#include <stdio.h>
#include <string.h>

#include "app/page.h"

enum { FOOT = 96 };

void pager_init(struct pager *pager)
{
	*pager = (struct pager){ 0 };
}

void pager_free(struct pager *pager)
{
	rows_free(&pager->rows);
	rows_free(&pager->foot);
}

/* Rows between the top and the foot. */
static int room(const struct pager *pager)
{
	return pager->height > 1 ? pager->height - 1 : 1;
}

static int last_top(const struct pager *pager)
{
	int hidden = (int)pager->rows.count - room(pager);
	return hidden > 0 ? hidden : 0;
}

void pager_scroll(struct pager *pager, int rows)
{
	int most = last_top(pager);
	int64_t top = (int64_t)pager->top + rows;
	pager->top = top < 0 ? 0 : top > most ? most : (int)top;
}

static void add(struct row *row, const char *text, int columns, enum style style)
{
	row_add_text(row, text, strlen(text), columns, style);
}

static void fill_foot(struct pager *pager, int columns)
{
	char text[FOOT];
	const char *dash = text_has_unicode() ? "─" : "-";
	rows_clear(&pager->foot);
	struct row *row = rows_add(&pager->foot);
	int below = last_top(pager) - pager->top;
	snprintf(text, sizeof text, " %s: back ", page_key(pager->page));
	add(row, dash, columns, STYLE_FAINT);
	add(row, text, columns, STYLE_NOTE);
	if (below > 0)
		snprintf(text, sizeof text, "%s %d more ", dash, below);
	else
		snprintf(text, sizeof text, pager->top > 0 ? "%s %d up " : "%s", dash, pager->top);
	add(row, text, columns, STYLE_FAINT);
	while (row->columns < columns)
		add(row, dash, columns, STYLE_FAINT);
}

void pager_fill(struct pager *pager, struct app *app, int columns, int height)
{
	uint32_t session = app_shown(app);
	if (app->page != pager->page || session != pager->session)
		pager->top = 0;
	pager->page = app->page;
	pager->session = session;
	pager->height = height;
	app_fill_page(app, columns, room(pager), &pager->rows);
	pager_scroll(pager, 0);
	fill_foot(pager, columns);
}

const struct row *pager_row(const struct pager *pager, int y)
{
	if (y == pager->height - 1 && pager->height > 1)
		return &pager->foot.row[0];
	int at = pager->top + y;
	return y < room(pager) && at < (int)pager->rows.count ? &pager->rows.row[at] : NULL;
}
