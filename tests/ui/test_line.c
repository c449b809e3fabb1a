// SPDX-License-Identifier: GPL-3.0-or-later
#include <locale.h>
#include <stdint.h>
#include <time.h>

#include "support/tap.h"
#include "ui/line.h"

static struct line_layout layout;

static void lay_out(const char *prompt, const char *text, size_t point, int columns, int max_rows)
{
	struct line line = { .prompt = prompt, .text = text, .len = strlen(text), .point = point };
	line_layout(&layout, &line, columns, max_rows);
}

/* The rows between bars, then the cursor. */
static const char *picture(void)
{
	static struct buf out = { .max = SIZE_MAX };
	buf_clear(&out);
	for (size_t i = 0; i < layout.rows.count; i++) {
		buf_append_text(&out, "|");
		row_print(&layout.rows.row[i], &out);
	}
	buf_printf(&out, "| %d,%d", layout.cursor_row, layout.cursor_column);
	return buf_text(&out);
}

static void check(const char *text, size_t point, int columns, int max_rows, const char *want)
{
	lay_out("> ", text, point, columns, max_rows);
	is_text(picture(), want, want);
}

static void test_wrapping(void)
{
	check("", 0, 10, 4, "|>| 0,2");
	check("abc", 3, 10, 4, "|> abc| 0,5");
	check("abc", 1, 10, 4, "|> abc| 0,3");
	check("abcdefgh", 7, 10, 4, "|> abcdefgh| 0,9");
	check("abcdefgh", 8, 10, 4, "|> abcdefgh|| 1,0");
	check("abcdefghi", 9, 10, 4, "|> abcdefgh|i| 1,1");
	check("abcdefghi", 8, 10, 4, "|> abcdefgh|i| 1,0");
	check("가나다라마바사", strlen("가나다라마바사"), 11, 4, "|> 가나다라|마바사| 1,6");
	check("가나다라마바사", strlen("가나다라"), 11, 4, "|> 가나다라|마바사| 1,0");
	check("한", 3, 1, 4, "|>||?|| 3,0");
}

/* What is a byte stands out from what was typed like it. */
static void test_escapes(void)
{
	lay_out("\x1cxfe> ", "\\xff\x1cxff0", 9, 20, 4);
	is_text(picture(), "|\\xfe> \\xff\\xff0| 0,15", "both are shown alike");
	const struct row *row = &layout.rows.row[0];
	bool right = true;
	for (size_t i = 6; i < row->count; i++)
		right &= (row->glyphs[i].style == STYLE_MARK) == (i >= 10 && i < 14);
	ok(right, "but one in the style of a mark");
}

static void check_corner(const char *text, int columns, int max_rows, const char *want)
{
	size_t len = strlen(text);
	struct line line = {
		.prompt = "> ", .text = text, .len = len, .point = len, .spare_corner = true
	};
	line_layout(&layout, &line, columns, max_rows);
	is_text(picture(), want, want);
}

static void test_corner(void)
{
	check_corner("abcdefgh", 10, 4, "|> abcdefgh|| 1,0");
	check_corner("가나다라", 10, 4, "|> 가나다라|| 1,0");
	check_corner("a가나다라", 10, 4, "|> a가나|다라| 1,4");
	check_corner("abcdefg가", 10, 4, "|> abcdefg|가| 1,2");
	check_corner("abcde가", 10, 4, "|> abcde|가| 1,2");
	check_corner("abcdef가", 10, 4, "|> abcdef가|| 1,0");
	check_corner("abcde가", 10, 1, "|> abcde| 0,9");
}

static void test_marks(void)
{
	check("\033\001\tz", 4, 20, 4, "|> ^[^A^Iz| 0,9");
	check("first\nsecond", 12, 20, 4, "|> first^J|second| 1,6");
	check("first\n", 6, 20, 4, "|> first^J|| 1,0");
	check("a\n\nb", 4, 20, 4, "|> a^J|^J|b| 2,1");
	check("abcdefg\n", 8, 10, 4, "|> abcdefg|^J|| 2,0");
	check("e\xcc\x81x", 3, 20, 4, "|> e\xcc\x81x| 0,3");
	check("\u1100\u1161\u11a8x", 9, 20, 4, "|> \u1100\u1161\u11a8x| 0,4");
	check("a\x1cxff!", 5, 20, 4, "|> a\\xff!| 0,7");
	check("a\x1cxf!", 2, 20, 4, "|> a\\xf!| 0,4");
	check("👨\u200d👩", 7, 20, 4, "|> 👨👩| 0,4");
	check("a\u202eb", 5, 20, 4, "|> aU+202Eb| 0,10");
	check("a\u202eb", 5, 4, 4, "|> a?|b| 1,1");
	check("\xffz", 2, 20, 4, "|> \\xffz| 0,7");
}

static void test_window(void)
{
	const char *text = "11111111"
	                   "2222222222"
	                   "3333333333"
	                   "4444444444"
	                   "5555";
	check(text, 42, 10, 3, "|3333333333|4444444444|5555| 2,4");
	check(text, 0, 10, 3, "|> 11111111|2222222222|3333333333| 0,2");
	check(text, 19, 10, 3, "|> 11111111|2222222222|3333333333| 2,1");
	check(text, 28, 10, 3, "|2222222222|3333333333|4444444444| 2,0");
	check(text, 42, 10, 5, "|> 11111111|2222222222|3333333333|4444444444|5555| 4,4");
	check("", 0, 10, 3, "|>| 0,2");
	lay_out("a prompt of three rows: ", "text", 4, 10, 2);
	is_text(picture(), "|f three ro|ws: text| 1,8", "a long prompt scrolls away like text");
}

