// SPDX-License-Identifier: GPL-3.0-or-later
/* probe_timer: what sessions see of the kernel between their calls: asks new sockets for time stamps
 * and errors, looks by itself while something is under way, tells what nobody would ask for. The
 * same for every kind of session; wakes nobody where all is settled. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "net/lingering.h"
#include "net/diag.h"
#include "net/session.h"
#include "net/probe.h"

/* A socket that the program has made in the session's name. */
void probe_timer_add_socket(struct session *session, int fd);

/* Its errors are collected from the error queue: a UDP socket that nobody drives by hand. */
void probe_timer_add_datagrams(struct session *session, int fd, int family);

/* connect() has succeeded, or accept() has made the session. */
void probe_timer_add_connection(struct session *session);

/* The socket is ready: takes away what is on its error queue and no error. True where that may have
 * been all. */
bool probe_timer_take_answers(struct session *session, const struct poller *poller);

/* A turn: returns when to look next, INT64_MAX for not at all; looks where it is time. */
int64_t probe_timer_prepare(struct session *session);
void probe_timer_serve(struct session *session, int64_t now);

/* ---- sessions.c ---- */

struct probe_budget *sessions_budget(struct sessions *sessions);
struct lingering *sessions_lingering(struct sessions *sessions);
struct diag *sessions_diag(const struct sessions *sessions);
bool sessions_is_pinned(const struct sessions *sessions, const struct session *session);

/* As sessions_defer_close(), of a connection with these ends, which is followed from then on. */
void sessions_defer_connection_close(struct sessions *sessions, const struct session *session,
                                     int fd);
