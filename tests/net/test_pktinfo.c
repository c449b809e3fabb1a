// SPDX-License-Identifier: GPL-3.0-or-later
#include <netinet/in.h>
#include <unistd.h>

#include "net/fixture.h"
#include "net/option.h"
#include "net/peers.h"
#include "net/service.h"
#include "net/session_internal.h"
#include "net/step.h"

/* Which address of ours a datagram came to, and that its answer leaves from there. A client that has
 * called connect() hears nothing else. */

static uint64_t receives(const struct session *session)
{
	return session_counts(session)->receives;
}

static struct endpoint at(unsigned last, unsigned port)
{
	return (struct endpoint){ .family = AF_INET,
		                  .port = (uint16_t)port,
		                  .ip = { 127, 0, 0, (uint8_t)last } };
}

static int connected_to(const struct endpoint *to)
{
	struct sockaddr_storage storage;
	socklen_t len = endpoint_to_sockaddr(to, &storage);
	int fd = socket(to->family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (connect(fd, (struct sockaddr *)&storage, len) != 0)
		return -1;
	return fd;
}

static bool hears(int fd, const char *want)
{
	char text[64] = "";
	ssize_t got = peer_recv_from(fd, text, sizeof text - 1, NULL, PEER_MS);
	return got == (ssize_t)strlen(want) && strcmp(text, want) == 0;
}

static const struct entry *newest(const struct fixture *f, const struct session *session,
                                  enum call call)
{
	uint64_t position = transcript_last(f->transcript, session_number(session));
	while (position != TRANSCRIPT_NONE) {
		const struct entry *entry = transcript_at(f->transcript, position);
		if (entry->call == call && !entry->error)
			return entry;
		position = transcript_before(f->transcript, position);
	}
	return NULL;
}

/* "127.0.0.5", our own end as the newest call of this sort says it; "" where it says nothing. */
static const char *local_of(const struct fixture *f, const struct session *session, enum call call)
{
	static char text[ENDPOINT_TEXT];
	const struct entry *entry = newest(f, session, call);
	struct endpoint local = { .family = AF_UNSPEC };
	if (entry)
		local = entry_local(entry);
	text[0] = '\0';
	return local.family == AF_UNSPEC ? text : endpoint_format_host(&local, text);
}

static struct session *serve(struct fixture *f, const char *host, const char *service)
{
	struct session_options options = { .service = service_find(service) };
	struct session *server = listen_on(f, TRANSPORT_UDP, host, 0, &options);
	until(f, session_state(server) == SESSION_OPEN);
	return server;
}

static void notes_addresses(struct fixture *f)
{
	struct session *server = serve(f, "*", "echo");
	struct endpoint five = at(5, session_local(server).port);
	int fd = connected_to(&five);
	send(fd, "five", 4, 0);
	until(f, session_counts(server)->sends == 1);
	is_text(local_of(f, server, CALL_RECVMSG), "127.0.0.5", "recvmsg() says what was asked");
	is_text(local_of(f, server, CALL_SENDMSG), "127.0.0.5", "sendmsg() what it is sent from");
	is_int(newest(f, server, CALL_SENDMSG)->endpoint_len, 10, "in three bytes more");
	peer_close_all(&fd, 1);
}

/* An address of RFC 5737 or 3849, which no machine has: as if ours had been taken away meanwhile. */
static void answers_from_another(struct fixture *f, const char *host, const struct endpoint *to,
                                 const struct endpoint *lost)
{
	struct session *server = serve(f, host, "none");
	struct endpoint at = *to;
	at.port = session_local(server).port;
	int fd = peer_udp(at.family);
	peer_send_to(fd, &at, "a", 1);
	until(f, receives(server) == 1);
	struct endpoint from = session_peer_numbered(server, 1)->addr;
	peers_find(server->ops->peers(server), &from)->peer.local = *lost;
	ok(send_text(f, server, "typed") && hears(fd, "typed"),
	   "%s: where the address that was asked is gone the kernel chooses another", host);
	ok(send_text(f, server, "again") && hears(fd, "again"), "and goes on to");
	peer_close_all(&fd, 1);
}

static void loses_an_address(struct fixture *f)
{
	struct endpoint to = at(1, 0), lost = { .family = AF_INET, .ip = { 198, 51, 100, 7 } };
	answers_from_another(f, "0.0.0.0", &to, &lost);
}

static void loses_an_ipv6_address(struct fixture *f)
{
	struct endpoint to = { .family = AF_INET6, .ip = { [15] = 1 } },
	                lost = { .family = AF_INET6, .ip = { 0x20, 1, 0x0d, 0xb8, [15] = 7 } };
	answers_from_another(f, "::", &to, &lost);
}

static void answers_a_broadcast(struct fixture *f)
{
	char text[64];
	struct session *server = serve(f, "0.0.0.0", "echo");
	struct endpoint all = { .family = AF_INET, .ip = { 127, 255, 255, 255 } }, from;
	all.port = session_local(server).port;
	int fd = peer_udp(AF_INET), on = 1;
	setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof on);
	peer_send_to(fd, &all, "all", 3);
	until(f, session_counts(server)->sends == 1);
	is_int(peer_recv_from(fd, text, sizeof text, &from, PEER_MS), 3, "a broadcast is answered");
	is_int(from.ip[3], 1, "from the address of the interface");
	is_text(local_of(f, server, CALL_RECVMSG), "127.255.255.255", "that it was one is kept");
	is_text(local_of(f, server, CALL_SENDMSG), "127.0.0.1", "and what it was answered from");
	peer_close_all(&fd, 1);
}