static void test_sideways(void)
{
	check("abc", 3, 10, 1, "|> abc| 0,5");
	check("abcdefghi", 7, 10, 1, "|> abcdefgh| 0,9");
	check("abcdefghi", 8, 10, 1, "|defghi| 0,5");
	check("abcdefghi", 0, 10, 1, "|> abcdefgh| 0,2");
	check("a\nb", 3, 10, 1, "|> a^Jb| 0,6");
	check("가나다라마바사", strlen("가나다라마바사"), 11, 1, "|마바사| 0,6");
	check("abc", 3, 1, 1, "|| 0,0");
	check("a가나다라마바사", strlen("a가나다라마바사"), 10, 1, "| 마바사| 0,7");
	check("", 0, 0, 0, "|| 0,0");
}

static void test_region(void)
{
	struct line line = { .prompt = "> ", .text = "abc", .len = 3, .point = 3 };
	line.mark_from = 1;
	line.mark_to = 2;
	line_layout(&layout, &line, 20, 4);
	const struct glyph *glyphs = layout.rows.row[0].glyphs;
	is_int(glyphs[0].style, STYLE_NOTE, "the prompt is the program's");
	is_int(glyphs[2].style, STYLE_TEXT, "text before the region");
	is_int(glyphs[3].style, STYLE_MARK, "the region");
	is_int(glyphs[4].style, STYLE_TEXT, "text after it");
}

static char *fill(size_t len, const char *pattern)
{
	char *text = malloc(len + 1);
	for (size_t i = 0, n = strlen(pattern); i < len; i++)
		text[i] = pattern[i % n];
	text[len] = '\0';
	return text;
}

/* Thousands of rows, counted by arithmetic, are where walking would have put them. */
static void test_long_plain(void)
{
	enum { LENGTH = 200000, COLUMNS = 77 };
	char *text = fill(LENGTH, "0123456789");
	bool same = true;
	for (size_t point = LENGTH - 3 * COLUMNS; point <= LENGTH; point++) {
		lay_out("12> ", text, point, COLUMNS, 5);
		same &= layout.cursor_column == (int)((point + 4) % COLUMNS) &&
		        layout.cursor_row == 4;
		const struct row *row = &layout.rows.row[3];
		same &= row->columns == COLUMNS;
		size_t begin = ((point + 4) / COLUMNS - 1) * COLUMNS - 4;
		same &= row->glyphs[0].chars[0] == L'0' + (wchar_t)(begin % 10);
	}
	ok(same, "rows far into a long line are exact");
	free(text);
}

static int64_t cpu_ms(void)
{
	return (int64_t)clock() * 1000 / CLOCKS_PER_SEC;
}

static void test_huge(const char *name, const char *pattern, int max_rows)
{
	enum { LENGTH = 10 << 20, FRAMES = 20, MOST_MS = 100 };
	char *text = fill(LENGTH, pattern);
	int64_t begin = cpu_ms();
	bool inside = true;
	for (size_t i = 0; i <= FRAMES; i++) {
		size_t point = (size_t)LENGTH / FRAMES * i;
		lay_out("> ", text, i == FRAMES ? LENGTH : point, 80, max_rows);
		inside &= layout.cursor_row >= 0 && layout.cursor_row < max_rows;
		inside &= layout.cursor_column >= 0 && layout.cursor_column < 80;
		inside &= layout.rows.count <= (size_t)max_rows;
	}
	int64_t spent = (cpu_ms() - begin) / (FRAMES + 1);
	ok(inside, "%s: the cursor is on the screen", name);
	ok(spent < MOST_MS, "%s: 10 MB laid out in %d ms", name, (int)spent);
	free(text);
}

static void test_bounds(void)
{
	bool good = true;
	char *text = fill(3 * LINE_NEAR, "가 a\n\001é\xff");
	for (int columns = 1; columns < 12; columns++)
		for (int rows = 1; rows < 5; rows++)
			for (size_t point = 0; point <= 3 * LINE_NEAR; point += 4999) {
				lay_out("한> ", text, point, columns, rows);
				good &= layout.cursor_row >= 0 && layout.cursor_row < rows;
				good &= layout.cursor_column >= 0 && layout.cursor_column < columns;
				good &= layout.rows.count >= 1 && layout.rows.count <= (size_t)rows;
				for (size_t i = 0; i < layout.rows.count; i++)
					good &= layout.rows.row[i].columns <= columns;
			}
	ok(good, "whatever the text and the size, everything is on the screen");
	free(text);
}

int main(void)
{
	tap_watchdog(30);
	setlocale(LC_ALL, "C.UTF-8");
	test_wrapping();
	test_corner();
	test_marks();
	test_escapes();
	test_window();
	test_sideways();
	test_region();
	test_long_plain();
	test_huge("ASCII", "some words ", 8);
	test_huge("lines", "some words\n", 8);
	test_huge("one byte", "x", 8);
	test_huge("Korean", "한글 ", 8);
	test_huge("Korean without blanks", "한글", 8);
	test_huge("sideways", "some words ", 1);
	test_huge("invalid", "\x9b", 8);
	test_bounds();
	line_layout_free(&layout);
	return tap_done();
}
