// SPDX-License-Identifier: GPL-3.0-or-later
/* run: what main.c and pipe_mode.c share: the session that the command line asks for, the loop around
 * a frontend, the exit status of a failure. Owns nothing. */
#pragma once

#include <stdbool.h>

#include "app/app.h"
#include "base/error.h"
#include "command/queue.h"
#include "options.h"
#include "ui/ui.h"

enum { EXIT_USAGE = 2 };

/* Of the command line's session only: a second one from the same local port could not be. */
struct session_options run_session_options(const struct app *app, const struct options *options);

/* Opens the target, by its name if it has one, or listens on it. `once`: a listener takes one client.
 * NULL with an error. */
struct session *run_open(struct app *app, const struct options *options,
                         const struct target *target, bool once, struct error *error);

/* The person's start-up file, or part of it. False with one line if it cannot be read. */
bool run_start_up_file(struct app *app, enum start_lines lines, struct error *error);

/* The settings and defaults of the command line. */
bool run_apply(struct app *app, const struct options *options, struct error *error);

/* The logs of -o; `again`: they have been begun by an earlier script. Those in a format for one session are of
 * the one with the number `only`, 0 = there may be several. False with one line. */
bool run_open_logs(struct app *app, const struct options *options, bool again, uint32_t only,
                   struct error *error);

/* Runs a frontend to its end and frees it. Returns the signal that has ended it, 0 for none;
 * run_die_of() then ends the program by it, so that whoever started it sees which one. */
int run_loop(struct app *app, struct ui *ui, struct poller *poller);
void run_die_of(struct app *app, struct poller *poller, int signal);

/* run_loop(), and run_die_of() if a signal has ended it. */
void run_frontend(struct app *app, struct ui *ui, struct poller *poller);

/* Has the logs written to their end: what a disk does not take is reported, and is status 1. */
void run_end_logs(struct app *app, struct poller *poller);

/* The exit status of wrong options: 2, as nc 1. */
int run_usage_status(const struct options *options);

/* Prints the error; returns the status. */
int run_fail(int status, const struct error *error);
