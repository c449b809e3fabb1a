// SPDX-License-Identifier: GPL-3.0-or-later
#include "record/transcript.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "record/known_secrets.h"
#include "record/session_index.h"

_Static_assert((int)TRANSCRIPT_BLOCK <= (int)ENTRY_SECRET_MOST,
               "an entry has no more stars than that");
_Static_assert(SESSION_INDEX_NONE == TRANSCRIPT_NONE, "a session without entries has no last one");

enum { LOCALS = 8 }; /* a machine has few own addresses in use at a time */

struct block {
	char *memory;
	size_t used;                     /* bytes that committed entries take, from the front */
	size_t last;                     /* where the newest of them begins */
	struct transcript_amount before; /* all that was written before the first of them */
};

/* Block n of all that ever were holds the positions from n * block_size on. The live ones are a
 * ring: number `first` is at ring[head]. The memory of an evicted block becomes that of
 * the newest. */
struct transcript {
	size_t block_size;
	size_t ceiling;
	size_t most; /* blocks under the ceiling */
	struct block *ring;
	size_t cap, head, live;
	uint64_t first;
	struct block *now; /* the newest block, NULL at the very start */
	bool begun;
	size_t begun_addr; /* bytes left for the addresses of the begun entry */
	const char *shared; /* its payload, where that is in an earlier one; else NULL */
	struct tls_boundary records; /* where they begin in it */
	struct {           /* entries of the newest block that have an own address written out: */
		size_t offset;
		struct endpoint local; /* AF_UNSPEC = none */
	} known[LOCALS];
	unsigned next_known; /* the one that is replaced next */
	struct transcript_amount total;
	uint64_t event; /* the newest entry that is one; TRANSCRIPT_NONE = there was none */
	struct session_index index; /* of sessions */
	bool hides;                 /* some session has been hidden */
	struct known_secrets *secrets; /* NULL = there are none */
	void (*before_eviction)(void *context);
	void *context;
};

/* ---- blocks ---- */

static struct block *ring_at(const struct transcript *transcript, size_t index)
{
	size_t slot = transcript->head + index;
	return &transcript->ring[slot < transcript->cap ? slot : slot - transcript->cap];
}

static struct block *find_block(const struct transcript *transcript, uint64_t number)
{
	if (number < transcript->first || number - transcript->first >= transcript->live)
		return NULL;
	return ring_at(transcript, (size_t)(number - transcript->first));
}

/* The live block that has this position, and where it begins; NULL for none. Most ask for the newest,
 * which takes no division. */
static const struct block *block_with(const struct transcript *transcript, uint64_t position,
                                      uint64_t *begin)
{
	size_t size = transcript->block_size;
	*begin = transcript->live ? (transcript->first + transcript->live - 1) * size : 0;
	if (transcript->live && position >= *begin && position - *begin < size)
		return transcript->now;
	*begin = position / size * size;
	return find_block(transcript, position / size);
}

/* Removes the oldest block and returns its memory. */
static char *evict(struct transcript *transcript)
{
	if (transcript->before_eviction)
		transcript->before_eviction(transcript->context);
	struct block *oldest = ring_at(transcript, 0);
	transcript->head = transcript->head + 1 < transcript->cap ? transcript->head + 1 : 0;
	transcript->live--;
	transcript->first++;
	char *memory = oldest->memory;
	*oldest = (struct block){ .memory = NULL };
	return memory;
}

static void grow_ring(struct transcript *transcript)
{
	size_t cap = transcript->cap ? 2 * transcript->cap : 8;
	struct block *ring = xcalloc(cap, sizeof *ring);
	for (size_t i = 0; i < transcript->live; i++)
		ring[i] = *ring_at(transcript, i);
	free(transcript->ring);
	transcript->ring = ring;
	transcript->cap = cap;
	transcript->head = 0;
}

static void open_block(struct transcript *transcript)
{
	bool is_full = transcript->live == transcript->most;
	bool is_first = !transcript->now; /* often the only one, and hardly used */
	char *memory = is_full    ? evict(transcript)
	               : is_first ? xmalloc(transcript->block_size)
	                          : xmalloc_pages(transcript->block_size);
	if (transcript->live == transcript->cap)
		grow_ring(transcript);
	transcript->now = ring_at(transcript, transcript->live++);
	*transcript->now = (struct block){ .memory = memory, .before = transcript->total };
	for (size_t i = 0; i < LOCALS; i++)
		transcript->known[i].local.family = AF_UNSPEC;
}

