// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/text.h"

#include <langinfo.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* Of what follows a base: characters kept for the screen (a curses cell holds five), and invisible
 * ones that are natural (a selector and a joiner). More of the latter can only hide something, and
 * are shown. */
enum { KEEP_MOST = 4, SWALLOW_MOST = 2 };

struct range {
	uint32_t first, last;
};

/* Characters that wcwidth(3) lets pass, but which show nothing, or turn the order of
 * others around. */
static const struct range deceptive[] = {
	{ 0x00ad, 0x00ad },   /* soft hyphen */
	{ 0x034f, 0x034f },   /* combining grapheme joiner */
	{ 0x061c, 0x061c },   /* Arabic letter mark */
	{ 0x17b4, 0x17b5 },   /* Khmer inherent vowels */
	{ 0x180e, 0x180e },   /* Mongolian vowel separator */
	{ 0x200b, 0x200b },   /* zero width space */
	{ 0x200e, 0x200f },   /* marks of direction */
	{ 0x2028, 0x202e },   /* line and paragraph separator, embeddings, overrides */
	{ 0x2060, 0x206f },   /* word joiner, invisible operators, isolates */
	{ 0xfeff, 0xfeff },   /* byte order mark */
	{ 0xfff0, 0xfffb },   /* interlinear annotation */
	{ 0x13430, 0x1343f }, /* hieroglyph joiners */
	{ 0x1bca0, 0x1bca3 }, /* shorthand controls */
	{ 0x1d173, 0x1d17a }, /* musical controls */
	{ 0xe0000, 0xe00ff }, /* tags */
};

/* Joiners and variation selectors: part of honest text, but terminals differ in what they make of
 * them. */
static const struct range modifiers[] = {
	{ 0x180b, 0x180d }, { 0x180f, 0x180f },   { 0x200c, 0x200d },
	{ 0xfe00, 0xfe0f }, { 0xe0100, 0xe01ef },
};

static bool is_within(uint32_t c, const struct range *ranges, size_t count)
{
	for (size_t i = 0; i < count && c >= ranges[i].first; i++)
		if (c <= ranges[i].last)
			return true;
	return false;
}

static bool is_deceptive(wchar_t wc)
{
	return is_within((uint32_t)wc, deceptive, sizeof deceptive / sizeof *deceptive);
}

static bool is_modifier(wchar_t wc)
{
	return is_within((uint32_t)wc, modifiers, sizeof modifiers / sizeof *modifiers);
}

/* Like mbrtowc(3), but each call stands alone, a NUL has the length 1, and what is no Unicode
 * character is invalid: surrogates, by which some C libraries pass on undecodable bytes, and what
 * glibc still takes above U+10FFFF. A length above n is an error: (size_t)-1 invalid, (size_t)-2
 * cut. */
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

/* Adds what belongs to the base before it, and returns its bytes. */
static size_t take_followers(const char *s, size_t n, struct glyph *glyph)
{
	int swallowed = 0;
	size_t taken = 0;
	while (taken < n && (unsigned char)s[taken] >= 0x80) {
		wchar_t wc;
		size_t len = decode(s + taken, n - taken, &wc);
		if (len > n - taken)
			break;
		if (is_modifier(wc)) {
			if (++swallowed > SWALLOW_MOST)
				break;
		} else if (wcwidth(wc) != 0 || is_deceptive(wc)) {
			break;
		} else if (glyph->count <= KEEP_MOST) {
			put_char(glyph, wc);
		}
		taken += len;
	}
	return taken;
}

/* Nothing but a base may stand at the front: a combining character without one would join whatever
 * the screen has left of it. */
static size_t cut_multibyte(const char *s, size_t n, struct glyph *glyph)
{
	wchar_t wc;
	size_t len = decode(s, n, &wc);
	if (len > n) {
		put_byte(glyph, *s);
		return 1;
	}
	int width = wcwidth(wc);
	if (width > 0 && !is_deceptive(wc) && !is_modifier(wc)) {
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

int text_columns(const char *s, size_t n)
{
	int columns = 0;
	struct glyph glyph;
	for (size_t at = 0; at < n && columns < INT_MAX - UINT8_MAX; columns += glyph.width)
		at += text_glyph(s + at, n - at, -1, &glyph);
	return columns;
}

/* UTF-8 can be read backwards: where the last character begins, or some byte that belongs
 * to none. */
static size_t find_last_utf8(const char *s, size_t n)
{
	size_t at = n;
	while (at > 0 && n - at < 3 && ((unsigned char)s[at - 1] & 0xc0) == 0x80)
		at--;
	return at > 0 ? at - 1 : 0;
}

/* No other encoding uses a byte below '0' inside a longer character, so behind one a character
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
		if (len == (size_t)-2) /* glibc waits for the six bytes that UTF-8 once had */
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
