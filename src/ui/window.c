// SPDX-License-Identifier: GPL-3.0-or-later
/* The frontend on a whole screen. A frame is drawn when something has changed, the last one is out, and
 * its time has come: at once on a screen that was idle, at most 60 times in any second. */
#include "ui/window.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "app/page.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "ui/tab_line.h"

/* 55 a second, and four at once after a rest, are fewer than 60 in any second. The last of the four
 * is kept for what a person does, so that no key waits for what a peer sends. */
#define FRAME        (18 * CLOCK_MS)
#define FRAME_CREDIT (3 * FRAME)
#define PANE_CREDIT  (60 * CLOCK_MS)

enum {
	PANE_RATE = 100000, /* bytes a second that panes may cost while nobody touches a key */
	PANE_SHARE = 4,     /* and the part of the time that making them may take: a fourth */
	WHEEL_ROWS = 3,
	WHEEL_UP = 64, /* mouse buttons */
	WHEEL_DOWN = 65,
};

static struct window *window_of(struct ui *ui)
{
	return (struct window *)ui;
}

struct view window_view(const struct window *window)
{
	int rows, columns;
	screen_size(window->screen, &rows, &columns);
	return app_view(window->app, columns);
}

struct pane *window_pane(struct window *window)
{
	if (panes_turn(&window->panes, app_shown(window->app)))
		window_refresh(window);
	return &window->panes.shown;
}

void window_refresh(struct window *window)
{
	window->dirty = window->stale = true;
	rate_limit_refill(&window->panes_shown);
}

/* ---- what the controller asks for ---- */

static void on_say(void *context, const char *text)
{
	struct window *window = context;
	snprintf(window->hint, sizeof window->hint, "%s", text);
	window->dirty = true;
}

static void on_answer(void *context, uint64_t position)
{
	frame_show_answer(context, position);
	window_refresh(context);
}

static void scroll(struct window *window, int rows)
{
	if (page_is_open(window->app)) {
		pager_scroll(&window->pager, rows);
		return;
	}
	struct view view = window_view(window);
	pane_scroll(window_pane(window), &view, rows);
}

static void scroll_to_top(struct window *window)
{
	if (page_is_open(window->app)) {
		pager_scroll(&window->pager, -INT_MAX);
		return;
	}
	struct view view = window_view(window);
	pane_to_top(window_pane(window), &view);
}

static void scroll_to_end(struct window *window)
{
	if (page_is_open(window->app))
		pager_scroll(&window->pager, INT_MAX);
	else
		pane_to_end(window_pane(window));
}

/* A scrolled pane gives about a quarter of its rows to what is new: a page is what the rest shows,
 * less a row. */
static int page_rows(const struct window *window)
{
	int rows = page_is_open(window->app) ? window->page_height - 2
	                                     : window->upper_height * 3 / 4 - 2;
	return rows > 1 ? rows : 1;
}

static void on_act(void *context, enum binding_action action)
{
	struct window *window = context;
	int page = page_rows(window);
	switch (action) {
	case BINDING_PAGE_UP:
		scroll(window, -page);
		break;
	case BINDING_PAGE_DOWN:
		scroll(window, page);
		break;
	case BINDING_LINE_UP:
		scroll(window, -1);
		break;
	case BINDING_LINE_DOWN:
		scroll(window, 1);
		break;
	case BINDING_TOP:
		scroll_to_top(window);
		break;
	case BINDING_BOTTOM:
		scroll_to_end(window);
		break;
	case BINDING_REDRAW:
		screen_redraw(window->screen);
		break;
	default:
		break;
	}
	window_refresh(window);
}

static bool on_to_newest(void *context)
{
	struct window *window = context;
	struct pane *pane = window_pane(window);
	bool scrolled = !pane->position.at_end;
	pane_to_end(pane);
	return scrolled;
}

