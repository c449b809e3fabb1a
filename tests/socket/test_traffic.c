// SPDX-License-Identifier: GPL-3.0-or-later
/* frame.h and segment.h against what Linux really sends: sockets on the loopback of a network
 * namespace of the test's own, every frame of it captured. Losses are made by a filter on the
 * socket that should have got the segment, which the capture sees all the same. */
#include "socket/frame.h"
#include "socket/segment.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <linux/sockios.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>

#include "support/tap.h"

enum {
	DEADLINE = 15,  /* seconds */
	SEGMENT = 1000, /* bytes */
};

static struct {
	int packets;
	struct segment_flow flow;
	bool begun;
	struct endpoint first; /* who sent the first segment: its direction is "out" */
	char names[8192];      /* of all segments so far: "> SYN\n< SYN,ACK\n" */
	int count[SEGMENT_NAMES];
	int bad;
	uint32_t id;           /* of the newest frame of the first one */
	struct segment newest; /* segment with data */
} seen;

static void take_frame(const uint8_t *bytes, size_t len)
{
	struct frame frame;
	struct segment segment;
	if (!frame_read(bytes, len < 128 ? len : 128, len, &frame)) {
		seen.bad++;
		return;
	}
	if (frame.kind != FRAME_TCP)
		return;
	if (!seen.begun)
		seen.first = frame.from;
	seen.begun = true;
	bool out = endpoint_equal(&frame.from, &seen.first);
	segment_classify(&seen.flow, out ? SEGMENT_OUT : SEGMENT_IN, &frame, &segment);
	size_t used = strlen(seen.names);
	snprintf(seen.names + used, sizeof seen.names - used, "%c %s\n", out ? '>' : '<',
	         segment_name_text(segment.name));
	seen.count[segment.name]++;
	if (out)
		seen.id = frame.ip_id;
	if (segment.len)
		seen.newest = segment;
}

static void take_frames(void)
{
	static uint8_t bytes[1 << 17];
	struct sockaddr_ll from;
	socklen_t size = sizeof from;
	ssize_t len;
	while ((len = recvfrom(seen.packets, bytes, sizeof bytes, MSG_DONTWAIT | MSG_TRUNC,
	                       (struct sockaddr *)&from, &size)) >= 0)
		if (from.sll_pkttype != PACKET_OUTGOING)
			take_frame(bytes, (size_t)len);
}

static double now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Until that many segments of this name were captured. */
static bool wait_for(enum segment_name name, int count)
{
	for (double end = now() + DEADLINE; seen.count[name] < count && now() < end;) {
		struct pollfd packets = { .fd = seen.packets, .events = POLLIN };
		poll(&packets, 1, 100);
		take_frames();
	}
	if (!ok(seen.count[name] >= count, "%s was seen", segment_name_text(name)))
		tap_diagnose("names", seen.names, strlen(seen.names));
	return seen.count[name] >= count;
}

static void begin(void)
{
	take_frames();
	int packets = seen.packets;
	memset(&seen, 0, sizeof seen);
	seen.packets = packets;
	segment_flow_init(&seen.flow, true);
}

static void end(const char *name)
{
	take_frames();
	is_int(seen.bad, 0, name);
}

/* ---- sockets ------------------------------------------------------------------------------------ */

static struct sockaddr_in loopback(int port)
{
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return addr;
}

static void set(int fd, int level, int name, int value)
{
	setsockopt(fd, level, name, &value, sizeof value);
}

static int make_listener(int backlog, int receive_buffer, struct sockaddr_in *addr)
{
	socklen_t size = sizeof *addr;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	*addr = loopback(0);
	if (receive_buffer)
		set(fd, SOL_SOCKET, SO_RCVBUF, receive_buffer);
	ok(bind(fd, (struct sockaddr *)addr, size) == 0 && listen(fd, backlog) == 0 &&
	           getsockname(fd, (struct sockaddr *)addr, &size) == 0,
	   "a listener");
	return fd;
}

static int make_client(const struct sockaddr_in *addr, bool wait)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | (wait ? 0 : SOCK_NONBLOCK), 0);
	set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	set(fd, IPPROTO_TCP, TCP_MAXSEG, SEGMENT + 12); /* with the timestamps */
	int result = connect(fd, (const struct sockaddr *)addr, sizeof *addr);
	ok(!wait || result == 0, "a client");
	return fd;
}

static int make_pair(int receive_buffer, int *client)
{
	struct sockaddr_in addr;
	int listener = make_listener(1, receive_buffer, &addr);
	*client = make_client(&addr, true);
	int server = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	close(listener);
	return server;
}

static struct tcp_info ask(int fd)
{
	struct tcp_info info;
	socklen_t size = sizeof info;
	memset(&info, 0, sizeof info);
	getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size);
	return info;
}

