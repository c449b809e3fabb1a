// SPDX-License-Identifier: GPL-3.0-or-later
#include <locale.h>
#include <netinet/in.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "support/tap.h"
#include "view/view.h"

static struct transcript *transcript;
static struct view view;
static struct rows rows;
static struct buf out;

static void begin(int columns)
{
	transcript_free(transcript);
	transcript = transcript_new(1 << 22, 1 << 20);
	view = (struct view){
		.transcript = transcript, .session = 1, .ops = &hex_view, .columns = columns
	};
}

static uint64_t put_entry(struct entry header, const struct endpoint *addr, const char *data,
                          size_t len)
{
	header.session = 1;
	header.fd = 3;
	header.arg = header.arg ? header.arg : 1024;
	return transcript_append(transcript, &header, addr, data, len);
}

static uint64_t put(enum call call, const char *data, size_t len)
{
	return put_entry((struct entry){ .call = (uint8_t)call }, NULL, data, len);
}

static void print_paragraph(struct location location)
{
	view_layout(&view, location, &rows);
	for (size_t i = 0; i < rows.count; i++) {
		row_print(&rows.row[i], &out);
		buf_append_text(&out, "\n");
	}
}

static const char *shown(void)
{
	struct location location = { TRANSCRIPT_NONE, 0 };
	buf_clear(&out);
	while (view_after(&view, &location))
		print_paragraph(location);
	return buf_text(&out);
}

static void make_conversation(int columns)
{
	const struct endpoint addr = { .family = AF_INET, .port = 5000, .ip = { 127, 0, 0, 1 } };
	begin(columns);
	put(CALL_NOTE, "ready", 5);
	put(CALL_RECV, "Hello, 서버!\r\n\0\x1b[2J\xff, and more than one row", 42);
	put_entry((struct entry){ .call = CALL_RECVFROM }, &addr, "0123", 4);
}

static void test_golden(void)
{
	make_conversation(80);
	is_text(shown(),
	        "·  ready\n"
	        "←  recv(1024) = 42                                                      42 bytes\n"
	        "← 0000  48 65 6c 6c 6f 2c 20 ec  84 9c eb b2 84 21 0d 0a  Hello, 서 버 !..\n"
	        "← 0010  00 1b 5b 32 4a ff 2c 20  61 6e 64 20 6d 6f 72 65  ..[2J., and more\n"
	        "← 0020  20 74 68 61 6e 20 6f 6e  65 20                     than one\n"
	        "←  recvfrom(1024) = 4 from 127.0.0.1:5000                                4 bytes\n"
	        "← 0000  30 31 32 33                                       0123\n",
	        "80 columns");
	make_conversation(40);
	is_text(shown(),
	        "·  ready\n"
	        "←  recv(1024) = 42              42 bytes\n"
	        "← 0000 48 65 6c 6c 6f 2c 20 ec Hello, .\n"
	        "← 0008 84 9c eb b2 84 21 0d 0a ..버 !..\n"
	        "← 0010 00 1b 5b 32 4a ff 2c 20 ..[2J.,\n"
	        "← 0018 61 6e 64 20 6d 6f 72 65 and more\n"
	        "← 0020 20 74 68 61 6e 20 6f 6e  than on\n"
	        "← 0028 65 20                   e\n"
	        "←  recvfrom(1024) = 4 from\n"
	        "     127.0.0.1:5000              4 bytes\n"
	        "← 0000 30 31 32 33             0123\n",
	        "40 columns");
	make_conversation(200);
	const char *text = strstr(shown(), "← 0000");
	const char *want = "← 0000  48 65 6c 6c 6f 2c 20 ec  84 9c eb b2 84 21 0d 0a"
	                   "  Hello, 서 버 !..\n";
	is_bytes(text, text ? strlen(want) : 0, want, strlen(want), "200 columns: no wider");
}

