// SPDX-License-Identifier: GPL-3.0-or-later
/* bind: binds a socket to each address of a server, all with the same port. The default host is
 * loopback; other machines reach a server only if an address or "*" is given. A UNIX path
 * is such an address: a stale file there is replaced, and the file is removed with its socket. */
#pragma once

#include "net/lookup.h"
#include "net/session_internal.h"

enum { BIND_ONLY = -1 };

/* Binds to every address found, and listens with this backlog; reports "`verb` on …". False: that
 * is reported, and the session is closed. */
bool bind_open(struct session *session, const struct lookup_answer *found, int backlog,
               const char *verb);

/* The same on addresses that it had before. */
bool bind_again(struct session *session, const struct endpoint *list, size_t count, int backlog,
                const char *verb);

/* bind(), and what comes with a path; false with errno. A person's own bind() replaces nothing. */
bool bind_socket(struct session *session, unsigned slot, const struct endpoint *addr);

/* " (loopback only)": who can reach the session, where its addresses do not say that. Returns `out`. */
enum { BIND_REACH = 120 };
const char *bind_reach(const struct session *session, char out[BIND_REACH]);

/* Why bind() or listen() failed just now, after "call = -1 NAME: "; for EADDRINUSE, who is in the
 * way, where that is known, and for an address of another host, how to make a socket there. Returns
 * false. */
bool bind_fail(const struct session *session, enum call call, const char *text,
               const struct endpoint *addr, int code, struct error *error);
