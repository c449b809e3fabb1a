// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/secret_line.h"

#include <locale.h>

#include "support/tap.h"

static struct secret_line line;

static enum secret_line_key press(enum key_kind kind, const char *bytes)
{
	struct key key = { .kind = kind, .bytes = bytes, .len = strlen(bytes) };
	return secret_line_take(&line, &key);
}

/* One character a key. */
static void type(const char *text)
{
	for (; *text; text++)
		press(KEY_TEXT, (const char[]){ *text, '\0' });
}

static void has(const char *text, const char *name)
{
	is_bytes(line.text ? line.text : "", line.len, text, strlen(text), name);
}

int main(void)
{
	tap_watchdog(10);
	if (!setlocale(LC_ALL, "C.UTF-8"))
		setlocale(LC_ALL, "C");
	is_int(press(KEY_TEXT, "\177"), SECRET_LINE_REFUSED, "nothing to take back");
	type("abc d");
	has("abc d", "characters");
	is_int(press(KEY_TEXT, "\177"), SECRET_LINE_TAKEN, "Backspace");
	press(KEY_TEXT, "\b");
	has("abc", "takes back one each");
	press(KEY_TEXT, "\303\251");
	press(KEY_TEXT, "\355\225\234");
	press(KEY_TEXT, "\177");
	has("abc\303\251", "a whole character");
	press(KEY_INVALID, "\377");
	has("abc\303\251\377", "a byte that is no character is kept as it is");
	press(KEY_TEXT, "\177");
	has("abc\303\251", "and taken back alone");
	is_int(press(KEY_PASTE, "pa\nste\r\n"), SECRET_LINE_TAKEN, "a paste");
	has("abc\303\251pa\nste", "loses only its last line end");
	is_int(press(KEY_SEQUENCE, "\033[A"), SECRET_LINE_REFUSED, "Up means nothing here");
	is_int(press(KEY_SEQUENCE, "\033b"), SECRET_LINE_REFUSED, "nor Alt-B");
	is_int(press(KEY_TEXT, "\001"), SECRET_LINE_REFUSED, "nor Ctrl-A");
	is_int(press(KEY_TEXT, "\t"), SECRET_LINE_REFUSED, "nor TAB");
	is_int(press(KEY_TEXT, "\004"), SECRET_LINE_REFUSED, "nor Ctrl-D while there is something");
	is_int(press(KEY_TEXT, "\r"), SECRET_LINE_ENTERED, "Enter");
	has("abc\303\251pa\nste", "leaves it to whoever sends it");
	const char *memory = line.text;
	is_int(press(KEY_TEXT, "\025"), SECRET_LINE_TAKEN, "Ctrl-U");
	has("", "drops all of it");
	ok(memory == line.text && memory[0] == '\0' && memory[7] == '\0', "and overwrites it");
	is_int(press(KEY_TEXT, "\004"), SECRET_LINE_DROPPED, "Ctrl-D gives up");
	is_int(press(KEY_TEXT, "\003"), SECRET_LINE_DROPPED, "so does Ctrl-C");
	is_int(press(KEY_TEXT, "\033"), SECRET_LINE_DROPPED, "so does Escape");
	is_int(press(KEY_SEQUENCE, "\033"), SECRET_LINE_DROPPED, "however it comes");
	static char much[65537];
	memset(much, 'x', sizeof much - 1);
	is_int(press(KEY_PASTE, much), SECRET_LINE_TAKEN, "64 KiB");
	is_int(press(KEY_TEXT, "y"), SECRET_LINE_REFUSED, "and no more");
	is_int(line.len, 65536, "is kept");
	secret_line_wipe(&line);
	has("", "nothing is left");
	tap_done();
}
