// SPDX-License-Identifier: GPL-3.0-or-later
/* arrows: what a ladder draws for one entry, line by line, whatever it is drawn on: at most one
 * arrow between the two ends, and something in each margin. The pane, the text and the drawing make
 * their own of it. Private to this directory. */
#pragma once

#include "view/cursor.h"
#include "view/ladder/context.h"

enum { ARROW_LABEL = 128, ARROW_BRIEF = 16, ARROW_MARGIN = 192, ARROWS_MOST = 12 };

enum arrow_direction { DIRECTION_NONE, DIRECTION_RIGHT, DIRECTION_LEFT };

enum arrow_kind {
	ARROW_PLAIN,
	ARROW_AGAIN, /* the same bytes again */
	ARROW_BAD,   /* RST, ICMP: it ends something */
	ARROW_LOST,  /* it has not arrived */
};

struct arrow_margin {
	const struct entry *call; /* NULL: the text alone */
	bool answered;            /* the call with its result */
	char text[ARROW_MARGIN];
	char mark;
	enum style style;
};

struct arrow {
	enum arrow_direction direction;
	enum arrow_kind kind;
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

/* What the cursor's entry draws; nothing for words. What is drawn of an entry never changes, but
 * for marks and names that depend on a later entry. */
void arrows_draw(const struct cursor *cursor, struct arrows *arrows);

/* Whether an entry draws anything: asked of those of which the kind does not say it. */
bool arrows_are_drawn(const struct view *view, uint64_t position, const struct entry *entry);

/* A new empty last line; the last one again once all are used. */
struct arrow *arrows_add(struct arrows *arrows);

bool margin_is_free(const struct arrow_margin *margin);

/* Text, or the call in the longest of its forms that takes at most that many columns; without a
 * mark. May still be too long: the caller cuts it. */
void arrow_print_margin(const struct arrow_margin *margin, int columns, struct buf *out);
