// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/find.h"

#include <locale.h>
#include <netinet/in.h>
#include <stdint.h>
#include <sys/socket.h>
#include <time.h>

#include "base/clock.h"
#include "record/sample.h"
#include "support/tap.h"
#include "view/calltext.h"
#include "view/sampletext.h"

static struct transcript *transcript;
static struct view view;

static void begin(size_t ceiling, size_t block)
{
	transcript_free(transcript);
	transcript = transcript_new(ceiling, block);
	view = (struct view){
		.ops = &chat_view, .transcript = transcript, .session = 1, .columns = 80
	};
}

static void look_for(const char *text)
{
	view.find = text;
	view.find_len = strlen(text);
}

static uint64_t put_bytes(uint32_t session, enum call call, const char *bytes, size_t len)
{
	struct entry header = { .session = session, .call = (uint8_t)call, .fd = 3, .arg = 1024 };
	return transcript_append(transcript, &header, NULL, bytes, len);
}

static uint64_t put(enum call call, const char *text)
{
	return put_bytes(1, call, text, strlen(text));
}

static uint64_t put_datagram(const char *text)
{
	const struct endpoint addr = { .family = AF_INET, .port = 5000, .ip = { 127, 0, 0, 1 } };
	struct entry header = { .session = 1, .call = CALL_RECVFROM, .fd = 3, .arg = 1024 };
	return transcript_append(transcript, &header, &addr, text, strlen(text));
}

static void is_location(bool found, struct location location, uint64_t entry, uint32_t offset,
                        const char *name)
{
	bool same = found && location.entry == entry && location.offset == offset;
	if (!ok(same, "%s", name))
		printf("#   got %s %llu+%u, want %llu+%u\n", found ? "a hit at" : "no hit",
		       (unsigned long long)location.entry, (unsigned)location.offset,
		       (unsigned long long)entry, (unsigned)offset);
}

/* Hits from the newest on, each from the one before; then back. */
static size_t all_hits(struct location *hits, size_t most)
{
	size_t count = 0;
	while (count < most && find_older(&view, count ? &hits[count - 1] : NULL, &hits[count]))
		count++;
	return count;
}

static bool same_forward(const struct location *hits, size_t count)
{
	struct location hit;
	if (!find_newer(&view, NULL, &hit))
		return count == 0;
	for (size_t i = count; i > 0; i--) {
		if (hit.entry != hits[i - 1].entry || hit.offset != hits[i - 1].offset)
			return false;
		if (find_newer(&view, &hit, &hit) != (i > 1))
			return false;
	}
	return true;
}

static void test_lines(void)
{
	struct location hits[8];
	begin(1 << 16, 1 << 13);
	uint64_t note = put(CALL_NOTE, "the apple");
	uint64_t first = put(CALL_RECV, "pear\nappl");
	put(CALL_RECV, "e one\nplum\n");
	uint64_t sent = put(CALL_SEND, "an apple and an apple\nnone\nApple\n");
	look_for("apple");
	is_int(all_hits(hits, 8), 4, "a hit for each line with the text");
	is_location(true, hits[0], sent, 27, "the newest first, with a capital, too");
	is_location(true, hits[1], sent, 0, "once for two in a line");
	is_location(true, hits[2], first, 5, "a line over two calls");
	is_location(true, hits[3], note, 0, "words of the program");
	ok(same_forward(hits, 4), "the same towards the present");
	look_for("Apple");
	is_int(all_hits(hits, 8), 1, "a capital is only that");
	is_location(true, hits[0], sent, 27, "where it is");
	look_for("plumb");
	is_int(all_hits(hits, 8), 0, "what is not there");
	look_for("plum\nan");
	is_int(all_hits(hits, 8), 0, "the two directions do not join");
	look_for("");
	ok(!find_older(&view, NULL, hits), "nothing is nowhere");
	view.find = NULL;
	view.find_len = 3;
	ok(!find_newer(&view, NULL, hits), "no text either");
}

