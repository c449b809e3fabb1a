// SPDX-License-Identifier: GPL-3.0-or-later
/* Fuzzes escape.h. The first byte is the ceiling of what may be appended, the rest is text to
 * decode and bytes to encode. */
#include "base/escape.h"

#include <locale.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef bool decoder(const char *text, struct buf *out, struct error *error);

static void require(bool holds)
{
	if (!holds)
		abort();
}

static bool is_printable(const char *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (data[i] < ' ' || data[i] > '~')
			return false;
	return true;
}

/* All or nothing, and an error is one line of words. */
static void check_decode(decoder *decode, const char *text, size_t max)
{
	struct buf out = { .max = max + 4 };
	struct error error = { .text = "" };
	buf_append_text(&out, "kept");
	if (!decode(text, &out, &error)) {
		require(out.len == 4 && strlen(error.text) > 10 &&
		        !strpbrk(error.text, "\n\r\033"));
	} else {
		require(out.len <= 4 + strlen(text) && out.len <= out.max && !error.text[0]);
	}
	require(memcmp(buf_data(&out), "kept", 4) == 0);
	buf_free(&out);
}

static void check_round_trip(const char *data, size_t len)
{
	struct buf text = { .max = SIZE_MAX }, back = { .max = SIZE_MAX };
	struct error error;
	require(escape_encode(data, len, &text) && is_printable(buf_data(&text), text.len));
	require(escape_decode(buf_text(&text), &back, &error));
	require(back.len == len && memcmp(buf_data(&back), data, len) == 0);
	buf_free(&text);
	buf_free(&back);
}

static void check_encode_ceiling(const char *data, size_t len, size_t max)
{
	struct buf out = { .max = max };
	bool done = escape_encode(data, len, &out);
	require(done ? out.len >= len && out.len <= max : out.len == 0);
	buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	setlocale(LC_ALL, "C.UTF-8");
	const char *bytes = (const char *)data + 1;
	char *text = strndup(bytes, size - 1);
	require(text != NULL);
	check_decode(escape_decode, text, *data);
	check_decode(escape_decode, text, SIZE_MAX - 4);
	check_decode(escape_decode_hex, text, *data);
	check_decode(escape_decode_hex, text, SIZE_MAX - 4);
	check_round_trip(bytes, size - 1);
	check_encode_ceiling(bytes, size - 1, *data);
	free(text);
	return 0;
}
