// SPDX-License-Identifier: GPL-3.0-or-later
/* queue: the sources of lines, and what their commands wait for. A line that a person types runs at
 * once. Each file, the start-up file or a script, has a queue: its lines run one after the other,
 * and a command that waits holds up its own queue only. Each turn of the loop checks all waits
 * once. Owns the files, the waits, and which session is current in each queue; knows no command. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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
 * A regular file is read and checked whole before its first line runs; what is read as it comes, line
 * by line. The first line that fails ends it. `quits`: the program ends with it, and app->status is 1
 * if a line has failed, 2 if the line itself is wrong (error->usage) or the file cannot be read. A
 * script that begins another one goes on when that has ended. False with one line if the file cannot
 * be opened; with an empty one if it has mistakes, which the pane lists. */
bool queue_script(struct app *app, const char *path, char *const *words, size_t count, bool quits,
                  struct error *error);

/* The same of a text that is in no file, or in one that says more: `path` is what it is called, and its
 * /wait lines judge, too. */
bool queue_script_text(struct app *app, const char *path, const char *text, size_t len, bool quits,
                       struct error *error);

/* Reports what is wrong in a file, and in those that it sources, and does nothing else. Words that are
 * not given, and secrets, are not missed. False with one line if the file cannot be opened. */
bool queue_check(struct app *app, const char *path, char *const *words, size_t count,
                 void (*report)(void *context, const char *path, size_t line,
                                const struct error *error),
                 void *context, struct error *error);

/* A name that every script knows. False with one line. */
bool queue_give(struct app *app, const char *name, const char *value, struct error *error);

/* What a line has shown that judges, or that has failed. NOT_RUN: the script has ended before it. */
enum verdict_result { VERDICT_PASSED, VERDICT_FAILED, VERDICT_SKIPPED, VERDICT_NOT_RUN };
struct verdict {
	enum verdict_result result;
	const char *where; /* "script:12" */
	const char *text;  /* of the line, as it is in the file */
	int64_t took;      /* ns */
	const char *why;   /* one line, then rows of the ladder; NULL where it passed */
};

/* Who is given the verdicts of scripts that end the program, as they come. */
struct queue_reporter {
	void (*verdict)(void *context, const struct verdict *verdict);
	void *context;
};
void queue_report_to(struct app *app, const struct queue_reporter *reporter);

/* Lines of a lesson, which come one by one: each has the values of its names as a line of a script has,
 * and what it waits for holds up the lesson. */
struct queue_line {
	const char *text;
	bool judges; /* a check, in the lesson's own session: neither recorded nor answered. Else it is as
	              * typed, in the session that is shown. */
	/* Once, in the same call or later; `why`: one line where it failed. */
	void (*ended)(void *context, bool good, bool interrupted, const char *why);
	void *context;
};
void queue_guide(struct app *app, const struct queue_line *line);

/* Appends a line of the lesson with the values of its names. False with one line. */
bool queue_guide_expand(struct app *app, const char *text, struct buf *out, struct error *error);

/* Drops what lines of the lesson wait for, and forgets their names. */
void queue_guide_end(struct app *app);

/* Names a value for the script whose line runs; elsewhere, also in the start-up file, for every script and
 * for the person. */
void queue_let(struct app *app, const char *name, const char *value);

/* What the lines of a file do with the file that they are in; false with one line where a person types
 * them. A loop without rounds is passed over. */
/* `name`, unless NULL, has one of that number of values in each round: words. */
bool queue_loop(struct app *app, uint64_t rounds, const char *name, const char *values,
                struct error *error);
bool queue_end(struct app *app, struct error *error);
bool queue_skip(struct app *app, const char *why, struct error *error);

/* Appends a text with the values of its names, where a command runs or goes on that was in a file: as
 * they are there; else as a person has given them. False with one line. `path`: it is a file, whose text is
 * read. */
bool queue_expand(struct app *app, const char *text, size_t len, struct buf *out,
                  struct error *error);
bool queue_expand_file(struct app *app, const char *path, struct buf *out, struct error *error);

/* Which run of a /repeat begins, 0 for none: $repeat. Returns what it was. */
uint64_t queue_count_run(struct app *app, uint64_t run);

/* For the loop, beside the app's own; queue_stop() forgets everything. */
void queue_prepare(struct app *app, struct poller *poller);
void queue_serve(struct app *app, const struct poller *poller);
void queue_stop(struct app *app);
