// SPDX-License-Identifier: GPL-3.0-or-later
/* ladder_frame: what a ladder shows of a frame that was seen on the wire. One that leaves a host and
 * arrives at the other at once is one arrow; else both are rows, so that a delay is seen. What the
 * cable did to it is said where it left. Private to this directory. */
#pragma once

#include "view/ladder/ladder_row.h"

void ladder_draw_frame(const struct view *view, uint64_t position, const struct entry *entry,
                       struct ladder_rows *rows);

/* Whether the frame has rows of its own. */
bool ladder_shows_frame(const struct view *view, uint64_t position, const struct entry *entry);

/* Whether it is a datagram of the session at the right and of somebody else: its socket may have many
 * peers, and this ladder is of one. */
bool ladder_is_with_another(const struct view *view, const struct entry *entry);

/* Whether what happened in this time was seen on the wire, which may have been switched on after it
 * or off before it: then no other way of knowing it counts. `opens`: a connection that was opened
 * then may have had to wait for an address of the link. */
bool ladder_is_seen(const struct view *view, int64_t begin, int64_t end, bool opens);

/* Whether one is the departure of what arrives in the other. */
bool ladder_is_same_frame(const struct view *view, uint64_t one, uint64_t other);
