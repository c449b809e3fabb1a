// SPDX-License-Identifier: GPL-3.0-or-later
/* page: what is above the transcript until it is closed: the kernel's view of a session, a list,
 * the answer to a command. One at a time. A page is a struct page in the file of the command that
 * shows it. Knows neither that command nor the window. */
#pragma once

#include "app/app.h"
#include "view/row.h"

struct page {
	const char *help; /* what it shows, for its heading; NULL: its first row says it */
	bool of_session;  /* it needs one: the session that it was opened for, or the current one */
	bool live;        /* made again when anything has changed, else once for each width */
	/* How often what it shows changes by itself, ns, 0 = not at all; NULL for never. */
	int64_t (*pulse)(const struct app *app, const struct session *session);
	/* Either of them. `session`: NULL unless it needs one. Appends its rows, of which `height`
	 * are seen at once; or its text, whose long lines are wrapped. */
	void (*render)(struct app *app, struct session *session, int columns, int height,
	               struct rows *rows);
	void (*print)(struct app *app, struct session *session, struct buf *out);
};

/* Shows open_page.text. */
extern const struct page answer_page;

/* Opens a page, or closes it where the same line has opened it. `session`: the number of the one
 * that it is about, 0 for whichever is current. `text`: copied for a page that shows it, or NULL.
 * Where the frontend shows no pages, it is printed as a note. */
void page_toggle(struct app *app, const struct page *page, const char *line, uint32_t session,
                 const char *text);

/* The answer to a command: a line or two are a note, more are a page. */
void page_answer(struct app *app, const char *line, const char *text);
void page_close(struct app *app);
bool page_is_open(const struct app *app);

/* Replaces what was in `rows` by the page that is open; with its heading unless one row is all. At
 * least one row. */
void page_render(struct app *app, int columns, int height, struct rows *rows);

/* How often something on the open page changes by itself, ns; 0 = not at all. */
int64_t page_pulse(const struct app *app);

/* Rows of text. A line that is too long goes on in the next row at a blank, below the second of its
 * columns. */
void page_add_text(struct rows *rows, const char *text, int columns, enum style style);
