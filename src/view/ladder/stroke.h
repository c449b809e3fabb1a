// SPDX-License-Identifier: GPL-3.0-or-later
/* stroke: what a ladder draws for one entry, line by line, before it is known on what: at most one
 * arrow between the two ends, and something in each margin. The pane, the text and the drawing make
 * their own of it. Private to this directory. */
#pragma once

#include "view/cursor.h"

enum { STROKE_LABEL = 128, STROKE_BRIEF = 16, STROKE_MARGIN = 192, STROKES_MOST = 12 };

enum stroke_way { WAY_NONE, WAY_RIGHT, WAY_LEFT };

enum stroke_look {
	LOOK_PLAIN,
	LOOK_AGAIN, /* the same bytes once more */
	LOOK_BAD,   /* RST, ICMP: it ends something */
	LOOK_LOST,  /* it has not arrived */
};

/* How something is known. */
enum { MARK_READ = '*', MARK_COUNTED = 'o', MARK_DEDUCED = '?', MARK_NONE = 0 };

struct stroke_margin {
	const struct entry *call; /* NULL: the text alone */
	bool answered;            /* the call with its result */
	char text[STROKE_MARGIN];
	char mark;
	enum style style;
};

struct stroke {
	enum stroke_way way;
	enum stroke_look look;
	char mark;
	char label[STROKE_LABEL];
	char shorter[STROKE_LABEL];     /* or empty: less of the label, where all has no room */
	char brief[STROKE_BRIEF];       /* a word of it */
	struct stroke_margin margin[2]; /* left, right */
};

struct strokes {
	struct stroke list[STROKES_MOST];
	size_t count;
};

/* What the cursor's entry draws; nothing for words. What is drawn of an entry never changes but for
 * marks and names that only a later entry can tell. */
void strokes_draw(const struct cursor *cursor, struct strokes *strokes);

/* Whether it draws anything. */
bool strokes_are_drawn(const struct view *view, uint64_t position, const struct entry *entry);

/* A new last stroke; once all are used, the last one anew. */
struct stroke *strokes_add(struct strokes *strokes);

/* An arrow with its label, and the same in a word. */
struct stroke *strokes_add_arrow(struct strokes *strokes, enum stroke_way way, char mark,
                                 const char *brief, const char *format, ...)
        __attribute__((format(printf, 5, 6)));

void stroke_put_call(struct stroke *stroke, int side, const struct entry *call, bool answered);
void stroke_put_text(struct stroke *stroke, int side, char mark, enum style style,
                     const char *format, ...) __attribute__((format(printf, 5, 6)));

bool margin_is_free(const struct stroke_margin *margin);

/* Text, or the call in the longest of its forms that takes no more than so many columns; without a
 * mark. May still be too long: who draws cuts it. */
void stroke_print_margin(const struct stroke_margin *margin, int columns, struct buf *out);
