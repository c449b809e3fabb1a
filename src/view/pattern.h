// SPDX-License-Identifier: GPL-3.0-or-later
/* pattern: the text of /find, and how it is marked. Upper and lower case are the same, unless the
 * text has a capital letter. Case is folded in the searched bytes themselves, once for each stretch
 * of them, so that memmem() does the rest; a letter whose two cases differ in length stays as it
 * is, so that no byte moves. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <wchar.h>

#include "view/row.h"

enum { PATTERN_MAX = 256, PATTERN_LETTER = 4 };

struct pattern {
	char bytes[PATTERN_MAX];
	size_t len;
	bool folds;

	/* the letters of the text beyond ASCII that have a capital, each once */
	struct pattern_letter {
		char capital[PATTERN_LETTER], small[PATTERN_LETTER];
		unsigned char len;
		unsigned char next; /* 1 + the next one whose capital has this second byte */
	} letter[PATTERN_MAX / 2];
	size_t letters;
	bool leads[256];           /* whether a capital begins with this byte */
	unsigned char second[256]; /* 1 + the first capital with this second byte, 0 = none */
};

/* Of text[0..len), at most PATTERN_MAX. */
void pattern_init(struct pattern *pattern, const char *text, size_t len);

/* Makes letters small that the pattern has small. What follows a cut character is not needed. */
void pattern_fold(const struct pattern *pattern, char *bytes, size_t len);

/* Where it begins in folded bytes; NULL for nowhere. */
const char *pattern_search(const struct pattern *pattern, const char *bytes, size_t len);

/* Whether text has a capital letter, so that case matters. */
bool pattern_has_capital(const char *text, size_t len);

/* found[i] for each byte of bytes[0..len) that is part of a hit; also of hits that overlap. */
void pattern_mark_bytes(const char *bytes, size_t len, const char *find, size_t find_len,
                        bool *found);

/* Gives the glyphs of a hit the style STYLE_FOUND: for rows whose text is our own. */
void pattern_mark_row(struct row *row, const char *find, size_t len);
