// SPDX-License-Identifier: GPL-3.0-or-later
/* byte_escape: bytes on readline's line that are not text. readline loops forever on bytes that are
 * no character of the locale, and its line cannot hold NUL. So such a byte is four characters on
 * the line: BYTE_MARK, 'x' and two hexadecimal digits, and is shown as \xff.
 *
 * The mark makes the escape, not the backslash: a typed \xff is four characters and is sent as
 * four. When the line is handed over, each escape becomes its byte again. A mark without x and two
 * digits after it, because a person has edited them, becomes a backslash, as it is shown. A byte
 * that equals the mark is escaped, too, so every sequence of bytes survives. Pure: knows no
 * readline. */
#pragma once

#include <stddef.h>

#include "base/buf.h"

enum {
	BYTE_MARK = 0x1c, /* FS: no terminal sends it within text, and every locale has it */
	BYTE_ESCAPE = 4,  /* bytes of an escape on the line */
};

/* BYTE_ESCAPE if s[0..n) begins with an escape, else 0. */
size_t byte_escape_length(const char *s, size_t n);

/* Appends bytes in their form on the line. */
void byte_escape_encode(const char *bytes, size_t len, struct buf *out);

/* Appends the bytes of a line, or of a part of one. */
void byte_escape_decode(const char *text, size_t len, struct buf *out);
