// SPDX-License-Identifier: GPL-3.0-or-later
/* page: text above the transcript until it is closed: the kernel's view of a session, a list, the
 * answer to a command. One page at a time. A page is a struct page in the file of the command that
 * shows it. Knows no command and no window. */
#pragma once

#include "app/app.h"
#include "view/row.h"

struct page {
	const char *help; /* the subject, for the heading; NULL: the first row says it */
	bool of_session;  /* needs one: the session that it was opened for, or the current one */
	bool live;        /* rendered again when anything has changed, else once for each width */
	/* How often it changes by itself, ns, 0 = not now; NULL for never. */
	int64_t (*pulse)(const struct app *app, const struct session *session);
	/* `session` is NULL unless it needs one. Appends rows, of which `height` are seen at once,
	 * from open_page.top on; or text, whose long lines are wrapped. Of both, the text is for where
	 * no page is shown. A page may leave the rows that are not seen empty, and sets
	 * open_page.fixed if its first rows are to stay. */
	void (*render)(struct app *app, struct session *session, int columns, int height,
	               struct rows *rows);
	void (*print)(struct app *app, struct session *session, struct buf *out);
};

/* Shows open_page.text. */
extern const struct page answer_page;

/* Opens a page, or closes it if the same line has opened it for the same session. `session`: the one it is about, 0 for
 * whichever is current. `text`: for answer_page, copied; else NULL. Where the frontend shows no
 * pages, the page is printed as a note. */
void page_toggle(struct app *app, const struct page *page, const char *line, uint32_t session,
                 const char *text);

/* The answer to a command: up to two lines are a note, more are a page. */
void page_answer(struct app *app, const char *line, const char *text);

/* The same of an answer about this session, so that the line opens another page for another one. */
void page_answer_of(struct app *app, const char *line, uint32_t session, const char *text);
void page_close(struct app *app);
bool page_is_open(const struct app *app);

/* Fills `rows` with the open page, and its heading unless `height` is 1; at least one row. */
void page_render(struct app *app, int columns, int height, struct rows *rows);

/* How often something on the open page changes by itself, ns; 0 = not at all. */
int64_t page_pulse(const struct app *app);

/* Appends text as rows. A long line is wrapped at a blank, and goes on below its second column. */
void page_add_text(struct rows *rows, const char *text, int columns, enum style style);
