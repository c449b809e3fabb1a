// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/candidates.h"

#include <string.h>

#include "base/text.h"

enum { GAP = 2 };

/* A slash at the beginning belongs to a command, one at the end to a directory. */
static const char *shown_part(const char *name)
{
	size_t len = strlen(name);
	for (size_t i = len > 1 ? len - 1 : 0; i > 1; i--)
		if (name[i - 1] == '/')
			return name + i;
	return name;
}

static int width_of(const char *name)
{
	return text_columns(name, strlen(name));
}

static int widest(char *const *names, size_t count)
{
	int most = 1;
	for (size_t i = 0; i < count; i++) {
		int width = width_of(shown_part(names[i]));
		most = width > most ? width : most;
	}
	return most;
}

static void add_padded(struct buf *out, const char *name, int width)
{
	buf_append_text(out, name);
	for (int i = width_of(name); i < width; i++)
		buf_append(out, " ", 1);
}

void candidates_format(char *const *names, size_t count, int columns, struct buf *out)
{
	size_t shown = count < CANDIDATES_MOST ? count : CANDIDATES_MOST;
	int width = widest(names, shown) + GAP;
	size_t across = columns / width > 1 ? (size_t)(columns / width) : 1;
	size_t rows = (shown + across - 1) / across;
	for (size_t row = 0; row < rows; row++) {
		if (row > 0)
			buf_append(out, "\n", 1);
		for (size_t i = row; i < shown; i += rows)
			add_padded(out, shown_part(names[i]), i + rows < shown ? width : 0);
	}
	if (count > shown)
		buf_printf(out, "\n%s %zu more", text_has_unicode() ? "…" : "...", count - shown);
}
