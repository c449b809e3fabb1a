// SPDX-License-Identifier: GPL-3.0-or-later
#include "record/session_index.h"

#include <stdlib.h>

#include "base/alloc.h"

enum { LEAST = 16 };

static struct indexed_session *new_list(size_t cap)
{
	struct indexed_session *list = xcalloc(cap, sizeof *list);
	for (size_t i = 0; i < cap; i++)
		list[i].last = SESSION_INDEX_NONE;
	return list;
}

void session_index_init(struct session_index *session_index)
{
	*session_index = (struct session_index){ .list = new_list(LEAST), .cap = LEAST };
}

void session_index_free(struct session_index *session_index)
{
	free(session_index->list);
}

/* Spreads consecutive numbers and keeps them apart in the low bits (Fibonacci hashing). */
static size_t hash(uint32_t session)
{
	return (size_t)((session * UINT64_C(0x9e3779b97f4a7c15)) >> 32);
}

/* The place of a session, or the free one where it would go. */
static struct indexed_session *find(struct indexed_session *list, size_t cap, uint32_t session)
{
	size_t i = hash(session) & (cap - 1);
	while (list[i].last != SESSION_INDEX_NONE && list[i].session != session)
		i = (i + 1) & (cap - 1);
	return &list[i];
}

static bool is_alive(const struct indexed_session *track, uint64_t oldest)
{
	return track->last != SESSION_INDEX_NONE && track->last >= oldest;
}

/* Makes a list at most half full of those that are alive, so that the next time is far away. */
static void prune(struct session_index *session_index, uint64_t oldest)
{
	struct session_index kept = { .cap = LEAST };
	for (size_t i = 0; i < session_index->cap; i++)
		kept.count += is_alive(&session_index->list[i], oldest);
	while (kept.cap < 2 * kept.count)
		kept.cap *= 2;
	kept.list = new_list(kept.cap);
	for (size_t i = 0; i < session_index->cap; i++)
		if (is_alive(&session_index->list[i], oldest))
			*find(kept.list, kept.cap, session_index->list[i].session) =
			        session_index->list[i];
	free(session_index->list);
	*session_index = kept;
}

uint64_t session_index_last(const struct session_index *session_index, uint32_t session)
{
	return find(session_index->list, session_index->cap, session)->last;
}

uint64_t session_index_first(const struct session_index *session_index, uint32_t session)
{
	const struct indexed_session *track =
	        find(session_index->list, session_index->cap, session);
	return track->last == SESSION_INDEX_NONE ? SESSION_INDEX_NONE : track->first;
}

void session_index_hide(struct session_index *session_index, uint32_t session)
{
	struct indexed_session *track = find(session_index->list, session_index->cap, session);
	if (track->last != SESSION_INDEX_NONE)
		track->hidden = true;
}

void session_index_hide_others(struct session_index *session_index,
                               bool (*stays)(const void *context, uint32_t session),
                               const void *context)
{
	for (size_t i = 0; i < session_index->cap; i++) {
		struct indexed_session *track = &session_index->list[i];
		if (track->last != SESSION_INDEX_NONE && !stays(context, track->session))
			track->hidden = true;
	}
}

bool session_index_is_hidden(const struct session_index *session_index, uint32_t session)
{
	const struct indexed_session *track =
	        find(session_index->list, session_index->cap, session);
	return track->last != SESSION_INDEX_NONE && track->hidden;
}

struct indexed_session *session_index_claim(struct session_index *session_index, uint32_t session,
                                            uint64_t oldest)
{
	struct indexed_session *track = find(session_index->list, session_index->cap, session);
	if (track->last != SESSION_INDEX_NONE)
		return track;
	if (session_index->count >= session_index->cap / 4 * 3) {
		prune(session_index, oldest);
		track = find(session_index->list, session_index->cap, session);
	}
	session_index->count++;
	*track = (struct indexed_session){ .session = session, .last = SESSION_INDEX_NONE };
	return track;
}
