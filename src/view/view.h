// SPDX-License-Identifier: GPL-3.0-or-later
/* view: the transcript of one session as rows of a given width. A pane is a walk over paragraphs: a
 * message line, a datagram, a note, each named by the place where it begins. Nothing is stored, so
 * a place stays good whatever arrives, and rows are made only for what is on the screen. Knows no
 * socket and no curses.
 *
 * A stream is cut into paragraphs at its line ends. Bytes of one direction belong together across
 * recv() boundaries (a character split over two calls is whole) until something else is shown
 * between them. A line that does not end is cut at stream positions that are multiples of VIEW_LONG
 * bytes, so that the work for one screen is bounded whatever a peer sends, and cuts are the same
 * from wherever one looks. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "record/transcript.h"
#include "view/row.h"

enum { VIEW_LONG = 4096 };

enum view_time { VIEW_TIME_OFF, VIEW_TIME_CLOCK, VIEW_TIME_RELATIVE, VIEW_TIME_DELTA };

struct view {
	const struct transcript *transcript;
	uint32_t session;
	int columns;         /* > 0 */
	enum view_time time; /* relative: since the oldest entry shown; delta: since the paragraph
	                        before */
	bool marks; /* brackets around what each call moved: [hello], [] for an empty datagram */
};

/* Where a paragraph begins: an entry and a byte of its payload. */
struct place {
	uint64_t entry;
	uint32_t offset;
};

/* The newest paragraph; false where there is nothing to show. */
bool view_last(const struct view *view, struct place *place);

/* One paragraph towards the past, or the future; false, and `place` unchanged, at the end. A place
 * whose entry has been evicted goes to the oldest paragraph left (view_after) or nowhere
 * (view_before). */
bool view_before(const struct view *view, struct place *place);
bool view_after(const struct view *view, struct place *place);

/* True while the place's entry is still in the transcript. */
bool view_has(const struct view *view, struct place place);

/* Lays the paragraph out: `21:04:11.004 →  Hello, server!⏎      15 bytes`, continuation rows
 * indented to the text. At least one row. A size that does not fit is left away; narrow panes have
 * no milliseconds, no addresses, no time, no arrow, in this order. */
void view_layout(const struct view *view, struct place place, struct rows *rows);

/* How many paragraphs came after this place (at most `limit`): what a scrolled-back pane
 * calls new. */
int view_count_after(const struct view *view, struct place place, int limit);
