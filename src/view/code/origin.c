// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/code/origin.h"

/* The last accept() before the session's first entry that gave this descriptor. */
static void find_listener(struct origin *origin, const struct transcript *transcript, int fd)
{
	for (uint64_t at = transcript_previous(transcript, origin->first); at != TRANSCRIPT_NONE;
	     at = transcript_previous(transcript, at)) {
		const struct entry *entry = transcript_at(transcript, at);
		if (entry->call != CALL_ACCEPT || entry->error || entry->arg != fd)
			continue;
		origin->listener = entry->session;
		origin->listening = entry->fd;
		origin->accepted = at;
		return;
	}
}

/* The session's oldest call that has a descriptor. */
static const struct entry *find_begin(const struct transcript *transcript, uint64_t first)
{
	for (uint64_t at = first; at != TRANSCRIPT_NONE; at = transcript_after(transcript, at)) {
		const struct entry *entry = transcript_at(transcript, at);
		if (entry_is_call(entry) && entry->fd >= 0)
			return entry;
	}
	return NULL;
}

static bool fail_evicted(struct error *error)
{
	error_set(error, "the session's first calls are no longer in the transcript: "
	                 "/set scrollback makes it larger");
	return false;
}

/* Of a session that has none left, and of one that never had any, nothing may be remembered. */
static bool is_lost(const struct transcript *transcript, uint32_t session, uint64_t first)
{
	return first == TRANSCRIPT_NONE &&
	       (transcript_last(transcript, session) != TRANSCRIPT_NONE ||
	        transcript_lost(transcript).entries > 0);
}

bool origin_find(struct origin *origin, const struct transcript *transcript, uint32_t session,
                 struct error *error)
{
	*origin = (struct origin){ .session = session };
	origin->first = transcript_begin(transcript, session);
	if (is_lost(transcript, session, origin->first))
		return fail_evicted(error);
	const struct entry *begin = find_begin(transcript, origin->first);
	if (!begin) {
		error_set(error, "no calls to write: the session has made none yet");
		return false;
	}
	origin->begun = begin->time;
	origin->start = origin->first;
	if (begin->call == CALL_SOCKET)
		return true;
	find_listener(origin, transcript, begin->fd);
	if (!origin->listener)
		return fail_evicted(error);
	origin->start = transcript_begin(transcript, origin->listener);
	return origin->start == TRANSCRIPT_NONE ? fail_evicted(error) : true;
}
