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

/* It has just ended: whether it is opened again by itself, and when. */
void reconnect_plan(struct session *session, bool was_open);
bool reconnect_cancel(struct session *session); /* false where it was not to be opened again */
bool reconnect_follows_fin(const struct session *session); /* the peer's FIN ends it */
void reconnect_serve(struct session *session);
