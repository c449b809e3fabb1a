// SPDX-License-Identifier: GPL-3.0-or-later
/* recorded: a session that is read from a log. It is in the table, with a number and a name as any other,
 * and makes no call: it has no descriptor, and whatever would act on it is refused with "session 3 is a
 * recording: nothing is sent". Its identity is given to it; its state, counters, addresses and samples
 * follow from the entries that are appended for it, which may say anything. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "net/session.h"
#include "record/entry.h"
#include "socket/transport.h"

struct session_table;

enum recorded_kind { RECORDED_STREAM, RECORDED_DATAGRAMS, RECORDED_LISTENER };
enum { RECORDED_SERVICE = 64 }; /* bytes of the name of a service, with its NUL */

/* What the calls of a session do not say. */
struct recorded_identity {
	char name[SESSION_NAME]; /* what cannot be a name is replaced by one that is made up */
	char service[RECORDED_SERVICE]; /* of a server; one that is not known is none */
	enum recorded_kind kind;
	enum transport transport;
	enum host host;
	enum eol eol;
	uint32_t listener;   /* number of the one that accepted it, 0 = none; it never changes */
	uint32_t relay;      /* of the one that opened it to its target; nor does that */
	uint32_t other_side; /* of the stream that a relay passes on to, for recorded_pair() */
	bool server;       /* a listener, or a UDP session that was made by listening */
	bool stepped;      /* made by /socket */
	bool paused;       /* only a person reads from it */
	struct endpoint local, peer; /* AF_UNSPEC where not known */
};

/* In the table from now on. */
struct session *recorded_new(struct session_table *table, struct recording *recording,
                             const struct recorded_identity *identity);

/* More is known of it, or something has changed. */
void recorded_identify(struct session *session, const struct recorded_identity *identity);

/* A relay passes on from each of them to the other. */
void recorded_pair(struct session *session, struct session *other);

/* An entry of it has been appended at this position. */
void recorded_follow(struct session *session, uint64_t position, const struct entry *entry);
