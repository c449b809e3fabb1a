// SPDX-License-Identifier: GPL-3.0-or-later
/* A frame is drawn when something has changed, the last one is out, and its time has come: at once
 * on an idle screen, at most 60 times in any second. */
#include "ui/window.h"

#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/page.h"
#include "app/replay.h"
#include "app/session_snapshot.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/rate_limit.h"
#include "ui/clipboard.h"
#include "ui/controller.h"
#include "ui/lesson_pane.h"
#include "ui/line.h"
#include "ui/pager.h"
#include "ui/pane.h"
#include "ui/screen.h"
#include "ui/status_line.h"
#include "ui/tab_line.h"
#include "ui/terminal.h"
#include "view/page/snapshot.h"

/* 55 a second, and four at once after a rest, are fewer than 60 in any second. The last of the four
 * is kept for a person's keys, so that they do not wait for data of a peer. */
#define FRAME        (18 * CLOCK_MS)
#define FRAME_CREDIT (3 * FRAME)
#define PANE_CREDIT  (60 * CLOCK_MS)

enum {
	PANE_RATE = 100000, /* bytes a second that panes may cost while nobody presses a key, */
	PANE_SHARE = 4,     /* and the part of the time that drawing them may take: a quarter */
	WHEEL_ROWS = 3,
	WHEEL_UP = 64, /* mouse buttons */
	WHEEL_DOWN = 65,
	LEAST_ROWS = 4,
	LEAST_COLUMNS = 20,
	LINES = 2,         /* the tab line and the status line */
	ONE_INPUT_ROW = 6, /* in a window with fewer rows, the input has one */
	HEADING_SHARE = 3, /* a heading larger than this part of the pane is left out */
	WAITING = 128,
	HINT = 1024,
};

/* That a filter may search for a frame, and for a key. */
#define FILTER_FRAME (2 * CLOCK_MS)
#define FILTER_KEY   (250 * CLOCK_MS)

#define ANSWER_SEEN CLOCK_S /* an answer stays on the screen at least this long */

/* The screen changes only if one of these does, or the line being typed, or the session shown. */
struct stamp {
	uint64_t entries;
	uint64_t hits;
	uint64_t acted;
	size_t sessions, unsent;
	enum session_state state;
	bool literal;
	int fold;
	uint64_t filter;
	bool waiting;  /* a call does */
	bool replays;  /* and is not paused */
	uint64_t page; /* open_page.serial, 0 = none */
	uint64_t lesson;
	struct view_mode mode;
};

struct window {
	struct ui ui;
	struct app *app;
	struct terminal *terminal;
	struct screen *screen;
	struct controller controller;
	struct panes panes;
	struct rows rows; /* of the pane */
	struct pager pager;
	struct lesson_pane lesson;
	struct rows heading; /* above the pane */
	struct row row;      /* scratch */
	struct line_layout layout;
	char hint[HINT];        /* on the status line until the next key */
	struct rows hint_rows;  /* the same above the tab line, if it is too long for that */
	char answer_text[HINT]; /* an answer in the pane that entries may still push out, */
	uint64_t answer;        /* its position; TRANSCRIPT_NONE = none */
	int64_t answer_until;   /* when it has been there for long enough */
	uint64_t answer_page;   /* open_page.serial of the page that an answer became */
	bool dirty;             /* the next frame differs from the last, */
	bool stale;             /* or only its pane, which is less urgent */
	bool searching;         /* the filter has not looked through all that the pane needs */
	struct rate_limit frames, panes_shown;
	int64_t next_tick; /* when something changes by itself; INT64_MAX = never */
	uint64_t page;     /* open_page.serial in the last frame, 0 = none */
	int upper_height;  /* rows above the tab line, less those of hints; */
	int page_height;   /* those of them for the page, */
	int lesson_height; /* or for the lesson */
	int tabs_row;
	struct stamp stamp;
};

static struct window *window_of(struct ui *ui)
{
	return (struct window *)ui;
}

