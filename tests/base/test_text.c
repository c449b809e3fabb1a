// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/text.h"

#include <locale.h>
#include <stdlib.h>

#include "support/tap.h"

enum { SHOWN = 4096 };

/* What a screen would get, in UTF-8: marks in angle brackets. */
static const char *shown(const char *s, size_t n, int column)
{
	static char out[SHOWN];
	size_t len = 0;
	struct glyph glyph;
	for (size_t at = 0; at < n && len < SHOWN - 100;) {
		size_t taken = text_glyph(s + at, n - at, column, &glyph);
		if (!taken || taken > n - at || glyph.count != wcslen(glyph.chars))
			return "(impossible)";
		len += (size_t)snprintf(out + len, SHOWN - len, glyph.mark ? "<%ls>" : "%ls",
		                        glyph.chars);
		at += taken;
	}
	out[len] = '\0';
	return out;
}

struct vector {
	const char *bytes, *want, *name;
};

static void show_all(const struct vector *vectors, size_t count)
{
	for (size_t i = 0; i < count; i++)
		is_text(shown(vectors[i].bytes, strlen(vectors[i].bytes), -1), vectors[i].want,
		        vectors[i].name);
}

#define SHOW_ALL(vectors) show_all(vectors, sizeof(vectors) / sizeof *(vectors))

static void shows_controls(void)
{
	static const struct vector vectors[] = {
		{ "plain ~ text", "plain ~ text", "printable ASCII is itself" },
		{ "\033]2;x\007", "<^[>]2;x<^G>", "a title sequence" },
		{ "\001\037\177", "<^A><^_><^?>", "C0 and DEL" },
		{ "a\bb\r\n\v\f", "a<^H>b<^M><^J><^K><^L>", "movements" },
		{ "\016\005\033Z", "<^N><^E><^[>Z", "shifts and questions" },
		{ "\302\2336n", "<U+009B>6n", "C1 in UTF-8" },
		{ "\302\200\302\205\302\237", "<U+0080><U+0085><U+009F>", "C1, next line" },
		{ "\2336n\2350;x\234", "<\\x9b>6n<\\x9d>0;x<\\x9c>", "C1 as bytes" },
	};
	SHOW_ALL(vectors);
	is_text(shown("\0a", 2, -1), "<^@>a", "NUL");
}

static void shows_invalid_bytes(void)
{
	static const struct vector vectors[] = {
		{ "\300\200", "<\\xc0><\\x80>", "an overlong NUL" },
		{ "\340\200\200", "<\\xe0><\\x80><\\x80>", "an overlong NUL in three" },
		{ "\355\240\200", "<\\xed><\\xa0><\\x80>", "a surrogate" },
		{ "\364\220\200\200", "<\\xf4><\\x90><\\x80><\\x80>", "above U+10FFFF" },
		{ "\370\210\200\200\200", "<\\xf8><\\x88><\\x80><\\x80><\\x80>", "five bytes" },
		{ "\374\204\200\200\200\200", "<\\xfc><\\x84><\\x80><\\x80><\\x80><\\x80>",
		  "six bytes" },
		{ "\376\377", "<\\xfe><\\xff>", "never in UTF-8" },
		{ "\200x", "<\\x80>x", "a lone continuation" },
		{ "\355\225", "<\\xed><\\x95>", "a character cut at the end" },
		{ "\355\225x", "<\\xed><\\x95>x", "or by something else" },
		{ "e\314", "e<\\xcc>", "a combining character cut at the end" },
	};
	SHOW_ALL(vectors);
}

