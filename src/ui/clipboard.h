// SPDX-License-Identifier: GPL-3.0-or-later
/* clipboard: the escape sequence that puts bytes on the clipboard of a terminal, OSC 52 of xterm's
 * "Control Sequences", also through tmux and screen. */
#pragma once

#include "base/buf.h"

/* Appends it. */
void clipboard_sequence(const struct buf *bytes, struct buf *out);
