// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pane.h"

#include <locale.h>
#include <stdint.h>

#include "support/tap.h"
#include "view/filter.h"

static struct transcript *transcript;
static struct view view;
static struct pane pane;
static struct rows rows;
static struct buf out;
static int made; /* lines */

static void begin(int columns)
{
	transcript_free(transcript);
	transcript = transcript_new(1 << 20, 1 << 12);
	view = (struct view){
		.ops = &chat_view, .transcript = transcript, .session = 1, .columns = columns
	};
	pane_to_end(&pane);
	made = 0;
}

static void note(const char *text)
{
	struct entry header = { .call = CALL_NOTE, .session = 1, .fd = -1 };
	transcript_append(transcript, &header, NULL, text, strlen(text));
}

/* "line 1", "line 2", … */
static void lines(int count)
{
	char text[32];
	while (count--) {
		snprintf(text, sizeof text, "line %d", ++made);
		note(text);
	}
}

static const char *filled(int height)
{
	pane_fill(&pane, &view, height, &rows);
	buf_clear(&out);
	for (size_t i = 0; i < rows.count; i++) {
		if (i)
			buf_append_text(&out, "|");
		row_print(&rows.row[i], &out);
	}
	return buf_text(&out);
}

static void test_following(void)
{
	begin(9);
	is_text(filled(3), "||", "nothing to show is empty rows");
	lines(2);
	is_text(filled(3), "|line 1|line 2", "little to show is at the bottom");
	lines(3);
	is_text(filled(3), "line 3|line 4|line 5", "the end is followed");
	note("abcdefghijkl");
	is_text(filled(2), "abcdefghi|jkl", "a long line has several rows");
	is_text(filled(1), "jkl", "of which the last are shown");
	is_text(filled(0), "", "no height, no rows");
}

static void test_scrolling_low(void)
{
	begin(10);
	lines(20);
	filled(4);
	pane_scroll(&pane, &view, -3);
	is_text(filled(4), "line 14|line 15|line 16|line 17", "scrolled back in a low pane");
	lines(5);
	is_text(filled(4), "line 14|line 15|line 16|line 17", "new lines move nothing");
	pane_scroll(&pane, &view, 2);
	is_text(filled(4), "line 16|line 17|line 18|line 19", "forward");
	pane_scroll(&pane, &view, 100);
	is_text(filled(4), "line 22|line 23|line 24|line 25", "to the end");
	ok(pane.position.at_end, "where it follows");
	pane_scroll(&pane, &view, -1000);
	is_text(filled(4), "line 1|line 2|line 3|line 4", "the top ends scrolling back");
	pane_scroll(&pane, &view, -1);
	is_text(filled(4), "line 1|line 2|line 3|line 4", "and it stays there");
	pane_scroll(&pane, &view, 1);
	is_text(filled(4), "line 2|line 3|line 4|line 5", "one row forward moves one row");
	pane_to_end(&pane);
	is_text(filled(4), "line 22|line 23|line 24|line 25", "and back to the end");
}

static void test_divider(void)
{
	begin(28);
	lines(30);
	filled(8);
	pane_scroll(&pane, &view, -2);
	is_text(filled(8),
	        "·  line 21|·  line 22|·  line 23|·  line 24|·  line 25|"
	        "── newest lines below ──────|·  line 29|·  line 30",
	        "the newest lines stay below a divider, none is shown twice");
	lines(1);
	is_text(filled(8),
	        "·  line 21|·  line 22|·  line 23|·  line 24|·  line 25|"
	        "── 1 new line below ────────|·  line 30|·  line 31",
	        "what is new is counted");
	lines(11);
	filled(8);
	pane_scroll(&pane, &view, -1);
	is_text(filled(8),
	        "·  line 20|·  line 21|·  line 22|·  line 23|·  line 24|"
	        "── 12 new lines below ──────|·  line 41|·  line 42",
	        "and the count goes on while scrolling");
	lines(987);
	ok(strstr(filled(8), "── 999 new lines below") != NULL, "999 lines are counted");
	lines(1);
	ok(strstr(filled(8), "── 999+ new lines below") != NULL, "and no more");
	lines(5000);
	ok(strstr(filled(8), "── 999+ new lines below") != NULL, "however many come");
	pane_to_end(&pane);
	filled(8);
	pane_scroll(&pane, &view, -1);
	ok(strstr(filled(8), "newest lines") != NULL, "a new journey counts from zero");
	pane_scroll(&pane, &view, 1);
	filled(8);
	ok(pane.position.at_end, "back where one has come from, it follows");
	pane_scroll(&pane, &view, -1);
	filled(40);
	ok(pane.position.at_end, "so it does where the pane grows so high that all is seen");
	pane_scroll(&pane, &view, -1);
	filled(40);
	is_int(rows.count, 40, "a height is kept to");
	is_int(rows.row[40 - 6 - 1].glyphs[0].style, STYLE_FAINT, "six live rows in a high pane");
}

