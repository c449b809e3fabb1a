// SPDX-License-Identifier: GPL-3.0-or-later
#include "socket/endpoint.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

static size_t ip_size(const struct endpoint *addr)
{
	return addr->family == AF_INET ? 4 : addr->family == AF_INET6 ? 16 : 0;
}

size_t endpoint_packed_size(const struct endpoint *addr)
{
	return addr->family == AF_INET ? 8 : addr->family == AF_INET6 ? sizeof *addr : 0;
}

bool endpoint_equal(const struct endpoint *a, const struct endpoint *b)
{
	return a->family == b->family && a->port == b->port &&
	       memcmp(a->ip, b->ip, ip_size(a)) == 0 &&
	       (a->family != AF_INET6 || a->scope == b->scope);
}

static bool is_mapped(const struct endpoint *addr)
{
	static const uint8_t prefix[12] = { [10] = 0xff, [11] = 0xff };
	return addr->family == AF_INET6 && memcmp(addr->ip, prefix, sizeof prefix) == 0;
}

bool endpoint_is_loopback(const struct endpoint *addr)
{
	static const uint8_t one[16] = { [15] = 1 };
	if (addr->family == AF_INET)
		return addr->ip[0] == 127;
	if (is_mapped(addr))
		return addr->ip[12] == 127;
	return addr->family == AF_INET6 && memcmp(addr->ip, one, sizeof one) == 0;
}

bool endpoint_is_any(const struct endpoint *addr)
{
	static const uint8_t zero[16];
	return memcmp(addr->ip, zero, ip_size(addr)) == 0;
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
	if (addr->family == AF_INET || is_mapped(addr)) {
		const uint8_t *ip = addr->family == AF_INET ? addr->ip : addr->ip + 12;
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
	bool brackets = addr->family == AF_INET6 && !is_mapped(addr);
	if (addr->family == AF_UNSPEC)
		snprintf(out, ENDPOINT_TEXT, "%s", host);
	else
		snprintf(out, ENDPOINT_TEXT, brackets ? "[%.70s]:%u" : "%.70s:%u", host,
		         addr->port);
	return out;
}

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
