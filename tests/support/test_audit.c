// SPDX-License-Identifier: GPL-3.0-or-later
/* The auditor of what goes to the terminal: it must see what a real terminal would act on. */
#include "support/audit.h"

#include "support/tap.h"

static void finds(const char *bytes, const char *kind)
{
	struct audit *audit = audit_new();
	audit_feed(audit, bytes, strlen(bytes));
	if (!ok(audit_has(audit, kind), "finds %s", kind))
		audit_print(audit);
	audit_free(audit);
}

static void names_each_kind(void)
{
	finds("a\033[?1049hb", "CSI ?1049h");
	finds("\033[1;31mred\033[m", "CSI m");
	finds("\033[10;20H", "CSI H");
	finds("\033[?1$p", "CSI ?$p");
	finds("\033(B", "ESC (B");
	finds("\0337", "ESC 7");
	finds("\a", "C0 07");
	finds("\033]0;title\a", "OSC 0;title");
	finds("\033]52;c;AAAA\033\\", "OSC 52;c;AAAA");
	finds("\033P$qm\033\\", "DCS $qm");
	finds("\033_Gx\033\\", "APC Gx");
	finds("\033^p\033\\", "PM p");
	finds("\033Xs\033\\", "SOS s");
	finds("\2336n", "C1 9b");
	finds("\2336n", "CSI n");
	finds("\302\2336n", "C1 9b");
	finds("\302\2350;x\302\234", "C1 9d");
	finds("\033]0;cut\033[6n", "CSI n");
	finds("\033[3\033[6n", "CSI n");
	finds("\355\225\033[5n", "CSI n");
}

static void leaves_text_alone(void)
{
	const char *text = "한글 ⇄ → e\xcc\x81 👍 \xff plain ~";
	struct audit *audit = audit_new(), *nothing = audit_new();
	audit_feed(audit, text, strlen(text));
	is_int(audit_count_new(audit, nothing), 0, "text of any script is no control function");
	audit_free(audit);
	audit_free(nothing);
}

static void compares(void)
{
	const char *clean = "\033[Htext\033[1m\r\n", *dirty = "\033[5;5H\033[31m\033]2;x\a\r";
	struct audit *known = audit_new(), *seen = audit_new();
	audit_feed(known, clean, strlen(clean));
	audit_feed(seen, dirty, strlen(dirty));
	is_int(audit_count_new(seen, known), 1, "only the title is new");
	ok(audit_has_any(seen, "OSC"), "found by its class");
	ok(!audit_has_any(known, "OSC"), "and only where it is");
	audit_feed(known, "\033]0;swallows", 12);
	is_int(audit_count_new(known, known), 1, "an unfinished string is new");
	audit_free(known);
	audit_free(seen);
}

static void takes_any_cut(void)
{
	const char *bytes = "\033[?25l\302\2336n\033]0;t\033\\";
	struct audit *whole = audit_new(), *pieces = audit_new();
	audit_feed(whole, bytes, strlen(bytes));
	for (size_t i = 0; i < strlen(bytes); i++)
		audit_feed(pieces, bytes + i, 1);
	is_int(audit_count_new(pieces, whole) + audit_count_new(whole, pieces), 0,
	       "byte by byte finds the same");
	audit_free(whole);
	audit_free(pieces);
}

static void survives_length(void)
{
	struct audit *audit = audit_new();
	for (int i = 0; i < 100000; i++)
		audit_feed(audit, i ? "9" : "\033[", i ? 1 : 2);
	audit_feed(audit, "b", 1);
	ok(audit_has(audit, "CSI b"), "a parameter of 100000 digits");
	for (int i = 0; i < 1000; i++) {
		char title[32];
		audit_feed(audit, title, (size_t)snprintf(title, sizeof title, "\033]0;%d\a", i));
	}
	ok(audit_has(audit, "OSC 0;999"), "a thousand kinds");
	audit_free(audit);
}

int main(void)
{
	tap_watchdog(30);
	names_each_kind();
	leaves_text_alone();
	compares();
	takes_any_cut();
	survives_length();
	return tap_done();
}