/* Drops what arrives at the socket: everything, or the packet of this identification. */
static void lose(int fd, int id)
{
	struct sock_filter all[] = { { BPF_RET | BPF_K, 0, 0, 0 } };
	struct sock_filter one[] = {
		{ BPF_LD | BPF_H | BPF_ABS, 0, 0, (uint32_t)SKF_NET_OFF + 4 },
		{ BPF_JMP | BPF_JEQ | BPF_K, 0, 1, (uint32_t)id },
		{ BPF_RET | BPF_K, 0, 0, 0 },
		{ BPF_RET | BPF_K, 0, 0, UINT32_MAX },
	};
	struct sock_fprog program = { .len = id < 0 ? 1 : 4, .filter = id < 0 ? all : one };
	ok(setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0,
	   "segments are lost");
}

static bool set_sysctl(const char *path, const char *value)
{
	FILE *file = fopen(path, "we");
	bool written = file && fputs(value, file) != EOF;
	return file && fclose(file) == 0 && written;
}

/* ---- what Linux does ---------------------------------------------------------------------------- */

static void opens_and_closes(void)
{
	begin();
	int client, server = make_pair(0, &client);
	char byte;
	ok(write(client, "hello", 5) == 5, "data");
	wait_for(SEGMENT_ACK, 2);
	shutdown(client, SHUT_WR);
	wait_for(SEGMENT_ACK, 3);
	ok(read(server, &byte, 1) == 1, "read");
	close(server); /* bytes are unread: RST */
	wait_for(SEGMENT_RST, 1);
	close(client);
	is_text(seen.names, "> SYN\n< SYN,ACK\n> ACK\n> data\n< ACK\n> FIN\n< ACK\n< RST\n",
	        "a conversation that ends by RST");
	is_int(seen.newest.offset, 0, "the data begins the stream");
	end("every frame is read");
}

static void is_refused(void)
{
	begin();
	struct sockaddr_in addr;
	close(make_listener(1, 0, &addr));
	int client = make_client(&addr, false);
	wait_for(SEGMENT_RST, 1);
	is_text(seen.names, "> SYN\n< RST\n", "nobody listens");
	close(client);
	end("every frame is read");
}

static void connects_to_itself(void)
{
	begin();
	struct sockaddr_in addr = loopback(0);
	socklen_t size = sizeof addr;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ok(bind(fd, (struct sockaddr *)&addr, size) == 0 &&
	           getsockname(fd, (struct sockaddr *)&addr, &size) == 0 &&
	           connect(fd, (struct sockaddr *)&addr, size) == 0,
	   "a connection to itself");
	ok(write(fd, "echo", 4) == 4, "data");
	wait_for(SEGMENT_ACK, 1);
	ok(strncmp(seen.names, "> SYN\n> SYN,ACK\n", 16) == 0, "two segments open it");
	ok(!strstr(seen.names, "again") && strstr(seen.names, "data"), "each is named once");
	close(fd);
	end("every frame is read");
}

static void waits_for_a_queue(void)
{
	struct sockaddr_in addr;
	int listener = make_listener(0, 0, &addr);
	int first = make_client(&addr, true);
	begin();
	int second = make_client(&addr, false);
	wait_for(SEGMENT_SYN_AGAIN, 1);
	struct tcp_info info = ask(second);
	is_int(info.tcpi_total_retrans, seen.count[SEGMENT_SYN_AGAIN], "as the kernel counts");
	close(accept4(listener, NULL, NULL, SOCK_CLOEXEC));
	wait_for(SEGMENT_SYN_ACK, 1);
	wait_for(SEGMENT_ACK, 1);
	ok(strncmp(seen.names, "> SYN\n> SYN again\n", 18) == 0, "SYN, SYN again");
	close(first);
	close(second);
	close(listener);
	end("every frame is read");
}

static void closes_its_window(void)
{
	begin();
	int client, server = make_pair(4096, &client);
	static char data[65536];
	fcntl(client, F_SETFL, O_NONBLOCK);
	while (write(client, data, sizeof data) > 0)
		;
	wait_for(SEGMENT_ZERO_WINDOW, 1);
	wait_for(SEGMENT_WINDOW_PROBE, 2);
	wait_for(SEGMENT_WINDOW_PROBE_ANSWER, 2);
	is_int(seen.count[SEGMENT_KEEPALIVE], 0, "none of them is a keepalive");
	struct tcp_info info = ask(client);
	ok(info.tcpi_probes <= seen.count[SEGMENT_WINDOW_PROBE], "the kernel counts probes");
	fcntl(server, F_SETFL, O_NONBLOCK);
	while (read(server, data, sizeof data) > 0)
		;
	wait_for(SEGMENT_WINDOW_UPDATE, 1);
	close(client);
	close(server);
	end("every frame is read");
}

/* The window of the first answer is scaled, that of the SYN-ACK was not. */
static void keeps_alive_at_once(void)
{
	begin();
	int client, server = make_pair(0, &client);
	set(client, IPPROTO_TCP, TCP_KEEPIDLE, 1);
	set(client, SOL_SOCKET, SO_KEEPALIVE, 1);
	wait_for(SEGMENT_KEEPALIVE, 1);
	wait_for(SEGMENT_KEEPALIVE_ANSWER, 1);
	is_text(seen.names, "> SYN\n< SYN,ACK\n> ACK\n> keepalive\n< keepalive ACK\n",
	        "a keepalive before any data");
	close(client);
	close(server);
	end("every frame is read");
}