/* The view of the pane. */
static struct view shown_view(const struct window *window)
{
	int rows, columns;
	screen_size(window->screen, &rows, &columns);
	return app_view(window->app, columns);
}

/* A person changes the pane. */
static void refresh(struct window *window)
{
	window->dirty = window->stale = true;
	rate_limit_refill(&window->panes_shown);
}

static struct pane *shown_pane(struct window *window)
{
	if (panes_turn(&window->panes, app_shown(window->app)))
		refresh(window);
	return &window->panes.shown;
}

/* ---- hints and answers ---- */

static int wrap_hint(struct window *window, const char *text, int columns)
{
	rows_clear(&window->hint_rows);
	while (*text) {
		size_t len = strcspn(text, "\n");
		rows_add_wrapped(&window->hint_rows, text, len, 1, 1, columns, STYLE_NOTE);
		text += len + (text[len] == '\n');
	}
	return (int)window->hint_rows.count;
}

/* Rows of the pane, where no page is open. */
static int pane_height(const struct window *window)
{
	return window->upper_height - window->lesson_height;
}

static bool is_pushed_out(struct window *window, uint64_t position, int height)
{
	struct view view = shown_view(window);
	struct location at = { 0 };
	int room = pane_newest_rows(shown_pane(window), height), rows = 0;
	for (bool more = view_last(&view, &at); more && at.entry >= position && rows <= room;
	     more = view_before(&view, &at)) {
		view_layout(&view, at, &window->hint_rows);
		rows += (int)window->hint_rows.count;
	}
	return rows > room;
}

/* An answer becomes a hint if the pane does not show all of it, or a page is open; of several that
 * are in the pane or take too many rows, the newest. If that takes too many rows it becomes a page,
 * unless it would replace another page: then the status line shows its beginning. */
static void show_answer(struct window *window, struct app_answer *answer)
{
	struct app *app = window->app;
	struct view view = shown_view(window);
	const char *text = buf_text(&answer->text);
	int height = pane_height(window);
	bool covered = page_is_open(app),
	     listed = !covered && !app->filter &&
	              view_has(&view, (struct location){ answer->position, 0 });
	if (listed && !is_pushed_out(window, answer->position, height)) {
		snprintf(window->answer_text, sizeof window->answer_text, "%s", text);
		window->answer = answer->position;
		window->answer_until = clock_now() + ANSWER_SEEN;
		return;
	}
	int room = height > 2 ? height : 2;
	if (listed || wrap_hint(window, text, view.columns) >= room)
		text += answer->newest;
	snprintf(window->hint, sizeof window->hint, "%s", text);
	if (wrap_hint(window, text, view.columns) < room ||
	    (covered && app->open_page.serial != window->answer_page))
		return;
	window->hint[0] = '\0';
	page_close(app);
	page_toggle(app, &answer_page, "answer", 0, text);
	window->answer_page = app->open_page.serial;
}

/* ---- changes ---- */

static struct stamp take_stamp(const struct app *app)
{
	const struct session *current = app->current;
	int64_t since;
	return (struct stamp){
		.entries = transcript_count(app->transcript),
		.hits = app->search.serial,
		.acted = app->acted,
		.sessions = sessions_count(app->sessions),
		.unsent = current ? session_unsent(current) : 0,
		.state = current ? session_state(current) : SESSION_CLOSED,
		.literal = app->literal,
		.fold = app->unfolded ? 0 : app->settings.fold,
		.filter = app->changed_filter,
		.waiting = current &&
		           (session_waiting(current, &since) || session_opens_again(current, NULL)),
		.replays = replay_is_running(app),
		.page = page_is_open(app) ? app->open_page.serial : 0,
		.lesson = app->lesson.serial,
		.mode = app_view_mode(app, app_shown(app)),
	};
}

static bool stamps_differ(const struct stamp *a, const struct stamp *b)
{
	return a->entries != b->entries || a->sessions != b->sessions || a->unsent != b->unsent ||
	       a->state != b->state || a->literal != b->literal || a->fold != b->fold ||
	       a->filter != b->filter || a->waiting != b->waiting || a->replays != b->replays ||
	       a->page != b->page || a->mode.ops != b->mode.ops || a->mode.all != b->mode.all ||
	       a->mode.numbers != b->mode.numbers;
}

