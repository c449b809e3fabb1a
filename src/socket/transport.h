// SPDX-License-Identifier: GPL-3.0-or-later
/* transport: what carries a session. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum transport {
	TRANSPORT_TCP,
	TRANSPORT_UDP,
	TRANSPORT_UNIX,
	TRANSPORT_UNIXGRAM,
	TRANSPORT_UNIXPACKET,
	TRANSPORT_COUNT
};

/* The names, as a usage lists them. */
#define TRANSPORT_NAMES "tcp|udp|unix|unixgram|unixpacket"

const char *transport_name(enum transport transport);  /* "tcp": as it is typed */
const char *transport_title(enum transport transport); /* "TCP": in a sentence */
int transport_type(enum transport transport);          /* SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET */

/* What one send() makes, so what is counted: "datagram", "message", of a stream "call". */
const char *transport_unit(enum transport transport);

/* Within this machine: an address is a path, nothing is a segment or a packet, no ICMP comes. */
bool transport_is_unix(enum transport transport);

/* A connection whose messages keep their borders: one send() is one recv(), unix(7). */
bool transport_keeps_borders(enum transport transport);

/* " (FIN)": what tells the peer that a side is closed, where that is a segment; else "". */
const char *transport_fin(enum transport transport);

/* A whole name of `len` bytes, upper or lower case. */
bool transport_find(const char *text, size_t len, enum transport *transport);
