// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/pattern.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <wctype.h>

#include "base/alloc.h"

/* A byte of the pattern may become four characters: "\x9b". */
enum { WANTED_MOST = 4 * PATTERN_MAX };

/* The character at the front, and its length; what is none is one byte that has no case. */
static size_t next_char(const char *text, size_t len, wchar_t *wc)
{
	mbstate_t state = { 0 };
	size_t taken = mbrtowc(wc, text, len, &state);
	if (taken > 0 && taken <= len)
		return taken;
	*wc = L'\0';
	return 1;
}

bool pattern_has_capital(const char *text, size_t len)
{
	wchar_t wc;
	for (size_t at = 0; at < len;) {
		at += next_char(text + at, len - at, &wc);
		if (iswupper((wint_t)wc))
			return true;
	}
	return false;
}

/* Where the capital is as long as the letter itself. */
static void add_letter(struct pattern *pattern, const char *small, size_t len, wchar_t wc)
{
	char capital[16]; /* MB_CUR_MAX of any locale */
	mbstate_t state = { 0 };
	wchar_t upper = (wchar_t)towupper((wint_t)wc);
	struct pattern_letter *letter = &pattern->letter[pattern->letters];
	if (upper == wc || len > PATTERN_LETTER || wcrtomb(capital, upper, &state) != len)
		return;
	for (size_t i = 0; i < pattern->letters; i++)
		if (pattern->letter[i].len == len &&
		    memcmp(pattern->letter[i].small, small, len) == 0)
			return;
	memcpy(letter->capital, capital, len);
	memcpy(letter->small, small, len);
	letter->len = (unsigned char)len;
	letter->next = pattern->second[(unsigned char)capital[1]];
	pattern->leads[(unsigned char)capital[0]] = true;
	pattern->second[(unsigned char)capital[1]] = (unsigned char)++pattern->letters;
}

void pattern_init(struct pattern *pattern, const char *text, size_t len)
{
	memset(pattern, 0, sizeof *pattern);
	pattern->len = len < PATTERN_MAX ? len : PATTERN_MAX;
	memcpy(pattern->bytes, text, pattern->len);
	pattern->folds = !pattern_has_capital(text, pattern->len);
	for (size_t at = 0; pattern->folds && at < pattern->len;) {
		wchar_t wc;
		size_t taken = next_char(text + at, pattern->len - at, &wc);
		if (taken > 1)
			add_letter(pattern, text + at, taken, wc);
		at += taken;
	}
}

/* Eight bytes at a time: bit 7 of `capitals` for each that is one of A to Z. Bytes of other
 * characters in UTF-8 are above 0x7f, and no sum carries into the next byte. */
static void fold_ascii(char *bytes, size_t len)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	size_t at = 0;
	for (; at + sizeof ones <= len; at += sizeof ones) {
		uint64_t word;
		memcpy(&word, bytes + at, sizeof word);
		uint64_t low = word & (0x7f * ones);
		uint64_t from_a = low + (0x80 - 'A') * ones, beyond_z = low + (0x7f - 'Z') * ones;
		uint64_t capitals = from_a & ~beyond_z & ~word & (0x80 * ones);
		word |= capitals >> 2;
		memcpy(bytes + at, &word, sizeof word);
	}
	for (; at < len; at++)
		if (bytes[at] >= 'A' && bytes[at] <= 'Z')
			bytes[at] |= 0x20;
}

/* In a text of that script every other byte is such a lead: so the second byte decides. */
static void fold_letters(const struct pattern *pattern, char *bytes, size_t len)
{
	for (size_t at = 0; at + 1 < len; at++) {
		if (!pattern->leads[(unsigned char)bytes[at]])
			continue;
		unsigned i = pattern->second[(unsigned char)bytes[at + 1]];
		for (; i > 0; i = pattern->letter[i - 1].next) {
			const struct pattern_letter *letter = &pattern->letter[i - 1];
			if (letter->len > len - at ||
			    memcmp(letter->capital, bytes + at, letter->len) != 0)
				continue;
			memcpy(bytes + at, letter->small, letter->len);
			at += letter->len - 1;
			break;
		}
	}
}

void pattern_fold(const struct pattern *pattern, char *bytes, size_t len)
{
	if (!pattern->folds)
		return;
	fold_ascii(bytes, len);
	if (pattern->letters > 0)
		fold_letters(pattern, bytes, len);
}

const char *pattern_search(const struct pattern *pattern, const char *bytes, size_t len)
{
	return memmem(bytes, len, pattern->bytes, pattern->len);
}

/* One character of a row. */
static wchar_t fold_char(const struct pattern *pattern, wchar_t wc)
{
	if (!pattern->folds)
		return wc;
	if (wc < 0x80)
		return wc >= L'A' && wc <= L'Z' ? wc | 0x20 : wc;
	return (wchar_t)towlower((wint_t)wc);
}

/* ---- marks ---- */

void pattern_mark_bytes(const char *bytes, size_t len, const char *find, size_t find_len,
                        bool *found)
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

/* The text as characters of a row. */
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

/* The glyph after the hit that begins with this character of this glyph; 0 for none. */
static size_t match_at(const struct row *row, size_t glyph, size_t character,
                       const struct pattern *pattern, const wchar_t *wanted, size_t count)
{
	size_t matched = 0;
	for (; glyph < row->count && matched < count; glyph++, character = 0) {
		const struct glyph *here = &row->glyphs[glyph];
		for (; character < here->count && matched < count; character++, matched++)
			if (fold_char(pattern, here->chars[character]) != wanted[matched])
				return 0;
	}
	return matched == count ? glyph : 0;
}

void pattern_mark_row(struct row *row, const char *find, size_t len)
{
	wchar_t wanted[WANTED_MOST + GLYPH_CHARS];
	size_t count = len <= PATTERN_MAX ? widen(find, len, wanted) : 0;
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
