// SPDX-License-Identifier: GPL-3.0-or-later
/* send: turns a typed line into the bytes that a session sends. The session's line end is added,
 * and takes the place of line feeds within the text (with eol none they stay). On UDP a line is one
 * datagram, whatever is in it. */
#pragma once

#include "app/app.h"

bool send_line(struct session *session, const char *text, size_t len, struct error *error);

/* To one peer of a UDP session. */
bool send_line_to(struct session *session, const struct endpoint *to, const char *text, size_t len,
                  struct error *error);

/* A typed line that is data: two slashes at its beginning are one. */
bool send_typed(struct app *app, struct session *session, const char *line, size_t len,
                struct error *error);

/* The text is shown and recorded nowhere, only its length. */
bool send_secret(struct app *app, struct session *session, const char *text, size_t len,
                 struct error *error);
