// SPDX-License-Identifier: GPL-3.0-or-later
/* What a filter passes, the walk over it in both directions, and that each walk ends in its time. */
#include "view/filter.h"

#include <stdio.h>
#include <locale.h>
#include <stdlib.h>

#include "support/tap.h"
#include "view/drawing.h"
#include "view/frames.h"

static struct error error;
static struct buf out = { .max = SIZE_MAX };

static void set_filter(const char *pattern, bool inverted)
{
	static struct filter *filter;
	filter_free(filter);
	struct regexp *regexp = pattern ? regexp_parse(pattern, &error) : NULL;
	view.filter = filter = regexp ? filter_new(regexp, inverted) : NULL;
	filter_allow(view.filter, 60 * CLOCK_S);
}

static void begin_filter(const struct view_ops *ops, const char *pattern, bool inverted)
{
	begin(80, 0);
	view.ops = ops;
	set_filter(pattern, inverted);
}

static void put_text(enum call call, const char *text)
{
	put(CLIENT, (struct entry){ .call = (uint8_t)call, .fd = 4, .arg = 65536 }, NULL, text);
}

static void put_row(struct location location)
{
	struct rows rows = { 0 };
	view_layout(&view, location, &rows);
	row_print(&rows.row[0], &out);
	buf_append_text(&out, "\n");
	rows_free(&rows);
}

/* From the oldest, or from the newest. */
static const char *passed(bool forward)
{
	struct location at = { TRANSCRIPT_NONE, 0 };
	filter_allow(view.filter, 60 * CLOCK_S);
	buf_clear(&out);
	if (forward)
		while (filter_after(&view, &at))
			put_row(at);
	else
		for (bool more = filter_last(&view, &at); more; more = filter_before(&view, &at))
			put_row(at);
	return buf_text(&out);
}

static void put_conversation(void)
{
	put_text(CALL_STATE, "127.0.0.1:39446 connected");
	put_text(CALL_SEND, "one error\ntwo\n");
	put_text(CALL_RECV, "an er");
	now += CLOCK_MS;
	put_text(CALL_RECV, "ror in two calls\nfine\n");
	put_text(CALL_COMMAND, "/filter error");
	put_text(CALL_NOTE, "an error of the program");
	put_text(CALL_SEND, "the last error");
}

static void test_chat(void)
{
	begin_filter(&chat_view, "error", false);
	put_conversation();
	view.time = VIEW_TIME_OFF;
	is_text(passed(true),
	        "→  one error⏎                                                           10 bytes\n"
	        "←  an error in two calls⏎                                               22 bytes\n"
	        "·  an error of the program\n"
	        "→  the last error                                                       14 bytes\n",
	        "a text, also in bytes that came in two calls; and no command");
	is_text(passed(false),
	        "→  the last error                                                       14 bytes\n"
	        "·  an error of the program\n"
	        "←  an error in two calls⏎                                               22 bytes\n"
	        "→  one error⏎                                                           10 bytes\n",
	        "the same ones from the end");
	set_filter("/^(two|fine)$/", false);
	is_text(passed(true), "→  two⏎                                                                  4 bytes\n"
	                      "←  fine⏎                                                                 5 bytes\n",
	        "a regular expression, of which each line is a text");
	set_filter("error", true);
	is_text(passed(true), "·  127.0.0.1:39446 connected\n"
	                      "→  two⏎                                                                  4 bytes\n"
	                      "←  fine⏎                                                                 5 bytes\n",
	        "all but what has it");
	set_filter("nowhere", false);
	is_text(passed(true), "", "nothing forward");
	is_text(passed(false), "", "and back");
	put_text(CALL_SEND, ", not anyw");
	is_text(passed(false), "", "a line that is not over yet");
	put_text(CALL_SEND, "here but nowhere\n");
	ok(strstr(passed(false), "the last error, not anywhere but nowhere"), "passes when it has it");
	set_filter("again", false);
	put_text(CALL_SEND, "again");
	is_int(count(passed(false), "again"), 1, "a line that is not over yet");
	put_text(CALL_SEND, " and more");
	is_int(count(passed(false), "again"), 1, "is one when it has grown");
	set_filter("once", true);
	ok(strstr(passed(true), "again and more"), "what does not have a text passes");
	put_text(CALL_SEND, " once");
	ok(!strstr(passed(true), "again and more"), "until it does");
}

static void test_views(void)
{
	struct location at;
	begin_filter(&trace_view, "setsockopt", false);
	put_socket(SOCK_STREAM);
	PUT(CLIENT, CALL_SETSOCKOPT, .fd = 4);
	put_send(CLIENT, "hello");
	is_int(count(passed(true), "setsockopt("), 1, "trace: a call by its name");
	set_filter("hell", false);
	ok(strstr(passed(true), "send(\"hello\")"), "or its bytes");
	set_filter("/send.*= 5/", false);
	ok(strstr(passed(false), "send(\"hello\") = 5"), "or its row");
	begin_wire(80, SERVER);
	set_filter("/FIN w/", false);
	put_socket(SOCK_STREAM);
	cross(tcp(LEFT, FRAME_SYN, 0, 0, 0));
	cross(tcp(LEFT, FRAME_FIN | FRAME_ACK, 1, 1, 0));
	is_int(count(passed(false), "FIN"), 1, "ladder: a segment");
	view.ops = &hex_view;
	put_send(CLIENT, "hello");
	set_filter("hello", false);
	ok(filter_last(&view, &at) && !filter_before(&view, &at), "hex: bytes");
}

