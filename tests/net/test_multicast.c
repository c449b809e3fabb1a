// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/multicast.h"

#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "net/fixture.h"
#include "net/reconnect.h"
#include "net/session_internal.h"

/* Groups that sessions join and leave, on the loopback interface of a network of its own. The witness
 * is a plain socket that sends to them from an address that the test chooses. */

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		printf("#   %s is not written\n", path);
	close(fd);
}

static bool own_network(void)
{
	char map[32];
	struct ifreq request = { .ifr_name = "lo" };
	snprintf(map, sizeof map, "0 %u 1", (unsigned)geteuid());
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
		return false;
	write_file("/proc/self/setgroups", "deny");
	write_file("/proc/self/uid_map", map);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool good = ioctl(fd, SIOCGIFFLAGS, &request) == 0;
	request.ifr_flags |= IFF_UP;
	good = good && ioctl(fd, SIOCSIFFLAGS, &request) == 0;
	close(fd);
	return good;
}

/* ---- words ---- */

static const char *reprint(const char *group, const char *interface, const char *source)
{
	static char text[400];
	struct membership membership;
	struct error error;
	size_t wrong;
	struct buf out = { .max = SIZE_MAX };
	if (!multicast_parse(group, interface, source, &membership, &wrong, &error)) {
		snprintf(text, sizeof text, "%zu: %s", wrong, error.text);
		return text;
	}
	multicast_print(&membership, &out);
	snprintf(text, sizeof text, "%s", buf_text(&out));
	buf_free(&out);
	return text;
}

static void parses(void)
{
	is_text(reprint("239.1.2.3", NULL, NULL), "239.1.2.3", "a group");
	is_text(reprint("224.0.0.1", "lo", NULL), "224.0.0.1 on lo", "... on an interface");
	is_text(reprint("232.1.2.3", "2", "192.0.2.1"), "232.1.2.3 on 2 from 192.0.2.1",
	        "... of one sender");
	is_text(reprint("ff02::1%eth0", NULL, NULL), "ff02::1 on eth0", "as IPv6 writes it");
	is_text(reprint("239.1.2.3%1", NULL, NULL), "239.1.2.3 on 1",
	        "as traces write all of them");
	is_text(reprint("::ffff:239.1.2.3", NULL, NULL), "239.1.2.3", "mapped");
	is_text(reprint("ff3e::1", NULL, "2001:db8::1"), "ff3e::1 from 2001:db8::1",
	        "no interface, one sender");
	static const char *const wrong[] = { "240.0.0.1", "223.255.255.255", "fe80::1",  "lo",
		                             "",          "239.1.2",         "ff02::1/8" };
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		ok(strstr(reprint(wrong[i], NULL, NULL), "0: ") == reprint(wrong[i], NULL, NULL) &&
		           strstr(reprint(wrong[i], NULL, NULL), "is not a group"),
		   "\"%s\" is no group", wrong[i]);
	is_text(reprint("ff02::1%lo", "eth0", NULL), "1: the interface is given twice: lo and eth0",
	        "two interfaces");
	is_text(reprint("239.1.2.3", "an-interface-of-16", NULL),
	        "1: \"an-interface-of-16\" is not an interface: ip link lists them", "a long one");
	is_text(reprint("239.1.2.3", NULL, "::1"), "2: a group of IPv4 has senders of IPv4",
	        "a sender of the other family");
	is_text(reprint("239.1.2.3", NULL, "239.1.2.4"),
	        "2: \"239.1.2.4\" is not the address of a sender", "a group sends nothing");
}

/* ---- calls ---- */

static bool change(struct fixture *f, struct session *session, bool joins, const char *group,
                   const char *interface, const char *source)
{
	struct membership membership;
	size_t wrong;
	return multicast_parse(group, interface, source, &membership, &wrong, &f->error) &&
	       (joins ? multicast_join : multicast_leave)(session, &membership, &f->error);
}

static size_t groups(const struct session *session)
{
	size_t count = 0;
	for (const struct membership *at = multicast_joined(session); at; at = at->next)
		count++;
	return count;
}

/* A datagram to this group from 127.0.0.`last`. */
static void send_to_group(const char *group, const struct session *session, unsigned last,
                          const char *text)
{
	struct membership membership;
	struct error error;
	size_t wrong;
	multicast_parse(group, NULL, NULL, &membership, &wrong, &error);
	struct endpoint to = membership.group;
	to.port = session_local(session).port;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in from = { .sin_family = AF_INET,
		                    .sin_addr.s_addr = htonl(0x7f000000 + last) };
	struct ip_mreqn lo = { .imr_address = from.sin_addr, .imr_ifindex = 1 };
	if (bind(fd, (struct sockaddr *)&from, sizeof from) < 0 ||
	    setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &lo, sizeof lo) < 0 ||
	    !peer_send_to(fd, &to, text, strlen(text)))
		printf("#   \"%s\" is not sent\n", text);
	close(fd);
}