static void go_to_hit(struct window *window)
{
	const struct search *search = &window->app->search;
	if (search->session != app_shown(window->app))
		return;
	struct view view = shown_view(window);
	filter_allow(view.filter, FILTER_KEY);
	pane_go(shown_pane(window), &view, search->location);
	refresh(window);
}

/* Sets `dirty` and `stale`. Where an answer is seen is known once there is a frame. */
static void notice(struct window *window)
{
	struct app_answer answer;
	struct stamp now = take_stamp(window->app);
	struct pane *pane = shown_pane(window); /* another session's, perhaps */
	if (now.acted != window->stamp.acted) {
		pane_to_end(pane);
		refresh(window);
	}
	if (now.lesson != window->stamp.lesson)
		refresh(window);
	if (now.hits != window->stamp.hits)
		go_to_hit(window);
	if (window->upper_height > 0 && app_take_answer(window->app, &answer)) {
		show_answer(window, &answer);
		buf_free(&answer.text);
		refresh(window);
	}
	if (input_take_dirty())
		window->dirty = true;
	if (app_take_bell(window->app))
		screen_bell(window->screen);
	const struct buf *copied;
	if (app_take_copied(window->app, &copied)) {
		struct buf sequence = { .max = SIZE_MAX };
		clipboard_sequence(copied, &sequence);
		terminal_put(window->terminal, buf_data(&sequence), sequence.len);
		buf_free(&sequence);
	}
	if (stamps_differ(&now, &window->stamp) || clock_now() >= window->next_tick)
		window->stale = true;
	window->stamp = now;
}

/* ---- drawing ---- */

static bool wants_color(const struct settings *settings)
{
	const char *no_color = getenv("NO_COLOR");
	return settings->color == COLOR_ALWAYS ||
	       (settings->color == COLOR_AUTO && !(no_color && *no_color));
}

static void obey_settings(struct window *window)
{
	screen_set_color(window->screen, wants_color(&window->app->settings));
	terminal_set_mouse(window->terminal, window->app->settings.mouse);
}

static void draw_too_small(struct window *window, int rows, int columns)
{
	char text[64];
	snprintf(text, sizeof text, "too small: %dx%d", columns, rows);
	row_clear(&window->row);
	row_put(&window->row, text, columns, STYLE_ERROR);
	screen_row(window->screen, 0, &window->row);
	screen_end(window->screen, 0, 0);
}

static void add_word(char *words, size_t size, const char *word)
{
	size_t len = strlen(words);
	snprintf(words + len, size - len, "%s%s", len && *word ? " " : "", word);
}

/* Its first line; marked if there is more. */
static void fill_hint(struct window *window, int columns)
{
	const char *hint = window->hint, *more = text_has_unicode() ? "…" : "...";
	size_t len = strcspn(hint, "\n");
	int room = columns - 2;
	bool cut = hint[len] || text_columns(hint, len) > room;
	row_clear(&window->row);
	row_put(&window->row, " ", columns, STYLE_NOTE);
	if (cut)
		room -= text_columns(more, strlen(more));
	row_add_text(&window->row, hint, len, 1 + room, STYLE_NOTE);
	if (cut)
		row_put(&window->row, more, columns - 1, STYLE_NOTE);
}

static void fill_status(struct window *window, int columns)
{
	char mode[64] = "";
	if (window->hint[0] && window->hint_rows.count < 2) {
		fill_hint(window, columns);
		return;
	}
	add_word(mode, sizeof mode, shown_pane(window)->position.at_end ? "" : "SCROLLED");
	add_word(mode, sizeof mode, window->app->literal ? "LITERAL" : "");
	add_word(mode, sizeof mode, input_mode());
	status_line_draw(window->app, mode, columns, &window->row);
}

