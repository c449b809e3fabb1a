// SPDX-License-Identifier: GPL-3.0-or-later
/* find_around: which bytes of a stretch are part of a hit, also of one that begins before it or
 * ends after it, as far as the bytes there would be joined. Private to this directory. */
#pragma once

#include "view/cursor.h"

/* found[i] for each of the `len` bytes from `begin` on, which are there; all false where the view
 * looks for nothing. */
void find_around(const struct cursor *begin, uint32_t len, bool *found);
