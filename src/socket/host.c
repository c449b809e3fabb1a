// SPDX-License-Identifier: GPL-3.0-or-later
#include "socket/host.h"

#include <assert.h>
#include <stdio.h>
#include <strings.h>
#include <sys/socket.h>

static const struct {
	const char *name;
	uint8_t ipv4[4], ipv6[16];
} hosts[HOST_COUNT] = {
	[HOST_HERE] = { .name = "" },
	[HOST_LEFT] = { "left", { 192, 0, 2, 1 }, { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 } },
	[HOST_RIGHT] = { "right", { 192, 0, 2, 2 }, { 0x20, 0x01, 0x0d, 0xb8, [15] = 2 } },
};

const char *host_name(enum host host)
{
	return hosts[host].name;
}

bool host_named(const char *name, enum host *host)
{
	for (enum host i = HOST_LEFT; i < HOST_COUNT; i++)
		if (strcasecmp(name, hosts[i].name) == 0) {
			*host = i;
			return true;
		}
	return false;
}

struct endpoint host_address(enum host host, int family, uint16_t port)
{
	assert(host != HOST_HERE);
	const uint8_t *ip = family == AF_INET ? hosts[host].ipv4 : hosts[host].ipv6;
	return endpoint_of_ip(family, ip, port);
}

enum host host_of(const struct endpoint *addr)
{
	struct endpoint wire = endpoint_on_wire(addr);
	for (enum host i = HOST_LEFT; i < HOST_COUNT; i++) {
		struct endpoint ipv4 = host_address(i, AF_INET, 0);
		struct endpoint ipv6 = host_address(i, AF_INET6, 0);
		if (endpoint_host_equal(&wire, &ipv4) || endpoint_host_equal(&wire, &ipv6))
			return i;
	}
	return HOST_HERE;
}

const char *host_format(enum host host, const struct endpoint *addr, char out[HOST_TEXT])
{
	char text[ENDPOINT_TEXT];
	enum host owner = host == HOST_HERE ? HOST_HERE : host_of(addr);
	if (owner == HOST_HERE && (endpoint_is_loopback(addr) || endpoint_is_any(addr)))
		owner = host;
	if (owner == HOST_HERE)
		return endpoint_format(addr, out);
	snprintf(out, HOST_TEXT, "%s %s", host_name(owner), endpoint_format(addr, text));
	return out;
}

enum host host_opposite(enum host host)
{
	return host == HOST_LEFT ? HOST_RIGHT : host == HOST_RIGHT ? HOST_LEFT : HOST_HERE;
}
