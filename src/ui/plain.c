// SPDX-License-Identifier: GPL-3.0-or-later
/* Entries are printed line after line, above the line being typed, which has one row. The terminal
 * gets only text, CR, LF, BS and BEL, and, unless it is called dumb, the modes for its keys once: a
 * pasted line must not run here either. */
#include "ui/plain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/lesson_face.h"
#include "app/page.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "ui/controller.h"
#include "view/filter.h"
#include "view/tail.h"

enum {
	PIECE = 4096, /* bytes, about, that are printed before the keyboard is read again */
	LAST_PIECE = 1 << 16,
};

struct plain {
	struct ui ui;
	struct app *app;
	struct terminal *terminal;
	struct controller controller;
	struct tail tail;
	struct line_layout layout;
	int rows, columns;
	struct buf words; /* to be printed before the new entries, */
	struct buf hints; /* and after them */
	struct buf shown; /* the row being typed, as the terminal shows it */
	int shown_columns, shown_cursor;
	struct buf wanted; /* and as it should be */
	struct buf out;    /* for the terminal, of this turn */
	bool started;      /* a session has been announced */
	bool dirty;        /* the row may look different */
	bool unfinished;   /* there is more to print */
	uint64_t entries;  /* number of entries at the last piece, */
	uint64_t hits;     /* and search.serial */
	int64_t waiting;   /* since when the reported call has waited, 0 = none */
};

static struct plain *plain_of(struct ui *ui)
{
	return (struct plain *)ui;
}

/* Not into the last column: terminals differ in what happens then. */
static int width_of(const struct plain *plain)
{
	return plain->columns > 1 ? plain->columns - 1 : 1;
}

static struct view view_of(const struct plain *plain)
{
	struct view view = app_view(plain->app, width_of(plain));
	view.fold = 0; /* what is printed cannot be unfolded */
	return view;
}

/* ---- the row being typed ---- */

static void put(struct plain *plain, const char *text, int times)
{
	while (times-- > 0)
		buf_append_text(&plain->out, text);
}

static void erase_row(struct plain *plain)
{
	if (plain->shown_columns > 0) {
		put(plain, "\r", 1);
		put(plain, " ", plain->shown_columns);
	}
	if (plain->shown_columns > 0 || plain->shown_cursor > 0)
		put(plain, "\r", 1);
	buf_clear(&plain->shown);
	plain->shown_columns = plain->shown_cursor = 0;
}

/* The row's text with the blanks at its end, which row_print() leaves out. */
static void print_whole(const struct row *row, struct buf *out)
{
	size_t count = row->count;
	row_print(row, out);
	while (count > 0 && row->glyphs[count - 1].count == 1 &&
	       row->glyphs[count - 1].chars[0] == L' ') {
		buf_append(out, " ", 1);
		count--;
	}
}

static bool begins_as_shown(const struct plain *plain)
{
	return plain->wanted.len >= plain->shown.len &&
	       memcmp(buf_data(&plain->wanted), buf_data(&plain->shown), plain->shown.len) == 0;
}

/* A row that only grows is not written again: a screen reader would read it out again. */
static void replace_row(struct plain *plain, int columns, int cursor)
{
	bool extends = plain->shown_cursor == plain->shown_columns && begins_as_shown(plain);
	size_t kept = extends ? plain->shown.len : 0;
	int rest = extends || columns >= plain->shown_columns ? 0 : plain->shown_columns - columns;
	put(plain, "\r", !extends);
	buf_append(&plain->out, buf_data(&plain->wanted) + kept, plain->wanted.len - kept);
	put(plain, " ", rest);
	put(plain, "\b", columns + rest - cursor);
	struct buf now = plain->wanted;
	plain->wanted = plain->shown;
	plain->shown = now;
	plain->shown_columns = columns;
	plain->shown_cursor = cursor;
}

static void draw_row(struct plain *plain)
{
	struct line line = controller_line(&plain->controller);
	line_layout(&plain->layout, &line, width_of(plain), 1);
	const struct row *row = &plain->layout.rows.row[0];
	buf_clear(&plain->wanted);
	print_whole(row, &plain->wanted);
	int cursor = plain->layout.cursor_column;
	if (row->columns != plain->shown_columns || cursor != plain->shown_cursor ||
	    plain->wanted.len != plain->shown.len || !begins_as_shown(plain))
		replace_row(plain, row->columns, cursor);
	plain->dirty = false;
}

/* ---- entries ---- */

static void add_row(const struct row *row, struct buf *out)
{
	row_print(row, out);
	buf_append_text(out, "\r\n");
}

/* Text of the program; control characters of names in it are made visible. */
static void add_text(const struct plain *plain, const char *text, struct buf *out)
{
	struct rows rows = { 0 };
	page_add_text(&rows, text, width_of(plain), STYLE_NOTE);
	for (size_t i = 0; i < rows.count; i++)
		add_row(&rows.row[i], out);
	rows_free(&rows);
}