static void test_small(void)
{
	begin(10);
	lines(3);
	filled(10);
	pane_scroll(&pane, &view, -5);
	is_text(filled(10), "|||||||line 1|line 2|line 3", "what fits does not scroll");
	ok(pane.position.at_end, "and is followed");
	pane_to_top(&pane, &view);
	filled(10);
	ok(pane.position.at_end, "also to the top");
	begin(10);
	pane_scroll(&pane, &view, -5);
	pane_scroll(&pane, &view, 5);
	pane_to_top(&pane, &view);
	is_text(filled(2), "|", "scrolling nothing");
	bool exact = true, fit = true;
	for (int columns = 1; columns < 14; columns++)
		for (int height = 0; height < 14; height++) {
			begin(columns);
			lines(12);
			note("a longer text 가나다 with several words\033[2J");
			for (int step = 0; step < 6; step++) {
				pane_fill(&pane, &view, height, &rows);
				exact = exact && rows.count == (size_t)height;
				for (size_t i = 0; i < rows.count; i++)
					fit = fit && rows.row[i].columns <= columns;
				pane_scroll(&pane, &view, step < 4 ? -7 : 5);
			}
		}
	ok(exact, "every height gets its rows");
	ok(fit, "and no row is wider than the pane");
}

static void test_rows_of_paragraphs(void)
{
	begin(10);
	note("0123456789abcdefghijABCDEFGHIJ");
	lines(1);
	filled(2);
	pane_scroll(&pane, &view, -1);
	is_text(filled(2), "abcdefghij|ABCDEFGHIJ", "scrolling goes by rows");
	pane_scroll(&pane, &view, -1);
	is_text(filled(2), "0123456789|abcdefghij", "through a paragraph");
	view.columns = 5;
	is_text(filled(2), "01234|56789", "narrower, the same paragraph is at the bottom");
	view.columns = 100;
	lines(5);
	filled(2);
	pane_to_top(&pane, &view);
	is_text(filled(2), "·  0123456789abcdefghijABCDEFGHIJ|·  line 1", "to the top");
}

static void test_resize(void)
{
	begin(10);
	lines(5);
	note("0123456789abcdefghijABCDEFGHIJ");
	lines(5);
	filled(2);
	pane_scroll(&pane, &view, -5);
	is_text(filled(2), "abcdefghij|ABCDEFGHIJ", "at the last row of a paragraph");
	view.columns = 100;
	is_text(filled(2), "·  line 5|·  0123456789abcdefghijABCDEFGHIJ",
	        "that has but one when the pane is wider");
	pane_scroll(&pane, &view, -1);
	is_text(filled(2), "·  line 4|·  line 5", "from where one row up is one row up");
	begin(10);
	lines(100);
	filled(5);
	pane_scroll(&pane, &view, -50);
	is_text(filled(5), "line 46|line 47|line 48|line 49|line 50", "in the middle");
	view.columns = 3;
	filled(5);
	view.columns = 80;
	is_text(filled(3), "·  line 48|·  line 49|·  line 50",
	        "a resize keeps what is at the bottom");
}

