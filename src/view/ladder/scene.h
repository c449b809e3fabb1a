// SPDX-License-Identifier: GPL-3.0-or-later
/* scene: what the entries around one entry tell about it: the readings behind and before it, what
 * they counted, what the other end has noticed. Every look is bounded. Private to this directory.
 */
#pragma once

#include "record/reading.h"
#include "view/ladder/stroke.h"

/* Segments since the reading before. */
struct counts {
	bool known;
	uint64_t out, in;           /* all */
	uint64_t data_out, data_in; /* for the first time */
	uint64_t again;             /* retransmitted */
};

struct scene {
	const struct view *view;
	const struct transcript *transcript;
	const struct entry *entry;
	uint64_t position;
	int side;   /* whose margin it is: 0 left, 1 right */
	bool both;  /* both ends are ours: the sender draws what it sends */
	bool timed; /* `now` is there: the reading behind a call, or the entry itself */
	bool had;   /* `old` is there: the one before it, of the same socket */
	bool first; /* no reading of this socket was before it */
	struct reading now, old;
	struct counts counts;
	uint64_t state, before; /* enum tcp_state_number after and before; STATE_GONE = not known */
};

void scene_set(struct scene *scene, const struct view *view, uint64_t position,
               const struct entry *entry);

/* What has happened to the connection between the readings. */
bool scene_fin_was_sent(const struct scene *scene);
bool scene_fin_has_come(const struct scene *scene);
bool scene_was_reset(const struct scene *scene);

/* Nobody reads the kernel for this session: what happens can only be deduced. */
bool scene_is_unwatched(const struct scene *scene);

/* The entry is of a datagram socket. */
bool scene_is_datagram(const struct scene *scene);

/* The first entry of a session that a listener of ours accepted; its accept(), or NULL. */
bool scene_is_accepted(const struct entry *entry);
const struct entry *scene_find_accept(const struct transcript *transcript, uint64_t position);

/* What close() at this position sends. */
enum farewell { FAREWELL_NONE, FAREWELL_FIN, FAREWELL_RST };
enum farewell scene_farewell(const struct transcript *transcript, uint64_t position);

/* How the other end, which is ours, tells that the FIN or RST of this entry has come: a mark. */
char scene_find_notice(const struct scene *scene);

/* What the other end, which is ours, sent when it closed its descriptor some time before: FIN means
 * that nobody counts there any more. */
enum farewell scene_other_farewell(const struct scene *scene);

/* Which bytes of the stream left between the readings, or in this call: [*begin, *end). False where
 * only their number is known, which is then *end. */
bool scene_sent_range(const struct scene *scene, uint64_t *begin, uint64_t *end);
bool scene_received_range(const struct scene *scene, uint64_t *begin, uint64_t *end);
