// SPDX-License-Identifier: GPL-3.0-or-later
/* queue: the sources of lines, and what their commands wait for. A line that a person types runs at
 * once. Each file, the start-up file or a script, has a queue: its lines run one after the other,
 * and a command that waits holds up its own queue only. Each turn of the loop checks all waits
 * once. Owns the files, the waits, and which session is current in each queue; knows no command. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "app/app.h"
#include "base/error.h"
#include "base/poller.h"

/* One line as typed. A command is recorded, CALL_COMMAND, before its answer; data is recorded as it
 * is sent. False if something is wrong; the pane says what. */
bool queue_type(struct app *app, const char *line, size_t len);

/* The command line of a key, which is not recorded: nobody typed it. False with one line. */
bool queue_press(struct app *app, const char *line, struct error *error);

/* Ctrl-C: ends the newest wait, and the script that it holds up. False where nothing waits. */
bool queue_interrupt(struct app *app);

/* Runs a start-up file until a command waits; a missing file is fine. Calls wait in their session,
 * as typed ones do. A mistake is reported with file and line, and the next line follows. False if
 * the file cannot be read. What the command line names has to be known before the window is there,
 * so that its /target lines may be run first. */
enum start_lines { START_ALL, START_TARGETS, START_REST };
bool queue_start(struct app *app, const char *path, enum start_lines lines, struct error *error);

/* Begins a script: a file, or standard input for "-". `words`, borrowed, are $1, $2 … in its lines.
 * The first line that fails ends it. `quits`: the program ends with it, and app->status is 1 if a
 * line has failed, 2 if the line itself is wrong (error->usage) or the file cannot be read. A script
 * that begins another one goes on when that has ended. False if the file cannot be opened. */
bool queue_script(struct app *app, const char *path, char *const *words, size_t count, bool quits,
                  struct error *error);

/* For the loop, beside the app's own; queue_stop() forgets everything. */
void queue_prepare(struct app *app, struct poller *poller);
void queue_serve(struct app *app, const struct poller *poller);
void queue_stop(struct app *app);
