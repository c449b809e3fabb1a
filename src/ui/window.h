// SPDX-License-Identifier: GPL-3.0-or-later
/* window: what the three files of the screen's face share: window.c lives and listens, frame.c draws,
 * control.c does what keys ask for. Nobody else includes this. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ui/held.h"
#include "ui/input.h"
#include "ui/keys.h"
#include "ui/line.h"
#include "ui/pane.h"
#include "ui/screen.h"
#include "ui/terminal.h"
#include "ui/ui.h"

enum { WINDOW_HINT = HELD_TEXT + 64, WINDOW_HELD = 64 << 20 };

/* What a frame shows besides the line being typed: nothing on the screen changes without one of these. */
struct stamp {
	uint64_t entries;
	uint32_t shown;
	size_t sessions, unsent;
	enum session_state state;
	bool literal;
};

struct window {
	struct ui ui;
	struct ui_hooks hooks;
	struct app *app;
	struct terminal *terminal;
	struct screen *screen;
	struct keys keys;
	struct pane pane;
	struct held held;
	struct rows rows;        /* of the pane, as last filled */
	struct row bar;
	struct line_layout layout;
	char hint[WINDOW_HINT];  /* instead of the status line, until the next key */
	bool asked;              /* Enter on several lines has been asked about */
	bool leaving, left_before; /* Ctrl-D came; and it came with the key before */
	bool dirty;              /* the next frame would differ from the last, */
	bool stale;              /* or only its pane, for which there is more time */
	int64_t next_frame;      /* instants before which none is drawn */
	int64_t next_pane;
	int pane_height, tabs_row;
	struct stamp stamp;
};

/* Shown in place of the status line until the next key. */
void window_say(struct window *window, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The terminal's size is another one, or what it shows has been lost. */
void window_resize(struct window *window);
void window_suspend(struct window *window);

/* What the pane looks at now. */
struct view window_view(const struct window *window);

/* The pane shows something else, because a person wants it. */
void window_refresh(struct window *window);

/* Sets `dirty` and `stale` by what has changed since the last time. */
void frame_notice(struct window *window);

/* `pane`: also what is new in the pane; else its rows are those of the last frame. */
void frame_draw(struct window *window, bool pane);

/* One key from the terminal. */
void control_key(struct window *window, const struct key *key);

/* What readline calls back with. */
struct input_hooks control_hooks(struct window *window);
