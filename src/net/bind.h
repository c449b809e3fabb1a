// SPDX-License-Identifier: GPL-3.0-or-later
/* bind: binds a socket to each address of a server, all with the same port. The default host is
 * loopback; other machines reach a server only if an address or "*" is given. */
#pragma once

#include "net/lookup.h"
#include "net/session_internal.h"

enum { BIND_ONLY = -1 };

/* Binds to every address found, and listens with this backlog; reports "`verb` on …". False: that
 * is reported, and the session is closed. */
bool bind_open(struct session *session, const struct lookup_answer *found, int backlog,
               const char *verb);

/* " (loopback only)": who can reach the session, where its addresses do not say that. Static. */
const char *bind_reach(const struct session *session);
