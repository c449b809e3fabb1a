// SPDX-License-Identifier: GPL-3.0-or-later
/* words: cuts a line into words at blanks, "…" and '…' keeping blanks within one. Private to this
 * layer. Copies nothing: a word is a range of the line. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum {
	WORDS_MAX = 12,   /* more than any usage takes */
	WORDS_QUOTED = 56 /* size of a word shown in a message */
};

struct word {
	const char *at, *end; /* with its quotes */
	char quote;           /* the quote that is not closed, or 0 */
};

struct words {
	struct word word[WORDS_MAX];
	size_t count;
};

bool word_is_blank(char c);

/* The first WORDS_MAX words of line[0..len); what follows them is not looked at. */
void words_cut(struct words *words, const char *line, size_t len);

/* The same characters as this text, none of them quoted. */
bool word_is(const struct word *word, const char *text, size_t len);

/* Without the quotes, ended by NUL, at most as long as the word itself; returns what follows the
 * NUL. */
char *word_unquote(const struct word *word, char *out);

/* "…" for a message: on one line, cut where it is long. Returns `out`. */
const char *word_show(const char *text, size_t len, char out[WORDS_QUOTED]);