static void test_narrow(void)
{
	begin(20);
	put(CALL_SEND, "ABCDE", 5);
	is_text(shown(),
	        "→  send(1024) = 5\n"
	        "→ 0000  41 42  AB\n"
	        "→ 0002  43 44  CD\n"
	        "→ 0004  45     E\n",
	        "20 columns");
	int wide = 0, empty = 0;
	for (int columns = 1; columns < 240; columns++) {
		make_conversation(columns);
		for (struct location location = { TRANSCRIPT_NONE, 0 };
		     view_after(&view, &location);) {
			view_layout(&view, location, &rows);
			empty += rows.count == 0;
			for (size_t i = 0; i < rows.count; i++)
				wide += rows.row[i].columns > columns;
		}
	}
	is_int(wide, 0, "no row is wider than its pane, whatever that is");
	is_int(empty, 0, "and no paragraph without a row");
}

static void test_times(void)
{
	make_conversation(80);
	view.time = VIEW_TIME_RELATIVE;
	view.all = true;
	ok(strstr(shown(), "   0.000 [1]") != NULL, "time and tag come before the call");
}

static void test_datagrams(void)
{
	const struct endpoint addr = { .family = AF_INET, .port = 5000, .ip = { 127, 0, 0, 1 } };
	begin(80);
	put_entry((struct entry){ .call = CALL_RECVFROM }, &addr, "", 0);
	struct entry cut = { .call = CALL_RECVFROM, .flags = ENTRY_TRUNCATED, .arg = 2000 };
	put_entry(cut, &addr, "abcd", 4);
	const char *text = shown();
	ok(strstr(text, "0 bytes\n") != NULL, "an empty datagram has its call alone");
	ok(strstr(text, "~1996 lost") != NULL, "what of one was lost is shown");
	ok(strstr(text, "127.0.0.1:5000") != NULL, "and whose it was");
}

/* Pieces of one call: only the first has its name. */
static void test_pieces(void)
{
	static char bytes[VIEW_PIECE + 20];
	begin(80);
	memset(bytes, 'x', sizeof bytes);
	uint64_t entry = put(CALL_RECV, bytes, sizeof bytes);
	struct location location = { TRANSCRIPT_NONE, 0 };
	ok(view_after(&view, &location) && location.entry == entry && location.offset == 0,
	   "the first");
	view_layout(&view, location, &rows);
	is_int(rows.count, 1 + VIEW_PIECE / 16, "a row for the call and 16 bytes each");
	ok(view_after(&view, &location) && location.offset == VIEW_PIECE, "the second");
	buf_clear(&out);
	print_paragraph(location);
	is_text(buf_text(&out),
	        "← 1000  78 78 78 78 78 78 78 78  78 78 78 78 78 78 78 78  xxxxxxxxxxxxxxxx\n"
	        "← 1010  78 78 78 78                                       xxxx\n",
	        "goes on counting");
	ok(!view_after(&view, &location), "and is the last");
	begin(80);
	static char large[(1 << 16) + 16];
	entry = put(CALL_RECV, large, sizeof large);
	buf_clear(&out);
	print_paragraph((struct location){ entry, 1 << 16 });
	is_text(buf_text(&out),
	        "← 10000  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  ................\n",
	        "an offset has as many digits as its call needs");
}

/* One character for each glyph of a row: '^' for a hit. */
static const char *marked(size_t row)
{
	static char text[256];
	size_t i = 0;
	for (; row < rows.count && i < rows.row[row].count && i + 1 < sizeof text; i++)
		text[i] = rows.row[row].glyphs[i].style == STYLE_FOUND ? '^' : '.';
	text[i] = '\0';
	return text;
}

static void test_found(void)
{
	/* digits, the blanks between them, characters: over two rows there are fewer blanks */
	static const struct {
		int columns;
		size_t marks;
	} wanted[] = { { 40, 12 + 4 + 6 }, { 80, 12 + 6 + 6 }, { 200, 12 + 6 + 6 } };
	begin(40);
	uint64_t entry = put(CALL_RECV, "12345needle", 11);
	view.find = "needle";
	view.find_len = 6;
	view_layout(&view, (struct location){ entry, 0 }, &rows);
	is_text(marked(1), "......................^^^^^^^^......^^^", "up to the end of a row");
	is_text(marked(2), ".......^^^^^^^^................^^^", "and on in the next");
	for (size_t i = 0; i < 3; i++) {
		size_t count = 0;
		view.columns = wanted[i].columns;
		view_layout(&view, (struct location){ entry, 0 }, &rows);
		for (size_t row = 0; row < rows.count; row++)
			for (const char *mark = marked(row); *mark; mark++)
				count += *mark == '^';
		is_int(count, wanted[i].marks, "all its bytes, twice");
	}
}

