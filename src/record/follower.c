// SPDX-License-Identifier: GPL-3.0-or-later
#include "record/follower.h"

void follower_init(struct follower *follower, const struct transcript *transcript)
{
	*follower = (struct follower){ .transcript = transcript, .position = TRANSCRIPT_NONE };
}

struct transcript_amount follower_missed(const struct follower *follower)
{
	struct transcript_amount lost = transcript_lost(follower->transcript);
	if (lost.entries <= follower->read.entries)
		return (struct transcript_amount){ 0 };
	return (struct transcript_amount){ lost.entries - follower->read.entries,
		                           lost.bytes - follower->read.bytes };
}

const struct entry *follower_next(struct follower *follower)
{
	const struct transcript *transcript = follower->transcript;
	bool known = follower->position != TRANSCRIPT_NONE;
	uint64_t next = known ? follower->position : transcript_first(transcript);
	const struct entry *entry = known ? transcript_step(transcript, &next)
	                                  : transcript_at(transcript, next);
	if (!entry)
		return NULL;
	struct transcript_amount missed = follower_missed(follower);
	follower->position = next;
	follower->read.entries += missed.entries + 1;
	follower->read.bytes += missed.bytes + entry->len;
	return entry;
}

void follower_skip(struct follower *follower)
{
	follower->position = transcript_newest(follower->transcript);
	follower->read = transcript_amount_before(follower->transcript, TRANSCRIPT_NONE);
}

void follower_skip_bytes(struct follower *follower)
{
	uint64_t event = transcript_newest_event(follower->transcript);
	bool known = follower->position != TRANSCRIPT_NONE;
	if (event == TRANSCRIPT_NONE || (known && event <= follower->position))
		follower_skip(follower);
}

void follower_seek(struct follower *follower, uint64_t position)
{
	follower->position = transcript_previous(follower->transcript, position);
	follower->read = transcript_amount_before(follower->transcript, position);
}