static void test_eviction(void)
{
	begin(100);
	transcript_set_ceiling(transcript, 2 << 12);
	lines(20);
	filled(5);
	pane_scroll(&pane, &view, -4);
	lines(1000);
	const char *text = filled(5);
	struct transcript_amount lost = transcript_lost(transcript);
	char want[100];
	snprintf(want, sizeof want,
	         "… %llu older bytes were dropped (%llu entries of all sessions)|·  line %llu|",
	         (unsigned long long)lost.bytes, (unsigned long long)lost.entries,
	         (unsigned long long)lost.entries + 1);
	ok(strncmp(text, want, strlen(want)) == 0,
	   "an evicted place gives way to the oldest one left");
	if (strncmp(text, want, strlen(want)) != 0)
		printf("# %s\n", text);
	ok(!pane.position.at_end, "it does not follow");
	pane_scroll(&pane, &view, 1);
	ok(strstr(filled(5), "dropped") == NULL, "one row down hides the word on it");
	pane_scroll(&pane, &view, -1);
	ok(strncmp(filled(5), want, strlen(want)) == 0, "one row up shows it again");
	pane_to_end(&pane);
	ok(strncmp(filled(400), "|", 1) == 0, "a high pane has room");
	ok(strstr(buf_text(&out), want) != NULL, "and shows the word above the oldest line");
	view.session = 2;
	pane_to_end(&pane);
	struct entry other = { .call = CALL_NOTE, .session = 2, .fd = -1 };
	transcript_append(transcript, &other, NULL, "x", 1);
	is_text(filled(2), "|·  x", "another session has lost nothing");
	pane.position.at_end = false;
	pane.position.location = (struct location){ 0, 0 };
	is_text(filled(2), "|·  x", "a place of nowhere leads back");
	lines(1000);
	pane.position.at_end = false;
	ok(strstr(filled(2), "older bytes were dropped"),
	   "also when nothing is left, and that is said");
	begin(100);
	is_text(filled(2), "|", "where nothing is lost nothing is said");
	view.session = 1;
}

static void test_ascii(void)
{
	begin(26);
	lines(30);
	filled(8);
	pane_scroll(&pane, &view, -2);
	setlocale(LC_ALL, "C");
	ok(strstr(filled(8), "|-- newest lines below ----|") != NULL, "a divider without UTF-8");
	setlocale(LC_ALL, "");
}

/* Bytes received, in one call, as lines "a1", "a2" … */
static uint64_t receive(char letter, int count)
{
	char text[1024];
	size_t len = 0;
	struct entry header = { .call = CALL_RECV, .session = 1, .fd = 3, .arg = 1024 };
	for (int i = 1; i <= count; i++)
		len += (size_t)snprintf(text + len, sizeof text - len, "%c%d\n", letter, i);
	return transcript_append(transcript, &header, NULL, text, len);
}

static bool has_row(const char *text, const char *row)
{
	const char *at = strstr(text, row);
	size_t len = strlen(row);
	return at && (at == text || at[-1] == '|') && (at[len] == '|' || !at[len]);
}

static void test_going(void)
{
	uint64_t at[40];
	char want[16];
	begin(10);
	for (int i = 0; i < 40; i++) {
		at[i] = transcript_end(transcript);
		lines(1);
	}
	filled(12);
	int right = 0;
	for (int i = 6; i < 30; i++) {
		pane_go(&pane, &view, (struct location){ at[i], 0 });
		filled(12);
		buf_clear(&out);
		for (size_t y = 4; y < 8; y++)
			row_print(&rows.row[y], &out);
		snprintf(want, sizeof want, "line %d", i + 1);
		right += !pane.position.at_end && strstr(buf_text(&out), want) != NULL;
	}
	is_int(right, 24, "whatever one goes to is in the middle third");
	pane_go(&pane, &view, (struct location){ at[1], 0 });
	ok(has_row(filled(12), "line 1") && has_row(filled(12), "line 2"), "also near the top");
	pane_go(&pane, &view, (struct location){ at[38], 0 });
	is_text(filled(4), "line 37|line 38|line 39|line 40", "near the end there is no more");
	pane_go(&pane, &view, (struct location){ at[38], 0 });
	filled(12);
	bool seen = true;
	for (int i = 0; i < 30; i++) {
		lines(1);
		seen = seen && has_row(filled(12), "line 39");
	}
	ok(seen, "and whatever comes, it stays in sight");
	ok(!pane.position.at_end, "where the end is no longer");
	pane_scroll(&pane, &view, 1000);
	ok(pane.position.at_end && has_row(filled(12), "line 70"), "until one scrolls on");
	pane_go(&pane, &view, (struct location){ at[38], 1 });
	pane_to_end(&pane);
	ok(has_row(filled(12), "line 70"), "or to the end");
}

