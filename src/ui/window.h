// SPDX-License-Identifier: GPL-3.0-or-later
/* window: the frontend on a whole screen, by curses and readline: from the top the page, where one
 * is open, the transcript, the tabs, the status line, the line being typed. */
#pragma once

#include "ui/ui.h"

/* NULL with one line where there is no terminal, or it cannot place a cursor. */
struct ui *window_new(const struct ui_hooks *hooks, struct error *error);
