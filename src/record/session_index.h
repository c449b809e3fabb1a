// SPDX-License-Identifier: GPL-3.0-or-later
/* session_index: what the transcript remembers of each session: where its first and its newest
 * entry are, and how far its streams have come. A hash table that forgets the sessions of which
 * nothing is left, so its size follows that of the transcript. Embedded by value; knows no
 * block. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SESSION_INDEX_NONE UINT64_MAX

struct indexed_session {
	uint64_t last;  /* position of the newest entry, SESSION_INDEX_NONE before the first */
	uint64_t first; /* of the very first one, which may have been evicted */
	uint32_t session;
	uint16_t stream_offset[2]; /* low bits of the offset of the next byte received, sent */
	uint16_t clear_offset[2];  /* the same of clear text */
	bool hidden;               /* left out where all sessions are shown */
};

struct session_index {
	/* open addressing, linear probing; last == SESSION_INDEX_NONE is a free place */
	struct indexed_session *list;
	size_t cap; /* a power of two */
	size_t count;
};

void session_index_init(struct session_index *index);
void session_index_free(struct session_index *index);

/* NULL if the session is not remembered. Pointers hold until the next claim. */
struct indexed_session *session_index_find(const struct session_index *index, uint32_t session);

/* Never NULL; of a new one the caller sets `last` at once. Sessions whose last entry is before
 * `oldest` may be forgotten. */
struct indexed_session *session_index_claim(struct session_index *index, uint32_t session,
                                            uint64_t oldest);
