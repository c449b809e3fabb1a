// SPDX-License-Identifier: GPL-3.0-or-later
/* fields: a key–value layout: labels with their values in as many columns as fit side by side, some
 * with a gauge, and sentences below them; as rows or as HTML. Values are never cut: one that is too
 * long takes more room, or is wrapped. Private to this directory. */
#pragma once

#include <stdbool.h>

#include "view/row.h"

struct fields {
	struct buf *markup; /* in place of rows; NULL for those */
	bool listing;       /* a description list is open in it */
	struct rows *rows;
	int columns;
	int cells; /* side by side */
	int next;  /* the cell of the last row that is free */
};

/* Goes on after the rows that are there. */
void fields_begin(struct fields *fields, struct rows *rows, int columns);

void fields_begin_markup(struct fields *fields, struct buf *markup);
void fields_end(struct fields *fields);

/* A value ends in its mark: "16000 B *". */
void fields_text(struct fields *fields, enum style style, const char *label, const char *format,
                 ...) __attribute__((format(printf, 4, 5)));

/* With a bar that is `part` of `whole` full; any part that is not nothing shows. */
void fields_gauge(struct fields *fields, enum style style, const char *label, uint64_t part,
                  uint64_t whole, const char *format, ...) __attribute__((format(printf, 6, 7)));

/* Over the whole width, wrapped at blanks; rows after the first begin at column `indent`. */
void fields_sentence(struct fields *fields, enum style style, int indent, const char *format, ...)
        __attribute__((format(printf, 4, 5)));

void fields_gap(struct fields *fields);
