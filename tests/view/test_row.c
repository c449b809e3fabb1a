// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/row.h"

#include <limits.h>
#include <locale.h>

#include "support/tap.h"

static struct row row;
static struct buf out;

static const char *printed(void)
{
	buf_clear(&out);
	row_print(&row, &out);
	return buf_text(&out);
}

static size_t add(const char *text, int columns)
{
	return row_add_text(&row, text, strlen(text), columns, STYLE_NOTE);
}

static void test_text(void)
{
	is_int(add("hello", 80), 5, "plain text is taken whole");
	is_int(row.columns, 5, "and counted in columns");
	is_text(printed(), "hello", "and printed as it is");
	is_int(row.glyphs[0].style, STYLE_NOTE, "in the style asked for");
	row_clear(&row);
	is_text(printed(), "", "a cleared row prints nothing");
	is_int(row.columns, 0, "and has no columns");

	is_int(add("\033[2Jx", 80), 5, "an escape sequence is taken");
	is_text(printed(), "^[[2Jx", "and shown as a mark");
	is_int(row.glyphs[0].style, STYLE_MARK, "in the style of marks");
	is_int(row.glyphs[1].style, STYLE_NOTE, "but the rest is not");
	row_clear(&row);
	add("a\tb", 80);
	is_text(printed(), "a^Ib", "a tab in a line of the program is a mark");
	row_clear(&row);
}

static void test_limits(void)
{
	is_int(add("abcdef", 3), 3, "text stops at the columns");
	is_int(add("x", 3), 0, "and nothing more is taken");
	row_clear(&row);
	is_int(add("a\033", 2), 1, "a mark is not cut in half");
	row_clear(&row);
	is_int(add("x", 0), 0, "no columns, no text");
	is_int(add("", 10), 0, "no text, nothing taken");
	row_clear(&row);
	if (!text_has_unicode()) {
		tap_skip("no UTF-8 locale");
		return;
	}
	is_int(add("가나다", 5), 6, "a wide character that would pass the columns stays out");
	is_int(row.columns, 4, "so a column stays free");
	is_text(printed(), "가나", "and what fits is printed");
	row_clear(&row);
	is_int(add("e\xcc\x81!", 80), 4, "a combining mark belongs to its base");
	is_int(row.columns, 2, "and takes no column");
	is_text(printed(), "e\xcc\x81!", "and is printed");
	row_clear(&row);
}

static void test_padding(void)
{
	row_add_glyph(&row, &(struct glyph){ .chars = L"\x200d", .count = 1 }, STYLE_TEXT);
	is_int(row.count, 0, "a glyph without columns is left out");
	add("ab", 80);
	row_pad(&row, 5, STYLE_FAINT);
	is_int(row.columns, 5, "padded to a column");
	row_pad(&row, 3, STYLE_FAINT);
	is_int(row.columns, 5, "never back");
	is_text(printed(), "ab", "trailing blanks are not printed");
	add("c", 80);
	is_text(printed(), "ab   c", "inner ones are");
	row_clear(&row);
	row_pad(&row, 10, STYLE_TEXT);
	is_text(printed(), "", "a row of blanks prints nothing");
	row_clear(&row);
}

static void test_many(void)
{
	struct rows rows = { 0 };
	for (int i = 0; i < 100; i++) {
		struct row *last = rows_add(&rows);
		for (int j = 0; j < 100; j++)
			row_add_text(last, "x", 1, INT_MAX, STYLE_TEXT);
	}
	is_int(rows.count, 100, "rows are added");
	is_int(rows.row[0].count, 100, "and keep their glyphs when the array grows");
	struct glyph *memory = rows.row[0].glyphs;
	rows_clear(&rows);
	is_int(rows.count, 0, "none after clearing");
	struct row *again = rows_add(&rows);
	is_int(again->count, 0, "a row that is used again is empty");
	ok(again->glyphs == memory, "and its memory is used again");
	rows_free(&rows);
	is_int(rows.count + rows.cap, 0, "nothing left after freeing");
}

static void test_locale_without_unicode(void)
{
	if (!text_has_unicode()) {
		tap_skip("no UTF-8 locale");
		return;
	}
	add("가", 80);
	setlocale(LC_ALL, "C");
	is_text(printed(), "?", "what the locale cannot write is a question mark");
	row_clear(&row);
	add("가", 80);
	is_int(row.columns, 12, "and bytes are marks there");
	setlocale(LC_ALL, "");
	row_clear(&row);
}

static void wraps(const char *text, int columns, const char *want, const char *name)
{
	struct rows rows = { 0 };
	rows_add_wrapped(&rows, text, strlen(text), 1, 2, columns, STYLE_TEXT);
	buf_clear(&out);
	for (size_t i = 0; i < rows.count; i++) {
		row_print(&rows.row[i], &out);
		buf_append_text(&out, "/");
	}
	is_text(buf_text(&out), want, name);
	rows_free(&rows);
}

static void test_wrapping(void)
{
	wraps("", 9, "/", "nothing is a row");
	wraps("one two three", 20, " one two three/", "what fits is one");
	wraps("one two three", 9, " one two/  three/", "else it breaks at a blank");
	wraps("one   two", 6, " one/  two/", "of which none is left");
	wraps("abcdefghij", 6, " abcde/  fghi/  j/", "a long word is cut");
	wraps("one two * three", 9, " one/  two */  three/", "a mark stays with its word");
	wraps("one two *, or", 10, " one/  two *,/  or/", "also before a comma");
	wraps("one two *three", 9, " one two/  *three/", "but not a word that begins like one");
	wraps("abcdefgh *", 9, " abcdefgh/  */", "nor where both have no room");
}

static void test_tags(void)
{
	bool good = true;
	for (uint32_t session = 0; session < 100; session++) {
		enum style style = style_of_tag(session);
		good = good && style >= STYLE_TAG && style <= STYLE_TAG_LAST &&
		       style != style_of_tag(session + 1);
	}
	ok(good, "the tags of neighbours differ");
	ok(style_of_tag(UINT32_MAX) < STYLE_COUNT, "every session has one");
}

int main(void)
{
	tap_watchdog(30);
	setlocale(LC_ALL, "");
	buf_init(&out, SIZE_MAX);
	test_text();
	test_limits();
	test_padding();
	test_many();
	test_locale_without_unicode();
	test_wrapping();
	test_tags();
	row_free(&row);
	buf_free(&out);
	return tap_done();
}
