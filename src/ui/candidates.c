// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/candidates.h"

#include <string.h>

#include "base/text.h"

enum { GAP = 2 };

/* The length of the folder that all names have in common, with its slash: a file is shown without it.
 * A slash at the beginning belongs to a command, one at the end to a folder. */
static size_t common_folder(char *const *names, size_t count)
{
	size_t common = count ? strlen(names[0]) : 0;
	for (size_t i = 0; i < count; i++) {
		size_t len = strlen(names[i]), same = 0;
		while (same < common && same + 1 < len && names[i][same] == names[0][same])
			same++;
		common = same;
	}
	while (common > 1 && names[0][common - 1] != '/')
		common--;
	return common > 1 ? common : 0;
}

static int width_of(const char *name)
{
	return text_columns(name, strlen(name));
}

static int widest(char *const *names, size_t count, size_t hidden)
{
	int most = 1;
	for (size_t i = 0; i < count; i++) {
		int width = width_of(names[i] + hidden);
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
	size_t hidden = common_folder(names, shown);
	int width = widest(names, shown, hidden) + GAP;
	size_t across = columns / width > 1 ? (size_t)(columns / width) : 1;
	size_t rows = (shown + across - 1) / across;
	for (size_t row = 0; row < rows; row++) {
		if (row > 0)
			buf_append(out, "\n", 1);
		for (size_t i = row; i < shown; i += rows)
			add_padded(out, names[i] + hidden, i + rows < shown ? width : 0);
	}
	if (count > shown)
		buf_printf(out, "\n%s %zu more", text_has_unicode() ? "…" : "...", count - shown);
}
