// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/byte_escape.h"

#include <locale.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "support/tap.h"

#define MARK "\x1c"

static void holds(const char *bytes, size_t len, const char *want, const char *name)
{
	struct buf held, back;
	buf_init(&held, SIZE_MAX);
	buf_init(&back, SIZE_MAX);
	byte_escape_encode(bytes, len, &held);
	is_bytes(buf_data(&held), held.len, want, strlen(want), name);
	byte_escape_decode(buf_data(&held), held.len, &back);
	is_bytes(buf_data(&back), back.len, bytes, len, "and comes back");
	buf_free(&held);
	buf_free(&back);
}

#define HOLDS(bytes, want, name) holds(bytes, sizeof(bytes) - 1, want, name)

static void releases(const char *line, const char *want, const char *name)
{
	struct buf out;
	buf_init(&out, SIZE_MAX);
	byte_escape_decode(line, strlen(line), &out);
	is_bytes(buf_data(&out), out.len, want, strlen(want), name);
	buf_free(&out);
}

static void test_text(void)
{
	HOLDS("", "", "nothing");
	HOLDS("plain\ttext\n\033[A", "plain\ttext\n\033[A", "ASCII, controls too");
	HOLDS("Grüße 한글", "Grüße 한글", "characters");
	HOLDS("\\xff \\x1c \\", "\\xff \\x1c \\", "a backslash is one");
}

static void test_bytes(void)
{
	HOLDS("\xff", MARK "xff", "a byte that is no character");
	HOLDS("Gr\xfc\xdf"
	      "e",
	      "Gr" MARK "xfc" MARK "xdfe", "Latin-1");
	HOLDS("a\xed\x95"
	      "b",
	      "a" MARK "xed" MARK "x95b", "half a character");
	HOLDS("\xed", MARK "xed", "its begin, at the end");
	HOLDS("\xc0\x80\xed\xa0\x80", MARK "xc0" MARK "x80" MARK "xed" MARK "xa0" MARK "x80",
	      "what looks like characters");
	HOLDS("a\0b", "a" MARK "x00b", "NUL");
	HOLDS(MARK "xff", MARK "x1cxff", "the mark itself");
	HOLDS("\xff"
	      "41",
	      MARK "xff41", "digits after it");
}

static void test_edited(void)
{
	releases(MARK "xFF", "\xff", "capital digits");
	releases(MARK "xfe", "\xfe", "another digit is another byte");
	releases(MARK "xf", "\\xf", "one digit too few is what it looks like");
	releases(MARK "xfg", "\\xfg", "no digit, too");
	releases(MARK, "\\", "a mark alone");
	releases(MARK MARK "xff", "\\\xff", "before another");
	releases(MARK "x41" MARK "x4", "A\\x4", "cut at the end");
}

static void test_random(void)
{
	char bytes[64];
	bool same = true;
	srand(1);
	for (int round = 0; round < 20000; round++) {
		static const char often[] = "\x1c\xed\x95\x9c\0x\\f1";
		size_t len = (size_t)rand() % sizeof bytes;
		for (size_t i = 0; i < len; i++)
			bytes[i] = rand() % 3 ? often[(size_t)rand() % (sizeof often - 1)]
			                      : (char)rand();
		struct buf held, back;
		buf_init(&held, SIZE_MAX);
		buf_init(&back, SIZE_MAX);
		byte_escape_encode(bytes, len, &held);
		byte_escape_decode(buf_data(&held), held.len, &back);
		same &= back.len == len && memcmp(buf_data(&back), bytes, len) == 0 &&
		        mbstowcs(NULL, buf_text(&held), 0) != (size_t)-1;
		buf_free(&held);
		buf_free(&back);
	}
	ok(same, "whatever the bytes, what is held is text, and they come back");
}

int main(void)
{
	tap_watchdog(30);
	setlocale(LC_CTYPE, "C.UTF-8");
	test_text();
	test_bytes();
	test_edited();
	test_random();
	setlocale(LC_CTYPE, "C");
	HOLDS("ü", MARK "xc3" MARK "xbc", "in the C locale every byte beyond ASCII");
	test_random();
	return tap_done();
}
