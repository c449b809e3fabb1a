// SPDX-License-Identifier: GPL-3.0-or-later
/* endpoint: an internet endpoint as a small value: what the calls take and the entries keep. Opens no
 * socket. */
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

bool endpoint_equal(const struct endpoint *a, const struct endpoint *b);
bool endpoint_is_loopback(const struct endpoint *addr);
bool endpoint_is_any(const struct endpoint *addr);

/* "127.0.0.1:80", "[::1]:80", "[fe80::1%eth0]:80"; v4-mapped IPv6 is shown as the IPv4 address.
 * Returns `out`. */
const char *endpoint_format(const struct endpoint *addr, char out[ENDPOINT_TEXT]);

/* The same without port and brackets. */
const char *endpoint_format_host(const struct endpoint *addr, char out[ENDPOINT_TEXT]);

/* Fills a socket address and returns its length; 0 for AF_UNSPEC. */
socklen_t endpoint_to_sockaddr(const struct endpoint *addr, struct sockaddr_storage *out);

/* AF_UNSPEC where the family is neither IPv4 nor IPv6. */
struct endpoint endpoint_from_sockaddr(const struct sockaddr *sa, socklen_t len);

/* How many leading bytes of a struct endpoint say everything: 8 for IPv4, 24 for IPv6, 0
 * for AF_UNSPEC. */
size_t endpoint_packed_size(const struct endpoint *addr);
