// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/view.h"

#include <errno.h>
#include <locale.h>
#include <stdint.h>
#include <sys/socket.h>
#include <time.h>

#include "base/clock.h"
#include "record/frame_entry.h"
#include "record/sample.h"
#include "support/tap.h"

static struct transcript *transcript;
static struct view view;
static struct rows rows;
static struct buf out;
static int64_t now;         /* of the entries made */
static int64_t last, early; /* by this much the next one is */

static void begin(int columns)
{
	transcript_free(transcript);
	transcript = transcript_new(1 << 22, 1 << 20);
	view = (struct view){
		.ops = &chat_view, .transcript = transcript, .session = 1, .columns = columns
	};
	now = 1000 * CLOCK_S;
}

/* The next entry comes at once, as what belongs together does. */
static void at_once(void)
{
	early = now - last;
}

static uint64_t put_entry(struct entry header, const struct endpoint *addr, const char *data,
                          size_t len)
{
	header.time = last = now - early;
	early = 0;
	header.session = header.session ? header.session : 1;
	now += 250 * CLOCK_MS;
	return transcript_append(transcript, &header, addr, data, len);
}

static void put(enum call call, const char *text)
{
	put_entry((struct entry){ .call = (uint8_t)call }, NULL, text, strlen(text));
}

static void put_datagram(enum call call, const char *text)
{
	const struct endpoint addr = { .family = AF_INET, .port = 5000, .ip = { 127, 0, 0, 1 } };
	put_entry((struct entry){ .call = (uint8_t)call }, &addr, text, strlen(text));
}

static void print_paragraph(struct location location)
{
	view_layout(&view, location, &rows);
	for (size_t i = 0; i < rows.count; i++) {
		row_print(&rows.row[i], &out);
		buf_append_text(&out, "\n");
	}
}

/* Everything, from the oldest paragraph to the newest. */
static const char *shown(void)
{
	struct location location = { TRANSCRIPT_NONE, 0 };
	buf_clear(&out);
	while (view_after(&view, &location))
		print_paragraph(location);
	return buf_text(&out);
}

/* The expectation with each "T" at the beginning of a row replaced by the time of the entry
 * `quarters` of a second on: "T3 ". */
static const char *timed(const char *text, bool short_form)
{
	static struct buf expected = { .max = SIZE_MAX };
	buf_clear(&expected);
	for (bool first = true; *text; text++) {
		char time[CLOCK_TEXT];
		if (!first || *text != 'T') {
			first = *text == '\n';
			buf_append(&expected, text, 1);
			continue;
		}
		int64_t quarters = *++text - '0';
		clock_format_time(1000 * CLOCK_S + quarters * 250 * CLOCK_MS, short_form, time);
		buf_append_text(&expected, time);
		first = false;
	}
	return buf_text(&expected);
}

static void make_conversation(int columns)
{
	begin(columns);
	view.time = VIEW_TIME_CLOCK;
	put(CALL_STATE, "127.0.0.1:50522 ⇄ 127.0.0.1:7001 connected in 0.2 ms");
	put(CALL_SEND, "Hello, server!\n");
	put(CALL_RECV, "Hello, 서버!\r\nand mo");
	at_once();
	put(CALL_RECV, "re\n");
	put_entry((struct entry){ .call = CALL_NOTE, .flags = ENTRY_ERROR }, NULL,
	          "no such command: /opne", 22);
	put(CALL_SEND, "\033]0;evil\007");
}

static void test_golden(void)
{
	make_conversation(80);
	is_text(shown(),
	        timed("T0 ·  127.0.0.1:50522 ⇄ 127.0.0.1:7001 connected in 0.2 ms\n"
	              "T1 →  Hello, server!⏎                                         15 bytes\n"
	              "T2 ←  Hello, 서버!^M⏎                                         16 bytes\n"
	              "T2 ←  and more⏎                                                9 bytes\n"
	              "T4 !  no such command: /opne\n"
	              "T5 →  ^[]0;evil^G                                              9 bytes\n",
	              false),
	        "80 columns");
	make_conversation(200);
	const char *text = shown();
	const char *line = strchr(text, '\n') + 1;
	ok(strstr(line, "Hello, server!⏎") != NULL, "200 columns: the text");
	is_int(text_columns(line, strcspn(line, "\n")), VIEW_READABLE,
	       "200 columns: the size stays near it");
	make_conversation(40);
	is_text(shown(),
	        timed("T0 ·  127.0.0.1:50522 ⇄\n"
	              "              127.0.0.1:7001 connected\n"
	              "              in 0.2 ms\n"
	              "T1 →  Hello, server!⏎     15 bytes\n"
	              "T2 ←  Hello, 서버!^M⏎     16 bytes\n"
	              "T2 ←  and more⏎            9 bytes\n"
	              "T4 !  no such command: /opne\n"
	              "T5 →  ^[]0;evil^G          9 bytes\n",
	              true),
	        "40 columns");
}

