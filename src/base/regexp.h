// SPDX-License-Identifier: GPL-3.0-or-later
/* regexp: a regular expression, or a plain text, that is looked for in bytes as they come. It is a
 * machine that takes one byte after the other, so what it finds does not depend on how the bytes
 * are cut into pieces, and its time is proportional to their number, whatever they are. regexec(3)
 * is not used: in glibc, "a.*b" takes half an hour for 1 MiB of "a", a back-reference or a nested
 * bounded repeat all memory.
 *
 * The language is that of POSIX extended regular expressions, as awk and "grep -E" read them: a
 * byte is a character, NUL too; C escapes, and \d \s \w \D \S \W, count within brackets, too; '.'
 * and [^…] match no line feed; ^ is the beginning of a line, $ its end, before LF, CR LF, or the
 * end of the text. There are no back-references, and a pattern that would take more than
 * REGEXP_NODES nodes is refused. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

enum {
	REGEXP_MOST = 1024,  /* bytes of a pattern */
	REGEXP_NODES = 2000, /* one for each byte that it matches, and for each repeat and choice */
};

struct regexp;

/* NULL with a usage error, which names the place. */
struct regexp *regexp_new(const char *pattern, size_t len, bool any_case, struct error *error);

/* The same for a text of any length that is not empty. */
struct regexp *regexp_new_text(const char *text, size_t len);

/* What <"text"|/regex/> stands for, as it was typed: a text, in quotes or not, with C escapes, or a
 * regular expression between slashes, \/ within it; /…/i takes upper and lower case as the same. */
struct regexp *regexp_parse(const char *typed, struct error *error);

void regexp_free(struct regexp *regexp);

/* Starts again, with a new text. True: it matches no bytes at all, as "a*" does. */
bool regexp_begin(struct regexp *regexp);

/* The next bytes of the text. True: it has been found, for the first time, in the text up to and
 * including bytes[*taken - 1]; then regexp_begin() is due. To know a $ takes the line feed. */
bool regexp_feed(struct regexp *regexp, const char *bytes, size_t len, size_t *taken);

/* The text ends here. True: it has been found at its end. */
bool regexp_end(struct regexp *regexp);

/* From now on it is looked for only where the text begins; regexp_is_lost(): it can no longer be found
 * there. */
void regexp_anchor(struct regexp *regexp);
bool regexp_is_lost(const struct regexp *regexp);

/* Whether it is found in this text. */
bool regexp_finds(struct regexp *regexp, const char *bytes, size_t len);

/* Of a plain text: where most of its beginning is in these bytes, and how much of it; 0 for a
 * regular expression. */
size_t regexp_nearest(struct regexp *regexp, const char *bytes, size_t len, size_t *at);
