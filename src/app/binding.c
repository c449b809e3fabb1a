// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/binding.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Alt-arrows move by words and Ctrl-N is history, so the page keys switch sessions, as they switch
 * tabs elsewhere. Terminals that use Ctrl-PageUp themselves mostly leave Alt-PageUp free. F1 to F5
 * have three sequences: of xterm and its kin, of rxvt, and of the Linux console. */
const struct binding binding_table[] = {
	{ "help-page", { "\\eOP", "\\e[11~", "\\e[[A" }, "/help", .help = "help" },
	{ "next-view", { "\\eOQ", "\\e[12~", "\\e[[B" }, "/view", .help = "the next view" },
	{ "find-older", { "\\eOR", "\\e[13~", "\\e[[C" }, "/find", .help = "the next older hit" },
	{ "find-newer",
	  { "\\eOS", "\\e[14~", "\\e[[D" },
	  "/find-newer",
	  .help = "the next newer hit" },
	{ "info-page", { "\\e[15~", "\\e[[E" }, "/info", .help = "about the session" },
	{ "states-page", { "\\e[17~" }, "/states", .help = "the TCP state diagram" },
	{ "stream-page", { "\\e[18~" }, "/stream", .help = "where the bytes are" },
	{ "fold-messages", { "\\e[19~" }, "/fold", .help = "fold long messages, or not" },
	{ "pause-replay", { "\\e[20~" }, "/replay pause", .help = "pause a replay, or go on" },
	{ "step-replay", { "\\e[21~" }, "/replay step", .help = "the next entry of a replay" },
	{ "end-replay", { "\\e[1;3F" }, "/replay end", .help = "all of a replay that is left" },
	{ "next-session", { "\\e[6;5~", "\\e[6;3~" }, "/session next", .help = "the next session" },
	{ "previous-session",
	  { "\\e[5;5~", "\\e[5;3~" },
	  "/session previous",
	  .help = "the one before" },
	{ "session-1", { "\\e1" }, "/session 1", .help = "that session" },
	{ "session-2", { "\\e2" }, "/session 2", .help = NULL },
	{ "session-3", { "\\e3" }, "/session 3", .help = NULL },
	{ "session-4", { "\\e4" }, "/session 4", .help = NULL },
	{ "session-5", { "\\e5" }, "/session 5", .help = NULL },
	{ "session-6", { "\\e6" }, "/session 6", .help = NULL },
	{ "session-7", { "\\e7" }, "/session 7", .help = NULL },
	{ "session-8", { "\\e8" }, "/session 8", .help = NULL },
	{ "session-9", { "\\e9" }, "/session 9", .help = NULL },
	{ "literal-mode", { "\\C-]" }, "/literal", .help = "every line is data, or not" },
	{ "pane-page-up", { "\\e[5~" }, .action = BINDING_PAGE_UP, .help = "scroll up" },
	{ "pane-page-down", { "\\e[6~" }, .action = BINDING_PAGE_DOWN, .help = "scroll down" },
	{ "pane-line-up", { "\\e[1;2A" }, .action = BINDING_LINE_UP, .help = "scroll up by a row" },
	{ "pane-line-down",
	  { "\\e[1;2B" },
	  .action = BINDING_LINE_DOWN,
	  .help = "scroll down by a row" },
	{ "pane-top", { "\\e[1;5H" }, .action = BINDING_TOP, .help = "the oldest row" },
	{ "pane-bottom", { "\\e[1;5F" }, .action = BINDING_BOTTOM, .help = "the newest row" },
	{ "redraw-window", { "\\C-l" }, .action = BINDING_REDRAW, .help = "draw the window again" },
	{ "interrupt",
	  { "\\C-c" },
	  .action = BINDING_INTERRUPT,
	  .help = "drop the line being typed; on an empty line, cancel what waits: a call, a "
	          "command, or the connecting or TLS handshake of the session in front; or else "
	          "stop highlighting hits" },
	{ "suspend",
	  { "\\C-z" },
	  .action = BINDING_SUSPEND,
	  .help = "back to the shell; fg returns" },
	{ 0 },
};

const struct binding *binding_of_line(const char *line)
{
	for (const struct binding *row = binding_table; row->name; row++)
		if (row->line && strcmp(row->line, line) == 0)
			return row;
	return NULL;
}

/* ---- names of keys ---- */

