// SPDX-License-Identifier: GPL-3.0-or-later
/* What keys ask for: scrolling, changing the session, sending, leaving. */
#include "ui/bars.h"
#include "ui/candidates.h"
#include "ui/window.h"

enum {
	WHEEL_ROWS = 3,
	WHEEL_UP = 64,            /* mouse buttons */
	WHEEL_DOWN = 65,
	NOTE_INDENT = 24,         /* columns that a note's time and mark may take */
	PASTE_ON_LINE = 64 << 10, /* a larger paste does not go through readline */
};

static void scroll(struct window *window, int rows)
{
	struct view view = window_view(window);
	pane_scroll(&window->pane, &view, rows);
	window_refresh(window);
}

static void scroll_to_top(struct window *window)
{
	struct view view = window_view(window);
	pane_to_top(&window->pane, &view);
	window_refresh(window);
}

static void scroll_to_end(struct window *window)
{
	pane_to_end(&window->pane);
	window_refresh(window);
}

static void redraw(struct window *window)
{
	screen_redraw(window->screen);
	window_refresh(window);
}

static void show(struct window *window, struct session *session)
{
	app_select(window->app, session);
	scroll_to_end(window);
}

static void select_number(struct window *window, uint32_t number)
{
	struct session *session = sessions_numbered(window->app->sessions, number);
	if (session) {
		show(window, session);
		return;
	}
	window_say(window, "no session %u", (unsigned)number);
	screen_bell(window->screen);
}

static void select_step(struct window *window, bool forward)
{
	const struct sessions *sessions = window->app->sessions;
	size_t count = sessions_count(sessions), at = 0;
	while (at < count && sessions_at(sessions, at) != window->app->current)
		at++;
	if (count > 0)
		show(window, sessions_at(sessions, (at + (forward ? 1 : count - 1)) % count));
}

/* A scrolled pane gives about a quarter of its rows to what is new: a page is what the rest shows,
 * less a row. */
static int page_rows(const struct window *window)
{
	int rows = window->pane_height * 3 / 4 - 2;
	return rows > 1 ? rows : 1;
}

/* readline drops the line itself. */
static void on_interrupt(struct window *window)
{
	if (input_line("").len == 0)
		window_say(window, "Ctrl-D or /quit leaves");
}

static void on_action(void *context, enum input_action action)
{
	struct window *window = context;
	int page = page_rows(window);
	switch (action) {
	case INPUT_PAGE_UP: scroll(window, -page); break;
	case INPUT_PAGE_DOWN: scroll(window, page); break;
	case INPUT_LINE_UP: scroll(window, -1); break;
	case INPUT_LINE_DOWN: scroll(window, 1); break;
	case INPUT_TOP: scroll_to_top(window); break;
	case INPUT_BOTTOM: scroll_to_end(window); break;
	case INPUT_NEXT_SESSION: select_step(window, true); break;
	case INPUT_PREVIOUS_SESSION: select_step(window, false); break;
	case INPUT_LITERAL: window->app->literal = !window->app->literal; break;
	case INPUT_REDRAW: redraw(window); break;
	case INPUT_SUSPEND: window_suspend(window); break;
	case INPUT_INTERRUPT: on_interrupt(window); break;
	default:
		if (action >= INPUT_SESSION_1 && action <= INPUT_SESSION_9)
			select_number(window, (uint32_t)(action - INPUT_SESSION_1 + 1));
	}
}

/* A command stands in the pane before what it says, so that the pane reads as a protocol; what is sent
 * stands there anyway. */
static void on_line(void *context, const char *line)
{
	struct window *window = context;
	if (line[0] == '/' && line[1] != '/' && !window->app->literal)
		app_note(window->app, "> %s", line);
	window->hooks.line(window->app, line);
	window_refresh(window);
}

static bool something_is_open(const struct app *app)
{
	for (size_t i = 0; i < sessions_count(app->sessions); i++)
		if (session_state(sessions_at(app->sessions, i)) != SESSION_CLOSED)
			return true;
	return false;
}

static void on_end(void *context)
{
	struct window *window = context;
	if (window->left_before || !something_is_open(window->app)) {
		window->app->quit = true;
		return;
	}
	window->leaving = true;
	window_say(window, "sessions are open: Ctrl-D again quits");
}

