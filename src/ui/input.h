// SPDX-License-Identifier: GPL-3.0-or-later
/* input: GNU readline without a terminal. It is fed whole keys, keeps the line, the history and the
 * key bindings, calls back with whole lines, and never touches the terminal. One per program:
 * readline's state is global, so this file's is too. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/binding.h"
#include "base/buf.h"
#include "ui/keys.h"
#include "ui/line.h"

/* Each may be NULL. Of this header they may call only input_line() and input_mode(). */
struct input_hooks {
	void *context;
	/* Enter; valid during the call. Escapes (byte_escape.h) are bytes again here, as for the
	 * other hooks: NUL may be among them. False: the text stays on the line. */
	bool (*line)(void *context, const char *line, size_t len);
	bool (*hides)(void *context, const char *line); /* before it: keeps it out of the history */
	void (*end)(void *context);                     /* Ctrl-D on an empty line */
	void (*command)(void *context, const char *line); /* a key that runs a command line */
	void (*action)(void *context, enum binding_action action);
	char **(*complete)(void *context, const char *line, size_t start, size_t end, bool *files);
	void (*matches)(void *context, char **matches,
	                size_t count); /* several candidates: show them */
	/* A key has no effect here. readline's own bells go to descriptor 2. */
	void (*bell)(void *context);
};

/* Reads inputrc and the history. readline asks `terminal` for the special characters (the
 * descriptor is duplicated; -1 for none). Errors of inputrc, and one line when the history cannot
 * be saved, go to standard error. */
void input_start(const struct input_hooks *hooks, int terminal);
void input_stop(void); /* writes the history */

void input_key(const struct key *key);
void input_set_size(int rows, int columns);

/* The row of the binding table to which this key is bound now; NULL for none. */
const struct binding *input_binding(const struct key *key);

/* Appends the keys to which a row is bound now: "F5, Ctrl-X i"; nothing if it is unbound. */
void input_print_keys(const struct binding *row, struct buf *out);

/* The text, the cursor, the region, and the prompt: readline's own during a search or count, else
 * `prompt`. Valid until the next key. */
struct line input_line(const char *prompt);

/* Puts a text on the line if that is empty, and nothing is half typed; false otherwise. */
bool input_put(const char *text);

/* Makes the line empty again if it is this text, and nothing is half typed. */
bool input_take_back(const char *text);

/* During a search a paste is the text to look for. */
bool input_is_searching(void);

/* No search, count or key of several bytes is under way: the next key is one of its own. */
bool input_is_settled(void);

/* The history of this name is the one of the next line, NULL for the common one; while a line is being
 * typed nothing changes. */
void input_choose_history(const char *name);

/* `set horizontal-scroll-mode on`: the line takes one row. */
bool input_is_sideways(void);

/* A word for the status line: "vi:cmd", "vi:ins", "" for emacs. */
const char *input_mode(void);

/* When a key that begins a longer sequence counts as complete, by the user's `keyseq-timeout`;
 * INT64_MAX for never. */
int64_t input_deadline(void);
void input_timeout(int64_t now);

/* True when the line has changed since the last call. */
bool input_take_dirty(void);
