// SPDX-License-Identifier: GPL-3.0-or-later
/* probe_timer: what sessions see of the kernel between their calls: asks new sockets for time
 * stamps and errors, samples by itself while something is under way, and reports drops. The same
 * for every kind of session; does not wake the program when all is settled. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/poller.h"
#include "net/session.h"

/* A socket that the program has made in the session's name. */
void probe_timer_add_socket(struct session *session, int fd);

/* Its errors are collected from the error queue: a UDP socket that nobody drives by hand. */
void probe_timer_add_datagrams(struct session *session, int fd, int family);

/* connect() has succeeded, or accept() has made the session. */
void probe_timer_add_connection(struct session *session);

/* For each turn. Handles readiness that no call of the session should see: takes answers from the
 * error queue, and samples a paused session on which something has come. True if that may be all
 * that select() reported. */
bool probe_timer_notice(struct session *session, const struct poller *poller);

/* A turn: returns when to sample next, INT64_MAX for not at all; samples where it is time. */
int64_t probe_timer_prepare(struct session *session, struct poller *poller);
void probe_timer_serve(struct session *session, int64_t now);

/* Samples its sockets now, the timers too. */
void probe_timer_sample(struct session *session);

/* struct probe.find; the owner is a session. */
void probe_timer_find(void *owner, int fd, struct sample *sample);
