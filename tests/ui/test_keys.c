// SPDX-License-Identifier: GPL-3.0-or-later
#include <locale.h>
#include <stdint.h>

#include "base/clock.h"
#include "support/tap.h"
#include "ui/keys.h"

#define START (1000 * CLOCK_S)

static void add_bytes(struct buf *out, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)bytes[i];
		if (c == 27)
			buf_append_text(out, "^[");
		else if (c < ' ' || c >= 0x7f)
			buf_printf(out, "<%02x>", c);
		else
			buf_append(out, bytes + i, 1);
	}
}

static void describe(struct buf *out, const struct key *key)
{
	static const char letters[] = "TSPMI";
	buf_printf(out, "%s%c:", out->len ? " " : "", letters[key->kind]);
	if (key->kind == KEY_MOUSE)
		buf_printf(out, "%d@%d,%d%s", key->button, key->row, key->column,
		           key->pressed ? "" : "-");
	else
		add_bytes(out, key->bytes, key->len);
}

static void drain(struct keys *keys, int64_t now, struct buf *out)
{
	struct key key;
	while (keys_next(keys, now, &key))
		describe(out, &key);
}

static void check(const char *bytes, size_t len, const char *want)
{
	struct keys keys;
	struct buf out, pieces;
	buf_init(&out, SIZE_MAX);
	keys_init(&keys);
	keys_feed(&keys, bytes, len, START);
	drain(&keys, START, &out);
	is_text(buf_text(&out), want, want);
	keys_free(&keys);
	buf_init(&pieces, SIZE_MAX);
	keys_init(&keys);
	for (size_t i = 0; i < len; i++) {
		keys_feed(&keys, bytes + i, 1, START);
		drain(&keys, START, &pieces);
	}
	is_text(buf_text(&pieces), want, "the same, one byte at a time");
	keys_free(&keys);
	buf_free(&pieces);
	buf_free(&out);
}

#define CHECK(bytes, want) check(bytes, sizeof(bytes) - 1, want)

static void test_characters(void)
{
	CHECK("ab", "T:a T:b");
	CHECK("\x03\r\x7f\0", "T:<03> T:<0d> T:<7f> T:<00>");
	CHECK("한", "T:<ed><95><9c>");
	CHECK("é😀", "T:<c3><a9> T:<f0><9f><98><80>");
	CHECK("\xff", "I:<ff>");
	CHECK("\xff\xfe\x80"
	      "A",
	      "I:<ff> I:<fe> I:<80> T:A");
	CHECK("\xed\x95"
	      "A",
	      "I:<ed> I:<95> T:A");
	CHECK("\xc0\x80", "I:<c0> I:<80>");
	CHECK("\xed\x95\033[A", "I:<ed> I:<95> S:^[[A");
	CHECK("\xed\x95", "");
}

static void test_sequences(void)
{
	CHECK("\033[A\033OA\033[5~x", "S:^[[A S:^[OA S:^[[5~ T:x");
	CHECK("\033[1;5C\033[27;5;13~", "S:^[[1;5C S:^[[27;5;13~");
	CHECK("\033[[A\033[[Ez", "S:^[[[A S:^[[[E T:z");
	CHECK("\033xx", "S:^[x T:x");
	CHECK("\033\xc3\xa9x", "S:^[<c3><a9> T:x");
	CHECK("\033\xffx", "S:^[ I:<ff> T:x");
	CHECK("\033\033[C", "S:^[^[[C");
	CHECK("\033\033OC", "S:^[^[OC");
	CHECK("\033\033x", "S:^[^[ T:x");
	CHECK("\033\033\033\033x", "S:^[^[ S:^[^[ T:x");
	CHECK("\033\033[<0;1;1M", "S:^[ M:0@0,0");
	CHECK("\033[\033[A", "S:^[[ S:^[[A");
	CHECK("\033[12\x07z", "S:^[[12 T:<07> T:z");
	CHECK("\033O\033OA", "S:^[O S:^[OA");
	CHECK("\033[", "");
	CHECK("\033", "");
}

static void test_reports(void)
{
	CHECK("\033[?62;9;c\033[24;80Rx", "S:^[[?62;9;c S:^[[24;80R T:x");
	CHECK("\033]11;rgb:0000/0000/0000\033\\x", "S:^[]11;rgb:0000/0000/0000^[\\ T:x");
	CHECK("\033]52;c;ZWNobwo=\007x", "S:^[]52;c;ZWNobwo=<07> T:x");
	CHECK("\033P1$r0m\033\\x", "S:^[P1$r0m^[\\ T:x");
	CHECK("\033P>|term 1.0\033\\x", "S:^[P>|term 1.0^[\\ T:x");
	CHECK("\033]0;title\nx", "S:^[]0;title T:<0a> T:x");
	CHECK("\033]0;t\033[A", "S:^[]0;t S:^[[A");
	CHECK("\033]xy", "S:^[] T:x T:y");
	CHECK("\033Pxy", "S:^[P T:x T:y");
}

