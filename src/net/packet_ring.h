// SPDX-License-Identifier: GPL-3.0-or-later
/* packet_ring: the frames that one packet socket sees, read without a system call from memory that
 * the kernel fills, packet(7). Only the first bytes of each are there; where whole frames are asked for,
 * one that does not fit there costs a read(). What came while the ring was full is lost, and counted.
 * Does not know what is in a frame.
 *
 * What is known of the order: on a veth or a loopback a frame is in the ring, and has its time, before
 * the send() that made it returns, as the kernel delivers it on the sender's processor before it leaves
 * the call. Measured on Linux 6.18: 200,000 of 200,000, also with more load than processors. Only where
 * another processor delivers it (RPS, which is off in a new network; ksoftirqd) it comes later, by some
 * microseconds, at most 1.4 ms were seen; its time may then be before that of the return. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "net/packet_filter.h"

struct packet_ring;

enum { PACKET_KEPT = 128, PACKET_FRAMES = 4096 /* in a ring of 1 MiB */ };

struct packet {
	int64_t wall;         /* when it was seen, by the wall clock, ns */
	uint32_t len;         /* on the wire */
	uint32_t kept;        /* of them the first, PACKET_KEPT unless more was asked for, */
	const uint8_t *bytes; /* are here, from the Ethernet header on, until packet_ring_done() */
	bool outgoing;        /* goes out at the interface, */
	bool loopback;        /* which is a loopback */
	int interface;        /* its index */
	uint16_t pieces;      /* segments that the kernel has left in one frame, or joined: 1 … */
	bool lossy;           /* frames were lost, some of them before this one */
};

/* What a ring sees: every frame of an interface; every frame of a loopback, once; or, on all interfaces,
 * the frames of our own pairs, of which there are none until packet_ring_follow(). */
enum packet_source {
	PACKETS_OF_INTERFACE, /* the interface that the socket is bound to */
	PACKETS_OF_LOOPBACK,
	PACKETS_OWN,
};

/* Takes the descriptor of a packet socket that is bound to no protocol yet, and closes it also where
 * it fails; of PACKETS_OWN it makes one itself. NULL with one line. */
struct packet_ring *packet_ring_new(int fd, enum packet_source source, unsigned frames,
                                    struct error *error);
void packet_ring_free(struct packet_ring *ring);

/* Readable while a frame is there, and once when the interface has gone. */
int packet_ring_descriptor(const struct packet_ring *ring);
void packet_ring_clear_error(struct packet_ring *ring);

/* Of PACKETS_OWN: sees frames of these pairs from now on, and of nobody else. As
 * packet_filter_attach(). */
bool packet_ring_follow(struct packet_ring *ring, const struct packet_pair *pairs, size_t count,
                        size_t *served);

/* Of the frames that come from now on all bytes are there, as far as the kernel has the memory; or only
 * the first again. False with errno where the kernel refuses: then nothing has changed. */
bool packet_ring_keep_whole(struct packet_ring *ring, bool whole);

/* The oldest frame that is there; false where none is. packet_ring_done() gives it back to the kernel. */
bool packet_ring_peek(struct packet_ring *ring, struct packet *packet);
void packet_ring_done(struct packet_ring *ring);

/* How many were lost since the last time. A system call: ask where a frame is `lossy`. */
uint32_t packet_ring_lost(struct packet_ring *ring);
