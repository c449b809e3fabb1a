// SPDX-License-Identifier: GPL-3.0-or-later
/* input_bindings: what each key is bound to in readline, the rows of the binding table among it. Part
 * of input: nobody else includes it. */
#pragma once

#include <stdbool.h>
#include <stdio.h> /* readline.h needs it */

#include <readline/readline.h>

#include "app/binding.h"

/* What a key is bound to; readline keeps all three in a pointer to a function. */
struct bound {
	int type; /* ISFUNC, ISKMAP, ISMACR */
	union {
		rl_command_func_t *command; /* NULL: nothing is bound */
		Keymap keymap;
		const char *macro;
	};
};

/* Before inputrc is read, so that it can name the rows. `perform` is called when one runs. */
void input_bindings_add(void (*perform)(const struct binding *row));

/* After inputrc has been read: gives each row its usual keys in every keymap in which inputrc does
 * not name it, and removes what cannot work here. Does no harm when repeated. */
void input_bindings_apply(void);

/* What these keys are bound to in the keymap in force. */
struct bound input_bindings_look_up(const char *keys, size_t len);

/* The row that has this function; NULL for those of readline. */
const struct binding *input_bindings_row(rl_command_func_t *function);

/* Appends the keys that a row is on in the keymap in force: "F5, Ctrl-X i". */
void input_bindings_print(const struct binding *row, struct buf *out);

/* A whole key that does nothing in the keymap in force; on an empty line also one that is on a
 * command for the text around the cursor. */
bool input_bindings_is_idle(const char *keys, size_t len, bool empty);

/* inputrc has put something on ESC itself; in vi's insert mode readline has. */
bool input_bindings_has_escape(void);
