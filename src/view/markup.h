// SPDX-License-Identifier: GPL-3.0-or-later
/* markup: text within HTML and SVG. The only place where text becomes markup: whatever a peer, a file or
 * a person has written comes out as text, with marks in place of what must not reach a screen. The
 * output is UTF-8 in every locale, and correct in element content and in quoted attributes, for HTML and
 * for XML 1.0. */
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

/* The class of a style: "e"; NULL for STYLE_TEXT. */
const char *markup_class(enum style style);

/* Appends the program's own markup. Its conversions are %s, %d, %u, %zu and %PRIu64, and a text is
 * escaped, so that no value becomes markup. */
void markup_printf(struct buf *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
