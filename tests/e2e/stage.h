// SPDX-License-Identifier: GPL-3.0-or-later
/* stage: where the program is played: a private home without start-up file or history, a plain
 * environment, and sockpit in a terminal of a given size. */
#pragma once

#include <stdbool.h>

#include "support/vt.h"

/* Once, first. The directories are removed when the test ends. */
void stage_open(void);
const char *stage_home(void);

/* A file in the home. The name holds until the next call. */
const char *stage_path(const char *name);

/* Writes such a file, and whether this text is in one. */
void stage_put_file(const char *name, const char *text);
bool stage_file_has(const char *name, const char *text);

/* sockpit with STAGE_WORDS("-u", "127.0.0.1", "7001"), or STAGE_WORDS(NULL) for none. */
struct vt *stage_run(int rows, int columns, const char *term, const char *const words[]);
#define STAGE_WORDS(...)                                                                           \
	(const char *const[])                                                                      \
	{                                                                                          \
		__VA_ARGS__, NULL                                                                  \
	}

/* --demo at 80x24, ready to type. */
struct vt *stage_demo(const char *term);

/* Waits until the last row is this and nothing more. */
bool stage_wait_last_row(struct vt *vt, const char *text);

/* A row of the screen that holds both texts: "→" and "hello". */
bool stage_wait_row(struct vt *vt, const char *text, const char *other);

/* The port after the first occurrence of a text on the screen: "127.0.0.1:", "⇄ 127.0.0.1:"; 0
 * when there is none. */
unsigned stage_port(struct vt *vt, const char *before);

/* Everything that a program can change about a terminal is as before; a diagnostic for each thing
 * that is not. */
bool stage_is_restored(struct vt *vt);

/* /quit!, with status 0 and a restored terminal; frees. */
bool stage_quit(struct vt *vt);

/* Under a shell: a job of it has the terminal, or the shell has it again. */
bool stage_wait_job(struct vt *vt);
bool stage_wait_shell(struct vt *vt);