static uint64_t receives(const struct session *session)
{
	return session_counts(session)->receives;
}

static struct session *receiver(struct fixture *f, const char *host)
{
	struct session_options options = { 0 };
	struct session *session = listen_on(f, TRANSPORT_UDP, host, 0, &options);
	until(f, session_state(session) == SESSION_OPEN);
	return session;
}

static void joins_and_leaves(struct fixture *f)
{
	struct session *session = receiver(f, "0.0.0.0");
	send_to_group("239.1.2.3", session, 1, "before");
	fixture_turns(f, 3);
	is_int(receives(session), 0, "what is sent to a group comes to nobody else");
	ok(change(f, session, true, "239.1.2.3", "lo", NULL), "joined");
	is_text(last_state(f, session), "joined 239.1.2.3 on lo", "... and said");
	send_to_group("239.1.2.3", session, 1, "first");
	until(f, receives(session) == 1);
	is_int(receives(session), 1, "now it comes");
	ok(!change(f, session, true, "239.1.2.3", "lo", NULL), "twice it cannot be joined");
	is_text(f->error.text,
	        "join 239.1.2.3 on lo: this socket has joined it already (EADDRINUSE)", "why");
	is_int(groups(session), 1, "... and is in the list once");
	ok(!change(f, session, true, "239.9.9.9", "nope", NULL) &&
	           strcmp(f->error.text, "no interface \"nope\" here: there is lo") == 0,
	   "an interface that is not there");
	ok(!change(f, session, false, "239.9.9.9", NULL, NULL), "what was not joined is not left,");
	ok(!change(f, session, false, "239.9.9.9", "lo", NULL) && f->error.code == EADDRNOTAVAIL,
	   "... on an interface neither, says the kernel");
	ok(change(f, session, false, "239.1.2.3", NULL, NULL) && groups(session) == 0,
	   "left without naming the interface");
	send_to_group("239.1.2.3", session, 1, "after");
	fixture_turns(f, 3);
	is_int(receives(session), 1, "nothing comes any more");
}

static void meets_the_limit(struct fixture *f)
{
	struct session *session = receiver(f, "0.0.0.0");
	char group[32];
	unsigned count = 0;
	do
		snprintf(group, sizeof group, "239.1.3.%u", ++count);
	while (count < 250 && change(f, session, true, group, "lo", NULL));
	ok(f->error.code == ENOBUFS && strstr(f->error.text, "a socket may join no more groups"),
	   "the kernel's limit of groups has a reason, after %u", count - 1);
	is_int(groups(session), count - 1, "those before it are joined");
}

static void hears_one_sender(struct fixture *f)
{
	struct session *session = receiver(f, "0.0.0.0");
	ok(change(f, session, true, "232.1.1.1", "lo", "127.0.0.2") &&
	           change(f, session, true, "232.1.1.1", "lo", "127.0.0.3"),
	   "a group is joined for two senders");
	is_int(groups(session), 2, "each is in the list");
	send_to_group("232.1.1.1", session, 4, "other");
	send_to_group("232.1.1.1", session, 2, "two");
	send_to_group("232.1.1.1", session, 3, "three");
	until(f, receives(session) == 2);
	fixture_turns(f, 3);
	is_int(receives(session), 2, "only those two are heard");
	ok(change(f, session, false, "232.1.1.1", "lo", "127.0.0.2") && groups(session) == 1,
	   "one of them is left");
	send_to_group("232.1.1.1", session, 2, "two");
	send_to_group("232.1.1.1", session, 3, "three");
	until(f, receives(session) == 3);
	fixture_turns(f, 3);
	is_int(receives(session), 3, "the other one is still heard");
}

static void narrows(struct fixture *f)
{
	struct session *session = receiver(f, "0.0.0.0");
	change(f, session, true, "232.1.1.1", "lo", NULL);
	ok(change(f, session, true, "232.1.1.1", "lo", "127.0.0.2"),
	   "joined for all, then for one");
	is_text(last_state(f, session),
	        "joined 232.1.1.1 on lo from 127.0.0.2; others are no longer heard", "is said");
	is_int(groups(session), 1, "... and listed as it is");
	send_to_group("232.1.1.1", session, 4, "other");
	send_to_group("232.1.1.1", session, 2, "two");
	until(f, receives(session) == 1);
	fixture_turns(f, 3);
	is_int(receives(session), 1, "only that one is heard");
	ok(!change(f, session, true, "232.1.1.1", "lo", "127.0.0.2"), "twice the same: refused");
	is_int(groups(session), 1, "... and not listed twice");
}

