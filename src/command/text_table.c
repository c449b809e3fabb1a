// SPDX-License-Identifier: GPL-3.0-or-later
#include "command/text_table.h"

#include <assert.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

enum { CELL_MAX = 512 };

void text_table_begin(struct text_table *table, size_t columns)
{
	assert(columns > 0 && columns <= TEXT_TABLE_COLUMNS);
	*table = (struct text_table){ .columns = columns, .cells = { .max = SIZE_MAX } };
}

void text_table_add(struct text_table *table, const char *format, ...)
{
	char cell[CELL_MAX];
	va_list args;
	va_start(args, format);
	vsnprintf(cell, sizeof cell, format, args);
	va_end(args);
	size_t column = table->count++ % table->columns;
	int width = text_columns(cell, strlen(cell));
	if (width > table->width[column])
		table->width[column] = width;
	buf_append(&table->cells, cell, strlen(cell) + 1);
}

void text_table_end(struct text_table *table, struct buf *out)
{
	const char *cell = buf_data(&table->cells);
	for (size_t i = 0; i < table->count; i++, cell += strlen(cell) + 1) {
		size_t column = i % table->columns;
		buf_printf(out, "%s%s", i == 0 ? "" : column == 0 ? "\n" : "  ", cell);
		if (column + 1 < table->columns)
			buf_printf(out, "%*s",
			           table->width[column] - text_columns(cell, strlen(cell)), "");
	}
	buf_free(&table->cells);
}
