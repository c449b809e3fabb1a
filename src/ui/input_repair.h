// SPDX-License-Identifier: GPL-3.0-or-later
/* input_repair: keeps readline's line text. Part of input: nobody else includes it. */
#pragma once

/* Makes escapes (byte_escape.h) of bytes on the line that are no character, and takes the cursor out
 * of the middle of one: vi's commands loop forever on such text. Macros of inputrc bring it in, and
 * marks that point into a character. A NUL, which vi's redo brings in, goes. */
void input_repair(void);
