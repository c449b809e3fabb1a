// SPDX-License-Identifier: GPL-3.0-or-later
/* ladder: the conversation of two ends drawn between two lines: calls in both margins, segments
 * with their marks between them, states, times. Both margins are filled where both ends are
 * sessions of ours (view->other), else one. As rows of the pane (ladder_view), as text, as SVG. */
#pragma once

#include <stdio.h>

#include "base/buf.h"
#include "view/view_ops.h"

/* All of it, laid out for view->columns, in the locale's encoding, with LF; notes of the program
 * are left out. *entries is how many were drawn. False when writing failed; errno says why. */
bool ladder_write_text(const struct view *view, FILE *file, uint64_t *entries);

/* The newest LADDER_SVG_MOST entries as a standalone SVG document, UTF-8, XML 1.0; it says so where
 * there are more. */
enum { LADDER_SVG_MOST = 4000 };
bool ladder_write_svg(const struct view *view, FILE *file, uint64_t *entries);

/* The newest `most` entries as drawings within an HTML page, LADDER_PIECE rows in each, so that a
 * printed page may end between them. Before each the names of both ends are a drawing of their own, of
 * the class "ends": a screen needs the first one only. Returns how many entries were drawn; *older:
 * there are more. The page has the rules and, before all drawings, the arrowheads once; its custom
 * properties --ink, --faint, --line, --in, --out and --bad are the colours. */
enum { LADDER_PIECE = 16 };
extern const char ladder_page_style[];
void ladder_append_heads(struct buf *out);
uint64_t ladder_append_html(const struct view *view, int most, struct buf *out, bool *older);
