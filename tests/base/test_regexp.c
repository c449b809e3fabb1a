// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/regexp.h"

#include <regex.h>
#include <stdint.h>
#include <time.h>

#include "support/tap.h"

static struct regexp *make(const char *pattern)
{
	struct error error = { 0 };
	struct regexp *regexp = regexp_new(pattern, strlen(pattern), false, &error);
	if (!regexp)
		ok(false, "/%s/: %s", pattern, error.text);
	return regexp;
}

static bool finds(const char *pattern, const char *text, size_t len)
{
	struct regexp *regexp = make(pattern);
	bool found = regexp && regexp_finds(regexp, text, len);
	regexp_free(regexp);
	return found;
}

static void test_language(void)
{
	static const struct {
		const char *pattern, *yes, *no;
	} cases[] = {
		{ "abc", "xabcx", "xabx" },
		{ "a.c", "abc", "a\nc" },
		{ "a|b|cd", "xcd", "xc" },
		{ "(ab)+c", "ababc", "aac" },
		{ "ab*c", "ac", "adc" },
		{ "xab?c", "xac", "xabbc" },
		{ "^b", "a\nb", "ab" },
		{ "a$", "a\nb", "ab" },
		{ "a$", "b\r\na\r\nb", "a\rb" },
		{ "^a$", "b\na", "aa" },
		{ "^$", "a\n\nb", "a" },
		{ "a$\n^b", "a\nb", "a\n\nb" },
		{ "[^a]b", "cb", "\nb" },
		{ "[]a]x", "]x", "bx" },
		{ "[^]a]x", "bx", "]x" },
		{ "[a-c-]x", "-x", "dx" },
		{ "[[:digit:]_]{3}", "a1_2", "a1a2" },
		{ "x[^[:space:]]y", "x-y", "x y" },
		{ "[\\r\\n]x", "\rx", "nx" },
		{ "[\\]]x", "]x", "\\x" },
		{ "\\d+\\.\\d", "12.3", "12,3" },
		{ "^\\w\\W\\s\\S$", "a- b", "a-b " },
		{ "\\x41\\t\\.\\/", "A\t./", "A\t,/" },
		{ "a{2}", "baa", "aba" },
		{ "^a{2,}b", "aaab", "ab" },
		{ "^a{,2}b", "aab", "aaab" },
		{ "^a{1,3}b", "aaab", "aaaab" },
		{ "^(a{1,3}b){2}$", "abab", "aab" },
		{ "^([0-9]{1,3}\\.){3}[0-9]{1,3}$", "192.0.2.1", "192.0.2" },
		{ "{\"ok\": *true}", "{\"ok\": true}", "{\"ok\": false}" },
		{ "(^a|b)c", "ac", "xac" },
		{ "\xc3\xa4", "\xc3\xa4", "\xc3\xb6" },
		{ "()a", "a", "b" },
		{ "(a|)b", "b", "a" },
		{ "(a*)*b", "aab", "aa" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		ok(finds(cases[i].pattern, cases[i].yes, strlen(cases[i].yes)), "/%s/ finds",
		   cases[i].pattern);
		ok(!finds(cases[i].pattern, cases[i].no, strlen(cases[i].no)), "/%s/ finds not",
		   cases[i].pattern);
	}
	ok(finds("a\\0b", "xa\0b", 4), "NUL is a byte");
	ok(finds("a.b", "xa\0b", 4), "and matches a dot");
	struct error error;
	struct regexp *regexp = regexp_new("hello [x-z]", 11, true, &error);
	ok(regexp && regexp_finds(regexp, "HeLLo Y", 7), "upper and lower case are the same");
	regexp_free(regexp);
}

static void test_refused(void)
{
	static const struct {
		const char *pattern, *error;
	} cases[] = {
		{ "a(b", "byte 2: ( has no )" },
		{ "ab)", "byte 3: ) has no (; \\) is the character" },
		{ "*a", "byte 1: nothing to repeat; a \\ before it makes it a character" },
		{ "a|+", "byte 3: nothing to repeat; a \\ before it makes it a character" },
		{ "^*", "byte 2: an anchor cannot be repeated" },
		{ "[ab", "byte 1: [ has no ]" },
		{ "x[b-a]", "byte 3: the range runs backwards" },
		{ "[\\d-x]", "byte 2: a class is no end of a range" },
		{ "[[:word:]]", "byte 2: no such class: [:alpha:], [:digit:] …" },
		{ "[[.a.]]", "byte 2: there are no collating elements" },
		{ "a{2", "byte 2: a repeat is {2}, {2,} or {2,5}; \\{ is a brace" },
		{ "a{,}", "byte 2: a repeat is {2}, {2,} or {2,5}; \\{ is a brace" },
		{ "a{3,2}", "byte 2: the repeat runs backwards" },
		{ "(a)\\1", "byte 4: there are no back-references" },
		{ "a\\", "byte 2: nothing follows the \\" },
		{ "\\q", "byte 1: no such escape" },
		{ "\\x4", "byte 1: \\x needs two hexadecimal digits" },
		{ "(a{1,255}){1,255}", "byte 18: too large: the repeats multiply" },
		{ "((a{99}){99}){99}b", "byte 13: too large: the repeats multiply" },
		{ "a{99999999999999999999}", "byte 24: too large: the repeats multiply" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct error error = { 0 };
		char want[128];
		snprintf(want, sizeof want, "regular expression, %s", cases[i].error);
		struct regexp *regexp =
		        regexp_new(cases[i].pattern, strlen(cases[i].pattern), false, &error);
		ok(!regexp && error.usage, "/%s/ is refused", cases[i].pattern);
		is_text(error.text, want, "and why");
		regexp_free(regexp);
	}
	struct error error = { 0 };
	char longest[REGEXP_MOST + 1];
	memset(longest, '(', sizeof longest);
	ok(!regexp_new(longest, 500, false, &error), "too deep: %s", error.text);
	memset(longest, 'a', sizeof longest);
	ok(!regexp_new(longest, REGEXP_MOST + 1, false, &error), "too long: %s", error.text);
	ok(!regexp_new("", 0, false, &error), "empty: %s", error.text);
	struct regexp *regexp = regexp_new(longest, REGEXP_MOST, false, &error);
	ok(regexp, "the longest");
	regexp_free(regexp);
}

/* Where it is found, fed in pieces: bit n of `cuts` cuts after byte n. 0 = nowhere. */
static size_t feed(struct regexp *regexp, const char *text, size_t len, unsigned cuts)
{
	regexp_begin(regexp);
	for (size_t at = 0, end; at < len; at = end) {
		size_t taken;
		for (end = at + 1; end < len && !(cuts >> (end - 1) & 1); end++)
			continue;
		if (regexp_feed(regexp, text + at, end - at, &taken))
			return at + taken;
	}
	return 0;
}

static void test_pieces(void)
{
	static const struct {
		const char *pattern, *text;
		size_t end;
	} cases[] = {
		{ "lo, w", "Hello, world", 8 },    { "l+", "Hello, world", 3 },
		{ "o.*o", "Hello, world", 9 },     { "^250 .*$", "220 a\n250 b\r\n", 13 },
		{ "(ab|abcd)", "xabcdabcdab", 3 }, { "aab", "aaaaaaaaab", 10 },
		{ "a{3,5}b", "aaaaaaaaab", 10 },   { "nothing", "Hello, world", 0 },
		{ "[^o]{4}", "Hello, world", 4 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct regexp *regexp = make(cases[i].pattern);
		size_t len = strlen(cases[i].text);
		unsigned ways = 0;
		for (unsigned cuts = 0; cuts < 1U << (len - 1); cuts++)
			ways += feed(regexp, cases[i].text, len, cuts) == cases[i].end;
		is_int(ways, 1U << (len - 1), "however a text is cut, the same prefix is taken");
		regexp_free(regexp);
	}
	static const char text[] = "abacabadabacabac";
	static const char *const wanted[] = { "abac", "abad", "dabacabac", "abacabadabacabac",
		                              "b" };
	for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
		struct regexp *regexp = regexp_new_text(wanted[i], strlen(wanted[i]));
		size_t end = (size_t)(strstr(text, wanted[i]) - text) + strlen(wanted[i]);
		unsigned ways = 0;
		for (unsigned cuts = 0; cuts < 1U << 15; cuts++)
			ways += feed(regexp, text, sizeof text - 1, cuts) == end;
		is_int(ways, 1U << 15, "a plain text, too");
		regexp_free(regexp);
	}
	struct regexp *end = make("b$");
	size_t taken;
	regexp_begin(end);
	ok(!regexp_feed(end, "ab", 2, &taken), "the end of a line is not known");
	ok(regexp_end(end), "until the text ends");
	regexp_free(end);
	struct regexp *nothing = make("a*");
	ok(regexp_begin(nothing), "matches no bytes at all");
	regexp_free(nothing);
}

/* As feed(), from the beginning only: nothing is decided later than it can be. */
static size_t feed_here(struct regexp *regexp, const char *text, size_t len, unsigned cuts, size_t lost)
{
	size_t end = feed(regexp, text, len, cuts);
	if (end)
		return end;
	regexp_begin(regexp);
	for (size_t at = 0; at < len; at++) {
		size_t taken;
		if (regexp_is_lost(regexp) != (at >= lost))
			return SIZE_MAX;
		regexp_feed(regexp, text + at, 1, &taken);
	}
	return 0;
}

static void test_anchored(void)
{
	static const struct {
		const char *typed, *text;
		size_t end, lost;
	} cases[] = {
		{ "Hello", "Hello, world", 5, 0 },    { "Hello", "Hell!o Hello", 0, 5 },
		{ "world", "Hello, world", 0, 1 },    { "/wo+/", "Hello, wooow", 0, 1 },
		{ "/H.l+o/", "Hello, world", 5, 0 },  { "/H.l+O/", "Hello, world", 0, 5 },
		{ "/^b/", "a\nb\na\nb\na\nb\na", 0, 1 }, { "/[a-z]+ b$/", "aaa bb", 0, 6 },
		{ "/a$/", "a\n", 2, 0 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct error error;
		struct regexp *regexp = regexp_parse(cases[i].typed, &error);
		size_t len = strlen(cases[i].text);
		unsigned ways = 0, all = 1U << (len - 1);
		regexp_anchor(regexp);
		for (unsigned cuts = 0; cuts < all; cuts++)
			ways += feed_here(regexp, cases[i].text, len, cuts, cases[i].lost) == cases[i].end;
		is_int(ways, all, "only at the beginning, however a text is cut");
		regexp_free(regexp);
	}
}

static void test_typed(void)
{
	static const struct {
		const char *typed, *yes, *no;
	} cases[] = {
		{ "abc", "xabc", "ab" },
		{ "\"a b\\r\\n\"", "a b\r\n", "a b\n" },
		{ "'say \"hi\"'", "say \"hi\"", "say hi" },
		{ "\"say \\\"hi\\\"\"", "say \"hi\"", "say hi" },
		{ "a\"b c\"d", "ab cd", "ab c" },
		{ "/a b+/", "a bb", "a B" },
		{ "/a b+/i", "A BB", "ab" },
		{ "/a\\/b/", "a/b", "ab" },
		{ "\"a.b\"", "a.b", "acb" },
		{ "/\"/", "\"", "'" },
	};
	static const char *const wrong[][2] = {
		{ "/a", "the regular expression has no / at its end" },
		{ "/a/x",
		  "after the last / of a regular expression comes i or nothing; a text that "
		  "begins with / needs quotes" },
		{ "/a\\/", "the regular expression has no / at its end" },
		{ "//", "a regular expression has 1 to 1024 bytes, not 0" },
		{ "\"\"", "the text is empty" },
	};
	struct error error = { 0 };
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct regexp *regexp = regexp_parse(cases[i].typed, &error);
		ok(regexp && regexp_finds(regexp, cases[i].yes, strlen(cases[i].yes)) &&
		           !regexp_finds(regexp, cases[i].no, strlen(cases[i].no)),
		   "as it is typed: %s", cases[i].typed);
		regexp_free(regexp);
	}
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		ok(!regexp_parse(wrong[i][0], &error) && error.usage, "%s is refused", wrong[i][0]);
		is_text(error.text, wrong[i][1], "and why");
	}
	size_t at = 0;
	struct regexp *text = regexp_new_text("Hello, world", 12);
	is_int(regexp_nearest(text, "Hell Hello, wurld", 17, &at), 8, "the part that is there");
	is_int(at, 5, "and here");
	is_int(regexp_nearest(text, "xyz", 3, &at), 0, "nothing of it");
	regexp_free(text);
}

/* ---- regexec(3) as a witness ---- */

static uint32_t seed = 1;

static uint32_t draw(uint32_t most)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % most;
}

