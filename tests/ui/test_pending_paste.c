// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pending_paste.h"

#include <stdint.h>

#include "support/tap.h"

static void is_held(const char *const *parts, const char *want, size_t lines, const char *name)
{
	struct pending_paste pending_paste;
	pending_paste_init(&pending_paste, SIZE_MAX);
	for (size_t i = 0; parts[i]; i++)
		pending_paste_add(&pending_paste, parts[i], strlen(parts[i]));
	is_bytes(buf_data(&pending_paste.text), pending_paste.text.len, want, strlen(want), name);
	is_int(pending_paste.lines, lines, "its lines are counted");
	pending_paste_free(&pending_paste);
}

#define PENDING_PASTE(want, lines, name, ...)                                                      \
	is_held((const char *const[]){ __VA_ARGS__, NULL }, want, lines, name)

static void line_ends(void)
{
	PENDING_PASTE("a\nb", 2, "LF stays", "a\nb");
	PENDING_PASTE("a\nb\n", 2, "CR becomes LF", "a\rb\r");
	PENDING_PASTE("a\nb\n", 2, "CR LF becomes one LF", "a\r\nb\r\n");
	PENDING_PASTE("a\nb", 2, "also where two parts meet within it", "a\r", "\nb");
	PENDING_PASTE("a\n\nb", 3, "but an LF after an LF counts", "a\r\n", "\nb");
	PENDING_PASTE("\n\n", 2, "CR CR are two", "\r\r");
	PENDING_PASTE("\n\n", 2, "LF CR are two", "\n\r");
	PENDING_PASTE("a\n", 1, "a part that is only the LF of a CR", "a\r", "\n");
	PENDING_PASTE("", 0, "nothing is nothing", "");
}

static void keeps_bytes(void)
{
	struct pending_paste pending_paste;
	pending_paste_init(&pending_paste, 8);
	ok(pending_paste_add(&pending_paste,
	                     "a\0\xff"
	                     "b",
	                     4),
	   "NUL and invalid bytes are data");
	is_bytes(buf_data(&pending_paste.text), pending_paste.text.len,
	         "a\0\xff"
	         "b",
	         4, "and kept");
	ok(!pending_paste_add(&pending_paste, "12345", 5), "more than the most is refused");
	is_int(pending_paste.text.len, 4, "with nothing added");
	pending_paste_clear(&pending_paste);
	is_int(pending_paste.text.len + pending_paste.lines, 0, "cleared");
	ok(pending_paste_add(&pending_paste, "12345678", 8), "and there is room again");
	pending_paste_free(&pending_paste);
}

static void knows_commands(void)
{
	static const struct {
		const char *text;
		bool lines, commands;
	} cases[] = {
		{ "", false, false },          { "/quit", false, false },
		{ "/quit\n", false, false },   { "/quit\r\n", false, false },
		{ "/quit\r", false, false },   { "/quit\n\n", true, true },
		{ "/quit\r\r", true, true },   { "/a\n/b", true, true },
		{ "/a\rb", true, true },       { " \t/a\nb", true, true },
		{ "\n/a\n", true, true },      { "//a\nb", true, true },
		{ "a\n/quit\n", true, false }, { "a", false, false },
		{ "\n", false, false },        { "\n\n", true, false },
		{ "  \n", false, false },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		size_t len = strlen(cases[i].text);
		ok(pending_paste_has_lines(cases[i].text, len) == cases[i].lines, "lines: case %zu",
		   i);
		ok(pending_paste_has_commands(cases[i].text, len) == cases[i].commands,
		   "commands: case %zu", i);
	}
}

static void describes(void)
{
	char out[PENDING_PASTE_TEXT];
	is_text(pending_paste_describe(3, 120, out), "3 lines, 120 bytes", "small");
	is_text(pending_paste_describe(1, 1, out), "1 line, 1 byte", "one");
	is_text(pending_paste_describe(131072, 10485760, out), "131072 lines, 10.5 MB", "large");
	is_int(pending_paste_count_lines("a\n\nb", 4), 3, "an empty line within");
}

int main(void)
{
	tap_watchdog(30);
	line_ends();
	keeps_bytes();
	knows_commands();
	describes();
	return tap_done();
}
