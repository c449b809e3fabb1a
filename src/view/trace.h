// SPDX-License-Identifier: GPL-3.0-or-later
/* trace: the rows of one call, or of what the kernel said between two: the call with its result,
 * what it changed, what was measured. The three stand in columns where the pane is wide, one behind
 * the other where it is not, and in a very narrow one the measures are left away. Private to this
 * directory. */
#pragma once

#include "view/cursor.h"

/* Whether there is a row for such an entry: not for a reading that tells nothing new. */
bool trace_tells(const struct view *view, uint64_t position, const struct entry *entry);

/* Appends at least one row for the cursor's entry, which is no note and no state. */
void trace_layout(const struct cursor *begin, struct rows *rows);
