// SPDX-License-Identifier: GPL-3.0-or-later
/* ladder_row: one line of a ladder, whatever it is drawn on: at most one arrow between the two ends,
 * something in each margin, a time; and how each is written in a given number of columns. The pane,
 * the text and the drawing make their own of it. Private to this directory. */
#pragma once

#include <stdio.h>

#include "view/cursor.h"
#include "view/endpoints.h"

/* How something is known. */
enum { MARK_WIRE = 'w', MARK_READ = '*', MARK_COUNTED = 'o', MARK_DEDUCED = '?', MARK_NONE = 0 };

enum { LADDER_LABEL = 128, LADDER_BRIEF = 32, LADDER_MARGIN = 192, LADDER_ROWS_MOST = 16 };

enum way { WAY_NONE, WAY_RIGHT, WAY_LEFT };

enum look {
	LOOK_PLAIN,
	LOOK_AGAIN, /* the same bytes again */
	LOOK_BAD,   /* RST, ICMP: it ends something */
};

/* How far a segment is seen to go. */
enum reach {
	REACH_WHOLE,
	REACH_LEAVES,  /* seen leaving */
	REACH_ARRIVES, /* seen arriving */
	REACH_LOST,    /* it left, and does not arrive */
};

/* Either a call, or words with their shorter forms. */
struct ladder_margin {
	const struct entry *call; /* NULL: the words alone */
	bool answered;            /* the call with its result */
	char text[LADDER_MARGIN]; /* of a call the TLS records in what it moved, or empty */
	char shorter[LADDER_LABEL]; /* or empty: where `text` has no room */
	char brief[LADDER_BRIEF];   /* or empty */
	bool interval;              /* the time in which it was counted belongs to the words */
	char mark;
	enum style style;
};

struct ladder_row {
	int64_t time;  /* clock_now() */
	int64_t since; /* where the time is only the latest possible: the earliest; else 0 */
	enum way way;
	enum look look;
	enum reach reach;
	uint64_t frame; /* position of the frame that it is, else TRANSCRIPT_NONE */
	char mark;
	char label[LADDER_LABEL];
	char shorter[LADDER_LABEL]; /* or empty: less of the label, where all has no room */
	char brief[LADDER_BRIEF];   /* a word of it */
	struct ladder_margin margin[2]; /* left, right */
};

struct ladder_rows {
	struct ladder_row row[LADDER_ROWS_MOST];
	size_t count;
	int64_t time, since; /* of the rows that are added */
};

/* A new empty last row; the last one again once all are used. */
struct ladder_row *ladder_add(struct ladder_rows *rows);

struct ladder_row *ladder_add_arrow(struct ladder_rows *rows, enum way way, char mark,
                                    const char *brief, const char *format, ...)
        __attribute__((format(printf, 5, 6)));

/* The last row where its margin on this side is free, else a new one. */
struct ladder_row *ladder_add_beside(struct ladder_rows *rows, int side);

/* Says what TLS records begin in the data of an arrow: `len` bytes from `begin` on of the stream, where they
 * are known. Bytes that have arrived are when recv() has returned them: an arrow that is drawn before that, as
 * lines that are never changed have it, has no names, and the line of recv() has them. */
void ladder_name_records(const struct view *view, uint64_t position, uint64_t begin, uint64_t len,
                         struct ladder_row *row);

void ladder_put_call(struct ladder_row *row, int side, const struct entry *call, bool answered);

/* Returns the margin, whose shorter forms are still empty. */
struct ladder_margin *ladder_put_words(struct ladder_row *row, int side, char mark,
                                       enum style style, const char *format, ...)
        __attribute__((format(printf, 5, 6)));

bool ladder_margin_is_free(const struct ladder_margin *margin);

/* ---- as text ---- */

/* The text of a margin, in the longest of its forms that takes at most that many columns; without
 * its mark. May still be too long: the caller cuts it. `first` is what times count from. */
void ladder_print_margin(const struct ladder_row *row, int side, int64_t first, int columns,
                         struct buf *out);

/* The arrow's name with its mark, which is the last to go. */
enum { LADDER_NAME_TEXT = LADDER_LABEL + 8 };
void ladder_print_name(const struct ladder_row *row, int columns, char out[LADDER_NAME_TEXT]);

/* "240", "≤617", "61 s" since `first`: at most five columns. */
enum { LADDER_TIME = 32 };
const char *ladder_print_time(const struct ladder_row *row, int64_t first, char out[LADDER_TIME]);

/* Text that is cut with an ellipsis where it does not fit. */
void ladder_put_cut(struct row *row, const char *text, int columns, enum style style);

/* ---- what is above the rows ---- */

enum { LADDER_TITLE = 96 };

/* "2  127.0.0.1:39446", "peer  127.0.0.1:44617", "peer", "peers". Returns `out`. */
const char *ladder_print_end(const struct view *view, const struct endpoints *endpoints, int side,
                             char out[LADDER_TITLE]);

/* "LADDER 2 <-> 3   loopback". Returns `out`. */
const char *ladder_print_title(const struct view *view, const struct endpoints *endpoints,
                               char out[LADDER_TITLE]);
