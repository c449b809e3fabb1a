// SPDX-License-Identifier: GPL-3.0-or-later
/* home: a path as a person writes it, and where a person's files are. */
#pragma once

/* A copy in which "~/" at the front is the home directory. The caller frees it. */
char *home_expand(const char *path);

/* The path of a file of the program in $XDG_STATE_HOME or ~/.local/state; NULL where there is no such place. The caller frees it. */
char *home_state_file(const char *file);

/* Makes the directories of a path, 0700, but none above the home directory. Errors show when the file
 * is opened. */
void home_make_directories(char *path);
