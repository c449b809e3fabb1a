// SPDX-License-Identifier: GPL-3.0-or-later
/* peers: who has written to a UDP socket, or was written to: found by address, listed by number; at
 * the ceiling the least recently heard one is forgotten. Knows no socket. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "net/answer_loop.h"
#include "socket/endpoint.h"

enum { PEERS_MOST = 1024 };

/* An address that has written to a UDP session, or that it has written to. */
struct peer {
	unsigned number; /* from 1, in the order of appearance, never given twice */
	struct endpoint addr;
	uint64_t received, sent; /* datagrams */
	uint64_t received_bytes, sent_bytes;
	int64_t last;          /* instant of the last datagram */
	struct endpoint local; /* what it asked last, without a port: answers leave from there;
	                    * AF_UNSPEC = not known, the kernel chooses */
};

/* A peer and its places in the lists; 0 = none, else the index of a slot plus one. */
struct peer_slot {
	struct peer peer;
	struct answer_loop loop;
	unsigned socket;        /* which of the session's sockets it wrote to */
	uint32_t chain;         /* the next with the same hash */
	uint32_t before, after; /* in the order of numbers */
	uint32_t older, newer;  /* in the order of being heard */
};

/* A zeroed struct with `max` is a valid empty one. */
struct peers {
	struct peer_slot *slots;
	uint32_t *heads; /* of the hash chains: as many as slots */
	size_t count, cap, max;
	unsigned last_number;
	unsigned kept;        /* number of the peer that is never forgotten, 0 = none */
	uint32_t first, last; /* in the order of numbers */
	uint32_t oldest, newest;
};

void peers_free(struct peers *peers);

/* NULL where this address is not known. Slots hold until the next peers_meet(). */
struct peer_slot *peers_find(const struct peers *peers, const struct endpoint *addr);

/* Finds or adds, and makes it the most recently heard. */
struct peer_slot *peers_meet(struct peers *peers, const struct endpoint *addr, unsigned socket);

/* In the order of numbers: the one after this one, NULL = the first. */
const struct peer *peers_next(const struct peers *peers, const struct peer *after);
const struct peer *peers_numbered(const struct peers *peers, unsigned number);
