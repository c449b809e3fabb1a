// SPDX-License-Identifier: GPL-3.0-or-later
/* annotation: what a reading tells beside the segments, as strokes: states, timers, what waits, what was
 * dropped, for how many calls it stands. Private to this directory. */
#pragma once

#include "view/ladder/context.h"
#include "view/ladder/arrow.h"

/* A state stands on the last stroke where its margin is free there. */
void annotation_draw(const struct context *context, struct arrows *arrows);
