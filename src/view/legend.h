// SPDX-License-Identifier: GPL-3.0-or-later
/* legend: the marks that rows and drawings have, and what they mean: for /help marks and for a report. */
#pragma once

#include <stdbool.h>

struct legend_mark {
	const char *mark;
	const char *ascii; /* where the locale cannot show it; NULL: the same */
	const char *help;
	bool of_tabs; /* only the tabs of the window have it */
};

/* Ended by a NULL mark. */
extern const struct legend_mark legend_table[];

/* As the locale can show it. */
const char *legend_sign(const struct legend_mark *mark);
