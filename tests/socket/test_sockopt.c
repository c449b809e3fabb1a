// SPDX-License-Identifier: GPL-3.0-or-later
#include "socket/sockopt.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "support/tap.h"

enum { PHRASE_MAX = 31 }; /* so that a listing has its lines at 80 columns */

static struct error error;

static const struct sockopt *option(const char *name)
{
	const struct sockopt *found = sockopt_find(name, 0, &error);
	ok(found, "there is %s", name);
	return found;
}

/* The full name, or what is said. */
static const char *find(const char *name, unsigned of)
{
	const struct sockopt *found = sockopt_find(name, of, &error);
	return found ? found->name : error.text;
}

static const char *format(const struct sockopt *option, const void *value, size_t len)
{
	static struct buf text = { .max = SIZE_MAX };
	buf_clear(&text);
	sockopt_format(option, value, len, &text);
	return buf_text(&text);
}

/* What a text is understood as, written down again; or what is said. */
static const char *reread(const char *name, const char *text)
{
	char value[SOCKOPT_MAX];
	size_t len = 0;
	const struct sockopt *found = sockopt_find(name, 0, &error);
	if (!found)
		return "(no such option)";
	if (!sockopt_parse(found, text, value, &len, &error))
		return error.text;
	return format(found, value, len);
}

/* ---- who is there ---- */

static void test_credentials(void)
{
	const struct sockopt *option = sockopt_find("SO_PEERCRED", SOCKOPT_UNIX, &error);
	const int32_t known[] = { 1234, 1000, 100 }, unknown[] = { 0, -1, -1 };
	is_text(format(option, known, sizeof known), "process 1234, user 1000, group 100",
	        "credentials");
	is_text(format(option, unknown, sizeof unknown),
	        "process not known, user not known, group not known", "... of nobody");
	is_text(format(option, known, 3), "d20400", "... that are none");
	is_text(reread("SO_PEERCRED", "1"), "SO_PEERCRED can only be read", "... are not set");
}

/* ---- the table ---- */

static void test_table(void)
{
	size_t count = 0, wrong = 0, same = 0, out_of_order = 0;
	for (const struct sockopt *o = sockopt_table; o->name; o++, count++) {
		size_t phrase = strcspn(o->help, "\n");
		bool right = strchr(o->name, '_') && o->unit && sockopt_level_name(o->level) &&
		             phrase > 5 && phrase <= PHRASE_MAX && sockopt_size(o) > 0 &&
		             sockopt_size(o) <= SOCKOPT_MAX && strlen(o->help) < 400 &&
		             sockopt_is_of(o, 0) &&
		             (o->of == SOCKOPT_UNIX || (o->of & (SOCKOPT_TCP | SOCKOPT_UDP) &&
		                                        o->of & (SOCKOPT_IPV4 | SOCKOPT_IPV6)));
		if (!right)
			printf("#   %s\n", o->name);
		wrong += !right;
		same += sockopt_numbered(o->level, o->number) != o;
		out_of_order +=
		        o[1].name && o[1].level == o->level && strcmp(o->name, o[1].name) >= 0;
		wrong += strcmp(find(o->name, 0), o->name) != 0;
	}
	ok(count >= 45, "%zu options", count);
	is_int(wrong, 0, "each has a name, a unit, a phrase that fits, and is found by its name");
	is_int(same, 0, "no two have one number");
	is_int(out_of_order, 0, "in the order of their names");
	ok(!sockopt_numbered(SOL_SOCKET, 4711) && !sockopt_level_name(4711), "unknown numbers");
	is_text(sockopt_level_name(IPPROTO_TCP), "IPPROTO_TCP", "a level");
}

