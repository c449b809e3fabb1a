// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/input_bindings.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include <readline/readline.h>

#include "ui/macros.h"

static void (*perform)(const struct binding *row); /* readline passes its functions no context */

static int run_row(size_t index, int key)
{
	const struct binding *row = &binding_table[index];
	perform(row);
	/* Ends the line the ordinary way, so that readline itself unwinds its history edits and
	 * undo lists; who takes the line drops it. Clearing the buffer by hand would leave those,
	 * and vi mode, in disorder. */
	return row->action == BINDING_INTERRUPT ? rl_newline(1, key) : 0;
}

/* readline does not say under which name it calls a function: each row has one of its own. */
#define FUNCTION(n)                                                                                \
	static int run_##n(int count, int key)                                                     \
	{                                                                                          \
		(void)count;                                                                       \
		return run_row(n, key);                                                            \
	}
#define EACH_ROW(DO)                                                                               \
	DO(0)                                                                                      \
	DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7) DO(8) DO(9) DO(10) DO(11) DO(12) DO(13) DO(14)   \
	        DO(15) DO(16) DO(17) DO(18) DO(19) DO(20) DO(21) DO(22) DO(23) DO(24) DO(25)       \
	                DO(26) DO(27) DO(28) DO(29) DO(30) DO(31) DO(32) DO(33) DO(34) DO(35)      \
	                        DO(36) DO(37) DO(38) DO(39) DO(40) DO(41) DO(42) DO(43) DO(44)     \
	                                DO(45) DO(46) DO(47) DO(48) DO(49) DO(50) DO(51) DO(52)    \
	                                        DO(53) DO(54) DO(55) DO(56) DO(57) DO(58) DO(59)   \
	                                                DO(60) DO(61) DO(62) DO(63)
#define ENTRY(n) run_##n,

EACH_ROW(FUNCTION)
static rl_command_func_t *const functions[] = { EACH_ROW(ENTRY) };

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

void input_bindings_add(void (*to_perform)(const struct binding *row))
{
	perform = to_perform;
	for (size_t i = 0; binding_table[i].name; i++) {
		assert(i < COUNT(functions));
		rl_add_defun(binding_table[i].name, functions[i], -1);
	}
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
		struct bound found = { map[key].type, .command = map[key].function };
		if (found.type == ISFUNC && found.command)
			map[key].function = find_substitute(found.command);
		else if (found.type == ISKMAP && found.keymap)
			substitute(found.keymap);
	}
}

static void bind_ours(Keymap map)
{
	for (size_t i = 0; binding_table[i].name; i++) {
		if (is_bound(functions[i], map))
			continue;
		for (const char *const *key = binding_table[i].keys; *key; key++)
			rl_bind_keyseq_in_map(*key, functions[i], map);
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

struct bound input_bindings_look_up(const char *keys, size_t len)
{
	struct bound found = { .type = ISFUNC };
	found.command = rl_function_of_keyseq_len(keys, len, rl_get_keymap(), &found.type);
	return found;
}

const struct binding *input_bindings_row(rl_command_func_t *function)
{
	for (size_t i = 0; binding_table[i].name; i++)
		if (functions[i] == function)
			return &binding_table[i];
	return NULL;
}

void input_bindings_print(const struct binding *row, struct buf *out)
{
	char **keys = rl_invoking_keyseqs(functions[row - binding_table]);
	if (keys)
		binding_print_keys((const char *const *)keys, out);
	free_list(keys);
}

/* ---- Escape ---- */

static bool needs_text(rl_command_func_t *function)
{
	static rl_command_func_t *const for_text[] = {
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
	for (size_t i = 0; i < COUNT(for_text); i++)
		if (for_text[i] == function)
			return true;
	return function == rl_revert_line && !rl_undo_list;
}

bool input_bindings_is_idle(const char *keys, size_t len, bool empty)
{
	struct bound found = input_bindings_look_up(keys, len);
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
	struct bound found = input_bindings_look_up("\033", 1);
	if (found.type == ISKMAP && found.keymap)
		return does_something(found.keymap[ANYOTHERKEY]);
	return does_something(rl_get_keymap()[ESC]);
}