static void keeps_alive(void)
{
	begin();
	int client, server = make_pair(0, &client);
	ok(write(client, "x", 1) == 1, "one byte");
	set(client, IPPROTO_TCP, TCP_KEEPIDLE, 1);
	set(client, IPPROTO_TCP, TCP_KEEPINTVL, 1);
	set(client, SOL_SOCKET, SO_KEEPALIVE, 1);
	wait_for(SEGMENT_KEEPALIVE, 2);
	wait_for(SEGMENT_KEEPALIVE_ANSWER, 2);
	is_text(seen.names,
	        "> SYN\n< SYN,ACK\n> ACK\n> data\n< ACK\n> keepalive\n< keepalive ACK\n"
	        "> keepalive\n< keepalive ACK\n",
	        "two keepalives");
	close(client);
	close(server);
	end("every frame is read");
}

static void loses_everything_for_a_while(void)
{
	begin();
	int client, server = make_pair(0, &client);
	lose(server, -1);
	ok(write(client, "lost", 4) == 4, "data");
	wait_for(SEGMENT_RETRANSMISSION, 2);
	is_int(seen.newest.copy, seen.count[SEGMENT_RETRANSMISSION] + 1, "copies are counted");
	set(server, SOL_SOCKET, SO_DETACH_FILTER, 0);
	wait_for(SEGMENT_ACK, 2);
	struct tcp_info info = ask(client);
	is_int(info.tcpi_total_retrans, seen.count[SEGMENT_RETRANSMISSION], "as the kernel counts");
	close(client);
	close(server);
	end("every frame is read");
}

/* RACK, RFC 8985, would not wait for the third duplicate ACK where the round trip is that short. */
static void loses_one_of_many(void)
{
	if (!set_sysctl("/proc/sys/net/ipv4/tcp_recovery", "0\n")) {
		tap_skip("RACK cannot be switched off here");
		return;
	}
	begin();
	int client, server = make_pair(0, &client);
	ok(write(client, "first", 5) == 5, "data");
	wait_for(SEGMENT_ACK, 2);
	lose(server, (int)((seen.id + 1) & 0xffff)); /* counted by socket */
	static char data[8 * SEGMENT];
	ok(write(client, data, sizeof data) == sizeof data, "eight segments, before any ACK");
	wait_for(SEGMENT_FAST_RETRANSMISSION, 1);
	ok(seen.count[SEGMENT_DUPLICATE_ACK] >= 3, "after three duplicate ACKs");
	struct tcp_info info = ask(client);
	is_int(info.tcpi_total_retrans, 1, "the kernel sent one again");
	is_int(seen.count[SEGMENT_RETRANSMISSION], 0, "which has that name only");
	close(client);
	close(server);
	end("every frame is read");
}

static void opens_fast(void)
{
	if (!set_sysctl("/proc/sys/net/ipv4/tcp_fastopen", "3\n")) {
		tap_skip("Fast Open cannot be set here");
		return;
	}
	struct sockaddr_in addr;
	int listener = make_listener(4, 0, &addr);
	set(listener, IPPROTO_TCP, TCP_FASTOPEN, 4);
	for (int i = 0; i < 2; i++) { /* the first one gets a cookie */
		begin();
		int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		ok(sendto(client, "fast", 4, MSG_FASTOPEN, (struct sockaddr *)&addr, sizeof addr) ==
		           4,
		   "a fast open");
		wait_for(SEGMENT_ACK, 1);
		if (i)
			ok(strncmp(seen.names, "> SYN\n< SYN,ACK\n> ACK\n", 22) == 0 &&
			           seen.newest.number == 1 && seen.newest.name == SEGMENT_SYN,
			   "data comes with the SYN");
		close(client);
	}
	close(listener);
	end("every frame is read");
}

static bool enter_namespace(void)
{
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
		return false;
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool up = ioctl(fd, SIOCSIFFLAGS, &request) == 0;
	struct ethtool_value off = { .cmd = ETHTOOL_STSO }; /* else one frame is many segments */
	request.ifr_data = (char *)&off;
	ioctl(fd, SIOCETHTOOL, &request);
	off.cmd = ETHTOOL_SGSO;
	ioctl(fd, SIOCETHTOOL, &request);
	close(fd);
	struct sockaddr_ll lo = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL) };
	lo.sll_ifindex = (int)if_nametoindex("lo");
	seen.packets = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	return up && seen.packets >= 0 &&
	       bind(seen.packets, (struct sockaddr *)&lo, sizeof lo) == 0;
}

int main(void)
{
	tap_watchdog(100);
	if (!enter_namespace()) {
		tap_skip("no user and network namespace can be made here");
		return tap_done();
	}
	opens_and_closes();
	is_refused();
	connects_to_itself();
	waits_for_a_queue();
	closes_its_window();
	keeps_alive_at_once();
	keeps_alive();
	loses_everything_for_a_while();
	loses_one_of_many();
	opens_fast();
	return tap_done();
}