static void test_narrow(void)
{
	begin(30);
	view.time = VIEW_TIME_CLOCK;
	put(CALL_RECV, "a line of some length, too long for this pane\n");
	is_text(shown(),
	        "←  a line of some length, too\n"
	        "   long for this pane⏎\n",
	        "30 columns: no time, the size only where it fits");
	begin(5);
	put(CALL_SEND, "hello 가\n");
	is_text(shown(), "hello\n 가⏎\n", "5 columns: text alone");
	begin(1);
	put(CALL_RECV, "a가\033b\t");
	is_text(shown(), "a\n?\n^\n[\nb\n\n",
	        "1 column: a wide character is '?', a mark goes over rows");
	begin(7);
	put(CALL_NOTE, "ab cde\xe2\x80\xae");
	is_text(shown(), "ab cde\nU+202E\n", "7 columns: no word is moved to where it has no room");
	begin(19);
	put(CALL_RECV, "01234");
	is_text(shown(), "←  01234    5 bytes\n", "a size");
	put(CALL_SEND, "01234567");
	is_text(shown(), "←  01234    5 bytes\n→  01234567\n", "wants two blanks before it");
	begin(19);
	put(CALL_RECV, "0123456789abcdef");
	is_text(shown(), "←  0123456789abcdef\n", "a line that just fits");
	begin(19);
	put(CALL_RECV, "0123456789abcdef\n");
	is_text(shown(), "←  0123456789abcdef\n   ⏎       17 bytes\n",
	        "its line end does not get lost");
}

static void test_times(void)
{
	begin(80);
	put(CALL_RECV, "a\nb");
	early = 151 * CLOCK_MS;
	put(CALL_RECV, "\nc\n");
	now += 20 * CLOCK_S;
	put(CALL_NOTE, "later");
	view.columns = 40;
	view.time = VIEW_TIME_RELATIVE;
	is_text(shown(),
	        "   0.000 ←  a⏎                   2 bytes\n"
	        "   0.000 ←  b⏎                   2 bytes\n"
	        "   0.099 ←  c⏎                   2 bytes\n"
	        "  20.500 ·  later\n",
	        "time since the first entry");
	view.time = VIEW_TIME_DELTA;
	is_text(shown(),
	        "  +0.000 ←  a⏎                   2 bytes\n"
	        "  +0.000 ←  b⏎                   2 bytes\n"
	        "  +0.099 ←  c⏎                   2 bytes\n"
	        " +20.401 ·  later\n",
	        "time since the paragraph before");
	now += 1000000 * CLOCK_S;
	put(CALL_NOTE, "x");
	ok(strstr(shown(), "+1000000 ·  x") != NULL, "a long time keeps its columns");
	now = 0;
	put(CALL_NOTE, "y");
	ok(strstr(shown(), "  +0.000 ·  y") != NULL, "time never goes back");
}

static void test_hidden(void)
{
	begin(40);
	put(CALL_SOCKET, "");
	put(CALL_SETSOCKOPT, "\1");
	put(CALL_RECV, "one ");
	put_entry((struct entry){ .call = CALL_RECV, .error = EAGAIN }, NULL, "", 0);
	put_entry((struct entry){ .call = CALL_RECV, .session = 2 }, NULL, "other", 5);
	put(CALL_GETSOCKOPT, "\1");
	early = CLOCK_S;
	put(CALL_RECV, "line\n");
	put(CALL_RECV, "");
	put_entry((struct entry){ .call = CALL_SEND, .error = EPIPE }, NULL, "", 0);
	put(CALL_CLOSE, "");
	is_text(shown(), "←  one line⏎                     9 bytes\n",
	        "calls without payload, failures, the end are hidden");
	begin(40);
	struct location location;
	ok(!view_last(&view, &location), "an empty session has no last paragraph");
	put(CALL_SOCKET, "");
	ok(!view_last(&view, &location), "nor one with hidden entries alone");
	is_text(shown(), "", "nothing to show");
	is_int(view_count_after(&view, (struct location){ 0, 0 }, 9), 0, "nothing to count");
}

static void test_joining(void)
{
	begin(40);
	put(CALL_RECV, "\xea\xb0");
	put(CALL_RECV, "\x80");
	put(CALL_SEND, "x");
	put(CALL_RECV, "y\n");
	put(CALL_SEND, "z\n");
	is_text(shown(),
	        "←  가                            3 bytes\n"
	        "→  x                              1 byte\n"
	        "←  y⏎                            2 bytes\n"
	        "→  z⏎                            2 bytes\n",
	        "a split character is whole; the other direction cuts");
	begin(40);
	put_entry((struct entry){ .call = CALL_NOTE, .flags = ENTRY_CONTINUES }, NULL, "one\n\ntw",
	          7);
	put(CALL_NOTE, "o\n");
	put(CALL_NOTE, "");
	is_text(shown(), "·  one\n\n   two\n·\n",
	        "a note is one paragraph a line, across its parts, with one mark");
	begin(40);
	put(CALL_RECV, "a\tb\n\t\tc");
	is_text(shown(),
	        "←  a       b⏎                    4 bytes\n←                  c             3 "
	        "bytes\n",
	        "tabs");
}

