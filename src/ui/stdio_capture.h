// SPDX-License-Identifier: GPL-3.0-or-later
/* stdio_capture: what libraries write to descriptors 1 and 2 while the screen is ours. It goes into
 * a pipe, and comes out as lines to be shown like any other note; bells are reported apart. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"

struct stdio_capture {
	int fd;       /* the pipe's reading end, non-blocking */
	int found[2]; /* what descriptors 1 and 2 were */
	struct buf text;
};

bool stdio_capture_open(struct stdio_capture *stdio_capture, struct error *error);

/* Descriptors 1 and 2 as they were found. */
void stdio_capture_close(struct stdio_capture *stdio_capture);

/* The next line; false when there is none. Text without a line end is a line once nothing
 * follows it. *bell becomes true when there were bells, and else stays as it is. */
bool stdio_capture_take(struct stdio_capture *stdio_capture, char *line, size_t size, bool *bell);