static void test_apart(void)
{
	struct location hit;
	begin(1 << 16, 1 << 13);
	put_datagram("app");
	put_datagram("le");
	look_for("apple");
	ok(!find_older(&view, NULL, &hit) && !find_newer(&view, NULL, &hit),
	   "datagrams do not join");
	put(CALL_RECV, "ap");
	put(CALL_NOTE, "between");
	uint64_t whole = put(CALL_RECV, "ple");
	ok(!find_older(&view, NULL, &hit), "nor do bytes with a note between them");
	put(CALL_RECV, "apple");
	is_location(find_older(&view, NULL, &hit), hit, whole, 0, "a false one hides no true one");
	is_location(find_newer(&view, NULL, &hit), hit, whole, 0, "from either side");
}

/* One byte for each call: hits go over many entries, and over the stretches of a search. */
static void test_single_bytes(void)
{
	enum { LINES = 700 };
	static uint64_t begins[LINES];
	static struct location hits[LINES + 1];
	begin(1 << 20, 1 << 16);
	for (int i = 0; i < LINES; i++) {
		const char *line = "needle\n";
		begins[i] = put_bytes(1, CALL_RECV, line, 1);
		for (int j = 1; j < 7; j++)
			put_bytes(1, CALL_RECV, line + j, 1);
	}
	look_for("needle");
	size_t count = all_hits(hits, LINES + 1);
	is_int(count, LINES, "each line of single bytes is found");
	size_t right = 0;
	for (size_t i = 0; i < count; i++)
		right += hits[i].entry == begins[LINES - 1 - i] && hits[i].offset == 0;
	is_int(right, LINES, "where it begins");
	ok(same_forward(hits, count), "and the same forward");
}

static char *filler(size_t len)
{
	char *bytes = malloc(len);
	for (size_t i = 0; bytes && i < len; i++)
		bytes[i] = i % 64 == 63 ? '\n' : 'x';
	return bytes;
}

/* Where the stretches of a search meet, whatever their length: the needle at every offset around.
 */
static void test_stretches(void)
{
	enum { SIZE = 200000, EACH = 1000 };
	char *bytes = filler(SIZE);
	struct location hit;
	int found = 0, wrong = 0;
	for (size_t at = 65536 - 40; at < 65536 + 40; at++) {
		begin(1 << 21, 1 << 20);
		memcpy(bytes + at, "needle", 6);
		memcpy(bytes + SIZE - at, "NEEDLE", 6);
		uint64_t entry = put_bytes(1, CALL_RECV, bytes, SIZE);
		look_for("needle");
		found += find_newer(&view, NULL, &hit);
		wrong += hit.entry != entry || hit.offset > at || hit.offset + 64 <= at;
		look_for("NEEDLE");
		found += find_older(&view, NULL, &hit);
		wrong += hit.entry != entry || hit.offset > SIZE - at ||
		         hit.offset + 64 <= SIZE - at;
		free(bytes);
		bytes = filler(SIZE);
	}
	is_int(found, 160, "over the ends of what is searched at once");
	is_int(wrong, 0, "in their lines");
	free(bytes);
}

static void test_long_lines(void)
{
	static char bytes[3 * VIEW_LONG];
	struct location hits[4];
	begin(1 << 20, 1 << 19);
	memset(bytes, 'x', sizeof bytes);
	memcpy(bytes + VIEW_LONG - 3, "needle", 6);
	memcpy(bytes + 2 * VIEW_LONG + 1, "needle", 6);
	uint64_t entry = put_bytes(1, CALL_RECV, bytes, sizeof bytes);
	look_for("needle");
	is_int(all_hits(hits, 4), 2, "a line that is cut");
	is_location(true, hits[0], entry, 2 * VIEW_LONG, "the piece");
	is_location(true, hits[1], entry, 0, "and where the hit begins, over a cut");
	ok(same_forward(hits, 2), "and forward");
	view.ops = &hex_view;
	is_int(all_hits(hits, 4), 2, "in hex");
	is_location(true, hits[0], entry, 2 * VIEW_LONG, "its piece");
	is_location(true, hits[1], entry, VIEW_LONG - VIEW_PIECE, "and the first");
}

