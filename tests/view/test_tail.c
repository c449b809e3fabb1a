// SPDX-License-Identifier: GPL-3.0-or-later
#include <locale.h>
#include <stdint.h>

#include "base/clock.h"
#include "support/tap.h"
#include "view/filter.h"
#include "view/tail.h"

#define WAIT (TAIL_LINE_MS * CLOCK_MS)

static struct transcript *transcript;
static struct tail tail;
static struct buf out;
static int64_t now = 1000 * CLOCK_S;
static uint32_t shown = 1;
static const struct view_ops *ops = &chat_view;
static bool all;
static uint16_t phase[4];
static struct filter *filter;

static void add(enum call call, uint32_t session, const char *text)
{
	struct entry entry = { .call = (uint8_t)call, .session = session, .fd = 5, .time = now };
	if (call == CALL_RECV) {
		entry.stream_offset = phase[session];
		phase[session] = (uint16_t)(phase[session] + strlen(text));
	}
	transcript_append(transcript, &entry, NULL, text, strlen(text));
}

static struct view view(void)
{
	return (struct view){
		.transcript = transcript,
		.session = shown,
		.columns = 30,
		.ops = ops,
		.all = all,
		.filter = filter,
	};
}

/* The text of each line, without the size at its end. */
static void take_text(struct buf *text)
{
	enum { MARK = 5, TAG = 4 }; /* bytes of an arrow and the blanks after it, and a tag */
	int mark = all ? TAG + MARK : MARK;
	const char *end, *s = buf_text(&out);
	for (; (end = strstr(s, "\r\n")); s = end + 2) {
		const char *size = end - s > mark ? strstr(s + mark, "  ") : NULL;
		buf_append(text, s, (size_t)((size && size < end ? size : end) - s));
		buf_append_text(text, "/");
	}
	buf_clear(&out);
}

static void prints(const char *want, const char *name)
{
	struct view at = view();
	struct buf text;
	buf_init(&text, SIZE_MAX);
	tail_print(&tail, &at, now, SIZE_MAX - 1, &out);
	take_text(&text);
	is_text(buf_text(&text), want, name);
	buf_free(&text);
}

static bool selects(uint32_t session, int paragraphs)
{
	shown = session;
	struct view at = view();
	return tail_select(&tail, &at, paragraphs);
}

static void begin(size_t ceiling)
{
	transcript = transcript_new(ceiling, 1024);
	tail_init(&tail);
	memset(phase, 0, sizeof phase);
	selects(1, 10);
}

static void end(void)
{
	tail_free(&tail);
	transcript_free(transcript);
}

static void test_lines(void)
{
	begin(1 << 20);
	prints("", "nothing to print");
	is_int(tail_deadline(&tail), INT64_MAX, "and nothing to wait for");
	add(CALL_NOTE, 1, "begin");
	add(CALL_RECV, 1, "one\ntwo\n");
	prints("·  begin/←  one⏎/←  two⏎/", "each paragraph is a line");
	prints("", "once");
	is_int(tail_deadline(&tail), INT64_MAX, "nothing is missing");
	add(CALL_SOCKET, 1, "");
	add(CALL_RECV, 2, "elsewhere\n");
	prints("", "what is not shown, and other sessions, print nothing");
	is_int(tail_deadline(&tail), INT64_MAX, "nor do they keep anybody awake");
	end();
}

/* A view that is turned to shows the past again. */
static void test_views(void)
{
	begin(1 << 20);
	add(CALL_SOCKET, 1, "");
	add(CALL_RECV, 1, "one\ntwo\n");
	add(CALL_NOTE, 2, "other");
	prints("←  one⏎/←  two⏎/", "the chat");
	ops = &trace_view;
	struct view at = view();
	ok(!tail_is_at(&tail, &at), "another kind is another view");
	ok(!selects(1, 2) && tail_is_at(&tail, &at), "that is turned to");
	prints("   socket(AF_UNSPEC, 0) = 5/←  recv(0) = 8 [one\\ntwo\\n]/",
	       "and shown from the beginning");
	add(CALL_RECV, 1, "par");
	prints("←  recv(0) = 3 [par]/", "a call is not waited for");
	is_int(tail_deadline(&tail), INT64_MAX, "as it is whole");
	all = true;
	ok(selects(1, 2), "all have more than is shown");
	prints("[2] ·  other/[1] ←  recv(0) = 3 [par]/", "the last of all");
	add(CALL_NOTE, 2, "more");
	prints("[2] ·  more/", "and what comes, of any session");
	all = false;
	ops = &chat_view;
	selects(1, 9);
	prints("←  one⏎/←  two⏎/", "the chat again");
	now += WAIT;
	prints("←  par/", "with its unfinished line");
	end();
}