static void joins_again(struct fixture *f)
{
	struct session *session = receiver(f, "0.0.0.0");
	change(f, session, true, "239.1.2.3", "lo", NULL);
	change(f, session, true, "232.1.1.1", "lo", "127.0.0.2");
	session_close(session, &f->error);
	fixture_turns(f, 2);
	ok(!multicast_joined(session), "close() leaves all groups");
	ok(!change(f, session, true, "239.1.2.4", "lo", NULL), "a closed session joins none");
	ok(reconnect_now(session, &f->error), "it is opened again");
	until(f, session_state(session) == SESSION_OPEN);
	is_int(groups(session), 2, "... and has joined them again");
	send_to_group("239.1.2.3", session, 1, "again");
	until(f, receives(session) == 1);
	is_int(receives(session), 1, "says the kernel, too");
}

static void says_what_does_not_work(struct fixture *f)
{
	struct session *session = receiver(f, "127.0.0.1");
	ok(change(f, session, true, "239.1.2.3", "lo", NULL), "a bound socket may join");
	ok(strstr(last_failure(f, session), "so what is sent to the group does not reach it"),
	   "... and is told that nothing comes");
	send_to_group("239.1.2.3", session, 1, "no");
	fixture_turns(f, 3);
	is_int(receives(session), 0, "which is true");
	struct session_options options = { 0 };
	struct session *listener = listen_on(f, TRANSPORT_TCP, "127.0.0.1", 0, &options);
	until(f, session_state(listener) == SESSION_LISTENING);
	ok(!change(f, listener, true, "239.1.2.3", "lo", NULL) &&
	           strstr(f->error.text, "only UDP reaches a group"),
	   "TCP cannot join");
}

/* connect() would drop the answers, which come from the members' own addresses. */
static void hears_answers(struct fixture *f)
{
	struct session_options options = { 0 };
	struct session *member = receiver(f, "0.0.0.0");
	struct in_addr lo = { htonl(INADDR_LOOPBACK) };
	change(f, member, true, "239.1.2.3", "lo", NULL);
	struct session *client =
	        open_to(f, TRANSPORT_UDP, "239.1.2.3", session_local(member).port, &options);
	until(f, session_state(client) == SESSION_OPEN);
	setsockopt(client->fd[0], IPPROTO_IP, IP_MULTICAST_IF, &lo, sizeof lo);
	send_text(f, client, "who?");
	until(f, receives(member) == 1);
	send_text(f, member, "me");
	until(f, receives(client) == 1);
	is_int(receives(client), 1, "a client of a group hears who answers");
	is_int(count_entries(f, session_number(client), CALL_CONNECT, NULL), 0,
	       "since it has not called connect()");
}

static void shares_a_port(struct fixture *f)
{
	struct session *one = receiver(f, "239.1.2.3");
	struct session_options options = { 0 };
	struct session *other =
	        listen_on(f, TRANSPORT_UDP, "239.1.2.3", session_local(one).port, &options);
	until(f, session_state(other) == SESSION_OPEN);
	change(f, one, true, "239.1.2.3", "lo", NULL);
	change(f, other, true, "239.1.2.3", "lo", NULL);
	send_to_group("239.1.2.3", one, 1, "both");
	until(f, receives(one) == 1 && receives(other) == 1);
	ok(receives(one) == 1 && receives(other) == 1, "two sockets of a group get a copy each");
}

/* Linux sends no multicast of IPv6 by the loopback interface: there is no route. */
static void joins_over_ipv6(struct fixture *f)
{
	struct session *session = receiver(f, "::");
	ok(change(f, session, true, "ff15::1%lo", NULL, NULL) &&
	           change(f, session, true, "ff35::1", "1", "::1"),
	   "groups of IPv6, on an interface by its name and its number");
	is_text(last_state(f, session), "joined ff35::1 on lo from ::1", "... which has a name");
	is_int(groups(session), 2, "... are in the list");
	ok(!change(f, session, true, "ff15::1", "lo", NULL) && f->error.code == EADDRINUSE,
	   "the kernel has joined them");
	ok(change(f, session, false, "ff15::1", NULL, NULL) &&
	           change(f, session, false, "ff35::1", NULL, "::1") && groups(session) == 0,
	   "and left them");
	ok(change(f, session, true, "ff15::1", "lo", NULL), "so that they can be joined again");
}

static void run(void (*test)(struct fixture *f))
{
	struct fixture f;
	fixture_start(&f);
	test(&f);
	fixture_stop(&f);
}

int main(void)
{
	tap_watchdog(30);
	parses();
	if (!own_network()) {
		tap_skip("no network of its own is allowed here");
		return tap_done();
	}
	run(joins_and_leaves);
	run(meets_the_limit);
	run(hears_one_sender);
	run(narrows);
	run(joins_again);
	run(says_what_does_not_work);
	run(hears_answers);
	run(shares_a_port);
	if (peer_has_ipv6())
		run(joins_over_ipv6);
	return tap_done();
}
