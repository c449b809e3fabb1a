// SPDX-License-Identifier: GPL-3.0-or-later
/* wire: the segments that a reading tells of, as strokes. With both ends ours each is drawn once:
 * by who sends it, a bare ACK by who gets it. Private to this directory. */
#pragma once

#include "view/ladder/scene.h"
#include "view/ladder/stroke.h"

/* From the margin of that side to the other, or back. */
enum stroke_way wire_out(const struct scene *scene);
enum stroke_way wire_in(const struct scene *scene);

/* The handshake of connect(), as far as it was counted; where nothing counts, as its result has
 * it. */
void wire_connect(const struct scene *scene, struct strokes *strokes);

/* The handshake in front of accept(): deduced, a client's connect() counts it. */
void wire_accept(const struct scene *scene, struct strokes *strokes);

/* Everything that was counted. `outward`: by a call, so that what was sent came first. */
void wire_draw(const struct scene *scene, bool outward, struct strokes *strokes);

/* What a call that nobody counted must have sent, or received. */
void wire_deduce(const struct scene *scene, struct strokes *strokes);
