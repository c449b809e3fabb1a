// SPDX-License-Identifier: GPL-3.0-or-later
/* listing: cells in aligned columns, as text. Private to this layer. */
#pragma once

#include "base/buf.h"

enum { LISTING_COLUMNS = 10 };

struct listing {
	size_t columns;             /* at most LISTING_COLUMNS */
	int width[LISTING_COLUMNS]; /* of the widest cell of each column */
	size_t count;               /* cells, row by row */
	struct buf cells;           /* each ended by NUL */
};

void listing_init(struct listing *listing, size_t columns);
void listing_free(struct listing *listing);
void listing_add(struct listing *listing, const char *format, ...)
        __attribute__((format(printf, 2, 3)));

/* Appends the rows, two blanks between columns, a line feed between rows, none after the last. */
void listing_print(const struct listing *listing, struct buf *out);
