// SPDX-License-Identifier: GPL-3.0-or-later
/* cable_settings: how the cable between left and right is meant to behave, as the words of /cable say
 * it, and back. Knows no frame and no session. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "socket/endpoint.h"
#include "socket/host.h"

enum {
	CABLE_RULES = 16,     /* rules that wait for their frame, at most */
	CABLE_RULE_TEXT = 40, /* "duplicate SYN-ACK 4294967295-4294967295" */
	CABLE_SESSION = 24,   /* most bytes of a session's name that are kept */
};

/* What may happen to a frame by chance or by a rule. */
enum cable_action { CABLE_LOSE, CABLE_DUPLICATE, CABLE_REORDER, CABLE_CORRUPT, CABLE_ACTIONS };

/* What a rule waits for. */
enum cable_kind {
	CABLE_SYN, /* without ACK */
	CABLE_SYN_ACK,
	CABLE_ACK, /* nothing but an acknowledgement: no data, SYN, FIN or RST */
	CABLE_DATA,
	CABLE_FIN,
	CABLE_RST,
	CABLE_UDP, /* a datagram, or its first fragment */
	CABLE_ICMP,
	CABLE_ARP, /* or neighbour discovery */
	CABLE_KINDS,
};

/* Hits the first to the last frame of a kind, counted from when it was given: "data 60", "SYN 1-3".
 * Then it is over. Where both are 1, "SYN", it is the next one that no rule before it hits. */
struct cable_rule {
	uint32_t number; /* no two rules have the same; never 0 */
	uint8_t action, kind;
	uint8_t from; /* bits 1 << enum host: counts what leaves these hosts, together */
	uint32_t first, last;
	struct endpoint local, peer; /* only what goes from local to peer; AF_UNSPEC = any */
	char session[CABLE_SESSION]; /* whose these are; "" = any */
};

/* One direction: what leaves one host. */
struct cable_direction {
	bool unplugged;
	uint32_t chance[CABLE_ACTIONS]; /* of each frame, in parts per million */
	int64_t delay, jitter;          /* ns: delay ± jitter, which never changes the order */
	uint64_t rate;                  /* bits per second of whole frames; 0 = unlimited */
	uint32_t queue;                 /* frames that may wait for the rate */
	uint32_t mtu;                   /* bytes of an IP packet; 0 = unlimited */
};

struct cable_settings {
	uint32_t seed, seeded; /* the generators restart where either has changed */
	struct cable_direction direction[HOST_COUNT]; /* of HOST_LEFT and HOST_RIGHT */
	uint32_t rule_count, rules_given;
	struct cable_rule rule[CABLE_RULES]; /* oldest first */
};

void cable_settings_init(struct cable_settings *settings); /* a perfect cable, seed 1 */

/* Leaves out a rule, by its index. */
void cable_settings_drop_rule(struct cable_settings *settings, uint32_t index);

/* Who "of @name" is: what the session sends from, to whom, and on which host. An endpoint that is not
 * set is any. False with one line. */
struct cable_names {
	bool (*find)(void *context, const char *name, struct endpoint *local, struct endpoint *peer,
	             enum host *host, struct error *error);
	void *context;
};

/* Changes the settings as the words say: "delay 50ms rate 1M queue 20", "from left loss data 60 of
 * @client". False with one line, and nothing is changed. */
bool cable_parse(struct cable_settings *settings, const char *words,
                 const struct cable_names *names, struct error *error);

/* Appends lines of words that cable_parse() reads, all but the seed; nothing for a perfect cable. */
void cable_print(const struct cable_settings *settings, struct buf *out);

/* "loss data 60", without the session. Returns `out`. */
const char *cable_format_rule(const struct cable_rule *rule, char out[CABLE_RULE_TEXT]);

/* "loss 0.5%", where the action is by chance. Returns `out`. */
const char *cable_format_chance(enum cable_action action, uint32_t chance,
                                char out[CABLE_RULE_TEXT]);

/* What may follow these words, for TAB: "delay|rate|…"; "@" for a session; "" for a value. Static. */
const char *cable_expected(const char *words);
