// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/legend.h"

#include <stddef.h>

#include "base/text.h"

const struct legend_mark legend_table[] = {
	{ "w", NULL, "seen on the wire", false },
	{ "*", NULL, "read from the kernel", false },
	{ "o", NULL, "counted: the kernel's segment counters changed by that much", false },
	{ "?", NULL, "deduced, as it was over before it could be read", false },
	{ "≤", "<=", "at the latest: the time is an upper bound", false },
	{ "→", "->", "sent", false },
	{ "←", "<-", "received", false },
	{ "·", "-", "said by the program, or what the network did", false },
	{ "!", NULL, "a failure", false },
	{ "⏎", "$", "a line feed ended the line", false },
	{ "…", "...", "a line goes on, or is cut", false },
	{ "● ○", "+ -", "on a tab: the session is open, or not", true },
	{ "+3", NULL, "on a tab: entries that have not been seen", true },
	{ "^[ \\x9b U+202E", NULL, "what cannot be printed", false },
	{ "****", NULL, "a secret: a star for each byte", false },
	{ NULL, NULL, NULL, false },
};

const char *legend_sign(const struct legend_mark *mark)
{
	return mark->ascii && !text_has_unicode() ? mark->ascii : mark->mark;
}
