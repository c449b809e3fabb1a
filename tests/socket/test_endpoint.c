// SPDX-License-Identifier: GPL-3.0-or-later
#include "socket/endpoint.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "support/tap.h"

static struct endpoint parse(int family, const char *ip, uint16_t port, uint32_t scope)
{
	struct endpoint addr = { .family = (uint16_t)family, .port = port, .scope = scope };
	inet_pton(family, ip, addr.ip);
	return addr;
}

static void formats(void)
{
	static const struct {
		int family;
		const char *ip;
		uint16_t port;
		const char *text, *host;
	} table[] = {
		{ AF_INET, "127.0.0.1", 80, "127.0.0.1:80", "127.0.0.1" },
		{ AF_INET, "255.255.255.255", 65535, "255.255.255.255:65535", "255.255.255.255" },
		{ AF_INET6, "::1", 0, "[::1]:0", "::1" },
		{ AF_INET6, "::ffff:10.1.2.3", 7, "10.1.2.3:7", "10.1.2.3" },
		{ AF_INET6, "1111:2222:3333:4444:5555:6666:7777:8888", 65535,
		  "[1111:2222:3333:4444:5555:6666:7777:8888]:65535",
		  "1111:2222:3333:4444:5555:6666:7777:8888" },
	};
	char out[ENDPOINT_TEXT];
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct endpoint addr = parse(table[i].family, table[i].ip, table[i].port, 0);
		is_text(endpoint_format(&addr, out), table[i].text, table[i].text);
		is_text(endpoint_format_host(&addr, out), table[i].host, table[i].host);
	}
	struct endpoint scoped = parse(AF_INET6, "fe80::1", 9, 999999);
	is_text(endpoint_format(&scoped, out), "[fe80::1%999999]:9",
	        "an unknown interface is its number");
	struct endpoint none = { .family = AF_UNSPEC };
	is_text(endpoint_format(&none, out), "(no address)", "no address says so");
}

static void converts_both_ways(void)
{
	struct endpoint list[] = { parse(AF_INET, "1.2.3.4", 5, 0),
		                   parse(AF_INET6, "fe80::1", 65535, 3) };
	for (size_t i = 0; i < 2; i++) {
		struct sockaddr_storage storage;
		socklen_t len = endpoint_to_sockaddr(&list[i], &storage);
		struct endpoint back =
		        endpoint_from_sockaddr((const struct sockaddr *)&storage, len);
		ok(endpoint_equal(&list[i], &back),
		   "an address survives the way to a sockaddr and back");
		struct endpoint cut =
		        endpoint_from_sockaddr((const struct sockaddr *)&storage, len - 1);
		is_int(cut.family, AF_UNSPEC, "a sockaddr that is too short is no address");
	}
	struct sockaddr_storage storage;
	struct endpoint none = { .family = AF_UNSPEC };
	is_int(endpoint_to_sockaddr(&none, &storage), 0, "no address has no length");
}

static void compares(void)
{
	struct endpoint a = parse(AF_INET, "1.2.3.4", 5, 0), b = a;
	b.ip[9] = 77;
	ok(endpoint_equal(&a, &b), "bytes that IPv4 does not use do not count");
	b.port = 6;
	ok(!endpoint_equal(&a, &b), "ports count");
	struct endpoint c = parse(AF_INET6, "fe80::1", 5, 1), d = parse(AF_INET6, "fe80::1", 5, 2);
	ok(!endpoint_equal(&c, &d), "scopes count");
	is_int(endpoint_packed_size(&a), 8, "IPv4 packs into 8 bytes");
	is_int(endpoint_packed_size(&c), 24, "IPv6 into 24");
}

static void knows_loopback_and_any(void)
{
	static const struct {
		int family;
		const char *ip;
		bool loopback, any;
	} table[] = {
		{ AF_INET, "127.0.0.1", true, false },
		{ AF_INET, "127.255.0.9", true, false },
		{ AF_INET, "128.0.0.1", false, false },
		{ AF_INET, "0.0.0.0", false, true },
		{ AF_INET6, "::1", true, false },
		{ AF_INET6, "::", false, true },
		{ AF_INET6, "::2", false, false },
		{ AF_INET6, "::ffff:127.0.0.1", true, false },
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct endpoint addr = parse(table[i].family, table[i].ip, 0, 0);
		ok(endpoint_is_loopback(&addr) == table[i].loopback, "%s loopback", table[i].ip);
		ok(endpoint_is_any(&addr) == table[i].any, "%s any", table[i].ip);
	}
}

int main(void)
{
	tap_watchdog(30);
	formats();
	converts_both_ways();
	compares();
	knows_loopback_and_any();
	return tap_done();
}
