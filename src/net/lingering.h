// SPDX-License-Identifier: GPL-3.0-or-later
/* lingering: what becomes of a TCP connection after close(), when no descriptor leads to it any
 * more: FIN_WAIT1, FIN_WAIT2, LAST_ACK, CLOSING, TIME_WAIT, until it is gone. Remembers both its
 * ends, asks sock_diag(7) for them, and writes each change down as SAMPLE_CLOSED. Follows the
 * LINGERING_MOST that were closed last. Embedded in the table of sessions. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/poller.h"
#include "socket/endpoint.h"
#include "socket/host.h"

struct session;
struct session_table;

enum { LINGERING_MOST = 64 };

struct lingering_connection {
	uint32_t session; /* its number */
	bool lingers;     /* close() is made elsewhere, and may not have begun */
	enum host host;
	struct endpoint local, peer;
	int64_t begun, due; /* clock_now(): when it was closed, when to look again */
};

struct lingering {
	struct lingering_connection list[LINGERING_MOST]; /* the oldest first */
	size_t count;
	struct session_table *table;
};

/* The session's connection has just been closed: samples it at once. It replaces an earlier
 * connection of the session. Sets session->followed. */
void lingering_begin(struct lingering *lingering, struct session *session,
                     const struct endpoint *local, const struct endpoint *peer, bool lingers);

/* The session connects again, or is forgotten: its old connection is no longer followed. */
void lingering_end(struct lingering *lingering, struct session *session);

/* Looks now, out of turn. */
void lingering_sample(struct lingering *lingering, const struct session *session);

/* The sandbox ends: its hosts are gone with all that lingers there. */
void lingering_end_hosts(struct lingering *lingering);

void lingering_prepare(const struct lingering *lingering, struct poller *poller);
void lingering_serve(struct lingering *lingering);
