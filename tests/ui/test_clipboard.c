// SPDX-License-Identifier: GPL-3.0-or-later
/* What a terminal gets: by itself, and through the programs that stand before it. */
#include "ui/clipboard.h"

#include <stdint.h>
#include <stdlib.h>

#include "support/tap.h"

#define OSC52 "\033]52;c;"

static struct buf bytes = { .max = SIZE_MAX }, out = { .max = SIZE_MAX };

static const char *sequence(void)
{
	buf_clear(&out);
	clipboard_sequence(&bytes, &out);
	return buf_text(&out);
}

static void test_screen(void)
{
	size_t pieces = 0, longest = 0;
	static const char zeros[3000];
	buf_append(&bytes, zeros, sizeof zeros);
	const char *at = sequence();
	for (const char *end; *at; at = end + 2, pieces++) {
		end = strstr(at, "\033\\");
		if (!ok(end && strncmp(at, "\033P", 2) == 0, "a piece begins and ends"))
			return;
		size_t len = (size_t)(end - at);
		longest = len > longest ? len : longest;
	}
	ok(pieces > 5 && longest <= 768, "screen passes on no piece that is longer");
}

int main(void)
{
	unsetenv("TMUX");
	unsetenv("STY");
	buf_append(&bytes, "a\0b\n", 4);
	is_text(sequence(), OSC52 "YQBiCg==\a", "the bytes in base64");
	setenv("STY", "1.tty", 1);
	is_text(sequence(), "\033P" OSC52 "YQBiCg==\a\033\\", "within screen");
	setenv("TMUX", "/tmp/tmux", 1);
	is_text(sequence(), "\033Ptmux;\033" OSC52 "YQBiCg==\a\033\\" OSC52 "YQBiCg==\a",
	        "within tmux, which takes the one or passes on the other");
	unsetenv("TMUX");
	test_screen();
	buf_free(&bytes);
	buf_free(&out);
	return tap_done();
}
