// SPDX-License-Identifier: GPL-3.0-or-later
/* input_paste: makes text fit for a line out of whatever was in the clipboard. Part of input, but
 * knows no readline. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* CR and CR LF become LF, what is no text becomes an escape (byte_escape.h), and one line end at the
 * end goes: Enter, which sends the line, takes its place. True if there was one. */
bool paste_clean(const char *bytes, size_t len, struct buf *out);

/* For a search, which looks for text on one line: control characters become blanks, escapes a '?',
 * and only the first `most` bytes stay, or less, to the end of a character. */
void paste_flatten(struct buf *text, size_t most);
