// SPDX-License-Identifier: GPL-3.0-or-later
/* pager: a page in the place of the pane: rows that are made anew for each frame, of which as many
 * are shown as fit, from a row on that stays while they change. Begins at the top. The last row
 * tells how to send it away. No curses. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "app/app.h"

struct pager {
	struct rows rows;
	struct rows foot; /* the row below them */
	enum page page;
	uint32_t session;
	int top;    /* the first row shown */
	int height; /* as it was filled last, the foot among it */
};

void pager_init(struct pager *pager);
void pager_free(struct pager *pager);

/* Makes the rows anew; the page or the session may be another than before: then from its top. */
void pager_fill(struct pager *pager, struct app *app, int columns, int height);

/* The row at this height, NULL below the last one. */
const struct row *pager_row(const struct pager *pager, int y);

/* Towards the end, or with a negative number the top; no further than either. */
void pager_scroll(struct pager *pager, int rows);
