// SPDX-License-Identifier: GPL-3.0-or-later
/* told: what a reading tells beside the segments, as strokes: states, timers, what waits, what was
 * dropped, for how many calls it stands. Private to this directory. */
#pragma once

#include "view/ladder/scene.h"
#include "view/ladder/stroke.h"

/* A state stands on the last stroke where its margin is free there. */
void told_draw(const struct scene *scene, struct strokes *strokes);