/* Nothing with an anchor in it is repeated: glibc finds "(^.){2}" in "bbb". */
static void draw_pattern(char *out, size_t size, int depth)
{
	static const char *const atoms[] = {
		"a", "b", ".", "[ab]", "[^a]", "\n", "^", "$", "a", "b"
	};
	static const char *const repeats[] = { "*", "+", "?", "{2}", "{1,2}", "{0,1}", "{2,}" };
	size_t parts = 1 + draw(3);
	out[0] = '\0';
	for (size_t i = 0; i < parts; i++) {
		char part[400];
		const char *atom = atoms[draw(sizeof atoms / sizeof *atoms)];
		bool anchor = *atom == '^' || *atom == '$';
		snprintf(part, sizeof part, "%s", atom);
		if (depth > 0 && draw(3) == 0) {
			char inner[300];
			draw_pattern(inner, sizeof inner, depth - 1);
			snprintf(part, sizeof part, "(%s)", inner);
			anchor = strpbrk(inner, "^$");
		}
		if (i > 0 && draw(5) == 0)
			strncat(out, "|", size - strlen(out) - 1);
		strncat(out, part, size - strlen(out) - 1);
		if (!anchor && draw(3) == 0)
			strncat(out, repeats[draw(sizeof repeats / sizeof *repeats)],
			        size - strlen(out) - 1);
	}
}

