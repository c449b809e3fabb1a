// SPDX-License-Identifier: GPL-3.0-or-later
/* filter: a walk over those paragraphs of a view in which a text or a regular expression is found, or
 * is not found. It searches the bytes of a message and the words of a note; where a view shows calls
 * or frames, its rows. Commands and their answers never pass; a secret is searched as its stars.
 *
 * When few paragraphs pass, one screen may take a search of the whole transcript. So each walk has a
 * time limit, and the filter remembers what it has searched: one stretch up to the newest paragraph,
 * another around the place that was scrolled to. The next walk goes on there. */
#pragma once

#include "base/regexp.h"
#include "view/view.h"

/* Owns the expression. */
struct filter *filter_new(struct regexp *regexp, bool inverted);
void filter_free(struct filter *filter);

/* Before one walk or several: the time, in ns, that they may take together. */
void filter_allow(struct filter *filter, int64_t time);

/* The time was over before all was searched: there may be more. */
bool filter_is_searching(const struct filter *filter);

/* As those of view.h, but they skip what view->filter does not pass; NULL passes all. */
bool filter_has(const struct view *view, struct location location);
bool filter_last(const struct view *view, struct location *location);
bool filter_before(const struct view *view, struct location *location);
bool filter_after(const struct view *view, struct location *location);
int filter_count_after(const struct view *view, struct location location, int limit);
