// SPDX-License-Identifier: GPL-3.0-or-later
/* input_edits: lines of the history that are edited. Before version 8.3 readline lets the entry, the
 * line that was left for it, and the line that is edited share one list of changes, and frees it
 * more than once. So here such a list ends before a command leaves its line, and what an entry was
 * is kept here until that is sent. Later versions are left alone. Part of input: nobody else
 * includes it. */
#pragma once

#include <readline/readline.h>

void edits_start(void);
void edits_stop(void);

/* Around every key that readline is given; `command` is what it will run, if that is known. */
void edits_before(rl_command_func_t *command);
void edits_after(void);

/* A line has ended: its entry, or with revert-all-at-newline every one, becomes what it was. */
void edits_end_line(void);

/* The oldest entry leaves the list. */
void edits_lose_oldest(void);
