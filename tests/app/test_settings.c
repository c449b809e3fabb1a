// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/settings.h"

#include "base/clock.h"
#include "support/tap.h"

static const struct setting *find(const char *name)
{
	struct error error = { 0 };
	return setting_find(name, &error);
}

static const char *try_set(struct settings *settings, const char *name, const char *value)
{
	static struct error error;
	error.text[0] = '\0';
	return setting_set(find(name), settings, value, &error) ? "" : error.text;
}

static const char *get(const struct settings *settings, const char *name)
{
	static struct buf text = { .max = SIZE_MAX };
	buf_clear(&text);
	setting_print(find(name), settings, &text);
	return buf_text(&text);
}

static void test_defaults(void)
{
	struct settings s;
	settings_init(&s);
	is_text(get(&s, "eol"), "lf", "lines end with LF");
	is_text(get(&s, "time"), "clock", "time of day");
	is_text(get(&s, "marks"), "off", "no marks");
	is_text(get(&s, "timeout"), "off", "no limit of our own");
	is_text(get(&s, "scrollback"), "64Mi", "64 MiB");
	is_text(get(&s, "color"), "auto", "colors where they are");
	is_text(get(&s, "mouse"), "off", "the mouse selects");
	is_text(get(&s, "paste"), "send", "a paste is sent");
	is_text(get(&s, "view"), "chat", "the chat is shown");
	is_text(get(&s, "kernel"), "on", "the kernel is read");
}

/* Sets every literal of a setting and reads it back. */
static void round_trip_literals(const struct setting *setting)
{
	struct settings s;
	settings_init(&s);
	for (const char *p = setting->values; *p;) {
		char word[32] = "";
		size_t len = strcspn(p, "|");
		memcpy(word, p, len);
		is_text(try_set(&s, setting->name, word), "", setting->name);
		is_text(get(&s, setting->name), word, word);
		p += len + (p[len] == '|');
	}
}

static void test_literals(void)
{
	for (const struct setting *setting = setting_table; setting->name; setting++)
		if (setting->values[0] != '<')
			round_trip_literals(setting);
}

static void test_effects(void)
{
	struct settings s;
	settings_init(&s);
	try_set(&s, "eol", "crlf");
	is_int(s.eol, EOL_CRLF, "eol crlf");
	try_set(&s, "time", "delta");
	is_int(s.time, VIEW_TIME_DELTA, "time delta");
	try_set(&s, "marks", "on");
	ok(s.marks && !s.mouse, "marks on, and only marks");
	try_set(&s, "color", "never");
	is_int(s.color, COLOR_NEVER, "color never");
	try_set(&s, "paste", "ask");
	is_int(s.paste, PASTE_ASK, "paste ask");
	try_set(&s, "view", "trace");
	ok(view_listed((size_t)s.view) == &trace_view, "view trace");
	try_set(&s, "view", "ladder");
	ok(view_listed((size_t)s.view) == &ladder_view, "view ladder");
	is_text(try_set(&s, "view", "page"), "view: \"page\" is not chat, hex, trace, ladder or wire",
	        "no view");
	try_set(&s, "kernel", "off");
	ok(!s.kernel, "kernel off");
}

static void test_timeout(void)
{
	static const struct {
		const char *typed, *shown;
		int64_t ns;
	} cases[] = {
		{ "5", "5s", 5 * CLOCK_S },
		{ "250ms", "250ms", 250 * CLOCK_MS },
		{ "2m", "120s", 120 * CLOCK_S },
		{ "1.5s", "1500ms", 1500 * CLOCK_MS },
		{ "0", "off", 0 },
		{ "off", "off", 0 },
		{ "0.5ms", "0.500000ms", CLOCK_MS / 2 },
	};
	struct settings s;
	settings_init(&s);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		is_text(try_set(&s, "timeout", cases[i].typed), "", cases[i].typed);
		is_int(s.timeout, cases[i].ns, "is so long");
		is_text(get(&s, "timeout"), cases[i].shown, "is shown so");
		is_text(try_set(&s, "timeout", get(&s, "timeout")), "", "and can be typed so");
		is_int(s.timeout, cases[i].ns, "and means the same");
	}
	ok(strncmp(try_set(&s, "timeout", "soon"), "timeout: ", 9) == 0, "soon is no time");
	ok(*try_set(&s, "timeout", "-1"), "nor is one before now");
	ok(*try_set(&s, "timeout", ""), "nor is nothing");
	is_int(s.timeout, CLOCK_MS / 2, "a mistake changes nothing");
}

