// SPDX-License-Identifier: GPL-3.0-or-later
/* view: the transcript of one session, or of all, as rows of a given width. A pane is a walk over
 * paragraphs: a message line, a datagram, a note (chat); a call (trace, ladder); a piece of what a
 * call moved (hex), each named by the location where it begins. Nothing is stored, so a location
 * stays good whatever arrives, and rows are made only for what is on the screen. Knows no socket
 * and no curses, and of the views only what view_ops.h lists.
 *
 * A stream is cut into paragraphs at its line ends, and where it paused. Bytes of one direction
 * belong together across recv() boundaries (a character split over two calls is whole) until
 * something else is shown between them. A line that does not end is cut at stream positions that
 * are multiples of VIEW_LONG bytes, or of VIEW_PIECE bytes where the calls are small, so that the
 * work for one screen is bounded whatever a peer sends, and cuts are the same from wherever one
 * looks. */
#pragma once

#include "base/choice.h"
#include "view/view_ops.h"

/* The views in order; NULL after the last one. */
const struct view_ops *view_listed(size_t index);

extern const struct choice view_names;

/* By its whole name; NULL for none. */
const struct view_ops *view_named(const char *name);

/* The view that F2 turns to; `all`: among those that merge. */
const struct view_ops *view_next(const struct view_ops *from, bool all);

/* The newest paragraph; false if there is none. */
bool view_last(const struct view *view, struct location *location);

/* One paragraph towards the past, or the future; false, and *location unchanged, at the end. From a
 * location whose entry has been evicted: the oldest paragraph left (view_after) or none
 * (view_before). */
bool view_before(const struct view *view, struct location *location);
bool view_after(const struct view *view, struct location *location);

/* Whether a pane shows clear text on the left and TLS records on the right. */
bool view_has_sides(const struct view *view);

/* True while the location's entry is still in the transcript, and has a paragraph. */
bool view_has(const struct view *view, struct location location);

/* The rows above the entries; most views have none. */
void view_heading(const struct view *view, struct rows *rows);

/* Lays the paragraph out: `21:04:11.004 →  Hello, server!⏎      15 bytes`, continuation rows
 * indented to the text. At least one row. A size that does not fit is left out; narrow panes have
 * no milliseconds, no addresses, no time, no arrow, in this order. */
void view_layout(const struct view *view, struct location location, struct rows *rows);

/* Appends the bytes of a paragraph that was sent or received, as they were; false, and some of them appended,
 * if that is more than `out` takes. */
bool view_bytes(const struct view *view, struct location location, struct buf *out);

/* The newest entry that is shown, and the next one after an entry that need not be, which may have
 * been evicted; TRANSCRIPT_NONE for none. */
uint64_t view_newest_entry(const struct view *view);
uint64_t view_entry_after(const struct view *view, uint64_t entry);

/* Whether the newest paragraph may still grow: the line of a stream that has no end yet.
 * *in_character: it ends in the middle of a character. */
bool view_is_open(const struct view *view, bool *in_character);

/* The number of paragraphs after this location, at most `limit`: what a scrolled-back pane calls
 * new. */
int view_count_after(const struct view *view, struct location location, int limit);
