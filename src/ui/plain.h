// SPDX-License-Identifier: GPL-3.0-or-later
/* plain: the frontend for screen readers and terminals that cannot move the cursor: readline's line
 * at the bottom, no curses. */
#pragma once

#include "ui/ui.h"

/* NULL with one line where there is no terminal. */
struct ui *plain_new(const struct ui_hooks *hooks, struct error *error);
