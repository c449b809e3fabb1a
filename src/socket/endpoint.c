// SPDX-License-Identifier: GPL-3.0-or-later
#include "socket/endpoint.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

static const uint8_t mapped_prefix[12] = { [10] = 0xff, [11] = 0xff };

static size_t ip_size(const struct endpoint *addr)
{
	return addr->family == AF_INET ? 4 : addr->family == AF_INET6 ? 16 : 0;
}

size_t endpoint_packed_size(const struct endpoint *addr)
{
	return addr->family == AF_INET ? 8 : addr->family == AF_INET6 ? sizeof *addr : 0;
}

/* ---- making ---- */

struct endpoint endpoint_of_ip(int family, const void *ip, uint16_t port)
{
	struct endpoint addr = { .family = (uint16_t)family, .port = port };
	memcpy(addr.ip, ip, ip_size(&addr));
	return addr;
}

struct endpoint endpoint_any(int family, uint16_t port)
{
	return (struct endpoint){ .family = (uint16_t)family, .port = port };
}

struct endpoint endpoint_loopback(int family, uint16_t port)
{
	static const uint8_t v4[4] = { 127, 0, 0, 1 }, v6[16] = { [15] = 1 };
	return endpoint_of_ip(family, family == AF_INET ? v4 : v6, port);
}

struct endpoint endpoint_on_wire(const struct endpoint *addr)
{
	if (addr->family != AF_INET6 || memcmp(addr->ip, mapped_prefix, sizeof mapped_prefix) != 0)
		return *addr;
	return endpoint_of_ip(AF_INET, addr->ip + sizeof mapped_prefix, addr->port);
}

/* ---- comparing ---- */

bool endpoint_is_set(const struct endpoint *addr)
{
	return addr->family != AF_UNSPEC;
}

bool endpoint_is_ipv6(const struct endpoint *addr)
{
	return addr->family == AF_INET6;
}

bool endpoint_same_family(const struct endpoint *a, const struct endpoint *b)
{
	return a->family == b->family;
}

bool endpoint_host_equal(const struct endpoint *a, const struct endpoint *b)
{
	return a->family == b->family && memcmp(a->ip, b->ip, ip_size(a)) == 0 &&
	       (a->family != AF_INET6 || a->scope == b->scope);
}

bool endpoint_equal(const struct endpoint *a, const struct endpoint *b)
{
	return a->port == b->port && endpoint_host_equal(a, b);
}

/* FNV-1a over what tells addresses apart. */
uint32_t endpoint_hash(const struct endpoint *addr)
{
	uint32_t hash = 2166136261u;
	const unsigned char *bytes = (const void *)addr;
	for (size_t i = 0; i < endpoint_packed_size(addr); i++)
		hash = (hash ^ bytes[i]) * 16777619u;
	return hash;
}

bool endpoint_is_loopback(const struct endpoint *addr)
{
	struct endpoint plain = endpoint_on_wire(addr);
	if (plain.family == AF_INET)
		return plain.ip[0] == 127;
	struct endpoint here = endpoint_loopback(AF_INET6, 0);
	return plain.family == AF_INET6 && memcmp(plain.ip, here.ip, sizeof here.ip) == 0;
}

bool endpoint_is_any(const struct endpoint *addr)
{
	static const uint8_t zero[16];
	struct endpoint plain = endpoint_on_wire(addr);
	return endpoint_is_set(addr) && memcmp(plain.ip, zero, ip_size(&plain)) == 0;
}

bool endpoint_reaches(const struct endpoint *to, const struct endpoint *local)
{
	struct endpoint one = endpoint_on_wire(to), other = endpoint_on_wire(local);
	if (!endpoint_is_set(&one))
		return false;
	bool here = endpoint_is_any(&one) && endpoint_is_loopback(&other) && one.port == other.port;
	return here || endpoint_equal(&one, &other);
}

unsigned endpoint_udp_headers(const struct endpoint *addr)
{
	struct endpoint plain = endpoint_on_wire(addr);
	return plain.family == AF_INET ? 20 + 8 : 40 + 8;
}

