// SPDX-License-Identifier: GPL-3.0-or-later
/* run: what main.c and pipe_mode.c share: the session that the command line asks for, the loop around
 * a frontend, the exit status of a failure. Owns nothing. */
#pragma once

#include <stdbool.h>

#include "app/app.h"
#include "base/error.h"
#include "options.h"
#include "ui/ui.h"

enum { EXIT_USAGE = 2 };

/* Of the command line's session only: a second one from the same local port could not be. */
struct session_options run_session_options(const struct app *app, const struct options *options);

/* Opens the target, by its name if it has one, or listens on it. `once`: a listener takes one client. NULL with an error. */
struct session *run_open(struct app *app, const struct options *options,
                         const struct target *target, bool once, struct error *error);

/* Runs a frontend to its end and frees it. A signal that has ended it ends the program, so that
 * whoever started it sees which one. */
void run_frontend(struct app *app, struct ui *ui, struct poller *poller);

/* Has the logs written to their end: what a disk does not take is reported, and is status 1. */
void run_end_logs(struct app *app, struct poller *poller);

/* The exit status of wrong options: 2, as nc 1. */
int run_usage_status(const struct options *options);

/* Prints the error; returns the status. */
int run_fail(int status, const struct error *error);
