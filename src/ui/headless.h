// SPDX-License-Identifier: GPL-3.0-or-later
/* headless: the frontend for a script without a terminal. */
#pragma once

#include "ui/ui.h"

/* `comments`: answers and what is wrong go to standard output, each line after "# ", as TAP has it. */
struct ui *headless_new(const struct ui_hooks *hooks, int verbose, bool comments);
