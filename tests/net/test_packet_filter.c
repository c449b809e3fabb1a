// SPDX-License-Identifier: GPL-3.0-or-later
/* On a host of the sandbox, where all traffic is this test's: what a packet socket with a filter sees of
 * it. */
#include "net/packet_filter.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/sandbox.h"
#include "socket/frame.h"
#include "support/peer.h"
#include "support/tap.h"

static struct sandbox *sandbox;

enum place { LEFT, RIGHT, LOOP };

static struct endpoint at(int family, enum place place, unsigned port)
{
	return place == LOOP ? endpoint_loopback(family, (uint16_t)port)
	                     : host_address(place == LEFT ? HOST_LEFT : HOST_RIGHT, family,
	                                    (uint16_t)port);
}

static int udp_at(int family, enum place place, unsigned port)
{
	struct sockaddr_storage storage;
	struct endpoint addr = at(family, place, port);
	socklen_t len = endpoint_to_sockaddr(&addr, &storage);
	int fd = sandbox_socket(sandbox, place == RIGHT ? HOST_RIGHT : HOST_LEFT, family,
	                        SOCK_DGRAM, 0);
	if (bind(fd, (struct sockaddr *)&storage, len) < 0)
		tap_ok(false, __FILE__, __LINE__, "bind to port %u", port);
	return fd;
}

/* ---- the filter's socket, on left ---- */

static int filter_with(const struct packet_pair *pairs, size_t count)
{
	struct sockaddr_ll all = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL) };
	size_t served;
	int fd = sandbox_socket(sandbox, HOST_LEFT, AF_PACKET, SOCK_RAW, 0);
	ok(packet_filter_attach(fd, pairs, count, 128, &served) && served == count &&
	           bind(fd, (struct sockaddr *)&all, sizeof all) == 0,
	   "the kernel takes a filter of %zu pairs", count);
	return fd;
}

/* "5001>5002 5002>5001 icmp": the ports of what it saw. */
static const char *seen_by(int fd)
{
	static char text[1024];
	uint8_t bytes[2048];
	size_t len = 0;
	ssize_t got;
	text[0] = '\0';
	while ((got = recv(fd, bytes, sizeof bytes, MSG_TRUNC)) > 0) {
		struct frame frame;
		size_t kept = (size_t)got < 128 ? (size_t)got : 128;
		frame_read(bytes, kept, (size_t)got, &frame);
		const char *blank = len ? " " : "";
		if (frame.kind == FRAME_ICMP)
			len += (size_t)snprintf(text + len, sizeof text - len, "%sicmp", blank);
		else
			len += (size_t)snprintf(text + len, sizeof text - len, "%s%u>%u", blank,
			                        frame.from.port, frame.to.port);
	}
	return text;
}

/* ---- traffic: always the same ---- */

enum { A = 5001, B, C, D, CLOSED };

static void send_to(int fd, struct endpoint to)
{
	peer_send_to(fd, &to, "x", 1);
}

/* Left A and C, right B and D, each to each; A to a closed port of right; left C to left A over the
 * loopback; a TCP connection from left A to right B. */
static void talk(int family)
{
	int a = udp_at(family, LEFT, A), c = udp_at(family, LEFT, C);
	int b = udp_at(family, RIGHT, B), d = udp_at(family, RIGHT, D);
	int loop[] = { udp_at(family, LOOP, B), udp_at(family, LOOP, D) };
	int same = udp_at(family, LEFT, B); /* left has the port, too */
	char data[8];
	send_to(a, at(family, RIGHT, B));
	send_to(a, at(family, RIGHT, D));
	send_to(c, at(family, RIGHT, B));
	send_to(same, at(family, RIGHT, D));
	for (int i = 0; i < 2; i++)
		peer_recv_from(b, data, sizeof data, NULL, PEER_MS);
	for (int i = 0; i < 2; i++)
		peer_recv_from(d, data, sizeof data, NULL, PEER_MS);
	send_to(b, at(family, LEFT, A));
	send_to(b, at(family, LEFT, C));
	send_to(d, at(family, LEFT, A));
	for (int i = 0; i < 2; i++)
		peer_recv_from(a, data, sizeof data, NULL, PEER_MS);
	peer_recv_from(c, data, sizeof data, NULL, PEER_MS);
	send_to(loop[0], at(family, LOOP, D));
	send_to(loop[1], at(family, LOOP, B));
	send_to(a, at(family, RIGHT, CLOSED));
	peer_wait(a, POLLERR, 100); /* nothing comes: not connected */
	send_to(a, at(family, RIGHT, B));
	peer_recv_from(b, data, sizeof data, NULL, PEER_MS);
	send_to(b, at(family, LEFT, A)); /* all before it has come when this has */
	peer_recv_from(a, data, sizeof data, NULL, PEER_MS);
	int fds[] = { a, b, c, d, loop[0], loop[1], same };
	peer_close_all(fds, sizeof fds / sizeof *fds);
}