static void test_all_evicted(void)
{
	begin(4096);
	all = true;
	selects(1, 10);
	add(CALL_NOTE, 2, "first");
	prints("[2] ·  first/", "a line of all");
	for (int i = 0; i < 400; i++)
		add(CALL_NOTE, 3, "flood");
	struct view at = view();
	tail_print(&tail, &at, now, 1, &out);
	ok(strncmp(buf_text(&out), "... about ", 10) == 0, "what is lost of all is reported");
	buf_clear(&out);
	all = false;
	end();
}

static void test_unfinished(void)
{
	begin(1 << 20);
	add(CALL_RECV, 1, "par");
	prints("", "a line without its end waits");
	is_int(tail_deadline(&tail), now + WAIT, "that long");
	now += WAIT / 2;
	add(CALL_RECV, 1, "tial\n");
	prints("←  partial⏎/", "and is whole when the rest comes soon");
	add(CALL_RECV, 1, "login: ");
	prints("", "another");
	now += WAIT;
	prints("←  login:/", "that is printed when nothing follows");
	is_int(tail_deadline(&tail), INT64_MAX, "then there is nothing to wait for");
	add(CALL_GETSOCKOPT, 1, "");
	add(CALL_RECV, 1, "root\nmore\n");
	prints("←… root⏎/←  more⏎/", "the rest is on a line of its own");
	add(CALL_RECV, 1, "a");
	now += WAIT;
	prints("", "each piece waits again");
	now += WAIT;
	prints("←  a/", "and is printed");
	add(CALL_NOTE, 1, "note");
	prints("·  note/", "something else after it is no rest");
	add(CALL_SENDTO, 1, "");
	add(CALL_SENDTO, 1, "b");
	prints("→  empty message/→  b/",
	       "datagrams have an end without a line feed, also to a connected peer");
	end();
}

/* U+C774, U+D55C, in pieces that a lazy sender makes of them. */
static void test_character(void)
{
	begin(1 << 20);
	add(CALL_RECV, 1, "\xec");
	add(CALL_RECV, 1, "\x9d");
	now += WAIT;
	prints("", "half a character is not printed");
	is_int(tail_deadline(&tail), now + TAIL_CHARACTER_MS * CLOCK_MS,
	       "but waits longer than a line");
	now += TAIL_CHARACTER_MS * CLOCK_MS / 2;
	add(CALL_RECV, 1, "\xb4");
	prints("", "a whole one waits like any line");
	now += WAIT;
	prints("←  이/", "and is printed whole");
	add(CALL_RECV, 1, "ok \xed\x95");
	prints("", "half of another");
	add(CALL_SEND, 1, "\x9c\n");
	prints("←… ok \\xed\\x95/→  \\x9c⏎/", "has no rest in what we send ourselves");
	add(CALL_RECV, 1, "\xed");
	prints("", "half a character");
	now += TAIL_CHARACTER_MS * CLOCK_MS;
	prints("←  \\xed/", "does not wait forever");
	end();
}

static void test_sessions(void)
{
	begin(1 << 20);
	add(CALL_NOTE, 1, "first");
	for (int i = 0; i < 5; i++)
		add(CALL_RECV, 2, "line\n");
	prints("·  first/", "session 1");
	ok(selects(2, 3), "of session 2 not everything");
	prints("←  line⏎/←  line⏎/←  line⏎/", "but the last three");
	add(CALL_NOTE, 1, "second");
	ok(!selects(1, 3), "back in session 1 nothing is left out");
	prints("·  second/", "and nothing comes twice");
	ok(!selects(2, 3), "nor in session 2");
	prints("", "where nothing is new");
	ok(!selects(3, 3), "a session without entries");
	prints("", "has nothing to print");
	end();
}