/* The next entry comes that long after the one before. */
static void after(int ms)
{
	early = now - last - ms * CLOCK_MS;
}

static void test_pauses(void)
{
	begin(40);
	view.time = VIEW_TIME_RELATIVE;
	put(CALL_RECV, "AAAA");
	after(3000);
	put(CALL_RECV, "BBBB");
	after(99);
	put(CALL_RECV, "bb");
	after(100);
	put(CALL_RECV, "CCCC\n");
	after(3000);
	put(CALL_RECV, "D\n");
	is_text(shown(),
	        "   0.000 ←  AAAA                 4 bytes\n"
	        "   3.000 ←… BBBBbb               6 bytes\n"
	        "   3.199 ←… CCCC⏎                5 bytes\n"
	        "   6.199 ←  D⏎                   2 bytes\n",
	        "a pause in a line begins a new row");
	begin(40);
	view.time = VIEW_TIME_RELATIVE;
	put(CALL_SEND, "\xed");
	after(3000);
	put(CALL_SEND, "\x95");
	after(3000);
	put(CALL_SEND, "\x9c!\r");
	after(3000);
	put(CALL_SEND, "\n\xff");
	after(3000);
	put(CALL_SEND, "\x95\x9c\n");
	is_text(shown(),
	        "   0.000 →  한                   3 bytes\n"
	        "   6.000 →… !^M                  2 bytes\n"
	        "   9.000 →… ⏎                     1 byte\n"
	        "   9.000 →  \\xff                  1 byte\n"
	        "  12.000 →… \\x95\\x9c⏎            3 bytes\n",
	        "but not in a character");
	begin(40);
	put(CALL_RECV, "ab");
	after(100);
	put_entry((struct entry){ .call = CALL_RECV, .arg2 = MSG_OOB }, NULL, "!", 1);
	after(100);
	put(CALL_RECV, "cd\n");
	setlocale(LC_ALL, "C");
	is_text(shown(),
	        "<  ab                            2 bytes\n"
	        "<  ! (urgent)                     1 byte\n"
	        "<  cd$                           3 bytes\n",
	        "what is in between begins a new row");
	view.ops = &chat_view;
	begin(40);
	put(CALL_RECV, "ab");
	after(100);
	put(CALL_RECV, "cd\n");
	is_text(shown(),
	        "<  ab                            2 bytes\n"
	        "<+ cd$                           3 bytes\n",
	        "in ASCII");
	setlocale(LC_ALL, "");
}

/* Of a slow peer each byte has its row, also when the beginning of its line has gone. */
static void test_slow_peer(void)
{
	enum { BYTES = 3000 };
	transcript_free(transcript);
	transcript = transcript_new(1 << 15, 1 << 12);
	view = (struct view){
		.ops = &chat_view, .transcript = transcript, .session = 1, .columns = 40
	};
	now = 1000 * CLOCK_S;
	for (int i = 0; i < BYTES; i++) {
		after(i ? 100 : 0);
		put(CALL_RECV, "z");
	}
	struct location location;
	int rows_seen = 0, continued = 0;
	bool more = view_last(&view, &location);
	for (; more; more = view_before(&view, &location), rows_seen++) {
		buf_clear(&out);
		print_paragraph(location);
		continued += strncmp(buf_text(&out), "←… z ", strlen("←… z ")) == 0;
	}
	ok(rows_seen > 100 && rows_seen < BYTES, "the oldest of %d bytes are gone", BYTES);
	is_int(continued, rows_seen - 1, "all but the first left go on with their line");
	is_int(view_count_after(&view, (struct location){ TRANSCRIPT_NONE, 0 }, BYTES), rows_seen,
	       "and each is counted");
}

static size_t row_count(const char *text)
{
	size_t count = 0;
	for (; *text; text++)
		count += *text == '\n';
	return count;
}

static void test_folds(void)
{
	static char bytes[20000];
	memset(bytes, 'x', sizeof bytes);
	begin(80);
	put_datagram(CALL_RECVFROM, "");
	struct entry header = { .call = CALL_RECVFROM };
	put_entry(header, NULL, bytes, sizeof bytes);
	is_int(row_count(shown()), 1 + 260, "a large datagram is one paragraph");
	view.fold = 4;
	const char *text = shown();
	is_int(row_count(text), 1 + 4, "folded");
	ok(strstr(text,
	          "   … 19769 more bytes: /fold or F8 shows them                        20000 "
	          "bytes\n") != NULL,
	   "and the last row says so");
	bytes[10000] = '!';
	put_entry(header, NULL, bytes, sizeof bytes);
	view.find = "x!x";
	view.find_len = 3;
	is_int(row_count(shown()), 1 + 4 + 260, "what is looked for unfolds");
	bytes[10] = '!';
	bytes[10000] = 'x';
	put_entry(header, NULL, bytes, sizeof bytes);
	is_int(row_count(shown()), 1 + 4 + 260 + 4, "not where it can be seen");
	begin(20);
	view.fold = 2;
	put(CALL_RECV, "0123456789abcdef0\n0123456789abcdef0123456789abcdef01\n"
	               "0123456789abcdef0123456789abcdef012\n");
	is_text(shown(),
	        "←  0123456789abcdef0\n"
	        "   ⏎        18 bytes\n"
	        "←  0123456789abcdef0\n"
	        "   … 18 more bytes\n"
	        "←  0123456789abcdef0\n"
	        "   … 19 more bytes\n",
	        "as many rows as one may have are shown");
	view.columns = 21;
	is_int(row_count(shown()), 5, "what fits as it is, is not folded");
	begin(20);
	view.fold = 3;
	put_datagram(CALL_SENDTO, "a\nb\nc\n");
	put_datagram(CALL_SENDTO, "a\nb\nc\nd\n");
	put(CALL_NOTE, "a\nb\nc\nd");
	is_text(shown(),
	        "→  a⏎\n   b⏎\n   c⏎        6 bytes\n"
	        "→  a⏎\n   b⏎\n   … 4 more bytes\n"
	        "·  a\n   b\n   c\n   d\n",
	        "lines of a datagram, not of a note");
}

