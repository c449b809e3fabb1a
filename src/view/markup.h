// SPDX-License-Identifier: GPL-3.0-or-later
/* markup: text within HTML and SVG. The only place where text becomes markup: whatever a peer, a file or
 * a person has written comes out as text, with marks in place of what must not reach a screen. UTF-8,
 * whatever the locale; right in element content and in quoted attributes, for HTML and for XML 1.0. */
#pragma once

#include <stdint.h>

#include "base/buf.h"
#include "view/row.h"

/* Appends the whole text. */
void markup_text(struct buf *out, const char *text, size_t len);

/* Appends at most that many columns of it. */
void markup_columns(struct buf *out, const char *text, int columns);

void markup_row(struct buf *out, const struct row *row);

/* Appends glyphs [from, to) of a row, those of a style in a <span> of its class. */
void markup_styled(struct buf *out, const struct row *row, size_t from, size_t to);

/* "e": the class of what is of this style; NULL for STYLE_TEXT. */
const char *markup_class(enum style style);

/* Appends markup of the program's own, in which %s, %d, %u, %zu and %PRIu64 stand for values: so no
 * value can become markup. */
void markup_printf(struct buf *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