static void test_mouse(void)
{
	CHECK("\033[<0;5;3M", "M:0@2,4");
	CHECK("\033[<0;5;3m", "M:0@2,4-");
	CHECK("\033[<64;1;1M\033[<65;1;1M", "M:64@0,0 M:65@0,0");
	CHECK("\033[<0;0;0M", "M:0@0,0");
	CHECK("\033[<0;9999999;99999999999999999999M", "M:0@99999,99999");
	CHECK("\033[<0;1M", "S:^[[<0;1M");
	CHECK("\033[<;;M", "S:^[[<;;M");
	CHECK("\033[<M", "S:^[[<M");
	CHECK("\033[<1;2;3;4M", "S:^[[<1;2;3;4M");
	CHECK("\033[<1;2;3H", "S:^[[<1;2;3H");
	CHECK("\033[M !!", "M:0@0,0");
	CHECK("\033[M`\xff\x80z", "M:64@95,222 T:z");
	CHECK("\033[M#!!", "M:3@0,0-");
	CHECK("\033[M\0\0\0", "M:0@0,0");
}

static void test_pastes(void)
{
	CHECK("\033[200~one\rtwo\033[201~x", "P:one<0d>two T:x");
	CHECK("\033[200~\033[201~", "P:");
	CHECK("\033[200~\033[20\033[201~", "P:^[[20");
	CHECK("\033[200~a\033[200~b\033[201~c", "P:a^[[200~b T:c");
	CHECK("\033[200~\0\xff\033[201~", "P:<00><ff>");
	CHECK("\033\033[200~a\033[201~", "S:^[ P:a");
	CHECK("\033[200~one\033[201", "");
	CHECK("\033[201~x", "S:^[[201~ T:x");
}

/* Feeds, asks too early, and then when the deadline says. */
static void check_late(const char *bytes, int64_t wait, const char *want)
{
	struct keys keys;
	struct buf out;
	buf_init(&out, SIZE_MAX);
	keys_init(&keys);
	keys_feed(&keys, bytes, strlen(bytes), START);
	drain(&keys, START + wait - 1, &out);
	ok(out.len == 0, "nothing before the deadline");
	is_int(keys_deadline(&keys), START + wait, "the deadline");
	drain(&keys, START + wait, &out);
	is_text(buf_text(&out), want, want);
	is_int(keys_deadline(&keys), INT64_MAX, "nothing is waited for then");
	keys_free(&keys);
	buf_free(&out);
}

static void test_time(void)
{
	const int64_t escape = KEYS_ESCAPE_MS * CLOCK_MS, tail = KEYS_TAIL_MS * CLOCK_MS,
	              paste = KEYS_PASTE_MS * CLOCK_MS;
	check_late("\033", escape, "S:^[");
	check_late("\033[", escape, "S:^[[");
	check_late("\033O", escape, "S:^[O");
	check_late("\033\033", escape, "S:^[^[");
	check_late("\033]", escape, "S:^[]");
	check_late("\033[5$", escape, "S:^[[5$");
	check_late("\033[M!", escape, "S:^[[M!");
	check_late("\033[[", escape, "S:^[[[");
	check_late("\033]0;half", escape, "S:^[]0;half");
	check_late("\033\xed\x95", escape, "S:^[");
	check_late("\033[5", tail, "S:^[[5");
	check_late("\033[1;5", tail, "S:^[[1;5");
	check_late("\033[<0;1", tail, "S:^[[<0;1");
	check_late("\033[20", paste, "S:^[[20");
	check_late("\033[200~half", paste, "P:half");
	check_late("\033[200~half\033[201", paste, "P:half^[[201");
}

static void test_waiting(void)
{
	struct keys keys;
	struct key key;
	keys_init(&keys);
	is_int(keys_deadline(&keys), INT64_MAX, "no bytes, no deadline");
	keys_feed(&keys, "\xed", 1, START);
	ok(!keys_next(&keys, START + 3600 * CLOCK_S, &key), "half a character waits forever");
	is_int(keys_deadline(&keys), INT64_MAX, "and without a deadline");
	keys_feed(&keys, "\x95\x9c\033", 3, START + CLOCK_S);
	ok(keys_next(&keys, START + CLOCK_S, &key) && key.len == 3, "until its rest comes");
	const int64_t late = START + CLOCK_S + KEYS_ESCAPE_MS * CLOCK_MS;
	is_int(keys_deadline(&keys), late, "the ESC after it has a deadline");
	keys_feed(&keys, "[", 1, START + CLOCK_S + CLOCK_MS);
	ok(!keys_next(&keys, late, &key), "each byte starts the time again");
	keys_free(&keys);
}

/* What comes in one read() so long after a lone Escape has acted. */
static void check_tail(int64_t after, const char *bytes, const char *want, const char *name)
{
	struct keys keys;
	struct buf out;
	const int64_t acted = START + KEYS_ESCAPE_MS * CLOCK_MS;
	buf_init(&out, SIZE_MAX);
	keys_init(&keys);
	keys_feed(&keys, "\033", 1, START);
	drain(&keys, acted, &out);
	is_text(buf_text(&out), "S:^[", "Escape");
	buf_clear(&out);
	keys_feed(&keys, bytes, strlen(bytes), acted + after);
	drain(&keys, acted + after, &out);
	is_text(buf_text(&out), want, name);
	keys_free(&keys);
	buf_free(&out);
}

