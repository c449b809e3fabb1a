// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/markdown.h"

#include <locale.h>
#include <string.h>

#include "support/tap.h"

static struct buf out = { .max = SIZE_MAX };
static struct rows rows;

static const char *laid(const char *text, int indent, int columns)
{
	rows_clear(&rows);
	buf_clear(&out);
	markdown_layout(text, indent, columns, STYLE_TEXT, &rows);
	rows_print(&rows, &out);
	return buf_text(&out);
}

static const char *code(const char *text, int indent, int columns)
{
	rows_clear(&rows);
	buf_clear(&out);
	markdown_code(text, indent, columns, MARKDOWN_CODE, &rows);
	rows_print(&rows, &out);
	return buf_text(&out);
}

/* The style of each glyph of the first row: '.' text, 's' strong, 'c' code, '?' another one. */
static const char *styles(const char *text)
{
	laid(text, 0, 80);
	buf_clear(&out);
	for (size_t i = 0; rows.count && i < rows.row[0].count; i++) {
		enum style style = (enum style)rows.row[0].glyphs[i].style;
		buf_append_text(&out, style == STYLE_TEXT        ? "."
		                      : style == MARKDOWN_STRONG ? "s"
		                      : style == MARKDOWN_CODE   ? "c"
		                                                 : "?");
	}
	return buf_text(&out);
}

static void test_paragraphs(void)
{
	is_text(laid("one two three four", 0, 9), "one two\nthree\nfour", "broken at blanks");
	is_text(laid("one\ntwo\n  three", 0, 80), "one two three", "lines of the file are joined");
	is_text(laid("one\n\n\ntwo\n", 0, 80), "one\n\ntwo", "one empty row between paragraphs");
	is_text(laid("\n\n one \n\n", 0, 80), "one", "none before and after");
	is_text(laid("abcdefghij kl", 0, 4), "abcd\nefgh\nij\nkl", "a long word is cut");
	is_text(laid("one two", 3, 8), "   one\n   two", "with an indent");
	is_text(laid("가나다 라", 0, 7), "가나다\n라", "wide letters have two columns");
	is_text(laid("가", 0, 1), "가", "one that is too wide for the row is there all the same");
	is_text(laid("", 0, 80), "", "nothing");
	is_text(laid("a  b", 0, 2), "a\nb", "blanks at a break are dropped");
}

static void test_blocks(void)
{
	is_text(laid("- one two\n  three\n- four", 0, 9), "- one two\n  three\n- four",
	        "items, each with its own indent");
	is_text(laid("12. one two three", 0, 11), "12. one two\n    three",
	        "a number is an item, too");
	is_text(laid("2001. was long ago", 0, 80), "2001. was long ago", "a year is none");
	is_text(laid("text\n- item", 0, 80), "text\n- item", "an item ends a paragraph");
	is_text(laid("# Title\ntext", 0, 80), "Title\ntext", "a heading has a row of its own");
	is_int(rows.row[0].glyphs[0].style, MARKDOWN_HEADING, "and its style");
	is_text(laid("#one", 0, 80), "#one", "without a blank it is text");
	is_text(laid("> quoted\n> words", 0, 80), "  quoted\n  words", "a quote is indented");
	is_text(laid("| a | long |\n|---|:--|\n| one | 2 |\n| | `x` |\n\ntext", 0, 80),
	        "a    long\none  2\n     x\n\ntext", "a table has columns");
	is_int(rows.row[0].glyphs[0].style, MARKDOWN_HEADING, "and a heading");
	is_text(laid("| a | b | c |\n|---|---|---|\n| one word | two | 3 |\n| more |", 0, 12),
	        "a: one word\n  b: two\n  c: 3\na: more\n  b:\n  c:",
	        "a narrow one is a list, and no heading is lost");
	is_text(laid("| | b |\n|---|---|\n| one word | two |", 0, 9), "one word\n  b: two",
	        "what has no heading stands alone");
	is_text(laid("| | x |", 0, 80), "  x", "an empty cell is empty");
	is_text(laid("| one two | b |", 0, 4), "one\ntwo\nb", "a heading alone is broken, too");
	is_text(laid("before\n```c\nint  a;\n\n  b\n```\nafter", 0, 80),
	        "before\n  int  a;\n\n    b\nafter", "code in a fence stands as it is");
	is_text(laid("```\nno end", 0, 80), "  no end", "a fence may have no end");
}

static void test_spans(void)
{
	is_text(laid("**bold** and *soft* and `code`", 0, 80), "bold and soft and code",
	        "marks are not shown");
	is_text(styles("a **b** `c` *d*"), "..s.c.s", "but their styles are");
	is_text(styles("**a `b` c**"), "sscss", "code within bold");
	is_text(laid("see [the page](http://192.0.2.1/a_b) now", 0, 80), "see the page now",
	        "a link is its words");
	is_text(laid("2 * 3 * 4, a[1], [x] (y)", 0, 80), "2 * 3 * 4, a[1], [x] (y)",
	        "what is no mark is text");
	is_text(laid("`**` and **`*`**", 0, 80), "** and *", "marks in code are code");
	is_text(laid("*open, `open, **open, [open](open", 0, 80),
	        "*open, `open, **open, [open](open", "a mark without an end is text");
	is_text(laid("** ** ``", 0, 80), "** ** ``", "nothing between marks is no span");
	is_text(laid("one **two three** four", 0, 9), "one two\nthree\nfour",
	        "a span may be broken");
	is_int(rows.row[1].glyphs[0].style, MARKDOWN_STRONG, "and goes on in the next row");
}

static void test_code(void)
{
	is_text(code("a b\n  c", 2, 80), "  a b\n    c", "each line is a row");
	is_text(code("abcdefgh", 0, 3), "abc\ndef\ngh", "a long one is cut");
	is_text(code("abcdefghijkl", 2, 12), "  abcdefghij\n  kl", "after its indent");
	is_text(code("abcdefgh", 2, 4), "abcd\nefgh", "which a narrow window leaves out");
	is_text(code("a\n\nb", 0, 80), "a\n\nb", "an empty line is an empty row");
	is_text(code("**a** `b`", 0, 80), "**a** `b`", "it has no marks");
}

/* At every width every letter is there, and no row is too long. */
static void test_widths(void)
{
	static const char all[] =
	        "# Head line\n\nSome **bold words** and `code()`.\n\n- an item of "
	        "some length\n- 한국어 글\n\n> a quote\n\n```\nint main(void)\n```\n";
	static const char letters[] = "Headline"
	                              "Someboldwordsandcode()."
	                              "-anitemofsomelength"
	                              "-한국어글"
	                              "aquote"
	                              "intmain(void)";
	bool whole = true, fits = true;
	for (int columns = 2; columns <= 60; columns++) {
		char got[400] = "";
		size_t len = 0;
		for (const char *at = laid(all, 0, columns); *at && len < sizeof got - 1; at++)
			if (*at != ' ' && *at != '\n')
				got[len++] = *at;
		got[len] = '\0';
		whole = whole && strcmp(got, letters) == 0;
		for (size_t i = 0; i < rows.count; i++)
			fits = fits && rows.row[i].columns <= columns;
	}
	ok(whole, "nothing is lost at any width");
	ok(fits, "and no row is longer than the window");
}

int main(void)
{
	setlocale(LC_ALL, "C.UTF-8");
	tap_watchdog(20);
	test_paragraphs();
	test_blocks();
	test_spans();
	test_code();
	test_widths();
	rows_free(&rows);
	buf_free(&out);
	return tap_done();
}