static void shows_deceptions(void)
{
	static const struct vector vectors[] = {
		{ "a\u202eb\u202ac", "a<U+202E>b<U+202A>c", "embeddings and overrides" },
		{ "\u2066\u2069\u200e\u061c", "<U+2066><U+2069><U+200E><U+061C>",
		  "isolates and marks" },
		{ "a\u200bb\ufeff\u2060\u00ad", "a<U+200B>b<U+FEFF><U+2060><U+00AD>",
		  "zero width" },
		{ "\u180e\u034f\u2063", "<U+180E><U+034F><U+2063>", "invisible" },
		{ "x\U000e0041\U000e007f", "x<U+E0041><U+E007F>", "tags" },
		{ "\u2028\u2029", "<U+2028><U+2029>", "line and paragraph separators" },
		{ "\ufffe\uffff\U0010ffff", "<U+FFFE><U+FFFF><U+10FFFF>", "non-characters" },
		{ "\u0378\U000fffff", "<U+0378><U+FFFFF>", "unassigned" },
		{ "\u0301a", "<U+0301>a", "a combining character without a base" },
		{ "\033\u0301", "<^[><U+0301>", "a mark is no base" },
		{ "\u200dx\ufe0f", "<U+200D>x<U+FE0F>", "a joiner and a selector alone" },
		{ "ad\u1160min", "ad<U+1160>min", "a filler in a name" },
		{ "\u2764\ufe0f\ufe0f", "\u2764<U+FE0F>", "a second selector" },
		{ "\u2764\ufe0e", "\u2764<U+FE0E>", "the selector of text" },
		{ "\U0001f468\u200dx", "\U0001f468<U+200D>x", "a joiner to no emoji" },
		{ "\U0001f468\u200d", "\U0001f468<U+200D>", "a joiner to nothing" },
		{ "a\u200d\U0001f468", "a<U+200D>\U0001f468", "a joiner from no emoji" },
		{ "\U0001f468\u200d\u200d\U0001f469", "\U0001f468<U+200D><U+200D>\U0001f469",
		  "two joiners" },
		{ "1\ufe0f7", "1<U+FE0F>7", "a selector on a digit" },
		{ "\U0001f468\u0301\u200d\U0001f469", "\U0001f468\u0301<U+200D>\U0001f469",
		  "an accent between them" },
		{ "\ufff9\U00013430\U0001d173", "<U+FFF9><U+13430><U+1D173>", "format controls" },
	};
	SHOW_ALL(vectors);
}

/* Default_Ignorable_Code_Point of DerivedCoreProperties.txt, and what else shows nothing: a mark
 * alone, after a letter, after a wide one and after an emoji. */
static void shows_ignorables(void)
{
	static const struct {
		wchar_t first, last;
	} list[] = {
		{ 0xad, 0xad },       { 0x34f, 0x34f },     { 0x61c, 0x61c },
		{ 0x115f, 0x1160 },   { 0x17b4, 0x17b5 },   { 0x180b, 0x180f },
		{ 0x200b, 0x200f },   { 0x2028, 0x202e },   { 0x2060, 0x206f },
		{ 0x3164, 0x3164 },   { 0xfe00, 0xfe0e },   { 0xfeff, 0xfeff },
		{ 0xffa0, 0xffa0 },   { 0xfff0, 0xfffb },   { 0x1343f, 0x1343f },
		{ 0x1bca0, 0x1bca3 }, { 0x1d173, 0x1d17a }, { 0xe0000, 0xe0fff },
	};
	static const wchar_t *const bases[] = { L"", L"e", L"가", L"\U0001f600" };
	int count = 0, bad = 0;
	for (size_t i = 0; i < sizeof list / sizeof *list; i++)
		for (wchar_t wc = list[i].first; wc <= list[i].last; wc++)
			for (size_t j = 0; j < sizeof bases / sizeof *bases; j++, count++) {
				char text[32], want[32];
				snprintf(text, sizeof text, "%ls%lcn", bases[j], (wint_t)wc);
				snprintf(want, sizeof want, "%ls<U+%04X>n", bases[j], (unsigned)wc);
				bad += strcmp(shown(text, strlen(text), -1), want) != 0;
			}
	is_int(bad, 0, "an ignorable character is a mark anywhere");
	is_int(count, 4 * 4179, "all of them");
}

static struct glyph first(const char *s, size_t *taken)
{
	struct glyph glyph;
	*taken = text_glyph(s, strlen(s), -1, &glyph);
	return glyph;
}

static void is_first(const char *s, const wchar_t *chars, int width, size_t bytes, const char *name)
{
	size_t taken;
	struct glyph glyph = first(s, &taken);
	ok(wcscmp(glyph.chars, chars) == 0 && !glyph.mark && !glyph.style, "%s: what is drawn",
	   name);
	is_int(glyph.width, width, "its columns");
	is_int(taken, bytes, "its bytes");
}

