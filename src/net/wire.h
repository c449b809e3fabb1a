// SPDX-License-Identifier: GPL-3.0-or-later
/* wire: what is seen on the wire, as entries of the transcript. Reads packet rings in the order of
 * the kernel's time stamps, and finds whose each frame is, and what each segment is. Owns the rings, the
 * wire ends and the state of their flows. Knows no session and makes none of their calls.
 *
 * A wire end is one end of a conversation: for TCP a pair of addresses on a host, for UDP a port on a
 * host. Each connection has its own, even if the pair is used again. Its frames are chained under
 * its number. Both ends of a TCP connection over a loopback are one wire end, as each frame is seen
 * once; a datagram there is seen leaving the one end and arriving at the other. What belongs to no
 * end (ARP, neighbour discovery) is under WIRE_FIRST + host. An ICMP error is under the end at its
 * host of the packet that it quotes.
 *
 * Secrets. Of a conversation that has carried one, only the headers of its frames are kept from then
 * on, in both directions and at both ends. So no secret is in any frame of the transcript, and nobody
 * who reads them has to ask.
 *
 * Order. wire_take() is called around every call of a session and in each turn, so that calls and
 * frames are in the transcript in the order of their times; see packet_ring.h for what the kernel
 * guarantees. Where a frame comes late, and for a strike, which comes from another process, an entry
 * may have an earlier time than the one before it. Its time is right; whoever prints times that
 * must not run backward shows the later one. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/poller.h"
#include "record/frame_entry.h"
#include "record/transcript.h"
#include "socket/endpoint.h"
#include "socket/host.h"
#include "socket/transport.h"

struct cable_link;
struct cable_strike;

enum wire_place {
	WIRE_CABLE,    /* the other end of a host's cable: what comes in leaves the host */
	WIRE_LOOPBACK, /* of a host */
	WIRE_OWN,      /* all interfaces of this machine, but only sockets that are followed */
};

enum { WIRE_ENDS = 8192 /* most that are remembered; the one longest silent is forgotten first */ };

/* The transcript is borrowed. Watches nothing yet, and costs nothing. */
struct wire *wire_new(struct transcript *transcript);
void wire_free(struct wire *wire);

/* The wire of a recording: it never watches, and its ends are those of frames that somebody else appends.
 * Their numbers begin at `first`, so that no other wire has them; there are WIRE_RECORDED of them. */
enum { WIRE_RECORDED = 1 << 18 };
struct wire *wire_new_recorded(struct transcript *transcript, uint32_t first);

/* The number under which a recorded frame is to be appended next. `known` is what this returned for the
 * frames before it that had the same number in the recording, 0 if this is the first. 0: there are too
 * many ends. */
uint32_t wire_record(struct wire *wire, uint32_t known, const struct frame_note *note, int64_t time);

/* What wire_since() says from now on. */
void wire_record_since(struct wire *wire, enum host host, int64_t since);

/* Records what this packet socket sees, which is bound to no protocol yet; of WIRE_OWN it makes one
 * itself, and `fd` is -1. Takes the descriptor, and closes it also where it fails, with one line. */
bool wire_watch(struct wire *wire, enum host host, enum wire_place place, int fd,
                struct error *error);

/* Whether sockets of this machine can be followed: WIRE_OWN is watched. The kernel lets nothing through
 * to that packet socket but their frames. */
bool wire_follows(const struct wire *wire);

/* A socket of ours on this machine: its frames are recorded from now on. Its address may be any of its
 * family; that of its peer AF_UNSPEC: a listener, or unconnected. */
void wire_follow(struct wire *wire, int fd, enum transport transport, const struct endpoint *local,
                 const struct endpoint *remote);
bool wire_is_following(const struct wire *wire, int fd);

/* It is closed: its frames are recorded until the connection is over, as far as can be seen. */
void wire_unfollow(struct wire *wire, int fd);

/* Takes what is there, and watches nothing any more. The ends stay known. */
void wire_unwatch(struct wire *wire);
bool wire_is_watching(const struct wire *wire);

/* The instant since which every frame on this host's cable is recorded; 0 = they are not. */
int64_t wire_since(const struct wire *wire, enum host host);

/* The last call has sent a secret from `local` to `remote` on this host: its frames, not taken yet, and
 * all later ones of this conversation keep their headers alone. */
void wire_hide(struct wire *wire, enum host host, enum transport transport,
               const struct endpoint *local, const struct endpoint *remote);

/* Whether whole frames are kept from now on, or, as at first, only FRAME_KEPT bytes of each. */
void wire_keep_whole(struct wire *wire, bool whole);

/* The number of what belongs to no end at this host. */
uint32_t wire_nobody(const struct wire *wire, enum host host);

/* Appends what was seen since the last time, at most 4096 frames, so that what a recv() has placed in
 * the transcript outlives the calls around it. Returns whether there was any. No system call where
 * there was none. */
bool wire_take(struct wire *wire);

/* Also records from now on what the cable does to frames, which is borrowed until wire_unwatch(). */
void wire_watch_cable(struct wire *wire, struct cable_link *cable);
void wire_strike(struct wire *wire, const struct cable_strike *strike);

/* A turn. */
void wire_prepare(struct wire *wire, struct poller *poller);
void wire_serve(struct wire *wire, const struct poller *poller);

/* The newest wire end of this transport, on this host, between these addresses, whose first frame is
 * before `position` in the transcript; TRANSCRIPT_NONE for the newest of all. For UDP only the local
 * port counts. 0 if none was seen. */
uint32_t wire_end(const struct wire *wire, enum host host, enum transport transport,
                  const struct endpoint *local, const struct endpoint *remote, uint64_t position);

/* The address of the TCP end on this host whose first SYN to `remote` was the first one since an instant:
 * a connect() that has failed, or goes on, knows no address of its own. False where there is none. */
bool wire_find_local(const struct wire *wire, enum host host, const struct endpoint *remote,
                     int64_t since, struct endpoint *local);

struct wire_counts {
	uint64_t recorded;
	uint64_t missed; /* the ring was full */
	size_t ends;     /* that are remembered */
	size_t unserved; /* sockets on this machine that the kernel's filter has no room for */
};
struct wire_counts wire_counts(const struct wire *wire);

/* A line or two: what is recorded, and how much that was. */
void wire_describe(const struct wire *wire, struct buf *out);

/* ---- clocks ---- */

/* Time stamps are the wall clock's, which may be set; entries have those of clock_now(). */
struct wire_clock {
	int64_t offset;  /* wall clock less clock_now(), ns, now */
	int64_t before;  /* the same before the wall clock was set */
	int64_t emptied; /* all frames since then are in the rings or will be */
};

/* The instant of a stamp that was read until `now`: by the offset that makes it plausible. */
int64_t wire_clock_instant(const struct wire_clock *clock, int64_t wall, int64_t now);