static void announce(struct plain *plain, const struct view *view)
{
	char text[SESSION_NAME + 64];
	bool by_default = view->ops == view_listed(0) && !view->all;
	const struct session *session = plain->app->current;
	const char *dash = text_has_unicode() ? "—" : "--";
	if (session)
		snprintf(text, sizeof text, "%s session %u %s%s%s%s %s", dash,
		         (unsigned)session_number(session), session_name(session),
		         by_default ? "" : ", ", by_default ? "" : view->ops->name,
		         view->all ? " of all" : "", dash);
	else
		snprintf(text, sizeof text, "%s no session %s", dash, dash);
	if (session || plain->started)
		add_text(plain, text, &plain->words);
	plain->started = true;
}

/* A call that waits is reported once. */
static void notice_waiting(struct plain *plain)
{
	char text[128];
	int64_t since = 0;
	const struct session *session = plain->app->current;
	const char *call = session ? session_waiting(session, &since) : NULL;
	if (call && since != plain->waiting) {
		snprintf(text, sizeof text, "%.80s waits: Ctrl-C cancels it", call);
		add_text(plain, text, &plain->hints);
	}
	plain->waiting = call ? since : 0;
}

/* An answer that the view does not show. */
static void notice_answer(struct plain *plain)
{
	struct app_answer answer;
	struct view view = view_of(plain);
	if (!app_take_answer(plain->app, &answer))
		return;
	if (!filter_has(&view, (struct location){ answer.position, 0 }))
		add_text(plain, buf_text(&answer.text), &plain->hints);
	buf_free(&answer.text);
}

/* What is new in the lesson follows what its lines have done. */
static void notice_lesson(struct plain *plain)
{
	struct app *app = plain->app;
	struct rows rows = { 0 };
	if (!app->lesson.face)
		return;
	app->lesson.face->tell(app, width_of(plain), &rows);
	for (size_t i = 0; i < rows.count; i++)
		add_row(&rows.row[i], &plain->hints);
	rows_free(&rows);
}

/* Another view begins with its past. */
static void notice_session(struct plain *plain)
{
	struct view view = view_of(plain);
	if (tail_is_at(&plain->tail, &view))
		return;
	announce(plain, &view);
	if (tail_select(&plain->tail, &view, plain->rows > 2 ? plain->rows - 2 : 1))
		add_text(plain, "... earlier lines are left out", &plain->words);
	plain->dirty = true;
}

/* A hit is further up, so it is printed again; of a long paragraph, its rows with a hit. */
static void print_hit(struct plain *plain, const struct view *view, struct buf *lines)
{
	enum { WHOLE_MOST = 16 };
	struct rows rows = { 0 };
	const struct search *search = &plain->app->search;
	plain->hits = search->serial;
	if (search->session != view->session)
		return;
	view_layout(view, search->location, &rows);
	for (size_t i = 0; i < rows.count; i++) {
		if (rows.count > WHOLE_MOST && !row_has_style(&rows.row[i], STYLE_FOUND))
			continue;
		add_row(&rows.row[i], lines);
	}
	rows_free(&rows);
}

/* Lines replace the row, which then follows below them. */
static void print_lines(struct plain *plain, int64_t now, size_t most)
{
	struct view view = view_of(plain);
	struct buf lines = plain->words;
	buf_init(&plain->words, SIZE_MAX);
	plain->unfinished = tail_print(&plain->tail, &view, now, most, &lines);
	if (!plain->unfinished && plain->hits != plain->app->search.serial)
		print_hit(plain, &view, &lines);
	if (!plain->unfinished) {
		buf_append(&lines, buf_data(&plain->hints), plain->hints.len);
		buf_clear(&plain->hints);
	}
	if (lines.len) {
		erase_row(plain);
		buf_append(&plain->out, buf_data(&lines), lines.len);
		plain->dirty = true;
	}
	buf_free(&lines);
}

static void pass_on(struct plain *plain)
{
	FILE *stream = terminal_stream(plain->terminal);
	fwrite(buf_data(&plain->out), 1, plain->out.len, stream);
	fflush(stream);
	buf_clear(&plain->out);
	terminal_flush(plain->terminal);
}

/* ---- for the controller ---- */

static void on_say(void *context, const char *text)
{
	struct plain *plain = context;
	if (*text)
		add_text(plain, text, &plain->hints);
	plain->dirty = true;
}

static void on_bell(void *context)
{
	struct plain *plain = context;
	if (!terminal_is_busy(plain->terminal))
		put(plain, "\a", 1);
}

/* The terminal itself scrolls. */
static bool is_scrolling(enum binding_action action)
{
	return action >= BINDING_PAGE_UP && action <= BINDING_BOTTOM;
}

static void on_act(void *context, enum binding_action action)
{
	struct plain *plain = context;
	plain->dirty = true;
	if (action == BINDING_REDRAW)
		erase_row(plain);
	else if (is_scrolling(action))
		on_bell(plain);
}

