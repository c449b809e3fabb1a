// SPDX-License-Identifier: GPL-3.0-or-later
/* replay: a log of JSON lines, appended to the transcript as it happened, at its own speed or another. Its
 * sessions are in the table as recordings (net/recorded.h), beside those that are alive. Nothing is sent.
 * Times are those of the log. An entry is due when its call had returned, and never before the entry in
 * front of it. The log may be hostile: what cannot be read is reported and left out. Time passes only as
 * the caller says: `now` is clock_now(). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "app/app.h"

/* As fast as it can be read. */
#define REPLAY_SPEED_MAX 0

enum {
	REPLAY_SPEED_LEAST = 1, /* speeds are thousandths of the log's own */
	REPLAY_SPEED_OWN = 1000,
	REPLAY_SPEED_MOST = 1000000,
};

/* "4", "x0.5", "max"; false with one line. */
bool replay_parse_speed(const char *text, int *speed, struct error *error);

/* Ends an earlier replay; what it has shown stays. The first session that appears becomes current. */
bool replay_start(struct app *app, const char *path, int speed, int64_t now, struct error *error);

/* The same of a log that is in memory as long as the program runs; `name` is what it is called. */
bool replay_start_text(struct app *app, const char *name, const char *text, size_t len, int speed,
                       int64_t now, struct error *error);

/* The number of lines that could not be read. The first few are reported; on standard error if no person
 * is there. */
uint64_t replay_wrong(const struct app *app);

/* Shows no more of it. */
void replay_stop(struct app *app);

bool replay_is_running(const struct app *app); /* and not paused, and there is more */
bool replay_is_over(const struct app *app);    /* all is shown, or there is none */

/* Whether more of it is due than has been shown: a turn reads only so much. */
bool replay_is_behind(const struct app *app, int64_t now);

void replay_pause(struct app *app, bool pause, int64_t now);
void replay_set_speed(struct app *app, int speed, int64_t now);

/* Pauses, and shows the next call, state or frame, with the kernel samples that follow it; `count` of
 * them. */
void replay_step(struct app *app, unsigned count, int64_t now);

/* Pauses, and shows all that is up to this line of the file. True: there is more of it than a turn reads. */
bool replay_to_line(struct app *app, unsigned long line, int64_t now);

/* Goes on at this time since the beginning of the log, INT64_MAX for its end. Going back reads the log
 * again, and replaces its sessions by new ones. False with one line if it can no longer be read. */
bool replay_go(struct app *app, int64_t at, int64_t now, struct error *error);

/* Appends "replay 12.5 s of 47.0 s, x1, paused"; nothing if there is none. */
void replay_describe(const struct app *app, int64_t now, struct buf *out);

/* How often that changes, ns; 0 = never. */
int64_t replay_pulse(const struct app *app);

/* For the loop. */
void replay_prepare(const struct app *app, struct poller *poller);
void replay_serve(struct app *app, int64_t now);
