// SPDX-License-Identifier: GPL-3.0-or-later
#include "socket/endpoint.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <unistd.h>

#include "support/tap.h"

static struct endpoint parse(int family, const char *ip, uint16_t port, uint32_t scope)
{
	struct endpoint addr = { .family = (uint8_t)family, .port = port, .scope = scope };
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
	static const struct {
		int family;
		const char *ip;
		bool group;
	} groups[] = {
		{ AF_INET, "223.255.255.255", false },  { AF_INET, "224.0.0.0", true },
		{ AF_INET, "239.255.255.255", true },   { AF_INET, "240.0.0.0", false },
		{ AF_INET6, "ff02::1", true },          { AF_INET6, "fe80::1", false },
		{ AF_INET6, "::ffff:239.1.2.3", true },
	};
	for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
		struct endpoint addr = parse(groups[i].family, groups[i].ip, 0, 0);
		ok(endpoint_is_multicast(&addr) == groups[i].group, "%s a group", groups[i].ip);
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
	wire = endpoint_for_family(&plain, AF_INET6);
	ok(endpoint_equal(&wire, &mapped), "an IPv6 socket takes the mapped one");
	wire = endpoint_for_family(&mapped, AF_INET);
	ok(endpoint_equal(&wire, &plain), "an IPv4 socket the plain one");
	wire = endpoint_for_family(&six, AF_INET);
	ok(endpoint_equal(&wire, &six), "and for an address of IPv6 there is no other");
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

/* ---- UNIX ---- */

static struct endpoint path_of(const char *text)
{
	struct error error;
	struct endpoint addr;
	ok(endpoint_parse_path(text, &addr, &error), "%s is a path", text);
	return addr;
}

static bool survives(const struct endpoint *addr)
{
	struct sockaddr_storage storage;
	uint8_t packed[ENDPOINT_PACKED];
	struct endpoint back, unpacked;
	socklen_t len = endpoint_to_sockaddr(addr, &storage);
	back = endpoint_from_sockaddr((const struct sockaddr *)&storage, len);
	size_t size = endpoint_pack(addr, packed);
	return len && endpoint_equal(addr, &back) &&
	       endpoint_unpack(&unpacked, packed, size) == size &&
	       endpoint_equal(addr, &unpacked) && endpoint_hash(addr) == endpoint_hash(&unpacked);
}

static void reads_paths(void)
{
	static const struct {
		const char *text, *shown;
		size_t len;
	} table[] = {
		{ "/run/echo", "/run/echo", 9 },
		{ "./x y", "./x y", 5 },
		{ "gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f", 6 },
		{ "@name", "@name", 5 },
		{ "@a\\0b\\x00", "@a\\x00b\\x00", 5 },
		{ "a\\nb", "a\\x0ab", 3 },
		{ "\\x40at", "\\x40at", 3 },
		{ "@@", "@@", 2 },
		{ "a\\\\b", "a\\\\b", 3 },
	};
	char out[ENDPOINT_TEXT];
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct endpoint addr = path_of(table[i].text);
		is_int(addr.path_len, (long long)table[i].len, "as long as it is");
		is_text(endpoint_format(&addr, out), table[i].shown, "shown as it can be typed");
		struct endpoint again = path_of(out);
		ok(endpoint_equal(&addr, &again), "and is the same then");
		ok(survives(&addr), "also as a sockaddr, and packed");
	}
	struct endpoint named = path_of("@x"), file = path_of("\\x40x");
	ok(!endpoint_equal(&named, &file), "a file whose name begins so is no abstract name");
	ok(endpoint_is_loopback(&file) && !endpoint_is_any(&file) && !endpoint_is_ipv6(&file) &&
	           endpoint_same_family(&file, &named) && endpoint_reaches(&file, &file) &&
	           !endpoint_reaches(&file, &named),
	   "it is of this machine");
	is_text(endpoint_family_name(AF_UNIX), "UNIX", "its family has a name");
}

