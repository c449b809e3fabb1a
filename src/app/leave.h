// SPDX-License-Identifier: GPL-3.0-or-later
/* leave: quitting while data is unsent. A person is asked first; where nobody can be asked (the
 * start-up file, a script) the program waits until everything is sent. */
#pragma once

#include "app/app.h"

/* Bytes that quitting now would lose, of all sessions. */
size_t leave_unsent(const struct app *app);

/* Quits; with unsent data only on the second call. False: one line says how much would be lost, and
 * that `again` ("/quit") quits. Where nobody can be asked the program quits when everything is
 * sent, or when the time limit of the settings has passed; by default 5 s from
 * when only services send what is left, or only our own paused sessions could read it.
 * Where app->abandons is set, it quits at once. */
bool leave_begin(struct app *app, const char *again, struct error *error);
bool leave_has_begun(const struct app *app);

/* After a failure: a wait without a limit has one, of 5 s. */
void leave_soon(struct app *app);

/* For the loop, beside the app's own. */
void leave_prepare(const struct app *app, struct poller *poller);
void leave_serve(struct app *app);
