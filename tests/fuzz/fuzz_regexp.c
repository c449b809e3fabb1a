// SPDX-License-Identifier: GPL-3.0-or-later
/* Fuzzes regexp.h: the first line is a pattern, the rest the text, which is taken whole, byte by
 * byte, and in two pieces. What is found must not depend on that. The fuzzer limits the time and the
 * memory of a run. */
#include "base/regexp.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
	if (!holds)
		abort();
}

/* Where it is found in pieces of this size; `len` + 1 for nowhere. */
static size_t find(struct regexp *regexp, const char *text, size_t len, size_t piece)
{
	if (regexp_begin(regexp))
		return 0;
	for (size_t at = 0; at < len; at += piece) {
		size_t taken, most = len - at < piece ? len - at : piece;
		if (regexp_feed(regexp, text + at, most, &taken)) {
			require(taken > 0 && taken <= most);
			return at + taken;
		}
		require(taken == most);
	}
	return len + 1;
}

static void check(struct regexp *regexp, const char *text, size_t len)
{
	size_t whole = find(regexp, text, len, len ? len : 1);
	bool ended = whole <= len || regexp_end(regexp);
	require(find(regexp, text, len, 1) == whole);
	require((whole <= len || regexp_end(regexp)) == ended);
	require(find(regexp, text, len, len / 2 + 1) == whole);
	require(regexp_finds(regexp, text, len) == ended);
	regexp_free(regexp);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *bytes = (const char *)data;
	const char *feed = size > 0 ? memchr(bytes, '\n', size) : NULL;
	size_t len = feed ? (size_t)(feed - bytes) : size;
	const char *text = feed ? feed + 1 : bytes + size;
	size_t text_len = size - (size_t)(text - bytes);
	struct error error = { .text = "" };
	for (int any_case = 0; any_case < 2; any_case++) {
		struct regexp *regexp = regexp_new(bytes, len, any_case, &error);
		if (regexp)
			check(regexp, text, text_len);
		else
			require(error.usage && strlen(error.text) > 10 &&
			        !strpbrk(error.text, "\n\r\033"));
	}
	if (len > 0) {
		struct regexp *plain = regexp_new_text(bytes, len);
		const char *hit = memmem(text, text_len, bytes, len);
		require(find(plain, text, text_len, text_len ? text_len : 1) ==
		        (hit ? (size_t)(hit - text) + len : text_len + 1));
		check(plain, text, text_len);
	}
	return 0;
}
