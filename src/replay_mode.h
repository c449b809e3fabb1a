// SPDX-License-Identifier: GPL-3.0-or-later
/* replay_mode: --replay without a terminal: the whole log at once, as a view shows it, on standard
 * output. Opens no socket. */
#pragma once

#include "app/app.h"

/* Reads all of the log that replay_start() has begun; for a script, too, which then works on it. */
void replay_mode_load(struct app *app);

/* The same, and prints it. Returns the exit status. */
int replay_mode_run(struct app *app);
