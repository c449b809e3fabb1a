// SPDX-License-Identifier: GPL-3.0-or-later
/* chat: the rows of one paragraph as the chat shows it. Private to this directory. */
#pragma once

#include "view/cursor.h"

/* Appends at least one row for the paragraph that begins at the cursor. */
void chat_layout(const struct cursor *begin, struct rows *rows);
