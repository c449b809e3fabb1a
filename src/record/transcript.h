// SPDX-License-Identifier: GPL-3.0-or-later
/* transcript: the memory of what happened. Append-only entries in blocks of one size; at the
 * ceiling the oldest block is evicted. Owns the blocks and an index of the sessions. A position is
 * the number of bytes ever placed before an entry. It stays valid forever: transcript_at() returns
 * NULL once its block has been evicted, so a cursor is a plain number. Makes no call and draws
 * nothing.
 *
 *	recv(fd, transcript_reserve(t, ...)); transcript_commit(t, ...);   no copy, no line index */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/entry.h"

#define TRANSCRIPT_NONE UINT64_MAX

enum {
	TRANSCRIPT_BLOCK = 1 << 20, /* default size of a block */
	TRANSCRIPT_ROOM = 1 << 16,  /* transcript_reserve() can always grant this: any datagram */
};

struct known_secrets;
struct transcript;

/* `ceiling` is the most bytes that all blocks take together, at least three blocks; `block` is a
 * multiple of ENTRY_ALIGN from ENTRY_HEADER + ENTRY_ADDRESSES + 64 to below 4 GiB. Tests make both
 * tiny. Owned by the caller. */
struct transcript *transcript_new(size_t ceiling, size_t block);
void transcript_free(struct transcript *transcript);

/* No later entry is to show this text, which is sent as a secret. */
void transcript_keep_secret(struct transcript *transcript, const char *text, size_t len);

/* For who makes entries of bytes from elsewhere; NULL where there is no secret. */
struct known_secrets *transcript_secrets(const struct transcript *transcript);

/* A smaller ceiling evicts at once; below three blocks it is three blocks. */
void transcript_set_ceiling(struct transcript *transcript, size_t ceiling);
size_t transcript_ceiling(const struct transcript *transcript);

/* Called before the oldest block is evicted, when all of it can still be read: for a reader that must
 * miss nothing. It appends nothing. NULL for none. */
void transcript_before_eviction(struct transcript *transcript, void (*call)(void *context),
                                void *context);

/* Begins an entry and returns where its payload goes; *room is the number of bytes that fit there:
 * to the end of the block, and at least `least` (capped to what an empty block can hold). The
 * addresses are placed after the payload by transcript_commit(), when the call has returned them:
 * room for endpoint_size bytes is left, ENTRY_ADDRESSES is enough for all; a sealed entry needs
 * ENTRY_RECORDS more. Only one entry may be
 * begun at a time. The newest three blocks always stay, so bytes of the newest entry may be copied
 * into the next one, also where small entries come between: they fill one block at most. */
char *transcript_reserve(struct transcript *transcript, size_t endpoint_size, size_t least,
                         size_t *room);

/* Begins an entry of a call that sends, with the payload of an earlier entry, or a part of it: that is
 * not copied. False where it is no part of the newest block, which is needed. */
bool transcript_share(struct transcript *transcript, size_t endpoint_size, const void *payload,
                      size_t len);

/* Where TLS records begin in the begun entry, which is sealed; else that is not known. */
void transcript_set_boundary(struct transcript *transcript, const struct tls_boundary *boundary);

/* Completes the begun entry: places a copy of `header` with len, endpoint_len and its links, and
 * returns where it is. `addr` is the peer's, `local` our own, see entry_local(); both may be
 * NULL. */
uint64_t transcript_commit(struct transcript *transcript, const struct entry *header,
                           const struct endpoint *addr, const struct endpoint *local, size_t len);

/* Forgets the begun entry. */
void transcript_cancel(struct transcript *transcript);

/* An entry in one step. A payload longer than a block can hold is cut into several entries; notes
 * and states have ENTRY_CONTINUES on all but the last. Returns the position of the first. */
uint64_t transcript_append(struct transcript *transcript, const struct entry *header,
                           const struct endpoint *addr, const void *payload, size_t len);

/* The entry at a position; NULL where it has been evicted. The pointer holds until the next reserve
 * or append. */
const struct entry *transcript_at(const struct transcript *transcript, uint64_t position);

/* The oldest entry left; TRANSCRIPT_NONE where there is none. */
uint64_t transcript_first(const struct transcript *transcript);

/* The entry that follows in time, of any session; TRANSCRIPT_NONE at the end. An evicted position
 * leads to the oldest entry. */
uint64_t transcript_next(const struct transcript *transcript, uint64_t position);

/* The same for those who read everything: moves the position on, and returns the entry there; NULL at the
 * end, and the position is as it was. */
const struct entry *transcript_step(const struct transcript *transcript, uint64_t *position);

/* The newest entry, and the one before a position in time, of any session; TRANSCRIPT_NONE at the
 * oldest, and where `position` has been evicted. */
uint64_t transcript_newest(const struct transcript *transcript);
uint64_t transcript_previous(const struct transcript *transcript, uint64_t position);

/* The newest entry that is more than bytes of a stream, or a sample. It may have been evicted. */
uint64_t transcript_newest_event(const struct transcript *transcript);

/* Entries made from now on are at or after this position. */
uint64_t transcript_end(const struct transcript *transcript);

/* The newest entry of a session, the very first one, and the one before an entry in the same
 * session; TRANSCRIPT_NONE where there is none or it has been evicted. */
uint64_t transcript_last(const struct transcript *transcript, uint32_t session);
uint64_t transcript_begin(const struct transcript *transcript, uint32_t session);
uint64_t transcript_before(const struct transcript *transcript, uint64_t position);

/* The next entry of the same session; TRANSCRIPT_NONE at the end, and where `position` has been
 * evicted. */
uint64_t transcript_after(const struct transcript *transcript, uint64_t position);

/* Hides the entries of a session wherever all sessions are shown or written out, until they are
 * evicted. Nothing may be appended to it afterwards. */
void transcript_hide(struct transcript *transcript, uint32_t session);
void transcript_hide_others(struct transcript *transcript,
                            bool (*stays)(const void *context, uint32_t session),
                            const void *context);
bool transcript_is_hidden(const struct transcript *transcript, uint32_t session);

struct transcript_amount {
	uint64_t entries, bytes; /* bytes of payload */
};

/* What was written before the entry at `position`, for TRANSCRIPT_NONE all that was ever written.
 * For an evicted position it is what was written before the oldest entry left. */
struct transcript_amount transcript_amount_before(const struct transcript *transcript,
                                                  uint64_t position);

/* What eviction has taken of all sessions; and whether it has taken anything of this one. A session
 * of which no entry is left counts as one that has lost some, once anything was evicted. */
struct transcript_amount transcript_lost(const struct transcript *transcript);
bool transcript_has_lost(const struct transcript *transcript, uint32_t session);

/* Entries ever appended. */
uint64_t transcript_count(const struct transcript *transcript);
