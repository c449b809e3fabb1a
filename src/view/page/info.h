// SPDX-License-Identifier: GPL-3.0-or-later
/* info: the kernel's view of one session as a page: state and timer, how full each buffer is, what
 * is in flight and what is held back, the windows, what was sent again, and what sending waits for.
 * Every value has the mark of how it is known; one that the kernel does not give is "not
 * available". */
#pragma once

#include "view/page/snapshot.h"
#include "view/row.h"

/* `other`: the other end, where that is a session of ours too; else NULL. Replaces what was in
 * `rows`. */
void info_draw(const struct snapshot *snapshot, const struct snapshot *other, int columns,
               struct rows *rows);

/* The same without its heading, as HTML. */
void info_write(const struct snapshot *snapshot, const struct snapshot *other, struct buf *out);
