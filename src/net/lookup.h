// SPDX-License-Identifier: GPL-3.0-or-later
/* lookup: names to addresses without stopping the loop. getaddrinfo(3) runs in a thread of a
 * worker pool; what needs nobody else, such as a numeric address, is answered at once. A name
 * server that is silent holds a thread for long, and nothing can end it: so only a few look-ups ask
 * at a time, and the others wait for their turn. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/worker.h"
#include "net/target.h"
#include "socket/endpoint.h"

enum {
	LOOKUP_MAX = 32,     /* addresses kept of one answer */
	LOOKUP_AT_ONCE = 4,  /* look-ups that somebody waits for */
	LOOKUP_THREADS = 16, /* with those that were freed and have not ended */
};

/* The message about "left" or "right" while the sandbox is off. */
#define HOSTS_ARE_OFF "%s is a host of the sandbox, which is off: /sandbox on or --sandbox makes it"

struct lookup;

/* What the names left and right mean. No name server is asked for them, except with --nc. To connect,
 * each has its IPv4 address, or with family IPv6 its IPv6 address; to listen, both. */
enum lookup_hosts { LOOKUP_HOSTS_OFF, LOOKUP_HOSTS, LOOKUP_NO_HOSTS };

struct lookup_query {
	struct target target;
	int family;   /* AF_UNSPEC, AF_INET, AF_INET6 */
	bool passive; /* for bind(): no host means every address */
	bool numeric; /* -n: a name is an error, nothing is asked */
	enum lookup_hosts hosts;
};

struct lookup_answer {
	struct endpoint addr[LOOKUP_MAX];
	size_t count;
	bool asked;           /* by getaddrinfo() in a thread; else it was known at once */
	int status;           /* of getaddrinfo(), where there is no address */
	int64_t begun, ended; /* clock_now() */
};

/* Never NULL. The caller owns it and may end it with lookup_free() at any time: a thread that is
 * still asking ends by itself. Only a look-up that may ask a name server waits for its turn in the
 * pool. */
struct lookup *lookup_start(struct worker_pool *pool, const struct lookup_query *query);
void lookup_free(struct lookup *lookup);

bool lookup_is_waiting(const struct lookup *lookup); /* for its turn */
bool lookup_is_ready(const struct lookup *lookup);   /* lookup_take() has something to say */
void lookup_prepare(const struct lookup *lookup, struct poller *poller);

/* True when ready. Then either answer->count > 0, or it is 0 and `error` says why in one line. */
bool lookup_take(const struct lookup *lookup, struct lookup_answer *answer, struct error *error);

/* Whether the host is a numeric address, which needs no look-up. */
bool lookup_is_numeric(const char *host);

/* The first address of a query that is `numeric`, and so needs no look-up; false with one line. */
bool lookup_at_once(const struct lookup_query *query, struct endpoint *addr, struct error *error);
