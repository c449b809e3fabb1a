// SPDX-License-Identifier: GPL-3.0-or-later
/* output_file: where curses writes. A file in memory, so that writing never blocks and has no
 * limit, however large a frame and however slow the terminal; its bytes are passed on to a
 * non-blocking descriptor as that one takes them. Starts again at its beginning whenever everything
 * is out. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"

struct output_file {
	int file;     /* to write to, at its own position */
	off_t passed; /* bytes that are out */
};

enum output_file_state {
	OUTPUT_FILE_EMPTY, /* everything is out */
	OUTPUT_FILE_FULL,  /* the other side takes no more now */
	OUTPUT_FILE_GONE,  /* it never will; the bytes have been dropped */
};

bool output_file_open(struct output_file *output_file, struct error *error);

/* Bytes written and not out yet. */
size_t output_file_waiting(const struct output_file *output_file);

/* Forgets what is not out yet. */
void output_file_clear(struct output_file *output_file);

/* Passes on as much as `out` takes without waiting. */
enum output_file_state output_file_pass(struct output_file *output_file, int out);
