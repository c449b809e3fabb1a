// SPDX-License-Identifier: GPL-3.0-or-later
/* lines: the frontend of a lesson without a terminal. Lines of standard input are what a person types; entries and the
 * lesson are printed on standard output, as in plain mode. A line is taken when it is the person's turn; with the
 * last one the program ends. */
#pragma once

#include "ui/ui.h"

struct ui *lines_new(const struct ui_hooks *hooks);
