// SPDX-License-Identifier: GPL-3.0-or-later
/* secret_line: a line typed unseen. It does not go through readline, whose kill ring, undo list and
 * history would keep parts of it. Its memory is overwritten afterwards. */
#pragma once

#include <stddef.h>

#include "ui/keys.h"

struct secret_line {
	char *text; /* one block, since growing would leave copies */
	size_t len;
};

enum secret_line_key {
	SECRET_LINE_TAKEN,
	SECRET_LINE_REFUSED, /* the key has no effect here, or there is no room */
	SECRET_LINE_ENTERED,
	SECRET_LINE_DROPPED,
};

/* Characters and pastes are appended; Backspace and Ctrl-U erase; Enter ends the line; Ctrl-C,
 * Escape and, on an empty line, Ctrl-D drop it. */
enum secret_line_key secret_line_take(struct secret_line *line, const struct key *key);

/* Overwrites and frees it. */
void secret_line_wipe(struct secret_line *line);
