// SPDX-License-Identifier: GPL-3.0-or-later
/* segments: the segments that a reading tells of, as strokes. With both ends ours each is drawn once:
 * by who sends it, a bare ACK by who gets it. Private to this directory. */
#pragma once

#include "view/ladder/context.h"
#include "view/ladder/arrow.h"

/* From the margin of that side to the other, or back. */
enum arrow_way segments_out(const struct context *context);
enum arrow_way segments_in(const struct context *context);

/* The handshake of connect(), as far as it was counted; where nothing counts, as its result has
 * it. */
void segments_connect(const struct context *context, struct arrows *arrows);

/* The handshake in front of accept(): deduced, a client's connect() counts it. */
void segments_accept(const struct context *context, struct arrows *arrows);

/* Everything that was counted. `outward`: by a call, so that what was sent came first. */
void segments_draw(const struct context *context, bool outward, struct arrows *arrows);

/* What a call that nobody counted must have sent, or received. */
void segments_deduce(const struct context *context, struct arrows *arrows);