/* Which /option does not list. */
static void test_groups(void)
{
	const struct sockopt *join = sockopt_numbered(IPPROTO_IP, IP_ADD_MEMBERSHIP);
	struct ip_mreqn group = { .imr_ifindex = 3 };
	inet_pton(AF_INET, "239.1.2.3", &group.imr_multiaddr);
	is_text(join ? join->name : "", "IP_ADD_MEMBERSHIP", "joining a group has a name");
	is_text(format(join, &group, sizeof group), "239.1.2.3%3", "... and a value");
	is_text(format(join, "abc", 3), "616263", "which may be broken");
	ok(!sockopt_find("IP_ADD_MEMBERSHIP", 0, &error), "but /option has no words for it");
	struct ipv6_mreq six = { .ipv6mr_interface = 0 };
	inet_pton(AF_INET6, "ff15::1", &six.ipv6mr_multiaddr);
	is_text(format(sockopt_numbered(IPPROTO_IPV6, IPV6_LEAVE_GROUP), &six, sizeof six),
	        "ff15::1", "on whichever interface");
#ifdef MCAST_JOIN_SOURCE_GROUP
	struct group_source_req one = { .gsr_interface = 1 };
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr = group.imr_multiaddr },
	                   from = { .sin_family = AF_INET,
		                    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	memcpy(&one.gsr_group, &to, sizeof to);
	memcpy(&one.gsr_source, &from, sizeof from);
	is_text(format(sockopt_numbered(IPPROTO_IP, MCAST_JOIN_SOURCE_GROUP), &one, sizeof one),
	        "239.1.2.3%1 from 127.0.0.1", "of one sender");
#endif
}

static void test_of(void)
{
	const struct sockopt *nodelay = option("TCP_NODELAY"), *ttl = option("IP_TTL");
	ok(sockopt_is_of(nodelay, SOCKOPT_TCP | SOCKOPT_IPV6), "TCP's is on TCP of any family");
	ok(!sockopt_is_of(nodelay, SOCKOPT_UDP | SOCKOPT_IPV4), "and not on UDP");
	ok(sockopt_is_of(ttl, SOCKOPT_UDP | SOCKOPT_IPV4), "IPv4's is on UDP");
	ok(!sockopt_is_of(ttl, SOCKOPT_TCP | SOCKOPT_IPV6), "and not on IPv6");
	ok(sockopt_is_of(ttl, SOCKOPT_TCP), "where the family is not known all of them");
}

static void test_find(void)
{
	is_text(find("so_keepalive", 0), "SO_KEEPALIVE", "in lower case");
	is_text(find("nodelay", 0), "TCP_NODELAY", "by the part after the underscore");
	is_text(find("keepidle", 0), "TCP_KEEPIDLE", "another one");
	is_text(find("rcvb", 0), "SO_RCVBUF", "by a beginning of that");
	is_text(find("SO_RCVB", 0), "SO_RCVBUF", "and of all of it");
	is_text(find("ttl", 0), "IP_TTL", "what is exact wins over what begins so");
	is_text(find("mtu", SOCKOPT_UDP | SOCKOPT_IPV6), "IPV6_MTU", "of such a socket only");
	is_text(find("cork", SOCKOPT_UDP), "UDP_CORK", "of such a transport only");
	is_text(find("v6only", SOCKOPT_TCP | SOCKOPT_IPV4), "IPV6_V6ONLY",
	        "and of any where there is none");
	is_text(find("mtu", 0), "ambiguous: \"mtu\" is IP_MTU, IPV6_MTU", "ambiguous, exactly");
	is_text(find("linger", 0), "SO_LINGER", "a name that another one begins with");
	is_text(find("sndb", SOCKOPT_TCP), "SO_SNDBUF", "a beginning");
	is_text(find("snd", SOCKOPT_TCP), "ambiguous: \"snd\" is SO_SNDBUF, SO_SNDLOWAT, SO_SNDTIMEO",
	        "ambiguous, by a beginning");
	is_text(find("nodely", 0),
	        "no such socket option here: \"nodely\": did you mean TCP_NODELAY?", "a slip");
	is_text(find("so_keepalvie", 0),
	        "no such socket option here: \"so_keepalvie\": did you mean SO_KEEPALIVE?",
	        "another one");
	is_text(find("foo", 0), "no such socket option here: \"foo\": /option lists them", "no such one");
	is_text(find("", 0), "no such socket option here: \"\": /option lists them", "nothing");
	is_text(find("a\033]0;x", 0), "no such socket option here: \"a\"...: /option lists them", "garbage is cut");
	char longer[2000];
	memset(longer, 'x', sizeof longer - 1);
	longer[sizeof longer - 1] = '\0';
	ok(strlen(find(longer, 0)) < 100, "a long one, too");
	ok(strlen(find("s", 0)) == ERROR_TEXT - 1, "a list of many is cut, not overrun");
}

