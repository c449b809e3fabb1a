// SPDX-License-Identifier: GPL-3.0-or-later
/* search_window: a stretch of the bytes that a view shows, entry behind entry in one piece, so that one
 * memmem() goes over thousands of small calls. Private to this directory. */
#pragma once

#include "view/cursor.h"
#include "view/find.h"

enum { SEARCH_WINDOW_BYTES = 1 << 16, SEARCH_WINDOW_PIECES = 1 << 10 };

/* Payload of one entry, from `offset` on. */
struct search_window_piece {
	uint64_t position;
	uint32_t offset;
	uint32_t begin; /* in the stretch */
	bool joins;     /* goes on with the run of the piece before it */
};

struct search_window {
	struct pattern pattern;
	/* bytes[low..split) is the stretch, bytes[split..high) what hits may go on into */
	size_t low, split, high;
	size_t first, last; /* the pieces of both */
	struct search_window_piece piece[SEARCH_WINDOW_PIECES + FIND_MAX + 1];
	char bytes[SEARCH_WINDOW_BYTES + FIND_MAX];
};

/* Whether a walk should stop at the entry that it has come to. */
typedef bool search_window_stop(void *context, const struct cursor *cursor);

/* The stretch before (behind) the cursor, which moves over it. False when nothing is left, or at an
 * entry that `stop` wants, of which the stretch has nothing yet. *stopped tells them apart. */
bool search_window_take_older(struct search_window *stack, struct cursor *at,
                              search_window_stop *stop, void *context, bool *stopped);
bool search_window_take_newer(struct search_window *stack, struct cursor *at,
                              search_window_stop *stop, void *context, bool *stopped);

/* The newest (oldest) hit that begins in the stretch: its first byte. Folds the stretch. */
bool search_window_search(struct search_window *stack, bool newest, struct location *hit);
