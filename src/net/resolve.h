// SPDX-License-Identifier: GPL-3.0-or-later
/* resolve: names to addresses without stopping the loop. getaddrinfo(3) runs in a thread of its own
 * and wakes the poller through a pipe; numeric addresses are answered at once, without a thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/error.h"
#include "net/target.h"

enum { RESOLVE_MAX = 32 }; /* addresses kept of one answer */

struct lookup;

struct lookup_query {
	struct target target;
	int family;   /* AF_UNSPEC, AF_INET, AF_INET6 */
	bool passive; /* for bind(): no host means every address */
	bool numeric; /* -n: a name is an error, nothing is asked */
};

struct lookup_answer {
	struct addr addr[RESOLVE_MAX];
	size_t count;
	int64_t begun, ended; /* clock_now() */
};

/* Begins; never NULL. The caller owns it and ends it with lookup_free() at any time; a thread still
 * asking is left to end by itself. Freeing closes lookup_fd(). */
struct lookup *lookup_start(const struct lookup_query *query);
void lookup_free(struct lookup *lookup);

/* The descriptor that becomes readable when the answer is there; -1 when it is there already. */
int lookup_fd(const struct lookup *lookup);

/* True when done. Then either answer->count > 0, or it is 0 and `error` says why in one line. */
bool lookup_take(struct lookup *lookup, struct lookup_answer *answer, struct error *error);
