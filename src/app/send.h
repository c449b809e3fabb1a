// SPDX-License-Identifier: GPL-3.0-or-later
/* send: what a person typed becomes the bytes that a session sends: with the session's line end;
 * line feeds within become line ends too (with eol none they stay as they are). On UDP all of it is
 * one datagram. */
#pragma once

#include "app/app.h"

bool send_line(struct session *session, const char *text, size_t len, struct error *error);

/* To one peer of a UDP session. */
bool send_line_to(struct session *session, const struct endpoint *to, const char *text, size_t len,
                  struct error *error);

/* A typed line that is data: two slashes at its start are one. */
bool send_typed(struct app *app, struct session *session, const char *line, size_t len,
                struct error *error);

/* Only its length is shown anywhere. */
bool send_secret(struct app *app, struct session *session, const char *text, size_t len,
                 struct error *error);
