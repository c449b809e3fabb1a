// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/sheet.h"

#include <stdio.h>
#include <string.h>

#include "app/page.h"

enum { FOOT = 96 };

void sheet_init(struct sheet *sheet)
{
	*sheet = (struct sheet){ 0 };
}

void sheet_free(struct sheet *sheet)
{
	rows_free(&sheet->rows);
	rows_free(&sheet->foot);
}

/* Rows between the top and the foot. */
static int room(const struct sheet *sheet)
{
	return sheet->height > 1 ? sheet->height - 1 : 1;
}

static int last_top(const struct sheet *sheet)
{
	int hidden = (int)sheet->rows.count - room(sheet);
	return hidden > 0 ? hidden : 0;
}

void sheet_scroll(struct sheet *sheet, int rows)
{
	int most = last_top(sheet);
	int64_t top = (int64_t)sheet->top + rows;
	sheet->top = top < 0 ? 0 : top > most ? most : (int)top;
}

static void add(struct row *row, const char *text, int columns, enum style style)
{
	row_add_text(row, text, strlen(text), columns, style);
}

static void fill_foot(struct sheet *sheet, int columns)
{
	char text[FOOT];
	const char *dash = text_has_unicode() ? "─" : "-";
	rows_clear(&sheet->foot);
	struct row *row = rows_add(&sheet->foot);
	int below = last_top(sheet) - sheet->top;
	snprintf(text, sizeof text, " %s: back ", page_key(sheet->page));
	add(row, dash, columns, STYLE_FAINT);
	add(row, text, columns, STYLE_NOTE);
	if (below > 0)
		snprintf(text, sizeof text, "%s %d more ", dash, below);
	else
		snprintf(text, sizeof text, sheet->top > 0 ? "%s %d up " : "%s", dash,
		         sheet->top);
	add(row, text, columns, STYLE_FAINT);
	while (row->columns < columns)
		add(row, dash, columns, STYLE_FAINT);
}

void sheet_fill(struct sheet *sheet, struct app *app, int columns, int height)
{
	uint32_t session = app_shown(app);
	if (app->page != sheet->page || session != sheet->session)
		sheet->top = 0;
	sheet->page = app->page;
	sheet->session = session;
	sheet->height = height;
	app_fill_page(app, columns, room(sheet), &sheet->rows);
	sheet_scroll(sheet, 0);
	fill_foot(sheet, columns);
}

const struct row *sheet_row(const struct sheet *sheet, int y)
{
	if (y == sheet->height - 1 && sheet->height > 1)
		return &sheet->foot.row[0];
	int at = sheet->top + y;
	return y < room(sheet) && at < (int)sheet->rows.count ? &sheet->rows.row[at] : NULL;
}