/* ---- values ---- */

static void test_switches(void)
{
	is_text(reread("TCP_NODELAY", "on"), "on", "on");
	is_text(reread("TCP_NODELAY", "OFF"), "off", "in capitals");
	is_text(reread("TCP_NODELAY", "1"), "on", "1 is on");
	is_text(reread("TCP_NODELAY", "0"), "off", "0 is off");
	is_text(reread("TCP_NODELAY", "2"), "TCP_NODELAY is on or off", "2 is nothing");
	is_text(reread("TCP_NODELAY", ""), "TCP_NODELAY is on or off", "nor is nothing");
	is_text(reread("TCP_NODELAY", "on "), "TCP_NODELAY is on or off", "nor blanks");
	is_text(reread("SO_ACCEPTCONN", "on"), "SO_ACCEPTCONN can only be read", "read only");
}

static void test_numbers(void)
{
	is_text(reread("SO_RCVBUF", "20000"), "20000", "a number");
	is_text(reread("SO_RCVBUF", "0x10"), "16", "a hexadecimal one");
	is_text(reread("SO_RCVBUF", "-1"), "-1", "a negative one: the kernel may refuse it");
	is_text(reread("SO_RCVBUF", "20000 bytes"), "20000", "with its unit");
	is_text(reread("TCP_KEEPIDLE", "10seconds"), "10", "without a blank");
	is_text(reread("SO_RCVBUF", "2147483647"), "2147483647", "the largest");
	is_text(reread("SO_RCVBUF", "2147483648"), "SO_RCVBUF is a number of bytes",
	        "one more does not fit");
	is_text(reread("SO_RCVBUF", "99999999999999999999999"), "SO_RCVBUF is a number of bytes",
	        "nor does a huge one");
	is_text(reread("SO_RCVBUF", "20k"), "SO_RCVBUF is a number of bytes", "other units");
	is_text(reread("SO_RCVBUF", "20000 "), "SO_RCVBUF is a number of bytes", "a blank after it");
	is_text(reread("SO_PRIORITY", "x"), "SO_PRIORITY is a number", "no unit");
	is_text(reread("SO_PRIORITY", "5 "), "SO_PRIORITY is a number", "no unit, a blank");
	unsigned char byte = 200;
	is_text(format(option("IP_MULTICAST_TTL"), &byte, 1), "200", "a byte, as on other systems");
	is_text(format(option("SO_RCVBUF"), "abc", 3), "616263", "a length of no number");
	is_text(format(option("SO_RCVBUF"), "", 0), "nothing", "no bytes at all");
	int64_t wide = INT64_MAX;
	is_text(format(option("SO_RCVBUF"), &wide, sizeof wide), "9223372036854775807", "64 bits");
	int reset = ECONNRESET, none = 0;
	is_text(format(option("SO_ERROR"), &reset, sizeof reset), "ECONNRESET", "an errno value");
	is_text(format(option("SO_ERROR"), &none, sizeof none), "no error", "or none");
	int stream = SOCK_STREAM, unknown = 77;
	is_text(format(option("SO_TYPE"), &stream, sizeof stream), "SOCK_STREAM", "with a name");
	is_text(format(option("SO_TYPE"), &unknown, sizeof unknown), "77", "or without one");
}