/* Whether these bytes of the paragraph's first row stand out, and no others. */
static bool is_marked(struct location location, const char *text)
{
	static struct rows rows;
	char found[64] = "";
	size_t len = 0;
	view_layout(&view, location, &rows);
	for (size_t i = 0; i < rows.row[0].count; i++)
		if (rows.row[0].glyphs[i].style == STYLE_FOUND)
			found[len++] = (char)rows.row[0].glyphs[i].chars[0];
	return strcmp(found, text) == 0;
}

static void test_pauses(void)
{
	struct location hits[4];
	begin(1 << 16, 1 << 15);
	struct entry header = { .session = 1, .call = CALL_RECV, .fd = 3, .arg = 1024 };
	uint64_t first = transcript_append(transcript, &header, NULL, "a nee", 5);
	header.time += 3 * CLOCK_S;
	uint64_t second = transcript_append(transcript, &header, NULL, "dle\n", 4);
	look_for("needle");
	is_int(all_hits(hits, 4), 1, "a hit over a pause");
	is_location(true, hits[0], first, 0, "where it begins");
	ok(is_marked(hits[0], "nee") && is_marked((struct location){ second, 0 }, "dle"),
	   "both of its parts stand out");
}

static void test_hex_joins(void)
{
	struct location hit;
	begin(1 << 16, 1 << 13);
	uint64_t first = put(CALL_RECV, "one\ntw");
	put(CALL_RECV, "o\n");
	view.ops = &hex_view;
	look_for("two");
	is_location(find_older(&view, NULL, &hit), hit, first, 0, "hex: over the end of a call");
	struct location from = hit;
	ok(!find_older(&view, &from, &hit), "once");
	look_for("\n");
	is_location(find_older(&view, NULL, &hit), hit, transcript_last(transcript, 1), 0,
	            "hex: line ends too");
}

/* A hit does not go over an urgent byte, in either kind: there a line of the chat ends. */
static void test_urgent(void)
{
	const struct entry urgent = { .session = 1, .call = CALL_SEND, .arg2 = MSG_OOB };
	static const struct view_ops *const kinds[] = { &chat_view, &hex_view };
	struct location hit;
	begin(1 << 16, 1 << 13);
	uint64_t first = put(CALL_SEND, "one");
	uint64_t byte = transcript_append(transcript, &urgent, NULL, "!", 1);
	uint64_t last = put(CALL_SEND, "two");
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		view.ops = kinds[i];
		look_for("!");
		is_location(find_older(&view, NULL, &hit), hit, byte, 0, "an urgent byte is found");
		is_location(find_newer(&view, NULL, &hit), hit, byte, 0, "from both sides");
		look_for("!t");
		ok(!find_older(&view, NULL, &hit), "alone");
		look_for("e!");
		ok(!find_newer(&view, NULL, &hit), "on either side");
		look_for("t");
		is_location(find_older(&view, NULL, &hit), hit, last, 0, "and what follows");
		look_for("e");
		bool found = find_older(&view, NULL, &hit);
		is_location(found, hit, first, 0, "and before it");
	}
}