/* ---- life ---- */

struct transcript *transcript_new(size_t ceiling, size_t block)
{
	assert(block % ENTRY_ALIGN == 0 && block >= ENTRY_HEADER + ENTRY_ADDRESSES + 64 &&
	       block <= UINT32_MAX);
	struct transcript *transcript = xcalloc(1, sizeof *transcript);
	transcript->block_size = block;
	transcript->event = TRANSCRIPT_NONE;
	session_index_init(&transcript->index);
	transcript_set_ceiling(transcript, ceiling);
	return transcript;
}

void transcript_free(struct transcript *transcript)
{
	if (!transcript)
		return;
	while (transcript->live)
		free(evict(transcript));
	free(transcript->ring);
	session_index_free(&transcript->index);
	known_secrets_free(transcript->secrets);
	free(transcript);
}

void transcript_keep_secret(struct transcript *transcript, const char *text, size_t len)
{
	if (!transcript->secrets)
		transcript->secrets = known_secrets_new();
	known_secrets_add(transcript->secrets, text, len);
}

struct known_secrets *transcript_secrets(const struct transcript *transcript)
{
	return transcript->secrets;
}

void transcript_set_ceiling(struct transcript *transcript, size_t ceiling)
{
	size_t least = 3 * transcript->block_size;
	transcript->ceiling = ceiling < least ? least : ceiling;
	transcript->most = transcript->ceiling / transcript->block_size;
	while (transcript->live > transcript->most)
		free(evict(transcript));
}

void transcript_before_eviction(struct transcript *transcript, void (*call)(void *context),
                                void *context)
{
	transcript->before_eviction = call;
	transcript->context = context;
}

size_t transcript_ceiling(const struct transcript *transcript)
{
	return transcript->ceiling;
}

/* ---- writing ---- */

static uint64_t oldest_position(const struct transcript *transcript)
{
	return transcript->first * transcript->block_size;
}

static size_t room_left(const struct transcript *transcript)
{
	return transcript->now ? transcript->block_size - transcript->now->used : 0;
}

static size_t capacity(const struct transcript *transcript, size_t endpoint_size)
{
	return transcript->block_size - ENTRY_HEADER - endpoint_size;
}

char *transcript_reserve(struct transcript *transcript, size_t endpoint_size, size_t least,
                         size_t *room)
{
	assert(!transcript->begun && endpoint_size <= (size_t)ENTRY_ADDRESSES + ENTRY_RECORDS);
	size_t overhead = ENTRY_HEADER + endpoint_size;
	size_t most = capacity(transcript, endpoint_size);
	if (room_left(transcript) < overhead + (least < most ? least : most))
		open_block(transcript);
	transcript->begun = true;
	transcript->begun_addr = endpoint_size;
	transcript->shared = NULL;
	transcript->records = (struct tls_boundary){ 0 };
	*room = room_left(transcript) - overhead;
	return transcript->now->memory + transcript->now->used + ENTRY_HEADER;
}

bool transcript_share(struct transcript *transcript, size_t endpoint_size, const void *payload,
                      size_t len)
{
	size_t room;
	const struct block *block = transcript->now;
	uintptr_t begin = block ? (uintptr_t)block->memory : 0, at = (uintptr_t)payload;
	bool is_here = block && at >= begin && at - begin < block->used && len > ENTRY_SHARE &&
	               room_left(transcript) >= ENTRY_HEADER + endpoint_size + ENTRY_SHARE;
	if (!is_here)
		return false;
	transcript_reserve(transcript, endpoint_size, ENTRY_SHARE, &room);
	transcript->shared = payload;
	return true;
}

static bool is_of_stream(const struct entry *entry)
{
	return entry->call == CALL_SEND || entry->call == CALL_RECV || entry_is_clear(entry);
}