static void test_witness(void)
{
	unsigned compared = 0, alike = 0, shortest = 0;
	for (int i = 0; i < 20000; i++) {
		char pattern[1000], text[9] = "";
		regex_t witness;
		struct error error;
		draw_pattern(pattern, sizeof pattern, 2);
		struct regexp *regexp = regexp_new(pattern, strlen(pattern), false, &error);
		if (regcomp(&witness, pattern, REG_EXTENDED | REG_NEWLINE | REG_NOSUB) != 0) {
			regexp_free(regexp);
			continue;
		}
		for (int n = 0; n < 10 && regexp; n++) {
			size_t len = draw(sizeof text), end = len + 1, taken = len + 1;
			for (size_t at = 0; at < len; at++)
				text[at] = "ab\n"[draw(3)];
			text[len] = '\0';
			bool want = regexec(&witness, text, 0, NULL, 0) == 0;
			bool same = regexp_finds(regexp, text, len) == want;
			for (size_t k = 0; k <= len && end > len; k++) {
				char prefix[sizeof text] = "";
				memcpy(prefix, text, k);
				if (regexec(&witness, prefix, 0, NULL, REG_NOTEOL) == 0)
					end = k;
			}
			if (regexp_begin(regexp))
				taken = 0;
			else if (!regexp_feed(regexp, text, len, &taken))
				taken = len + 1;
			compared++;
			alike += same;
			shortest += end == taken;
			if (!same || end != taken) {
				tap_diagnose("pattern", pattern, strlen(pattern));
				tap_diagnose("text", text, len);
				printf("# finds: %d not %d; prefix: %zu not %zu\n", !want, want,
				       taken, end);
			}
		}
		regexp_free(regexp);
		regfree(&witness);
	}
	ok(compared > 100000, "%u random patterns and texts", compared);
	is_int(alike, compared, "regexec() finds the same");
	is_int(shortest, compared, "and this is the shortest prefix in which it does");
}

