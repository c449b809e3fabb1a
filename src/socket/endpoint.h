// SPDX-License-Identifier: GPL-3.0-or-later
/* endpoint: one end of a conversation as a small value, which calls take and entries keep. Only this
 * module compares address families. Opens no socket. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/error.h"

enum {
	ENDPOINT_PATH = 108,                   /* most bytes of a UNIX path or abstract name */
	ENDPOINT_INTERFACE = 16,               /* bytes of a name of an interface, its NUL too */
	ENDPOINT_TEXT = 4 * ENDPOINT_PATH + 2, /* as text, each byte escaped */
	ENDPOINT_PACKED = 2 + ENDPOINT_PATH,   /* most bytes of the packed form, */
	ENDPOINT_PACKED_IP = 1 + 2 + 5 + 16,   /* and of that of IPv4 and IPv6 */
};

/* The interface is not one of this machine: its index has no name here. */
#define ENDPOINT_ELSEWHERE (UINT32_C(1) << 31)

struct endpoint {
	uint8_t family;   /* AF_UNSPEC, AF_INET, AF_INET6 or AF_UNIX */
	uint8_t path_len; /* 0 = an unnamed UNIX socket */
	uint16_t port;    /* host byte order */
	uint32_t scope;   /* interface index of a link-local IPv6 address, else 0; on a host of the
	                     sandbox with ENDPOINT_ELSEWHERE */
	union {
		char path[ENDPOINT_PATH]; /* no C string; of an abstract name the first is NUL */
		struct {
			uint8_t ip[16]; /* network byte order; AF_INET uses the first four */
			/* Of our own end of a datagram, where the name is known; it is no part of
			 * the address: neither compared nor packed. */
			char interface[ENDPOINT_INTERFACE];
		};
	};
};

/* The address of every interface and that of this machine, of a family. `ip` is in network byte
 * order and as long as the family has it. */
struct endpoint endpoint_any(int family, uint16_t port);
struct endpoint endpoint_loopback(int family, uint16_t port);
struct endpoint endpoint_of_ip(int family, const void *ip, uint16_t port);

/* A UNIX address as it is typed: a path, or "@name" for an abstract name; with the escapes of
 * escape_decode(), so that a path may begin with \x40. False with one line where it is empty or too
 * long. */
bool endpoint_parse_path(const char *text, struct endpoint *addr, struct error *error);

bool endpoint_is_set(const struct endpoint *addr);  /* false for AF_UNSPEC */
bool endpoint_is_ipv6(const struct endpoint *addr); /* also where it is a v4-mapped one */
bool endpoint_is_any(const struct endpoint *addr);
bool endpoint_is_multicast(const struct endpoint *addr); /* a group of IPv4 or IPv6 */
bool endpoint_is_unix(const struct endpoint *addr);
bool endpoint_is_unnamed(const struct endpoint *addr); /* a UNIX socket that bind() gave no name */

/* The whole of 127.0.0.0/8, ::1, and what is mapped from the former. */
bool endpoint_is_loopback(const struct endpoint *addr);

/* As the kernel compares them: a v4-mapped address differs from the IPv4 one. Equal ones have the
 * same hash. */
bool endpoint_equal(const struct endpoint *a, const struct endpoint *b);
bool endpoint_host_equal(const struct endpoint *a,
                         const struct endpoint *b); /* whatever the port */
bool endpoint_same_family(const struct endpoint *a, const struct endpoint *b);
uint32_t endpoint_hash(const struct endpoint *addr);

/* What an IPv6 socket calls ::ffff:192.0.2.1 is 192.0.2.1 on the wire, RFC 4291 section 2.5.5.2.
 * Returns any other address as it is. */
struct endpoint endpoint_on_wire(const struct endpoint *addr);

/* The same address as a socket of this family takes it: 192.0.2.1 mapped on one of IPv6, and the
 * other way round; else as it is. */
struct endpoint endpoint_for_family(const struct endpoint *addr, int family);

/* Whether what is sent to `to` reaches a socket with this local address: the same on the wire, or
 * one of loopback where `to` is "any address". Not known of a UNIX socket without a name. */
bool endpoint_reaches(const struct endpoint *to, const struct endpoint *local);

/* The bytes of IP and UDP headers in front of a datagram, and the most that it can carry; both 0
 * for UNIX, where the send buffer alone is a limit. */
unsigned endpoint_udp_headers(const struct endpoint *addr);
unsigned endpoint_udp_max(const struct endpoint *addr);

/* "127.0.0.1:80", "[::1]:80", "[fe80::1%eth0]:80", "[::ffff:127.0.0.1]:80", "/run/echo", "@name",
 * "(unnamed)". Has no control characters; endpoint_parse_path() reads UNIX addresses back. Returns
 * `out`. */
const char *endpoint_format(const struct endpoint *addr, char out[ENDPOINT_TEXT]);

/* The same without port and brackets. */
const char *endpoint_format_host(const struct endpoint *addr, char out[ENDPOINT_TEXT]);

/* "IPv4", "IPv6", "UNIX"; "" for AF_UNSPEC. Static. */
const char *endpoint_family_name(int family);

/* The index of its interface, wherever that is; 0 for none. */
uint32_t endpoint_interface(const struct endpoint *addr);

/* Fills a socket address and returns its length; 0 for AF_UNSPEC, and for a path that is too long
 * on this system. */
socklen_t endpoint_to_sockaddr(const struct endpoint *addr, struct sockaddr_storage *out);

/* AF_UNSPEC for any other family. A path ends at its first NUL, an abstract name with `len`. */
struct endpoint endpoint_from_sockaddr(const struct sockaddr *sa, socklen_t len);

/* The form for keeping millions: 7 bytes for IPv4, 19 for IPv6, one to five more with a scope, two
 * and the path for UNIX, none for AF_UNSPEC. Returns its length; `out` has room for ENDPOINT_PACKED,
 * or for ENDPOINT_PACKED_IP where the address is of IPv4 or IPv6. */
size_t endpoint_pack(const struct endpoint *addr, uint8_t *out);

/* Returns the bytes taken; 0 with *addr AF_UNSPEC where there is no packed address. */
size_t endpoint_unpack(struct endpoint *addr, const uint8_t *bytes, size_t len);
