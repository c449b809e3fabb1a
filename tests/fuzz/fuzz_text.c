// SPDX-License-Identifier: GPL-3.0-or-later
/* Fuzzes text_glyph() and text_whole(). The first byte chooses the locale and the column, the rest
 * is the text. */
#include "base/text.h"

#include <locale.h>
#include <stdlib.h>
#include <wctype.h>

enum { C_LOCALE = 128 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
	if (!holds)
		abort();
}

static bool is_invisible(wchar_t wc)
{
	return wc == 0xad || wc == 0xfeff || (wc >= 0x200b && wc <= 0x200f) ||
	       (wc >= 0x2028 && wc <= 0x202e) || (wc >= 0x2060 && wc <= 0x206f) ||
	       (wc >= 0xfe00 && wc <= 0xfe0f) || (wc >= 0xe0000 && wc <= 0xe0fff) || wc == 0x115f ||
	       wc == 0x1160 || wc == 0x3164 || wc == 0xffa0;
}

static int width_of(wchar_t wc, bool is_mark)
{
	bool is_ascii = wc >= L' ' && wc <= L'~';
	require(is_mark ? is_ascii : iswprint((wint_t)wc) && !is_invisible(wc));
	return wcwidth(wc);
}

/* What a screen gets is printable, and as wide as it says. */
static void check_glyph(const struct glyph *glyph)
{
	int columns = 0;
	require(glyph->count > 0 && glyph->count <= (glyph->mark ? GLYPH_CHARS : 5));
	require(!glyph->chars[glyph->count] && !glyph->style);
	for (int i = 0; i < glyph->count; i++)
		columns += width_of(glyph->chars[i], glyph->mark);
	require(columns == glyph->width && glyph->width > 0);
	require(glyph->mark || glyph->width == wcwidth(glyph->chars[0]));
}

static int walk(const char *s, size_t n, int column)
{
	struct glyph glyph;
	int columns = 0;
	size_t at = 0;
	while (at < n) {
		size_t taken = text_glyph(s + at, n - at, column, &glyph);
		require(taken > 0 && taken <= n - at);
		check_glyph(&glyph);
		at += taken;
		columns += glyph.width;
	}
	return columns;
}

static bool is_boundary(const char *s, size_t n, size_t location)
{
	struct glyph glyph;
	size_t at = 0;
	while (at < location)
		at += text_glyph(s + at, n - at, -1, &glyph);
	return at == location;
}

static bool is_cut_character(const char *s, size_t n)
{
	wchar_t wc;
	mbstate_t state = { 0 };
	return (unsigned char)*s <= 0xf4 && mbrtowc(&wc, s, n, &state) == (size_t)-2;
}

/* Behind the whole part stands the beginning of one character, or nothing, and then there was none
 * to hold back. */
static void check_whole(const char *s, size_t n)
{
	size_t whole = text_whole(s, n);
	require(whole <= n && n - whole <= 3 && is_boundary(s, n, whole));
	require(whole == n || is_cut_character(s + whole, n - whole));
	for (size_t rest = 1; whole == n && rest <= 3 && rest <= n; rest++)
		require(!is_boundary(s, n, n - rest) || !is_cut_character(s + n - rest, rest));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	require(setlocale(LC_ALL, *data & C_LOCALE ? "C" : "C.UTF-8") != NULL);
	const char *s = (const char *)data + 1;
	walk(s, size - 1, *data & (C_LOCALE - 1));
	require(walk(s, size - 1, -1) == text_columns(s, size - 1));
	check_whole(s, size - 1);
	return 0;
}
