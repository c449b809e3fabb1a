// SPDX-License-Identifier: GPL-3.0-or-later
/* context: what the entries around one entry tell about it: the readings behind and before it, what
 * they counted, what the other end has noticed. Every look is bounded. Private to this directory.
 */
#pragma once

#include "record/sample.h"
#include "view/ladder/arrow.h"

/* Segments since the reading before. */
struct counts {
	bool known;
	uint64_t out, in;           /* all */
	uint64_t data_out, data_in; /* for the first time */
	uint64_t again;             /* retransmitted */
};

struct context {
	const struct view *view;
	const struct transcript *transcript;
	const struct entry *entry;
	uint64_t position;
	int side;   /* whose margin it is: 0 left, 1 right */
	bool both;  /* both ends are ours: the sender draws what it sends */
	bool timed; /* `now` is there: the reading behind a call, or the entry itself */
	bool had;   /* `old` is there: the one before it, of the same socket */
	bool first; /* no reading of this socket was before it */
	struct sample now, old;
	struct counts counts;
	uint64_t state, before; /* enum tcp_state after and before; STATE_GONE = not known */
};

void context_set(struct context *context, const struct view *view, uint64_t position,
                 const struct entry *entry);

/* What has happened to the connection between the readings. */
bool context_fin_was_sent(const struct context *context);
bool context_fin_has_come(const struct context *context);
bool context_was_reset(const struct context *context);

/* Nobody reads the kernel for this session: what happens can only be deduced. */
bool context_is_unwatched(const struct context *context);

/* The entry is of a datagram socket. */
bool context_is_datagram(const struct context *context);

/* The first entry of a session that a listener of ours accepted; its accept(), or NULL. */
bool context_is_accepted(const struct entry *entry);
const struct entry *context_find_accept(const struct transcript *transcript, uint64_t position);

/* What close() at this position sends. */
enum farewell { FAREWELL_NONE, FAREWELL_FIN, FAREWELL_RST };
enum farewell context_farewell(const struct transcript *transcript, uint64_t position);

/* How the other end, which is ours, tells that the FIN or RST of this entry has come: a mark. */
char context_find_notice(const struct context *context);

/* What the other end, which is ours, sent when it closed its descriptor some time before: FIN means
 * that nobody counts there any more. */
enum farewell context_other_farewell(const struct context *context);

/* Which bytes of the stream left between the readings, or in this call: [*begin, *end). False where
 * only their number is known, which is then *end. */
bool context_sent_range(const struct context *context, uint64_t *begin, uint64_t *end);
bool context_received_range(const struct context *context, uint64_t *begin, uint64_t *end);
