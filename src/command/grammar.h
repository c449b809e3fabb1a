// SPDX-License-Identifier: GPL-3.0-or-later
/* grammar: reads a usage string and checks words against it. The usage string *is* the grammar:
 *
 *	<name>      a word that must be there      [<name>]   a word that may be there
 *	a|b         one of these words             [a|b]      one of these words, or nothing
 *	<text...>   the rest of the line, as it was typed after one blank; [<text...>] may be empty
 *	[all] [on|off]  words that may be there, in any order; a word before them that may be left out, too
 *	[as <name>] a tag with its word, anywhere among the arguments; also [on|from <name>]
 *	<line...> [with <pattern>]    a tag that ends the line, with a word in quotes or slashes
 *
 * The name within brackets says what kind of thing it is (session, service, setting, option, error,
 * file, command, peer, address, …) and so what TAB offers. Words may be quoted with "…" or '…'; a
 * quoted word is never a literal. A <pattern> is a text or a regular expression: /…/ holds blanks,
 * and its value is as it was typed, for regexp_parse(). Knows no command. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

enum { GRAMMAR_MAX = 14 }; /* elements of one usage */

struct args {
	const char *value[GRAMMAR_MAX]; /* by element of the usage, NULL where left out; of a
	                                   tagged one the word after its tag */
	size_t column[GRAMMAR_MAX];     /* where each is in the line, from 1; 0 where left out */
	char *memory;                   /* what the values point into */
	size_t size;                    /* of that */
};

/* One element of a usage, as TAB wants it. */
struct element {
	char name[24];        /* "host"; "" for literals */
	const char *literals; /* "tcp|udp" within the usage, not terminated; "on|from" where
	                         tagged; NULL for a placeholder */
	size_t literals_len;
	bool required, rest, tagged; /* tagged: [as <name>] */
};

/* Cuts a usage into its elements; a malformed usage is a programmer's mistake and asserts. */
size_t grammar_elements(const char *usage, struct element elements[GRAMMAR_MAX]);

/* Checks `line` (what follows the command's name and one blank) against the usage. False: one
 * line that says what is wrong and what is right, and error->column. Where an optional literal does not match, its
 * word is tried on the next element; an optional placeholder leaves the last words to the required
 * elements after it. */
bool grammar_match(const char *command, const char *usage, const char *line, struct args *args,
                   struct error *error);
void args_free(struct args *args);
void args_wipe(struct args *args); /* before it: overwrites the values */

/* The error is about this argument, and a mistake of usage. Always false, for a check to return. */
bool args_blame(const struct args *args, size_t index, struct error *error);

/* All elements that a word at line[point] could fill, judged by the words before it; returns how
 * many. After a tag it is that element alone, which is a placeholder from then on. */
size_t grammar_expected(struct element *elements, size_t count, const char *line, size_t point,
                        const struct element *expected[GRAMMAR_MAX]);

/* ---- words ---- */

#define BLANKS " \t\n" /* between words */

enum {
	WORDS_MAX = 24,   /* more than any usage takes */
	WORDS_QUOTED = 56 /* size of a word shown in a message */
};

/* A range of the line: nothing is copied. */
struct word {
	const char *at, *end; /* with its quotes */
	char quote;           /* the quote that is not closed, or 0 */
};

struct words {
	struct word word[WORDS_MAX];
	size_t count;
};

bool word_is_blank(char c);

/* The first WORDS_MAX words of line[0..len); ignores the rest. */
void words_cut(struct words *words, const char *line, size_t len);

/* The next word without its quotes, of a line that goes on after it; NULL at the end, or where a quote
 * does not end: then the line is not empty. The caller frees it. */
char *word_take(const char **line);

/* "…" for a message: on one line, cut where it is long. Returns `out`. */
const char *word_show(const char *text, size_t len, char out[WORDS_QUOTED]);
