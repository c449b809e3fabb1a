// SPDX-License-Identifier: GPL-3.0-or-later
/* text_table: cells in aligned columns, as text. */
#pragma once

#include "base/buf.h"

enum { TEXT_TABLE_COLUMNS = 10 };

struct text_table {
	size_t columns;                /* at most TEXT_TABLE_COLUMNS */
	int width[TEXT_TABLE_COLUMNS]; /* of the widest cell of each column */
	size_t count;                  /* cells, row by row */
	struct buf cells;              /* each ended by NUL */
};

void text_table_begin(struct text_table *table, size_t columns);
void text_table_add(struct text_table *table, const char *format, ...)
        __attribute__((format(printf, 2, 3)));

/* Appends the rows, two blanks between columns, a line feed between rows, none after the last; and
 * frees the table. */
void text_table_end(struct text_table *table, struct buf *out);