static int count_paragraphs(const struct view_ops *ops, bool all)
{
	view.ops = ops;
	view.all = all;
	return view_count_after(&view, (struct location){ TRANSCRIPT_NONE, 0 }, 9999);
}

/* The line that was sent as one is one row of the past, however long. */
static void test_long_line(void)
{
	static char bytes[VIEW_LONG];
	begin(80);
	memset(bytes, 'y', sizeof bytes);
	bytes[VIEW_LONG - 1] = '\n';
	put(CALL_SEND, "before\n");
	put_entry((struct entry){ .call = CALL_SEND }, NULL, bytes, sizeof bytes);
	for (size_t at = 0; at < sizeof bytes; at += 1448) {
		size_t len = sizeof bytes - at < 1448 ? sizeof bytes - at : 1448;
		at_once();
		put_entry((struct entry){ .call = CALL_RECV }, NULL, bytes + at, len);
	}
	is_int(count_paragraphs(&chat_view, false), 3, "a long line is one, sent or received");
	ok(strstr(shown(), " 65536 bytes\n") != NULL, "with all its bytes");
}

/* Words of the program that do not fit go on further in, or below the cell that they belong to. */
static void test_words(void)
{
	begin(43);
	put(CALL_NOTE, "one sentence that is longer than a row of this pane\n"
	               "  another that begins further in than the first\n"
	               "/open   open a TCP conversation, or a UDP session\n"
	               "/close  close it");
	is_text(shown(),
	        "·  one sentence that is longer than a row\n"
	        "     of this pane\n"
	        "     another that begins further in than\n"
	        "       the first\n"
	        "   /open   open a TCP conversation, or a\n"
	        "           UDP session\n"
	        "   /close  close it\n",
	        "sentences and a list");
	begin(43);
	put(CALL_NOTE, "one sentence that is longer than a row of this pane  \n"
	               "/open   open a TCP conversation, or a UDP session   ");
	is_text(shown(),
	        "·  one sentence that is longer than a row\n"
	        "     of this pane\n"
	        "   /open   open a TCP conversation, or a\n"
	        "           UDP session\n",
	        "blanks at the end of a line are no cell");
	begin(42);
	put(CALL_NOTE, "name   calls  failed  not ready  took\n"
	               "demo   12     0       3          0.05 ms\n"
	               "other  1      0       0          0.01 ms");
	is_text(shown(),
	        "·  name   calls  failed  not ready  took\n"
	        "   demo   12     0       3\n"
	        "     0.05 ms\n"
	        "   other  1      0       0\n"
	        "     0.01 ms\n",
	        "a table is broken between its cells");
	begin(23);
	put(CALL_NOTE, "a note in a very narrow pane");
	is_text(shown(), "·  a note in a very\n   narrow pane\n", "not in the narrowest");
}

static void test_marks(void)
{
	begin(50);
	view.marks = true;
	put(CALL_RECV, "hel");
	at_once();
	put(CALL_RECV, "lo\nwor");
	at_once();
	put(CALL_RECV, "ld");
	at_once();
	put(CALL_RECV, "\n");
	put(CALL_SEND, "\xea");
	at_once();
	put(CALL_SEND, "\xb0\x80!");
	is_text(shown(),
	        "←  [hel][lo⏎                               6 bytes\n"
	        "←  wor][ld][⏎]                             6 bytes\n"
	        "→  [가][!]                                 4 bytes\n",
	        "brackets around the bytes of each call");
}

