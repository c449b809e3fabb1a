// SPDX-License-Identifier: GPL-3.0-or-later
/* recorded: a session that is read from a log. It is in the table, with a number and a name as any other,
 * and makes no call: it has no descriptor, and whatever would act on it is refused with "session 3 is a
 * recording: nothing is sent". Who it is is given to it; its state, counters, addresses and samples follow
 * from the entries that are appended for it. Whatever those say, nothing goes wrong. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "net/session.h"
#include "record/entry.h"
#include "socket/transport.h"

struct session_table;

enum recorded_kind { RECORDED_STREAM, RECORDED_DATAGRAMS, RECORDED_LISTENER };

struct recorded_facts {
	const char *name;    /* NULL, or what may be no name: made up */
	const char *service; /* of a server, NULL = none */
	enum recorded_kind kind;
	enum transport transport;
	enum host host;
	enum eol eol;
	uint32_t listener; /* number here of the one that accepted it, 0 = none; it never changes */
	bool server, stepped, paused;
	struct endpoint local, peer; /* AF_UNSPEC where not known */
};

/* In the table from now on. */
struct session *recorded_new(struct session_table *table, struct recording *recording,
                             const struct recorded_facts *facts);

/* It is known better who it is. */
void recorded_learn(struct session *session, const struct recorded_facts *facts);

/* An entry of it has been appended at this position. */
void recorded_follow(struct session *session, uint64_t position, const struct entry *entry);
