// SPDX-License-Identifier: GPL-3.0-or-later
/* frame: the headers of one Ethernet frame as numbers: ARP, neighbour discovery, IPv4 and IPv6 with
 * fragments and extension headers, ICMP with the packet that an error quotes, UDP, TCP with its
 * options. Takes any bytes of any length, also the beginning of a frame alone. Makes no text
 * and no call; what the segments of a connection mean is in socket/segment.h. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "socket/endpoint.h"

enum frame_kind {
	FRAME_OTHER, /* another protocol, or headers that are cut off or contradict themselves */
	FRAME_ARP,
	FRAME_ND, /* a neighbour solicitation or advertisement, RFC 4861 */
	FRAME_ICMP,
	FRAME_UDP,
	FRAME_TCP,
	FRAME_FRAGMENT, /* of a datagram of any protocol; the first one has the ports */
};

enum {
	FRAME_SYN = 0x02, /* the flags of TCP, as the header has them */
	FRAME_FIN = 0x01,
	FRAME_RST = 0x04,
	FRAME_PSH = 0x08,
	FRAME_ACK = 0x10,
	FRAME_URG = 0x20,
	FRAME_ECE = 0x40,
	FRAME_CWR = 0x80,
};

/* The options of TCP that are there. */
enum frame_option {
	FRAME_MSS = 1,
	FRAME_SCALE = 2,       /* RFC 7323 */
	FRAME_SACK_OK = 4,     /* RFC 2018 */
	FRAME_SACK = 8,        /* blocks */
	FRAME_TIMESTAMPS = 16, /* RFC 7323 */
	FRAME_FASTOPEN = 32,   /* RFC 7413: a cookie, or without bytes the request for one */
	FRAME_OPTION_OTHER = 64,
	FRAME_OPTION_BAD = 128, /* lengths that contradict each other, or options cut off */
};

enum {
	FRAME_ETHERNET = 14, /* bytes of the Ethernet header */
	FRAME_SACKS = 4,     /* most blocks that fit */
	FRAME_COOKIE = 16,   /* most bytes of a cookie */
};

struct frame_tcp {
	uint32_t seq, ack;
	uint16_t window; /* as the header has it, not scaled */
	uint16_t urgent; /* pointer */
	uint8_t flags;
	uint8_t options; /* enum frame_option */
	uint8_t scale;   /* shift */
	uint8_t sacks;   /* blocks */
	uint8_t cookie_len;
	uint16_t mss;
	uint32_t ts_value, ts_echo;
	uint8_t cookie[FRAME_COOKIE];
	struct {
		uint32_t from, to; /* sequence numbers; `to` is the first that is not in it */
	} sack[FRAME_SACKS];
};

/* The packet inside an ICMP error. */
struct frame_quoted {
	enum frame_kind kind; /* TCP, UDP or ICMP; FRAME_FRAGMENT, of a later one, has no ports;
	                       * FRAME_OTHER if nothing is quoted */
	struct endpoint from, to;
	uint32_t seq; /* of TCP */
};

struct frame {
	enum frame_kind kind;
	bool ipv6;
	bool answer;             /* of ARP and neighbour discovery: "is at", not "who has" */
	bool more_fragments;     /* of a fragment: it is not the last */
	bool damaged;            /* the caller has found a wrong checksum: the receiver drops it */
	uint8_t protocol;        /* of IP, after extension headers: IPPROTO_TCP … */
	uint8_t ttl, tos;        /* IPv6: hop limit, traffic class */
	uint16_t ethertype;      /* in host byte order, as all numbers here */
	uint8_t mac[6];          /* of ARP and neighbour discovery: that of `from`; else 0 */
	uint32_t ip_id;          /* IPv4, and fragments of IPv6; else 0 */
	uint32_t fragment_start; /* bytes of the datagram before this fragment */
	struct endpoint from;    /* ports of TCP and UDP, else 0; ARP, ND: who asks, or answers */
	struct endpoint to;      /* ARP, ND: who is asked for, or is answered */
	uint16_t headers;        /* bytes before the payload: it begins here if it was kept */
	uint32_t len; /* bytes of payload of TCP, UDP, ICMP; of a fragment all that follows IP */

	struct {
		uint8_t type, code;
		uint16_t id, seq; /* of echo */
		uint32_t mtu;     /* of "fragmentation needed", "packet too big"; 0 = none given */
		struct frame_quoted quoted;
	} icmp;
	struct frame_tcp tcp;
};

/* Reads the headers of a frame of `len` bytes, of which the first `kept` are there. False where they
 * are cut off or contradict themselves: then the kind is FRAME_OTHER, and `from` and `to` are set if
 * the IP header was read. Bytes after the length that IP gives are padding, and are not counted. A
 * length of IP that is 0 is that of the frame: segments that the kernel has not cut yet may be
 * longer than IP can say. */
bool frame_read(const void *bytes, size_t kept, size_t len, struct frame *frame);

/* Whether the first SACK block reports a duplicate, RFC 2883: it is acknowledged already, or is part of
 * the second one. */
bool frame_has_dsack(const struct frame_tcp *tcp);

/* Checksums of a whole frame: of the IPv4 header, and of TCP, UDP, ICMP and ICMPv6 where the whole
 * datagram is in the frame. True for a frame that has none; false for one that is cut off. */
bool frame_checksums_right(const void *bytes, size_t len);

/* Writes the right ones. Does nothing to a frame that is cut off. */
void frame_correct_checksums(void *bytes, size_t len);
