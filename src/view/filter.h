// SPDX-License-Identifier: GPL-3.0-or-later
/* filter: a walk over those paragraphs of a view that have a text or a regular expression, or that do
 * not. It looks in the bytes of a message and the words of a note; where a view shows calls or
 * frames, in its rows. Commands and their answers never pass, nor does what is in a secret.
 *
 * A filter that little passes may have to look through the whole transcript for one screen. So each
 * walk has a time limit, and the filter remembers what it has looked through: one stretch up to the
 * newest paragraph, another one around the place that was scrolled to. The next walk goes on
 * there. */
#pragma once

#include "base/regexp.h"
#include "view/view.h"

/* Owns the expression. */
struct filter *filter_new(struct regexp *regexp, bool inverted);
void filter_free(struct filter *filter);

/* Before a walk or several: the time, in ns, that they may take. Forgets that it has passed. */
void filter_allow(struct filter *filter, int64_t time);

/* The time has passed: what the walks have not found may still be there. */
bool filter_is_searching(const struct filter *filter);

/* As those of view.h, past what view->filter does not pass; NULL passes all. */
bool filter_has(const struct view *view, struct location location);
bool filter_last(const struct view *view, struct location *location);
bool filter_before(const struct view *view, struct location *location);
bool filter_after(const struct view *view, struct location *location);
int filter_count_after(const struct view *view, struct location location, int limit);
