// SPDX-License-Identifier: GPL-3.0-or-later
/* stream: the newest bytes that a session sent, as three rulers one under the other: the send()
 * calls they came from, the segments they left in, and the recv() calls that got them where the
 * other end is ours; and below, what the samples say of why some of them waited. */
#pragma once

#include "view/view.h"

/* Of view->session towards view->other (0 = not ours), laid out for view->columns.
 * Replaces what was in `rows`. */
void stream_draw(const struct view *view, struct rows *rows);
