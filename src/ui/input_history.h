// SPDX-License-Identifier: GPL-3.0-or-later
/* input_history: the history list of readline, and its file: $XDG_STATE_HOME/sockpit/history, 0600.
 * The file has readline's form with time stamps, so that an entry may have several lines; several
 * programs may write it at once. What cannot be written is kept, and tried again with the next line
 * and at the end. That something cannot be read or written, and that it can be again, is one line on
 * standard error, and is no error. Part of input: nobody else includes it. */
#pragma once

#include <stddef.h>

enum {
	HISTORY_ENTRIES = 1000,       /* in the list, and in the file when the program ends */
	HISTORY_ENTRY_MOST = 1 << 20, /* bytes; a longer line is not kept */
	HISTORY_BYTES = 4 << 20,      /* of all entries in the list */
};

/* Reads the file: its end, where it is very long. */
void input_history_start(void);

/* At the end of the list, and into the file: at once, or with the next ones where many come at
 * once. Not when the line is empty, begins with a blank, or repeats the last one. */
void input_history_add(const char *line);

/* The entries of the list, newest first; NULL after the oldest. */
const char *input_history_past(size_t index);

void input_history_stop(void);
