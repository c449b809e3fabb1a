// SPDX-License-Identifier: GPL-3.0-or-later
/* acked: that the FIN of a close() is acknowledged is told by both ends where both are ours: the
 * one that acknowledges it counts a segment, and of the other, whose descriptor is gone, the state
 * says so. Whichever stands first in the transcript draws the ACK. Private to this directory. */
#pragma once

#include "view/ladder/scene.h"

/* A reading of a closed session tells by its state that its FIN was acknowledged, and nobody has
 * counted that before. */
bool acked_is_new(const struct scene *scene);

/* How many of the bare segments that this end has sent are to be drawn. With both ends ours those to
 * an end that has closed, but for what that one had counted before, or has told by its state since:
 * all others are drawn by who gets them. */
uint64_t acked_left(const struct scene *scene, uint64_t bare);
