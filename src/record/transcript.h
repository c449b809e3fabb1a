// SPDX-License-Identifier: GPL-3.0-or-later
/* transcript: the memory of what happened. Append-only entries in blocks of one size; at the
 * ceiling the oldest block goes. Owns the blocks and, for each session, where its last entry is. A
 * position is the number of bytes ever placed before an entry: it stays valid forever, and
 * transcript_at() says NULL once its block has gone, so a cursor is a plain number that survives
 * eviction. Does no call and draws nothing.
 *
 *	recv(fd, transcript_reserve(t, ...)) ; transcript_commit(t, n)     no copy, no line index */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/entry.h"

#define TRANSCRIPT_NONE UINT64_MAX

enum {
	TRANSCRIPT_BLOCK = 1 << 20, /* default size of a block */
	TRANSCRIPT_ROOM =
	        1 << 16, /* a datagram always fits: transcript_reserve() grants that much */
};

struct transcript;

/* `ceiling` is the most that all blocks take together, at least three blocks; `block` a multiple of
 * ENTRY_ALIGN, at least ENTRY_HEADER + ENTRY_ADDRESSES + 64, below 4 GiB. Tests make both tiny.
 * Owned by the caller. */
struct transcript *transcript_new(size_t ceiling, size_t block);
void transcript_free(struct transcript *transcript);

/* A smaller ceiling evicts at once; below three blocks it is three blocks. */
void transcript_set_ceiling(struct transcript *transcript, size_t ceiling);
size_t transcript_ceiling(const struct transcript *transcript);

/* Begins an entry and returns where its payload goes; *room says how many bytes may be put there:
 * to the end of the block, and at least `least` (capped to what an empty block can hold). The
 * addresses, if any, are placed after it at transcript_commit(), when the call has returned them:
 * room for endpoint_size bytes is left, ENTRY_ADDRESSES is enough for all. Only one entry may be
 * begun at a time. The newest three blocks always stay. So bytes of the newest entry may be copied
 * into the next call's, also where small entries, which together leave room for TRANSCRIPT_ROOM in
 * a block, come before and after it: they fill one block at most between them. */
char *transcript_reserve(struct transcript *transcript, size_t endpoint_size, size_t least,
                         size_t *room);

/* Completes the begun entry: a copy of `header` is completed with len, endpoint_len and its links,
 * and placed; returns where it is. */
uint64_t transcript_commit(struct transcript *transcript, const struct entry *header,
                           const struct endpoint *addr, size_t len);

/* The same with our own address beside the peer's, see entry_local(); both may be NULL. */
uint64_t transcript_commit_ends(struct transcript *transcript, const struct entry *header,
                                const struct endpoint *addr, const struct endpoint *local,
                                size_t len);

/* Forgets the begun entry. */
void transcript_cancel(struct transcript *transcript);

/* An entry in one step. A payload longer than a block can hold is cut into several entries: for a
 * note or state with ENTRY_CONTINUES on all but the last. Returns the position of the first. */
uint64_t transcript_append(struct transcript *transcript, const struct entry *header,
                           const struct endpoint *addr, const void *payload, size_t len);

/* The entry at a position that was given for one; NULL when it has been evicted. The pointer holds
 * until the next reserve or append. */
const struct entry *transcript_at(const struct transcript *transcript, uint64_t position);

/* Oldest entry still there; TRANSCRIPT_NONE when empty. */
uint64_t transcript_first(const struct transcript *transcript);

/* The entry that follows in time, of any session; TRANSCRIPT_NONE at the end. An evicted position
 * leads to the oldest entry. */
uint64_t transcript_next(const struct transcript *transcript, uint64_t position);

/* The newest entry, and the one before a position in time, of any session; TRANSCRIPT_NONE at the
 * oldest, and where `position` has been evicted. */
uint64_t transcript_newest(const struct transcript *transcript);
uint64_t transcript_previous(const struct transcript *transcript, uint64_t position);

/* The position that the next entry will have, or a smaller one if it fits the present block:
 * entries made from now on are at or after it. */
uint64_t transcript_end(const struct transcript *transcript);

/* The newest entry of a session, the very first one, and the one before an entry in the same
 * session; TRANSCRIPT_NONE where there is none or it has been evicted. */
uint64_t transcript_last(const struct transcript *transcript, uint32_t session);
uint64_t transcript_begin(const struct transcript *transcript, uint32_t session);
uint64_t transcript_before(const struct transcript *transcript, uint64_t position);

/* The next entry of the same session; TRANSCRIPT_NONE at the end, and where `position` has been
 * evicted. */
uint64_t transcript_after(const struct transcript *transcript, uint64_t position);

/* Hides the entries of a session wherever all sessions are shown or written out; they are evicted
 * as others are. Nothing may be appended to it afterwards. */
void transcript_hide(struct transcript *transcript, uint32_t session);
void transcript_hide_others(struct transcript *transcript,
                            bool (*stays)(const void *context, uint32_t session),
                            const void *context);
bool transcript_is_hidden(const struct transcript *transcript, uint32_t session);

/* How much there is of something: bytes are those of payloads. */
struct transcript_amount {
	uint64_t entries, bytes;
};

/* What was written before the entry at `position`; all that was ever written for TRANSCRIPT_NONE.
 * Of a position that has been evicted, what was written before the oldest entry left. */
struct transcript_amount transcript_amount_before(const struct transcript *transcript,
                                                  uint64_t position);

/* What eviction has taken, of all sessions; and whether it took anything of this one. Of a session
 * of which nothing is left, nothing is remembered: it counts as one that has lost all. */
struct transcript_amount transcript_lost(const struct transcript *transcript);
bool transcript_has_lost(const struct transcript *transcript, uint32_t session);

/* Entries ever appended, and the memory of all blocks in bytes: never above the ceiling. */
uint64_t transcript_count(const struct transcript *transcript);
size_t transcript_memory(const struct transcript *transcript);