/* With all that is known where there is room, and never without what was asked for. */
static void test_packet_info(void)
{
	static const struct {
		int columns;
		const char *rows;
	} widths[] = {
		{ 80, "←  127.0.0.1:5000  ping              to 127.0.0.9 ttl 64 tos 0xb9 on lo  4 "
		      "bytes\n" },
		{ 62, "←  127.0.0.1:5000  ping  to 127.0.0.9 ttl 64 tos 0xb9  4 bytes\n" },
		{ 40, "←  ping                          4 bytes\n"
		      "   to 127.0.0.9 ttl 64 tos 0xb9 on lo\n" },
	};
	struct endpoint peer = { .family = AF_INET, .port = 5000, .ip = { 127, 0, 0, 1 } };
	struct endpoint own = { .family = AF_INET, .ip = { 127, 0, 0, 9 }, .interface = "lo" };
	struct entry header = { .session = 1, .call = CALL_RECVMSG, .time = now };
	size_t room;
	begin(80);
	view.time = VIEW_TIME_OFF;
	header.ttl = 64;
	header.tos = 0xb9;
	memcpy(transcript_reserve(transcript, ENTRY_ADDRESSES, 4, &room), "ping", 4);
	transcript_commit(transcript, &header, &peer, &own, 4);
	for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
		view.columns = widths[i].columns;
		is_text(shown(), widths[i].rows, "how a datagram came");
	}
}

static void test_datagrams(void)
{
	begin(60);
	put_datagram(CALL_SENDTO, "ping");
	put_datagram(CALL_RECVFROM, "a\nb\n");
	put_datagram(CALL_RECVFROM, "");
	put(CALL_RECVFROM, "c");
	put_entry((struct entry){ .call = CALL_RECVFROM, .flags = ENTRY_TRUNCATED, .arg = 10 },
	          NULL, "0123", 4);
	is_text(shown(),
	        "→  127.0.0.1:5000  ping                              4 bytes\n"
	        "←  127.0.0.1:5000  a⏎\n"
	        "   b⏎                                                4 bytes\n"
	        "←  127.0.0.1:5000  empty datagram                    0 bytes\n"
	        "←  c                                                  1 byte\n"
	        "←  0123~6 lost                                       4 bytes\n",
	        "datagrams");
	view.marks = true;
	view.columns = 49;
	is_text(shown(),
	        "→  [ping]                                 4 bytes\n"
	        "←  [a⏎\n"
	        "   b⏎]                                    4 bytes\n"
	        "←  []                                     0 bytes\n"
	        "←  [c]                                     1 byte\n"
	        "←  [0123~6 lost]                          4 bytes\n",
	        "with marks, in a pane without room for addresses");
}

static void make_marked(int columns)
{
	begin(columns);
	view.marks = true;
	view.time = VIEW_TIME_RELATIVE;
	put(CALL_SEND, "hello");
	put_datagram(CALL_RECVFROM, "");
	put_entry((struct entry){ .call = CALL_RECVFROM, .flags = ENTRY_TRUNCATED, .arg = 10 },
	          NULL, "0123", 4);
	put_entry((struct entry){ .call = CALL_RECV, .arg2 = MSG_PEEK }, NULL, "\033[2J]\n[", 7);
	put(CALL_RECV, "\033[2J]\n[");
}

static void test_marks_golden(void)
{
	make_marked(80);
	is_text(shown(),
	        "   0.000 →  [hello]                                                      5 bytes\n"
	        "   0.250 ←  127.0.0.1:5000  []                                           0 bytes\n"
	        "   0.500 ←  [0123~6 lost]                                                4 bytes\n"
	        "   0.750 ←  [^[[2J]⏎\n"
	        "            [] (peeked)                                                  7 bytes\n"
	        "   1.000 ←  [^[[2J]⏎                                                     6 bytes\n"
	        "   1.000 ←  []                                                            1 "
	        "byte\n",
	        "marks at 80 columns");
	make_marked(40);
	is_text(shown(),
	        "   0.000 →  [hello]              5 bytes\n"
	        "   0.250 ←  []                   0 bytes\n"
	        "   0.500 ←  [0123~6 lost]        4 bytes\n"
	        "   0.750 ←  [^[[2J]⏎\n"
	        "            [] (peeked)          7 bytes\n"
	        "   1.000 ←  [^[[2J]⏎             6 bytes\n"
	        "   1.000 ←  []                    1 byte\n",
	        "at 40");
	make_marked(200);
	static char wide[4096];
	snprintf(wide, sizeof wide, "%s", shown());
	make_marked(VIEW_READABLE);
	is_text(shown(), wide, "in a wider pane sizes stay near their text");
	make_marked(80);
	setlocale(LC_ALL, "C");
	is_text(shown(),
	        "   0.000 >  [hello]                                                      5 bytes\n"
	        "   0.250 <  127.0.0.1:5000  []                                           0 bytes\n"
	        "   0.500 <  [0123~6 lost]                                                4 bytes\n"
	        "   0.750 <  [^[[2J]$\n"
	        "            [] (peeked)                                                  7 bytes\n"
	        "   1.000 <  [^[[2J]$                                                     6 bytes\n"
	        "   1.000 <  []                                                            1 "
	        "byte\n",
	        "in ASCII");
	setlocale(LC_ALL, "");
}

