// SPDX-License-Identifier: GPL-3.0-or-later
/* reconnect: a session that has ended is opened again: by a person, or by itself after a pause that
 * grows while it does not help. */
#pragma once

#include <stdbool.h>

#include "base/error.h"

struct session;

/* Opens an ended session again, or listens again; one whose peer has ended it is closed first. What
 * was set by option_set() is set on the new socket. */
bool reconnect_now(struct session *session, struct error *error);

/* Whether it is opened again by itself once it has ended; so the peer's FIN ends it. */
bool reconnect_is_possible(const struct session *session);

/* It has just ended: plans that, if it may help. */
void reconnect_plan(struct session *session, bool was_open);
void reconnect_serve(struct session *session);