static void refuses_paths(void)
{
	char text[ENDPOINT_PATH + 2] = "";
	struct error error;
	struct endpoint addr;
	static const char *const wrong[] = { "", "@", "a\\0b", "\\q" };
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		ok(!endpoint_parse_path(wrong[i], &addr, &error), "\"%s\" is none: %s", wrong[i],
		   error.text);
	memset(text, 'x', ENDPOINT_PATH - 1);
	ok(endpoint_parse_path(text, &addr, &error) && survives(&addr), "107 bytes fit");
	text[0] = '@';
	text[ENDPOINT_PATH - 1] = 'x';
	ok(endpoint_parse_path(text, &addr, &error) && survives(&addr),
	   "of an abstract name too, after its NUL");
	text[0] = 'x';
	ok(!endpoint_parse_path(text, &addr, &error), "108 do not");
	is_text(error.text, "a UNIX path has at most 107 bytes, this one has 108", "in one line");
	text[0] = '@';
	text[ENDPOINT_PATH] = 'x';
	ok(!endpoint_parse_path(text, &addr, &error), "nor as an abstract name");
	char out[ENDPOINT_TEXT];
	addr = (struct endpoint){ .family = AF_UNIX, .path_len = ENDPOINT_PATH };
	memset(addr.path, 1, sizeof addr.path);
	is_int(strlen(endpoint_format(&addr, out)), ENDPOINT_TEXT - 2, "the longest text fits");
	struct sockaddr_storage storage;
	is_int(endpoint_to_sockaddr(&addr, &storage), 0, "what has no room for its NUL is no path");
	addr = (struct endpoint){ .family = AF_UNIX };
	ok(survives(&addr), "an unnamed one is one, too");
	is_text(endpoint_format(&addr, out), "(unnamed)", "and says so");
	is_text(endpoint_format_host(&addr, out), "(unnamed)", "also without a port");
}

/* A bound socket and what the kernel says of it. */
static void is_what_the_kernel_means(void)
{
	char text[64];
	snprintf(text, sizeof text, "@sockpit-test-%ld\\0x", (long)getpid());
	struct endpoint addr = path_of(text);
	struct sockaddr_storage storage;
	socklen_t len = endpoint_to_sockaddr(&addr, &storage);
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0), other = socket(AF_UNIX, SOCK_DGRAM, 0);
	if (bind(fd, (struct sockaddr *)&storage, len) < 0) {
		tap_skip("no abstract names here");
		return;
	}
	len = sizeof storage;
	getsockname(fd, (struct sockaddr *)&storage, &len);
	struct endpoint named = endpoint_from_sockaddr((struct sockaddr *)&storage, len);
	ok(endpoint_equal(&named, &addr), "getsockname() says what was bound");
	len = endpoint_to_sockaddr(&addr, &storage);
	is_int(sendto(other, "x", 1, 0, (struct sockaddr *)&storage, len), 1, "it is reached so");
	len = sizeof storage;
	recvfrom(fd, text, 1, 0, (struct sockaddr *)&storage, &len);
	struct endpoint from = endpoint_from_sockaddr((struct sockaddr *)&storage, len);
	ok(from.family == AF_UNIX || len == 0, "by somebody unnamed");
	close(fd);
	close(other);
}

/* ---- packed ---- */

static void packs(void)
{
	struct endpoint list[] = {
		parse(AF_INET, "1.2.3.4", 5, 0),           parse(AF_INET6, "2001:db8::1", 65535, 0),
		parse(AF_INET6, "fe80::1", 7, 1),          parse(AF_INET6, "fe80::1", 7, 300),
		parse(AF_INET6, "fe80::1", 7, UINT32_MAX),
	};
	static const size_t sizes[] = { 7, 19, 20, 21, 24 };
	uint8_t packed[ENDPOINT_PACKED];
	struct endpoint back;
	for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
		size_t len = endpoint_pack(&list[i], packed);
		is_int(len, (long long)sizes[i], "packed in no more bytes than needed");
		ok(endpoint_unpack(&back, packed, len) == len && endpoint_equal(&back, &list[i]),
		   "and unpacked");
		bool cut = false;
		for (size_t less = 0; less < len; less++)
			cut = cut || endpoint_unpack(&back, packed, less) || endpoint_is_set(&back);
		ok(!cut, "cut it is none");
	}
	struct endpoint none = { .family = AF_UNSPEC };
	is_int(endpoint_pack(&none, packed), 0, "no address takes nothing");
	memset(packed, 255, sizeof packed);
	for (unsigned first = 0; first < 256; first++) {
		packed[0] = (uint8_t)first;
		size_t used = endpoint_unpack(&back, packed, sizeof packed);
		if (used > sizeof packed || (used && (first < 1 || first > 2)))
			ok(false, "garbage of %u is none", first);
	}
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
	reads_paths();
	refuses_paths();
	is_what_the_kernel_means();
	packs();
	return tap_done();
}
