// SPDX-License-Identifier: GPL-3.0-or-later
/* network: a range of IP addresses, and rules of which addresses are let in. The narrowest network
 * that holds an address decides. An IPv4-mapped address is the IPv4 address that it stands for.
 * Makes no call, and looks no name up. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "socket/endpoint.h"

enum {
	NETWORK_TEXT = 52,
	NETWORK_RULES = 64, /* most rules of one listener */
};

struct network {
	uint8_t family; /* AF_INET or AF_INET6 */
	uint8_t bits;   /* of the prefix; those after it are 0 in `ip` */
	uint8_t ip[16]; /* network byte order; AF_INET uses the first four */
};

/* "10.0.0.0/8", "2001:db8::/32", "::1". Returns `out`. */
const char *network_format(const struct network *network, char out[NETWORK_TEXT]);

/* All zero: everybody is let in. */
struct network_rules {
	bool strict; /* an address that is in no network is refused */
	uint8_t count;
	struct {
		struct network network;
		bool allows;
	} rule[NETWORK_RULES];
};

/* Adds "10.0.0.0/8,[::1]/128"; an address alone is a network of one. To allow a network makes the
 * rules strict. To allow what had been denied, or the other way round, takes the former rule back, and
 * adds one only where others would decide otherwise. "all" forgets the rules: everybody, or nobody, is
 * let in. False with one line, also where bits after a prefix are set: then the line says what was
 * meant. What is before the wrong word has been added. */
bool network_rules_read(struct network_rules *rules, const char *text, bool allows,
                        struct error *error);

/* `why` is set to the network that has decided, NULL where the address is in none. */
bool network_rules_allow(const struct network_rules *rules, const struct endpoint *addr,
                         const struct network **why);

/* "every client", "clients of 10.0.0.0/8 and ::1, not of 10.0.0.5", "nobody". */
void network_rules_print(const struct network_rules *rules, struct buf *out);
