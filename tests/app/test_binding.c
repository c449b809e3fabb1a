// SPDX-License-Identifier: GPL-3.0-or-later
/* Keys by the names that people use, and a table that is whole. */
#include "app/binding.h"

#include <stdint.h>
#include <string.h>

#include "app/app.h"
#include "support/tap.h"

static void calls(const char *keys, const char *want)
{
	struct buf text = { .max = SIZE_MAX };
	binding_print_keys((const char *const[]){ keys, NULL }, &text);
	is_text(buf_text(&text), want, keys);
	buf_free(&text);
}

static void calls_keys_by_name(void)
{
	calls("\\e[15~", "F5");
	calls("\\eOP", "F1");
	calls("\\e[[A", "F1");
	calls("\\e[24~", "F12");
	calls("\\e[5~", "PageUp");
	calls("\\e[6;5~", "Ctrl-PageDown");
	calls("\\e[1;2A", "Shift-Up");
	calls("\\e[1;8D", "Ctrl-Alt-Shift-Left");
	calls("\\eOH", "Home");
	calls("\\C-l", "Ctrl-L");
	calls("\\C-]", "Ctrl-]");
	calls("\\C-xi", "Ctrl-X i");
	calls("\\C-x\\C-r", "Ctrl-X Ctrl-R");
	calls("\\e1", "Alt-1");
	calls("\\M-x", "Alt-X");
	calls("\\C-\\M-x", "Ctrl-Alt-X");
	calls("\\e\\e", "Alt-Escape");
	calls("\\e", "Escape");
	calls("\\eO", "Alt-O");
	calls("\\e[", "Alt-[");
	calls("\\C-x\\\\", "Ctrl-X \\");
	calls("q", "q");
}

static void leaves_others_as_they_are(void)
{
	calls("\\e[99~", "\\e[99~");
	calls("\\e[1;99A", "\\e[1;99A");
	calls("\\e[123456789~", "\\e[123456789~");
	calls("\\e[;", "\\e[;");
	calls("\\", "\\");
	calls("", "");
}

static void joins_keys(void)
{
	static const char *const keys[] = { "\\eOQ", "\\e[12~", "\\C-x2", "\\e[[B", NULL };
	struct buf text = { .max = SIZE_MAX };
	binding_print_keys(keys, &text);
	is_text(buf_text(&text), "F2, Ctrl-X 2", "what is called alike is reported once");
	buf_free(&text);
}

static void every_row_is_whole(void)
{
	struct app app;
	app_init(&app);
	for (const struct binding *row = binding_table; row->name; row++) {
		struct buf text = { .max = SIZE_MAX };
		ok(row->keys[0] && (row->line != NULL) == (row->action == BINDING_COMMAND),
		   "%s: a key, and a command line or an action", row->name);
		app_print_keys(&app, row, &text);
		ok(text.len && !strchr(buf_text(&text), '\\'), "%s: %s", row->name,
		   buf_text(&text));
		buf_free(&text);
	}
	ok(binding_of_line("/info") && !binding_of_line("/inf"), "a row by its command line");
	app_free(&app);
}

int main(void)
{
	calls_keys_by_name();
	leaves_others_as_they_are();
	joins_keys();
	every_row_is_whole();
	return tap_done();
}
