// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/escape.h"

#include <stdint.h>
#include <string.h>

#include "base/text.h"
#include "base/utf8.h"

/* One escape: its bytes and the characters that it takes, or why it is not one. */
struct escape {
	char bytes[4];
	size_t len;
	size_t taken;
	const char *why;
};

static struct escape wrong(const char *why)
{
	return (struct escape){ .why = why };
}

static struct escape one_byte(unsigned value, size_t taken)
{
	return (struct escape){ .bytes = { (char)value }, .len = 1, .taken = taken };
}

static int hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	const char *found = c ? strchr(digits, c) : NULL;
	return found ? (int)((found - digits) & 15) : -1;
}

/* The byte that two digits give, or -1. */
static int hex_pair(const char *s)
{
	int high = hex_digit(s[0]);
	int low = high < 0 ? -1 : hex_digit(s[1]);
	return low < 0 ? -1 : high * 16 + low;
}

static struct escape read_hex(const char *s)
{
	int value = hex_pair(s + 2);
	return value < 0 ? wrong("exactly two hexadecimal digits must follow")
	                 : one_byte((unsigned)value, 4);
}

static struct escape read_octal(const char *s)
{
	unsigned value = 0;
	size_t taken = 1;
	while (taken < 4 && s[taken] >= '0' && s[taken] <= '7')
		value = value * 8 + (unsigned)(s[taken++] - '0');
	return value > 0xff ? wrong("an octal byte is at most \\377") : one_byte(value, taken);
}

static struct escape read_code_point(const char *s)
{
	static const char form[] =
	        "one to six hexadecimal digits in braces must follow, such as \\u{1F600}";
	uint32_t value = 0;
	size_t at = 3;
	if (s[2] != '{')
		return wrong(form);
	for (; at < 9 && hex_digit(s[at]) >= 0; at++)
		value = value << 4 | (uint32_t)hex_digit(s[at]);
	if (at == 3 || s[at] != '}')
		return wrong(form);
	if (value >= 0xd800 && value <= 0xdfff)
		return wrong("D800 to DFFF are surrogates, no characters");
	if (value > 0x10ffff)
		return wrong("the last character is \\u{10FFFF}");
	struct escape escape = { .taken = at + 1 };
	escape.len = utf8_encode(value, escape.bytes);
	return escape;
}

static struct escape read_letter(const char *s)
{
	static const char letters[] = "abefnrtv\\'\"?";
	static const char values[] = "\a\b\033\f\n\r\t\v\\'\"?";
	const char *found = strchr(letters, s[1]);
	if (found)
		return one_byte((unsigned char)values[found - letters], 2);
	return wrong("unknown; there are \\a \\b \\e \\f \\n \\r \\t \\v \\0 \\xHH \\u{...} "
	             "and \\\\ for a backslash");
}

/* `s` is at the backslash. */
static struct escape read_escape(const char *s)
{
	if (!s[1])
		return wrong("nothing follows; \\\\ is a backslash");
	if (s[1] == 'x')
		return read_hex(s);
	if (s[1] == 'u')
		return read_code_point(s);
	return s[1] >= '0' && s[1] <= '7' ? read_octal(s) : read_letter(s);
}

static void blame(const char *text, const char *at, const char *why, struct error *error)
{
	struct glyph glyph = { .count = 0 };
	if (at[1])
		text_glyph(at + 1, strlen(at + 1), -1, &glyph);
	int column = text_columns(text, (size_t)(at - text)) + 1;
	error_usage(error, "escape \\%ls at column %d: %s", glyph.chars, column, why);
}

static bool fail_too_long(struct buf *out, size_t before, struct error *error)
{
	out->len = before;
	error_usage(error, "the text: longer than the %zu bytes that there is room for",
	            out->max - before);
	return false;
}

bool escape_decode(const char *text, struct buf *out, struct error *error)
{
	size_t before = out->len;
	for (const char *s = text; *s;) {
		size_t plain = strcspn(s, "\\");
		if (!buf_append(out, s, plain))
			return fail_too_long(out, before, error);
		s += plain;
		if (!*s)
			break;
		struct escape escape = read_escape(s);
		if (escape.why) {
			out->len = before;
			blame(text, s, escape.why, error);
			return false;
		}
		if (!buf_append(out, escape.bytes, escape.len))
			return fail_too_long(out, before, error);
		s += escape.taken;
	}
	return true;
}

bool escape_decode_word(const char *word, struct buf *out, struct error *error)
{
	struct buf text = { .max = SIZE_MAX };
	char quote = '\0';
	for (const char *at = word; *at; at++) {
		bool escape = at[0] == '\\' && at[1];
		if (quote ? *at == quote : *at == '"' || *at == '\'')
			quote = quote ? '\0' : *at;
		else
			buf_append(&text, at, 1 + escape);
		at += escape;
	}
	bool done = escape_decode(buf_text(&text), out, error);
	buf_free(&text);
	return done;
}

static size_t skip_separators(const char *s)
{
	return strspn(s, " \t,");
}

/* Appends the pairs of one word and returns where it stopped: before a pair only where `out` is
 * full. */
static const char *read_pairs(const char *s, struct buf *out)
{
	if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X') && hex_digit(s[2]) >= 0)
		s += 2;
	for (; hex_pair(s) >= 0; s += 2) {
		char byte = (char)hex_pair(s);
		if (!buf_append(out, &byte, 1))
			break;
	}
	return s;
}

static void blame_pair(const char *text, const char *at, struct error *error)
{
	struct glyph glyph;
	text_glyph(at, strlen(at), -1, &glyph);
	int column = text_columns(text, (size_t)(at - text)) + 1;
	bool is_half = hex_digit(*at) >= 0;
	const char *why =
	        is_half ? "half a byte; each is two hexadecimal digits" : "not a hexadecimal digit";
	error_usage(error, "\"%ls\" at column %d: %s", glyph.chars, column, why);
}

bool escape_decode_hex(const char *text, struct buf *out, struct error *error)
{
	size_t before = out->len;
	const char *s = text + skip_separators(text);
	if (!*s) {
		error_usage(error,
		            "no bytes: write each as two hexadecimal digits, such as 48 65 6c");
		return false;
	}
	while (*s) {
		const char *end = read_pairs(s, out);
		if (hex_pair(end) >= 0)
			return fail_too_long(out, before, error);
		s = end + skip_separators(end);
		if (*end && s == end) {
			out->len = before;
			blame_pair(text, end, error);
			return false;
		}
	}
	return true;
}

static bool append_escape(char byte, struct buf *out)
{
	static const char special[] = "\n\r\t\\", letters[] = "nrt\\";
	const char *found = byte ? strchr(special, byte) : NULL;
	if (found)
		return buf_printf(out, "\\%c", letters[found - special]);
	return buf_printf(out, "\\x%02x", (unsigned char)byte);
}

bool escape_encode(const char *data, size_t len, struct buf *out)
{
	size_t before = out->len;
	bool good = true;
	for (size_t at = 0; at < len && good;) {
		size_t end = at;
		while (end < len && data[end] >= ' ' && data[end] <= '~' && data[end] != '\\')
			end++;
		good = buf_append(out, data + at, end - at) &&
		       (end == len || append_escape(data[end], out));
		at = end + 1;
	}
	if (!good)
		out->len = before;
	return good;
}
