// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/input_bindings.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include <readline/readline.h>

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

/* Both read keys in a loop of their own, in which the program would be blind. */
static const char *const nested_readers[] = { "execute-named-command", "bracketed-paste-begin" };

#define COUNT(array) (sizeof(array) / sizeof *(array))

void input_bindings_add(void (*to_perform)(enum input_action action))
{
	perform = to_perform;
	for (size_t i = 0; i < COUNT(commands); i++)
		rl_add_defun(commands[i].name, commands[i].run, -1);
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

/* Not just unbound: then the last byte of its key would be taken for text. */
static void replace_by_refusal(rl_command_func_t *function, Keymap map)
{
	char **keys = function ? rl_invoking_keyseqs_in_map(function, map) : NULL;
	for (char **key = keys; key && *key; key++)
		rl_bind_keyseq_in_map(*key, refuse, map);
	free_list(keys);
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

/* insert-comment sends the line with a '#' in front, one slip beside Alt-3: not to a peer. On a key
 * of the user's own it stays. */
static void unbind_comment(const char *key, const char *keymap)
{
	Keymap map = rl_get_keymap_by_name(keymap);
	if (rl_function_of_keyseq(key, map, NULL) == rl_insert_comment)
		rl_bind_keyseq_in_map(key, NULL, map);
}

/* Two Escapes are two, and not TAB. */
static void unbind_second_escape(void)
{
	Keymap map = rl_get_keymap_by_name("emacs-standard");
	if (rl_function_of_keyseq("\033\033", map, NULL) == rl_complete)
		rl_bind_keyseq_in_map("\033\033", NULL, map);
}

void input_bindings_apply(void)
{
	rl_variable_bind("blink-matching-paren", "off"); /* it waits on the terminal by itself */
	for (size_t i = 0; i < COUNT(keymaps); i++) {
		Keymap map = rl_get_keymap_by_name(keymaps[i]);
		for (size_t k = 0; k < COUNT(nested_readers); k++)
			replace_by_refusal(rl_named_function(nested_readers[k]), map);
		bind_ours(map);
		bind_editing_keys(map);
	}
	unbind_second_escape();
	unbind_comment("\033#", "emacs-standard");
	unbind_comment("#", "vi-command");
}

bool input_bindings_find(const char *keys, size_t len, enum input_action *action)
{
	int type = -1;
	rl_command_func_t *function = rl_function_of_keyseq_len(keys, len, rl_get_keymap(), &type);
	if (!function || type != ISFUNC)
		return false;
	for (size_t i = 0; i < COUNT(commands); i++)
		if (commands[i].run == function) {
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
	int type = -1;
	rl_command_func_t *function = rl_function_of_keyseq_len(keys, len, rl_get_keymap(), &type);
	if (function == rl_do_lowercase_version && len == 2) {
		const char lower[] = { keys[0], (char)tolower((unsigned char)keys[1]) };
		function = rl_function_of_keyseq_len(lower, len, rl_get_keymap(), &type);
	}
	if (!function || function == refuse)
		return true;
	if (type == ISKMAP)
		return len == 2 && (keys[1] == '[' || keys[1] == 'O' || keys[1] == ESC);
	return empty && type == ISFUNC && needs_text(function);
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
	KEYMAP_ENTRY entry = rl_get_keymap()[ESC];
	if (entry.type != ISKMAP)
		return does_something(entry);
	union { /* readline keeps either in a pointer to a function */
		rl_command_func_t *function;
		Keymap keymap;
	} found = { .function = entry.function };
	return does_something(found.keymap[ANYOTHERKEY]);
}
