// SPDX-License-Identifier: GPL-3.0-or-later
/* aftermath: what becomes of a TCP connection after close(), when no descriptor leads to it any
 * more: FIN_WAIT1, FIN_WAIT2, LAST_ACK, CLOSING, TIME_WAIT, until it is gone. Remembers both its
 * ends, asks sock_diag(7) for them, and writes each change down as READING_CLOSED. Follows the
 * AFTERMATH_MOST that were closed last. Embedded in the table of sessions. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/poller.h"

struct session;
struct sessions;

enum { AFTERMATH_MOST = 64 };

struct remains {
	uint32_t session;
	bool lingers; /* close() is made elsewhere, and may not have begun */
	struct addr local, peer;
	int64_t begun, due; /* clock_now(): when it was closed, when to look again */
};

struct aftermath {
	struct remains list[AFTERMATH_MOST]; /* the oldest first */
	size_t count;
};

/* The session's connection has been closed just now: looks at once. One that was followed in its
 * name before is not any more. */
void aftermath_begin(struct sessions *sessions, struct session *session, const struct addr *local,
                     const struct addr *peer, bool lingers);

/* Nobody wants to know any more: it connects anew, or is forgotten. */
void aftermath_end(struct aftermath *aftermath, uint32_t session);

/* True while the session's connection is followed. */
bool aftermath_follows(const struct aftermath *aftermath, uint32_t session);

/* Looks now, out of turn. */
void aftermath_look(struct sessions *sessions, const struct session *session);

void aftermath_prepare(const struct aftermath *aftermath, struct poller *poller);
void aftermath_serve(struct sessions *sessions);
