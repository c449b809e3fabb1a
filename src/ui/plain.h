// SPDX-License-Identifier: GPL-3.0-or-later
/* plain: the frontend for screen readers and for terminals that cannot move the cursor: lines, with
 * the line being typed below them. No curses. */
#pragma once

#include "ui/ui.h"

/* NULL with one line where there is no terminal. */
struct ui *plain_new(const struct ui_hooks *hooks, struct error *error);
