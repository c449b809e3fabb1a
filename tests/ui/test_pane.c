// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pane.h"

#include <locale.h>
#include <stdint.h>

#include "support/tap.h"

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
	view = (struct view){ .transcript = transcript, .session = 1, .columns = columns };
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
	is_text(filled(3), "|line 1|line 2", "little to show stands at the bottom");
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
	ok(pane.follow, "where it follows");
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
	ok(pane.follow, "back where one has come from, it follows");
	pane_scroll(&pane, &view, -1);
	filled(40);
	ok(pane.follow, "so it does where the pane grows so high that all is seen");
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
	ok(pane.follow, "and is followed");
	pane_to_top(&pane, &view);
	filled(10);
	ok(pane.follow, "also to the top");
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
	struct transcript_lost lost = transcript_lost(transcript);
	char want[100];
	snprintf(want, sizeof want,
	         "… %llu older bytes were dropped (%llu entries of all sessions)|·  line %llu|",
	         (unsigned long long)lost.bytes, (unsigned long long)lost.entries,
	         (unsigned long long)lost.entries + 1);
	ok(strncmp(text, want, strlen(want)) == 0,
	   "an evicted place gives way to the oldest one left");
	if (strncmp(text, want, strlen(want)) != 0)
		printf("# %s\n", text);
	ok(!pane.follow, "it does not follow");
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
	pane.follow = false;
	pane.place = (struct place){ 0, 0 };
	is_text(filled(2), "|·  x", "a place of nowhere leads back");
	lines(1000);
	pane.follow = false;
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
	test_ascii();
	pane_free(&pane);
	rows_free(&rows);
	buf_free(&out);
	transcript_free(transcript);
	return tap_done();
}
