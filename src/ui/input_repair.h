// SPDX-License-Identifier: GPL-3.0-or-later
/* input_repair: keeps readline's line text. Part of input: nobody else includes it. */
#pragma once

/* Takes what is no character out of the line, and the cursor out of the middle of one: vi's
 * commands loop for ever on such text. File names that were completed bring it in, marks that point
 * into a character, vi's redo a NUL. */
void input_repair(void);