static void test_sessions(void)
{
	struct location hit;
	begin(1 << 16, 1 << 13);
	uint64_t mine = put_bytes(1, CALL_RECV, "needle\n", 7);
	uint64_t other = put_bytes(2, CALL_RECV, "needle\n", 7);
	look_for("needle");
	is_location(find_older(&view, NULL, &hit), hit, mine, 0, "only in its own session");
	view.all = true;
	is_location(find_older(&view, NULL, &hit), hit, other, 0, "in all of them");
	struct location from = hit;
	is_location(find_older(&view, &from, &hit), hit, mine, 0, "one after the other");
	put_bytes(1, CALL_RECV, "nee", 3);
	put_bytes(2, CALL_RECV, "dle", 3);
	look_for("needle\nnee");
	ok(!find_older(&view, NULL, &hit), "different sessions do not join");
	look_for("needle");
	transcript_hide(transcript, 2);
	is_location(find_older(&view, NULL, &hit), hit, mine, 0, "what is hidden is not found");
	is_location(find_newer(&view, NULL, &hit), hit, mine, 0, "from either side");
	ok(!view_has(&view, (struct location){ other, 0 }), "nor shown among all");
	ok(view_entry_after(&view, mine) != other, "nor followed");
	struct location last;
	ok(view_last(&view, &last) && last.entry != TRANSCRIPT_NONE &&
	           transcript_at(transcript, last.entry)->session == 1,
	   "the newest is another's");
	view.session = 2;
	view.all = false;
	is_location(find_older(&view, NULL, &hit), hit, other, 0, "alone it is still there");
}

static void test_trace(void)
{
	struct location hits[8], hit;
	begin(1 << 16, 1 << 13);
	view.ops = &trace_view;
	struct entry failed = {
		.session = 1, .call = CALL_RECV, .fd = 3, .arg = 4096, .error = 104
	};
	uint64_t reset = transcript_append(transcript, &failed, NULL, NULL, 0);
	struct entry option = { .session = 1, .call = CALL_SETSOCKOPT, .fd = 3 };
	option.arg = SO_REUSEADDR;
	option.arg2 = SOL_SOCKET;
	const int on = 1;
	uint64_t set = transcript_append(transcript, &option, NULL, &on, sizeof on);
	uint64_t sent = put(CALL_SEND, "hello\n");
	uint64_t got = 0, note = put(CALL_NOTE, "one\ntwo words");
	look_for("ECONNRESET");
	is_location(find_older(&view, NULL, &hit), hit, reset, 0, "trace: an error by name");
	is_location(find_newer(&view, NULL, &hit), hit, reset, 0, "trace: forward");
	ok(!find_older(&view, &hit, &hit), "trace: once");
	look_for("REUSEADDR");
	is_location(find_older(&view, NULL, &hit), hit, set, 0, "trace: an argument");
	look_for("hello");
	is_location(find_older(&view, NULL, &hit), hit, sent, 0, "trace: a payload");
	look_for("hello\\n");
	is_location(find_older(&view, NULL, &hit), hit, sent, 0, "trace: as it is shown");
	look_for("\"hel");
	is_location(find_older(&view, NULL, &hit), hit, sent, 0, "trace: with its quotes");
	look_for("\"ello");
	ok(!find_older(&view, NULL, &hit), "trace: but only at its ends");
	look_for("send(6");
	ok(!find_older(&view, NULL, &hit), "trace: no words that are not shown");
	for (int32_t asked = 5000; asked < 5003; asked++) {
		struct entry header = { .session = 1, .call = CALL_RECV, .fd = 3, .arg = asked };
		got = transcript_append(transcript, &header, NULL, "xy", 2);
	}
	look_for("recv(5002) = 2");
	is_location(find_newer(&view, NULL, &hit), hit, got, 0, "trace: a number among its like");
	look_for("002");
	is_location(find_newer(&view, NULL, &hit), hit, got, 0, "trace: its last digits");
	look_for("(5002) = 2 [x");
	is_location(find_newer(&view, NULL, &hit), hit, got, 0, "trace: with what came");
	look_for("(5003) = 2");
	ok(!find_older(&view, NULL, &hit), "trace: but no other number");
	struct entry cut = {
		.session = 1, .call = CALL_RECVFROM, .arg = 2000, .flags = ENTRY_TRUNCATED
	};
	got = transcript_append(transcript, &cut, NULL, "abcd", 4);
	look_for("1996 lost");
	is_location(find_older(&view, NULL, &hit), hit, got, 0, "trace: what was lost");
	look_for("words");
	is_location(find_older(&view, NULL, &hit), hit, note, 4, "trace: a line of a note");
	look_for("(");
	is_int(all_hits(hits, 8), 7, "trace: every call");
	ok(same_forward(hits, 7), "trace: and forward");
	view.ops = &chat_view;
	look_for("REUSEADDR");
	ok(!find_older(&view, NULL, &hit), "which the chat does not show");
	hit = (struct location){ set, 0 };
	look_for("hello");
	is_location(find_newer(&view, &hit, &hit), hit, sent, 0,
	            "from what the chat does not show");
	hit = (struct location){ sent, 3 };
	look_for("one");
	ok(!find_older(&view, &hit, &hit), "nothing before");
}

