// SPDX-License-Identifier: GPL-3.0-or-later
/* window: the full-screen frontend: from the top the open page, the transcript, the tabs, the
 * status line, the line being typed. */
#pragma once

#include "ui/ui.h"

/* NULL with one line if there is no terminal, or it cannot place the cursor. */
struct ui *window_new(const struct ui_hooks *hooks, struct error *error);
