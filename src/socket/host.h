// SPDX-License-Identifier: GPL-3.0-or-later
/* host: where a socket lives: on this machine, or on `left` or `right`, the two hosts of the sandbox.
 * Their names and addresses, which are fixed. Does not know whether the sandbox is on. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "socket/endpoint.h"

enum host { HOST_HERE, HOST_LEFT, HOST_RIGHT, HOST_COUNT };

/* "left", "right"; "" for this machine. Static. */
const char *host_name(enum host host);

/* Only "left" and "right", in any case, as names are. */
bool host_named(const char *name, enum host *host);

/* 192.0.2.1 and 2001:db8::1 of left, 192.0.2.2 and 2001:db8::2 of right (RFC 5737, RFC 3849). Not of
 * HOST_HERE. */
struct endpoint host_address(enum host host, int family, uint16_t port);

/* Whose address it is, v4-mapped or not; HOST_HERE for any other. */
enum host host_of(const struct endpoint *addr);

/* An address as a socket of this host sees it: "right 192.0.2.2:80", "left 127.0.0.1:80"; on this machine
 * without a host. Returns `out`. */
enum { HOST_TEXT = ENDPOINT_TEXT + 8 };
const char *host_format(enum host host, const struct endpoint *addr, char out[HOST_TEXT]);

/* Left of right, right of left; HOST_HERE is its own. */
enum host host_opposite(enum host host);
