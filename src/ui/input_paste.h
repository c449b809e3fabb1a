// SPDX-License-Identifier: GPL-3.0-or-later
/* input_paste: makes text fit for a line out of whatever was in the clipboard. Part of input, but
 * knows no readline. */
#pragma once

#include <stddef.h>

#include "base/buf.h"

/* CR and CR LF become LF, NUL is dropped, what is no character becomes U+FFFD or '?', and line ends
 * at the end are cut. */
void paste_clean(const char *bytes, size_t len, struct buf *out);

/* Control characters become blanks, and only the first `most` bytes stay, or less, to the end of a
 * character. */
void paste_flatten(struct buf *text, size_t most);