static void test_tails(void)
{
	const int64_t soon = 300 * CLOCK_MS, late = KEYS_TAIL_MS * CLOCK_MS;
	check_tail(soon, "[A", "S:^[[A", "a cursor key whose ESC came first");
	check_tail(late - 1, "[A", "S:^[[A", "up to a second before");
	check_tail(late, "[A", "T:[ T:A", "but no longer");
	check_tail(soon, "OPx", "S:^[OP T:x", "a function key, and text");
	check_tail(soon, "[1;5C[A", "S:^[[1;5C T:[ T:A", "only the first is one");
	check_tail(soon, "[[B", "S:^[[[B", "a key of the Linux console");
	check_tail(soon, "[<64;3;2M", "M:64@1,2", "the mouse");
	check_tail(soon, "[200~/quit\r\033[201~", "P:/quit<0d>", "a paste");
	check_tail(soon, "[", "T:[", "half a tail is text");
	check_tail(soon, "O", "T:O", "also the other");
	check_tail(soon, "[5", "T:[ T:5", "and one without its last byte");
	check_tail(soon, "[\xff", "T:[ I:<ff>", "or with none that can be");
	check_tail(soon, "x", "T:x", "any other key is that key");
	check_tail(soon, "\033[A", "S:^[[A", "a whole one, too");
	struct keys keys;
	struct buf out;
	buf_init(&out, SIZE_MAX);
	keys_init(&keys);
	keys.escape_time = 0;
	keys_feed(&keys, "\033", 1, START);
	drain(&keys, START, &out);
	keys_feed(&keys, "x", 1, START);
	drain(&keys, START, &out);
	keys_feed(&keys, "[A", 2, START);
	drain(&keys, START, &out);
	is_text(buf_text(&out), "S:^[ T:x T:[ T:A", "after another key it is text; no time at all");
	keys_free(&keys);
	buf_free(&out);
}

/* A piece at a time, as a terminal gives it: what has been looked through is not looked through
 * again, or this takes minutes. */
static void test_huge_paste(void)
{
	enum { PIECE = 512, PIECES = 10 << 11 };
	char piece[PIECE];
	struct keys keys;
	struct key key;
	memset(piece, 'x', sizeof piece);
	keys_init(&keys);
	keys_feed(&keys, "\033[200~", 6, START);
	bool early = false;
	for (int i = 0; i < PIECES; i++) {
		keys_feed(&keys, piece, sizeof piece, START);
		early |= keys_next(&keys, START, &key);
	}
	ok(!early, "10 MB of a paste wait for its end");
	for (const char *end = "\033[201~"; *end; end++) {
		keys_feed(&keys, end, 1, START);
		early = keys_next(&keys, START, &key);
	}
	ok(early && key.kind == KEY_PASTE, "which is found across pieces");
	is_int(key.len, (long long)PIECE * PIECES, "nothing is lost");
	keys_free(&keys);
}

static void test_huge_text(void)
{
	enum { LENGTH = 10 << 20 };
	char *text = malloc(LENGTH);
	struct keys keys;
	struct key key;
	size_t total = 0;
	memset(text, 'x', LENGTH);
	keys_init(&keys);
	keys_feed(&keys, text, LENGTH, START);
	while (keys_next(&keys, START, &key))
		total += key.len;
	is_int(total, LENGTH, "10 MB of plain text, a character at a time");
	memset(text, '\033', 65536);
	keys_feed(&keys, text, 65536, START);
	size_t count = 0;
	while (keys_next(&keys, START + CLOCK_S, &key))
		count += key.len;
	is_int(count, 65536, "64 kB of ESC");
	memset(text, '1', LENGTH);
	keys_feed(&keys, "\033[", 2, START);
	bool early = false;
	for (size_t at = 0; at < LENGTH; at += 1024) {
		keys_feed(&keys, text + at, 1024, START);
		early |= keys_next(&keys, START, &key);
	}
	keys_feed(&keys, "~", 1, START);
	ok(!early && keys_next(&keys, START, &key), "a sequence with ten million digits");
	is_int(key.len, LENGTH + 3, "is one");
	keys_free(&keys);
	free(text);
}

static void test_other_locales(void)
{
	setlocale(LC_ALL, "C");
	CHECK("a\xe9\x80", "T:a I:<e9> I:<80>");
	CHECK("\033[200~\xed\033[201~", "P:<ed>");
	setlocale(LC_ALL, "C.UTF-8");
}

int main(void)
{
	tap_watchdog(30);
	setlocale(LC_ALL, "C.UTF-8");
	test_characters();
	test_sequences();
	test_reports();
	test_mouse();
	test_pastes();
	test_time();
	test_waiting();
	test_tails();
	test_huge_paste();
	test_huge_text();
	test_other_locales();
	return tap_done();
}
