// SPDX-License-Identifier: GPL-3.0-or-later
/* choice: one name out of a list, as a person types it: whole, cut to a unique beginning, or
 * misspelt. Finds commands, settings, sessions, services, options and errno values. Copies
 * nothing. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"

#define CHOICE_NONE SIZE_MAX

/* How well a word fits a name, best first; CHOICE_SHORT is a whole part of it. */
enum choice_fit { CHOICE_WHOLE, CHOICE_SHORT, CHOICE_BEGINNING, CHOICE_DIFFERENT };

struct choice {
	const char *(*name)(const void *context, size_t index); /* NULL after the last one */
	const void *context;
	const char *prefix; /* of each name in a message: "/" */

	/* NULL compares byte by byte; the empty word then fits nothing. */
	enum choice_fit (*fit)(const void *context, size_t index, const char *word, size_t len);
};

/* "a|b|c" as a list of names, `context` of choice_word(). The name is valid until the next call. */
struct choice_words {
	const char *list;
	size_t len;
};
const char *choice_word(const void *words, size_t index);

/* The index of the name that the word fits best. CHOICE_NONE where it fits none, or several equally
 * well: *matches is their number. */
size_t choice_find(const struct choice *choice, const char *word, size_t len, size_t *matches);

/* Fills in the indexes of the names that the word is most likely a misspelling of, at most `most`,
 * and returns their number. Case does not matter. */
size_t choice_nearest(const struct choice *choice, const char *word, size_t len, size_t nearest[],
                      size_t most);

/* As choice_find(), and CHOICE_NONE comes with one line: "ambiguous: "se" is send, set", or "no
 * setting "x"", where `kind` is "setting", completed by choice_suggest(). */
size_t choice_choose(const struct choice *choice, const char *kind, const char *word,
                     const char *otherwise, struct error *error);

/* "ambiguous: /se is /send, /set": where choice_find() had several matches. */
void choice_fail_ambiguous(const struct choice *choice, const char *word, size_t len,
                           struct error *error);

/* Appends to an error that names the word: ": did you mean /open?". Where no name is near, it
 * appends ": " and `otherwise`; all names for NULL, nothing for "". */
void choice_suggest(const struct choice *choice, const char *word, size_t len,
                    const char *otherwise, struct error *error);

/* Appends all names: "a, b and c", where `last` is "and". */
void choice_list(const struct choice *choice, const char *last, struct buf *out);
