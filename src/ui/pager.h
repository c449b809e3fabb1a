// SPDX-License-Identifier: GPL-3.0-or-later
/* pager: the page above the transcript: its rows as they were made last, of which as many are shown
 * as fit, from a row on that stays while they change. Begins at the top. The last row says what
 * closes it. No curses. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "app/page.h"

struct pager {
	struct rows rows;   /* the heading, where it has one, and what the page shows */
	struct row foot;    /* the row below them; or the only row, cut */
	uint64_t serial;    /* of the page that they are of */
	uint32_t session;   /* and which session is current */
	int columns, space; /* and for which size */
	int top;            /* the first row shown */
	int height;         /* rows shown, the foot among them */
};

void pager_init(struct pager *pager);
void pager_free(struct pager *pager);

/* Makes the rows that have to be made. Of `space` rows the page takes as many as it needs,
 * returned, and leaves a part to the transcript; while it is open it gives none back. Another page
 * than before, or one about another session, begins at its top. */
int pager_fill(struct pager *pager, struct app *app, int columns, int space);

/* The row at this height, NULL below the last one. */
const struct row *pager_row(const struct pager *pager, int y);

/* Towards the end, or with a negative number the top; no further than either. */
void pager_scroll(struct pager *pager, int rows);
