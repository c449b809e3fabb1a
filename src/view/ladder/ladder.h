// SPDX-License-Identifier: GPL-3.0-or-later
/* ladder: the conversation of two ends drawn between two lines: calls in both margins, segments
 * with their marks between them, states, times. Both margins are filled where both ends are
 * sessions of ours (view->other), else one. As rows of the pane (ladder_view), as text, as SVG. */
#pragma once

#include <stdio.h>

#include "view/view_ops.h"

/* All of it, laid out for view->columns, in the locale's encoding, with LF; notes of the program
 * are left out. *entries is how many were drawn. False when writing failed; errno says why. */
bool ladder_write_text(const struct view *view, FILE *file, uint64_t *entries);

/* The newest LADDER_SVG_MOST entries as a standalone SVG document, UTF-8, XML 1.0; it says so where
 * there are more. */
enum { LADDER_SVG_MOST = 4000 };
bool ladder_write_svg(const struct view *view, FILE *file, uint64_t *entries);
