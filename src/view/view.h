// SPDX-License-Identifier: GPL-3.0-or-later
/* view: the transcript of one session, or of all, as rows of a given width. A pane is a walk over
 * paragraphs: a message line, a datagram, a note (chat); a call (trace, ladder); a piece of what a
 * call moved (hex), each named by the place where it begins. Nothing is stored, so
 * a place stays good whatever arrives, and rows are made only for what is on the screen. Knows no
 * socket and no curses.
 *
 * A stream is cut into paragraphs at its line ends, and where it paused. Bytes of one direction
 * belong together across recv() boundaries (a character split over two calls is whole) until
 * something else is shown between them. A line that does not end is cut at stream positions that
 * are multiples of VIEW_LONG bytes, or of VIEW_PIECE bytes where the calls are small, so that the
 * work for one screen is bounded whatever a peer sends, and cuts are the same from wherever one
 * looks. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "record/transcript.h"
#include "view/row.h"

enum {
	VIEW_LONG = 1 << 16, /* a line or a datagram of that many bytes is never cut */
	VIEW_PIECE = 4096,   /* but where it comes in small calls; and hex is cut there */
	VIEW_SMALL = 512,    /* bytes of a call that is not small */
	VIEW_READABLE = 100, /* columns: in a wider pane sizes and measures stay near their text */
};

/* After this long a line goes on in a new row, with a time of its own. */
#define VIEW_PAUSE (100 * CLOCK_MS)

enum view_kind { VIEW_CHAT, VIEW_HEX, VIEW_TRACE, VIEW_LADDER, VIEW_KINDS };

enum view_time { VIEW_TIME_OFF, VIEW_TIME_CLOCK, VIEW_TIME_RELATIVE, VIEW_TIME_DELTA };

struct view {
	const struct transcript *transcript;
	uint32_t session;
	enum view_kind kind;
	bool all;            /* every session, merged by time, each row with a numbered tag */
	uint32_t other;      /* VIEW_LADDER: the session at the other end, 0 = not ours */
	int columns;         /* > 0 */
	enum view_time time; /* relative: since the oldest entry shown; delta: since the paragraph
	                        before */
	bool marks; /* brackets around what each call moved: [hello], [] for an empty datagram */
	int fold;   /* rows that the chat shows of a longer line or datagram; 0 = all */
	const char *find; /* bytes that are highlighted, NULL for none */
	size_t find_len;
};

/* Where a paragraph begins: an entry and a byte of its payload. */
struct location {
	uint64_t entry;
	uint32_t offset;
};

/* The newest paragraph; false where there is nothing to show. */
bool view_last(const struct view *view, struct location *location);

/* One paragraph towards the past, or the future; false, and `place` unchanged, at the end. A place
 * whose entry has been evicted goes to the oldest paragraph left (view_after) or nowhere
 * (view_before). */
bool view_before(const struct view *view, struct location *location);
bool view_after(const struct view *view, struct location *location);

/* True while the place's entry is still in the transcript. */
bool view_has(const struct view *view, struct location location);

/* Lays the paragraph out: `21:04:11.004 →  Hello, server!⏎      15 bytes`, continuation rows
 * indented to the text. At least one row. A size that does not fit is left out; narrow panes have
 * no milliseconds, no addresses, no time, no arrow, in this order. */
void view_layout(const struct view *view, struct location location, struct rows *rows);

/* The newest entry that is shown, and the next one behind an entry that need not be, which may have
 * been evicted; TRANSCRIPT_NONE where there is none. */
uint64_t view_newest_entry(const struct view *view);
uint64_t view_entry_after(const struct view *view, uint64_t entry);

/* Whether the newest paragraph may still grow: the line of a stream that has no end yet.
 * *in_character: it ends in the middle of a character. */
bool view_is_open(const struct view *view, bool *in_character);

/* "chat", "hex", "trace", "ladder". */
const char *view_kind_name(enum view_kind kind);

/* Whether such an entry has a paragraph in this kind of view. */
bool view_shows(enum view_kind kind, const struct entry *entry);

/* How many paragraphs came after this place (at most `limit`): what a scrolled-back pane
 * calls new. */
int view_count_after(const struct view *view, struct location location, int limit);
