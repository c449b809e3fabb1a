// SPDX-License-Identifier: GPL-3.0-or-later
/* follower: reads a transcript entry by entry while it grows, and knows what was evicted before it
 * was read. A log, pipe mode, plain mode, the counts of unread news and a script that waits for
 * text each have one. Embedded by value; owns nothing and does not stop eviction. */
#pragma once

#include "record/transcript.h"

struct follower {
	const struct transcript *transcript;
	uint64_t position; /* of the entry read last; TRANSCRIPT_NONE before the first */
	struct transcript_amount read; /* of all entries up to that one, those missed included */
};

/* Starts before the first entry that ever was: what has been evicted by now is missed. */
void follower_init(struct follower *follower, const struct transcript *transcript);

/* The next entry, of any session, hidden ones too; NULL at the end. The pointer holds until the
 * next entry is written. */
const struct entry *follower_next(struct follower *follower);

/* What was evicted after the entry read last; follower_next() goes on with the oldest entry left,
 * and nothing is missed any more. */
struct transcript_amount follower_missed(const struct follower *follower);

/* As if everything had been read: what is written from now on comes next. */
void follower_skip(struct follower *follower);

/* For who wants neither bytes of streams nor samples: as if they had been read, where nothing else has
 * come. It costs the same however many they are. */
void follower_skip_bytes(struct follower *follower);

/* As if everything before the entry at `position` had been read. Costs a walk through a block. */
void follower_seek(struct follower *follower, uint64_t position);