/* What is sent as urgent counts in the stream, but does not go on with a line of it. */
static void test_urgent_sent(void)
{
	struct entry urgent = { .call = CALL_SEND, .arg = 1, .arg2 = MSG_OOB | MSG_NOSIGNAL };
	bool in_character;
	begin(60);
	put(CALL_SEND, "ab");
	put_entry(urgent, NULL, "!", 1);
	is_int(transcript_at(transcript, transcript_newest(transcript))->stream_offset, 2,
	       "an urgent byte has its place in the stream");
	ok(!view_is_open(&view, &in_character), "nothing goes on with it");
	put(CALL_SEND, "cd\n");
	is_int(transcript_at(transcript, transcript_newest(transcript))->stream_offset, 3,
	       "what follows counts it");
	put_entry(urgent, NULL, "\xed", 1);
	put_entry(urgent, NULL, "\n", 1);
	is_text(shown(),
	        "→  ab                                                2 bytes\n"
	        "→  ! (urgent)                                         1 byte\n"
	        "→  cd⏎                                               3 bytes\n"
	        "→  \\xed (urgent)                                      1 byte\n"
	        "→  ⏎ (urgent)                                         1 byte\n",
	        "urgent bytes that were sent are paragraphs of their own");
	ok(!view_is_open(&view, &in_character) && !in_character, "whatever they are");
	view.marks = true;
	ok(strstr(shown(), "→  [!] (urgent)"), "with brackets, too");
	view.marks = false;
	view.ops = &hex_view;
	ok(strstr(shown(), "send(1, MSG_OOB) = 1"), "hex has them as their call says");
}

/* What is peeked at comes again: it is no part of the stream. */
static void test_asides(void)
{
	const struct entry peek = { .call = CALL_RECV, .arg2 = MSG_PEEK };
	begin(60);
	put(CALL_RECV, "ab");
	put_entry(peek, NULL, "cd\n", 3);
	put(CALL_RECV, "cd\n");
	put_entry((struct entry){ .call = CALL_RECV, .arg2 = MSG_OOB }, NULL, "!", 1);
	put(CALL_RECV, "e\n");
	is_text(shown(),
	        "←  ab                                                2 bytes\n"
	        "←  cd⏎ (peeked)                                      3 bytes\n"
	        "←  cd⏎                                               3 bytes\n"
	        "←  ! (urgent)                                         1 byte\n"
	        "←  e⏎                                                2 bytes\n",
	        "bytes beside the stream");
	begin(60);
	put_entry(peek, NULL, "", 0);
	is_text(shown(), "", "not the end of the stream");
	put_entry((struct entry){ .call = CALL_RECVFROM, .arg2 = MSG_PEEK }, NULL, "x", 1);
	is_text(shown(), "←  x (peeked)                                         1 byte\n",
	        "a datagram");
}

/* ---- kinds ---- */

/* Frames are shown in the ladder and in a view of their own only. */
static void put_frames(void)
{
	const struct frame_note note = { .event = FRAME_LEAVES,
		                         .bytes = (const uint8_t *)"frame",
		                         .kept = 5,
		                         .len = 60,
		                         .words = "rule",
		                         .words_len = 4 };
	frame_entry_append(transcript, WIRE_FIRST, now, &note);
	frame_entry_append(transcript, 1, now, &note);
}

static void test_kinds(void)
{
	char *large = calloc(3, VIEW_LONG);
	begin(80);
	put(CALL_SOCKET, "");
	put(CALL_RECV, "a\nb\n");
	put_frames();
	put_entry((struct entry){ .call = CALL_SAMPLE, .arg = SAMPLE_AFTER }, NULL, "", 0);
	put_entry((struct entry){ .call = CALL_SAMPLE, .arg = SAMPLE_LATER }, NULL, "", 0);
	put_entry((struct entry){ .call = CALL_SEND, .session = 2 }, NULL, "other", 5);
	put(CALL_RECV, "c");
	put_datagram(CALL_RECVFROM, "");
	put(CALL_NOTE, "one\ntwo");
	put(CALL_RECV, "");
	put_entry((struct entry){ .call = CALL_SEND }, NULL, large, 2 * VIEW_LONG + 1);
	free(large);
	is_int(count_paragraphs(&chat_view, false), 9, "chat: lines, a datagram, long pieces");
	is_int(count_paragraphs(&chat_view, true), 10, "and another session's");
	is_int(count_paragraphs(&hex_view, false), 5 + 2 * VIEW_LONG / VIEW_PIECE + 1,
	       "hex: pieces of what each call moved");
	is_int(count_paragraphs(&hex_view, true), 6 + 2 * VIEW_LONG / VIEW_PIECE + 1,
	       "and another session's");
	is_int(count_paragraphs(&trace_view, false), 9,
	       "trace: calls, words, samples of their own");
	is_int(count_paragraphs(&trace_view, true), 10, "and another session's");
	is_text(view_listed(0)->name, "chat", "chat is the default");
	ok(view_named("ladder") == &ladder_view && !view_named("ladde"), "each has a name");
	size_t turns = 0, merging = 0;
	const struct view_ops *ops = &chat_view;
	do
		turns++;
	while ((ops = view_next(ops, false)) != &chat_view);
	ok(!view_listed(turns) && view_listed(turns - 1), "the turn goes through all of them");
	do
		merging += ops->merges;
	while ((ops = view_next(ops, true)) != &chat_view);
	is_int(merging, turns - 1, "of all sessions through all but the ladder");
}

