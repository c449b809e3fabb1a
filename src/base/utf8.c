// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/utf8.h"

#include <stdbool.h>

static bool is_rest(unsigned char c)
{
	return (c & 0xc0) == 0x80;
}

size_t utf8_encode(uint32_t code, char out[4])
{
	static const uint8_t leads[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	size_t len = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
	for (size_t i = len; i-- > 1; code >>= 6)
		out[i] = (char)(0x80 | (code & 0x3f));
	out[0] = (char)(leads[len] | code);
	return len;
}

size_t utf8_character(const char *bytes, size_t n)
{
	const unsigned char *s = (const unsigned char *)bytes;
	unsigned char first = s[0];
	if (first < 0x80)
		return 1;
	size_t len = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
	if (first < 0xc2 || first > 0xf4 || n < len || !is_rest(s[1]) ||
	    (first == 0xe0 && s[1] < 0xa0) || (first == 0xed && s[1] > 0x9f) ||
	    (first == 0xf0 && s[1] < 0x90) || (first == 0xf4 && s[1] > 0x8f))
		return 0;
	for (size_t i = 2; i < len; i++)
		if (!is_rest(s[i]))
			return 0;
	return len;
}