static void test_linux_numbers(void)
{
#ifdef __linux__
	is_text(reread("IP_MTU_DISCOVER", "DO"), "do", "a word");
	is_text(reread("IP_MTU_DISCOVER", "3"), "probe", "its number");
	is_text(reread("IP_MTU_DISCOVER", "foo"),
	        "IP_MTU_DISCOVER is dont, want, do, probe, interface, omit, a number",
	        "neither word nor number");
	is_text(reread("SO_MAX_PACING_RATE", "unlimited"), "unlimited", "the largest rate");
	is_text(reread("IP_LOCAL_PORT_RANGE", "45000-45003"), "45000-45003", "two ports");
	is_text(reread("IP_LOCAL_PORT_RANGE", "off"), "off", "or none");
	is_text(reread("IP_LOCAL_PORT_RANGE", "1-65535"), "1-65535", "all of them");
	static const char *const wrong[] = { "45003-45000", "0-5",   "5",
		                             "5-",          "-5",    "5-65536",
		                             "1-2-3",       "1 - 2", "+1-2",
		                             "1--2",        "",      "1-99999999999999999999" };
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		is_text(reread("IP_LOCAL_PORT_RANGE", wrong[i]),
		        "IP_LOCAL_PORT_RANGE is off, or two ports: 45000-45003", wrong[i]);
#else
	tap_skip("options of Linux");
#endif
}

static void test_linger_and_time(void)
{
	static const char times[] = "SO_RCVTIMEO is off, or a time: 250ms, 1.5s, 2m";
	is_text(reread("SO_LINGER", "off"), "off", "no lingering");
	is_text(reread("SO_LINGER", "0"), "0 s", "for no time: RST");
	is_text(reread("SO_LINGER", "5"), "5 s", "for some");
	is_text(reread("SO_LINGER", "5 s"), "5 s", "as it is shown");
	is_text(reread("SO_LINGER", "-1"), "SO_LINGER is off, or seconds from 0 to 32767", "less");
	is_text(reread("SO_LINGER", "40000"), "SO_LINGER is off, or seconds from 0 to 32767",
	        "more");
	is_text(reread("SO_RCVTIMEO", "off"), "off", "no time");
	is_text(reread("SO_RCVTIMEO", "0"), "off", "the same");
	is_text(reread("SO_RCVTIMEO", "1.5s"), "1.5 s", "a time");
	is_text(reread("SO_RCVTIMEO", "1.5 s"), "1.5 s", "as it is shown");
	is_text(reread("SO_RCVTIMEO", "3"), "3 s", "seconds");
	is_text(reread("SO_RCVTIMEO", "250ms"), "0.25 s", "milliseconds");
	is_text(reread("SO_RCVTIMEO", "10"), "10 s", "zeros that count");
	is_text(reread("SO_RCVTIMEO", "soon"), times, "no time at all");
	is_text(reread("SO_RCVTIMEO", "-1s"), times, "a negative one");
	is_text(reread("SO_RCVTIMEO", " 1s"), times, "a blank in front");
	is_text(reread("SO_RCVTIMEO", "1.5  s"), times, "too many blanks");
	is_text(reread("SO_RCVTIMEO", "11111111111111111111111111111111111111111111 s"), times,
	        "a long one");
	struct timeval odd = { .tv_sec = 1, .tv_usec = 1 };
	is_text(format(option("SO_SNDTIMEO"), &odd, sizeof odd), "1.000001 s", "a microsecond");
	struct timeval garbage = { .tv_sec = -5, .tv_usec = -7 };
	ok(*format(option("SO_SNDTIMEO"), &garbage, sizeof garbage), "garbage is something");
	is_text(format(option("SO_SNDTIMEO"), &odd, 3), "010000", "a cut one is bytes");
}

static void test_names_and_addresses(void)
{
	is_text(reread("IP_MULTICAST_IF", "127.0.0.1"), "127.0.0.1", "an address");
	is_text(reread("IP_MULTICAST_IF", "::1"), "IP_MULTICAST_IF is the name of an interface, or its IPv4 address: lo, 127.0.0.1",
	        "not of the other family");
	is_text(reread("IP_MULTICAST_IF", "lo"), "IP_MULTICAST_IF is the name of an interface, or its IPv4 address: lo, 127.0.0.1",
	        "not a name");
#ifdef __linux__
	static const char names[] = "TCP_CONGESTION is a name of 1 to 15 characters, or none";
	is_text(reread("TCP_CONGESTION", "reno"), "reno", "a name");
	is_text(reread("SO_BINDTODEVICE", "none"), "none", "no name");
	is_text(reread("TCP_CONGESTION", ""), names, "nothing");
	is_text(reread("TCP_CONGESTION", "a b"), names, "a blank");
	is_text(reread("TCP_CONGESTION", "1234567890123456"), names, "a long one");
	is_text(reread("TCP_CONGESTION", "\033x"), names, "a control character");
	is_text(format(option("TCP_CONGESTION"), "re\033o\0x", 7), "re?o",
	        "what the kernel says is made printable");
	is_text(reread("TCP_INFO", "00"), "TCP_INFO can only be read", "bytes");
	is_text(format(option("TCP_INFO"), "\x01\xff", 2), "01ff", "as hexadecimal");
	is_text(format(option("TCP_INFO"), "0123456789abcdef", 16),
	        "303132333435363738396162... (16 bytes)", "the first of them");
#else
	tap_skip("options of Linux");
#endif
}

