// SPDX-License-Identifier: GPL-3.0-or-later
/* bind: sockets that wait on addresses: one for each, all with the same port. No host means
 * loopback: whoever wants to be reached from elsewhere says so with an address, or "*". */
#pragma once

#include "net/resolve.h"
#include "net/session_internal.h"

enum { BIND_ONLY = -1 };

/* Binds on every address found, and listens with this backlog; reports "`verb` on …". False: that
 * is reported, and the session is closed. */
bool bind_open(struct session *session, const struct lookup_answer *found, int backlog,
               const char *verb);

/* " (loopback only)": who can reach the session, where its addresses do not say that. Static. */
const char *bind_reach(const struct session *session);
