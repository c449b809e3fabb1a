// SPDX-License-Identifier: GPL-3.0-or-later
/* app: the whole program without its face: the transcript, the sessions, the current one, the
 * settings. Made in main and passed first. Commands and the user interface change it and read it;
 * it knows neither. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/settings.h"
#include "base/error.h"
#include "base/poller.h"
#include "net/sessions.h"
#include "record/transcript.h"

struct app_seen;

struct app {
	struct transcript *transcript;
	struct sessions *sessions;
	struct session *current; /* NULL when there is none */
	struct settings settings;
	/* of the command line: -4 -6 -n -b -s -p …, but not the time limit, which is a setting */
	struct session_options defaults;
	bool literal; /* ^]: every line is data */
	bool quit;
	int status;            /* exit status: 0 well, 1 network error, 2 usage; main's to set */
	struct app_seen *seen; /* the news of each session that was looked at; app.c's own */
	size_t seen_count, seen_cap;
};

void app_init(struct app *app);
void app_free(struct app *app);

void app_prepare(struct app *app, struct poller *poller);
void app_serve(struct app *app, struct poller *poller);
void app_reap(struct app *app);

/* Making sessions, with the defaults and the time limit of the settings filled in; the new one
 * becomes current. `options` may be NULL for the defaults. */
struct session *app_open(struct app *app, const struct target *target,
                         const struct session_options *options, struct error *error);
struct session *app_listen(struct app *app, const struct target *target,
                           const struct session_options *options, struct error *error);

/* --demo: a TCP echo server on loopback, and a session to it that becomes current. */
bool app_demo(struct app *app, struct error *error);

/* The session that is looked at; it has no news any more. NULL for none. */
void app_select(struct app *app, struct session *session);

/* Removes an ended session, with its tab; where it was the current one, the nearest other becomes
 * that. */
bool app_forget(struct app *app, struct session *session, struct error *error);

/* By number or name, with or without a leading '@'; a unique prefix of a name is enough. NULL with
 * one line. */
struct session *app_find_session(struct app *app, const char *text, struct error *error);

/* app->current, or NULL with "no session: /open HOST PORT makes one". */
struct session *app_need_session(struct app *app, struct error *error);

/* News of a session since it was last current: for the tab. */
uint64_t app_unread(const struct app *app, const struct session *session);

/* A line as typed for this session: with the line end of the setting; line feeds within become line
 * ends too (with eol none they stay as they are). On UDP all of it is one datagram. */
bool app_send_line(struct app *app, struct session *session, const char *text, size_t len,
                   struct error *error);

/* The same to one peer of a UDP session. */
bool app_send_line_to(struct app *app, struct session *session, const struct addr *to,
                      const char *text, size_t len, struct error *error);

/* The program speaks, in the current session's pane (or session 0's when there is none). Several
 * lines are allowed. */
void app_note(struct app *app, const char *format, ...) __attribute__((format(printf, 2, 3)));
void app_error(struct app *app, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Which session's transcript the pane shows: the current one's number, or 0. */
uint32_t app_shown(const struct app *app);

/* A setting by name or unique prefix; it holds at once, the time limit from the next session on. */
bool app_set(struct app *app, const char *name, const char *value, struct error *error);
