// SPDX-License-Identifier: GPL-3.0-or-later
/* cable: what the cable between left and right does to frames. Frames and instants in; deliveries
 * and strikes out. Has no descriptor, no clock, and no randomness but its seed: whether chance hits the
 * n-th frame of a direction depends on the seed, the direction, the action and n alone, so neither
 * times, nor the other direction, nor the other settings change it.
 *
 * What hosts send to keep their link, ARP and ICMPv6 to a multicast address, is never hit by chance, and
 * only by rules that name it: a cable that loses all data must not look like a host that does not
 * exist. Delay, rate and an unplugged cable spare nothing. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/cable_settings.h"

enum {
	CABLE_KEPT = 128,                /* first bytes of a frame that a strike keeps */
	CABLE_FRAME_MOST = 14 + 65535,   /* a longer one is not carried */
	CABLE_MEMORY = 64 * 1024 * 1024, /* bytes that may be under way */
};
#define CABLE_HOLD (100 * INT64_C(1000000)) /* ns for which a frame waits for the next to pass it */

enum cable_event {
	CABLE_LOST,
	CABLE_DUPLICATED,
	CABLE_REORDERED,  /* held back until the next frame has passed, 100 ms at most */
	CABLE_CORRUPTED,  /* one bit after the IP header flipped; `bytes` are those before */
	CABLE_TOO_LARGE,  /* for the MTU: lost, and answered by ICMP where that may be */
	CABLE_FRAGMENTED, /* for the MTU */
};

struct cable_strike {
	int64_t time;               /* instant at which the frame entered the cable */
	uint32_t len;               /* of the whole frame */
	uint8_t event;              /* enum cable_event */
	uint8_t from;               /* enum host that it left */
	char rule[CABLE_RULE_TEXT]; /* why: "loss 1%", "loss data 60", "queue 20", "mtu 1400",
	                             * "unplug" */
	uint8_t bytes[CABLE_KEPT];  /* its first min(len, CABLE_KEPT) */
};

struct cable_counts {
	uint64_t entered, bytes; /* frames that left the host */
	uint64_t delivered;      /* to the other one, copies and fragments included */
	uint64_t hit[CABLE_ACTIONS];
	uint64_t unplugged, queue_full; /* lost for these */
	uint64_t too_large, fragmented;
	uint64_t overfull; /* lost: more was under way than CABLE_MEMORY */
};

/* The name and the value of a count, by its place in a listing: "delivered"; NULL after the last. The
 * first CABLE_COUNTS_ALWAYS are worth a line even where they are 0. */
enum { CABLE_COUNTS_ALWAYS = 2 };
const char *cable_count(const struct cable_counts *counts, size_t index, uint64_t *value);

struct cable_delivery {
	int64_t entered, at; /* instants: what is between them is the delay that was asked for */
	enum host from, to;  /* from: HOST_HERE for an answer of ICMP */
	uint64_t serial;     /* orders those of the same instant */
	bool hold;           /* the next one passes it */
	uint32_t drawn;      /* where in the variation of the delay */
	uint32_t len, cap;
	uint8_t bytes[];
};

struct cable;

/* `strike` is called within cable_carry(). */
struct cable *cable_new(void (*strike)(void *context, const struct cable_strike *strike),
                        void *context);
void cable_free(struct cable *cable);

/* From the next frame on. What is under way arrives when it would have, and is overtaken where the
 * delay is now smaller; what waits for the rate meets the new one. A rule that was there before keeps
 * its count. */
void cable_set(struct cable *cable, const struct cable_settings *settings);

/* A whole Ethernet frame that left a host at this instant; instants of one host never go back. */
void cable_carry(struct cable *cable, enum host from, int64_t now, const void *frame, size_t len);

/* The instant of the next delivery; INT64_MAX if none is under way. */
int64_t cable_next(const struct cable *cable);

/* The next delivery that is due; NULL if none is. cable_done() gives it back; several may be taken
 * before. */
struct cable_delivery *cable_take(struct cable *cable, int64_t now);
void cable_done(struct cable *cable, struct cable_delivery *delivery);

const struct cable_counts *cable_counts(const struct cable *cable, enum host from);

/* The rules that are not over, by index: how many frames of its kind each has seen. False after the
 * last one. */
bool cable_rule_at(const struct cable *cable, uint32_t index, uint32_t *number, uint32_t *seen);
