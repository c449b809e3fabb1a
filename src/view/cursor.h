// SPDX-License-Identifier: GPL-3.0-or-later
/* cursor: a walk over the entries that a view shows, and within runs over their bytes. A run is
 * what may be joined: the parts of one note, in the chat the stream entries of one direction with
 * nothing else shown between them, or a single other entry. Private to this directory. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "view/view_ops.h"

/* A location with its entry at hand. At an offset of the payload's length the next byte is the next
 * entry's. */
struct cursor {
	const struct view *view;
	const struct entry *entry;
	uint64_t position;
	uint32_t offset;
};

/* False if the location's entry has been evicted, or the view does not show it. */
bool cursor_at(struct cursor *cursor, const struct view *view, struct location location);
struct location cursor_location(const struct cursor *cursor);

/* The oldest and newest entry shown, the one shown before or after the cursor's; false, and nothing
 * changed, if there is none. Going back, the cursor is then after the payload, going forward before
 * it. */
bool cursor_first(struct cursor *cursor, const struct view *view);
bool cursor_last(struct cursor *cursor, const struct view *view);
bool cursor_before(struct cursor *cursor);
bool cursor_after(struct cursor *cursor);

/* The same from an entry that the view need not show; after one that has been evicted comes the
 * oldest. */
bool cursor_near_before(struct cursor *cursor, const struct view *view, uint64_t position);
bool cursor_near_after(struct cursor *cursor, const struct view *view, uint64_t position);

/* To the next entry of the run, or after the one before; false at its ends. *evicted: there was
 * more. */
bool run_forward(struct cursor *cursor);
bool run_backward(struct cursor *cursor, bool *evicted);

/* Puts the cursor onto a byte of the run: before the next entry that has one. False at the end
 * of the run, the cursor then on its last entry. */
bool run_settle(struct cursor *cursor);

/* One byte back within the run; false at its beginning, the cursor then on its first entry. */
bool run_step_back(struct cursor *cursor);
