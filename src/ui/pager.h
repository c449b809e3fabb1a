// SPDX-License-Identifier: GPL-3.0-or-later
/* pager: shows the rows of the open page that fit, and scrolls them. The position stays when the
 * rows change. The last row says how to close the page. No curses. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "app/page.h"

struct pager {
	struct rows rows;   /* with the heading, if there is one */
	struct row foot;    /* the last row; or the only one, cut */
	uint64_t serial;    /* the page, */
	uint32_t session;   /* the current session */
	int columns, space; /* and the size for which the rows were made */
	int top;            /* the first row shown after the fixed ones */
	int fixed;          /* rows at the top that do not scroll */
	int height;         /* rows shown, the foot among them */
};

void pager_init(struct pager *pager);
void pager_free(struct pager *pager);

/* Renders the page if it has to be rendered again. Of `space` rows it takes as many as it needs,
 * returned, but leaves some to the transcript; while it is open it never shrinks. A new page, and
 * that of another session, begins at its top. */
int pager_fill(struct pager *pager, struct app *app, int columns, int space);

/* Row `y` of those shown, NULL for an empty one. */
const struct row *pager_row(const struct pager *pager, int y);

/* Towards the end, or the top (negative), as far as there are rows. */
void pager_scroll(struct pager *pager, int rows);
