// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/text.h"

#include <langinfo.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* Combining characters that are kept for the screen: a curses cell holds five characters. */
enum { KEEP_MOST = 4 };

enum {
	JOINER = 0x200d,         /* between emoji it makes one of two */
	EMOJI_SELECTOR = 0xfe0f, /* after an emoji it asks for the coloured one */
	KEYCAP = 0x20e3,
};

struct range {
	uint32_t first, last;
};

/* The C library does not know these properties. Ranges of Unicode 14 to 16, ascending:
 * Default_Ignorable_Code_Point, DerivedCoreProperties.txt, also those not assigned yet: they show
 * nothing where they stand; */
static const struct range ignorable[] = {
	{ 0x00ad, 0x00ad },   /* soft hyphen */
	{ 0x034f, 0x034f },   /* combining grapheme joiner */
	{ 0x061c, 0x061c },   /* Arabic letter mark */
	{ 0x115f, 0x1160 },   /* Hangul fillers */
	{ 0x17b4, 0x17b5 },   /* Khmer inherent vowels */
	{ 0x180b, 0x180f },   /* Mongolian variation selectors, vowel separator */
	{ 0x200b, 0x200f },   /* zero width space, joiners, marks of direction */
	{ 0x202a, 0x202e },   /* embeddings and overrides */
	{ 0x2060, 0x206f },   /* word joiner, invisible operators, isolates */
	{ 0x3164, 0x3164 },   /* Hangul filler */
	{ 0xfe00, 0xfe0f },   /* variation selectors */
	{ 0xfeff, 0xfeff },   /* byte order mark */
	{ 0xffa0, 0xffa0 },   /* halfwidth Hangul filler */
	{ 0xfff0, 0xfff8 },   /* not assigned */
	{ 0x1bca0, 0x1bca3 }, /* shorthand controls */
	{ 0x1d173, 0x1d17a }, /* musical controls */
	{ 0xe0000, 0xe0fff }, /* tags, variation selectors */
};

/* Extended_Pictographic, emoji-data.txt; */
static const struct range pictographic[] = {
	{ 0x00a9, 0x00a9 },   { 0x00ae, 0x00ae },   { 0x203c, 0x203c },   { 0x2049, 0x2049 },
	{ 0x2122, 0x2122 },   { 0x2139, 0x2139 },   { 0x2194, 0x2199 },   { 0x21a9, 0x21aa },
	{ 0x231a, 0x231b },   { 0x2328, 0x2328 },   { 0x2388, 0x2388 },   { 0x23cf, 0x23cf },
	{ 0x23e9, 0x23f3 },   { 0x23f8, 0x23fa },   { 0x24c2, 0x24c2 },   { 0x25aa, 0x25ab },
	{ 0x25b6, 0x25b6 },   { 0x25c0, 0x25c0 },   { 0x25fb, 0x25fe },   { 0x2600, 0x2605 },
	{ 0x2607, 0x2612 },   { 0x2614, 0x2685 },   { 0x2690, 0x2705 },   { 0x2708, 0x2712 },
	{ 0x2714, 0x2714 },   { 0x2716, 0x2716 },   { 0x271d, 0x271d },   { 0x2721, 0x2721 },
	{ 0x2728, 0x2728 },   { 0x2733, 0x2734 },   { 0x2744, 0x2744 },   { 0x2747, 0x2747 },
	{ 0x274c, 0x274c },   { 0x274e, 0x274e },   { 0x2753, 0x2755 },   { 0x2757, 0x2757 },
	{ 0x2763, 0x2767 },   { 0x2795, 0x2797 },   { 0x27a1, 0x27a1 },   { 0x27b0, 0x27b0 },
	{ 0x27bf, 0x27bf },   { 0x2934, 0x2935 },   { 0x2b05, 0x2b07 },   { 0x2b1b, 0x2b1c },
	{ 0x2b50, 0x2b50 },   { 0x2b55, 0x2b55 },   { 0x3030, 0x3030 },   { 0x303d, 0x303d },
	{ 0x3297, 0x3297 },   { 0x3299, 0x3299 },   { 0x1f000, 0x1f0ff }, { 0x1f10d, 0x1f10f },
	{ 0x1f12f, 0x1f12f }, { 0x1f16c, 0x1f171 }, { 0x1f17e, 0x1f17f }, { 0x1f18e, 0x1f18e },
	{ 0x1f191, 0x1f19a }, { 0x1f1ad, 0x1f1e5 }, { 0x1f201, 0x1f20f }, { 0x1f21a, 0x1f21a },
	{ 0x1f22f, 0x1f22f }, { 0x1f232, 0x1f23a }, { 0x1f23c, 0x1f23f }, { 0x1f249, 0x1f3fa },
	{ 0x1f400, 0x1f53d }, { 0x1f546, 0x1f64f }, { 0x1f680, 0x1f6ff }, { 0x1f774, 0x1f77f },
	{ 0x1f7d5, 0x1f7ff }, { 0x1f80c, 0x1f80f }, { 0x1f848, 0x1f84f }, { 0x1f85a, 0x1f85f },
	{ 0x1f888, 0x1f88f }, { 0x1f8ae, 0x1f8ff }, { 0x1f90c, 0x1f93a }, { 0x1f93c, 0x1f945 },
	{ 0x1f947, 0x1faff }, { 0x1fc00, 0x1fffd },
};

