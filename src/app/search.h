// SPDX-License-Identifier: GPL-3.0-or-later
/* search: /find in what the pane shows. The text, and where it was found last, are in the app. */
#pragma once

#include "app/app.h"

/* Looks for text (NULL: the same again) from the last hit on, or where that is another session's or
 * there is none, from the newest (oldest) entry on. A page, which would hide the hit, is closed.
 * False with one line. */
bool search_find(struct app *app, const char *text, bool newer, struct error *error);

/* Hits are no longer highlighted, until the next time that one is looked for; where one is is not
 * forgotten. False where none was. */
bool search_unmark(struct app *app);
