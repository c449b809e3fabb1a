// SPDX-License-Identifier: GPL-3.0-or-later
/* input_history: the history list of readline, its lines that are edited, and its file:
 * $XDG_STATE_HOME/sockpit/history, 0600. The file has readline's form with time stamps, so that an
 * entry may have several lines; several programs may write it at once. What cannot be written is
 * kept, and tried again with the next line and at the end. That something cannot be read or
 * written, and that it can be again, is one line on standard error, and is no error.
 *
 * Before version 8.3 readline lets an entry, the line that was left for it, and the line that is
 * edited share one list of changes, and frees it more than once. So here such a list ends before a
 * command leaves its line, and what an entry was is kept here until that is sent. */
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

/* Around every key that readline is given; `command` is what it will run, if that is known. */
void input_history_before_key(int (*command)(int count, int key));
void input_history_after_key(void);

/* A line has ended: its entry, or with revert-all-at-newline every one, becomes what it was. */
void input_history_end_line(void);

void input_history_stop(void);