static void answers_a_multicast(struct fixture *f)
{
	char text[64];
	struct session *server = serve(f, "0.0.0.0", "echo");
	struct endpoint group = { .family = AF_INET, .ip = { 239, 1, 2, 3 } }, from;
	struct ip_mreq join = { .imr_interface.s_addr = htonl(INADDR_LOOPBACK) };
	memcpy(&join.imr_multiaddr, group.ip, 4);
	group.port = session_local(server).port;
	ok(option_set(server, IPPROTO_IP, IP_ADD_MEMBERSHIP, &join, sizeof join, &f->error),
	   "it joins a group on loopback");
	int fd = peer_udp(AF_INET);
	setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &join.imr_interface, 4);
	peer_send_to(fd, &group, "all", 3);
	until(f, session_counts(server)->sends == 1);
	is_int(peer_recv_from(fd, text, sizeof text, &from, PEER_MS), 3, "a multicast is answered");
	is_int(from.ip[0], 127, "from an address of the interface");
	is_text(local_of(f, server, CALL_RECVMSG), "239.1.2.3", "that it was one is kept");
	peer_close_all(&fd, 1);
}

static void answers_over_ipv6(struct fixture *f)
{
	struct session *server = serve(f, "::", "echo");
	struct endpoint one = { .family = AF_INET6, .ip = { [15] = 1 } };
	one.port = session_local(server).port;
	int fd = connected_to(&one);
	send(fd, "six", 3, 0);
	until(f, session_counts(server)->sends == 1);
	ok(hears(fd, "six"), "over IPv6");
	is_text(local_of(f, server, CALL_RECVMSG), "::1", "it is reported");
	is_text(local_of(f, server, CALL_SENDMSG), "::1", "and said");
	is_int(newest(f, server, CALL_SENDMSG)->endpoint_len, 22, "in three bytes more");
	peer_close_all(&fd, 1);
}

static bool asks_pktinfo(const struct session *session)
{
	int on = 0;
	socklen_t len = sizeof on;
	bool v6 = session_local(session).family == AF_INET6;
	getsockopt(session->fd[0], v6 ? IPPROTO_IPV6 : IPPROTO_IP,
	           v6 ? IPV6_RECVPKTINFO : IP_PKTINFO, &on, &len);
	return on;
}

/* Step by step only a person's calls are made, until the program reads by itself. */
static void answers_over_both(struct fixture *f)
{
	struct session_options options = { .family = AF_INET6 };
	struct session *server =
	        sessions_make_socket(f->sessions, TRANSPORT_UDP, &options, &f->error);
	ok(step_bind(server, "::", "0", &f->error), "a socket for both families");
	ok(!asks_pktinfo(server), "a person alone makes the calls");
	step_pause(server, false, &f->error);
	sessions_set_service(f->sessions, server, service_find("echo"), NULL, &f->error);
	struct endpoint five = at(5, session_local(server).port);
	int fd = connected_to(&five);
	send(fd, "mapped", 6, 0);
	until(f, session_counts(server)->sends == 1);
	ok(hears(fd, "mapped"), "answers IPv4 from the address that was asked");
	is_text(local_of(f, server, CALL_SENDMSG), "::ffff:127.0.0.5", "shown as what it is");
	peer_close_all(&fd, 1);
}

static void serves_one_peer(struct fixture *f)
{
	struct session_options options = { .once = true, .service = service_find("echo") };
	struct session *server = listen_on(f, TRANSPORT_UDP, "0.0.0.0", 0, &options);
	struct endpoint five = at(5, session_local(server).port), one = at(1, five.port);
	int a = connected_to(&five), b = connected_to(&five), c = connected_to(&one);
	send(a, "1", 1, 0);
	until(f, session_counts(server)->sends == 1);
	ok(hears(a, "1"), "with `once` the first peer is answered");
	send(b, "2", 1, 0);
	until(f, has_received(f, server, "12"));
	send(c, "3", 1, 0);
	until(f, has_received(f, server, "123"));
	send(a, "4", 1, 0);
	until(f, session_counts(server)->sends == 2);
	ok(hears(a, "4"), "and heard again at that address");
	ok(has_received(f, server, "1234"), "others are read");
	ok(receives(server) == 2 && session_peer_count(server) == 1, "and dropped");
	ok(strstr(last_state(f, server), "others are dropped"), "which is reported");
	peer_close_all((int[]){ a, b, c }, 3);
}

