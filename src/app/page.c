// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/page.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"

/* For a page that is printed: what the gutter of a note leaves of 80 columns, of which the last one
 * is the cursor's. */
enum { PRINTED_COLUMNS = 63 };

bool page_is_open(const struct app *app)
{
	return app->open_page.page;
}

void page_close(struct app *app)
{
	free(app->open_page.line);
	free(app->open_page.text);
	free(app->open_page.state);
	app->open_page = (struct open_page){ .serial = app->open_page.serial };
}

/* ---- rendering ---- */

static struct session *session_of(const struct app *app)
{
	uint32_t number = app->open_page.session;
	return number ? sessions_numbered(app->sessions, number) : app->current;
}

static void render(struct app *app, int columns, int height, struct rows *rows)
{
	const struct open_page *open = &app->open_page;
	struct session *session = open->page->of_session ? session_of(app) : NULL;
	if (open->page->of_session && !session) {
		page_add_text(rows,
		              open->session ? "the session has gone"
		                            : "no session: /open HOST PORT makes one",
		              columns, STYLE_NOTE);
	} else if (open->page->render) {
		open->page->render(app, session, columns, height, rows);
	} else if (open->page->print) {
		struct buf text = { .max = SIZE_MAX };
		open->page->print(app, session, &text);
		page_add_text(rows, buf_text(&text), columns, STYLE_TEXT);
		buf_free(&text);
	}
}

/* The line that opened the page, and its subject if all of that fits. */
static void add_heading(const struct open_page *open, int columns, struct rows *rows)
{
	struct row *row = rows_add(rows);
	const char *help = open->page->help;
	row_put(row, open->line, columns, STYLE_STATE);
	if (row->columns + 2 + text_columns(help, strlen(help)) > columns)
		return;
	row_put(row, "  ", columns, STYLE_FAINT);
	row_put(row, help, columns, STYLE_FAINT);
}

void page_render(struct app *app, int columns, int height, struct rows *rows)
{
	rows_clear(rows);
	app->open_page.fixed = 0;
	if (app->open_page.page->help && height > 1)
		add_heading(&app->open_page, columns, rows);
	render(app, columns, height, rows);
	if (!rows->count)
		rows_add(rows);
}

/* ---- opening and closing ---- */

static void note(struct app *app)
{
	const struct open_page *open = &app->open_page;
	struct session *session = open->page->of_session ? session_of(app) : NULL;
	struct buf text = { .max = SIZE_MAX };
	if (open->page->print) {
		open->page->print(app, session, &text);
	} else {
		struct rows rows = { 0 };
		render(app, PRINTED_COLUMNS, INT_MAX, &rows);
		rows_print(&rows, &text);
		rows_free(&rows);
	}
	app_note(app, "%s", buf_text(&text));
	buf_free(&text);
}

void page_toggle(struct app *app, const struct page *page, const char *line, uint32_t session,
                 const char *text)
{
	struct open_page *open = &app->open_page;
	bool same = open->page == page && open->session == session &&
	            strcmp(open->line, line) == 0;
	page_close(app);
	if (same)
		return;
	*open = (struct open_page){
		.page = page,
		.session = session,
		.line = xstrdup(line),
		.text = text ? xstrdup(text) : NULL,
		.serial = open->serial + 1,
	};
	if (app->shows_pages)
		return;
	note(app);
	page_close(app);
}

static void print_answer(struct app *app, struct session *session, struct buf *out)
{
	(void)session;
	buf_append_text(out, app->open_page.text);
}

const struct page answer_page = { .help = "", .print = print_answer };

void page_answer(struct app *app, const char *line, const char *text)
{
	page_answer_of(app, line, 0, text);
}

void page_answer_of(struct app *app, const char *line, uint32_t session, const char *text)
{
	const char *feed = strchr(text, '\n');
	if (feed && strchr(feed + 1, '\n'))
		page_toggle(app, &answer_page, line, session, text);
	else
		app_note(app, "%s", text);
}

int64_t page_pulse(const struct app *app)
{
	const struct page *page = app->open_page.page;
	const struct session *session = page && page->of_session ? session_of(app) : NULL;
	bool shows = page && page->pulse && (session || !page->of_session);
	return shows ? page->pulse(app, session) : 0;
}

/* ---- text ---- */

/* In a line of two columns, where the second one begins; else two more than the line's own
 * indentation. */
static int find_indent(const char *line, size_t len, int columns)
{
	size_t first = 0, gap;
	while (first < len && line[first] == ' ')
		first++;
	for (gap = first; gap + 2 < len; gap++)
		if (line[gap] == ' ' && line[gap + 1] == ' ')
			break;
	size_t second = gap;
	while (second < len && line[second] == ' ')
		second++;
	int indent = text_columns(line, second);
	return gap + 2 < len && indent <= columns / 2 ? indent : (int)first + 2;
}

void page_add_text(struct rows *rows, const char *text, int columns, enum style style)
{
	while (true) {
		size_t len = strcspn(text, "\n");
		rows_add_wrapped(rows, text, len, 0, find_indent(text, len, columns), columns,
		                 style);
		if (!text[len])
			return;
		text += len + 1;
	}
}
