// SPDX-License-Identifier: GPL-3.0-or-later
/* pane: which rows of a view are shown: the newest, or those around a place that stays where it is
 * whatever arrives, also when another view of the session is chosen. Fills rows for a height and a
 * width; while it is scrolled back, the last rows stay live below a divider that counts what is
 * new. panes: the pane of the session that is shown, and those that were scrolled back when another
 * session took their place. No curses. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "view/view.h"

enum {
	PANE_NEWS_MAX = 999,
	PANES_KEPT = 32, /* beyond, the one left longest ago is at its end again */
};

struct pane_position {
	bool at_end;                /* it follows; else the bottom row is */
	struct location location;   /* in this paragraph */
	int row;                    /* this row of it */
	const struct view_ops *ops; /* of this view */
	bool all;
};

/* Where a pane goes to: pane_go(). Whoever scrolls gives it up. */
enum pane_goal {
	PANE_NO_GOAL,
	PANE_GOAL_AHEAD, /* it is to come into the middle: the end is followed until it can */
	PANE_GOAL_REACHED,
};

struct pane {
	struct pane_position position;
	struct pane_position before; /* position in the view before this one, while nobody has
	                                scrolled since; ops NULL: none */
	enum pane_goal aims;
	struct location goal;
	int height;           /* as it was filled last */
	struct location seen; /* the newest paragraph that has been counted */
	int news; /* how many have come since it was scrolled back, at most PANE_NEWS_MAX + 1 */
	struct rows scratch;
};

void pane_init(struct pane *pane);
void pane_free(struct pane *pane);

/* Rows towards the past (negative) or the future; at the end it follows again. What fits the pane
 * as a whole does not scroll. */
void pane_scroll(struct pane *pane, const struct view *view, int rows);
void pane_to_top(struct pane *pane, const struct view *view);
void pane_to_end(struct pane *pane);

/* Puts the paragraph with this location, or the nearest to it, in the middle third; of a long one
 * the first row with a hit of view->find. Where it is too near to the end for that, the end is
 * followed until enough has come. */
void pane_go(struct pane *pane, const struct view *view, struct location location);

/* Of `height` rows, those at the bottom that show the newest: all, unless it is scrolled back. */
int pane_newest_rows(const struct pane *pane, int height);

/* Exactly `height` rows, from top to bottom; empty ones at the top while there is little to show.
 * Where the oldest paragraph left is on top, the row above it says what eviction has dropped. */
void pane_fill(struct pane *pane, const struct view *view, int height, struct rows *out);

struct panes {
	struct pane shown;
	uint32_t session; /* that it shows */
	struct {
		uint32_t session;
		struct pane pane;
	} kept[PANES_KEPT]; /* in the order of leaving */
	size_t count;
};

void panes_init(struct panes *panes);
void panes_free(struct panes *panes);

/* `shown` is this session's from now on: where it was left, or at its end. True when it was
 * another's. */
bool panes_turn(struct panes *panes, uint32_t session);
