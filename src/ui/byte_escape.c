// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/byte_escape.h"

#include <stdbool.h>
#include <string.h>
#include <wchar.h>

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

size_t byte_escape_length(const char *s, size_t n)
{
	bool whole = n >= BYTE_ESCAPE && s[0] == BYTE_MARK && s[1] == 'x' &&
	             digit_value(s[2]) >= 0 && digit_value(s[3]) >= 0;
	return whole ? BYTE_ESCAPE : 0;
}

/* The bytes at the front that are text in every locale. */
static size_t plain_run(const char *s, size_t n)
{
	size_t at = 0;
	while (at < n && (unsigned char)s[at] < 0x80 && s[at] != '\0' && s[at] != BYTE_MARK)
		at++;
	return at;
}

void byte_escape_encode(const char *bytes, size_t len, struct buf *out)
{
	while (len > 0) {
		mbstate_t state = { 0 };
		size_t taken = plain_run(bytes, len);
		if (taken == 0 && *bytes != BYTE_MARK)
			taken = mbrlen(bytes, len, &state);
		bool is_text = taken > 0 && taken <= len;
		if (is_text) {
			buf_append(out, bytes, taken);
		} else {
			buf_printf(out, "%cx%02x", BYTE_MARK, (unsigned char)*bytes);
			taken = 1;
		}
		bytes += taken;
		len -= taken;
	}
}

void byte_escape_decode(const char *text, size_t len, struct buf *out)
{
	while (len > 0) {
		const char *mark = memchr(text, BYTE_MARK, len);
		size_t plain = mark ? (size_t)(mark - text) : len;
		buf_append(out, text, plain);
		text += plain;
		len -= plain;
		if (!mark)
			return;
		size_t escape = byte_escape_length(text, len);
		char byte = '\\';
		if (escape)
			byte = (char)(digit_value(text[2]) * 16 + digit_value(text[3]));
		buf_append(out, &byte, 1);
		text += escape ? escape : 1;
		len -= escape ? escape : 1;
	}
}
