// SPDX-License-Identifier: GPL-3.0-or-later
/* resolve: names to addresses without stopping the loop. getaddrinfo(3) runs in a thread of its own
 * and wakes the poller through a pipe; numeric addresses are answered at once, without a thread. A
 * name server that is silent holds a thread and its descriptors for long, and nothing can end it:
 * so a resolver lets only a few look-ups ask at a time, and the others wait for their turn. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/poller.h"
#include "net/target.h"
#include "socket/endpoint.h"

enum {
	RESOLVE_MAX = 32,    /* addresses kept of one answer */
	RESOLVE_AT_ONCE = 4, /* look-ups that somebody waits for */
	RESOLVE_THREADS =
	        16,        /* with those that nobody waits for any more and that have not ended */
	RESOLVE_MOST = 64, /* the most that resolver_new() may be given for that */
};

struct lookup;
struct resolver;

/* Freed after its look-ups. */
struct resolver *resolver_new(unsigned at_once, unsigned threads);
void resolver_stop(struct resolver *resolver); /* begins no look-up any more */
void resolver_free(struct resolver *resolver);

/* A turn: notices the end of look-ups that were freed while they asked. */
void resolver_prepare(const struct resolver *resolver, struct poller *poller);
void resolver_serve(struct resolver *resolver, const struct poller *poller);

struct lookup_query {
	struct target target;
	int family;   /* AF_UNSPEC, AF_INET, AF_INET6 */
	bool passive; /* for bind(): no host means every address */
	bool numeric; /* -n: a name is an error, nothing is asked */
};

struct lookup_answer {
	struct endpoint addr[RESOLVE_MAX];
	size_t count;
	int status;           /* of getaddrinfo() where there is none: EAI_NONAME */
	int64_t begun, ended; /* clock_now() */
};

/* Begins, or waits for its turn; never NULL. Without a resolver it begins at once. The caller owns
 * it and ends it with lookup_free() at any time; a thread still asking is left to end by itself.
 * Freeing makes room for one that waits. */
struct lookup *lookup_start(struct resolver *resolver, const struct lookup_query *query);
void lookup_free(struct lookup *lookup);

bool lookup_is_waiting(const struct lookup *lookup); /* it has not begun */

/* The descriptor that becomes readable when the answer is there; -1 when it was there at once, and
 * while the look-up waits. */
int lookup_fd(const struct lookup *lookup);

/* A turn: whether lookup_take() has something to say. */
void lookup_prepare(const struct lookup *lookup, struct poller *poller);
bool lookup_is_ready(const struct lookup *lookup, const struct poller *poller);

/* True when done. Then either answer->count > 0, or it is 0 and `error` says why in one line. */
bool lookup_take(struct lookup *lookup, struct lookup_answer *answer, struct error *error);
