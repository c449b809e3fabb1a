// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pager.h"

#include <limits.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/tap.h"

static struct app app;
static struct pager pager;
static struct buf text = { .max = SIZE_MAX };
static int count;    /* rows of the page */
static int rendered; /* how often */

static void render(struct app *unused, struct session *session, int columns, int height,
                   struct rows *rows)
{
	char row[32];
	(void)unused, (void)session, (void)height;
	rendered++;
	for (int i = 1; i <= count; i++) {
		int len = snprintf(row, sizeof row, "row %d of a page", i);
		row_add_text(rows_add(rows), row, (size_t)len, columns, STYLE_TEXT);
	}
}

/* Its first row stays, and only what is seen is filled in. */
static void render_fixed(struct app *rendering, struct session *session, int columns, int height,
                         struct rows *rows)
{
	char row[32];
	(void)session;
	rendering->open_page.fixed = 1;
	row_put(rows_add(rows), "totals", columns, STYLE_TEXT);
	for (int i = 0; i < count; i++) {
		struct row *added = rows_add(rows);
		snprintf(row, sizeof row, "line %d", i);
		if (i + 1 >= rendering->open_page.top && i < rendering->open_page.top + height)
			row_put(added, row, columns, STYLE_TEXT);
	}
}

static const struct page fixed_page = { .live = true, .render = render_fixed };
static const struct page live_page = { .live = true, .render = render };
static const struct page list_page = { .help = "rows", .render = render };

static const char *row_at(int y)
{
	const struct row *row = pager_row(&pager, y);
	buf_clear(&text);
	if (row)
		row_print(row, &text);
	return buf_text(&text);
}

static void open_page(const struct page *page, const char *line, int rows)
{
	count = rows;
	page_close(&app);
	page_toggle(&app, page, line, 0, NULL);
}

static void listen_here(const char *name)
{
	struct error error;
	struct target target;
	struct session_options options = { .name = name };
	if (!target_parse(&target, "127.0.0.1", "0", TRANSPORT_TCP, true, &error) ||
	    !app_listen(&app, &target, &options, &error)) {
		printf("Bail out! %s\n", error.text);
		exit(1);
	}
}

static void takes_what_it_needs(void)
{
	open_page(&list_page, "/list", 3);
	is_int(pager_fill(&pager, &app, 80, 21), 5, "a heading, three rows and a foot");
	is_text(row_at(0), "/list  rows", "what it is");
	is_text(row_at(1), "row 1 of a page", "its first row");
	is_text(row_at(3), "row 3 of a page", "its last");
	ok(strstr(row_at(4), "Escape closes"), "what closes it");
	is_int(pager_row(&pager, 4)->columns, 80, "over the whole width");
	ok(!pager_row(&pager, 5), "and no more");
	open_page(&list_page, "/list", 100);
	is_int(pager_fill(&pager, &app, 80, 21), 16, "a quarter is left to the transcript");
	is_int(pager_fill(&pager, &app, 80, 9), 6, "at least three rows");
	is_int(pager_fill(&pager, &app, 80, 47), 36, "of many rows, too");
	is_int(pager_fill(&pager, &app, 80, 7), 7, "but not where there are too few");
	is_int(pager_fill(&pager, &app, 80, 2), 2, "two rows");
	is_text(row_at(0), "row 1 of a page", "are one of the page");
	ok(strstr(row_at(1), "more"), "and the foot");
}

static void keeps_its_first_rows(void)
{
	open_page(&fixed_page, "/fixed", 900);
	is_int(pager_fill(&pager, &app, 80, 21), 16, "a long page");
	is_text(row_at(0), "totals", "its first row");
	is_text(row_at(1), "line 0", "is followed by the next one");
	is_text(row_at(14), "line 13", "up to the foot");
	pager_scroll(&pager, 500);
	pager_fill(&pager, &app, 80, 21);
	is_text(row_at(0), "totals", "and stays when the others scroll");
	is_text(row_at(1), "line 500", "which they do");
	is_text(row_at(14), "line 513", "all of them");
	pager_scroll(&pager, INT_MAX);
	pager_fill(&pager, &app, 80, 21);
	is_text(row_at(14), "line 899", "to the last one");
	ok(strstr(row_at(15), "886 up"), "which the foot counts");
	pager_scroll(&pager, -INT_MAX);
	pager_fill(&pager, &app, 80, 2);
	is_text(row_at(0), "totals", "alone with a foot it scrolls like any other");
	pager_scroll(&pager, 1);
	pager_fill(&pager, &app, 80, 2);
	is_text(row_at(0), "line 0", "as there is room for nothing else");
}

