// SPDX-License-Identifier: GPL-3.0-or-later
/* dial: from a target to an open socket. Looks up the local address and the remote ones within one
 * time limit, and connects to those: in turn, side by side where one does not answer at once (RFC
 * 8305), the first to answer is taken. What became of the others is one log, which is reported when
 * it may matter. Sockets that are bound to an address are bind's. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/poller.h"
#include "net/lookup.h"
#include "net/session_internal.h"

/* A connect() that is under way on the session's socket of the same index. */
struct attempt {
	size_t number; /* of the address, from 0 */
	int64_t begun;
	int64_t settled; /* connect() has returned at once, then: this turn's others go first; 0 = it has
	                  * not */
	int code;     /* its errno value then */
};

struct dial {
	bool waits_for_port; /* an old descriptor, closed at the end of this turn, may hold it */
	bool local_known;    /* the local address has been looked up, or none was asked for */
	struct lookup_answer local, remote;
	size_t next;     /* the address that is tried next */
	int64_t begun;   /* clock_now() */
	int64_t next_at; /* when that attempt begins while others are under way; INT64_MAX = never */
	int64_t again_at; /* connect() to a UNIX listener is made again: its queue was full; 0 = not */
	struct attempt attempt[SESSION_SOCKETS];
	struct buf attempt_log; /* what became of the addresses tried so far, */
	size_t reported;        /* this many bytes of it are in the transcript, */
	int64_t report_at; /* and the rest is written at this instant; INT64_MAX = there is no rest */
};

/* Begins to open it as its open parameters say. */
void dial_begin(struct session *session);
void dial_end(struct session *session);
void dial_prepare(struct session *session, struct poller *poller);
void dial_serve(struct session *session, const struct poller *poller);

/* The addresses are known: connects to them. */
void dial_connect(struct session *session);

/* What connect() was called with on this socket, while that is under way. */
const struct endpoint *dial_remote(const struct session *session, unsigned slot);