/* ---- hostile patterns and texts ---- */

/* The pattern has more states than are remembered at once. */
static void test_states(void)
{
	static char text[200000];
	struct error error;
	struct regexp *regexp = regexp_new("a[ab]{12}c", 10, false, &error);
	size_t found = 0, wanted = 0, taken;
	for (size_t i = 0; i < sizeof text; i++)
		text[i] = draw(20) ? "ab"[draw(2)] : 'c';
	regexp_begin(regexp);
	for (size_t at = 0; at < sizeof text; at += taken)
		if (regexp_feed(regexp, text + at, sizeof text - at, &taken)) {
			found++;
			regexp_begin(regexp);
		}
	for (size_t i = 13, begun = 0; i < sizeof text; i++)
		if (text[i] == 'c' && i - begun >= 13 && text[i - 13] == 'a' &&
		    !memchr(text + i - 12, 'c', 12)) {
			wanted++;
			begun = i + 1;
		}
	ok(wanted > 1000, "a text with many matches");
	is_int(found, wanted, "each is found, whatever has been forgotten");
	regexp_free(regexp);
}

static void test_time(void)
{
	static const char *const patterns[] = {
		"a.*b",
		"(a*)*b",
		"(a|a)*b",
		"((a+)+)+b",
		"a{0,900}b",
		"(a|b)*a(a|b){12}c",
		"(.*)(.*)(.*)(.*)b",
		"(a?){500}a{500}b",
		"(x+x+)+y",
		"^(a|aa)+$",
		"a[^b]{900}b",
	};
	enum { TEXT = 200000 };
	char *text = malloc(TEXT);
	for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
		clock_t begun = clock(); /* of this process: others may run */
		struct regexp *regexp = make(patterns[i]);
		for (int kind = 0; kind < 2 && regexp; kind++) {
			for (size_t at = 0; at < TEXT; at++)
				text[at] = kind && draw(2) ? 'x' : 'a';
			regexp_finds(regexp, text, TEXT);
		}
		clock_t took = clock() - begun;
		ok(took < 60 * CLOCKS_PER_SEC, "/%s/ is over in %lld ms", patterns[i],
		   (long long)took * 1000 / CLOCKS_PER_SEC);
		regexp_free(regexp);
	}
	free(text);
}

int main(void)
{
	tap_watchdog(600);
	test_language();
	test_refused();
	test_pieces();
	test_anchored();
	test_typed();
	test_witness();
	test_states();
	test_time();
	return tap_done();
}