/* ---- how a datagram came, for people to see ---- */

/* What the sender has set is the witness. */
static int sender(int family, int ttl, int tos)
{
	int fd = peer_udp(family);
	bool v6 = family == AF_INET6;
	setsockopt(fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_UNICAST_HOPS : IP_TTL, &ttl,
	           sizeof ttl);
	setsockopt(fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_TCLASS : IP_TOS, &tos, sizeof tos);
	return fd;
}

static void came_with(const struct fixture *f, const struct session *server, const char *to,
                      int ttl, int tos, const char *name)
{
	const struct entry *entry = newest(f, server, CALL_RECVMSG);
	struct endpoint local = { .family = AF_UNSPEC };
	if (entry)
		local = entry_local(entry);
	is_text(local_of(f, server, CALL_RECVMSG), to, name);
	is_int(entry ? entry->ttl : 0, ttl, "its time to live");
	is_int(entry ? entry->tos : 0, tos, "its type of service");
	is_text(endpoint_is_set(&local) ? local.interface : "", "lo", "its interface");
}

static void shows_packets(struct fixture *f)
{
	struct session *server = serve(f, "127.0.0.1", "echo");
	struct endpoint one = at(1, session_local(server).port);
	int fd = sender(AF_INET, 33, 0xb8);
	char text[8];
	sessions_show_packets(f->sessions, true);
	peer_send_to(fd, &one, "x", 1);
	until(f, session_counts(server)->sends == 1);
	came_with(f, server, "127.0.0.1", 33, 0xb8, "an open session shows what it was sent to");
	is_int(peer_recv_from(fd, text, sizeof text, NULL, PEER_MS), 1, "it is answered");
	ok(newest(f, server, CALL_SENDTO) && !newest(f, server, CALL_SENDMSG),
	   "by the same call as without it");

	struct session *client = open_to(f, TRANSPORT_UDP, "127.0.0.1", peer_port(fd), NULL);
	until(f, session_state(client) == SESSION_OPEN);
	struct endpoint own = session_local(client);
	peer_send_to(fd, &own, "y", 1);
	until(f, receives(client) == 1);
	came_with(f, client, "127.0.0.1", 33, 0xb8, "a new client, too");
	struct session *every = serve(f, "0.0.0.0", "echo");
	struct endpoint nine = at(9, session_local(every).port);
	peer_send_to(fd, &nine, "z", 1);
	until(f, session_counts(every)->sends == 1);
	came_with(f, every, "127.0.0.9", 33, 0xb8, "and a server on every address");
	ok(newest(f, every, CALL_SENDMSG), "which answers from there as always");

	sessions_show_packets(f->sessions, false);
	peer_send_to(fd, &one, "x", 1);
	until(f, receives(server) == 2);
	ok(newest(f, server, CALL_RECVFROM), "switched off, recvfrom() is made again");
	ok(!asks_pktinfo(server), "and the kernel asked no longer");
	ok(asks_pktinfo(every), "except where answers need it");
	peer_close_all(&fd, 1);
}

static void shows_packets_of_both(struct fixture *f)
{
	struct session_options options = { .family = AF_INET6 };
	sessions_show_packets(f->sessions, true);
	struct session *server =
	        sessions_make_socket(f->sessions, TRANSPORT_UDP, &options, &f->error);
	step_bind(server, "::", "0", &f->error);
	struct endpoint four = at(4, session_local(server).port),
	                six = { .family = AF_INET6, .port = four.port, .ip = { [15] = 1 } };
	int a = sender(AF_INET, 44, 0x28), b = sender(AF_INET6, 66, 0x60);
	peer_send_to(a, &four, "x", 1);
	until(f, receives(server) == 1 || step_recv(server, 10, RECV_PLAIN, &f->error));
	until(f, receives(server) == 1);
	came_with(f, server, "::ffff:127.0.0.4", 44, 0x28, "IPv4 on a socket of IPv6");
	peer_send_to(b, &six, "x", 1);
	until(f, receives(server) == 2 || step_recv(server, 10, RECV_PLAIN, &f->error));
	until(f, receives(server) == 2);
	came_with(f, server, "::1", 66, 0x60, "and IPv6");
	peer_close_all((int[]){ a, b }, 2);
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
	run(notes_addresses);
	run(loses_an_address);
	run(answers_a_broadcast);
	run(answers_a_multicast);
	if (peer_has_ipv6()) {
		run(answers_over_ipv6);
		run(answers_over_both);
		run(loses_an_ipv6_address);
	}
	run(shows_packets);
	if (peer_has_ipv6())
		run(shows_packets_of_both);
	run(serves_one_peer);
	return tap_done();
}
