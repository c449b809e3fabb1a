// SPDX-License-Identifier: GPL-3.0-or-later
/* text: cuts bytes of unknown origin into glyphs that are safe for a terminal. It alone decides on
 * characters and columns, and asks the C library (mbrtowc, wcwidth), because curses does the same.
 * Follows the LC_CTYPE in force: in the C locale every byte above 0x7e is shown as a mark. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <wchar.h>

enum { GLYPH_CHARS = 10 };

/* What one step of the cursor covers: a base character with its combining marks, or a mark:
 * readable ASCII in place of something that must not reach a terminal. */
struct glyph {
	wchar_t chars[GLYPH_CHARS + 1]; /* ends with L'\0' */
	uint8_t count;                  /* characters in chars */
	uint8_t width;                  /* columns, at least 1 */
	bool mark;     /* its characters are ASCII, one column each; so are a tab's blanks */
	uint8_t style; /* enum style of view/row.h; 0 from text_glyph() */
};

/* Cuts one glyph off the front of s[0..n), n > 0, and returns the bytes that it took, at least one.
 * C0 becomes "^[", an invalid byte "\x9b"; C1, bidirectional controls, all that Unicode calls
 * ignorable (fillers, joiners, selectors), unassigned characters, and combining ones without a base
 * become "U+202E". U+FE0F after an emoji and a joiner between two are swallowed. With column >= 0 a
 * tab becomes blanks up to the next multiple of 8; with column < 0 it is "^I". At most 4 combining
 * characters are kept for the screen. */
size_t text_glyph(const char *s, size_t n, int column, struct glyph *glyph);

/* Writes the text, with a mark in place of what must not reach a terminal; a tab is "^I". */
void text_print(FILE *out, const char *s, size_t n);

/* The columns of a whole text, by text_glyph(); a tab is "^I". */
int text_columns(const char *s, size_t n);

/* The longest front part of s[0..n) that does not end in the middle of a character: n, or up to 3
 * less. */
size_t text_whole(const char *s, size_t n);

/* True where the locale can show the wide characters that the screen uses as ornaments (→ ← ⏎ ⇄ ●
 * ·). */
bool text_has_unicode(void);
