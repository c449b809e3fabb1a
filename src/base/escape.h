// SPDX-License-Identifier: GPL-3.0-or-later
/* escape: bytes written as text. C's escapes plus \e, \xHH (exactly two digits), \u{10FFFF}, octal
 * \NNN. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"

/* Appends the bytes that `text` stands for. False at a malformed escape: the error names it and its
 * column, and `out` is unchanged. \u{} gives UTF-8 (RFC 3629): no surrogates, nothing above
 * 10FFFF. */
bool escape_decode(const char *text, struct buf *out, struct error *error);

/* The same for a word as it was typed: quotes, "…" or '…', are left out, but for those within others
 * and after a backslash. */
bool escape_decode_word(const char *word, struct buf *out, struct error *error);

/* Appends bytes given as hexadecimal digit pairs: "48 65 6c", "48656c", "0x48,0x65"; at least one
 * pair. */
bool escape_decode_hex(const char *text, struct buf *out, struct error *error);

/* Appends text that escape_decode() turns back into the same bytes; pure printable ASCII. */
bool escape_encode(const char *data, size_t len, struct buf *out);
