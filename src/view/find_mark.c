// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/find.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

/* A byte of what is looked for may become four characters: "\x9b". */
enum { WANTED_MOST = 4 * FIND_MAX };

void find_mark_bytes(const char *bytes, size_t len, const char *find, size_t find_len, bool *found)
{
	struct pattern pattern;
	pattern_init(&pattern, find, find_len);
	memset(found, 0, len * sizeof *found);
	if (pattern.len == 0 || len < pattern.len)
		return;
	char *copy = xmalloc(len);
	memcpy(copy, bytes, len);
	pattern_fold(&pattern, copy, len);
	size_t marked = 0; /* all before it are decided */
	for (size_t at = 0; at < len; at++) {
		const char *hit = pattern_search(&pattern, copy + at, len - at);
		if (!hit)
			break;
		at = (size_t)(hit - copy);
		marked = marked > at ? marked : at;
		memset(found + marked, true, (at + pattern.len - marked) * sizeof *found);
		marked = at + pattern.len;
	}
	free(copy);
}

/* What is looked for, as characters of a row. */
static size_t widen(const char *find, size_t len, wchar_t out[WANTED_MOST + GLYPH_CHARS])
{
	size_t count = 0;
	for (size_t at = 0; at < len && count < WANTED_MOST;) {
		struct glyph glyph;
		at += text_glyph(find + at, len - at, -1, &glyph);
		wmemcpy(out + count, glyph.chars, glyph.count);
		count += glyph.count;
	}
	return count;
}

/* The glyph behind the hit that begins with this character of this glyph; 0 for none. */
static size_t match_at(const struct row *row, size_t glyph, size_t character,
                       const struct pattern *pattern, const wchar_t *wanted, size_t count)
{
	size_t matched = 0;
	for (; glyph < row->count && matched < count; glyph++, character = 0) {
		const struct glyph *here = &row->glyphs[glyph];
		for (; character < here->count && matched < count; character++, matched++)
			if (pattern_fold_char(pattern, here->chars[character]) != wanted[matched])
				return 0;
	}
	return matched == count ? glyph : 0;
}

void find_mark_row(struct row *row, const char *find, size_t len)
{
	wchar_t wanted[WANTED_MOST + GLYPH_CHARS];
	size_t count = len <= FIND_MAX ? widen(find, len, wanted) : 0;
	struct pattern pattern;
	pattern_init(&pattern, find, len);
	for (size_t i = 0; count > 0 && i < row->count; i++) {
		size_t end = 0;
		for (size_t j = 0; j < row->glyphs[i].count && !end; j++)
			end = match_at(row, i, j, &pattern, wanted, count);
		for (size_t k = i; k < end; k++)
			row->glyphs[k].style = STYLE_FOUND;
	}
}

bool find_row_is_marked(const struct row *row)
{
	for (size_t i = 0; i < row->count; i++)
		if (row->glyphs[i].style == STYLE_FOUND)
			return true;
	return false;
}