/* A hit stays in sight in every kind of view. */
static void test_going_and_turning(void)
{
	begin(60);
	view.find = "n5";
	view.find_len = 2;
	for (char letter = 'a'; letter <= 'z'; letter++)
		receive(letter, 9);
	filled(12);
	struct location location = { TRANSCRIPT_NONE, 0 };
	for (int i = 0; i < 13 * 9 + 5; i++)
		view_after(&view, &location);
	pane_go(&pane, &view, location);
	ok(strstr(filled(12), "n5") != NULL && !pane.position.at_end, "a hit");
	view.ops = &hex_view;
	ok(strstr(filled(12), "6e 35") != NULL, "as hex");
	view.ops = &chat_view;
	ok(strstr(filled(12), "n5") != NULL, "and in the chat");
	pane_scroll(&pane, &view, -20);
	ok(strstr(filled(12), "n5") == NULL, "until one scrolls");
}

static void test_going_nowhere(void)
{
	begin(10);
	pane_go(&pane, &view, (struct location){ 0, 0 });
	is_text(filled(2), "|", "where nothing is nobody goes");
	ok(pane.position.at_end, "and follows");
	begin(60);
	lines(30000);
	pane_go(&pane, &view, (struct location){ 0, 0 });
	const char *text = filled(12);
	ok(!pane.position.at_end && strstr(text, "older"), "what has gone is at the top");
}

static void test_going_into_long(void)
{
	begin(10);
	char text[301];
	memset(text, 'x', 300);
	text[300] = '\0';
	memcpy(text + 150, "needle", 6);
	uint64_t entry = transcript_end(transcript);
	note(text);
	lines(20);
	view.find = "needle";
	view.find_len = 6;
	pane_go(&pane, &view, (struct location){ entry, 0 });
	ok(strstr(filled(12), "needle") != NULL, "of a long paragraph the row with the hit");
	int y = 0;
	for (size_t i = 0; i < rows.count; i++)
		for (size_t j = 0; j < rows.row[i].count; j++)
			if (rows.row[i].glyphs[j].style == STYLE_FOUND)
				y = (int)i;
	ok(y >= 4 && y < 8, "in the middle");
}

/* The bottom row above the divider. */
static const char *bottom(int height)
{
	static char text[64];
	filled(height);
	buf_clear(&out);
	int y = 0;
	while (y + 1 < (int)rows.count &&
	       !(rows.row[y + 1].count > 1 && rows.row[y + 1].glyphs[0].style == STYLE_FAINT))
		y++;
	row_print(&rows.row[y], &out);
	snprintf(text, sizeof text, "%s", buf_text(&out));
	return text;
}

static void test_kinds(void)
{
	begin(60);
	for (char letter = 'a'; letter <= 'z'; letter++)
		receive(letter, 9);
	filled(12);
	pane_scroll(&pane, &view, -100);
	ok(!pane.position.at_end, "scrolled back");
	char before[64];
	snprintf(before, sizeof before, "%s", bottom(12));
	ok(strstr(before, "n") != NULL || strstr(before, "o") != NULL, "among the lines of a call");
	static const struct view_ops *const others[] = { &hex_view, &trace_view };
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		uint64_t entry = pane.position.location.entry;
		view.ops = others[i];
		filled(12);
		ok(!pane.position.at_end && pane.position.location.entry == entry,
		   "another kind: the same entry");
		is_int(pane.position.location.offset, 0, "at the begin of a paragraph");
	}
	view.ops = &chat_view;
	is_text(bottom(12), before, "turned back it is the very row");
	view.ops = &trace_view;
	filled(12);
	pane_scroll(&pane, &view, -2);
	uint64_t entry = pane.position.location.entry;
	view.ops = &chat_view;
	filled(12);
	is_int(pane.position.location.entry, entry, "scrolled in between, it is the entry come to");
	view.ops = &trace_view;
	pane_to_end(&pane);
	filled(12);
	view.ops = &chat_view;
	ok(has_row(filled(12), "<  z9$") || strstr(filled(12), "z9"), "at the end it stays there");
	ok(pane.position.at_end, "and follows");
}

