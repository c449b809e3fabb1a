// SPDX-License-Identifier: GPL-3.0-or-later
/* cable: what the cable between left and right does to frames: delay, rate, loss, duplication,
 * reordering, corruption, a smaller MTU, and nothing at all while it is unplugged. Frames and instants
 * in; deliveries and strikes out. Has no descriptor, no clock and no other randomness than its seed:
 * for the same settings and the same frames at the same instants it does the same. Makes the words of
 * /cable into settings and back.
 *
 * ARP, neighbour discovery and what else hosts send to keep their link (IPv6 multicast of ICMP) is
 * carried always, unless the cable is unplugged or a rule names it: losing all data must not look like
 * a host that does not exist. It uses up no random number, so that it cannot move the others. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "socket/endpoint.h"
#include "socket/host.h"

enum {
	CABLE_RULES = 16,     /* rules that wait for their frame, at most */
	CABLE_KEPT = 128,     /* first bytes of a frame that a strike keeps */
	CABLE_RULE_TEXT = 24, /* "loss data 100000-100002" */
	CABLE_FRAME_MOST = 65536,
};

/* ---- settings ---- */

/* What may happen to a frame by chance or by a rule. */
enum cable_action { CABLE_LOSE, CABLE_DUPLICATE, CABLE_REORDER, CABLE_CORRUPT, CABLE_ACTIONS };

/* What a rule waits for, by the flags of the segment. */
enum cable_kind {
	CABLE_SYN, /* without ACK */
	CABLE_SYN_ACK,
	CABLE_ACK,  /* nothing but an acknowledgement: no data, no SYN, FIN or RST */
	CABLE_DATA, /* TCP with data */
	CABLE_FIN,
	CABLE_RST,
	CABLE_UDP, /* a datagram, or its first fragment */
	CABLE_ICMP,
	CABLE_ARP, /* or neighbour discovery */
	CABLE_KINDS,
};

/* Hits the first to the last frame of a kind, counted from the moment at which it was given: "data 60",
 * "SYN 1-3". Then it is over. */
struct cable_rule {
	uint32_t number; /* no two rules have the same; 0 = none */
	uint8_t action, kind;
	uint8_t from; /* bits 1 << enum host: counts what leaves these hosts, together */
	uint32_t first, last;
	struct endpoint local, peer; /* only frames from local to peer; AF_UNSPEC = any */
};

/* One direction: what leaves one host. */
struct cable_direction {
	bool unplugged;
	uint32_t chance[CABLE_ACTIONS]; /* of each frame, per million */
	int64_t delay, jitter; /* ns; the delay is delay ± jitter, and never changes the order */
	uint64_t rate;         /* bits per second of whole frames; 0 = unlimited */
	uint32_t queue;        /* frames that may wait for the rate */
	uint32_t mtu;          /* bytes of an IP packet; 0 = unlimited */
};

struct cable_settings {
	uint32_t seed, seeded; /* the generators restart where either differs from before */
	struct cable_direction direction[HOST_COUNT]; /* of HOST_LEFT and HOST_RIGHT */
	uint32_t rule_count, rules_given;
	struct cable_rule rule[CABLE_RULES]; /* oldest first */
};

void cable_settings_init(struct cable_settings *settings); /* a perfect cable */

/* Finds the ends of the session in "of @name", and from which host it sends. False with one line. */
struct cable_names {
	bool (*find)(void *context, const char *name, struct endpoint *local, struct endpoint *peer,
	             enum host *from, struct error *error);
	void *context;
};

/* Changes the settings as the words of /cable say: "delay 50ms rate 1M queue 20", "from left loss data
 * 60 of @client". False with one line, and nothing changed. */
bool cable_parse(struct cable_settings *settings, const char *words,
                 const struct cable_names *names, struct error *error);

/* The settings as lines of words that cable_parse() reads; "perfect" for a perfect cable. A session is
 * printed as its endpoints. */
void cable_print(const struct cable_settings *settings, struct buf *out);

/* What cable_parse() takes after these words, for TAB: "delay|rate|…"; "" where it is a value. Static. */
const char *cable_expected(const char *words);

/* ---- frames ---- */

enum cable_event {
	CABLE_LOST,
	CABLE_DUPLICATED,
	CABLE_REORDERED,  /* held back until the next frame has passed, 100 ms at most */
	CABLE_CORRUPTED,  /* one bit after the IP header flipped; `bytes` are those before */
	CABLE_TOO_LARGE,  /* for the MTU: lost, and answered by ICMP where that may be */
	CABLE_FRAGMENTED, /* for the MTU */
};

struct cable_strike {
	int64_t time;  /* clock_now() at which the frame entered the cable */
	uint32_t len;  /* of the whole frame */
	uint8_t event; /* enum cable_event */
	uint8_t from;  /* enum host that it left */
	char rule
	        [CABLE_RULE_TEXT]; /* why: "loss 1%", "loss data 60", "queue 20", "mtu 1400", "unplug" */
	uint8_t bytes[CABLE_KEPT]; /* its first min(len, CABLE_KEPT) */
};

struct cable_counts {
	uint64_t entered, bytes;     /* what left the host */
	uint64_t delivered;          /* to the other, copies and fragments included */
	uint64_t hit[CABLE_ACTIONS]; /* by chance or by a rule */
	uint64_t unplugged;          /* lost */
	uint64_t queue_full;         /* lost */
	uint64_t too_large, fragmented;
	uint64_t no_memory; /* lost: more was under way than the cable holds */
};

struct cable_delivery {
	int64_t at;      /* when it is due */
	int64_t entered; /* and when it entered: the delay that was asked for is the difference */
	enum host to;
	uint32_t len;
	uint8_t *bytes;
	/* private */
	uint64_t serial;
	size_t cap;
};

struct cable;

/* `strike` is called within cable_carry(). */
struct cable *cable_new(void (*strike)(void *context, const struct cable_strike *strike),
                        void *context);
void cable_free(struct cable *cable);

/* From the next frame on. What is under way arrives as it would have; rules that are still there keep
 * their count. */
void cable_set(struct cable *cable, const struct cable_settings *settings);

/* A whole Ethernet frame that left a host at this instant; instants of one host never go back. */
void cable_carry(struct cable *cable, enum host from, int64_t now, const void *frame, size_t len);

/* The instant of the next delivery; INT64_MAX where nothing is under way. */
int64_t cable_next(const struct cable *cable);

/* The next delivery that is due, NULL where none is. cable_done() gives it back. */
struct cable_delivery *cable_take(struct cable *cable, int64_t now);
void cable_done(struct cable *cable, struct cable_delivery *delivery);

const struct cable_counts *cable_counts(const struct cable *cable, enum host from);

/* How many frames of its kind a rule has seen; UINT32_MAX when it is over or was never there. */
uint32_t cable_rule_seen(const struct cable *cable, uint32_t number);
