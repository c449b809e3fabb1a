// SPDX-License-Identifier: GPL-3.0-or-later
/* html_page: what all pages of HTML have that the program writes, reports and the handouts of lessons: a head that lets
 * nothing be loaded or run, the style sheet, an end. What is between them is made with view/markup. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "base/buf.h"

/* Up to <body>. `styles`: further style sheets, NULL after the last one. */
void html_page_begin(const char *title, const char *const styles[], struct buf *out);

/* From </main> on. `words`: what else is said in the foot; "" for nothing. */
void html_page_end(const char *words, struct buf *out);

/* False when writing failed; errno says why. */
bool html_page_write(const struct buf *page, FILE *file);