/* The row of VIEW_LIST and the file say the same name; there is help for /help and the manual. */
static void test_list(void)
{
	const char *names = VIEW_NAMES;
	bool same = true, helped = true;
	for (size_t i = 0; view_listed(i); i++) {
		size_t len = strcspn(names, "|");
		same = same && strlen(view_listed(i)->name) == len &&
		       strncmp(view_listed(i)->name, names, len) == 0;
		helped = helped && *view_listed(i)->help;
		names += len + (names[len] == '|');
	}
	ok(same && !*names, "each view has the name of its row");
	ok(helped, "and a line of help");
}

static void put_conversation(bool commands)
{
	begin(80);
	put(CALL_RECV, "one\n");
	if (commands) {
		put(CALL_COMMAND, "/option");
		put_entry((struct entry){ .call = CALL_NOTE, .flags = ENTRY_ANSWER }, NULL, "yes",
		          3);
	}
	put(CALL_NOTE, "a client has come");
}

/* What was typed, and what it answered, is no part of the conversation. */
static void test_commands(void)
{
	for (size_t i = 0; view_listed(i); i++) {
		const struct view_ops *ops = view_listed(i);
		put_conversation(false);
		int without = count_paragraphs(ops, false);
		put_conversation(true);
		is_int(count_paragraphs(ops, false), without + (ops->commands ? 2 : 0), ops->name);
	}
	ok(chat_view.commands && !trace_view.commands, "a chat shows them, a trace does not");
}

/* A location of one view is used in another, and in other sessions. */
static void test_turning(void)
{
	struct location location, hidden;
	begin(80);
	put(CALL_RECV, "a\n");
	put(CALL_SOCKET, "");
	put(CALL_RECV, "b\n");
	view.ops = &trace_view;
	view_last(&view, &hidden);
	ok(view_before(&view, &hidden), "onto a call");
	view.ops = &chat_view;
	ok(!view_has(&view, hidden), "that the chat does not show");
	location = hidden;
	ok(view_after(&view, &location) && location.entry > hidden.entry,
	   "after it comes the next line");
	location = hidden;
	ok(view_before(&view, &location) && location.entry < hidden.entry,
	   "before it the one before");
	view_layout(&view, hidden, &rows);
	is_int(rows.count, 1, "it has an empty row");
	view.session = 2;
	location = hidden;
	ok(!view_before(&view, &location) && !view_after(&view, &location),
	   "nothing is around it in an empty session");
	put_entry((struct entry){ .call = CALL_NOTE, .session = 2 }, NULL, "x", 1);
	ok(view_after(&view, &location), "what another session says then");
	is_text(shown(), "·  x\n", "is found from there");
}

/* Amidst the floods of three sessions a screen takes a walk of a few steps: the watchdog bites
 * where each step goes through all of them. */
static void test_floods(void)
{
	enum { FLOOD = 200000, SCREEN = 1000 };
	struct location location;
	transcript_free(transcript);
	transcript = transcript_new(64 << 20, 1 << 20);
	for (size_t k = 0; view_listed(k); k++) {
		view = (struct view){ .transcript = transcript, .columns = 80 };
		view.session = 1;
		view.ops = view_listed(k);
		view.other = view.ops->merges ? 0 : 2;
		for (uint32_t i = 0; i < FLOOD; i++)
			put_entry((struct entry){ .call = view.ops->frames ? CALL_FRAME : CALL_SEND,
			                          .session = 1 + i % 3 },
			          NULL, "x\n", 2);
		for (int all = 0; all <= (view.ops->merges ? 1 : 0); all++) {
			view.all = all;
			int back = 0, forth = 0;
			view_last(&view, &location);
			while (back < SCREEN && view_before(&view, &location))
				back++;
			while (forth < SCREEN && view_after(&view, &location))
				forth++;
			ok(back == SCREEN && forth == SCREEN, "%s%s: a screen", view.ops->name,
			   all ? " of all" : "");
		}
	}
}

static void test_newest(void)
{
	bool in_character;
	begin(80);
	ok(!view_is_open(&view, &in_character), "nothing is not open");
	is_int(view_newest_entry(&view) == TRANSCRIPT_NONE, 1, "and has no newest entry");
	put(CALL_RECV, "a\nb");
	ok(view_is_open(&view, &in_character) && !in_character, "a line without its end is");
	uint64_t newest = view_newest_entry(&view);
	put(CALL_SOCKET, "");
	ok(view_newest_entry(&view) == newest, "what is not shown is not the newest");
	put(CALL_RECV, "\xea");
	put(CALL_RECV, "\xb0");
	ok(view_is_open(&view, &in_character) && in_character, "within a character");
	ok(view_entry_after(&view, newest) > newest, "the next entry shown");
	put(CALL_RECV, "\x80\n");
	ok(!view_is_open(&view, &in_character), "the end of the line");
	put_datagram(CALL_RECVFROM, "a");
	ok(!view_is_open(&view, &in_character), "a datagram is whole");
	view.ops = &trace_view;
	put(CALL_RECV, "x");
	ok(!view_is_open(&view, &in_character), "and so is a call");
}

