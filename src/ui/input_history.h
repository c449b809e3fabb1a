// SPDX-License-Identifier: GPL-3.0-or-later
/* input_history: the history lists of readline, edited lines in them, and their files: the common
 * one is $XDG_STATE_HOME/sockpit/history, 0600, that of a target history-NAME beside it. A file has readline's format with time stamps, so that
 * an entry may have several lines; several programs may append to it at once. Entries that cannot
 * be written are kept, and tried again with the next line and at the end. One line on standard
 * error says that the file cannot be read or written, and one that it can be again; the program
 * goes on.
 *
 * Before version 8.3, readline lets a history entry, the line left for it, and the line being
 * edited share one undo list, and frees that more than once. So the undo list is dropped here
 * before a command leaves its line, and the original text of an entry is kept until the line is
 * sent. */
#pragma once

#include <stddef.h>

enum {
	HISTORY_ENTRIES = 1000,       /* in the list, and in the file at the end of the program */
	HISTORY_ENTRY_MOST = 1 << 20, /* bytes; a longer line is not kept */
	HISTORY_BYTES = 4 << 20,      /* of all entries in the list */
};

/* Reads the file, or the end of a very long one. */
void input_history_start(void);

/* Between two lines: the list and the file are those of this name from now on, NULL for the common
 * ones. */
void input_history_choose(const char *name);

/* Appends a line to the list and the file; many at once are written together. A line that is empty,
 * begins with a blank, or repeats the last one is left out. */
void input_history_add(const char *line);

/* The entries of the list, newest first; NULL after the oldest. */
const char *input_history_past(size_t index);

/* Before and after every key for readline; `command`: the one it will run, or NULL. */
void input_history_before_key(int (*command)(int count, int key));
void input_history_after_key(void);

/* A line has ended: its entry, or with revert-all-at-newline every entry, gets its original text
 * back. */
void input_history_end_line(void);

void input_history_stop(void);
