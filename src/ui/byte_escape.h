// SPDX-License-Identifier: GPL-3.0-or-later
/* byte_escape: how bytes that are no text are on readline's line. readline loops forever on bytes
 * that are no character of the locale, and its line cannot hold NUL. So such a byte is four
 * characters there: BYTE_MARK, 'x' and two hexadecimal digits, and is shown as \xff.
 *
 * It is the mark that makes the escape, not the backslash: a typed \xff is four characters and is
 * sent as four. When the line is handed over, each escape is that byte again; a mark that is no
 * longer before x and two digits, since a person has edited them, is a backslash, as it is shown.
 * A byte that equals the mark becomes an escape, too, so every sequence of bytes comes back as
 * it was. Pure: knows no readline. */
#pragma once

#include <stddef.h>

#include "base/buf.h"

enum {
	BYTE_MARK = 0x1c, /* FS: no terminal sends it within text, and every locale has it */
	BYTE_ESCAPE = 4,  /* bytes of an escape on the line */
};

/* BYTE_ESCAPE where an escape is at the front of s[0..n), else 0. */
size_t byte_escape_length(const char *s, size_t n);

/* Appends any bytes in the form that they have on the line. */
void byte_escape_encode(const char *bytes, size_t len, struct buf *out);

/* Appends the bytes of a line, or of a part of one. */
void byte_escape_decode(const char *text, size_t len, struct buf *out);
