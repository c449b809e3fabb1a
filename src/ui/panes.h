// SPDX-License-Identifier: GPL-3.0-or-later
/* panes: the pane of the session that is shown, and where those were left that were scrolled back
 * when another session took their place. No curses. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ui/pane.h"

enum { PANES_KEPT = 32 }; /* beyond, the one left longest ago is at its end again */

struct pane_left {
	uint32_t session;
	struct pane pane;
};

struct panes {
	struct pane shown;
	uint32_t session;                  /* whose it is */
	struct pane_left left[PANES_KEPT]; /* in the order of leaving */
	size_t count;
};

void panes_init(struct panes *panes);
void panes_free(struct panes *panes);

/* `shown` is this session's from now on: where it was left, or at its end. True when it was
 * another's. */
bool panes_turn(struct panes *panes, uint32_t session);
