// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/peers.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

enum { FIRST_SLOTS = 8 }; /* a power of two; each later size is one, too, except for the ceiling */

void peers_free(struct peers *peers)
{
	for (size_t i = 0; i < peers->count; i++)
		answer_loop_free(&peers->slots[i].loop);
	free(peers->slots);
	free(peers->heads);
	*peers = (struct peers){ .max = peers->max };
}

static struct peer_slot *slot_at(const struct peers *peers, uint32_t place)
{
	return place ? &peers->slots[place - 1] : NULL;
}

static uint32_t place_of(const struct peers *peers, const struct peer_slot *slot)
{
	return (uint32_t)(slot - peers->slots) + 1;
}

static uint32_t *head_for(const struct peers *peers, const struct endpoint *addr)
{
	return &peers->heads[endpoint_hash(addr) % peers->cap];
}

/* ---- the three orders ---- */

static void chain(struct peers *peers, struct peer_slot *slot)
{
	uint32_t *head = head_for(peers, &slot->peer.addr);
	slot->chain = *head;
	*head = place_of(peers, slot);
}

static void unchain(struct peers *peers, struct peer_slot *slot)
{
	uint32_t *link = head_for(peers, &slot->peer.addr);
	while (*link != place_of(peers, slot))
		link = &slot_at(peers, *link)->chain;
	*link = slot->chain;
}

static void enlist(struct peers *peers, struct peer_slot *slot)
{
	struct peer_slot *last = slot_at(peers, peers->last);
	slot->before = peers->last;
	slot->after = 0;
	peers->last = place_of(peers, slot);
	if (last)
		last->after = peers->last;
	else
		peers->first = peers->last;
}

static void delist(struct peers *peers, struct peer_slot *slot)
{
	struct peer_slot *before = slot_at(peers, slot->before),
	                 *after = slot_at(peers, slot->after);
	*(before ? &before->after : &peers->first) = slot->after;
	*(after ? &after->before : &peers->last) = slot->before;
}

static void make_newest(struct peers *peers, struct peer_slot *slot)
{
	struct peer_slot *newest = slot_at(peers, peers->newest);
	slot->older = peers->newest;
	slot->newer = 0;
	peers->newest = place_of(peers, slot);
	if (newest)
		newest->newer = peers->newest;
	else
		peers->oldest = peers->newest;
}

static void leave_ages(struct peers *peers, struct peer_slot *slot)
{
	struct peer_slot *older = slot_at(peers, slot->older), *newer = slot_at(peers, slot->newer);
	*(older ? &older->newer : &peers->oldest) = slot->newer;
	*(newer ? &newer->older : &peers->newest) = slot->older;
}

static void refresh(struct peers *peers, struct peer_slot *slot)
{
	if (peers->newest == place_of(peers, slot))
		return;
	leave_ages(peers, slot);
	make_newest(peers, slot);
}

/* ---- meeting ---- */

static void grow(struct peers *peers)
{
	size_t cap = peers->cap ? 2 * peers->cap : FIRST_SLOTS;
	peers->cap = cap < peers->max ? cap : peers->max;
	peers->slots = xrealloc(peers->slots, peers->cap * sizeof *peers->slots);
	free(peers->heads);
	peers->heads = xcalloc(peers->cap, sizeof *peers->heads);
	for (size_t i = 0; i < peers->count; i++)
		chain(peers, &peers->slots[i]);
}

static struct peer_slot *forget_oldest(struct peers *peers)
{
	struct peer_slot *slot = slot_at(peers, peers->oldest);
	if (slot->peer.number == peers->kept && slot->newer)
		slot = slot_at(peers, slot->newer);
	unchain(peers, slot);
	delist(peers, slot);
	leave_ages(peers, slot);
	answer_loop_free(&slot->loop);
	return slot;
}

static struct peer_slot *free_slot(struct peers *peers)
{
	if (peers->count == peers->max)
		return forget_oldest(peers);
	if (peers->count == peers->cap)
		grow(peers);
	return &peers->slots[peers->count++];
}

struct peer_slot *peers_find(const struct peers *peers, const struct endpoint *addr)
{
	struct peer_slot *slot = slot_at(peers, peers->newest);
	if (!slot || endpoint_equal(&slot->peer.addr, addr)) /* an answer to it is what is asked most */
		return slot;
	slot = slot_at(peers, *head_for(peers, addr));
	while (slot && !endpoint_equal(&slot->peer.addr, addr))
		slot = slot_at(peers, slot->chain);
	return slot;
}

struct peer_slot *peers_meet(struct peers *peers, const struct endpoint *addr, unsigned socket)
{
	struct peer_slot *slot = peers_find(peers, addr);
	if (slot) {
		refresh(peers, slot);
		return slot;
	}
	slot = free_slot(peers);
	*slot = (struct peer_slot){ .peer = { .number = ++peers->last_number, .addr = *addr },
		                    .socket = socket };
	chain(peers, slot);
	enlist(peers, slot);
	make_newest(peers, slot);
	return slot;
}

/* ---- looking ---- */

const struct peer *peers_next(const struct peers *peers, const struct peer *after)
{
	const struct peer_slot *slot = (const struct peer_slot *)after; /* its first member */
	slot = slot_at(peers, slot ? slot->after : peers->first);
	return slot ? &slot->peer : NULL;
}

const struct peer *peers_numbered(const struct peers *peers, unsigned number)
{
	const struct peer_slot *slot = slot_at(peers, peers->first);
	while (slot && slot->peer.number != number)
		slot = slot_at(peers, slot->after);
	return slot ? &slot->peer : NULL;
}