static void put_reading(enum sample_when when, uint64_t old, uint64_t state)
{
	struct sample sample = { 0 };
	char packed[SAMPLE_PACKED];
	sample_set(&sample, SAMPLE_STATE, state);
	sample_set(&sample, SAMPLE_OLD_STATE, old);
	struct entry header = { .session = 1, .call = CALL_SAMPLE, .fd = 3, .arg = (int32_t)when };
	size_t len = sample_pack(&sample, packed);
	transcript_append(transcript, &header, NULL, packed, len);
}

static void test_samples(void)
{
	struct location hit;
	begin(1 << 16, 1 << 13);
	view.ops = &trace_view;
	uint64_t call = put(CALL_RECV, "bye");
	put_reading(SAMPLE_AFTER, STATE_ESTABLISHED, STATE_CLOSE_WAIT);
	uint64_t later = transcript_end(transcript);
	put_reading(SAMPLE_LATER, STATE_ESTABLISHED, STATE_FIN_WAIT2);
	look_for("CLOSE_WAIT");
	is_location(find_older(&view, NULL, &hit), hit, call, 0, "trace: what a call changed");
	look_for("FIN_WAIT2");
	is_location(find_older(&view, NULL, &hit), hit, later, 0,
	            "trace: what the network changed");
	is_location(find_newer(&view, NULL, &hit), hit, later, 0, "trace: and forward");
}

static uint32_t random_state = 1;

static uint32_t random_number(void)
{
	random_state = random_state * 1664525 + 1013904223;
	return random_state >> 8;
}

static struct sample random_reading(void)
{
	static const uint64_t values[] = { 0, 1, 2, 7, 200, 3000, 100000, 1u << 30, UINT64_MAX };
	struct sample sample = { 0 };
	for (enum sample_field field = 0; field < SAMPLE_COUNT; field++) {
		bool small =
		        field == SAMPLE_STATE || field == SAMPLE_OLD_STATE || field == SAMPLE_TIMER;
		uint64_t value = small ? random_number() % 14 : values[random_number() % 9];
		if (random_number() % 3)
			sample_set(&sample, field, value);
	}
	return sample;
}

/* The same, but cheaply. */
static struct sample alter(struct sample sample)
{
	for (uint32_t changes = random_number() % 3 + 1; changes > 0; changes--)
		sample_set(&sample, (enum sample_field)(random_number() % SAMPLE_COUNT),
		           random_number() % 12);
	return sample;
}

/* All of a text, in pieces that can be looked for. */
static bool fits(const char *text)
{
	struct pattern pattern;
	for (size_t left = strlen(text); left > 0;) {
		size_t len = left < FIND_MAX ? left : FIND_MAX;
		pattern_init(&pattern, text, len);
		if (!sampletext_may_hold(&pattern))
			return false;
		text += len;
		left -= len;
	}
	return true;
}

