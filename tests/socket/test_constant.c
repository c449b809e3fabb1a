// SPDX-License-Identifier: GPL-3.0-or-later
#include "socket/constant.h"

#include <sys/socket.h>

#include "support/tap.h"

static void test_calls(void)
{
	char out[CONSTANT_TEXT];
	is_text(constant_family(AF_INET, out), "AF_INET", "a family");
	is_text(constant_family(AF_INET6, out), "AF_INET6", "another");
	is_text(constant_family(-7, out), "-7", "none");
	is_text(constant_type(SOCK_STREAM, out), "SOCK_STREAM", "a type");
	is_text(constant_type(SOCK_DGRAM, out), "SOCK_DGRAM", "another");
	is_text(constant_type(99, out), "99", "none");
#ifdef SOCK_CLOEXEC
	is_text(constant_type(SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, out), "SOCK_DGRAM",
	        "without what else is wished for");
#endif
	is_text(constant_shutdown(SHUT_RD, out), "SHUT_RD", "a direction");
	is_text(constant_shutdown(SHUT_RDWR, out), "SHUT_RDWR", "both");
	is_text(constant_shutdown(3, out), "3", "none");
}

static void test_flags(void)
{
	char out[CONSTANT_TEXT];
	is_text(constant_flags(0, out), "0", "no flags");
	is_text(constant_flags(MSG_PEEK, out), "MSG_PEEK", "one");
	is_text(constant_flags(MSG_PEEK | MSG_WAITALL, out), "MSG_PEEK|MSG_WAITALL", "two");
	is_text(constant_flags(MSG_NOSIGNAL | MSG_DONTWAIT, out), "MSG_DONTWAIT|MSG_NOSIGNAL",
	        "those of every send");
	is_text(constant_flags(MSG_OOB | 1 << 24, out), "MSG_OOB|0x1000000", "one without a name");
	is_text(constant_flags(1 << 24, out), "0x1000000", "alone");
	const char *all = constant_flags(-1, out);
	ok(strlen(all) < CONSTANT_TEXT && strncmp(all, "MSG_OOB|MSG_PEEK", 16) == 0,
	   "all of them, as far as there is room");
}

static void test_icmp(void)
{
	char out[CONSTANT_TEXT];
	is_text(constant_icmp(0, 3, 3, out), "ICMP port unreachable (3/3)", "a closed port");
	is_text(constant_icmp(0, 3, 4, out), "ICMP fragmentation needed (3/4)", "too large");
	is_text(constant_icmp(0, 3, 8, out), "ICMP destination unreachable (3/8)",
	        "a code without a name");
	is_text(constant_icmp(0, 11, 0, out), "ICMP time to live exceeded (11/0)", "too far");
	is_text(constant_icmp(0, 200, 9, out), "ICMP message (200/9)", "no known type");
	is_text(constant_icmp(1, 1, 4, out), "ICMPv6 port unreachable (1/4)", "ICMPv6");
	is_text(constant_icmp(1, 2, 0, out), "ICMPv6 packet too big (2/0)", "too large there");
	is_text(constant_icmp(1, 3, 3, out), "ICMPv6 time exceeded (3/3)",
	        "the numbers are its own");
	is_text(constant_icmp(1, -1, -1, out), "ICMPv6 message (-1/-1)", "garbage");
}

int main(void)
{
	tap_watchdog(30);
	test_calls();
	test_flags();
	test_icmp();
	return tap_done();
}
