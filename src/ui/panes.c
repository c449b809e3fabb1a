// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/panes.h"

#include <string.h>

void panes_init(struct panes *panes)
{
	*panes = (struct panes){ 0 };
	pane_init(&panes->shown);
}

void panes_free(struct panes *panes)
{
	pane_free(&panes->shown);
}

static void drop(struct panes *panes, size_t at)
{
	panes->count--;
	memmove(&panes->left[at], &panes->left[at + 1],
	        (panes->count - at) * sizeof panes->left[0]);
}

/* The scratch rows stay with the pane that is shown, whichever that is. */
static void leave(struct panes *panes)
{
	if (panes->shown.follow)
		return;
	if (panes->count == PANES_KEPT)
		drop(panes, 0);
	struct pane_left *left = &panes->left[panes->count++];
	*left = (struct pane_left){ .session = panes->session, .pane = panes->shown };
	left->pane.scratch = (struct rows){ 0 };
}

/* The height is that of the screen now. */
static void come_back(struct panes *panes, size_t at)
{
	struct pane pane = panes->left[at].pane;
	pane.height = panes->shown.height;
	pane.scratch = panes->shown.scratch;
	panes->shown = pane;
	drop(panes, at);
}

bool panes_turn(struct panes *panes, uint32_t session)
{
	if (session == panes->session)
		return false;
	leave(panes);
	panes->session = session;
	size_t at = 0;
	while (at < panes->count && panes->left[at].session != session)
		at++;
	if (at < panes->count)
		come_back(panes, at);
	else
		pane_to_end(&panes->shown);
	return true;
}
