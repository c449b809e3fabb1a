// SPDX-License-Identifier: GPL-3.0-or-later
/* summary: the life of a session in a few sentences, for a reader who was not there: who connected to whom
 * and when, how much was sent, how it ended and who ended it. By its calls and its counters; reads the
 * transcript, and changes nothing. */
#pragma once

#include "app/app.h"

/* Appends the sentences. `other`: our own session at the other end; NULL for none. */
void summary_print(const struct app *app, const struct session *session,
                   const struct session *other, struct buf *out);
