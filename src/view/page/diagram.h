// SPDX-License-Identifier: GPL-3.0-or-later
/* diagram: the states of TCP as a drawing, or as a list where that has no room. Private to this
 * directory. */
#pragma once

#include "view/page/states.h"

enum { DIAGRAM_COLUMNS = 78, DIAGRAM_ROWS = 13, DIAGRAM_NODES = 12 };

/* Appends exactly DIAGRAM_ROWS rows, in the middle of the columns. */
void diagram_draw(const struct states_end *mine, const struct states_end *other, int columns,
                  struct rows *rows);

/* Appends a row for each state. */
void diagram_list(const struct states_end *mine, const struct states_end *other, int columns,
                  struct rows *rows);