static void test_escape_time(void)
{
	struct settings s;
	settings_init(&s);
	is_text(get(&s, "escape-time"), "50ms", "the usual time");
	is_text(try_set(&s, "escape-time", "0"), "", "none at all");
	is_text(get(&s, "escape-time"), "0s", "is shown");
	is_text(try_set(&s, "escape-time", "1s"), "", "the most");
	is_int(s.escape_time, CLOCK_S, "a second");
	is_text(try_set(&s, "escape-time", "50"), "escape-time: at most 1s, not \"50\": write 50ms",
	        "a bare number is seconds");
	ok(*try_set(&s, "escape-time", "off"), "it cannot be off");
	is_text(get(&s, "escape-time"), "1s", "a mistake changes nothing");
}

static void test_scrollback(void)
{
	static const struct {
		const char *typed, *shown;
		uint64_t size;
	} cases[] = {
		{ "64M", "64M", 64000000 },        { "64Mi", "64Mi", 64 << 20 },
		{ "3mib", "3Mi", 3 << 20 },        { "3072Ki", "3Mi", 3 << 20 },
		{ "4000k", "4M", 4000000 },        { "64MB", "64M", 64000000 },
		{ "5000001", "5000001", 5000001 }, { "1.5G", "1500M", 1500000000 },
		{ "4096000", "4096k", 4096000 },   { "1Gi", "1Gi", 1 << 30 },
	};
	static const char *const wrong[] = {
		"",
		"M",
		"1M",
		"3M",
		"3071Ki",
		"-64M",
		"64MBB",
		"64 M",
		"5G",
		"4097Mi",
		"1.G",
		"1.5.5G",
		"0x40M",
		"99999999999999999999999",
		"18446744073709551617M",
		"0",
	};
	struct settings s;
	settings_init(&s);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		is_text(try_set(&s, "scrollback", cases[i].typed), "", cases[i].typed);
		is_int(s.scrollback, cases[i].size, "is so large");
		is_text(get(&s, "scrollback"), cases[i].shown, "is shown so");
	}
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		ok(*try_set(&s, "scrollback", wrong[i]), "no scrollback: %s", wrong[i]);
	is_text(try_set(&s, "scrollback", "1M"), "scrollback: \"1M\" is not a size from 3Mi to 4Gi",
	        "the message");
	is_int(s.scrollback, 1 << 30, "a mistake changes nothing");
}

static void test_mistakes(void)
{
	struct settings s;
	struct error error = { 0 };
	settings_init(&s);
	is_text(try_set(&s, "eol", "unix"), "eol: \"unix\" is not lf, crlf, cr, nul or none",
	        "not a value");
	is_text(try_set(&s, "mouse", ""), "mouse: \"\" is not off or on", "an empty one");
	is_text(try_set(&s, "eol", "cr|nul"), "eol: \"cr|nul\" is not lf, crlf, cr, nul or none",
	        "two at once");
	is_text(get(&s, "eol"), "lf", "nothing changed");
	is_text(find("sc")->name, "scrollback", "a unique prefix");
	is_text(find("time")->name, "time", "an exact name beats being a prefix");
	ok(!setting_find("t", &error), "an ambiguous prefix");
	is_text(error.text, "ambiguous: \"t\" is time, timeout", "lists the candidates");
	ok(!setting_find("echo", &error), "no such setting");
	is_text(error.text,
	        "no setting \"echo\": /set lists them",
	        "names the command that lists them");
	ok(!setting_find("", &error), "an empty name is ambiguous");
}

static void test_line_ends(void)
{
	static const struct {
		enum eol eol;
		const char *bytes;
		size_t len;
		const char *label;
	} ends[] = {
		{ EOL_LF, "\n", 1, "LF" },   { EOL_CRLF, "\r\n", 2, "CRLF" },
		{ EOL_CR, "\r", 1, "CR" },   { EOL_NUL, "\0", 1, "NUL" },
		{ EOL_NONE, "", 0, "none" },
	};
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		size_t len;
		const char *bytes = eol_bytes(ends[i].eol, &len);
		is_bytes(bytes, len, ends[i].bytes, ends[i].len, ends[i].label);
		is_text(eol_label(ends[i].eol), ends[i].label, "its label");
	}
}

int main(void)
{
	tap_watchdog(30);
	test_defaults();
	test_literals();
	test_effects();
	test_timeout();
	test_escape_time();
	test_scrollback();
	test_mistakes();
	test_line_ends();
	return tap_done();
}
