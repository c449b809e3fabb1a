// SPDX-License-Identifier: GPL-3.0-or-later
/* hex: the rows of one piece of what a call moved, as offsets, hexadecimal digits and text. Private
 * to this directory. A paragraph is at most VIEW_PIECE bytes of one entry's payload, cut at
 * multiples of VIEW_PIECE from its begin; notes and states look as in the chat.
 *
 *	21:04:11.005 ←  recv(1024) = 15                                         15 bytes
 *	← 0000  48 65 6c 6c 6f 2c 20 73  65 72 76 65 72 21 0a     Hello, server!.
 *
 * Offsets count from the call's first byte, which the row with the call is above; where that has
 * been scrolled away, the arrow of each row still tells the direction. A row has 32, 16, 8, 4, 2 or
 * 1 bytes, as many as fit. A character of several bytes stands above the first of them, where all
 * are in one row. */
#pragma once

#include "view/cursor.h"

/* Appends at least one row for the bytes of the cursor's entry from its offset on. */
void hex_layout(const struct cursor *begin, struct rows *rows);
