// SPDX-License-Identifier: GPL-3.0-or-later
/* The face on a whole screen. A frame is drawn when something has changed, the last one is out, and
 * its time has come: 60 times a second at most. */
#include "ui/window.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"

#define FRAME (16 * CLOCK_MS)

enum {
	READ_SIZE = 64 << 10,
	PANE_RATE = 100000, /* bytes a second that panes may cost while nobody touches a key */
};

static struct window *window_of(struct ui *ui)
{
	return (struct window *)ui;
}

void window_say(struct window *window, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(window->hint, sizeof window->hint, format, args);
	va_end(args);
	window->dirty = true;
}

struct view window_view(const struct window *window)
{
	const struct app *app = window->app;
	struct view view = {
		.transcript = app->transcript,
		.session = app_shown(app),
		.time = app->settings.time,
		.marks = app->settings.marks,
	};
	int rows;
	screen_size(window->screen, &rows, &view.columns);
	return view;
}

void window_refresh(struct window *window)
{
	window->dirty = window->stale = true;
	window->next_pane = 0;
}

void window_resize(struct window *window)
{
	int rows, columns;
	screen_resize(window->screen);
	screen_size(window->screen, &rows, &columns);
	input_set_size(rows, columns);
	window_refresh(window);
}

void window_suspend(struct window *window)
{
	terminal_suspend(window->terminal, screen_leave, screen_enter);
	window_resize(window);
	window->next_frame = 0;
}

/* ---- keys and signals come in ---- */

static void take_keys(struct window *window, int64_t now)
{
	struct key key;
	while (!window->app->quit && keys_next(&window->keys, now, &key))
		control_key(window, &key);
}

/* The terminal is gone when reading ends or fails. */
static void read_keys(struct window *window, int64_t now)
{
	char bytes[READ_SIZE];
	ssize_t got = read(terminal_input(window->terminal), bytes, sizeof bytes);
	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (got <= 0) {
		window->app->quit = true;
		return;
	}
	keys_feed(&window->keys, bytes, (size_t)got, now);
	take_keys(window, now);
	fflush(stdout); /* what readline printed there: it comes back as a stray line */
}

static void serve_keys(struct window *window, const struct poller *poller)
{
	int64_t now = clock_now();
	if (poller_readable(poller, terminal_input(window->terminal)))
		read_keys(window, now);
	else if (now >= keys_deadline(&window->keys))
		take_keys(window, now);
	if (now >= input_deadline())
		input_timeout(now);
}

static void take_ending_signals(struct window *window)
{
	static const int ending[] = { SIGTERM, SIGHUP, SIGQUIT };
	for (size_t i = 0; i < sizeof ending / sizeof *ending; i++) {
		if (!poller_take_signal(ending[i]))
			continue;
		window->ui.signal = ending[i];
		window->app->quit = true;
	}
}

static void take_signals(struct window *window)
{
	take_ending_signals(window);
	if (poller_take_signal(SIGINT))
		control_key(window, &(struct key){ .kind = KEY_TEXT, .bytes = "\003", .len = 1 });
	if (poller_take_signal(SIGTSTP))
		window_suspend(window);
	if (poller_take_signal(SIGCONT)) {
		terminal_resume(window->terminal);
		window_resize(window);
	}
	if (poller_take_signal(SIGWINCH))
		window_resize(window);
}

static void take_strays(struct window *window)
{
	char line[512];
	bool bell = false;
	while (terminal_take_stray(window->terminal, line, sizeof line, &bell))
		app_note(window->app, "%s", line);
	if (bell)
		screen_bell(window->screen);
}

/* ---- the four functions of a face ---- */

static int64_t later_of(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* When the next frame may be drawn; INT64_MAX where there is nothing new to show. What a person does
 * is shown one frame early, which the frame after it makes good, so that no key waits behind what a
 * peer sends. */
static int64_t frame_due(const struct window *window)
{
	if (window->dirty)
		return window->next_frame - FRAME;
	return window->stale ? later_of(window->next_frame, window->next_pane) : INT64_MAX;
}

static void window_prepare(struct ui *ui, struct poller *poller)
{
	struct window *window = window_of(ui);
	poller_want_read(poller, terminal_input(window->terminal));
	terminal_prepare(window->terminal, poller);
	poller_wake_at(poller, keys_deadline(&window->keys));
	poller_wake_at(poller, input_deadline());
	if (!terminal_is_busy(window->terminal))
		poller_wake_at(poller, frame_due(window));
}

static void window_serve(struct ui *ui, struct poller *poller)
{
	struct window *window = window_of(ui);
	take_signals(window);
	terminal_serve(window->terminal, poller);
	take_strays(window);
	serve_keys(window, poller);
}

/* What it costs to show a pane is paid for by its next one coming later, so that a slow terminal
 * always has room for keys. */
static int64_t time_for(size_t bytes)
{
	int64_t needed = (int64_t)bytes * CLOCK_S / PANE_RATE;
	return needed > FRAME ? needed : FRAME;
}

static void window_draw(struct ui *ui, struct app *app)
{
	struct window *window = window_of(ui);
	(void)app;
	frame_notice(window);
	int64_t now = clock_now();
	if (now < frame_due(window) || terminal_is_busy(window->terminal))
		return;
	bool pane = window->stale && now >= window->next_pane;
	frame_draw(window, pane);
	if (pane)
		window->next_pane = now + time_for(terminal_waiting(window->terminal));
	terminal_flush(window->terminal);
	window->next_frame = later_of(window->next_frame, now) + FRAME;
	window->dirty = false;
	window->stale = window->stale && !pane;
}

static void window_free(struct ui *ui)
{
	struct window *window = window_of(ui);
	input_stop();
	screen_close(window->screen);
	terminal_close(window->terminal);
	keys_free(&window->keys);
	pane_free(&window->pane);
	held_free(&window->held);
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

/* readline starts behind the screen, so that what it says about inputrc is a note in the pane and not
 * lost below it. */
static void start_input(struct window *window)
{
	struct input_hooks hooks = control_hooks(window);
	input_start(&hooks, terminal_input(window->terminal));
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
	window->hooks = *hooks;
	window->app = hooks->app;
	keys_init(&window->keys);
	pane_init(&window->pane);
	held_init(&window->held, WINDOW_HELD);
	start_input(window);
	window_resize(window);
	return &window->ui;
}
