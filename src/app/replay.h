// SPDX-License-Identifier: GPL-3.0-or-later
/* replay: a log of JSON lines in the transcript as it went: its entries are appended when they are due, at
 * its own speed or another, and its sessions are in the table as recordings (net/recorded.h), beside those
 * that are alive. Nothing is sent. Times are those of the log. An entry is due when its call had returned,
 * and never before the entry in front of it. Whatever is in the log, nothing goes wrong: what cannot be
 * read is said, and left out. Time passes only as its callers say: `now` is clock_now(). */
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

/* Ends the replay before it; what that has shown stays. The first session that appears becomes current. */
bool replay_start(struct app *app, const char *path, int speed, int64_t now, struct error *error);

/* Lines of the log that could not be read; the first ones are reported, where nobody sits there on standard
 * error. */
uint64_t replay_wrong(const struct app *app);

/* No more is shown of it. */
void replay_stop(struct app *app);

bool replay_is_running(const struct app *app); /* and not paused, and there is more */
bool replay_is_over(const struct app *app);    /* all is shown, or there is none */
void replay_pause(struct app *app, bool pause, int64_t now);
void replay_set_speed(struct app *app, int speed, int64_t now);

/* Pauses, and shows the next call, state or frame, with the kernel samples that follow it; `count` of
 * them. */
void replay_step(struct app *app, unsigned count, int64_t now);

/* Goes on at this time since the beginning of the log, INT64_MAX for its end; going back reads the log
 * again, with new sessions in the place of the old ones. False, with one line, if it cannot be read any
 * more. */
bool replay_go(struct app *app, int64_t at, int64_t now, struct error *error);

/* "replay 12.5 s of 47.0 s, x1, paused"; nothing where there is none. How often it changes, ns; 0 = not. */
void replay_describe(const struct app *app, int64_t now, struct buf *out);
int64_t replay_pulse(const struct app *app);

/* A turn. */
void replay_prepare(const struct app *app, struct poller *poller);
void replay_serve(struct app *app, int64_t now);
