// SPDX-License-Identifier: GPL-3.0-or-later
/* paragraph: where paragraphs begin and end: the cuts that view.h describes, in both directions;
 * and what of them is part of a hit. Private to this directory. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "view/cursor.h"

/* No paragraph is longer: VIEW_LONG bytes up to where a cut may come, the same again up to the next
 * multiple, and the rest of a character. */
enum { PARAGRAPH_MAX = 2 * VIEW_LONG + 3 };

/* From the beginning of a paragraph to after its last byte; returns its bytes, at
 * most PARAGRAPH_MAX. */
uint32_t paragraph_end(struct cursor *cursor);

/* From after the last byte of a paragraph, or of a run, to its beginning. */
void paragraph_begin(struct cursor *cursor);

/* From the beginning of a paragraph to that of the one before; false, and nothing changed, at the
 * oldest. */
bool paragraph_before(struct cursor *cursor);

/* found[i] for each of the `len` bytes from `begin` on, which are there: whether it is part of a
 * hit of view->find, also of one that begins before or ends after them, as far as the bytes there
 * would be joined. All false if nothing is looked for. */
void paragraph_mark_found(const struct cursor *begin, uint32_t len, bool *found);
