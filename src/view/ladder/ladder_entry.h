// SPDX-License-Identifier: GPL-3.0-or-later
/* ladder_entry: what a ladder shows of one entry: the call, the segments that are known singly, rows
 * for those that were only counted, states. Everything is said by the entry itself, its sample and
 * the one before that of the same socket: nothing is put together from farther back. Private to this
 * directory. */
#pragma once

#include "view/ladder/ladder_row.h"

/* The rows of an entry; none for words. */
void ladder_draw(const struct view *view, uint64_t position, const struct entry *entry,
                 struct ladder_rows *rows);

/* Whether it is drawn; words go across the ladder. */
bool ladder_is_row(const struct entry *entry);

/* Whether a ladder shows it. */
bool ladder_shows(const struct view *view, uint64_t position, const struct entry *entry);

/* When it is shown: a call that took its time when it returned, so that times only grow. */
int64_t ladder_time(const struct entry *entry);

/* What times count from: when the first entry was made that is drawn. */
int64_t ladder_begin(const struct view *view);

/* Whether the entry drawn before has an earlier millisecond, or is so far away that a row says it. */
bool ladder_needs_time(const struct cursor *begin, int64_t first);
bool ladder_has_gap(const struct cursor *begin, int64_t *gap);
