// SPDX-License-Identifier: GPL-3.0-or-later
/* Fuzzes the cutting of terminal bytes into keys. The first byte chooses the locale and how big the
 * pieces are in which the rest arrives. */
#include "ui/keys.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

#define START (1000 * CLOCK_S)

enum { C_LOCALE = 128, BRACKETS = 12 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
	if (!holds)
		abort();
}

static void check_key(const struct key *key)
{
	static const size_t least[] = { [KEY_TEXT] = 1,
		                        [KEY_SEQUENCE] = 1,
		                        [KEY_PASTE] = 0,
		                        [KEY_MOUSE] = 6,
		                        [KEY_INVALID] = 1 };
	require(key->kind <= KEY_INVALID && key->len >= least[key->kind]);
	require(key->kind != KEY_INVALID ||
	        (key->len == 1 && (unsigned char)key->bytes[0] >= 0x80));
	require(key->kind != KEY_SEQUENCE || key->bytes[0] == '\033');
	require(key->kind != KEY_TEXT || key->bytes[0] != '\033');
	require(key->button >= 0 && key->row >= 0 && key->column >= 0);
	require(key->kind != KEY_PASTE || !memmem(key->bytes, key->len, "\033[201~", 6));
}

/* Takes what is there, and notes kind, bytes and length of each in `out`. Returns how many bytes of
 * the input that was. */
static size_t drain(struct keys *keys, int64_t now, struct buf *out)
{
	struct key key;
	size_t taken = 0;
	while (keys_next(keys, now, &key)) {
		check_key(&key);
		require(keys->consumed >= key.len && keys->consumed <= key.len + BRACKETS);
		taken += keys->consumed;
		buf_append(out, &key.kind, sizeof key.kind);
		buf_append(out, &key.len, sizeof key.len);
		buf_append(out, key.bytes, key.len);
	}
	return taken;
}

/* Everything comes out sooner or later, in order, but for the begin of a character, which waits. */
static void finish(struct keys *keys, size_t rest, struct buf *out)
{
	int64_t now = START;
	while (keys_deadline(keys) != INT64_MAX) {
		now = keys_deadline(keys);
		size_t taken = drain(keys, now, out);
		require(taken > 0 && taken <= rest);
		rest -= taken;
	}
	require(rest == keys->pending.len && rest < 16);
}

static void cut(const char *bytes, size_t size, size_t piece, struct buf *out)
{
	struct keys keys;
	size_t taken = 0;
	buf_init(out, SIZE_MAX);
	keys_init(&keys);
	for (size_t at = 0; at < size; at += piece) {
		keys_feed(&keys, bytes + at, size - at < piece ? size - at : piece, START);
		taken += drain(&keys, START, out);
	}
	require(taken <= size);
	finish(&keys, size - taken, out);
	keys_free(&keys);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	require(setlocale(LC_ALL, *data & C_LOCALE ? "C" : "C.UTF-8") != NULL);
	const char *bytes = (const char *)data + 1;
	struct buf whole, pieces;
	cut(bytes, size - 1, size, &whole);
	cut(bytes, size - 1, (size_t)(*data & 15) + 1, &pieces);
	require(whole.len == pieces.len &&
	        memcmp(buf_data(&whole), buf_data(&pieces), whole.len) == 0);
	buf_free(&whole);
	buf_free(&pieces);
	return 0;
}
