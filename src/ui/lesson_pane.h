// SPDX-License-Identifier: GPL-3.0-or-later
/* lesson_pane: which rows of the lesson are seen above the transcript, and a foot that says what to do. No
 * curses. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "app/app.h"
#include "view/row.h"

struct lesson_pane {
	struct rows rows;
	struct row foot, cut;
	uint64_t serial, part; /* of the lesson, and the width for which the rows were made */
	int columns;
	int fixed;     /* rows at the top that do not scroll */
	int top;       /* the first row shown after those */
	int height;    /* rows shown, the foot among them */
	int seen;      /* rows of this part and before it that have been shown */
	bool scrolled; /* by hand, in this part */
};

void lesson_pane_init(struct lesson_pane *pane);
void lesson_pane_free(struct lesson_pane *pane);

/* Of `space` rows it takes as many as it needs, returned, but at most half. A new part of the lesson is
 * shown from its top, with what is before it where there is room. Another width keeps what is at the top,
 * and what has been seen. */
int lesson_pane_fill(struct lesson_pane *pane, struct app *app, int columns, int space);

/* Row `y` of those shown, NULL for an empty one. */
const struct row *lesson_pane_row(const struct lesson_pane *pane, int y);

/* Towards the end, or the top (negative). False where there is nothing more. */
bool lesson_pane_scroll(struct lesson_pane *pane, int rows);

/* Shows the next rows that have not been seen, and a new part first; false where all have been. */
bool lesson_pane_show_more(struct lesson_pane *pane, struct app *app);

/* Rows of text that are seen at once. */
int lesson_pane_room(const struct lesson_pane *pane);
