// SPDX-License-Identifier: GPL-3.0-or-later
/* input_bindings: the named readline commands of our own and the keys they are on. Part of input:
 * nobody else includes it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "ui/input.h"

/* Before inputrc is read, so that it can name the commands. `perform` is called when one runs. */
void input_bindings_add(void (*perform)(enum input_action action));

/* After inputrc has been read: gives each command its usual keys in every keymap in which inputrc
 * does not name it, and takes away what cannot work here. Does no harm when repeated. */
void input_bindings_apply(void);

/* Is this key, in the keymap in force, on a command of ours? */
bool input_bindings_find(const char *keys, size_t len, enum input_action *action);

/* A whole key that does nothing in the keymap in force; on an empty line also one that is on a
 * command for the text around the cursor. */
bool input_bindings_is_idle(const char *keys, size_t len, bool empty);

/* inputrc has put something on ESC itself; in vi's insert mode readline has. */
bool input_bindings_has_escape(void);