/* The length of IPv4 counts its own header, that of IPv6 does not. */
unsigned endpoint_udp_max(const struct endpoint *addr)
{
	struct endpoint plain = endpoint_on_wire(addr);
	return plain.family == AF_INET ? UINT16_MAX - 20 - 8 : UINT16_MAX - 8;
}

/* ---- as text ---- */

const char *endpoint_family_name(int family)
{
	return family == AF_INET ? "IPv4" : family == AF_INET6 ? "IPv6" : "";
}

static void format_ipv6(const struct endpoint *addr, char out[ENDPOINT_TEXT])
{
	char name[IF_NAMESIZE];
	if (!inet_ntop(AF_INET6, addr->ip, out, ENDPOINT_TEXT))
		out[0] = '\0';
	size_t len = strlen(out);
	if (addr->scope && if_indextoname(addr->scope, name))
		snprintf(out + len, ENDPOINT_TEXT - len, "%%%s", name);
	else if (addr->scope)
		snprintf(out + len, ENDPOINT_TEXT - len, "%%%u", (unsigned)addr->scope);
}

const char *endpoint_format_host(const struct endpoint *addr, char out[ENDPOINT_TEXT])
{
	if (addr->family == AF_INET) {
		const uint8_t *ip = addr->ip;
		snprintf(out, ENDPOINT_TEXT, "%u.%u.%u.%u", ip[0], ip[1], ip[2], ip[3]);
	} else if (addr->family == AF_INET6) {
		format_ipv6(addr, out);
	} else {
		snprintf(out, ENDPOINT_TEXT, "(no address)");
	}
	return out;
}

const char *endpoint_format(const struct endpoint *addr, char out[ENDPOINT_TEXT])
{
	char host[ENDPOINT_TEXT];
	endpoint_format_host(addr, host);
	if (addr->family == AF_UNSPEC)
		snprintf(out, ENDPOINT_TEXT, "%s", host);
	else
		snprintf(out, ENDPOINT_TEXT, endpoint_is_ipv6(addr) ? "[%.70s]:%u" : "%.70s:%u",
		         host, addr->port);
	return out;
}

/* ---- for calls ---- */

socklen_t endpoint_to_sockaddr(const struct endpoint *addr, struct sockaddr_storage *out)
{
	memset(out, 0, sizeof *out);
	if (addr->family == AF_INET) {
		struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(addr->port) };
		memcpy(&in.sin_addr, addr->ip, 4);
		memcpy(out, &in, sizeof in);
		return sizeof in;
	}
	if (addr->family == AF_INET6) {
		struct sockaddr_in6 in6 = { .sin6_family = AF_INET6,
			                    .sin6_port = htons(addr->port),
			                    .sin6_scope_id = addr->scope };
		memcpy(&in6.sin6_addr, addr->ip, 16);
		memcpy(out, &in6, sizeof in6);
		return sizeof in6;
	}
	return 0;
}

struct endpoint endpoint_from_sockaddr(const struct sockaddr *sa, socklen_t len)
{
	struct endpoint addr = { .family = AF_UNSPEC };
	if (len >= (socklen_t)sizeof(struct sockaddr_in) && sa->sa_family == AF_INET) {
		struct sockaddr_in in;
		memcpy(&in, sa, sizeof in);
		addr.family = AF_INET;
		addr.port = ntohs(in.sin_port);
		memcpy(addr.ip, &in.sin_addr, 4);
	} else if (len >= (socklen_t)sizeof(struct sockaddr_in6) && sa->sa_family == AF_INET6) {
		struct sockaddr_in6 in6;
		memcpy(&in6, sa, sizeof in6);
		addr.family = AF_INET6;
		addr.port = ntohs(in6.sin6_port);
		addr.scope = in6.sin6_scope_id;
		memcpy(addr.ip, &in6.sin6_addr, 16);
	}
	return addr;
}