static void test_found_over_ends(void)
{
	static char bytes[VIEW_PIECE + 3];
	begin(80);
	memset(bytes, 'x', sizeof bytes);
	memcpy(bytes + VIEW_PIECE - 3, "needle", 6);
	uint64_t entry = put(CALL_RECV, bytes, sizeof bytes);
	view.find = "needle";
	view.find_len = 6;
	view_layout(&view, (struct location){ entry, VIEW_PIECE }, &rows);
	ok(strstr(marked(0), "^^^^^^^^") == marked(0) + 8, "a hit that began in the piece before");
	view_layout(&view, (struct location){ entry, 0 }, &rows);
	ok(strchr(marked(rows.count - 1), '^') != NULL, "and where it begins");
	begin(80);
	view.find = "needle";
	view.find_len = 6;
	uint64_t first = put(CALL_RECV, "nee", 3);
	uint64_t second = put(CALL_RECV, "dle", 3);
	view_layout(&view, (struct location){ first, 0 }, &rows);
	ok(strchr(marked(1), '^') != NULL, "a hit that goes on in the next call");
	view_layout(&view, (struct location){ second, 0 }, &rows);
	ok(strchr(marked(1), '^') != NULL, "which shows it too");
	put(CALL_SEND, "nee", 3);
	uint64_t third = put(CALL_RECV, "dle", 3);
	view_layout(&view, (struct location){ third, 0 }, &rows);
	ok(strchr(marked(1), '^') == NULL, "the other direction has no part in it");
}

static void test_ascii(void)
{
	setlocale(LC_ALL, "C");
	make_conversation(80);
	const char *text = shown();
	ok(strstr(text,
	          "< 0000  48 65 6c 6c 6f 2c 20 ec  84 9c eb b2 84 21 0d 0a  Hello, ......!..\n"),
	   "without UTF-8");
	int strange = 0;
	for (const char *at = text; *at; at++)
		strange += (unsigned char)*at > 126 || ((unsigned char)*at < 32 && *at != '\n');
	is_int(strange, 0, "nothing but ASCII");
	setlocale(LC_ALL, "C.UTF-8");
}

/* Every byte, and what would turn a terminal around. */
static void test_hostile(void)
{
	char bytes[256];
	begin(80);
	for (int i = 0; i < 256; i++)
		bytes[i] = (char)i;
	put(CALL_RECV, bytes, sizeof bytes);
	static const char deceptive[] =
	        "\u202e\u200b\u00ad\xed\xa0\x80\xf8\x88\x80\x80\u0301\U000e0041";
	put(CALL_RECV, deceptive, sizeof deceptive - 1);
	int strange = 0, ragged = 0;
	for (const char *at = shown(); *at; at++)
		strange += ((unsigned char)*at < 32 && *at != '\n') || *at == 127;
	is_int(strange, 0, "no control character is shown");
	ok(strstr(shown(), "\u202e") == NULL && strstr(shown(), "\u200b") == NULL,
	   "nothing that hides or turns text");
	for (struct location location = { TRANSCRIPT_NONE, 0 }; view_after(&view, &location);) {
		view_layout(&view, location, &rows);
		for (size_t i = 1; i + 1 < rows.count; i++)
			ragged += rows.row[i].columns != 74;
	}
	is_int(ragged, 0, "all rows are of one width");
}

int main(void)
{
	tap_watchdog(30);
	setlocale(LC_ALL, "C.UTF-8");
	buf_init(&out, SIZE_MAX);
	test_golden();
	test_narrow();
	test_times();
	test_datagrams();
	test_pieces();
	test_found();
	test_found_over_ends();
	test_ascii();
	test_hostile();
	rows_free(&rows);
	buf_free(&out);
	transcript_free(transcript);
	return tap_done();
}
