// SPDX-License-Identifier: GPL-3.0-or-later
/* Which rows of a lesson are seen: a new part from its top, the rest by Enter or the page keys, and what
 * another size of the window makes of that. */
#include "ui/lesson_pane.h"

#include <limits.h>
#include <locale.h>
#include <stdio.h>

#include "app/lesson_face.h"
#include "support/tap.h"

static struct app app;
static struct lesson_pane pane;
static struct buf text = { .max = SIZE_MAX };
static int count;    /* paragraphs after the heading */
static int top;      /* the first new one */
static int rendered; /* how often */

enum { WIDE = 60, NARROW = 9 };

/* "word 7 is": a row of its own where it is wide, of two words or less where it is narrow. */
static void render(struct app *unused, int columns, struct rows *rows)
{
	char words[40];
	rendered++;
	row_put(rows_add(rows), "heading", columns, STYLE_TEXT);
	for (int i = 1; i <= count; i++) {
		int len = snprintf(words, sizeof words, "word %d is here", i);
		if (i == top)
			unused->lesson.top = (int)rows->count;
		rows_add_wrapped(rows, words, (size_t)len, 0, 0, columns, STYLE_TEXT);
	}
	unused->lesson.fixed = 1;
}

static const struct lesson_face face = { .render = render };

static const char *row_at(int y)
{
	const struct row *row = lesson_pane_row(&pane, y);
	buf_clear(&text);
	if (row)
		row_print(row, &text);
	return buf_text(&text);
}

static const char *foot(void)
{
	return row_at(pane.height - 1);
}

static bool foot_has(const char *words)
{
	return strstr(foot(), words);
}

static int fill(int columns, int space)
{
	return lesson_pane_fill(&pane, &app, columns, space);
}

static void begin(int paragraphs, int first)
{
	lesson_pane_free(&pane);
	lesson_pane_init(&pane);
	count = paragraphs;
	top = first;
	app.lesson.face = &face;
	app.lesson.foot = "Enter runs the line";
	app.lesson.project = false;
	lesson_face_changed(&app, true);
}

static void change(int paragraphs, int first, bool part)
{
	count = paragraphs;
	top = first;
	lesson_face_changed(&app, part);
}

static bool more(void)
{
	bool shown = lesson_pane_show_more(&pane, &app);
	fill(pane.columns, 2 * pane.height);
	return shown;
}

static void what_fits_is_seen(void)
{
	begin(3, 1);
	is_int(fill(WIDE, 20), 5, "it takes the rows that it needs");
	is_text(row_at(0), "heading", "the heading is first");
	is_text(row_at(3), "word 3 is here", "all rows are shown");
	ok(foot_has("Enter runs the line") && !foot_has("more"), "the foot says what to do");
	ok(!lesson_pane_show_more(&pane, &app), "there is no more");
	is_int(fill(WIDE, 6), 3, "never more than half");
}

static void enter_shows_the_rest(void)
{
	begin(10, 1);
	is_int(fill(WIDE, 10), 5, "ten paragraphs in five rows");
	ok(foot_has("Enter shows more") && foot_has(" 7 more rows"), "the foot counts the rest");
	ok(!foot_has("runs the line"), "and does not promise that the line runs");
	ok(more(), "Enter shows more");
	is_text(row_at(0), "heading", "the heading stays");
	is_text(row_at(1), "word 4 is here", "the next rows");
	ok(foot_has(" 4 more rows"), "the rest becomes less");
	ok(more() && more(), "twice again");
	is_text(row_at(3), "word 10 is here", "the last row is shown");
	ok(foot_has("Enter runs the line"), "then the line may run");
	ok(foot_has("7 above: PageUp"), "what is above is counted");
	ok(!lesson_pane_show_more(&pane, &app), "and Enter is for it");
	ok(lesson_pane_scroll(&pane, -INT_MAX), "back to the top by hand");
	fill(WIDE, 10);
	is_text(row_at(1), "word 1 is here", "the first row");
	ok(foot_has("Enter runs the line") && foot_has("7 more: PageDown"), "all was seen already");
	ok(!lesson_pane_show_more(&pane, &app), "Enter runs the line from there, too");
}

static void a_tall_pane_repeats_a_row(void)
{
	begin(30, 1);
	is_int(fill(WIDE, 20), 10, "eight rows of text");
	more();
	is_text(row_at(1), "word 8 is here", "the last one is the first of the next page");
	app.lesson.project = true;
	fill(WIDE, 20);
	ok(foot_has("Space shows more"), "before a class it is Space");
	begin(5, 1);
	fill(WIDE, 10);
	ok(foot_has(" 2 more rows"), "two rows");
	begin(4, 1);
	fill(WIDE, 10);
	ok(foot_has(" 1 more row"), "one row");
}