/* /help does not name keys that do nothing here. */
static void print_keys(const struct binding *row, struct buf *out)
{
	if (!is_scrolling(row->action))
		input_print_keys(row, out);
}

static void on_changed(void *context)
{
	struct plain *plain = context;
	plain->dirty = true;
}

static void on_resize(void *context, bool resumed)
{
	struct plain *plain = context;
	terminal_size(plain->terminal, &plain->rows, &plain->columns);
	input_set_size(plain->rows, plain->columns);
	plain->app->note_columns = plain->columns > NOTE_BEGINS ? plain->columns - NOTE_BEGINS : 1;
	if (resumed) {
		buf_clear(&plain->shown);
		plain->shown_columns = plain->shown_cursor = 0;
	}
	plain->dirty = true;
}

static void on_suspend(void *context)
{
	struct plain *plain = context;
	erase_row(plain);
	pass_on(plain);
	terminal_suspend(plain->terminal, NULL, NULL);
	on_resize(plain, true);
}

static int on_columns(void *context)
{
	const struct plain *plain = context;
	return width_of(plain);
}

/* ---- the frontend ---- */

/* Also entries after the last piece: at the start, of a command, of closed descriptors. */
static bool is_owed(const struct plain *plain)
{
	struct view view = view_of(plain);
	return plain->unfinished || plain->dirty || !tail_is_at(&plain->tail, &view) ||
	       plain->entries != transcript_count(plain->app->transcript);
}

static void plain_prepare(struct ui *ui, struct poller *poller)
{
	struct plain *plain = plain_of(ui);
	controller_prepare(&plain->controller, poller);
	if (terminal_is_busy(plain->terminal))
		return;
	poller_wake_at(poller, is_owed(plain) ? 0 : tail_deadline(&plain->tail));
}

static void plain_serve(struct ui *ui, struct poller *poller)
{
	struct plain *plain = plain_of(ui);
	controller_serve(&plain->controller, poller);
}

/* Not before the last piece is out: a flood waits in the transcript, not here. */
static void plain_draw(struct ui *ui, struct app *app)
{
	struct plain *plain = plain_of(ui);
	(void)app;
	if (terminal_is_busy(plain->terminal))
		return;
	notice_session(plain);
	notice_waiting(plain);
	notice_answer(plain);
	notice_lesson(plain);
	if (app_take_bell(plain->app))
		on_bell(plain);
	plain->entries = transcript_count(plain->app->transcript);
	print_lines(plain, clock_now(), PIECE);
	if (input_take_dirty() || plain->dirty)
		draw_row(plain);
	if (plain->out.len)
		pass_on(plain);
}

/* Of a flood the last lines matter most. */
static void print_the_last(struct plain *plain)
{
	int64_t now = clock_now();
	notice_session(plain);
	print_lines(plain, now, LAST_PIECE);
	print_lines(plain, now + CLOCK_S, LAST_PIECE); /* also a line without its end */
	erase_row(plain);
	pass_on(plain);
}

static void plain_free(struct ui *ui)
{
	struct plain *plain = plain_of(ui);
	if (!terminal_is_busy(plain->terminal))
		print_the_last(plain);
	controller_done(&plain->controller);
	terminal_close(plain->terminal, "");
	tail_free(&plain->tail);
	line_layout_free(&plain->layout);
	buf_free(&plain->words);
	buf_free(&plain->hints);
	buf_free(&plain->shown);
	buf_free(&plain->wanted);
	buf_free(&plain->out);
	free(plain);
}

static void init(struct plain *plain, const struct ui_hooks *hooks)
{
	plain->ui = (struct ui){ .prepare = plain_prepare,
		                 .serve = plain_serve,
		                 .draw = plain_draw,
		                 .free = plain_free };
	plain->app = hooks->app;
	buf_init(&plain->words, SIZE_MAX);
	buf_init(&plain->hints, SIZE_MAX);
	buf_init(&plain->shown, SIZE_MAX);
	buf_init(&plain->wanted, SIZE_MAX);
	buf_init(&plain->out, SIZE_MAX);
	tail_init(&plain->tail);
	terminal_set_reset(plain->terminal, "\r\n", 2);
}

struct ui *plain_new(const struct ui_hooks *hooks, struct error *error)
{
	struct terminal *terminal = terminal_open(error);
	if (!terminal)
		return NULL;
	setenv("TERM", "dumb", 1); /* so that no library sends anything for a better one */
	struct plain *plain = xcalloc(1, sizeof *plain);
	plain->terminal = terminal;
	init(plain, hooks);
	struct frontend_ops frontend = {
		.context = plain,
		.say = on_say,
		.act = on_act,
		.changed = on_changed,
		.bell = on_bell,
		.suspend = on_suspend,
		.resize = on_resize,
		.columns = on_columns,
	};
	controller_init(&plain->controller, &plain->ui, hooks, &frontend, terminal);
	plain->app->print_keys = print_keys;
	plain->app->prints_lesson = true;
	on_resize(plain, true);
	return &plain->ui;
}
