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

void session_index_init(struct session_index *index)
{
	*index = (struct session_index){ .list = new_list(LEAST), .cap = LEAST };
}

void session_index_free(struct session_index *index)
{
	free(index->list);
}

/* The place of a session, or the free one where it would go. Fibonacci hashing spreads consecutive
 * numbers and keeps them apart in the low bits. */
static struct indexed_session *place_of(const struct session_index *index, uint32_t session)
{
	size_t i = (size_t)((session * UINT64_C(0x9e3779b97f4a7c15)) >> 32) & (index->cap - 1);
	while (index->list[i].last != SESSION_INDEX_NONE && index->list[i].session != session)
		i = (i + 1) & (index->cap - 1);
	return &index->list[i];
}

static bool is_alive(const struct indexed_session *indexed, uint64_t oldest)
{
	return indexed->last != SESSION_INDEX_NONE && indexed->last >= oldest;
}

/* The new list is at most half full, so that the next time is far away. */
static void prune(struct session_index *index, uint64_t oldest)
{
	struct session_index kept = { .cap = LEAST };
	for (size_t i = 0; i < index->cap; i++)
		kept.count += is_alive(&index->list[i], oldest);
	while (kept.cap < 2 * kept.count)
		kept.cap *= 2;
	kept.list = new_list(kept.cap);
	for (size_t i = 0; i < index->cap; i++)
		if (is_alive(&index->list[i], oldest))
			*place_of(&kept, index->list[i].session) = index->list[i];
	free(index->list);
	*index = kept;
}

struct indexed_session *session_index_find(const struct session_index *index, uint32_t session)
{
	struct indexed_session *indexed = place_of(index, session);
	return indexed->last == SESSION_INDEX_NONE ? NULL : indexed;
}

struct indexed_session *session_index_claim(struct session_index *index, uint32_t session,
                                            uint64_t oldest)
{
	struct indexed_session *indexed = session_index_find(index, session);
	if (indexed)
		return indexed;
	if (index->count >= index->cap / 4 * 3)
		prune(index, oldest);
	index->count++;
	indexed = place_of(index, session);
	*indexed = (struct indexed_session){ .session = session, .last = SESSION_INDEX_NONE };
	return indexed;
}
