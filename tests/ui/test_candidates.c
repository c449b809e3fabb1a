// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/candidates.h"

#include <locale.h>
#include <stdint.h>

#include "support/tap.h"

static void is_laid_out(char *const *names, size_t count, int columns, const char *want,
                        const char *name)
{
	struct buf out;
	buf_init(&out, SIZE_MAX);
	candidates_format(names, count, columns, &out);
	is_text(buf_text(&out), want, name);
	buf_free(&out);
}

static void columns(void)
{
	char *names[] = { strdup("/close"), strdup("/open"), strdup("/quit") };
	is_laid_out(names, 3, 80, "/close  /open   /quit",
	            "side by side where there is room, the slash of a command kept");
	is_laid_out(names, 3, 17, "/close  /quit\n/open", "downwards first");
	is_laid_out(names, 3, 5, "/close\n/open\n/quit", "one by one where there is none");
	is_laid_out(names, 3, -10, "/close\n/open\n/quit", "or less than none");
	is_laid_out(names, 0, 80, "", "nothing");
	for (size_t i = 0; i < 3; i++)
		free(names[i]);
}

static void paths(void)
{
	static char passwd[] = "/etc/passwd", ssl[] = "/etc/ssl/", etc[] = "/etc/", local[] = "127.0.0.0/8",
	            private[] = "10.0.0.0/8", slash[] = "/", empty[] = "";
	is_laid_out((char *[]){ passwd, ssl }, 2, 1, "passwd\nssl/",
	            "of files in one folder the last part");
	is_laid_out((char *[]){ passwd, etc }, 2, 1, "/etc/passwd\n/etc/", "a folder keeps its name");
	is_laid_out((char *[]){ ssl }, 1, 1, "ssl/", "alone, too");
	is_laid_out((char *[]){ local, private }, 2, 1, "127.0.0.0/8\n10.0.0.0/8",
	            "a network is no file");
	is_laid_out((char *[]){ slash, empty }, 2, 1, "/\n", "a slash, and nothing");
}

static void wide(void)
{
	char *names[] = { strdup("가나"), strdup("abcd"), strdup("x") };
	if (setlocale(LC_CTYPE, "C.UTF-8"))
		is_laid_out(names, 3, 80, "가나  abcd  x", "columns are counted, not bytes");
	else
		tap_skip("no C.UTF-8 here");
	for (size_t i = 0; i < 3; i++)
		free(names[i]);
}

static void many(void)
{
	static char text[300][8];
	char *names[300];
	struct buf out;
	for (int i = 0; i < 300; i++) {
		snprintf(text[i], sizeof text[i], "n%03d", i);
		names[i] = text[i];
	}
	buf_init(&out, SIZE_MAX);
	candidates_format(names, 300, 80, &out);
	ok(strstr(buf_text(&out), "n199") && !strstr(buf_text(&out), "n200"),
	   "at most 200 are shown");
	ok(strstr(buf_text(&out), "100 more"), "and the others counted");
	buf_free(&out);
}

int main(void)
{
	tap_watchdog(30);
	columns();
	paths();
	wide();
	many();
	return tap_done();
}
