// SPDX-License-Identifier: GPL-3.0-or-later
/* arrow: what a ladder draws for one entry, line by line, before it is known on what: at most one
 * arrow between the two ends, and something in each margin. The pane, the text and the drawing make
 * their own of it. Private to this directory. */
#pragma once

#include "view/cursor.h"

enum { ARROW_LABEL = 128, ARROW_BRIEF = 16, ARROW_MARGIN = 192, ARROWS_MOST = 12 };

enum arrow_way { WAY_NONE, WAY_RIGHT, WAY_LEFT };

enum arrow_look {
	LOOK_PLAIN,
	LOOK_AGAIN, /* the same bytes once more */
	LOOK_BAD,   /* RST, ICMP: it ends something */
	LOOK_LOST,  /* it has not arrived */
};

/* How something is known. */
enum { MARK_READ = '*', MARK_COUNTED = 'o', MARK_DEDUCED = '?', MARK_NONE = 0 };

struct arrow_margin {
	const struct entry *call; /* NULL: the text alone */
	bool answered;            /* the call with its result */
	char text[ARROW_MARGIN];
	char mark;
	enum style style;
};

struct arrow {
	enum arrow_way way;
	enum arrow_look look;
	char mark;
	char label[ARROW_LABEL];
	char shorter[ARROW_LABEL];     /* or empty: less of the label, where all has no room */
	char brief[ARROW_BRIEF];       /* a word of it */
	struct arrow_margin margin[2]; /* left, right */
};

struct arrows {
	struct arrow list[ARROWS_MOST];
	size_t count;
};

/* What the cursor's entry draws; nothing for words. What is drawn of an entry never changes but for
 * marks and names that only a later entry can tell. */
void arrows_draw(const struct cursor *cursor, struct arrows *arrows);

/* Whether it draws anything. */
bool arrows_are_drawn(const struct view *view, uint64_t position, const struct entry *entry);

/* A new last stroke; once all are used, the last one anew. */
struct arrow *arrows_add(struct arrows *arrows);

/* An arrow with its label, and the same in a word. */
struct arrow *arrows_add_arrow(struct arrows *arrows, enum arrow_way way, char mark,
                               const char *brief, const char *format, ...)
        __attribute__((format(printf, 5, 6)));

void arrow_put_call(struct arrow *arrow, int side, const struct entry *call, bool answered);
void arrow_put_text(struct arrow *arrow, int side, char mark, enum style style, const char *format,
                    ...) __attribute__((format(printf, 5, 6)));

bool margin_is_free(const struct arrow_margin *margin);

/* Text, or the call in the longest of its forms that takes no more than so many columns; without a
 * mark. May still be too long: who draws cuts it. */
void arrow_print_margin(const struct arrow_margin *margin, int columns, struct buf *out);