static char **on_complete(void *context, const char *line, size_t start, size_t end, bool *files)
{
	struct window *window = context;
	return window->hooks.complete(window->app, line, start, end, files);
}

static void on_matches(void *context, char **matches, size_t count)
{
	struct window *window = context;
	struct view view = window_view(window);
	struct buf text;
	buf_init(&text, SIZE_MAX);
	candidates_format(matches, count, view.columns - NOTE_INDENT, &text);
	app_note(window->app, "%s", buf_text(&text));
	buf_free(&text);
	scroll_to_end(window);
}

static void on_bell(void *context)
{
	struct window *window = context;
	screen_bell(window->screen);
}

struct input_hooks control_hooks(struct window *window)
{
	return (struct input_hooks){
		.context = window,
		.line = on_line,
		.end = on_end,
		.action = on_action,
		.complete = on_complete,
		.matches = on_matches,
		.bell = on_bell,
	};
}

/* ---- pastes ---- */

static void hold(struct window *window, const struct key *key)
{
	char what[HELD_TEXT];
	if (!held_add(&window->held, key->bytes, key->len)) {
		app_error(window->app, "pasting more than %d MiB: dropped", WINDOW_HELD >> 20);
		return;
	}
	held_describe(window->held.lines, window->held.text.len, what);
	window_say(window, "pasted %s: Enter sends it, Ctrl-C drops it", what);
}

/* The line end that it is sent with takes the place of its own last one. */
static void send_held(struct window *window)
{
	struct error error;
	struct app *app = window->app;
	const char *text = buf_data(&window->held.text);
	size_t len = window->held.text.len;
	if (len > 0 && text[len - 1] == '\n')
		len--;
	struct session *session = app_need_session(app, &error);
	if (!session || !app_send_line(app, session, text, len, &error))
		app_error(app, "%s", error.text);
}

static bool is_byte(const struct key *key, char first, char second)
{
	return key->kind == KEY_TEXT && key->len == 1 && (key->bytes[0] == first || key->bytes[0] == second);
}

/* Whether the key was for the block that is held. */
static bool settle_held(struct window *window, const struct key *key)
{
	if (window->held.text.len == 0)
		return false;
	bool enter = is_byte(key, '\r', '\n');
	if (!enter && !is_byte(key, 3, 3))
		return false;
	if (enter)
		send_held(window);
	held_clear(&window->held);
	window->hint[0] = '\0';
	window->dirty = true;
	return true;
}

static bool must_ask(struct window *window, const struct key *key)
{
	bool asked = window->asked;
	window->asked = false;
	if (window->app->settings.paste != PASTE_ASK || asked || !is_byte(key, '\r', '\n'))
		return false;
	struct line line = input_line("");
	size_t lines = held_count_lines(line.text, line.len);
	if (lines < 2)
		return false;
	char what[HELD_TEXT];
	window_say(window, "%s: Enter again sends, Ctrl-C drops", held_describe(lines, line.len, what));
	window->asked = true;
	return true;
}

/* ---- a key ---- */

static void take_mouse(struct window *window, const struct key *key)
{
	if (key->button == WHEEL_UP || key->button == WHEEL_DOWN) {
		scroll(window, key->button == WHEEL_UP ? -WHEEL_ROWS : WHEEL_ROWS);
		return;
	}
	if (key->button != 0 || !key->pressed || key->row != window->tabs_row)
		return;
	struct view view = window_view(window);
	uint32_t number = bars_tab_at(window->app, view.columns, key->column);
	if (number)
		select_number(window, number);
}

void control_key(struct window *window, const struct key *key)
{
	if (key->kind == KEY_MOUSE) {
		take_mouse(window, key);
		return;
	}
	if (key->kind == KEY_PASTE && key->len > PASTE_ON_LINE) {
		hold(window, key);
		return;
	}
	if (settle_held(window, key) || must_ask(window, key))
		return;
	if (window->held.text.len == 0)
		window->hint[0] = '\0';
	window->left_before = window->leaving;
	window->leaving = false;
	window->dirty = true;
	input_key(key);
}