static void draw_tab_and_status(struct window *window, int columns)
{
	tab_line_draw(window->app, columns, &window->row);
	screen_row(window->screen, window->tabs_row, &window->row);
	fill_status(window, columns);
	screen_row(window->screen, window->tabs_row + 1, &window->row);
}

static void draw_rows(struct window *window, int y, const struct rows *rows)
{
	for (size_t i = 0; i < rows->count; i++)
		screen_row(window->screen, y + (int)i, &rows->row[i]);
}

/* Unless it would take too much of the height. */
static void fill_heading(struct window *window, const struct view *view, int height)
{
	view_heading(view, &window->heading);
	if ((int)window->heading.count > height / HEADING_SHARE)
		rows_clear(&window->heading);
}

static void draw_pane(struct window *window, int y, int height, bool refill)
{
	struct view view = shown_view(window);
	if (refill) {
		fill_heading(window, &view, height);
		filter_allow(view.filter, FILTER_FRAME);
		pane_fill(shown_pane(window), &view, height - (int)window->heading.count,
		          &window->rows);
		window->searching = filter_is_searching(view.filter);
	}
	draw_rows(window, y, &window->heading);
	draw_rows(window, y + (int)window->heading.count, &window->rows);
}

static void draw_lesson(struct window *window)
{
	for (int y = 0; y < window->lesson_height; y++) {
		const struct row *row = lesson_pane_row(&window->lesson, y);
		if (row)
			screen_row(window->screen, y, row);
	}
}

static void draw_page(struct window *window)
{
	for (int y = 0; y < window->page_height; y++) {
		const struct row *row = pager_row(&window->pager, y);
		if (row)
			screen_row(window->screen, y, row);
	}
}

/* A row for the call that waits, or for the pause before the session is opened again. */
static bool draw_waiting(struct window *window, int y, int columns)
{
	int64_t since, left;
	char text[WAITING], time[CLOCK_TEXT], rest[SNAPSHOT_LEFT];
	const struct session *current = window->app->current;
	const char *call = current ? session_waiting(current, &since) : NULL;
	if (!current || y < 1)
		return false;
	if (call)
		snprintf(text, sizeof text, " %s %s %s  (Ctrl-C cancels)", call,
		         text_has_unicode() ? "…" : "...",
		         clock_format_duration(clock_now() - since, time));
	else if (session_opens_again(current, &left))
		snprintf(text, sizeof text,
		         " opens again in %s  (Ctrl-C cancels, /reconnect does it now)",
		         snapshot_format_left(left, rest));
	else
		return false;
	row_clear(&window->row);
	row_put(&window->row, text, columns, STYLE_NOTE);
	screen_row(window->screen, y, &window->row);
	return true;
}

/* A hint that is too long for the status line gets rows of its own if the window is high enough.
 * Returns their number. */
static int draw_hint(struct window *window, int height, int columns)
{
	if (wrap_hint(window, window->hint, columns) >= height)
		rows_clear(&window->hint_rows);
	int count = (int)window->hint_rows.count;
	if (count < 2)
		return 0;
	draw_rows(window, height - count, &window->hint_rows);
	return count;
}

/* An answer that a flood pushes out of the pane before anybody has seen it becomes a hint. */
static void keep_answer(struct window *window, int height)
{
	if (window->hint[0] || page_is_open(window->app) || clock_now() >= window->answer_until)
		window->answer = TRANSCRIPT_NONE;
	if (window->answer == TRANSCRIPT_NONE || !is_pushed_out(window, window->answer, height))
		return;
	memcpy(window->hint, window->answer_text, sizeof window->hint);
	window->answer = TRANSCRIPT_NONE;
}

/* From the top the open page, or else the lesson; the transcript, a waiting call, a hint. A page opens and closes at
 * once, whatever the pane has time for. */
