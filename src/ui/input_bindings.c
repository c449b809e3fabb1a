// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/input_bindings.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include <readline/readline.h>

#include "ui/input_macros.h"

static void (*perform)(enum input_action action); /* readline passes its commands no context */

/* A readline command has no way to know under which name it was called, so each action has a
 * function of its own. */
#define COMMAND(name, action)                                                                      \
	static int name(int count, int key)                                                        \
	{                                                                                          \
		(void)count;                                                                       \
		(void)key;                                                                         \
		perform(action);                                                                   \
		return 0;                                                                          \
	}

COMMAND(page_up, INPUT_PAGE_UP)
COMMAND(page_down, INPUT_PAGE_DOWN)
COMMAND(line_up, INPUT_LINE_UP)
COMMAND(line_down, INPUT_LINE_DOWN)
COMMAND(top, INPUT_TOP)
COMMAND(bottom, INPUT_BOTTOM)
COMMAND(next_session, INPUT_NEXT_SESSION)
COMMAND(previous_session, INPUT_PREVIOUS_SESSION)
COMMAND(session_1, INPUT_SESSION_1)
COMMAND(session_2, INPUT_SESSION_1 + 1)
COMMAND(session_3, INPUT_SESSION_1 + 2)
COMMAND(session_4, INPUT_SESSION_1 + 3)
COMMAND(session_5, INPUT_SESSION_1 + 4)
COMMAND(session_6, INPUT_SESSION_1 + 5)
COMMAND(session_7, INPUT_SESSION_1 + 6)
COMMAND(session_8, INPUT_SESSION_1 + 7)
COMMAND(session_9, INPUT_SESSION_9)
COMMAND(find_older, INPUT_FIND_OLDER)
COMMAND(find_newer, INPUT_FIND_NEWER)
COMMAND(next_view, INPUT_NEXT_VIEW)
COMMAND(fold, INPUT_FOLD)
COMMAND(info, INPUT_INFO)
COMMAND(states, INPUT_STATES)
COMMAND(stream, INPUT_STREAM)
COMMAND(literal, INPUT_LITERAL)
COMMAND(redraw, INPUT_REDRAW)
COMMAND(suspend, INPUT_SUSPEND)

/* Ends the line the ordinary way, so that readline itself unwinds its history edits and undo lists;
 * who takes the line drops it. Clearing the buffer by hand would leave those, and vi mode, in
 * disorder. */
static int interrupt(int count, int key)
{
	(void)count;
	perform(INPUT_INTERRUPT);
	return rl_newline(1, key);
}

struct command {
	const char *name;
	rl_command_func_t *run;
	enum input_action action;
	const char *keys[3]; /* as in inputrc */
};

/* Alt-arrows move by words and Ctrl-N is history, so sessions are on the page keys, as tabs are
 * elsewhere; terminals that keep Ctrl-PageUp for themselves mostly leave Alt-PageUp. The function
 * keys up to F5 are those of xterm and its kin, of rxvt, and of the Linux console. */
