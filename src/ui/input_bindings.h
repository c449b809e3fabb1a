// SPDX-License-Identifier: GPL-3.0-or-later
/* input_bindings: the named readline commands of our own and the keys they are on. Part of input:
 * nobody else includes it. */
#pragma once

#include <stdbool.h>
#include <stdio.h> /* readline.h needs it */

#include <readline/readline.h>

#include "ui/input.h"

/* What a key is bound to; readline keeps all three in a pointer to a function. */
struct binding {
	int type; /* ISFUNC, ISKMAP, ISMACR */
	union {
		rl_command_func_t *command; /* NULL: nothing is bound */
		Keymap keymap;
		const char *macro;
	};
};

/* Before inputrc is read, so that it can name the commands. `perform` is called when one runs. */
void input_bindings_add(void (*perform)(enum input_action action));

/* After inputrc has been read: gives each command its usual keys in every keymap in which inputrc
 * does not name it, and takes away what cannot work here. Does no harm when repeated. */
void input_bindings_apply(void);

/* What these keys are bound to in the keymap in force. */
struct binding input_bindings_look_up(const char *keys, size_t len);

/* Is this a command of ours? */
bool input_bindings_find(rl_command_func_t *command, enum input_action *action);

/* A whole key that does nothing in the keymap in force; on an empty line also one that is on a
 * command for the text around the cursor. */
bool input_bindings_is_idle(const char *keys, size_t len, bool empty);

/* inputrc has put something on ESC itself; in vi's insert mode readline has. */
bool input_bindings_has_escape(void);
