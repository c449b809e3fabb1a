// SPDX-License-Identifier: GPL-3.0-or-later
#include "command/text_table.h"

#include <assert.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

enum { CELL_MAX = 512 };

void listing_init(struct listing *listing, size_t columns)
{
	assert(columns > 0 && columns <= LISTING_COLUMNS);
	*listing = (struct listing){ .columns = columns, .cells = { .max = SIZE_MAX } };
}

void listing_free(struct listing *listing)
{
	buf_free(&listing->cells);
}

void listing_add(struct listing *listing, const char *format, ...)
{
	char cell[CELL_MAX];
	va_list args;
	va_start(args, format);
	vsnprintf(cell, sizeof cell, format, args);
	va_end(args);
	size_t column = listing->count++ % listing->columns;
	int width = text_columns(cell, strlen(cell));
	if (width > listing->width[column])
		listing->width[column] = width;
	buf_append(&listing->cells, cell, strlen(cell) + 1);
}

/* The last column is not padded. */
static void print_cell(const struct listing *listing, size_t index, const char *cell,
                       struct buf *out)
{
	size_t column = index % listing->columns;
	if (index > 0)
		buf_append_text(out, column == 0 ? "\n" : "  ");
	buf_append_text(out, cell);
	if (column + 1 < listing->columns)
		buf_printf(out, "%*s", listing->width[column] - text_columns(cell, strlen(cell)),
		           "");
}

void listing_print(const struct listing *listing, struct buf *out)
{
	const char *cell = buf_data(&listing->cells);
	for (size_t i = 0; i < listing->count; i++) {
		print_cell(listing, i, cell, out);
		cell += strlen(cell) + 1;
	}
}