static void on_mouse(void *context, const struct key *key)
{
	struct window *window = context;
	if (key->button == WHEEL_UP || key->button == WHEEL_DOWN) {
		scroll(window, key->button == WHEEL_UP ? -WHEEL_ROWS : WHEEL_ROWS);
		window_refresh(window);
		return;
	}
	if (key->button != 0 || !key->pressed || key->row != window->tabs_row)
		return;
	struct view view = window_view(window);
	uint32_t number = tab_line_session_at(window->app, view.columns, key->column);
	if (number)
		controller_select(&window->controller, number);
}

static void on_changed(void *context)
{
	window_refresh(context);
}

static void on_bell(void *context)
{
	struct window *window = context;
	screen_bell(window->screen);
}

/* Others may have written there meanwhile: everything is drawn again. */
static void on_resize(void *context, bool resumed)
{
	struct window *window = context;
	int rows, columns;
	(void)resumed;
	screen_resize(window->screen);
	screen_size(window->screen, &rows, &columns);
	input_set_size(rows, columns);
	window_refresh(window);
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
	return window_view(window).columns;
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

/* When the next frame may be drawn; INT64_MAX where there is nothing new to show. */
static int64_t frame_due(const struct window *window)
{
	if (window->dirty)
		return rate_limit_due(&window->frames, 0);
	return window->stale ? later_of(rate_limit_due(&window->frames, FRAME),
	                                rate_limit_due(&window->panes_shown, 0))
	                     : INT64_MAX;
}

/* Descriptors are closed after drawing: what that has written down is owed too. */
static void window_prepare(struct ui *ui, struct poller *poller)
{
	struct window *window = window_of(ui);
	controller_prepare(&window->controller, poller);
	frame_notice(window);
	if (!terminal_is_busy(window->terminal))
		poller_wake_at(poller, earlier_of(frame_due(window), window->next_tick));
}

static void window_serve(struct ui *ui, struct poller *poller)
{
	struct window *window = window_of(ui);
	controller_serve(&window->controller, poller);
}

/* What it costs to show a pane is paid for by its next one coming later, so that a slow terminal
 * always has room for keys, and what is read is never slowed down by drawing it. */
static int64_t cost_of(size_t bytes, int64_t making)
{
	return later_of((int64_t)bytes * CLOCK_S / PANE_RATE, making * PANE_SHARE);
}

static void window_draw(struct ui *ui, struct app *app)
{
	struct window *window = window_of(ui);
	(void)app;
	frame_notice(window);
	int64_t now = clock_now();
	if (now < frame_due(window) || terminal_is_busy(window->terminal))
		return;
	bool pane = window->stale && now >= rate_limit_due(&window->panes_shown, 0);
	frame_draw(window, pane);
	if (pane)
		rate_limit_spend(&window->panes_shown, now,
		                 cost_of(terminal_waiting(window->terminal), clock_now() - now));
	rate_limit_spend(&window->frames, now, FRAME);
	terminal_flush(window->terminal);
	window->dirty = false;
	window->stale = window->stale && !pane;
	int64_t pulse = page_pulse(window->app);
	window->next_tick = pulse ? now + pulse : INT64_MAX;
}

static void window_free(struct ui *ui)
{
	struct window *window = window_of(ui);
	controller_done(&window->controller);
	screen_close(window->screen);
	terminal_close(window->terminal);
	panes_free(&window->panes);
	pager_free(&window->pager);
	rows_free(&window->heading);
	rows_free(&window->hint_rows);
	rows_free(&window->rows);
	row_free(&window->bar);
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
		terminal_close(window->terminal);
	return window->screen;
}

static void attach_controller(struct window *window, const struct ui_hooks *hooks)
{
	struct frontend_ops frontend = {
		.context = window,
		.say = on_say,
		.answer = on_answer,
		.act = on_act,
		.to_newest = on_to_newest,
		.mouse = on_mouse,
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
	window->app->shows_pages = true;
	window->next_tick = INT64_MAX;
	window->frames.credit = FRAME_CREDIT;
	window->panes_shown.credit = PANE_CREDIT;
	panes_init(&window->panes);
	pager_init(&window->pager);
	attach_controller(window, hooks);
	on_resize(window, false);
	return &window->ui;
}