static void grows(void)
{
	open_page(&live_page, "/live", 3);
	is_int(pager_fill(&pager, &app, 80, 21), 4, "a page of three rows");
	count = 6;
	is_int(pager_fill(&pager, &app, 80, 21), 7, "takes more when it has more");
	count = 2;
	is_int(pager_fill(&pager, &app, 80, 21), 7, "and gives none back");
	is_text(row_at(2), "", "but leaves them empty");
	is_int(pager_fill(&pager, &app, 79, 21), 3, "until the size changes");
	count = 5;
	pager_fill(&pager, &app, 79, 21);
	page_close(&app);
	open_page(&live_page, "/live", 1);
	is_int(pager_fill(&pager, &app, 79, 21), 2, "or it is opened again");
}

static void renders_when_it_has_to(void)
{
	open_page(&live_page, "/live", 3);
	rendered = 0;
	pager_fill(&pager, &app, 80, 21);
	pager_fill(&pager, &app, 80, 21);
	is_int(rendered, 2, "a live page is made for each frame");
	open_page(&list_page, "/list", 3);
	rendered = 0;
	pager_fill(&pager, &app, 80, 21);
	pager_fill(&pager, &app, 80, 21);
	is_int(rendered, 1, "another once");
	pager_fill(&pager, &app, 40, 21);
	is_int(rendered, 2, "for each width");
}

static void scrolls(void)
{
	open_page(&list_page, "/list", 30);
	pager_fill(&pager, &app, 40, 5);
	ok(strstr(row_at(4), "27 more"), "what does not fit is counted");
	pager_scroll(&pager, -1);
	is_int(pager.top, 0, "the top is the top");
	pager_scroll(&pager, 2);
	is_int(pager.top, 2, "two rows down");
	pager_fill(&pager, &app, 40, 5);
	is_int(pager.top, 2, "it stays there in the next frame");
	is_text(row_at(0), "row 2 of a page", "which begins there");
	pager_scroll(&pager, INT_MAX);
	pager_fill(&pager, &app, 40, 5);
	is_int(pager.top, 27, "the end is the end");
	ok(strstr(row_at(4), "27 up"), "above which there is more");
	pager_scroll(&pager, -INT_MAX);
	is_int(pager.top, 0, "and back");
	pager_scroll(&pager, INT_MAX);
	pager_fill(&pager, &app, 200, 60);
	is_int(pager.top, 0, "where all of it fits, all is seen");
	pager_fill(&pager, &app, 20, 5);
	pager_scroll(&pager, 3);
	open_page(&list_page, "/list more", 30);
	pager_fill(&pager, &app, 20, 5);
	is_int(pager.top, 0, "another page begins at its top");
	pager_scroll(&pager, 3);
	app_select(&app, sessions_at(app.sessions, 0));
	pager_fill(&pager, &app, 20, 5);
	is_int(pager.top, 0, "so does that of another session");
}

static void has_one_row(void)
{
	open_page(&list_page, "/list", 3);
	is_int(pager_fill(&pager, &app, 20, 1), 1, "one row is all there is");
	is_text(row_at(0), "row 1 of a page…", "the first of what it shows, marked");
	pager_scroll(&pager, 1);
	pager_fill(&pager, &app, 10, 1);
	is_text(row_at(0), "row 2 of …", "and cut");
	pager_scroll(&pager, 1);
	pager_fill(&pager, &app, 20, 1);
	is_text(row_at(0), "row 3 of a page", "the last is not marked");
	pager_scroll(&pager, 1);
	is_int(pager.top, 2, "and has nothing below");
	open_page(&list_page, "/list", 0);
	pager_fill(&pager, &app, 20, 1);
	is_text(row_at(0), "", "nothing at all is an empty row");
}

int main(void)
{
	tap_watchdog(30);
	setlocale(LC_ALL, "C.UTF-8");
	app_init(&app);
	app.shows_pages = true;
	pager_init(&pager);
	listen_here("one");
	listen_here("two");
	takes_what_it_needs();
	keeps_its_first_rows();
	grows();
	renders_when_it_has_to();
	scrolls();
	has_one_row();
	pager_free(&pager);
	app_free(&app);
	buf_free(&text);
	return tap_done();
}
