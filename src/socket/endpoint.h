// SPDX-License-Identifier: GPL-3.0-or-later
/* endpoint: one end of a conversation as a small value: what the calls take and the entries keep. The
 * only module that tells address families apart: everybody else asks it. Opens no socket. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

enum { ENDPOINT_TEXT = 80 };

struct endpoint {
	uint16_t family; /* AF_UNSPEC, AF_INET or AF_INET6 */
	uint16_t port;   /* host byte order */
	uint8_t ip[16];  /* network byte order; AF_INET uses the first four */
	uint32_t scope;  /* interface index of a link-local IPv6 address, else 0 */
};

/* The address of every interface and that of this machine, of a family. `ip` is in network byte
 * order and as long as the family has it. */
struct endpoint endpoint_any(int family, uint16_t port);
struct endpoint endpoint_loopback(int family, uint16_t port);
struct endpoint endpoint_of_ip(int family, const void *ip, uint16_t port);

bool endpoint_is_set(const struct endpoint *addr);  /* false for AF_UNSPEC */
bool endpoint_is_ipv6(const struct endpoint *addr); /* also where it is a v4-mapped one */
bool endpoint_is_any(const struct endpoint *addr);

/* The whole of 127.0.0.0/8, ::1, and what is mapped from the former. */
bool endpoint_is_loopback(const struct endpoint *addr);

/* As the kernel tells them apart: a v4-mapped address differs from the IPv4 one. The hash is the same
 * for equal ones. */
bool endpoint_equal(const struct endpoint *a, const struct endpoint *b);
bool endpoint_host_equal(const struct endpoint *a,
                         const struct endpoint *b); /* whatever the port */
bool endpoint_same_family(const struct endpoint *a, const struct endpoint *b);
uint32_t endpoint_hash(const struct endpoint *addr);

/* What an IPv6 socket calls ::ffff:192.0.2.1 is 192.0.2.1 on the wire, RFC 4291 section 2.5.5.2;
 * every other address is returned as it is. */
struct endpoint endpoint_on_wire(const struct endpoint *addr);

/* Whether what is sent to `to` arrives at a socket that has this local address: the same on the
 * wire, and who connects to "any address" reaches this machine. */
bool endpoint_reaches(const struct endpoint *to, const struct endpoint *local);

/* The bytes of IP and UDP headers in front of a datagram, and the most that it may carry. */
unsigned endpoint_udp_headers(const struct endpoint *addr);
unsigned endpoint_udp_max(const struct endpoint *addr);

/* "127.0.0.1:80", "[::1]:80", "[fe80::1%eth0]:80", "[::ffff:127.0.0.1]:80". Returns `out`. */
const char *endpoint_format(const struct endpoint *addr, char out[ENDPOINT_TEXT]);

/* The same without port and brackets. */
const char *endpoint_format_host(const struct endpoint *addr, char out[ENDPOINT_TEXT]);

/* "IPv4", "IPv6"; "" for AF_UNSPEC. Static. */
const char *endpoint_family_name(int family);

/* Fills a socket address and returns its length; 0 for AF_UNSPEC. */
socklen_t endpoint_to_sockaddr(const struct endpoint *addr, struct sockaddr_storage *out);

/* AF_UNSPEC where the family is neither IPv4 nor IPv6. */
struct endpoint endpoint_from_sockaddr(const struct sockaddr *sa, socklen_t len);

/* How many leading bytes of a struct endpoint say everything: 8 for IPv4, 24 for IPv6, 0
 * for AF_UNSPEC. */
size_t endpoint_packed_size(const struct endpoint *addr);
