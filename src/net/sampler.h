// SPDX-License-Identifier: GPL-3.0-or-later
/* sampler: what sessions see of the kernel between their calls: asks new sockets for time stamps
 * and errors, looks by itself while something is under way, tells what nobody would ask for. The
 * same for every kind of session; wakes nobody where all is settled. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "net/aftermath.h"
#include "net/diag.h"
#include "net/session.h"
#include "net/watch.h"

/* A socket that the program has made in the session's name. */
void sampler_meet_socket(struct session *session, int fd);

/* Its errors are collected from the error queue: a UDP socket that nobody drives by hand. */
void sampler_meet_datagrams(struct session *session, int fd, int family);

/* connect() has succeeded, or accept() has made the session. */
void sampler_meet_connection(struct session *session);

/* The socket is ready: takes away what is on its error queue and no error. True where that may have
 * been all. */
bool sampler_take_answers(struct session *session, const struct poller *poller);

/* A turn: returns when to look next, INT64_MAX for not at all; looks where it is time. */
int64_t sampler_prepare(struct session *session);
void sampler_serve(struct session *session, int64_t now);

/* ---- sessions.c ---- */

struct watch_budget *sessions_budget(struct sessions *sessions);
struct aftermath *sessions_aftermath(struct sessions *sessions);
struct diag *sessions_diag(const struct sessions *sessions);
bool sessions_spares(const struct sessions *sessions, const struct session *session);

/* As sessions_doom(), of a connection with these ends, which is followed from then on. */
void sessions_doom_connection(struct sessions *sessions, const struct session *session, int fd);