/* What one kind shows and the other does not, at the place one looks at. */
static void test_kinds_unshown(void)
{
	struct entry call = { .call = CALL_GETSOCKNAME, .session = 1, .fd = 3 };
	begin(60);
	lines(3);
	for (int i = 0; i < 40; i++)
		transcript_append(transcript, &call, NULL, NULL, 0);
	view.ops = &trace_view;
	filled(8);
	pane_scroll(&pane, &view, -15);
	ok(!pane.position.at_end, "among calls");
	view.ops = &chat_view;
	ok(strstr(filled(8), "line 3") != NULL, "which the chat does not show: its nearest line");
	view.ops = &trace_view;
	ok(strstr(filled(8), "getsockname") != NULL && !pane.position.at_end, "and back");
	struct entry other = { .call = CALL_NOTE, .session = 2, .fd = -1 };
	begin(60);
	view.all = true;
	lines(10);
	for (int i = 0; i < 40; i++)
		transcript_append(transcript, &other, NULL, "other", 5);
	lines(10);
	filled(8);
	pane_scroll(&pane, &view, -25);
	ok(strstr(filled(8), "other") != NULL, "among another session's");
	view.all = false;
	ok(strstr(filled(8), "line 1") != NULL, "which it alone does not show");
}

/* Where the line one comes to began before the place of another session that one has left. */
static void test_kinds_within_line(void)
{
	struct entry call = { .call = CALL_RECV, .session = 1, .fd = 3 };
	struct entry other = { .call = CALL_NOTE, .session = 2, .fd = -1 };
	begin(60);
	view.all = true;
	lines(10);
	transcript_append(transcript, &call, NULL, "one ", 4);
	for (int i = 0; i < 20; i++)
		transcript_append(transcript, &other, NULL, "other", 5);
	transcript_append(transcript, &call, NULL, "line\n", 5);
	lines(10);
	filled(8);
	pane_scroll(&pane, &view, -15);
	ok(strstr(filled(8), "other") && !pane.position.at_end,
	   "among another session's within a line");
	view.all = false;
	const char *text = bottom(8);
	ok(strstr(text, "one line"), "the line is whole");
	if (!strstr(text, "one line"))
		printf("# %s\n", text);
}

/* Only what a filter passes is shown, wherever the pane is when it comes and goes. */
static void test_filter(void)
{
	struct error error;
	struct filter *filter = filter_new(regexp_parse("/ [0-9]*[05]$/", &error), false);
	begin(28);
	lines(60);
	filled(8);
	pane_scroll(&pane, &view, -20);
	is_text(filled(8),
	        "·  line 33|·  line 34|·  line 35|·  line 36|·  line 37|"
	        "── newest lines below ──────|·  line 59|·  line 60",
	        "a place in all");
	view.filter = filter;
	filter_allow(filter, 60 * CLOCK_S);
	is_text(filled(8),
	        "·  line 20|·  line 25|·  line 30|·  line 35|·  line 40|"
	        "── newest lines below ──────|·  line 55|·  line 60",
	        "a filter stays near it");
	pane_scroll(&pane, &view, -1);
	lines(6);
	filter_allow(filter, 60 * CLOCK_S);
	is_text(filled(8),
	        "·  line 15|·  line 20|·  line 25|·  line 30|·  line 35|"
	        "── 1 new line below ────────|·  line 60|·  line 65",
	        "scrolls by what it passes, and counts that");
	view.filter = NULL;
	is_text(filled(4), "·  line 32|·  line 33|·  line 34|·  line 35",
	        "without it the place is the same");
	filter_free(filter);
	filter = filter_new(regexp_parse("nowhere", &error), false);
	view.filter = filter;
	pane_to_end(&pane);
	note("nowhere");
	lines(10000);
	filter_allow(filter, 0);
	is_text(filled(2), "|… still searching", "what is not known yet is not said to be nothing");
	for (int i = 0; i < 10000 && filter_is_searching(filter); i++) {
		filter_allow(filter, 0);
		filled(2);
	}
	is_text(filled(2), "|·  nowhere", "until it is found");
	filter_free(filter);
}

int main(void)
{
	tap_watchdog(30);
	setlocale(LC_ALL, "");
	buf_init(&out, SIZE_MAX);
	pane_init(&pane);
	if (!text_has_unicode()) {
		tap_skip("no UTF-8 locale");
		return tap_done();
	}
	test_following();
	test_scrolling_low();
	test_divider();
	test_small();
	test_rows_of_paragraphs();
	test_resize();
	test_eviction();
	test_going();
	test_going_and_turning();
	test_going_nowhere();
	test_going_into_long();
	test_kinds();
	test_kinds_unshown();
	test_kinds_within_line();
	test_ascii();
	test_filter();
	pane_free(&pane);
	rows_free(&rows);
	buf_free(&out);
	transcript_free(transcript);
	return tap_done();
}
