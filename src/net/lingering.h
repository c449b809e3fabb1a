// SPDX-License-Identifier: GPL-3.0-or-later
/* lingering: what becomes of a TCP connection after close(), when no descriptor leads to it any
 * more: FIN_WAIT1, FIN_WAIT2, LAST_ACK, CLOSING, TIME_WAIT, until it is gone. Remembers both its
 * ends, asks sock_diag(7) for them, and writes each change down as SAMPLE_CLOSED. Follows the
 * LINGERING_MOST that were closed last. Embedded in the table of sessions. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "socket/endpoint.h"
#include "base/poller.h"

struct session;
struct sessions;

enum { LINGERING_MOST = 64 };

struct lingering_connection {
	uint32_t session;
	bool lingers; /* close() is made elsewhere, and may not have begun */
	struct endpoint local, peer;
	int64_t begun, due; /* clock_now(): when it was closed, when to look again */
};

struct lingering {
	struct lingering_connection list[LINGERING_MOST]; /* the oldest first */
	size_t count;
};

/* The session's connection has been closed just now: looks at once. One that was followed in its
 * name before is not any more. */
void lingering_begin(struct sessions *sessions, struct session *session,
                     const struct endpoint *local, const struct endpoint *peer, bool lingers);

/* Nobody wants to know any more: it connects anew, or is forgotten. */
void lingering_end(struct lingering *lingering, uint32_t session);

/* True while the session's connection is followed. */
bool lingering_follows(const struct lingering *lingering, uint32_t session);

/* Looks now, out of turn. */
void lingering_look(struct sessions *sessions, const struct session *session);

void lingering_prepare(const struct lingering *lingering, struct poller *poller);
void lingering_serve(struct sessions *sessions);