/* What is kept of a walk is that of its view, its filter and of what is left. */
static void test_changes(void)
{
	struct location at = { 0 };
	begin_filter(&chat_view, "x", false);
	ok(!filter_last(&view, &at), "an empty transcript");
	put_text(CALL_SEND, "x1\n");
	put_text(CALL_RECV, "y1\n");
	ok(filter_last(&view, &at) && at.entry == transcript_first(transcript), "what comes later");
	put_text(CALL_RECV, "x2\n");
	is_int(filter_count_after(&view, at, 9), 1, "is counted");
	is_int(filter_count_after(&view, at, 0), 0, "no further than asked");
	view.ops = &trace_view;
	is_int(count(passed(false), "\n"), 2, "another view");
	set_filter("send(", false);
	view.ops = &chat_view;
	is_text(passed(false), "", "what chat does not show");
	view.ops = &trace_view;
	is_int(count(passed(false), "send("), 1, "trace does");
	set_filter("x", false);
	view.session = SERVER;
	is_text(passed(false), "", "another session");
	view.session = CLIENT;
	view.ops = &chat_view;
	filter_last(&view, &at);
	struct location first = at;
	filter_before(&view, &first);
	ok(filter_after(&view, &first) && first.entry == at.entry, "and back again");
	begin_small(80, 0, 3 << 16, 1 << 16);
	set_filter("x", false);
	put_text(CALL_SEND, "x0\n");
	filter_last(&view, &at);
	for (int i = 0; i < 20000; i++)
		put_text(i % 100 ? CALL_RECV : CALL_SEND, i % 100 ? "nothing here\n" : "x\n");
	ok(transcript_has_lost(transcript, CLIENT), "after the oldest have been evicted");
	int found = count(passed(false), "x");
	ok(found > 5 && found == count(passed(true), "x"), "those that are left, both ways");
	ok(!filter_before(&view, &at), "nothing before one that is gone");
	ok(filter_after(&view, &at), "but after it");
}

/* More hits than are remembered, and none at all. */
static void test_many(void)
{
	enum { LINES = 100000 };
	struct location at = { 0 };
	int hits = 0, turns = 0;
	begin_small(80, 0, 1 << 26, 1 << 20);
	view.ops = &chat_view;
	set_filter("/^[0-9]*7$/", false);
	for (int i = 0; i < LINES; i++) {
		char line[32];
		snprintf(line, sizeof line, "%d\n", i);
		put_text(CALL_RECV, line);
	}
	for (bool more = filter_last(&view, &at); more; more = filter_before(&view, &at))
		hits++;
	is_int(hits, LINES / 10, "each of many back");
	is_int(filter_count_after(&view, at, LINES), LINES / 10 - 1, "and forward");
	set_filter("/[0-9]/", false);
	hits = 0;
	for (bool more = filter_last(&view, &at); more; more = filter_before(&view, &at))
		hits++;
	is_int(hits, LINES, "more than are remembered, back");
	is_int(filter_count_after(&view, at, LINES), LINES - 1, "and forward");
	begin_small(80, 0, 1 << 26, 1 << 20);
	view.ops = &chat_view;
	set_filter("x", false);
	for (int i = 0; i < LINES; i++) {
		put_text(CALL_RECV, "x\n");
		if (i == 0 || i == LINES - 1)
			filter_last(&view, &at);
	}
	at = (struct location){ transcript_first(transcript), 0 };
	is_int(filter_count_after(&view, at, LINES), LINES - 1, "and those that came one by one");
	set_filter("nowhere", false);
	bool over;
	do {
		filter_allow(view.filter, 0);
		ok(!filter_last(&view, &at), "nothing yet, turn %d", turns);
		over = filter_is_searching(view.filter);
	} while (over && ++turns < 1000);
	ok(!over && turns > 3, "the search goes on where it was, and ends");
	filter_allow(view.filter, 0);
	ok(!filter_last(&view, &at) && !filter_is_searching(view.filter), "and does not begin again");
	put_text(CALL_RECV, "nowhere\n");
	filter_allow(view.filter, 0);
	ok(filter_last(&view, &at), "what comes then is found at once");
}

int main(void)
{
	tap_watchdog(60);
	setlocale(LC_ALL, "");
	test_chat();
	test_views();
	test_changes();
	test_many();
	set_filter(NULL, false);
	transcript_free(transcript);
	buf_free(&out);
	return tap_done();
}
