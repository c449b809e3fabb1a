// SPDX-License-Identifier: GPL-3.0-or-later
/* search: /find in the pane that is shown. The text and the last hit are in app->search. */
#pragma once

#include "app/app.h"

/* Looks for text (NULL: the same again), beginning at the last hit, or at the newest (oldest) entry
 * where this session has no hit yet. Closes a page, which would hide the hit. False with one
 * line. */
bool search_find(struct app *app, const char *text, bool newer, struct error *error);

/* Hits are no longer highlighted until the next search, which goes on from the last one. False if
 * none was. */
bool search_unmark(struct app *app);