static void draw_upper(struct window *window, int height, int columns, bool refill)
{
	struct app *app = window->app;
	uint64_t page = page_is_open(app) ? app->open_page.serial : 0;
	keep_answer(window, height - window->lesson_height);
	height -= draw_hint(window, height, columns);
	height -= draw_waiting(window, height - 1, columns);
	int lesson = app->lesson.face && !page
	                     ? lesson_pane_fill(&window->lesson, app, columns, height)
	                     : 0;
	refill = refill || height != window->upper_height || page != window->page ||
	         lesson != window->lesson_height;
	window->lesson_height = lesson;
	window->upper_height = height;
	window->page = page;
	if (refill)
		window->searching = false;
	if (refill)
		window->page_height =
		        page ? pager_fill(&window->pager, window->app, columns, height) : 0;
	draw_page(window);
	draw_lesson(window);
	int above = window->page_height + lesson;
	if (above < height)
		draw_pane(window, above, height - above, refill);
}

/* The most rows for the line being typed. */
static int input_rows(int rows)
{
	return rows < ONE_INPUT_ROW || input_is_sideways() ? 1 : rows / 3;
}

static void draw_parts(struct window *window, int rows, int columns, bool pane)
{
	struct line line = controller_line(&window->controller);
	line.spare_corner = screen_tears_corner(window->screen);
	line_layout(&window->layout, &line, columns, input_rows(rows));
	int input_row = rows - (int)window->layout.rows.count;
	window->tabs_row = input_row - LINES;
	draw_upper(window, window->tabs_row, columns, pane);
	draw_tab_and_status(window, columns);
	draw_rows(window, input_row, &window->layout.rows);
	screen_end(window->screen, input_row + window->layout.cursor_row,
	           window->layout.cursor_column);
}

/* `pane`: with new rows of the pane; else it keeps those of the last frame. */
static void draw(struct window *window, bool pane)
{
	int rows, columns;
	screen_size(window->screen, &rows, &columns);
	obey_settings(window);
	screen_begin(window->screen);
	if (rows < LEAST_ROWS || columns < LEAST_COLUMNS)
		draw_too_small(window, rows, columns);
	else
		draw_parts(window, rows, columns, pane);
}

/* ---- for the controller ---- */

static void on_say(void *context, const char *text)
{
	struct window *window = context;
	snprintf(window->hint, sizeof window->hint, "%s", text);
	window->dirty = true;
}

/* INT_MAX: to the end, -INT_MAX: to the top. */
static void scroll(struct window *window, int rows)
{
	struct view view = shown_view(window);
	struct pane *pane = shown_pane(window);
	filter_allow(view.filter, FILTER_KEY);
	if (page_is_open(window->app))
		pager_scroll(&window->pager, rows);
	else if (rows == INT_MAX)
		pane_to_end(pane);
	else if (rows == -INT_MAX)
		pane_to_top(pane, &view);
	else
		pane_scroll(pane, &view, rows);
	refresh(window);
}

/* PageUp and PageDown: about a quarter of a scrolled pane is live; they scroll by the rest, less a
 * row. */
static int page_rows(const struct window *window)
{
	int rows = page_is_open(window->app) ? window->page_height - 2
	                                     : pane_height(window) * 3 / 4 - 2;
	return rows > 1 ? rows : 1;
}

/* A page of the lesson where that has more, and the pane shows its newest rows; else of the pane. */
static void scroll_page(struct window *window, int direction)
{
	bool lesson = window->lesson_height > 0 && shown_pane(window)->position.at_end;
	int rows = lesson_pane_room(&window->lesson) - 1;
	if (lesson && lesson_pane_scroll(&window->lesson, direction * (rows > 1 ? rows : 1)))
		refresh(window);
	else
		scroll(window, direction * page_rows(window));
}

static void on_act(void *context, enum binding_action action)
{
	struct window *window = context;
	switch (action) {
	case BINDING_PAGE_UP:
		scroll_page(window, -1);
		break;
	case BINDING_PAGE_DOWN:
		scroll_page(window, 1);
		break;
	case BINDING_LINE_UP:
		scroll(window, -1);
		break;
	case BINDING_LINE_DOWN:
		scroll(window, 1);
		break;
	case BINDING_TOP:
		scroll(window, -INT_MAX);
		break;
	case BINDING_BOTTOM:
		scroll(window, INT_MAX);
		break;
	case BINDING_REDRAW:
		screen_redraw(window->screen);
		refresh(window);
		break;
	default:
		break;
	}
}