/* Links an entry to the one before it in its session, and notes its offset in the stream. */
static void link_entry(struct transcript *transcript, struct entry *entry, uint64_t position)
{
	struct indexed_session *indexed = session_index_claim(&transcript->index, entry->session,
	                                                      oldest_position(transcript));
	bool is_first = indexed->last == SESSION_INDEX_NONE;
	uint64_t distance = is_first ? 0 : (position - indexed->last) / ENTRY_ALIGN;
	entry->previous_in_session = distance <= UINT32_MAX ? (uint32_t)distance : 0;
	if (entry->call != CALL_RECVMSG && !entry_is_batched(entry))
		entry->stream_offset = 0;
	if (is_first)
		indexed->first = position;
	indexed->last = position;
	if (!is_of_stream(entry))
		return;
	uint16_t *offset = entry_is_clear(entry)
	                           ? &indexed->clear_offset[entry->call == CALL_TLS_WRITE]
	                           : &indexed->stream_offset[entry->call == CALL_SEND];
	entry->stream_offset = *offset;
	if (!entry_is_aside(entry))
		*offset = (uint16_t)(*offset + entry->len);
}

static uint16_t distance_to_previous(const struct block *block)
{
	size_t distance = (block->used - block->last) / ENTRY_ALIGN;
	return distance < UINT16_MAX ? (uint16_t)distance : UINT16_MAX;
}

static size_t entry_size(const struct entry *entry)
{
	size_t size = (size_t)ENTRY_HEADER + entry_kept(entry) + entry->endpoint_len +
	              entry_records_kept(entry);
	return (size + ENTRY_ALIGN - 1) & ~(size_t)(ENTRY_ALIGN - 1);
}

/* How far back in the newest block an entry is that has this own address written out; 0 where none
 * is near enough. */
static size_t find_known(const struct transcript *transcript, const struct endpoint *local)
{
	for (unsigned i = 0; i < LOCALS; i++) {
		size_t back = transcript->now->used - transcript->known[i].offset;
		if (endpoint_is_set(local) && back <= ENTRY_FARTHEST &&
		    endpoint_host_equal(&transcript->known[i].local, local) &&
		    (endpoint_is_unix(local) ||
		     strcmp(transcript->known[i].local.interface, local->interface) == 0))
			return back;
	}
	return 0;
}

static void note_known(struct transcript *transcript, const struct endpoint *local)
{
	transcript->known[transcript->next_known].offset = transcript->now->used;
	transcript->known[transcript->next_known].local = *local;
	transcript->next_known = (transcript->next_known + 1) % LOCALS;
}

void transcript_set_boundary(struct transcript *transcript, const struct tls_boundary *boundary)
{
	transcript->records = *boundary;
}

uint64_t transcript_commit(struct transcript *transcript, const struct entry *header,
                           const struct endpoint *addr, const struct endpoint *local, size_t len)
{
	struct block *block = transcript->now;
	char *place = block->memory + block->used;
	size_t back = local ? find_known(transcript, local) : 0;
	uint8_t addresses[ENTRY_ADDRESSES];
	size_t endpoint_len = addr ? entry_pack_addresses(addr, local, back, addresses) : 0;
	size_t records = entry_records_kept(header);
	assert(transcript->begun && endpoint_len + records <= transcript->begun_addr);

	uint64_t position = transcript_end(transcript);
	struct entry entry = *header;
	entry.endpoint_len = (uint8_t)endpoint_len;
	entry.len = (uint32_t)len;
	if (entry_is_outgoing(&entry))
		entry.flags &= (uint8_t)~ENTRY_SHARED;
	if (transcript->shared && len) {
		uint32_t distance = (uint32_t)(place - transcript->shared);
		entry.flags |= ENTRY_SHARED;
		memcpy(place + ENTRY_HEADER, &distance, sizeof distance);
	}
	size_t kept = entry_kept(&entry);
	assert(kept <= room_left(transcript) - ENTRY_HEADER - transcript->begun_addr);
	memcpy(place + ENTRY_HEADER + kept, addresses, endpoint_len);
	memcpy(place + ENTRY_HEADER + kept + endpoint_len, &transcript->records, records);
	link_entry(transcript, &entry, position);
	entry.previous = distance_to_previous(block);
	memcpy(place, &entry, sizeof entry);
	if (local && !back && endpoint_len && endpoint_same_family(addr, local))
		note_known(transcript, local);
	block->last = block->used;
	block->used += entry_size(&entry);
	if (!is_of_stream(&entry) && entry.call != CALL_SAMPLE)
		transcript->event = position;
	transcript->total.entries++;
	transcript->total.bytes += len;
	transcript->begun = false;
	return position;
}