static void a_new_part_begins_at_its_top(void)
{
	begin(4, 1);
	fill(WIDE, 10);
	more();
	change(12, 5, true);
	ok(lesson_pane_show_more(&pane, &app), "before it was shown Enter waits for that");
	fill(WIDE, 10);
	is_text(row_at(1), "word 5 is here", "its top is shown");
	ok(foot_has(" 5 more rows"), "the rest is counted from there");
	change(13, 5, false);
	fill(WIDE, 10);
	is_text(row_at(1), "word 5 is here", "a row more of the same part moves nothing");
	ok(foot_has(" 6 more rows"), "but counts");
	change(6, 6, true);
	fill(WIDE, 10);
	is_text(row_at(1), "word 4 is here", "what is before it is shown where there is room");
	change(14, 7, true);
	fill(WIDE, 10);
	lesson_pane_scroll(&pane, -2);
	fill(WIDE, 10);
	is_text(row_at(1), "word 5 is here", "scrolled back by hand");
	change(15, 7, false);
	fill(WIDE, 10);
	is_text(row_at(1), "word 5 is here", "it stays there");
	change(15, 8, true);
	fill(WIDE, 10);
	is_text(row_at(1), "word 8 is here", "until the next part");
}

static void another_size_keeps_the_place(void)
{
	begin(10, 1);
	fill(WIDE, 10);
	more();
	is_text(row_at(1), "word 4 is here", "in the middle");
	fill(NARROW, 10);
	is_text(row_at(1), "word 4 is", "a narrow window keeps the first row");
	ok(!lesson_pane_scroll(&pane, 0) && pane.rows.count == 21, "though the rows are others");
	fill(WIDE, 10);
	is_text(row_at(1), "word 4 is here", "and the wide one again");
	ok(foot_has(" 4 more rows"), "with what has been seen");
	fill(WIDE, 4);
	ok(foot_has("Enter shows more"), "a low window still has more");
	fill(WIDE, 10);
	is_text(row_at(1), "word 4 is here", "and the higher one the same row");
	ok(more() && more() && !more(), "all of it was seen at last");
	fill(NARROW, 10);
	ok(!lesson_pane_show_more(&pane, &app), "which no other size undoes");
	fill(NARROW, 1);
	ok(!lesson_pane_show_more(&pane, &app), "not the smallest either");
	is_int(rendered > 0, 1, "rendered");
	rendered = 0;
	fill(NARROW, 1);
	is_int(rendered, 0, "the same again is not rendered again");
}

static void one_row_is_enough(void)
{
	begin(3, 1);
	is_int(fill(WIDE, 1), 1, "one row");
	ok(strstr(row_at(0), "word 1 is here"), "its text");
	ok(strstr(row_at(0), "…"), "marked, since there is more");
	int steps = 0;
	while (lesson_pane_show_more(&pane, &app) && steps < 10) {
		fill(WIDE, 1);
		steps++;
	}
	is_int(steps, 2, "row by row to the end");
	is_text(row_at(0), "word 3 is here", "which has no mark");
	begin(0, 0);
	app.lesson.top = 0;
	fill(1, 1);
	ok(pane.height == 1 && !lesson_pane_show_more(&pane, &app), "nothing to show");
}

/* What to do is read before what is above. */
static void a_narrow_foot_says_what_to_do(void)
{
	begin(10, 1);
	app.lesson.foot = "type the answer, Enter alone shows it";
	fill(40, 10);
	while (more())
		continue;
	fill(40, 10);
	ok(foot_has("type the answer, Enter alone shows it"), "at 40 columns it is whole");
	lesson_pane_scroll(&pane, -1);
	fill(40, 10);
	ok(foot_has(" 1 more"), "what is below is never left out");
	is_int(pane.foot.columns, 40, "and the foot fills the row");
}

int main(void)
{
	setlocale(LC_ALL, "C.UTF-8");
	tap_watchdog(20);
	what_fits_is_seen();
	enter_shows_the_rest();
	a_tall_pane_repeats_a_row();
	a_new_part_begins_at_its_top();
	another_size_keeps_the_place();
	one_row_is_enough();
	a_narrow_foot_says_what_to_do();
	lesson_pane_free(&pane);
	buf_free(&text);
	return tap_done();
}
