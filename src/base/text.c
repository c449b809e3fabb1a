// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/text.h"

#include <langinfo.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/unicode.h"

/* Characters of what follows a base that are kept for the screen: a curses cell holds five. */
enum { KEEP_MOST = 4 };

enum {
	JOINER = 0x200d,         /* between emoji it makes one of two */
	EMOJI_SELECTOR = 0xfe0f, /* after an emoji it asks for the coloured one */
	KEYCAP = 0x20e3,
};

struct range {
	uint32_t first, last;
};

/* Besides what Unicode calls ignorable: characters that wcwidth(3) lets pass, but which show
 * nothing, or break lines. */
static const struct range deceptive[] = {
	{ 0x2028, 0x2029 },   /* line and paragraph separator */
	{ 0xfff9, 0xfffb },   /* interlinear annotation */
	{ 0x13430, 0x1343f }, /* hieroglyph joiners */
};

static bool is_deceptive(wchar_t wc)
{
	uint32_t c = (uint32_t)wc;
	for (size_t i = 0; i < sizeof deceptive / sizeof *deceptive; i++)
		if (c >= deceptive[i].first && c <= deceptive[i].last)
			return true;
	return unicode_is_ignorable(c);
}

/* Like mbrtowc(3), but no call depends on the one before, a NUL has the length 1, and what is no
 * Unicode character is invalid: surrogates, by which some C libraries pass on undecodable bytes,
 * and what glibc still takes above U+10FFFF. A length above n is an error: (size_t)-1 invalid,
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
	return unicode_is_pictographic((uint32_t)wc) || (wc >= 0x1f3fb && wc <= 0x1f3ff);
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

/* Whether a selector or joiner does what it is made for between the character before it and the
 * text after it. Anywhere else it shows nothing, and could only hide something. */
static bool is_natural(wchar_t wc, wchar_t before, const char *after, size_t n)
{
	if (wc == JOINER)
		return is_emoji(before) && is_emoji(peek(after, n));
	return wc == EMOJI_SELECTOR &&
	       (is_emoji(before) || (is_keycap_base(before) && peek(after, n) == KEYCAP));
}

/* Adds what belongs to the base before it, and returns its bytes. Terminals differ in what they
 * make of joiners and selectors, so the screen gets none. */
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

/* UTF-8 can be read backwards: where the last character begins, or some byte that belongs
 * to none. */
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
