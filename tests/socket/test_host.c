// SPDX-License-Identifier: GPL-3.0-or-later
#include "socket/host.h"

#include <arpa/inet.h>

#include "support/tap.h"

static struct endpoint parse(int family, const char *ip, uint16_t port)
{
	struct endpoint addr = { .family = (uint8_t)family, .port = port };
	inet_pton(family, ip, addr.ip);
	return addr;
}

static void addresses(void)
{
	static const struct {
		enum host host;
		int family;
		const char *text;
	} table[] = {
		{ HOST_LEFT, AF_INET, "192.0.2.1:80" },
		{ HOST_LEFT, AF_INET6, "[2001:db8::1]:80" },
		{ HOST_RIGHT, AF_INET, "192.0.2.2:80" },
		{ HOST_RIGHT, AF_INET6, "[2001:db8::2]:80" },
	};
	char out[ENDPOINT_TEXT];
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct endpoint addr = host_address(table[i].host, table[i].family, 80);
		is_text(endpoint_format(&addr, out), table[i].text, table[i].text);
		is_int(host_of(&addr), table[i].host, table[i].text);
	}
}

static void others(void)
{
	static const struct {
		int family;
		const char *ip;
		enum host host;
	} table[] = {
		{ AF_INET6, "::ffff:192.0.2.2", HOST_RIGHT }, { AF_INET, "192.0.2.3", HOST_HERE },
		{ AF_INET, "127.0.0.1", HOST_HERE },          { AF_INET, "0.0.0.0", HOST_HERE },
		{ AF_INET6, "2001:db8::3", HOST_HERE },       { AF_INET6, "fe80::1", HOST_HERE },
	};
	struct endpoint path, unset = { .family = AF_UNSPEC };
	struct error error;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct endpoint addr = parse(table[i].family, table[i].ip, 7);
		is_int(host_of(&addr), table[i].host, table[i].ip);
	}
	endpoint_parse_path("/run/left", &path, &error);
	is_int(host_of(&path), HOST_HERE, "a path is on this machine");
	is_int(host_of(&unset), HOST_HERE, "no address is on this machine");
}

static void names(void)
{
	enum host host = HOST_HERE;
	ok(host_named("left", &host) && host == HOST_LEFT, "left");
	ok(host_named("RIGHT", &host) && host == HOST_RIGHT, "names have no case");
	ok(!host_named("", &host) && !host_named("here", &host) && !host_named("leftover", &host),
	   "others are no hosts");
	is_text(host_name(HOST_RIGHT), "right", "name");
	is_text(host_name(HOST_HERE), "", "this machine has no name");
	is_int(host_opposite(HOST_LEFT), HOST_RIGHT, "opposite of left");
	is_int(host_opposite(HOST_RIGHT), HOST_LEFT, "opposite of right");
	is_int(host_opposite(HOST_HERE), HOST_HERE, "opposite of here");
}

int main(void)
{
	addresses();
	others();
	names();
	return tap_done();
}