static void test_pieces(void)
{
	begin(1 << 20);
	for (int i = 0; i < 100; i++)
		add(CALL_RECV, 1, "a line\n");
	struct view at = view();
	int pieces = 1;
	size_t total = 0;
	for (; tail_print(&tail, &at, now, 100, &out); pieces++) {
		total += out.len;
		buf_clear(&out);
	}
	ok(pieces > 10 && total > 700, "a flood comes in pieces");
	buf_clear(&out);
	end();
}

static void test_eviction(void)
{
	begin(4096);
	add(CALL_RECV, 1, "seen\n");
	prints("←  seen⏎/", "before the flood");
	for (int i = 0; i < 400; i++)
		add(CALL_RECV, 2, "flood\n");
	add(CALL_RECV, 1, "later\n");
	prints("←  later⏎/", "a flood elsewhere takes nothing of this session that was not seen");
	for (int i = 0; i < 400; i++)
		add(CALL_RECV, 1, "flood\n");
	struct view at = view();
	tail_print(&tail, &at, now, 10, &out);
	ok(strstr(buf_text(&out), "... about ") == buf_text(&out) &&
	           strstr(buf_text(&out), " skipped"),
	   "a flood here is skipped, and that is reported");
	buf_clear(&out);
	tail_print(&tail, &at, now, SIZE_MAX - 1, &out);
	ok(!strstr(buf_text(&out), "skipped"), "once");
	buf_clear(&out);
	end();
}

static struct filter *filter_of(const char *pattern, bool inverted)
{
	struct error error;
	return filter_new(regexp_parse(pattern, &error), inverted);
}

static void test_filter(void)
{
	begin(1 << 20);
	add(CALL_RECV, 1, "an err\na line\n");
	prints("←  an err⏎/←  a line⏎/", "without a filter");
	filter = filter_of("err", false);
	add(CALL_RECV, 1, "err 1\nnot\nerr 2\nnot\n");
	prints("←  err 1⏎/←  err 2⏎/", "with one, from then on");
	is_int(tail_deadline(&tail), INT64_MAX, "what it hides keeps nobody awake");
	add(CALL_RECV, 1, "an e");
	prints("", "a line without its end");
	now += WAIT;
	prints("", "that has it not yet");
	is_int(tail_deadline(&tail), INT64_MAX, "is waited for without a clock");
	add(CALL_RECV, 1, "rr\n");
	prints("", "what comes after a pause is another one");
	add(CALL_RECV, 1, "two pie");
	prints("", "one that has it not yet");
	add(CALL_RECV, 1, "ces: err\n");
	prints("←  two pieces: err⏎/", "and has it when it ends");
	add(CALL_RECV, 1, "err open");
	now += WAIT;
	prints("", "a change begins the wait");
	now += WAIT;
	prints("←  err open/", "a line without its end");
	add(CALL_NOTE, 1, "something else");
	prints("", "after which something else is none of it");
	for (int i = 0; i < 10000; i++)
		add(CALL_RECV, 1, "\nnot");
	add(CALL_RECV, 1, "\nerr 3\n");
	struct view at = view();
	ok(tail_print(&tail, &at, now, 100, &out), "a call looks at only so many");
	while (tail_print(&tail, &at, now, 100, &out))
		continue;
	prints("←  err 3⏎/", "and then goes on");
	selects(2, 2);
	for (int i = 0; i < 50; i++)
		add(CALL_RECV, 1, i % 10 ? "not\n" : "err\n");
	ok(selects(1, 2), "the last paragraphs that it shows");
	prints("←  err⏎/←  err⏎/", "are as many as were asked for");
	filter_free(filter);
	filter = filter_of("r", true);
	add(CALL_RECV, 1, "err\nother\nyes\n");
	prints("←  yes⏎/", "those without a text");
	filter_free(filter);
	filter = NULL;
	end();
}

int main(void)
{
	tap_watchdog(30);
	setlocale(LC_ALL, "C.UTF-8");
	buf_init(&out, SIZE_MAX);
	test_filter();
	test_lines();
	test_views();
	test_all_evicted();
	test_unfinished();
	test_character();
	test_sessions();
	test_pieces();
	test_eviction();
	buf_free(&out);
	return tap_done();
}
