// SPDX-License-Identifier: GPL-3.0-or-later
/* The picture: from the top the pane, the tabs, the status line, the line being typed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ui/bars.h"
#include "ui/window.h"

enum {
	LEAST_ROWS = 4,
	LEAST_COLUMNS = 20,
	BARS = 2,          /* rows of tabs and status */
	ONE_INPUT_ROW = 6, /* below so many rows of the window the input has one */
};

static struct stamp take_stamp(const struct app *app)
{
	const struct session *current = app->current;
	return (struct stamp){
		.entries = transcript_count(app->transcript),
		.sessions = sessions_count(app->sessions),
		.unsent = current ? session_unsent(current) : 0,
		.state = current ? session_state(current) : SESSION_CLOSED,
		.literal = app->literal,
	};
}

static bool stamps_differ(const struct stamp *a, const struct stamp *b)
{
	return a->entries != b->entries || a->sessions != b->sessions || a->unsent != b->unsent ||
	       a->state != b->state || a->literal != b->literal;
}

void frame_notice(struct window *window)
{
	struct stamp now = take_stamp(window->app);
	window_pane(window); /* another session's, perhaps */
	if (input_take_dirty())
		window->dirty = true;
	if (stamps_differ(&now, &window->stamp))
		window->stale = true;
	window->stamp = now;
}

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
	int len = snprintf(text, sizeof text, "too small: %dx%d", columns, rows);
	row_clear(&window->bar);
	row_add_text(&window->bar, text, (size_t)len, columns, STYLE_ERROR);
	screen_row(window->screen, 0, &window->bar, false);
	screen_end(window->screen, 0, 0);
}

static void add_word(char *words, size_t size, const char *word)
{
	size_t len = strlen(words);
	snprintf(words + len, size - len, "%s%s", len && *word ? " " : "", word);
}

static void fill_status(struct window *window, int columns)
{
	char mode[64] = "";
	if (window->hint[0]) {
		row_clear(&window->bar);
		row_add_text(&window->bar, " ", 1, columns, STYLE_NOTE);
		row_add_text(&window->bar, window->hint, strlen(window->hint), columns - 1,
		             STYLE_NOTE);
		return;
	}
	add_word(mode, sizeof mode, window_pane(window)->follow ? "" : "SCROLLED");
	add_word(mode, sizeof mode, window->app->literal ? "LITERAL" : "");
	add_word(mode, sizeof mode, input_mode());
	bars_status(window->app, mode, columns, &window->bar);
}

static void draw_bars(struct window *window, int columns)
{
	bars_tabs(window->app, columns, &window->bar);
	screen_row(window->screen, window->tabs_row, &window->bar, true);
	fill_status(window, columns);
	screen_row(window->screen, window->tabs_row + 1, &window->bar, false);
}

static void draw_rows(struct window *window, int y, const struct rows *rows)
{
	for (size_t i = 0; i < rows->count; i++)
		screen_row(window->screen, y + (int)i, &rows->row[i], false);
}

static void fill_pane(struct window *window, int height, bool anew)
{
	if (!anew && height == window->pane_height)
		return;
	struct view view = window_view(window);
	pane_fill(window_pane(window), &view, height, &window->rows);
	window->pane_height = height;
}

/* How many the line may take. */
static int input_rows(int rows)
{
	return rows < ONE_INPUT_ROW || input_is_sideways() ? 1 : rows / 3;
}

static void draw_parts(struct window *window, int rows, int columns, bool pane)
{
	char prompt[BARS_PROMPT];
	struct line line = input_line(bars_prompt(window->app, prompt));
	line_layout(&window->layout, &line, columns, input_rows(rows));
	int input_row = rows - (int)window->layout.rows.count;
	window->tabs_row = input_row - BARS;
	fill_pane(window, window->tabs_row, pane);
	draw_rows(window, 0, &window->rows);
	draw_bars(window, columns);
	draw_rows(window, input_row, &window->layout.rows);
	screen_end(window->screen, input_row + window->layout.cursor_row,
	           window->layout.cursor_column);
}

void frame_draw(struct window *window, bool pane)
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