/* The ends of sequences that begin with ESC [. */
static const struct {
	const char *end, *name;
} sequences[] = {
	{ "1~", "Home" },   { "2~", "Insert" },   { "3~", "Delete" },   { "4~", "End" },
	{ "5~", "PageUp" }, { "6~", "PageDown" }, { "7~", "Home" },     { "8~", "End" },
	{ "11~", "F1" },    { "12~", "F2" },      { "13~", "F3" },      { "14~", "F4" },
	{ "15~", "F5" },    { "17~", "F6" },      { "18~", "F7" },      { "19~", "F8" },
	{ "20~", "F9" },    { "21~", "F10" },     { "23~", "F11" },     { "24~", "F12" },
	{ "A", "Up" },      { "B", "Down" },      { "C", "Right" },     { "D", "Left" },
	{ "H", "Home" },    { "F", "End" },       { "P", "F1" },        { "Q", "F2" },
	{ "R", "F3" },      { "S", "F4" },        { "Z", "Shift-Tab" }, { "[A", "F1" },
	{ "[B", "F2" },     { "[C", "F3" },       { "[D", "F4" },       { "[E", "F5" },
};

static const char *name_of_sequence(const char *text)
{
	for (size_t i = 0; i < sizeof sequences / sizeof *sequences; i++)
		if (strcmp(sequences[i].end, text) == 0)
			return sequences[i].name;
	return NULL;
}

/* In "\e[6;5~" the modifier 5, less one, has bits for Shift, Alt and Ctrl. False for a key that is
 * not listed above. */
static bool print_sequence(const char *text, struct buf *out)
{
	char plain[8], *end;
	const char *semicolon = strchr(text, ';');
	long modifiers = semicolon ? strtol(semicolon + 1, &end, 10) - 1 : 0;
	if (strlen(text) >= sizeof plain)
		return false;
	if (!semicolon)
		snprintf(plain, sizeof plain, "%s", text);
	else if (*end == '~')
		snprintf(plain, sizeof plain, "%.*s~", (int)(semicolon - text), text);
	else
		snprintf(plain, sizeof plain, "%s", end); /* the 1 of "1;5H" means nothing */
	const char *name = name_of_sequence(plain);
	if (!name || modifiers < 0 || modifiers > 7)
		return false;
	buf_printf(out, "%s%s%s%s", modifiers & 4 ? "Ctrl-" : "", modifiers & 2 ? "Alt-" : "",
	           modifiers & 1 ? "Shift-" : "", name);
	return true;
}

/* With its prefixes \C- and \M- in any order, and ESC as Alt. Returns the end of the key. */
static const char *print_one(const char *keys, struct buf *out)
{
	bool upper = false;
	while (keys[0] == '\\' && keys[1] && keys[2]) {
		if (keys[1] == 'e') {
			buf_append_text(out, "Alt-");
			keys += 2;
		} else if ((keys[1] == 'C' || keys[1] == 'M') && keys[2] == '-' && keys[3]) {
			buf_append_text(out, keys[1] == 'C' ? "Ctrl-" : "Alt-");
			upper = true;
			keys += 3;
		} else {
			break;
		}
	}
	if (keys[0] == '\\' && keys[1] == 'e') {
		buf_append_text(out, "Escape");
		return keys + 2;
	}
	keys += keys[0] == '\\' && keys[1]; /* of a quoted '"' or '\' */
	char key = upper ? (char)toupper((unsigned char)*keys) : *keys;
	buf_append(out, &key, 1);
	return keys + 1;
}

static void print_key(const char *keys, struct buf *out)
{
	bool csi = strncmp(keys, "\\e[", 3) == 0, ss3 = strncmp(keys, "\\eO", 3) == 0;
	if ((csi || ss3) && keys[3] && print_sequence(keys + 3, out))
		return;
	if (csi && keys[3]) {
		buf_append_text(out, keys);
		return;
	}
	for (const char *start = keys; *keys;) {
		if (keys > start)
			buf_append_text(out, " ");
		keys = print_one(keys, out);
	}
}

void binding_print_keys(const char *const *keys, struct buf *out)
{
	struct buf names[BINDING_KEYS] = { 0 };
	for (size_t i = 0; i < BINDING_KEYS && keys[i]; i++) {
		bool listed = false;
		names[i].max = SIZE_MAX;
		print_key(keys[i], &names[i]);
		for (size_t before = 0; before < i; before++)
			listed |= strcmp(buf_text(&names[before]), buf_text(&names[i])) == 0;
		if (!listed)
			buf_printf(out, "%s%s", i ? ", " : "", buf_text(&names[i]));
	}
	for (size_t i = 0; i < BINDING_KEYS; i++)
		buf_free(&names[i]);
}
