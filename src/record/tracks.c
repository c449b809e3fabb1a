// SPDX-License-Identifier: GPL-3.0-or-later
#include "record/tracks.h"

#include <stdlib.h>

#include "base/alloc.h"

enum { LEAST = 16 };

static struct track *new_list(size_t cap)
{
	struct track *list = xcalloc(cap, sizeof *list);
	for (size_t i = 0; i < cap; i++)
		list[i].last = TRACK_NONE;
	return list;
}

void tracks_init(struct tracks *tracks)
{
	*tracks = (struct tracks){ .list = new_list(LEAST), .cap = LEAST };
}

void tracks_free(struct tracks *tracks)
{
	free(tracks->list);
}

/* Spreads consecutive numbers and keeps them apart in the low bits (Fibonacci hashing). */
static size_t hash(uint32_t session)
{
	return (size_t)((session * UINT64_C(0x9e3779b97f4a7c15)) >> 32);
}

/* The place of a session, or the free one where it would go. */
static struct track *probe(struct track *list, size_t cap, uint32_t session)
{
	size_t i = hash(session) & (cap - 1);
	while (list[i].last != TRACK_NONE && list[i].session != session)
		i = (i + 1) & (cap - 1);
	return &list[i];
}

static bool is_alive(const struct track *track, uint64_t oldest)
{
	return track->last != TRACK_NONE && track->last >= oldest;
}

/* Makes a list at most half full of those that are alive, so that the next time is far away. */
static void prune(struct tracks *tracks, uint64_t oldest)
{
	struct tracks kept = { .cap = LEAST };
	for (size_t i = 0; i < tracks->cap; i++)
		kept.count += is_alive(&tracks->list[i], oldest);
	while (kept.cap < 2 * kept.count)
		kept.cap *= 2;
	kept.list = new_list(kept.cap);
	for (size_t i = 0; i < tracks->cap; i++)
		if (is_alive(&tracks->list[i], oldest))
			*probe(kept.list, kept.cap, tracks->list[i].session) = tracks->list[i];
	free(tracks->list);
	*tracks = kept;
}

uint64_t tracks_last(const struct tracks *tracks, uint32_t session)
{
	return probe(tracks->list, tracks->cap, session)->last;
}

uint64_t tracks_first(const struct tracks *tracks, uint32_t session)
{
	const struct track *track = probe(tracks->list, tracks->cap, session);
	return track->last == TRACK_NONE ? TRACK_NONE : track->first;
}

void tracks_hide(struct tracks *tracks, uint32_t session)
{
	struct track *track = probe(tracks->list, tracks->cap, session);
	if (track->last != TRACK_NONE)
		track->hidden = true;
}

void tracks_hide_others(struct tracks *tracks, bool (*stays)(const void *context, uint32_t session),
                        const void *context)
{
	for (size_t i = 0; i < tracks->cap; i++) {
		struct track *track = &tracks->list[i];
		if (track->last != TRACK_NONE && !stays(context, track->session))
			track->hidden = true;
	}
}

bool tracks_is_hidden(const struct tracks *tracks, uint32_t session)
{
	const struct track *track = probe(tracks->list, tracks->cap, session);
	return track->last != TRACK_NONE && track->hidden;
}

struct track *tracks_claim(struct tracks *tracks, uint32_t session, uint64_t oldest)
{
	struct track *track = probe(tracks->list, tracks->cap, session);
	if (track->last != TRACK_NONE)
		return track;
	if (tracks->count >= tracks->cap / 4 * 3) {
		prune(tracks, oldest);
		track = probe(tracks->list, tracks->cap, session);
	}
	tracks->count++;
	*track = (struct track){ .session = session, .last = TRACK_NONE };
	return track;
}
