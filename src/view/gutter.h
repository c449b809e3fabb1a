// SPDX-License-Identifier: GPL-3.0-or-later
/* gutter: the columns before the text of a paragraph: time, session, direction. Private to this
 * directory. */
#pragma once

#include "view/cursor.h"

/* Time, tag of the session and arrow as far as the pane has columns for them, and blanks: the text
 * begins at row->columns, and so should the rows that follow. `row` is empty. A paragraph that goes
 * on with its entry has no arrow of its own; one that goes on with the line of a stream is marked
 * as that after its arrow. */
void gutter_put(const struct cursor *begin, struct row *row);

/* A time as it would be there; false where the rows have none. */
bool gutter_format_time(const struct cursor *begin, int64_t time, char out[CLOCK_TEXT]);

/* The paragraph is not the first of its entry. */
bool gutter_is_continued(const struct cursor *begin);

/* The style of a note or state. */
enum style gutter_words_style(const struct entry *entry);
