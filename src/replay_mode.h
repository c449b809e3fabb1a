// SPDX-License-Identifier: GPL-3.0-or-later
/* replay_mode: --replay without a terminal: the whole log at once, as a view shows it, on standard
 * output. Opens no socket. */
#pragma once

#include "app/app.h"
#include "options.h"

/* Reads all of the log; for a script, too, which then works on it. False with one line. */
bool replay_mode_load(struct app *app, const struct options *options, struct error *error);

/* Returns the exit status. */
int replay_mode_run(struct app *app, const struct options *options);
