// SPDX-License-Identifier: GPL-3.0-or-later
/* headless: the frontend for a script without a terminal. */
#pragma once

#include "ui/ui.h"

/* What standard output has. */
enum headless_output {
	HEADLESS_ANSWERS,
	HEADLESS_COMMENTS, /* and what is wrong, each line after "# ", as TAP has it */
	HEADLESS_JSON,     /* nothing of ours, but a log; when its reader has gone, that ends us */
};

struct ui *headless_new(const struct ui_hooks *hooks, int verbose, enum headless_output output);