/* Whatever a sample makes a trace say, it could be looked for. */
static void test_words_of_readings(void)
{
	static const uint8_t calls[] = { CALL_SEND, CALL_RECV, CALL_SENDTO, CALL_RECVFROM,
		                         CALL_SAMPLE };
	struct buf text = { .max = SIZE_MAX };
	int missed = 0;
	size_t written = 0;
	for (int i = 0; i < 40000; i++) {
		struct sample now = random_reading();
		struct sample before = i % 2 ? alter(now) : random_reading();
		struct entry entry = { .call = calls[i % 5], .error = (uint8_t)(i % 7 ? 0 : 104) };
		buf_clear(&text);
		sampletext_change(&now, &text);
		buf_append_text(&text, "  ");
		sampletext_call(&entry, &now, &text);
		buf_append_text(&text, "  ");
		sampletext_news(&now, i % 3 ? &before : NULL, &text);
		written += text.len;
		if (fits(buf_text(&text)))
			continue;
		if (!missed++)
			printf("# %s\n", buf_text(&text));
	}
	is_int(missed, 0, "sampletext.c knows all words for samples");
	ok(written > 40000 * 8, "and there were some");
	ok(!fits("nobody"), "others do not");
	ok(!fits("5 byt\xc3\xa9"), "by their letters");
	ok(fits("149 ms") && fits("0"), "numbers may be anything");
	ok(fits("established") && !fits("Established"), "in small letters, or as they are");
	buf_free(&text);
}

static void test_eviction(void)
{
	struct location hit, gone;
	begin(1 << 14, 1 << 13);
	put(CALL_RECV, "needle\n");
	look_for("needle");
	ok(find_older(&view, NULL, &gone), "a hit");
	char *bytes = filler(4032);
	while (transcript_at(transcript, gone.entry))
		put_bytes(1, CALL_RECV, bytes, 4032);
	ok(!find_older(&view, &gone, &hit), "nothing is above what has gone");
	ok(!find_newer(&view, &gone, &hit), "nor below");
	uint64_t here = put(CALL_RECV, "needle\n");
	is_location(find_newer(&view, &gone, &hit), hit, here, 0, "what is left is below it");
	begin(1 << 14, 1 << 13);
	ok(!find_older(&view, NULL, &hit) && !find_newer(&view, NULL, &hit),
	   "nothing in an empty transcript");
	free(bytes);
}

static void test_hostile(void)
{
	struct location hit;
	begin(1 << 16, 1 << 13);
	uint64_t entry = put_bytes(1, CALL_RECV, "\0\xff\x80\xed\xa0\x80\0", 7);
	look_for("\xff\x80");
	is_location(find_older(&view, NULL, &hit), hit, entry, 0, "bytes that are no text");
	char most[FIND_MAX + 1];
	memset(most, 'm', sizeof most);
	entry = put_bytes(1, CALL_SEND, most, FIND_MAX);
	view.find = most;
	view.find_len = FIND_MAX;
	is_location(find_older(&view, NULL, &hit), hit, entry, 0, "as long as it may be");
	view.find_len = FIND_MAX + 1;
	ok(!find_older(&view, NULL, &hit), "longer is nowhere");
}