/* and besides what Unicode calls ignorable: characters that wcwidth(3) lets pass, but which show
 * nothing, or break lines. */
static const struct range deceptive[] = {
	{ 0x2028, 0x2029 },   /* line and paragraph separator */
	{ 0xfff9, 0xfffb },   /* interlinear annotation */
	{ 0x13430, 0x1343f }, /* hieroglyph joiners */
};

static bool is_within(wchar_t wc, const struct range *ranges, size_t count)
{
	uint32_t c = (uint32_t)wc;
	size_t low = 0, high = count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (c > ranges[middle].last)
			low = middle + 1;
		else
			high = middle;
	}
	return low < count && c >= ranges[low].first;
}
#define IS_WITHIN(wc, ranges) is_within(wc, ranges, sizeof(ranges) / sizeof *(ranges))

static bool is_deceptive(wchar_t wc)
{
	return IS_WITHIN(wc, deceptive) || IS_WITHIN(wc, ignorable);
}

/* Like mbrtowc(3), but no call depends on the one before, a NUL has the length 1, and what is not a
 * Unicode character is invalid: surrogates, with which some C libraries represent undecodable
 * bytes, and what glibc accepts above U+10FFFF. A length above n is an error: (size_t)-1 invalid,
 * (size_t)-2 cut. */
static size_t decode(const char *s, size_t n, wchar_t *wc)
{
	mbstate_t state = { 0 };
	size_t len = mbrtowc(wc, s, n, &state);
	if (len == 0)
		return 1;
	bool is_character = len > n || *wc < 0xd800 || (*wc > 0xdfff && *wc <= 0x10ffff);
	return is_character ? len : (size_t)-1;
}

static void put_char(struct glyph *glyph, wchar_t wc)
{
	glyph->chars[glyph->count++] = wc;
	glyph->chars[glyph->count] = L'\0';
}

static void put_base(struct glyph *glyph, wchar_t wc, int width)
{
	glyph->chars[0] = wc;
	glyph->chars[1] = L'\0';
	glyph->count = 1;
	glyph->width = (uint8_t)width;
	glyph->mark = false;
	glyph->style = 0;
}

/* Two characters and, with `digits`, a hexadecimal number. */
static void put_mark(struct glyph *glyph, const char lead[2], uint32_t value, int digits,
                     const char *alphabet)
{
	put_base(glyph, lead[0], 1);
	put_char(glyph, lead[1]);
	while (digits-- > 0)
		put_char(glyph, alphabet[value >> 4 * digits & 15]);
	glyph->width = glyph->count;
	glyph->mark = true;
}

static void put_byte(struct glyph *glyph, char byte)
{
	put_mark(glyph, "\\x", (unsigned char)byte, 2, "0123456789abcdef");
}

static void put_code(struct glyph *glyph, wchar_t wc)
{
	uint32_t value = (uint32_t)wc;
	int digits = 4;
	while (value >> 4 * digits)
		digits++;
	put_mark(glyph, "U+", value, digits, "0123456789ABCDEF");
}

static void put_control(struct glyph *glyph, char byte, int column)
{
	if (byte != '\t' || column < 0) {
		put_mark(glyph, (char[2]){ '^', (char)(byte ^ 0x40) }, 0, 0, "");
		return;
	}
	put_base(glyph, L' ', 1);
	for (int blanks = 8 - column % 8; glyph->count < blanks;)
		put_char(glyph, L' ');
	glyph->width = glyph->count;
	glyph->mark = true;
}

/* A skin tone is a glyph of its own, after the emoji that it colours. */
static bool is_emoji(wchar_t wc)
{
	return IS_WITHIN(wc, pictographic) || (wc >= 0x1f3fb && wc <= 0x1f3ff);
}

static bool is_keycap_base(wchar_t wc)
{
	return (wc >= L'0' && wc <= L'9') || wc == L'#' || wc == L'*';
}

/* The character at the front; L'\0' where there is none. */
static wchar_t peek(const char *s, size_t n)
{
	wchar_t wc;
	return n > 0 && decode(s, n, &wc) <= n ? wc : L'\0';
}

/* Whether a selector or joiner has a purpose between the character before it and the text after it.
 * Anywhere else it shows nothing, and could only hide something. */