static void forms_clusters(void)
{
	is_first("x", L"x", 1, 1, "ASCII");
	is_first("e\u0301x", L"e\u0301", 1, 3, "an accent on ASCII");
	is_first("가나", L"가", 2, 3, "a Hangul syllable");
	is_first("\u1100\u1161\u11a8\u1100", L"\u1100\u1161\u11a8", 2, 9, "a decomposed one");
	is_first("가\u0301", L"가\u0301", 2, 5, "an accent on a wide base");
	is_first("\U0001f468\u200d\U0001f469", L"\U0001f468", 2, 7, "a joiner is swallowed");
	is_first("\u2764\ufe0f\u200d\U0001f525", L"\u2764", 1, 9, "a selector and a joiner are");
	is_first("1\ufe0f\u20e3x", L"1\u20e3", 1, 7, "a keycap keeps what can be seen");
	is_first("\U0001f469\U0001f3fd", L"\U0001f469", 2, 4, "a skin tone is a glyph of its own");
	is_first("\U0001f3fd\u200d\U0001f4bb", L"\U0001f3fd", 2, 7, "and may be joined");
	is_first("가\t", L"가", 2, 3, "a tab is no follower");
	is_first("가\u202e", L"가", 2, 3, "an override is no follower");
	is_first("가\u200b", L"가", 2, 3, "nor is a zero width space");

	char many[2 + 2 * 1000 + 1] = "a";
	for (size_t i = 0; i < 1000; i++)
		memcpy(many + 1 + 2 * i, "\u0301", sizeof "\u0301");
	many[2001] = 'b';
	is_first(many, L"a\u0301\u0301\u0301\u0301", 1, 2001, "of a thousand accents four");
}

static void expands_tabs(void)
{
	struct glyph glyph;
	static const struct {
		int column, width;
	} table[] = {
		{ 0, 8 }, { 1, 7 }, { 7, 1 }, { 8, 8 }, { 2147483647, 1 },
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		text_glyph("\tx", 2, table[i].column, &glyph);
		is_int(glyph.width, table[i].width, "a tab goes to the next multiple of 8");
		ok(glyph.mark && glyph.count == glyph.width, "a column for each character");
		ok(wcsspn(glyph.chars, L" ") == glyph.count, "all of them blanks");
	}
	text_glyph("\t", 1, -1, &glyph);
	ok(wcscmp(glyph.chars, L"^I") == 0 && glyph.width == 2, "without a column it is a mark");
}

static void adds_columns_up(void)
{
	is_int(text_columns("", 0), 0, "nothing has no columns");
	is_int(text_columns("abc", 3), 3, "ASCII");
	is_int(text_columns("한국어 text", strlen("한국어 text")), 11, "Korean");
	is_int(text_columns("\033[m", 3), 4, "a mark counts as it is shown");
	is_int(text_columns("\t\u202e\xff", 5), 2 + 6 + 4, "all sorts of them");
}