/* Case is folded over pieces and beyond ASCII, and every byte keeps its place. */
static void test_case(void)
{
	struct location hits[8], hit;
	begin(1 << 16, 1 << 13);
	uint64_t ascii = put(CALL_RECV, "HTTP/1.1 404 NOT FOUND\n[@Z`{]\n");
	uint64_t cut = put(CALL_RECV, "sch\xc3");
	put(CALL_RECV, "\x96N IST DIE GR\xc3\x96SSE\n");
	uint64_t russian = put(CALL_SEND, "\xd0\x9f\xd1\x80\xd0\xb8\xd0\x92\xd0\x95\xd1\x82\n");
	uint64_t sigma = put(CALL_SEND, "\xe1\xb8\x80 \xc4\xb0 \xe2\x84\xaa after\n");
	look_for("not found");
	is_location(find_older(&view, NULL, &hit), hit, ascii, 0, "ASCII");
	look_for("z`{");
	is_location(find_older(&view, NULL, &hit), hit, ascii, 23, "only letters are folded");
	look_for("@[");
	ok(!find_older(&view, NULL, &hit), "not the signs beside them");
	look_for("sch\xc3\xb6n ist");
	is_int(all_hits(hits, 8), 1, "a character over two calls");
	is_location(true, hits[0], cut, 0, "begins in the first");
	look_for("gr\xc3\xb6sse");
	is_location(find_newer(&view, NULL, &hit), hit, cut, 0, "a letter with two bytes");
	look_for("gr\xc3\x96sse");
	ok(!find_newer(&view, NULL, &hit), "a capital beyond ASCII is one");
	look_for("GR\xc3\x96SSE");
	ok(find_newer(&view, NULL, &hit), "that is found as it is");
	look_for("\xd0\xbf\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82");
	is_location(find_older(&view, NULL, &hit), hit, russian, 0, "another script");
	look_for("\xe1\xb8\x81");
	is_location(find_older(&view, NULL, &hit), hit, sigma, 0, "with three bytes");
	look_for("after");
	is_location(find_older(&view, NULL, &hit), hit, sigma, 0, "nothing before it has moved");
	look_for("k after");
	ok(!find_older(&view, NULL, &hit), "a capital of another length is left alone");
	view.ops = &hex_view;
	look_for("not found");
	is_location(find_older(&view, NULL, &hit), hit, ascii, 0, "in hex, a row");
	view.ops = &trace_view;
	look_for("econnrefused");
	uint64_t failed = transcript_append(
	        transcript,
	        &(struct entry){ .session = 1, .call = CALL_CONNECT, .fd = 3, .error = 111 }, NULL,
	        "", 0);
	is_location(find_older(&view, NULL, &hit), hit, failed, 0, "in the words of a trace");
	look_for("Econnrefused");
	ok(!find_older(&view, NULL, &hit), "with a capital exactly");
	look_for("404 not found");
	is_location(find_older(&view, NULL, &hit), hit, ascii, 0, "and in the bytes of one");
}

/* 64 MiB, more than half of it letters that fold; a generous limit, as machines differ. */
static void test_fold_speed(const char *find, const char *unit)
{
	struct pattern pattern;
	size_t len = (size_t)64 << 20, unit_len = strlen(unit);
	char *bytes = malloc(len);
	for (size_t at = 0; at < len; at++)
		bytes[at] = unit[at % unit_len];
	pattern_init(&pattern, find, strlen(find));
	clock_t begun = clock(); /* of this process: others may run */
	pattern_fold(&pattern, bytes, len);
	const char *hit = pattern_search(&pattern, bytes, len);
	clock_t took = clock() - begun;
	printf("# folding and searching 64 MiB for %s: %lld ms\n", find,
	       (long long)took * 1000 / CLOCKS_PER_SEC);
	ok(!hit && took < 5 * CLOCKS_PER_SEC, "64 MiB are folded and searched in no time");
	free(bytes);
}

static const char *marks(const char *bytes, const char *find)
{
	static char text[64];
	bool found[sizeof text];
	size_t len = strlen(bytes);
	memset(found, 0x55, sizeof found);
	pattern_mark_bytes(bytes, len, find, strlen(find), found);
	for (size_t i = 0; i < len; i++)
		text[i] = found[i] ? '^' : '.';
	text[len] = '\0';
	return text;
}

static void test_mark_bytes(void)
{
	is_text(marks("an Apple, aPPLE", "apple"), "...^^^^^..^^^^^", "in either case");
	is_text(marks("an Apple, apple", "Apple"), "...^^^^^.......", "a capital is exact");
	is_text(marks("\xc3\x84 \xc3\xa4", "\xc3\xa4"), "^^.^^", "also beyond ASCII");
	is_text(marks("an apple, apple", "apple"), "...^^^^^..^^^^^", "bytes of hits");
	is_text(marks("xaaaax", "aa"), ".^^^^.", "hits that overlap");
	is_text(marks("abababa", "aba"), "^^^^^^^", "all of them");
	is_text(marks("abc", "abcd"), "...", "too long");
	is_text(marks("abc", ""), "...", "nothing");
	is_text(marks("", "a"), "", "in nothing");
}