static bool is_natural(wchar_t wc, wchar_t before, const char *after, size_t n)
{
	if (wc == JOINER)
		return is_emoji(before) && is_emoji(peek(after, n));
	return wc == EMOJI_SELECTOR &&
	       (is_emoji(before) || (is_keycap_base(before) && peek(after, n) == KEYCAP));
}

/* Adds the characters that combine with the base before them, and returns their bytes. Terminals
 * treat joiners and selectors differently, so the screen gets none. */
static size_t take_followers(const char *s, size_t n, struct glyph *glyph)
{
	size_t taken = 0;
	wchar_t before = glyph->chars[0];
	bool selected = false;
	while (taken < n && (unsigned char)s[taken] >= 0x80) {
		wchar_t wc;
		size_t len = decode(s + taken, n - taken, &wc);
		if (len > n - taken)
			break;
		if (is_natural(wc, before, s + taken + len, n - taken - len) &&
		    !(wc == EMOJI_SELECTOR && selected)) {
			selected = true;
		} else if (wcwidth(wc) != 0 || is_deceptive(wc)) {
			break;
		} else {
			if (glyph->count <= KEEP_MOST)
				put_char(glyph, wc);
			before = wc;
		}
		taken += len;
	}
	return taken;
}

/* Only a base may come first: a combining character without one would combine with whatever the
 * screen has to its left. */
static size_t cut_multibyte(const char *s, size_t n, struct glyph *glyph)
{
	wchar_t wc;
	size_t len = decode(s, n, &wc);
	if (len > n) {
		put_byte(glyph, *s);
		return 1;
	}
	int width = wcwidth(wc);
	if (width > 0 && !is_deceptive(wc)) {
		put_base(glyph, wc, width);
		return len + take_followers(s + len, n - len, glyph);
	}
	if (MB_CUR_MAX == 1)
		put_byte(glyph, *s);
	else
		put_code(glyph, wc);
	return len;
}

size_t text_glyph(const char *s, size_t n, int column, struct glyph *glyph)
{
	unsigned char byte = (unsigned char)*s;
	if (byte >= 0x80)
		return cut_multibyte(s, n, glyph);
	if (byte < ' ' || byte == 0x7f) {
		put_control(glyph, *s, column);
		return 1;
	}
	put_base(glyph, byte, 1);
	if (n == 1 || (unsigned char)s[1] < 0x80)
		return 1;
	return 1 + take_followers(s + 1, n - 1, glyph);
}

void text_print(FILE *out, const char *s, size_t n)
{
	while (n > 0) {
		struct glyph glyph;
		size_t used = text_glyph(s, n, -1, &glyph);
		for (int i = 0; i < glyph.count; i++) {
			char bytes[MB_LEN_MAX];
			mbstate_t state = { 0 };
			size_t len = wcrtomb(bytes, glyph.chars[i], &state);
			fwrite(bytes, 1, len <= sizeof bytes ? len : 0, out);
		}
		s += used;
		n -= used;
	}
}

int text_columns(const char *s, size_t n)
{
	int columns = 0;
	struct glyph glyph;
	for (size_t at = 0; at < n && columns < INT_MAX - UINT8_MAX; columns += glyph.width)
		at += text_glyph(s + at, n - at, -1, &glyph);
	return columns;
}

/* UTF-8 can be read backwards: where the last character begins, or a byte that belongs to none. */
static size_t find_last_utf8(const char *s, size_t n)
{
	size_t at = n;
	while (at > 0 && n - at < 3 && ((unsigned char)s[at - 1] & 0xc0) == 0x80)
		at--;
	return at > 0 ? at - 1 : 0;
}

/* No other encoding uses a byte below '0' inside a longer character, so after one a character
 * begins. */
static size_t find_start(const char *s, size_t n)
{
	size_t at = n;
	while (at > 0 && (unsigned char)s[at - 1] >= '0')
		at--;
	return at;
}

size_t text_whole(const char *s, size_t n)
{
	bool is_utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	size_t at = is_utf8 ? find_last_utf8(s, n) : find_start(s, n);
	while (at < n) {
		wchar_t wc;
		size_t len = decode(s + at, n - at, &wc);
		if (len == (size_t)-2) /* glibc waits for the six bytes of old UTF-8 */
			return is_utf8 && (unsigned char)s[at] > 0xf4 ? n : at;
		at += len <= n - at ? len : 1;
	}
	return n;
}

bool text_has_unicode(void)
{
	static const wchar_t ornaments[] = { 0x2192, 0x2190, 0x23ce, 0x21c4, 0x25cf, 0x00b7 };
	for (size_t i = 0; i < sizeof ornaments / sizeof *ornaments; i++) {
		char bytes[64];
		mbstate_t state = { 0 };
		if (wcrtomb(bytes, ornaments[i], &state) == (size_t)-1 ||
		    wcwidth(ornaments[i]) != 1)
			return false;
	}
	return true;
}