void transcript_cancel(struct transcript *transcript)
{
	transcript->begun = false;
}

uint64_t transcript_append(struct transcript *transcript, const struct entry *header,
                           const struct endpoint *addr, const void *payload, size_t len)
{
	uint8_t packed[ENTRY_ADDRESSES];
	size_t endpoint_size = addr ? entry_pack_addresses(addr, NULL, 0, packed) : 0;
	endpoint_size += entry_records_kept(header);
	size_t most = capacity(transcript, endpoint_size);
	uint64_t first = TRANSCRIPT_NONE;
	size_t done = 0;
	do {
		size_t room;
		size_t piece = len - done < most ? len - done : most;
		struct entry entry = *header;
		if (done + piece < len && !entry_is_call(header))
			entry.flags |= ENTRY_CONTINUES;
		char *place = transcript_reserve(transcript, endpoint_size, piece, &room);
		if (piece)
			memcpy(place, (const char *)payload + done, piece);
		uint64_t position = transcript_commit(transcript, &entry, addr, NULL, piece);
		if (!done)
			first = position;
		done += piece;
	} while (done < len);
	return first;
}

/* ---- reading ---- */

static const struct entry *entry_in(const struct block *block, size_t offset)
{
	return (const void *)(block->memory + offset);
}

const struct entry *transcript_at(const struct transcript *transcript, uint64_t position)
{
	uint64_t begin;
	const struct block *block = block_with(transcript, position, &begin);
	size_t offset = (size_t)(position - begin);
	return block && offset < block->used ? entry_in(block, offset) : NULL;
}

uint64_t transcript_first(const struct transcript *transcript)
{
	if (!transcript->live || !ring_at(transcript, 0)->used)
		return TRANSCRIPT_NONE;
	return oldest_position(transcript);
}

const struct entry *transcript_step(const struct transcript *transcript, uint64_t *position)
{
	uint64_t begin;
	const struct block *block = block_with(transcript, *position, &begin);
	size_t offset = (size_t)(*position - begin);
	if (block && offset < block->used)
		offset += entry_size(entry_in(block, offset));
	if (block && offset < block->used) {
		*position = begin + offset;
		return entry_in(block, offset);
	}
	uint64_t number = begin / transcript->block_size;
	if (block == transcript->now || (!block && number >= transcript->first))
		return NULL;
	uint64_t next = number < transcript->first ? transcript->first : number + 1;
	block = find_block(transcript, next);
	if (!block || !block->used)
		return NULL;
	*position = next * transcript->block_size;
	return entry_in(block, 0);
}

uint64_t transcript_next(const struct transcript *transcript, uint64_t position)
{
	return transcript_step(transcript, &position) ? position : TRANSCRIPT_NONE;
}

static uint64_t newest_in(const struct transcript *transcript, uint64_t number)
{
	const struct block *block = find_block(transcript, number);
	return block && block->used ? number * transcript->block_size + block->last
	                            : TRANSCRIPT_NONE;
}

uint64_t transcript_newest(const struct transcript *transcript)
{
	uint64_t number = transcript->first + transcript->live;
	uint64_t newest = number ? newest_in(transcript, number - 1) : TRANSCRIPT_NONE;
	bool only_begun = newest == TRANSCRIPT_NONE && number > 1;
	return only_begun ? newest_in(transcript, number - 2) : newest;
}

/* A distance too large for entry.previous means large entries, so there are few in the block: walk
 * from its start. */
static size_t offset_before(const struct block *block, size_t offset)
{
	size_t before = 0;
	for (size_t next = 0; next < offset; next += entry_size(entry_in(block, next)))
		before = next;
	return before;
}

uint64_t transcript_previous(const struct transcript *transcript, uint64_t position)
{
	const struct entry *entry = transcript_at(transcript, position);
	uint64_t number = position / transcript->block_size;
	if (!entry)
		return TRANSCRIPT_NONE;
	if (entry->previous && entry->previous < UINT16_MAX)
		return position - (uint64_t)entry->previous * ENTRY_ALIGN;
	if (!entry->previous)
		return number ? newest_in(transcript, number - 1) : TRANSCRIPT_NONE;
	const struct block *block = find_block(transcript, number);
	return number * transcript->block_size +
	       offset_before(block, position % transcript->block_size);
}

