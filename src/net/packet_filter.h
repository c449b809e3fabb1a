// SPDX-License-Identifier: GPL-3.0-or-later
/* packet_filter: lets a packet socket see only frames of our own address pairs, and the ICMP
 * errors that quote one of their packets; no fragments without ports. The kernel decides before it
 * copies anything, bpf(4). Reads no frame and keeps nothing. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "socket/endpoint.h"
#include "socket/transport.h"

struct packet_pair {
	enum transport transport;
	struct endpoint local;  /* "any address" of a family: whichever it is */
	struct endpoint remote; /* AF_UNSPEC: any; else of the family of `local` */
};

/* From now on the socket sees only frames of these pairs, the first `kept` bytes of each; of none where
 * `count` is 0. The old filter holds until the new one does. *served is how many of the pairs, from the
 * first on, the kernel has room for. False with errno where it refuses: then nothing has changed. */
bool packet_filter_attach(int fd, const struct packet_pair *pairs, size_t count, unsigned kept,
                          size_t *served);
