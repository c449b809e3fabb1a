// SPDX-License-Identifier: GPL-3.0-or-later
/* listener: sockets that listen, one for each address. Each client that it accepts is a session of
 * its own, a stream. */
#pragma once

#include "net/session_internal.h"

extern const struct session_ops listener_ops;

/* listen() has succeeded on the socket of a session made by sessions_make_socket(): it is a
 * listener from now on. */
void listener_take_over(struct session *session);

/* One accept(). NULL where no session has come of it: *code is the errno value, or 0 where that has
 * been reported. */
struct session *listener_accept(struct session *session, unsigned slot, int *code);

void listener_client_ended(struct session *session);

/* Its faults have changed: while it refuses, its sockets are closed. */
void listener_follow_faults(struct session *session);
