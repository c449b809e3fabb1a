// SPDX-License-Identifier: GPL-3.0-or-later
/* pending_paste: a pasted block that is not put on the input line: it is too large, or its lines
 * look like commands. It waits until it is sent, run or dropped. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

enum { PENDING_PASTE_TEXT = 96 };

struct pending_paste {
	struct buf text; /* line ends are LF */
	size_t lines;
	bool commands;   /* pending_paste_has_commands() */
	bool cut_return; /* the last byte added was a CR: a following LF belongs to it */
};

void pending_paste_init(struct pending_paste *pending_paste, size_t max);
void pending_paste_free(struct pending_paste *pending_paste);
void pending_paste_clear(struct pending_paste *pending_paste);

/* Appends; CR and CR LF, which terminals paste for a line end, become LF. False, and nothing
 * appended, if it would be too much. */
bool pending_paste_add(struct pending_paste *pending_paste, const char *bytes, size_t len);

/* "3 lines, 120 bytes"; "1 line, 10.5 MB". Returns `out`. */
const char *pending_paste_describe(size_t lines, size_t bytes, char out[PENDING_PASTE_TEXT]);

/* There is a line end other than the one at the end. */
bool pending_paste_has_lines(const char *text, size_t len);

/* Several lines, the first beginning with '/', blanks aside: a person may want them sent, or
 * run. */
bool pending_paste_has_commands(const char *text, size_t len);

/* Lines of a text, an unfinished last one included. */
size_t pending_paste_count_lines(const char *text, size_t len);
