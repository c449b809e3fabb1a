// SPDX-License-Identifier: GPL-3.0-or-later
/* output_file: the file that curses writes to. It is in memory, so that writing never blocks,
 * however large a frame and however slow the terminal. Its bytes are passed on to a non-blocking
 * descriptor as that takes them; when all are out, it starts again at its beginning. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"

struct output_file {
	int file;     /* written at its own position */
	off_t passed; /* bytes that are out */
};

enum output_file_state {
	OUTPUT_FILE_EMPTY, /* everything is out */
	OUTPUT_FILE_FULL,  /* the other side takes no more now */
	OUTPUT_FILE_GONE,  /* it never will; the bytes are dropped */
};

bool output_file_open(struct output_file *output_file, struct error *error);

/* Bytes written and not out yet. */
size_t output_file_waiting(const struct output_file *output_file);

/* Drops the bytes that are not out yet. */
void output_file_clear(struct output_file *output_file);

/* Passes on what `out` takes without waiting. */
enum output_file_state output_file_pass(struct output_file *output_file, int out);
