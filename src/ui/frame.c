// SPDX-License-Identifier: GPL-3.0-or-later
/* The picture: from the top the pane, the tabs, the status line, the line being typed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "ui/status_line.h"
#include "ui/tab_line.h"
#include "ui/window.h"
#include "view/page/snapshot.h"

enum {
	LEAST_ROWS = 4,
	LEAST_COLUMNS = 20,
	BARS = 2,          /* rows of tabs and status */
	ONE_INPUT_ROW = 6, /* below so many rows of the window the input has one */
	HEADING_SHARE = 3, /* a heading that takes a larger part of the pane is left away */
	WAITING = 128,
};

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
		.waiting = current &&
		           (session_waiting(current, &since) || session_opens_again(current, NULL)),
		.page = page_is_open(app) ? app->open_page.serial : 0,
		.mode = app_view_mode(app, app_shown(app)),
	};
}

static bool stamps_differ(const struct stamp *a, const struct stamp *b)
{
	return a->entries != b->entries || a->sessions != b->sessions || a->unsent != b->unsent ||
	       a->state != b->state || a->literal != b->literal || a->fold != b->fold ||
	       a->waiting != b->waiting || a->page != b->page || a->mode.ops != b->mode.ops ||
	       a->mode.all != b->mode.all;
}

static void go_to_hit(struct window *window)
{
	const struct search *search = &window->app->search;
	if (search->session != app_shown(window->app))
		return;
	struct view view = window_view(window);
	pane_go(window_pane(window), &view, search->location);
	window_refresh(window);
}

void frame_notice(struct window *window)
{
	struct stamp now = take_stamp(window->app);
	struct pane *pane = window_pane(window); /* another session's, perhaps */
	if (now.acted != window->stamp.acted) {
		pane_to_end(pane);
		window_refresh(window);
	}
	if (now.hits != window->stamp.hits)
		go_to_hit(window);
	if (input_take_dirty())
		window->dirty = true;
	if (stamps_differ(&now, &window->stamp) || clock_now() >= window->next_tick)
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
	screen_row(window->screen, 0, &window->bar);
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
	if (window->hint[0] && window->hint_rows.count < 2) {
		row_clear(&window->bar);
		row_add_text(&window->bar, " ", 1, columns, STYLE_NOTE);
		row_add_text(&window->bar, window->hint, strlen(window->hint), columns - 1,
		             STYLE_NOTE);
		return;
	}
	add_word(mode, sizeof mode, window_pane(window)->position.at_end ? "" : "SCROLLED");
	add_word(mode, sizeof mode, window->app->literal ? "LITERAL" : "");
	add_word(mode, sizeof mode, input_mode());
	status_line_draw(window->app, mode, columns, &window->bar);
}

static void draw_bars(struct window *window, int columns)
{
	tab_line_draw(window->app, columns, &window->bar);
	screen_row(window->screen, window->tabs_row, &window->bar);
	fill_status(window, columns);
	screen_row(window->screen, window->tabs_row + 1, &window->bar);
}

static void draw_rows(struct window *window, int y, const struct rows *rows)
{
	for (size_t i = 0; i < rows->count; i++)
		screen_row(window->screen, y + (int)i, &rows->row[i]);
}

/* ---- what stands above the bars ---- */

/* Only where that leaves the entries most of the height. */
static void fill_heading(struct window *window, const struct view *view, int height)
{
	view_heading(view, &window->heading);
	if ((int)window->heading.count > height / HEADING_SHARE)
		rows_clear(&window->heading);
}

static void draw_pane(struct window *window, int y, int height, bool anew)
{
	struct view view = window_view(window);
	if (anew) {
		fill_heading(window, &view, height);
		pane_fill(window_pane(window), &view, height - (int)window->heading.count,
		          &window->rows);
	}
	draw_rows(window, y, &window->heading);
	draw_rows(window, y + (int)window->heading.count, &window->rows);
}