uint64_t transcript_newest_event(const struct transcript *transcript)
{
	return transcript->event;
}

uint64_t transcript_end(const struct transcript *transcript)
{
	if (!transcript->now)
		return 0;
	return (transcript->first + transcript->live - 1) * transcript->block_size +
	       transcript->now->used;
}

static uint64_t live_or_none(const struct transcript *transcript, uint64_t position)
{
	return position >= oldest_position(transcript) ? position : TRANSCRIPT_NONE;
}

uint64_t transcript_last(const struct transcript *transcript, uint32_t session)
{
	const struct indexed_session *indexed = session_index_find(&transcript->index, session);
	return indexed ? live_or_none(transcript, indexed->last) : TRANSCRIPT_NONE;
}

uint64_t transcript_begin(const struct transcript *transcript, uint32_t session)
{
	const struct indexed_session *indexed = session_index_find(&transcript->index, session);
	return indexed ? live_or_none(transcript, indexed->first) : TRANSCRIPT_NONE;
}

uint64_t transcript_before(const struct transcript *transcript, uint64_t position)
{
	const struct entry *entry = transcript_at(transcript, position);
	if (!entry || !entry->previous_in_session)
		return TRANSCRIPT_NONE;
	return live_or_none(transcript,
	                    position - (uint64_t)entry->previous_in_session * ENTRY_ALIGN);
}

/* Walks forward from the entry and, alternately, back from the session's newest, so that neither a
 * long history of this session nor a flood in another makes it slow. */
uint64_t transcript_after(const struct transcript *transcript, uint64_t position)
{
	const struct entry *entry = transcript_at(transcript, position);
	if (!entry)
		return TRANSCRIPT_NONE;
	uint64_t later = transcript_last(transcript, entry->session);
	uint64_t next = position;
	while (later != position) {
		uint64_t earlier = transcript_before(transcript, later);
		if (earlier == position)
			return later;
		later = earlier;
		next = transcript_next(transcript, next);
		if (transcript_at(transcript, next)->session == entry->session)
			return next;
	}
	return TRANSCRIPT_NONE;
}

void transcript_hide(struct transcript *transcript, uint32_t session)
{
	struct indexed_session *indexed = session_index_find(&transcript->index, session);
	if (indexed)
		indexed->hidden = transcript->hides = true;
}

void transcript_hide_others(struct transcript *transcript,
                            bool (*stays)(const void *context, uint32_t session),
                            const void *context)
{
	for (size_t i = 0; i < transcript->index.cap; i++) {
		struct indexed_session *indexed = &transcript->index.list[i];
		if (indexed->last != SESSION_INDEX_NONE && !stays(context, indexed->session))
			indexed->hidden = transcript->hides = true;
	}
}

/* Asked for each entry of a merged view, and usually nothing is hidden. */
bool transcript_is_hidden(const struct transcript *transcript, uint32_t session)
{
	const struct indexed_session *indexed =
	        transcript->hides ? session_index_find(&transcript->index, session) : NULL;
	return indexed && indexed->hidden;
}

uint64_t transcript_count(const struct transcript *transcript)
{
	return transcript->total.entries;
}

struct transcript_amount transcript_lost(const struct transcript *transcript)
{
	return transcript->live ? ring_at(transcript, 0)->before : transcript->total;
}

struct transcript_amount transcript_amount_before(const struct transcript *transcript,
                                                  uint64_t position)
{
	const struct block *block = find_block(transcript, position / transcript->block_size);
	if (!block)
		return position < oldest_position(transcript) ? transcript_lost(transcript)
		                                              : transcript->total;
	struct transcript_amount amount = block->before;
	size_t offset = position % transcript->block_size;
	for (size_t at = 0; at < offset && at < block->used;) {
		const struct entry *entry = entry_in(block, at);
		amount.entries++;
		amount.bytes += entry->len;
		at += entry_size(entry);
	}
	return amount;
}

bool transcript_has_lost(const struct transcript *transcript, uint32_t session)
{
	if (transcript_last(transcript, session) != TRANSCRIPT_NONE)
		return transcript_begin(transcript, session) == TRANSCRIPT_NONE;
	return transcript_lost(transcript).entries > 0;
}
