// SPDX-License-Identifier: GPL-3.0-or-later
/* session_snapshot: what is known of a session, collected for whoever draws it: pages, the status
 * line, lists. */
#pragma once

#include "net/session.h"
#include "view/page/snapshot.h"

/* From the session and its newest sample; asks the kernel nothing. The pointers in it hold as long
 * as the session is not changed. */
void session_snapshot(const struct session *session, struct snapshot *snapshot);

/* How often a running timer of its changes what is shown of it, ns; 0 = none runs. Not `keepalive`:
 * where that timer is not shown. */
int64_t session_snapshot_pulse(const struct session *session, bool keepalive);