static void sees(int family, struct packet_pair pair, const char *want, const char *name)
{
	int fd = filter_with(&pair, 1);
	talk(family);
	is_text(seen_by(fd), want, name);
	close(fd);
}

static void sees_its_own(int family)
{
	const struct endpoint none = { .family = AF_UNSPEC };
	int fd = filter_with(NULL, 0);
	talk(family);
	is_text(seen_by(fd), "", "without a pair nothing is seen");
	close(fd);
	sees(family,
	     (struct packet_pair){ TRANSPORT_UDP, at(family, LEFT, A), at(family, RIGHT, B) },
	     "5001>5002 5002>5001 5001>5002 5002>5001", "a pair in both directions");
	sees(family,
	     (struct packet_pair){ TRANSPORT_TCP, at(family, LEFT, A), at(family, RIGHT, B) }, "",
	     "of its transport");
	sees(family,
	     (struct packet_pair){ TRANSPORT_UDP, at(family, RIGHT, B), at(family, LEFT, A) }, "",
	     "as seen from here, not from there");
	sees(family, (struct packet_pair){ TRANSPORT_UDP, at(family, LEFT, C), none },
	     "5003>5002 5002>5003", "a port of ours with any peer");
	sees(family, (struct packet_pair){ TRANSPORT_UDP, endpoint_any(family, D), none },
	     "5002>5004 5004>5002",
	     "at any address of ours, which a peer's port of this number is not");
	sees(family,
	     (struct packet_pair){ TRANSPORT_UDP, endpoint_any(family, A), at(family, RIGHT, D) },
	     "5001>5004 5004>5001", "any address of ours with one peer");
	sees(family,
	     (struct packet_pair){ TRANSPORT_UDP, at(family, LOOP, B), at(family, LOOP, D) },
	     "5002>5004 5004>5002", "a loopback, each once");
	sees(family,
	     (struct packet_pair){ TRANSPORT_UDP, at(family, LEFT, A), at(family, RIGHT, CLOSED) },
	     "5001>5005 icmp", "and the ICMP error that quotes a pair");
}

static void has_room(void)
{
	enum { MANY = 400 };
	struct packet_pair pairs[MANY];
	size_t served = 0;
	int fd = sandbox_socket(sandbox, HOST_LEFT, AF_PACKET, SOCK_RAW, 0);
	for (unsigned i = 0; i < MANY; i++)
		pairs[i] = (struct packet_pair){ TRANSPORT_TCP, at(AF_INET, LEFT, i),
			                         at(AF_INET, RIGHT, i) };
	ok(packet_filter_attach(fd, pairs, MANY, 128, &served) && served < MANY,
	   "a filter has a ceiling");
	ok(served > 150, "that is high");
	ok(packet_filter_attach(fd, pairs, served, 128, &served), "and what fits is taken");
	for (unsigned i = 0; i < MANY; i++)
		pairs[i] = (struct packet_pair){ TRANSPORT_TCP, at(AF_INET6, LEFT, i),
			                         at(AF_INET6, RIGHT, i) };
	ok(packet_filter_attach(fd, pairs, MANY, 128, &served) && served > 80 && served < 150,
	   "of IPv6 it holds fewer");
	close(fd);
}

int main(void)
{
	struct error error;
	tap_watchdog(60);
	sandbox = sandbox_new(&error);
	if (!sandbox) {
		tap_skip(error.text);
		return tap_done();
	}
	sandbox_set_sysctl(sandbox, HOST_RIGHT, "ipv4.icmp_ratelimit", "0", &error);
	sees_its_own(AF_INET);
	sees_its_own(AF_INET6);
	has_room();
	sandbox_free(sandbox);
	return tap_done();
}
