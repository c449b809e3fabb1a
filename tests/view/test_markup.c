// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/markup.h"

#include <inttypes.h>
#include <locale.h>
#include <string.h>

#include "support/tap.h"

static struct buf out = { .max = SIZE_MAX };

static const char *text(const char *bytes, size_t len)
{
	buf_clear(&out);
	markup_text(&out, bytes, len);
	return buf_text(&out);
}

#define TEXT(bytes) text(bytes, sizeof(bytes) - 1)

/* Nothing that begins or ends markup, in content or in an attribute, but our own entities. */
static bool is_harmless(const char *markup)
{
	static const char *const entities[] = { "&amp;", "&lt;", "&gt;", "&quot;", "&#39;" };
	for (const char *at = markup; *at; at++) {
		bool known = false;
		for (size_t i = 0; i < sizeof entities / sizeof *entities; i++)
			known = known || strncmp(at, entities[i], strlen(entities[i])) == 0;
		if (strchr("<>\"'", *at) || (*at == '&' && !known) || (unsigned char)*at < ' ' || *at == 127)
			return false;
	}
	return true;
}

static void bytes_are_text(const char *locale)
{
	bool all = true, told = true;
	setlocale(LC_ALL, locale);
	for (int first = 0; first < 256; first++)
		for (int second = 0; second < 256; second++) {
			const char bytes[] = { (char)first, (char)second };
			const char *shown = text(bytes, 2);
			all = all && is_harmless(shown);
			told = told && strlen(shown) >= 1;
			for (const char *p = shown; *p; p++)
				told = told && (unsigned char)*p != 0xff;
		}
	ok(all, "%s: no two bytes are markup", locale);
	ok(told, "%s: all of them are seen", locale);
}

static void vectors(void)
{
	setlocale(LC_ALL, "C.UTF-8");
	is_text(TEXT("</script><script>"), "&lt;/script&gt;&lt;script&gt;", "a script");
	is_text(TEXT("<!-- ]]> -->"), "&lt;!-- ]]&gt; --&gt;", "comments and sections");
	is_text(TEXT("\"onload='x'"), "&quot;onload=&#39;x&#39;", "what ends an attribute");
	is_text(TEXT("&#x3c;&lt;"), "&amp;#x3c;&amp;lt;", "entities of a peer are text");
	is_text(TEXT("a\0b\x1b[1m\x7f\n\t"), "a^@b^[[1m^?^J^I", "controls are marks, NUL too");
	is_text(TEXT("+ADw-script+AD4-"), "+ADw-script+AD4-", "UTF-7 is ASCII here");
	is_text(TEXT("\u202eabc\u2066\u200b\ufeff"), "U+202EabcU+2066U+200BU+FEFF",
	       "what turns or hides text is a mark");
	is_text(TEXT("\x9b\xc0\xbc\xed\xa0\x80\xf4\x90\x80\x80"),
	       "\\x9b\\xc0\\xbc\\xed\\xa0\\x80\\xf4\\x90\\x80\\x80", "bytes that are no UTF-8, too");
	is_text(TEXT("\xc2\x85\xc2\x9b"), "U+0085U+009B", "and C1");
	is_text(TEXT("é 한 e\u0301"), "é 한 e\u0301", "letters are letters");
	setlocale(LC_ALL, "C");
	is_text(TEXT("é<"), "\\xc3\\xa9&lt;", "in the C locale they are bytes");
	setlocale(LC_ALL, "C.UTF-8");
	buf_clear(&out);
	markup_columns(&out, "<<<<", 2);
	is_text(buf_text(&out), "&lt;&lt;", "so many columns");
}

static void values(void)
{
	buf_clear(&out);
	markup_printf(&out, "<a b=\"%s\">%d %u %zu %" PRIu64 " 5%%%s</a>", "\"><b>", -1, 2U, (size_t)3,
	              UINT64_C(1) << 40, "&");
	is_text(buf_text(&out), "<a b=\"&quot;&gt;&lt;b&gt;\">-1 2 3 1099511627776 5%&amp;</a>",
	       "the format is markup, its values are text");
}

static void styles(void)
{
	struct row row = { 0 };
	row_put(&row, "12:00 ", 100, STYLE_TIME);
	row_put(&row, "<a>\x1b", 100, STYLE_TEXT);
	row_pad(&row, 14, STYLE_GAP);
	row_put(&row, "1 byte", 100, STYLE_FAINT);
	buf_clear(&out);
	markup_styled(&out, &row, 0, row.count);
	is_text(buf_text(&out),
	       "<span class=\"t\">12:00 </span>&lt;a&gt;<span class=\"m\">^[</span>   "
	       "<span class=\"f\">1 byte</span>",
	       "a style is a class");
	buf_clear(&out);
	markup_styled(&out, &row, 6, 9);
	is_text(buf_text(&out), "&lt;a&gt;", "of a part");
	row_free(&row);
}

int main(void)
{
	bytes_are_text("C.UTF-8");
	bytes_are_text("C");
	vectors();
	values();
	styles();
	buf_free(&out);
	return tap_done();
}
