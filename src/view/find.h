// SPDX-License-Identifier: GPL-3.0-or-later
/* find: where a view has a text: towards the past or the future, over boundaries of calls, in
 * the bytes of the chat and of hex, and in the words of a trace. Case matters only where the text
 * has a capital letter, see view/pattern.h. */
#pragma once

#include "view/pattern.h"
#include "view/view.h"

enum { FIND_MAX = PATTERN_MAX }; /* the longest text, in bytes */

/* The nearest paragraph before (or after) `from` that has view->find; `from` NULL: from the
 * newest (or oldest) one on, inclusive. False if there is none. 64 MiB take less than a tenth of
 * a second. */
bool find_older(const struct view *view, const struct location *from, struct location *hit);
bool find_newer(const struct view *view, const struct location *from, struct location *hit);
