// SPDX-License-Identifier: GPL-3.0-or-later
/* pane: chooses the rows of a view to show: the newest, or, scrolled back, those at a position that
 * stays whatever arrives, also when another view of the session is chosen. While it is scrolled
 * back, the last rows stay live below a divider that counts new lines. panes: the pane of the
 * session that is shown, and those of sessions that were left scrolled back. No curses. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "view/view.h"

enum {
	PANE_NEWS_MAX = 999,
	PANES_KEPT = 32, /* of more, the one left longest ago returns to its end */
};

struct pane_position {
	bool at_end;                /* follows the newest; else the bottom row shows */
	struct location location;   /* this paragraph, */
	int row;                    /* this row of it, */
	const struct view_ops *ops; /* in this view */
	bool all;
};

/* The target of pane_go(); scrolling drops it. */
enum pane_goal {
	PANE_NO_GOAL,
	PANE_GOAL_AHEAD, /* too near to the end for the middle: the end is followed */
	PANE_GOAL_REACHED,
};

struct pane {
	struct pane_position position;
	struct pane_position before; /* in the view before this one, until someone scrolls; ops
	                                NULL: none */
	enum pane_goal aims;
	struct location goal;
	int height;           /* of the last pane_fill() */
	struct location seen; /* the newest paragraph counted */
	int news;             /* paragraphs since it was scrolled back, at most PANE_NEWS_MAX + 1 */
	struct rows scratch;
};

void pane_init(struct pane *pane);
void pane_free(struct pane *pane);

/* Towards the past (negative) or the future; at the end the pane follows again. A view that fits
 * the pane does not scroll. */
void pane_scroll(struct pane *pane, const struct view *view, int rows);
void pane_to_top(struct pane *pane, const struct view *view);
void pane_to_end(struct pane *pane);

/* Shows the paragraph at this location, or the nearest one, in the middle third; of a long one the
 * first row with a hit of view->find. Too near to the end for that, the pane follows the end until
 * enough has come. */
void pane_go(struct pane *pane, const struct view *view, struct location location);

/* The number of rows, of `height`, that show the newest: all, unless the pane is scrolled back. */
int pane_newest_rows(const struct pane *pane, int height);

/* Exactly `height` rows, from top to bottom, the first ones empty while there is little to show.
 * Above the oldest paragraph left, a row says what eviction has dropped. */
void pane_fill(struct pane *pane, const struct view *view, int height, struct rows *out);

struct panes {
	struct pane shown;
	uint32_t session; /* whose pane that is */
	struct {
		uint32_t session;
		struct pane pane;
	} kept[PANES_KEPT]; /* in the order in which they were left */
	size_t count;
};

void panes_init(struct panes *panes);
void panes_free(struct panes *panes);

/* Makes `shown` the pane of this session, as it was left, or at its end. True if it was another
 * session's. */
bool panes_turn(struct panes *panes, uint32_t session);
