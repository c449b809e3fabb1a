// SPDX-License-Identifier: GPL-3.0-or-later
/* reconnect: opens a session that has ended again: for a person, or by itself after a pause that
 * grows with each failure. */
#pragma once

#include <stdbool.h>

#include "base/error.h"

struct session;

/* Opens an ended session again, or listens again; one whose peer has ended it is closed first. What
 * was set by option_set() is set on the new socket. */
bool reconnect_now(struct session *session, struct error *error);

/* Whether it is opened again by itself once it has ended; so the peer's FIN ends it. */
bool reconnect_is_possible(const struct session *session);

/* The session has just ended: plans to open it again, if that may succeed. */
void reconnect_plan(struct session *session, bool was_open);
void reconnect_serve(struct session *session);
