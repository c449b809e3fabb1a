// SPDX-License-Identifier: GPL-3.0-or-later
/* svg: text within an SVG drawing, safe for any reader. */
#pragma once

#include "view/row.h"

void svg_add_row(const struct row *row, struct buf *out);

/* At most that many columns of text, marks in place of what must not reach a terminal. */
void svg_add_text(const char *text, int columns, struct buf *out);