static const char *marked_row(const char *words, const char *find)
{
	static char text[64];
	struct row row = { 0 };
	row_add_text(&row, words, strlen(words), 60, STYLE_NOTE);
	pattern_mark_row(&row, find, strlen(find));
	size_t i = 0;
	for (; i < row.count; i++)
		text[i] = row.glyphs[i].style == STYLE_FOUND ? '^' : '.';
	text[i] = '\0';
	row_free(&row);
	return text;
}

static void test_mark_row(void)
{
	is_text(marked_row("recv(1024) = 5", "24) ="), ".......^^^^^..", "glyphs of a row");
	is_text(marked_row("ECONNRESET reset", "reset"), ".....^^^^^.^^^^^", "in either case");
	is_text(marked_row("Ä ä", "ä"), "^.^", "also beyond ASCII");
	is_text(marked_row("Ä ä", "Ä"), "^..", "but for a capital");
	is_text(marked_row("서버 a 서버", "버"), ".^....^", "wide ones");
	is_text(marked_row("a\033[b", "\033["), ".^^.", "marks are one glyph");
	is_text(marked_row("a\033[b", "^["), ".^..", "and are found as they look");
	is_text(marked_row("e\xcc\x81 e", "e"), "^.^", "with what combines");
	is_text(marked_row("abc", "bcd"), "...", "not over its end");
	is_text(marked_row("abc", ""), "...", "nothing");
}

/* The records of a call are in its words, and found there, not in what is encrypted. */
static void test_records(void)
{
	static const char bytes[] = "\x15\3\3\0\2\2\x50\x17\3\3\0\4Wolf";
	struct location hit;
	struct tls_parser parser = { 0 };
	struct entry header = { .session = 1, .call = CALL_RECV, .fd = 3, .arg = 1024, .flags = ENTRY_SEALED };
	size_t room, len = sizeof bytes - 1;
	begin(1 << 16, 1 << 13);
	view.ops = &trace_view;
	put(CALL_NOTE, "a note");
	struct tls_boundary boundary = tls_parser_feed(&parser, bytes, len);
	memcpy(transcript_reserve(transcript, ENTRY_RECORDS, len, &room), bytes, len);
	transcript_set_boundary(transcript, &boundary);
	uint64_t sealed = transcript_commit(transcript, &header, NULL, NULL, len);
	look_for("fatal internal_error, application_data 4]");
	is_location(find_older(&view, NULL, &hit), hit, sealed, 0, "the words for records");
	look_for("handshake");
	ok(!find_older(&view, NULL, &hit), "no others");
	view.ops = &chat_view;
	look_for("internal_error");
	ok(!find_older(&view, NULL, &hit), "not in chat");
}

int main(void)
{
	tap_watchdog(30);
	setlocale(LC_ALL, "C.UTF-8");
	test_lines();
	test_case();
	test_fold_speed("needle", "A Line of Text That MUST be Folded\n");
	test_fold_speed("größe", "GRÖSSE und Größ");
	test_fold_speed("привет", "Привеи ПРИВЕ ");
	test_fold_speed("안녕", "서버와 클라이언트 ");
	test_apart();
	test_single_bytes();
	test_stretches();
	test_long_lines();
	test_pauses();
	test_hex_joins();
	test_urgent();
	test_sessions();
	test_trace();
	test_samples();
	test_words_of_readings();
	test_eviction();
	test_hostile();
	test_mark_bytes();
	test_mark_row();
	test_records();
	transcript_free(transcript);
	return tap_done();
}
