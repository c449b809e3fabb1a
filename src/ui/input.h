// SPDX-License-Identifier: GPL-3.0-or-later
/* input: GNU readline without a terminal. It is fed whole keys, keeps the line, the history and the
 * key bindings, calls back with whole lines, and never reads or writes the terminal itself. One per
 * program: readline's own state is global, so this file's is too. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/binding.h"
#include "base/buf.h"
#include "ui/keys.h"
#include "ui/line.h"

/* Each may be NULL. None may call back into input, but for input_line() and input_mode(). */
struct input_hooks {
	void *context;
	/* Enter; valid during the call. Bytes that are no text are on the line as escapes
	 * (byte_escape.h), but here they are those bytes: NUL may be among them. The other hooks
	 * are given, and give, bytes, too. False: the text stays on the line. */
	bool (*line)(void *context, const char *line, size_t len);
	bool (*hides)(void *context, const char *line); /* before it: the history may not have it */
	void (*end)(void *context);                     /* Ctrl-D on an empty line */
	void (*command)(void *context, const char *line); /* a key that runs a command line */
	void (*action)(void *context, enum binding_action action);
	char **(*complete)(void *context, const char *line, size_t start, size_t end, bool *files);
	void (*matches)(void *context, char **matches,
	                size_t count); /* several candidates: show them */
	/* A key could do nothing here. readline's own bells go to descriptor 2. */
	void (*bell)(void *context);
};

/* Reads inputrc and the history; `terminal` is a descriptor that readline may ask for the
 * terminal's special characters (it is duplicated; -1 for none). Errors of inputrc, and one line
 * when the history cannot be kept, go to standard error. */
void input_start(const struct input_hooks *hooks, int terminal);
void input_stop(void); /* writes the history */

void input_key(const struct key *key);
void input_set_size(int rows, int columns);

/* The row of the binding table that this key is on now; NULL for none. */
const struct binding *input_binding(const struct key *key);

/* Appends the keys that a row is on now: "F5, Ctrl-X i"; nothing where it is on none. */
void input_print_keys(const struct binding *row, struct buf *out);

/* What is to be shown now: the text, the cursor, the region, and readline's own prompt in a search
 * or count; `prompt` is what is shown otherwise. Valid until the next key. */
struct line input_line(const char *prompt);

/* A search is under way: what is pasted now is what is looked for. */
bool input_is_searching(void);

/* `set horizontal-scroll-mode on`: the line wants one row only. */
bool input_is_sideways(void);

/* Words for the status line: "vi:cmd", "vi:ins", "" for emacs. */
const char *input_mode(void);

/* The user's `keyseq-timeout`: when a key that could go on should count as finished; INT64_MAX for
 * none. */
int64_t input_deadline(void);
void input_timeout(int64_t now);

/* True when the line has changed since the last call. */
bool input_take_dirty(void);

/* Reads asked of readline without a key there: stays 0; a test looks. */
unsigned long input_empty_reads(void);