static const struct command commands[] = {
	{ "pane-page-up", page_up, INPUT_PAGE_UP, { "\\e[5~", NULL } },
	{ "pane-page-down", page_down, INPUT_PAGE_DOWN, { "\\e[6~", NULL } },
	{ "pane-line-up", line_up, INPUT_LINE_UP, { "\\e[1;2A", NULL } },
	{ "pane-line-down", line_down, INPUT_LINE_DOWN, { "\\e[1;2B", NULL } },
	{ "pane-top", top, INPUT_TOP, { "\\e[1;5H", NULL } },
	{ "pane-bottom", bottom, INPUT_BOTTOM, { "\\e[1;5F", NULL } },
	{ "next-session", next_session, INPUT_NEXT_SESSION, { "\\e[6;5~", "\\e[6;3~" } },
	{ "previous-session",
	  previous_session,
	  INPUT_PREVIOUS_SESSION,
	  { "\\e[5;5~", "\\e[5;3~" } },
	{ "session-1", session_1, INPUT_SESSION_1, { "\\e1", NULL } },
	{ "session-2", session_2, INPUT_SESSION_1 + 1, { "\\e2", NULL } },
	{ "session-3", session_3, INPUT_SESSION_1 + 2, { "\\e3", NULL } },
	{ "session-4", session_4, INPUT_SESSION_1 + 3, { "\\e4", NULL } },
	{ "session-5", session_5, INPUT_SESSION_1 + 4, { "\\e5", NULL } },
	{ "session-6", session_6, INPUT_SESSION_1 + 5, { "\\e6", NULL } },
	{ "session-7", session_7, INPUT_SESSION_1 + 6, { "\\e7", NULL } },
	{ "session-8", session_8, INPUT_SESSION_1 + 7, { "\\e8", NULL } },
	{ "session-9", session_9, INPUT_SESSION_9, { "\\e9", NULL } },
	{ "next-view", next_view, INPUT_NEXT_VIEW, { "\\eOQ", "\\e[12~", "\\e[[B" } },
	{ "find-older", find_older, INPUT_FIND_OLDER, { "\\eOR", "\\e[13~", "\\e[[C" } },
	{ "find-newer", find_newer, INPUT_FIND_NEWER, { "\\eOS", "\\e[14~", "\\e[[D" } },
	{ "info-page", info, INPUT_INFO, { "\\e[15~", "\\e[[E" } },
	{ "states-page", states, INPUT_STATES, { "\\e[17~", NULL } },
	{ "stream-page", stream, INPUT_STREAM, { "\\e[18~", NULL } },
	{ "fold-messages", fold, INPUT_FOLD, { "\\e[19~", NULL } },
	{ "literal-mode", literal, INPUT_LITERAL, { "\\C-]", NULL } },
	{ "redraw-window", redraw, INPUT_REDRAW, { "\\C-l", NULL } },
	{ "suspend", suspend, INPUT_SUSPEND, { "\\C-z", NULL } },
	{ "interrupt", interrupt, INPUT_INTERRUPT, { "\\C-c", NULL } },
};

/* A redisplay function of one's own keeps readline from asking termcap for these, and a user's
 * inputrc keeps the system's, which has them, from being read. */
static const struct {
	const char *keys, *function;
} editing_keys[] = {
	{ "\\e[3~", "delete-char" },       { "\\e[2~", "overwrite-mode" },
	{ "\\e[1~", "beginning-of-line" }, { "\\e[4~", "end-of-line" },
	{ "\\e[7~", "beginning-of-line" }, { "\\e[8~", "end-of-line" },
};

static const char *const keymaps[] = { "emacs-standard", "vi-insert", "vi-command" };

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* One slip beside another key: insert-comment sends the line with a '#' in front, two Escapes are two,
 * and not TAB, and the others change the way of editing, and most do not know the way back. inputrc
 * can bind them again. */
static void unbind_slips(void)
{
	static const struct {
		const char *keys, *keymap;
	} slips[] = {
		{ "\\e#", "emacs-standard" },     { "#", "vi-command" },
		{ "\\e\\e", "emacs-standard" },   { "\\e\\C-j", "emacs-standard" },
		{ "\\e\\C-m", "emacs-standard" }, { "\\C-e", "vi-command" },
	};
	for (size_t i = 0; i < COUNT(slips); i++)
		rl_bind_keyseq_in_map(slips[i].keys, NULL, rl_get_keymap_by_name(slips[i].keymap));
}

void input_bindings_add(void (*to_perform)(enum input_action action))
{
	perform = to_perform;
	for (size_t i = 0; i < COUNT(commands); i++)
		rl_add_defun(commands[i].name, commands[i].run, -1);
	unbind_slips();
}

static void free_list(char **list)
{
	for (char **item = list; item && *item; item++)
		free(*item);
	free(list);
}

static bool is_bound(rl_command_func_t *function, Keymap map)
{
	char **keys = rl_invoking_keyseqs_in_map(function, map);
	bool bound = keys != NULL;
	free_list(keys);
	return bound;
}

static int refuse(int count, int key)
{
	(void)count;
	(void)key;
	return rl_ding();
}

/* Commands that would read keys in a loop of their own, in which the program would be blind, and
 * those whose work is done by us. */
static rl_command_func_t *find_substitute(rl_command_func_t *command)
{
	static const struct {
		rl_command_func_t *of, *with;
	} substitutes[] = {
		{ rl_bracketed_paste_begin, refuse },
		{ rl_arrow_keys, refuse },
		{ rl_skip_csi_sequence, refuse },
		{ rl_start_kbd_macro, macros_start_recording },
		{ rl_end_kbd_macro, macros_end_recording },
		{ rl_call_last_kbd_macro, macros_call_last },
		{ rl_print_last_kbd_macro, macros_print_last },
	};
	for (size_t i = 0; i < COUNT(substitutes); i++)
		if (substitutes[i].of == command)
			return substitutes[i].with;
	static const char later[] = "execute-named-command"; /* readline 8.3 */
	return command == rl_named_function(later) ? refuse : command;
}

