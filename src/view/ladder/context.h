// SPDX-License-Identifier: GPL-3.0-or-later
/* context: what the entries around one entry say about it: the samples after and before it, what
 * they counted, what the other end has noticed. Every search is bounded. Private to this directory.
 */
#pragma once

#include "record/sample.h"
#include "view/endpoints.h"

/* How something is known. */
enum { MARK_READ = '*', MARK_COUNTED = 'o', MARK_DEDUCED = '?', MARK_NONE = 0 };

/* Segments since the sample before. */
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
	int side;   /* the margin of its session: 0 left, 1 right */
	bool both;  /* both ends are ours: the sender draws what it sends */
	bool timed; /* `now` is there: the sample after a call, or the entry itself */
	bool had;   /* `old` is there: the one before it, of the same socket */
	bool first; /* no sample of this socket was before it */
	struct sample now, old;
	struct counts counts;
	uint64_t state, before; /* enum tcp_state after and before; STATE_GONE = not known */
};

void context_set(struct context *context, const struct view *view, uint64_t position,
                 const struct entry *entry);

/* What has happened to the connection between the samples. */
bool context_fin_was_sent(const struct context *context);
bool context_fin_has_come(const struct context *context);
bool context_was_reset(const struct context *context);

/* The kernel is not sampled for this session: what happens can only be deduced. */
bool context_is_unwatched(const struct context *context);

/* The entry is of a datagram socket. */
bool context_is_datagram(const struct context *context);

/* What close() at this position sends. */
enum ending { ENDING_NONE, ENDING_FIN, ENDING_RST };
enum ending context_ending(const struct transcript *transcript, uint64_t position);

/* The mark for how the other end, which is ours, knows that the FIN or RST of this entry came. */
char context_find_notice(const struct context *context);

/* What the other end, which is ours, sent when it closed its descriptor some time before: FIN means
 * that nothing is counted there any more. */
enum ending context_other_ending(const struct context *context);

/* Which bytes of the stream left between the samples, or in this call: [*begin, *end). False where
 * only their number is known, which is then *end. */
bool context_sent_range(const struct context *context, uint64_t *begin, uint64_t *end);
bool context_received_range(const struct context *context, uint64_t *begin, uint64_t *end);

/* A sample of a closed session says by its state that the FIN was acknowledged, and no ACK has been
 * drawn for that yet. */
bool context_is_fin_acknowledged(const struct context *context);

/* The number of bare segments that this end has sent and that it must draw. If both ends are ours,
 * the receiver draws them, unless it has closed: then the sender does, except for those that the
 * receiver had counted before, or has shown by its state since. */
uint64_t context_undrawn(const struct context *context, uint64_t bare);