static bool on_to_newest(void *context)
{
	struct window *window = context;
	struct pane *pane = shown_pane(window);
	bool scrolled = !pane->position.at_end;
	pane_to_end(pane);
	return scrolled;
}

static void on_mouse(void *context, const struct key *key)
{
	struct window *window = context;
	if (key->button == WHEEL_UP || key->button == WHEEL_DOWN) {
		int rows = key->button == WHEEL_UP ? -WHEEL_ROWS : WHEEL_ROWS;
		if (key->row < window->lesson_height)
			lesson_pane_scroll(&window->lesson, rows);
		else
			scroll(window, rows);
		refresh(window);
		return;
	}
	if (key->button != 0 || !key->pressed || key->row != window->tabs_row)
		return;
	struct view view = shown_view(window);
	uint32_t number = tab_line_session_at(window->app, view.columns, key->column);
	if (number)
		controller_select(&window->controller, number);
}

/* A page that covers the lesson goes first. */
static bool on_more(void *context)
{
	struct window *window = context;
	if (!page_is_open(window->app))
		return lesson_pane_show_more(&window->lesson, window->app);
	page_close(window->app);
	return true;
}

static void on_changed(void *context)
{
	refresh(context);
}

static void on_bell(void *context)
{
	struct window *window = context;
	screen_bell(window->screen);
}

/* Everything is drawn again, since others may have written there. */
static void on_resize(void *context, bool resumed)
{
	struct window *window = context;
	int rows, columns;
	(void)resumed;
	screen_resize(window->screen);
	screen_size(window->screen, &rows, &columns);
	input_set_size(rows, columns);
	window->app->note_columns = columns > NOTE_BEGINS ? columns - NOTE_BEGINS : 1;
	refresh(window);
}

static void on_suspend(void *context)
{
	struct window *window = context;
	terminal_suspend(window->terminal, screen_leave, screen_enter);
	on_resize(window, true);
	rate_limit_refill(&window->frames);
}

static int on_columns(void *context)
{
	const struct window *window = context;
	return shown_view(window).columns;
}

/* ---- the frontend ---- */