static void draw_page(struct window *window)
{
	for (int y = 0; y < window->page_height; y++) {
		const struct row *row = pager_row(&window->pager, y);
		if (row)
			screen_row(window->screen, y, row);
	}
}

/* The call that a blocking socket would sleep in, or the pause before the session is opened again, as
 * a row of its own. */
static bool draw_waiting(struct window *window, int y, int columns)
{
	int64_t since, left;
	int len;
	char text[WAITING], time[CLOCK_TEXT], rest[SNAPSHOT_LEFT];
	const struct session *current = window->app->current;
	const char *call = current ? session_waiting(current, &since) : NULL;
	if (!current || y < 1)
		return false;
	if (call)
		len = snprintf(text, sizeof text, " %s %s %s  (Ctrl-C cancels)", call,
		               text_has_unicode() ? "…" : "...",
		               clock_format_duration(clock_now() - since, time));
	else if (session_opens_again(current, &left))
		len = snprintf(text, sizeof text,
		               " opens again in %s  (Ctrl-C cancels, /reconnect does it now)",
		               snapshot_format_left(left, rest));
	else
		return false;
	row_clear(&window->bar);
	row_add_text(&window->bar, text, (size_t)len < sizeof text ? (size_t)len : sizeof text - 1,
	             columns, STYLE_NOTE);
	screen_row(window->screen, y, &window->bar);
	return true;
}

static void wrap_hint(struct window *window, int columns)
{
	const char *text = window->hint;
	rows_clear(&window->hint_rows);
	while (*text) {
		size_t len = strcspn(text, "\n");
		rows_add_wrapped(&window->hint_rows, text, len, 1, 1, columns, STYLE_NOTE);
		text += len + (text[len] == '\n');
	}
}

/* A hint that is too long for the status line has rows of its own, too, where the window is high
 * enough. Returns how many. */
static int draw_hint(struct window *window, int height, int columns)
{
	wrap_hint(window, columns);
	if ((int)window->hint_rows.count >= height)
		rows_clear(&window->hint_rows);
	int count = (int)window->hint_rows.count;
	if (count < 2)
		return 0;
	draw_rows(window, height - count, &window->hint_rows);
	return count;
}

void frame_show_answer(struct window *window, uint64_t position)
{
	struct app *app = window->app;
	struct view view = window_view(window);
	const struct entry *entry = transcript_at(app->transcript, position);
	int height = window->upper_height;
	if (!page_is_open(app) && view_newest_entry(&view) == position) {
		view_layout(&view, (struct location){ position, 0 }, &window->hint_rows);
		if ((int)window->hint_rows.count <= pane_newest_rows(window_pane(window), height))
			return;
	}
	char *text = xstrndup(entry_payload(entry), entry->len);
	snprintf(window->hint, sizeof window->hint, "%s", text);
	wrap_hint(window, view.columns);
	if (window->hint_rows.count > 1 && (int)window->hint_rows.count >= height) {
		window->hint[0] = '\0';
		page_close(app);
		page_toggle(app, &answer_page, "answer", 0, text);
	}
	free(text);
}

/* From the top the page, where one is open, the transcript, what waits, a hint. A page that comes or
 * goes is shown at once, whatever the pane has time for. */
static void draw_upper(struct window *window, int height, int columns, bool anew)
{
	const struct app *app = window->app;
	uint64_t page = page_is_open(app) ? app->open_page.serial : 0;
	height -= draw_hint(window, height, columns);
	height -= draw_waiting(window, height - 1, columns);
	anew = anew || height != window->upper_height || page != window->page;
	window->upper_height = height;
	window->page = page;
	if (anew)
		window->page_height =
		        page ? pager_fill(&window->pager, window->app, columns, height) : 0;
	draw_page(window);
	if (window->page_height < height)
		draw_pane(window, window->page_height, height - window->page_height, anew);
}

/* How many the line may take. */
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
	window->tabs_row = input_row - BARS;
	draw_upper(window, window->tabs_row, columns, pane);
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
