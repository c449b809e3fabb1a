// SPDX-License-Identifier: GPL-3.0-or-later
/* session_snapshot: the state of a session, collected for pages, the status line and lists. */
#pragma once

#include "net/session.h"
#include "view/page/snapshot.h"

/* From the session and its newest sample; asks the kernel nothing. Its pointers are valid until the
 * session changes. */
void session_snapshot(const struct session *session, struct snapshot *snapshot);

/* How often a running TCP timer changes what is shown, ns; 0 = none runs. `keepalive`: that timer
 * is shown, too. */
int64_t session_snapshot_pulse(const struct session *session, bool keepalive);
