// SPDX-License-Identifier: GPL-3.0-or-later
/* clipboard: the escape sequence by which a terminal takes bytes for its clipboard, OSC 52, also
 * through tmux and screen. */
#pragma once

#include "base/buf.h"

/* Appends it. */
void clipboard_sequence(const struct buf *bytes, struct buf *out);
