// SPDX-License-Identifier: GPL-3.0-or-later
/* choice: one name out of a list, as a person types it: whole, cut to a beginning that no other
 * name has, or misspelt. Commands, settings, sessions, services, options and errno values are all
 * found by this. Copies nothing. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"

#define CHOICE_NONE SIZE_MAX

/* How well a word fits a name, best first. */
enum choice_fit { CHOICE_WHOLE, CHOICE_SHORT, CHOICE_BEGINNING, CHOICE_DIFFERENT };

struct choice {
	const char *(*name)(const void *context, size_t index); /* NULL after the last one */
	const void *context;
	const char *sign; /* goes before each name in a message: "/" */

	/* NULL: byte by byte, and nothing is the beginning of nothing. */
	enum choice_fit (*fit)(const void *context, size_t index, const char *word, size_t len);
};

/* "a|b|c" as a list of names, `context` of choice_word(). The name is valid until the next call. */
struct choice_words {
	const char *list;
	size_t len;
};
const char *choice_word(const void *words, size_t index);

/* The index of the only name that the word fits best; else CHOICE_NONE, and *matches says how many
 * it fits equally well. */
size_t choice_find(const struct choice *choice, const char *word, size_t len, size_t *matches);

/* The names that are nearest, at most `most` of them, as indexes; 0 where none is so near that it
 * was meant. Upper and lower case are the same. */
size_t choice_nearest(const struct choice *choice, const char *word, size_t len, size_t nearest[],
                      size_t most);

/* As choice_find(). CHOICE_NONE with one line: "ambiguous: "se" is send, set", or "no setting "x""
 * of such a `kind` and choice_suggest(). */
size_t choice_choose(const struct choice *choice, const char *kind, const char *word,
                     const char *otherwise, struct error *error);

/* What is wrong with a word that choice_find() has not found: "ambiguous: /se is /send, /set", */
void choice_fail_ambiguous(const struct choice *choice, const char *word, size_t len,
                           struct error *error);

/* and appended to an error that names the word: ": did you mean /open?", or ": " and `otherwise`;
 * where that is NULL, all names; where it is "", nothing. */
void choice_suggest(const struct choice *choice, const char *word, size_t len,
                    const char *otherwise, struct error *error);

/* "a, b and c" of all names, with this word before the last one. */
void choice_list(const struct choice *choice, const char *last, struct buf *out);
