// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/buf.h"

#include <stdint.h>

#include "support/tap.h"

static void appends_and_consumes(void)
{
	struct buf buf;
	buf_init(&buf, SIZE_MAX);
	is_text(buf_text(&buf), "", "an empty buffer is an empty text");
	ok(buf_append_text(&buf, "hello "), "text is appended");
	ok(buf_printf(&buf, "%d %s", 42, "worlds"), "formatted text is appended");
	is_text(buf_text(&buf), "hello 42 worlds", "one after the other");
	buf_consume(&buf, 6);
	is_text(buf_text(&buf), "42 worlds", "what is consumed goes from the front");
	is_int(buf.len, 9, "and no longer counts");
	ok(buf_append(&buf, "\0x", 2), "bytes may be NUL");
	is_bytes(buf_data(&buf), buf.len, "42 worlds\0x", 11, "and are kept as they are");
	buf_clear(&buf);
	is_int(buf.len, 0, "a cleared buffer is empty");
	buf_free(&buf);
}

static void keeps_its_ceiling(void)
{
	struct buf buf;
	buf_init(&buf, 10);
	ok(buf_append_text(&buf, "1234567890"), "as many bytes as the ceiling fit");
	ok(!buf_append_text(&buf, "x"), "one more does not");
	ok(!buf_printf(&buf, "%d", 1), "nor formatted");
	ok(!buf_reserve(&buf, SIZE_MAX), "nor the largest number there is");
	is_text(buf_text(&buf), "1234567890", "what was there stays");
	buf_consume(&buf, 4);
	ok(buf_append_text(&buf, "abcd"), "consuming makes room");
	is_text(buf_text(&buf), "567890abcd", "in the right order");
	ok(!buf_append_text(&buf, "e"), "and no more than that");
	buf_free(&buf);
}

static void reserves_in_place(void)
{
	struct buf buf;
	buf_init(&buf, 100);
	char *end = buf_reserve(&buf, 5);
	memcpy(end, "abcde", 5);
	buf_commit(&buf, 3);
	is_text(buf_text(&buf), "abc", "only what is committed counts");
	buf_free(&buf);
}

/* A queue that is filled and drained forever must not grow, and must not lose its place. */
static void stays_small_as_a_queue(void)
{
	struct buf buf;
	buf_init(&buf, 64);
	unsigned in = 0, out = 0;
	bool same = true;
	for (int round = 0; round < 10000; round++) {
		for (int i = 0; i < 7; i++) {
			unsigned char byte = (unsigned char)in++;
			buf_append(&buf, &byte, 1);
		}
		for (int i = 0; i < 7; i++) {
			same = same && (unsigned char)*buf_data(&buf) == (unsigned char)out++;
			buf_consume(&buf, 1);
		}
		if (round % 2 == 0) {
			buf_append(&buf, "", 1);
			buf_consume(&buf, 1);
		}
	}
	ok(same, "70000 bytes come out as they went in");
	ok(buf.cap <= 256, "and the memory stays small");
	buf_free(&buf);
}

int main(void)
{
	tap_watchdog(30);
	appends_and_consumes();
	keeps_its_ceiling();
	reserves_in_place();
	stays_small_as_a_queue();
	return tap_done();
}
