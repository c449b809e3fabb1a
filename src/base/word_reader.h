// SPDX-License-Identifier: GPL-3.0-or-later
/* word_reader: the words of a line, one after the other, between spaces, tabs and line feeds. Those of
 * /cable and of /fault. Borrows the line. */
#pragma once

#include <stdbool.h>

enum { WORD_READER_SIZE = 64 }; /* of a word with its NUL */

struct word_reader {
	const char *at; /* what has not been read yet */
	char word
	        [WORD_READER_SIZE]; /* the last one; one that is too long is cut, and ends in "…" */
};

/* Reads the next word; false at the end, where the word is "". */
bool word_reader_next(struct word_reader *reader);

bool word_reader_is_at_end(const struct word_reader *reader);
bool word_reader_is_at_number(
        const struct word_reader *reader); /* the next word begins with a digit */
