// SPDX-License-Identifier: GPL-3.0-or-later
/* held: a pasted block that does not go on the input line: too large for it, or lines that look like
 * commands. It waits, whole, until it is sent, run or dropped. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

enum { HELD_TEXT = 96 };

struct held {
	struct buf text; /* line ends are LF */
	size_t lines;
	bool commands;   /* held_are_commands() */
	bool cut_return; /* the last byte added was a CR: an LF that follows belongs to it */
};

void held_init(struct held *held, size_t max);
void held_free(struct held *held);
void held_clear(struct held *held);

/* Appends; CR and CR LF, which is how terminals paste a line end, become LF. False, and nothing
 * appended, where it would be too much. */
bool held_add(struct held *held, const char *bytes, size_t len);

/* "3 lines, 120 bytes"; "1 line, 10.5M bytes". Returns `out`. */
const char *held_describe(size_t lines, size_t bytes, char out[HELD_TEXT]);

/* There is a line end other than the one at the end. */
bool held_are_lines(const char *text, size_t len);

/* Several lines of which the first begins with '/', blanks aside: whoever pastes them may want them
 * sent, or run. */
bool held_are_commands(const char *text, size_t len);

/* Lines of a text, the last one counted also without its end. */
size_t held_count_lines(const char *text, size_t len);
