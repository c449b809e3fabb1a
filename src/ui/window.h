// SPDX-License-Identifier: GPL-3.0-or-later
/* window: what the two files of the screen's face share: window.c lives and does what the desk asks
 * for, frame.c draws. Nobody else includes this. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rate_limit.h"
#include "ui/controller.h"
#include "ui/line.h"
#include "ui/pane.h"
#include "ui/screen.h"
#include "ui/pager.h"
#include "ui/terminal.h"
#include "ui/ui.h"

/* What a frame shows besides the line being typed and whose pane it is: nothing on the screen
 * changes without one of these. */
struct stamp {
	uint64_t entries;
	uint64_t hits;
	uint64_t acted;
	size_t sessions, unsent;
	enum session_state state;
	bool literal;
	int fold;
	bool waiting;  /* a call does */
	uint64_t page; /* open_page.serial, 0 = none */
	struct view_mode mode;
};

enum { WINDOW_HINT = 1024 };

struct window {
	struct ui ui;
	struct app *app;
	struct terminal *terminal;
	struct screen *screen;
	struct controller controller;
	struct panes panes;
	struct rows rows; /* of the pane, as last filled */
	struct pager pager;
	struct rows heading; /* pinned above the pane */
	struct row bar;
	struct line_layout layout;
	char hint[WINDOW_HINT]; /* instead of the status line, until the next key */
	struct rows hint_rows;  /* the hint, where it is too long for that */
	bool dirty;             /* the next frame would differ from the last, */
	bool stale;             /* or only its pane, for which there is more time */
	struct rate_limit frames, panes_shown;
	int64_t next_tick; /* when something shown will have changed by itself; INT64_MAX = never */
	uint64_t page;     /* shown by the last frame, 0 = none */
	int upper_height;  /* rows above the bars, less those of hints */
	int page_height;   /* of these the page has, */
	int tabs_row;
	struct stamp stamp;
};

/* What the pane looks at now, and the pane. */
struct view window_view(const struct window *window);
struct pane *window_pane(struct window *window);

/* The pane shows something else, because a person wants it. */
void window_refresh(struct window *window);

/* Makes sure that an answer is seen: a note that the pane does not show whole, or that a page is
 * above, is a hint, and one too long for that a page. */
void frame_show_answer(struct window *window, uint64_t position);

/* Sets `dirty` and `stale` by what has changed since the last time. */
void frame_notice(struct window *window);

/* `pane`: also what is new in the pane; else its rows are those of the last frame. */
void frame_draw(struct window *window, bool pane);
