// SPDX-License-Identifier: GPL-3.0-or-later
/* haystack: a stretch of the bytes that a view shows, entry behind entry in one piece, so that one
 * memmem() goes over thousands of small calls. Private to this directory. */
#pragma once

#include "view/cursor.h"
#include "view/find.h"

enum { HAYSTACK_BYTES = 1 << 16, HAYSTACK_PIECES = 1 << 10 };

/* Payload of one entry, from `offset` on. */
struct haystack_piece {
	uint64_t position;
	uint32_t offset;
	uint32_t begin; /* in the stretch */
	bool joins;     /* goes on with the run of the piece before it */
};

struct haystack {
	struct pattern pattern;
	/* bytes[low..split) is the stretch, bytes[split..high) what hits may go on into */
	size_t low, split, high;
	size_t first, last; /* the pieces of both */
	struct haystack_piece piece[HAYSTACK_PIECES + FIND_MAX + 1];
	char bytes[HAYSTACK_BYTES + FIND_MAX];
};

/* Whether a walk should stop at the entry that it has come to. */
typedef bool haystack_stop(void *context, const struct cursor *cursor);

/* The stretch before (behind) the cursor, which moves over it. False when nothing is left, or at an
 * entry that `stop` wants, of which the stretch has nothing yet. *stopped tells them apart. */
bool haystack_take_older(struct haystack *stack, struct cursor *at, haystack_stop *stop,
                         void *context, bool *stopped);
bool haystack_take_newer(struct haystack *stack, struct cursor *at, haystack_stop *stop,
                         void *context, bool *stopped);

/* The newest (oldest) hit that begins in the stretch: its first byte. Folds the stretch. */
bool haystack_search(struct haystack *stack, bool newest, struct place *hit);