/* Also what a shorter key is bound to that begins longer ones. */
static void substitute(Keymap map)
{
	for (int key = 0; key < KEYMAP_SIZE; key++) {
		struct binding found = { map[key].type, .command = map[key].function };
		if (found.type == ISFUNC && found.command)
			map[key].function = find_substitute(found.command);
		else if (found.type == ISKMAP && found.keymap)
			substitute(found.keymap);
	}
}

static void bind_ours(Keymap map)
{
	for (size_t i = 0; i < COUNT(commands); i++) {
		if (is_bound(commands[i].run, map))
			continue;
		for (size_t k = 0; k < COUNT(commands[i].keys) && commands[i].keys[k]; k++)
			rl_bind_keyseq_in_map(commands[i].keys[k], commands[i].run, map);
	}
}

static void bind_editing_keys(Keymap map)
{
	for (size_t i = 0; i < COUNT(editing_keys); i++)
		rl_bind_keyseq_if_unbound_in_map(editing_keys[i].keys,
		                                 rl_named_function(editing_keys[i].function), map);
}

void input_bindings_apply(void)
{
	rl_variable_bind("blink-matching-paren", "off");   /* it waits on the terminal by itself */
	rl_variable_bind("enable-bracketed-paste", "off"); /* searches would read pastes so */
	for (size_t i = 0; i < COUNT(keymaps); i++) {
		Keymap map = rl_get_keymap_by_name(keymaps[i]);
		substitute(map);
		bind_ours(map);
		bind_editing_keys(map);
	}
}

struct binding input_bindings_look_up(const char *keys, size_t len)
{
	struct binding found = { .type = ISFUNC };
	found.command = rl_function_of_keyseq_len(keys, len, rl_get_keymap(), &found.type);
	return found;
}

bool input_bindings_find(rl_command_func_t *command, enum input_action *action)
{
	for (size_t i = 0; i < COUNT(commands); i++)
		if (commands[i].run == command) {
			*action = commands[i].action;
			return true;
		}
	return false;
}

/* ---- Escape ---- */

static bool needs_text(rl_command_func_t *function)
{
	static rl_command_func_t *const functions[] = {
		rl_backward_word,
		rl_forward_word,
		rl_backward_kill_word,
		rl_kill_word,
		rl_capitalize_word,
		rl_downcase_word,
		rl_upcase_word,
		rl_transpose_words,
		rl_delete_horizontal_space,
		rl_set_mark,
		rl_yank_pop,
		rl_tilde_expand,
		rl_complete,
		rl_possible_completions,
		rl_insert_completions,
	};
	for (size_t i = 0; i < COUNT(functions); i++)
		if (functions[i] == function)
			return true;
	return function == rl_revert_line && !rl_undo_list;
}

bool input_bindings_is_idle(const char *keys, size_t len, bool empty)
{
	struct binding found = input_bindings_look_up(keys, len);
	if (found.command == rl_do_lowercase_version && len == 2) {
		const char lower[] = { keys[0], (char)tolower((unsigned char)keys[1]) };
		found = input_bindings_look_up(lower, len);
	}
	if (!found.command || found.command == refuse)
		return true;
	if (found.type == ISKMAP)
		return len == 2 && (keys[1] == '[' || keys[1] == 'O' || keys[1] == ESC);
	return empty && found.type == ISFUNC && needs_text(found.command);
}

/* readline puts a function of no name on vi's ESC, which does nothing. */
static bool does_something(KEYMAP_ENTRY entry)
{
	if (!entry.function || entry.type != ISFUNC)
		return entry.function != NULL;
	for (FUNMAP **named = funmap; named && *named; named++)
		if ((*named)->function == entry.function)
			return true;
	return false;
}

bool input_bindings_has_escape(void)
{
	struct binding found = input_bindings_look_up("\033", 1);
	if (found.type == ISKMAP && found.keymap)
		return does_something(found.keymap[ANYOTHERKEY]);
	return does_something(rl_get_keymap()[ESC]);
}