static int64_t later_of(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static int64_t earlier_of(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* When the next frame may be drawn; INT64_MAX if nothing has changed. */
static int64_t frame_due(const struct window *window)
{
	if (window->dirty)
		return rate_limit_due(&window->frames, 0);
	return window->stale ? later_of(rate_limit_due(&window->frames, FRAME),
	                                rate_limit_due(&window->panes_shown, 0))
	                     : INT64_MAX;
}

/* Descriptors are closed after drawing, and the entries about that need a frame, too. */
static void window_prepare(struct ui *ui, struct poller *poller)
{
	struct window *window = window_of(ui);
	controller_prepare(&window->controller, poller);
	notice(window);
	if (!terminal_is_busy(window->terminal))
		poller_wake_at(poller, earlier_of(frame_due(window), window->next_tick));
}

static void window_serve(struct ui *ui, struct poller *poller)
{
	struct window *window = window_of(ui);
	controller_serve(&window->controller, poller);
}

/* The more a pane costs, the later the next one comes, so that a slow terminal always has room for
 * keys, and drawing never slows down reading. */
static int64_t cost_of(size_t bytes, int64_t making)
{
	return later_of((int64_t)bytes * CLOCK_S / PANE_RATE, making * PANE_SHARE);
}

/* How often something on the screen changes by itself, ns; 0 = not at all. The status line leaves
 * the keepalive timer out. */
static int64_t pulse_of(const struct app *app)
{
	const struct session *current = app->current;
	int64_t page = page_pulse(app), line = 0, left;
	if (current && session_waiting(current, &left))
		line = CLOCK_S / 10;
	else if (current && session_opens_again(current, &left))
		line = snapshot_left_pulse(left);
	else if (current)
		line = session_snapshot_pulse(current, false);
	int64_t replay = replay_pulse(app);
	if (replay && (!line || replay < line))
		line = replay;
	return page && line ? earlier_of(page, line) : page + line;
}

static void window_draw(struct ui *ui, struct app *app)
{
	struct window *window = window_of(ui);
	(void)app;
	notice(window);
	int64_t now = clock_now();
	if (now < frame_due(window) || terminal_is_busy(window->terminal))
		return;
	bool pane = window->stale && now >= rate_limit_due(&window->panes_shown, 0);
	draw(window, pane);
	if (pane)
		rate_limit_spend(&window->panes_shown, now,
		                 cost_of(terminal_waiting(window->terminal), clock_now() - now));
	rate_limit_spend(&window->frames, now, FRAME);
	terminal_flush(window->terminal);
	window->dirty = false;
	window->stale = (window->stale && !pane) || window->searching;
	int64_t pulse = pulse_of(window->app);
	window->next_tick = pulse ? now + pulse : INT64_MAX;
}

/* The newest rows of the session that is shown, for the shell's screen. */
static void print_last_rows(struct window *window, struct buf *out)
{
	int most = window->app->settings.leave_behind;
	if (!app_shown(window->app) || !screen_is_alternate(window->screen) || most == 0)
		return;
	struct view view = shown_view(window);
	struct pane *pane = shown_pane(window);
	pane_to_end(pane);
	pane_fill(pane, &view, most, &window->rows);
	for (size_t i = 0; i < window->rows.count; i++) {
		const struct row *row = &window->rows.row[i];
		if (!row->count && !out->len)
			continue;
		row_print(row, out);
		buf_append_text(out, "\n");
	}
}

static void window_free(struct ui *ui)
{
	struct window *window = window_of(ui);
	struct buf last = { .max = SIZE_MAX };
	controller_done(&window->controller);
	print_last_rows(window, &last);
	screen_close(window->screen);
	terminal_close(window->terminal, buf_text(&last));
	buf_free(&last);
	panes_free(&window->panes);
	pager_free(&window->pager);
	lesson_pane_free(&window->lesson);
	rows_free(&window->heading);
	rows_free(&window->hint_rows);
	rows_free(&window->rows);
	row_free(&window->row);
	line_layout_free(&window->layout);
	free(window);
}

static bool open_terminal(struct window *window, struct error *error)
{
	window->terminal = terminal_open(error);
	if (!window->terminal)
		return false;
	window->screen = screen_open(window->terminal, error);
	if (!window->screen)
		terminal_close(window->terminal, "");
	return window->screen;
}

static void attach_controller(struct window *window, const struct ui_hooks *hooks)
{
	struct frontend_ops frontend = {
		.context = window,
		.say = on_say,
		.act = on_act,
		.to_newest = on_to_newest,
		.mouse = on_mouse,
		.more = on_more,
		.changed = on_changed,
		.bell = on_bell,
		.suspend = on_suspend,
		.resize = on_resize,
		.columns = on_columns,
	};
	controller_init(&window->controller, &window->ui, hooks, &frontend, window->terminal);
}

struct ui *window_new(const struct ui_hooks *hooks, struct error *error)
{
	struct window *window = xcalloc(1, sizeof *window);
	if (!open_terminal(window, error)) {
		free(window);
		return NULL;
	}
	window->ui = (struct ui){
		.prepare = window_prepare,
		.serve = window_serve,
		.draw = window_draw,
		.free = window_free,
	};
	window->app = hooks->app;
	window->app->shows_pages = window->app->has_clipboard = true;
	window->next_tick = INT64_MAX;
	window->answer = TRANSCRIPT_NONE;
	window->frames.credit = FRAME_CREDIT;
	window->panes_shown.credit = PANE_CREDIT;
	panes_init(&window->panes);
	pager_init(&window->pager);
	lesson_pane_init(&window->lesson);
	attach_controller(window, hooks);
	on_resize(window, false);
	return &window->ui;
}
