// SPDX-License-Identifier: GPL-3.0-or-later
/* diag: asks sock_diag(7) for one connection by its two ends, or for everything at a port. So it
 * finds timers, which TCP_INFO does not have, what no descriptor leads to any more (FIN_WAIT2,
 * LAST_ACK, TIME_WAIT after close()), connections that wait in a listener's queue, and the sockets
 * of others. No privileges are needed. Owns its netlink socket, which knows the connections of one
 * host. */
#pragma once

#include <stdbool.h>

#include "record/sample.h"
#include "socket/endpoint.h"
#include "socket/host.h"
#include "socket/transport.h"

enum diag_answer {
	DIAG_FOUND,
	DIAG_GONE,        /* there is no such connection (any more) */
	DIAG_UNAVAILABLE, /* this system does not say, or not now */
};

struct diag;
struct sandbox;

/* Of this machine, or of a host of the sandbox. NULL where the system has no sock_diag; diag_find()
 * then says DIAG_UNAVAILABLE. */
struct diag *diag_new(struct sandbox *sandbox, enum host host);
void diag_free(struct diag *diag);

/* Adds SAMPLE_STATE, SAMPLE_TIMER, SAMPLE_TIMER_LEFT, SAMPLE_RETRANSMITS and, where there is no
 * descriptor to ask, SAMPLE_INQ and SAMPLE_OUTQ to `sample`, and leaves the fields that it already
 * has. A TCP connection; `peer` AF_UNSPEC: the listener at `local`. The row of a socket that is
 * gone says uid 0 and inode 0, so both ends must match. The FIN counts as a byte to read there, and
 * is taken off. Some 2 microseconds. */
enum diag_answer diag_find(struct diag *diag, const struct endpoint *local,
                           const struct endpoint *peer, struct sample *sample);

/* Adds SAMPLE_QUEUE and SAMPLE_BACKLOG of a UNIX socket that listens, where the system says them. The
 * kernel walks its UNIX sockets. */
void diag_add_queue(struct diag *diag, int fd, struct sample *sample);

/* One socket at a port, or what is left of one. */
struct diag_row {
	struct endpoint local, peer; /* peer: AF_UNSPEC where it has none */
	enum tcp_state state; /* bound only: STATE_CLOSED; UDP: that, or STATE_ESTABLISHED after
	                       * connect() */
	bool dual;            /* an IPv6 socket that takes what is sent over IPv4, too */
	bool timed;           /* the kernel drops it in `left` microseconds: TIME_WAIT, FIN_WAIT2 */
	uint64_t left;
	uint32_t uid;   /* of its owner, */
	uint32_t inode; /* and what /proc/PID/fd calls it; both 0 where nobody owns it any more */
};

/* Calls `found` with everything at this local port, of IPv4 and IPv6. False where the system does
 * not say all of it. The kernel walks all its sockets: some milliseconds where there are many. */
bool diag_list(struct diag *diag, enum transport transport, uint16_t port,
               void (*found)(void *context, const struct diag_row *row), void *context);

/* Whether diag_list() has TCP sockets that are bound, but neither listen nor connect: since Linux
 * 6.8. */
bool diag_lists_bound(void);
