// SPDX-License-Identifier: GPL-3.0-or-later
/* pane: where one looks into a view: at its end, or scrolled back to a place that stays put
 * whatever arrives, also when the view becomes one of another kind. Fills rows for a height and a
 * width; scrolled back, the last rows stay live below a divider that counts what is new. No
 * curses. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "view/view.h"

enum { PANE_NEWS_MAX = 999 };

/* A paragraph, one of its rows, and in which kind of view it is one. */
struct pane_position {
	struct location location;
	int row;
	const struct view_ops *ops;
	bool all;
};

struct pane {
	bool follow;                   /* at the end */
	struct pane_position position; /* else: what stands at the bottom row */
	struct pane_position
	        left;  /* the same before the kind changed, while nobody has scrolled since */
	bool followed; /* and whether the end was followed then */
	bool turned;   /* there is such a one */
	struct location goal; /* what pane_go() was asked for */
	bool sought;          /* and nobody has scrolled since */
	bool going;           /* it has yet to come into the middle */
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

/* The paragraph with this place, or the nearest to it, in the middle third; of a long one the first
 * row in which view->find stands. Where it is too near to the end for that, the end is followed
 * until there is enough behind it. */
void pane_go(struct pane *pane, const struct view *view, struct location location);

/* Exactly `height` rows, from top to bottom; empty ones at the top while there is little to show.
 * Where the oldest paragraph left is on top, the row above it tells what eviction has taken. */
void pane_fill(struct pane *pane, const struct view *view, int height, struct rows *out);
