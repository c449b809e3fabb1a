// SPDX-License-Identifier: GPL-3.0-or-later
/* chat: what was said. The other views show notes and states as the chat does. Private to this
 * directory. */
#pragma once

#include "view/cursor.h"

/* Appends at least one row for the paragraph that begins at the cursor. */
void chat_layout(const struct cursor *begin, struct rows *rows);
