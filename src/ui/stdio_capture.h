// SPDX-License-Identifier: GPL-3.0-or-later
/* stdio_capture: catches what libraries write to descriptors 1 and 2 while the screen is ours, in a
 * pipe, and gives it out as lines to be shown as notes; bells are reported apart. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"

struct stdio_capture {
	int fd;       /* the pipe's reading end, non-blocking */
	int found[2]; /* the original descriptors 1 and 2 */
	struct buf text;
};

bool stdio_capture_open(struct stdio_capture *stdio_capture, struct error *error);

/* Puts the original descriptors 1 and 2 back. */
void stdio_capture_close(struct stdio_capture *stdio_capture);

/* The next line; false for none. Text without a line end is a line when nothing follows. Sets *bell
 * if there were bells. */
bool stdio_capture_take(struct stdio_capture *stdio_capture, char *line, size_t size, bool *bell);
