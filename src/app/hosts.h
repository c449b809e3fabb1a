// SPDX-License-Identifier: GPL-3.0-or-later
/* hosts: the sandbox as the program has it: on or off, and the sysctls of its two hosts as settings:
 * "left.tcp_fastopen", "right.tcp_fastopen", "both.tcp_fastopen". sessions_sandbox() is the sandbox. */
#pragma once

#include "app/app.h"

/* False with one line that says why there can be no sandbox, and what to do. To know it, one is made:
 * hosts_start() takes it. */
bool hosts_can_start(struct app *app, struct error *error);

/* Only while it is off. False with that line. */
bool hosts_start(struct app *app, struct error *error);

/* Only while it is on. False with one line that lists the sessions there. */
bool hosts_stop(struct app *app, struct error *error);

/* Appends the sessions that live there, "1 echo on right, 3 c on left", and returns their number. */
size_t hosts_list_sessions(const struct app *app, struct buf *out);

/* Appends the sysctls that were set there, "left.tcp_sack 0, right.tcp_sack 0", and returns their
 * number. */
size_t hosts_list_changed(const struct app *app, struct buf *out);

/* Whether the name of a setting is that of a sysctl of a host, or of a whole host: "left". */
bool hosts_has_setting(const char *name);

/* What can be known of it without a sandbox. `sets`: a value follows. False with one line. */
bool hosts_check(const char *name, bool sets, struct error *error);

/* A sysctl may be cut to a unique beginning where sysctl_table has it. Notes the new value. */
bool hosts_set(struct app *app, const char *name, const char *value, struct error *error);

/* The whole name of the sysctl in the name of a setting, NULL for a whole host. False with one line. */
bool hosts_find(const struct app *app, const char *name, const char **sysctl, struct error *error);

/* A turn. */
void hosts_prepare(const struct app *app, struct poller *poller);
void hosts_serve(struct app *app, const struct poller *poller);