static void test_truncated(void)
{
	begin(30);
	struct entry header = { .call = CALL_RECVFROM, .flags = ENTRY_TRUNCATED, .arg = 4 };
	put_entry(header, NULL, "0123", 4);
	header.arg = 9;
	put_entry(header, NULL, "0\n12", 4);
	is_text(shown(),
	        "←  0123                4 bytes\n"
	        "←  0⏎\n"
	        "   12~5 lost           4 bytes\n",
	        "what is lost is shown at the end, if anything is");
}

static void test_ascii(void)
{
	begin(80);
	put(CALL_SEND, "out\n");
	put(CALL_RECV, "in\xea\xb0\x80\n");
	put(CALL_STATE, "state");
	put_entry((struct entry){ .call = CALL_STATE, .flags = ENTRY_ERROR }, NULL, "reset", 5);
	view.columns = 30;
	setlocale(LC_ALL, "C");
	is_text(shown(),
	        ">  out$                4 bytes\n"
	        "<  in\\xea\\xb0\\x80$     6 bytes\n"
	        "-  state\n"
	        "!  reset\n",
	        "a locale without UTF-8");
	setlocale(LC_ALL, "");
}

static bool has_style(size_t glyph, enum style style)
{
	return rows.row[0].count > glyph && rows.row[0].glyphs[glyph].style == style;
}

static void test_styles(void)
{
	struct location location;
	begin(30);
	put(CALL_RECV, "a\033\n");
	view_last(&view, &location);
	view_layout(&view, location, &rows);
	ok(has_style(0, STYLE_IN), "the arrow of what came in");
	ok(has_style(3, STYLE_TEXT), "payload");
	ok(has_style(4, STYLE_MARK), "a mark");
	ok(has_style(5, STYLE_FAINT), "the line end");
	put_entry((struct entry){ .call = CALL_STATE, .flags = ENTRY_ERROR }, NULL, "reset", 5);
	view_last(&view, &location);
	view_layout(&view, location, &rows);
	ok(has_style(0, STYLE_ERROR) && has_style(3, STYLE_ERROR), "an error");
}

static void test_places(void)
{
	struct location location, gone;
	begin(80);
	put(CALL_RECV, "a\nb\nc\n");
	view_last(&view, &location);
	is_int(location.offset, 4, "the newest line begins with its own bytes");
	ok(!view_after(&view, &location) && location.offset == 4,
	   "nothing after it, and the location stays");
	ok(view_before(&view, &location) && view_before(&view, &location), "two lines before it");
	ok(!view_before(&view, &location) && location.offset == 0, "and no more");
	is_int(view_count_after(&view, location, 99), 2, "two lines are counted");
	is_int(view_count_after(&view, location, 1), 1, "but no more than asked");
	gone = (struct location){ 123456, 0 };
	ok(!view_has(&view, gone) && view_has(&view, location),
	   "a location that is none is distinguished from one that is");
	view_layout(&view, gone, &rows);
	is_int(rows.count, 1, "and has an empty row");
	ok(!view_before(&view, &gone), "nothing before it");
	view.session = 2;
	ok(!view_has(&view, location), "another session's location is none of ours");
}

static void test_bytes(void)
{
	struct location location;
	struct buf bytes = { .max = 10 };
	begin(80);
	put(CALL_RECV, "one\r\nand t");
	at_once();
	put_entry((struct entry){ .call = CALL_RECV }, NULL, "wo\0\nthree", 9);
	view_last(&view, &location);
	view_before(&view, &location);
	ok(view_bytes(&view, location, &bytes) && bytes.len == 9 &&
	           memcmp(buf_data(&bytes), "and two\0\n", 9) == 0,
	   "the bytes of a line that came in two calls");
	buf_clear(&bytes);
	put(CALL_SEND, "more than ten");
	view_last(&view, &location);
	ok(!view_bytes(&view, location, &bytes), "no more than the buffer takes");
	buf_free(&bytes);
}

int main(void)
{
	tap_watchdog(30);
	setenv("TZ", "UTC0", 1);
	tzset();
	setlocale(LC_ALL, "");
	buf_init(&out, SIZE_MAX);
	if (!text_has_unicode()) {
		tap_skip("no UTF-8 locale");
		return tap_done();
	}
	test_golden();
	test_narrow();
	test_times();
	test_hidden();
	test_joining();
	test_pauses();
	test_slow_peer();
	test_folds();
	test_long_line();
	test_words();
	test_marks();
	test_datagrams();
	test_packet_info();
	test_marks_golden();
	test_asides();
	test_urgent_sent();
	test_kinds();
	test_list();
	test_commands();
	test_turning();
	test_newest();
	test_truncated();
	test_ascii();
	test_styles();
	test_places();
	test_bytes();
	test_floods();
	transcript_free(transcript);
	rows_free(&rows);
	buf_free(&out);
	return tap_done();
}
