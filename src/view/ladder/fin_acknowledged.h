// SPDX-License-Identifier: GPL-3.0-or-later
/* fin_acknowledged: that the FIN of a close() is acknowledged is told by both ends where both are ours: the
 * one that acknowledges it counts a segment, and of the other, whose descriptor is gone, the state
 * says so. Whichever stands first in the transcript draws the ACK. Private to this directory. */
#pragma once

#include "view/ladder/context.h"

/* A reading of a closed session tells by its state that its FIN was acknowledged, and nobody has
 * counted that before. */
bool fin_acknowledged_is_new(const struct context *context);

/* How many of the bare segments that this end has sent are to be drawn. With both ends ours those to
 * an end that has closed, but for what that one had counted before, or has told by its state since:
 * all others are drawn by who gets them. */
uint64_t fin_acknowledged_left(const struct context *context, uint64_t bare);