static void test_reasons(void)
{
	const struct sockopt *buffer = option("SO_RCVBUF");
	int asked = 20000, doubled = 40000, more = 41000, less = 30000;
	is_text(sockopt_reason(buffer, &asked, &doubled),
	        "it doubles what is asked, for its own bookkeeping", "doubled");
	is_text(sockopt_reason(buffer, &asked, &more),
	        "it doubles what is asked, and that is the least it gives", "the least");
	is_text(sockopt_reason(buffer, &asked, &less),
	        "it doubles what is asked, and net.core.rmem_max is the most", "the most");
	int negative = -1;
	is_text(sockopt_reason(option("SO_SNDBUF"), &negative, &more),
	        "it doubles what is asked, and net.core.wmem_max is the most",
	        "a negative number is a large one to the kernel");
	ok(!sockopt_reason(option("SO_KEEPALIVE"), &asked, &more), "nothing to say");
}

/* ---- the kernel ---- */

/* Each value that the kernel gives is understood when it is given back, and comes back the same,
 * or there is a reason. */
static void test_kernel(const char *name, int family, int type, unsigned of)
{
	size_t there = 0, wrong = 0;
	int fd = socket(family, type, 0);
	for (const struct sockopt *o = sockopt_table; fd >= 0 && o->name; o++) {
		char value[SOCKOPT_MAX], again[SOCKOPT_MAX], text[200];
		socklen_t len = (socklen_t)sockopt_size(o);
		size_t again_len;
		if (!sockopt_is_of(o, of) || getsockopt(fd, o->level, o->number, value, &len) < 0)
			continue;
		there++;
		snprintf(text, sizeof text, "%s", format(o, value, len));
		if (o->read_only)
			continue;
		bool right = sockopt_parse(o, text, again, &again_len, &error) &&
		             setsockopt(fd, o->level, o->number, again, (socklen_t)again_len) == 0;
		len = (socklen_t)sockopt_size(o);
		right = right && getsockopt(fd, o->level, o->number, value, &len) == 0 &&
		        (strcmp(text, format(o, value, len)) == 0 ||
		         sockopt_reason(o, again, value));
		if (!right)
			printf("#   %s %s: %s\n", o->name, text, strerror(errno));
		wrong += !right;
	}
	if (fd < 0) {
		tap_skip("no such family here");
		return;
	}
	ok(there >= 15, "%s: the kernel knows %zu of them", name, there);
	is_int(wrong, 0, "and takes back what it gave");
	close(fd);
}

int main(void)
{
	tap_watchdog(30);
	test_table();
	test_credentials();
	test_groups();
	test_of();
	test_find();
	test_switches();
	test_numbers();
	test_linux_numbers();
	test_linger_and_time();
	test_names_and_addresses();
	test_reasons();
	test_kernel("TCP", AF_INET, SOCK_STREAM, SOCKOPT_TCP | SOCKOPT_IPV4);
	test_kernel("TCP over IPv6", AF_INET6, SOCK_STREAM, SOCKOPT_TCP | SOCKOPT_IPV6);
	test_kernel("UDP", AF_INET, SOCK_DGRAM, SOCKOPT_UDP | SOCKOPT_IPV4);
	test_kernel("UDP over IPv6", AF_INET6, SOCK_DGRAM, SOCKOPT_UDP | SOCKOPT_IPV6);
	return tap_done();
}