static void finds_whole_characters(void)
{
	static const struct {
		const char *bytes;
		size_t whole;
		const char *name;
	} table[] = {
		{ "", 0, "nothing" },
		{ "abc", 3, "ASCII" },
		{ "한국", 6, "two characters" },
		{ "한\352\265", 3, "a second one without its last byte" },
		{ "한\352", 3, "with its first only" },
		{ "a\360\237\230", 1, "three bytes of four" },
		{ "a\360\237\230\200", 5, "all four" },
		{ "\352", 0, "a first byte alone" },
		{ "a\200\200", 3, "bytes that begin nothing" },
		{ "a\370\210", 3, "the beginning of five bytes" },
		{ "\303(", 2, "a first byte that something else followed" },
		{ "\374\204\200\200\200", 5, "five of six bytes that can never be a character" },
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		is_int(text_whole(table[i].bytes, strlen(table[i].bytes)), table[i].whole,
		       table[i].name);
	char text[3 * 500 + 1];
	for (size_t i = 0; i < 500; i++)
		memcpy(text + 3 * i, "글", sizeof "글");
	is_int(text_whole(text, 1499), 1497, "a long text without a blank");
}

static bool is_safe(wchar_t wc, const char *bytes, size_t len)
{
	struct glyph glyph;
	if (text_glyph(bytes, len, -1, &glyph) != len || glyph.width == 0)
		return false;
	bool is_itself = glyph.count == 1 && glyph.chars[0] == wc;
	if (glyph.mark)
		return !is_itself && glyph.width == glyph.count;
	return is_itself && glyph.width == wcwidth(wc);
}

static void survives_every_character(void)
{
	int bad = 0;
	for (wchar_t wc = 1; wc <= 0x10ffff; wc++) {
		char bytes[16] = "";
		mbstate_t state = { 0 };
		size_t len = wcrtomb(bytes, wc, &state);
		bad += len != (size_t)-1 && !is_safe(wc, bytes, len);
	}
	is_int(bad, 0, "every character is itself or a mark");
}

/* Columns of one glyph that takes up all of the text; -1 where it does not. */
static int columns_of_one(const wchar_t *chars)
{
	char bytes[64];
	struct glyph glyph;
	size_t len = wcstombs(bytes, chars, sizeof bytes);
	return len < sizeof bytes && text_glyph(bytes, len, -1, &glyph) == len && !glyph.mark
	               ? glyph.width
	               : -1;
}

/* Each syllable is two columns wide, also in the two or three letters that it is made of. */
static void knows_every_syllable(void)
{
	int bad = 0;
	for (wchar_t i = 0; i < 11172; i++) {
		wchar_t whole[] = { 0xac00 + i, 0 };
		wchar_t letters[] = { 0x1100 + i / 588, 0x1161 + i / 28 % 21,
			              i % 28 ? 0x11a7 + i % 28 : 0, 0 };
		bad += columns_of_one(whole) != 2 || columns_of_one(letters) != 2;
	}
	is_int(bad, 0, "every Hangul syllable, whole and in letters");
}

static void survives_the_c_locale(void)
{
	setlocale(LC_ALL, "C");
	int bad = 0;
	struct glyph glyph;
	for (int byte = 0; byte < 256; byte++) {
		char s[2] = { (char)byte, 'x' };
		size_t taken = text_glyph(s, 2, -1, &glyph);
		bad += taken != 1 || glyph.mark != (byte < ' ' || byte > '~') ||
		       glyph.width != glyph.count;
		for (int i = 0; i < glyph.count; i++)
			bad += glyph.chars[i] < L' ' || glyph.chars[i] > L'~';
	}
	is_int(bad, 0, "in the C locale every byte is one glyph of ASCII");
	is_text(shown("\xe9\x9b", 2, -1), "<\\xe9><\\x9b>", "bytes above are marks");
	is_int(text_whole("\xed\x95", 2), 2, "every byte is whole");
	ok(!text_has_unicode(), "there are no ornaments");
	setlocale(LC_ALL, "C.UTF-8");
}

static bool enter(const char *locale)
{
	if (setlocale(LC_ALL, locale))
		return true;
	tap_skip(locale);
	return false;
}

static void follows_other_encodings(void)
{
	struct glyph glyph;
	if (enter("ko_KR.EUC-KR")) {
		is_int(text_glyph("\xb0\xa1x", 3, -1, &glyph), 2, "EUC-KR: two bytes");
		ok(glyph.chars[0] == L'가' && glyph.width == 2, "are a syllable");
		is_int(text_whole("\xb0\xa1\xb0\xa1", 4), 4,
		       "whole though its last byte could begin one");
		is_int(text_whole("\xb0\xa1\xb0", 3), 2, "and half of one is not");
	}
	if (enter("zh_CN.GB18030")) {
		is_int(text_glyph("\x81\x30\x81\x30x", 5, -1, &glyph), 4,
		       "GB18030: digits in a character");
		is_int(text_whole("x\x81\x30\x81", 4), 1, "are not taken for its end");
		is_int(text_whole("\xb0\xa1\x81\x30", 4), 2, "in the middle neither");
	}
	if (enter("de_DE.ISO-8859-1")) {
		is_int(text_glyph("\xe4", 1, -1, &glyph), 1, "ISO-8859-1: one byte");
		ok(glyph.chars[0] == 0xe4 && !glyph.mark, "is a letter");
		text_glyph("\x9b", 1, -1, &glyph);
		ok(wcscmp(glyph.chars, L"\\x9b") == 0, "or a byte of C1");
	}
	setlocale(LC_ALL, "C.UTF-8");
}

static void prints(void)
{
	char *out = NULL;
	size_t len = 0;
	FILE *file = open_memstream(&out, &len);
	static const char text[] = "a\tb\n\033]0;x\a \xc2\x9b"
	                           "6n \xff gr\xc3\xbc\xc3\x9f"
	                           "e \xe2\x80\xae";
	text_print(file, text, sizeof text - 1);
	fclose(file);
	is_text(out,
	        "a^Ib^J^[]0;x^G U+009B6n \\xff gr\xc3\xbc\xc3\x9f"
	        "e U+202E",
	        "what is printed has marks for all that a terminal would obey");
	free(out);
}

int main(void)
{
	tap_watchdog(30);
	if (!setlocale(LC_ALL, "C.UTF-8") && !setlocale(LC_ALL, "en_US.UTF-8")) {
		tap_skip("no UTF-8 locale");
		return tap_done();
	}
	ok(text_has_unicode(), "UTF-8 has the ornaments");
	prints();
	shows_controls();
	shows_invalid_bytes();
	shows_deceptions();
	shows_ignorables();
	forms_clusters();
	expands_tabs();
	adds_columns_up();
	finds_whole_characters();
	survives_every_character();
	knows_every_syllable();
	survives_the_c_locale();
	follows_other_encodings();
	return tap_done();
}
