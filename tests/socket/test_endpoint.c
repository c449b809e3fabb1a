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
		{ AF_INET6, "::ffff:10.1.2.3", 7, "[::ffff:10.1.2.3]:7", "::ffff:10.1.2.3" },
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
	ok(endpoint_host_equal(&a, &b), "but not for the host");
	b.port = a.port;
	is_int(endpoint_hash(&a), endpoint_hash(&b), "equal ones have one hash");
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
		{ AF_INET6, "::ffff:10.0.0.1", false, false },
		{ AF_INET6, "::ffff:0.0.0.0", false, true },
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct endpoint addr = parse(table[i].family, table[i].ip, 0, 0);
		ok(endpoint_is_loopback(&addr) == table[i].loopback, "%s loopback", table[i].ip);
		ok(endpoint_is_any(&addr) == table[i].any, "%s any", table[i].ip);
	}
	struct endpoint none = { .family = AF_UNSPEC };
	ok(!endpoint_is_any(&none) && !endpoint_is_loopback(&none), "no address is neither");
	for (int i = 0; i < 2; i++) {
		struct endpoint here = endpoint_loopback(i ? AF_INET6 : AF_INET, 7);
		struct endpoint all = endpoint_any(i ? AF_INET6 : AF_INET, 7);
		ok(endpoint_is_loopback(&here) && endpoint_is_any(&all) && here.port == 7 &&
		           endpoint_same_family(&here, &all) && endpoint_is_ipv6(&all) == i,
		   "both are made of either family");
	}
}

/* An IPv6 socket and an IPv4 one call the same end by two names. */
static void knows_what_is_mapped(void)
{
	struct endpoint mapped = parse(AF_INET6, "::ffff:127.0.0.1", 80, 0);
	struct endpoint plain = parse(AF_INET, "127.0.0.1", 80, 0);
	struct endpoint wire = endpoint_on_wire(&mapped);
	ok(!endpoint_equal(&mapped, &plain) && !endpoint_host_equal(&mapped, &plain),
	   "a mapped address is another one than that of IPv4");
	ok(endpoint_equal(&wire, &plain), "though the same on the wire");
	wire = endpoint_on_wire(&plain);
	ok(endpoint_equal(&wire, &plain), "IPv4 is itself there");
	struct endpoint six = parse(AF_INET6, "fe80::1", 80, 3);
	wire = endpoint_on_wire(&six);
	ok(endpoint_equal(&wire, &six), "and IPv6 with its scope");
	ok(endpoint_reaches(&mapped, &plain) && endpoint_reaches(&plain, &mapped),
	   "each reaches what the other is bound to");
	is_int(endpoint_udp_max(&mapped), 65507, "its datagrams are those of IPv4");
	is_int(endpoint_udp_headers(&mapped), 28, "with its headers");
	is_int(endpoint_udp_max(&six), 65527, "IPv6 has longer ones");
	is_int(endpoint_udp_headers(&six), 48, "and longer headers");
}

static void reaches(void)
{
	static const struct {
		const char *to, *local;
		uint16_t port;
		bool yes;
	} table[] = {
		{ "127.0.0.1", "127.0.0.1", 80, true },
		{ "127.0.0.1", "127.0.0.1", 81, false },
		{ "127.0.0.1", "127.0.0.2", 80, false },
		{ "0.0.0.0", "127.0.0.1", 80, true },
		{ "0.0.0.0", "127.0.0.1", 81, false },
		{ "0.0.0.0", "10.0.0.1", 80, false },
		{ "::", "::1", 80, true },
		{ "::1", "127.0.0.1", 80, false },
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct endpoint to =
		        parse(strchr(table[i].to, ':') ? AF_INET6 : AF_INET, table[i].to, 80, 0);
		struct endpoint local = parse(strchr(table[i].local, ':') ? AF_INET6 : AF_INET,
		                              table[i].local, table[i].port, 0);
		ok(endpoint_reaches(&to, &local) == table[i].yes, "from %s to %s:%u", table[i].to,
		   table[i].local, table[i].port);
	}
	struct endpoint none = { .family = AF_UNSPEC };
	ok(!endpoint_reaches(&none, &none), "no address reaches nothing");
}

int main(void)
{
	tap_watchdog(30);
	formats();
	converts_both_ways();
	compares();
	knows_loopback_and_any();
	knows_what_is_mapped();
	reaches();
	return tap_done();
}
