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
	uint64_t first; /* of the very first one, which may be gone */
	uint32_t session;
	uint16_t stream_offset[2]; /* low bits of the offset of the next byte received, sent */
	bool hidden;               /* left out where all sessions are shown */
};

struct session_index {
	/* open addressing, linear probing; last == SESSION_INDEX_NONE is a free place */
	struct indexed_session *list;
	size_t cap; /* a power of two */
	size_t count;
};

void session_index_init(struct session_index *session_index);
void session_index_free(struct session_index *session_index);

/* Position of a session's newest entry, and of its first, SESSION_INDEX_NONE if none is
 * remembered. */
uint64_t session_index_last(const struct session_index *session_index, uint32_t session);
uint64_t session_index_first(const struct session_index *session_index, uint32_t session);

/* Hides a session of which something is remembered, for as long as it is. */
void session_index_hide(struct session_index *session_index, uint32_t session);
void session_index_hide_others(struct session_index *session_index,
                               bool (*stays)(const void *context, uint32_t session),
                               const void *context);
bool session_index_is_hidden(const struct session_index *session_index, uint32_t session);

/* The track of a session, a new one if need be; the caller sets `last` at once. Sessions whose last
 * entry is before `oldest` may be forgotten on this occasion. The pointer holds until the next
 * call. */
struct indexed_session *session_index_claim(struct session_index *session_index, uint32_t session,
                                            uint64_t oldest);
