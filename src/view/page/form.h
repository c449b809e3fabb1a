// SPDX-License-Identifier: GPL-3.0-or-later
/* form: labels with their values in as many columns as fit side by side, some with a gauge, and
 * sentences below them. Values are never cut: one that is too long takes more room, or is wrapped.
 * What matters least is left away where there are too few rows. Private to this directory. */
#pragma once

#include <stdbool.h>

#include "view/row.h"

/* How much it matters: a form drawn at FORM_MAIN shows only what is FORM_MAIN. */
enum form_rank { FORM_MAIN, FORM_MORE, FORM_LESS, FORM_REST, FORM_NOTE, FORM_GAP, FORM_RANKS };

struct form {
	struct rows *rows;
	int columns;
	enum form_rank detail; /* what has a higher rank is left away */
	int cells;             /* side by side */
	int next;              /* the cell of the last row that is free */
	bool left_away;        /* something was */
};

/* Goes on behind the rows that are there. */
void form_begin(struct form *form, struct rows *rows, int columns, enum form_rank detail);

/* A value ends in its mark: "16000 B *". */
void form_text(struct form *form, enum form_rank rank, enum style style, const char *label,
               const char *format, ...) __attribute__((format(printf, 5, 6)));

/* With a bar that is `part` of `whole` full; any part that is not nothing shows. */
void form_gauge(struct form *form, enum form_rank rank, enum style style, const char *label,
                uint64_t part, uint64_t whole, const char *format, ...)
        __attribute__((format(printf, 7, 8)));

/* Over the whole width, wrapped at blanks; rows behind the first begin at column `indent`. */
void form_sentence(struct form *form, enum form_rank rank, enum style style, int indent,
                   const char *format, ...) __attribute__((format(printf, 5, 6)));

void form_gap(struct form *form);

/* Draws with less and less detail until it takes no more than `height` rows, and says so. */
void form_fit(struct rows *rows, int columns, int height,
              void (*draw)(struct form *form, const void *context), const void *context);
