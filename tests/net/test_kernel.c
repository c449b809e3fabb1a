// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/kernel.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "support/peer.h"
#include "support/tap.h"

enum { INFO_MOST = 280 };

/* ---- the decoder ---- */

/* The fields that a kernel with so many bytes has told of for the first time. */
static const struct {
	size_t size;
	enum reading_field field[4];
	unsigned count;
} growth[] = {
	{ 104, { READING_STATE, READING_TOTAL_RETRANS, READING_RTT, READING_CWND }, 4 },
	{ 120, { READING_PACING_RATE }, 1 },
	{ 136, { READING_BYTES_ACKED, READING_BYTES_RECEIVED }, 2 },
	{ 144, { READING_SEGS_OUT, READING_SEGS_IN }, 2 },
	{ 160,
	  { READING_NOTSENT, READING_MIN_RTT, READING_DATA_SEGS_IN, READING_DATA_SEGS_OUT },
	  4 },
	{ 168, { READING_DELIVERY_RATE, READING_APP_LIMITED }, 2 },
	{ 192, { READING_BUSY_TIME, READING_RWND_LIMITED, READING_SNDBUF_LIMITED }, 3 },
	{ 200, { 0 }, 0 },
	{ 224,
	  { READING_BYTES_SENT, READING_BYTES_RETRANS, READING_DSACK_DUPS, READING_REORD_SEEN },
	  4 },
	{ 232, { READING_RCV_OOOPACK, READING_SND_WND }, 2 },
	{ 240, { READING_RCV_WND }, 1 },
	{ 248, { READING_TOTAL_RTO }, 1 },
	{ INFO_MOST, { 0 }, 0 },
};

static int count_fields(const struct reading *reading)
{
	return __builtin_popcountll(reading->present);
}

/* Every byte is 1: an ESTABLISHED connection of which each number is known. */
static struct reading decode_ones(size_t len)
{
	unsigned char info[INFO_MOST];
	struct reading reading;
	memset(info, 1, sizeof info);
	kernel_decode_tcp(info, len, &reading);
	return reading;
}

static void check_size(size_t i)
{
	struct reading reading = decode_ones(growth[i].size);
	struct reading before = i ? decode_ones(growth[i - 1].size) : reading;
	unsigned has = 0, had = 0;
	for (unsigned j = 0; j < growth[i].count; j++) {
		has += reading_has(&reading, growth[i].field[j]);
		had += i && reading_has(&before, growth[i].field[j]);
	}
	ok(has == growth[i].count && !had, "%zu bytes of TCP_INFO tell what they hold",
	   growth[i].size);
	ok(!i || count_fields(&reading) == count_fields(&before) + (int)growth[i].count,
	   "and no more than that");
}

static void decodes_every_size(void)
{
	for (size_t i = 0; i < sizeof growth / sizeof *growth; i++)
		check_size(i);
	struct reading oldest = decode_ones(104), cut = decode_ones(103), late = decode_ones(231);
	is_int(count_fields(&oldest), 22, "the oldest kernels give 22 fields");
	ok(!reading_has(&cut, READING_TOTAL_RETRANS) && !reading_has(&late, READING_SND_WND),
	   "a field that is cut is not there");
	struct reading nothing = decode_ones(0);
	is_int(nothing.present, 0, "no bytes tell nothing");
	struct reading all = decode_ones(INFO_MOST);
	ok(all.value[READING_BYTES_SENT] == UINT64_C(0x0101010101010101) &&
	           all.value[READING_RTT] == 0x01010101 && all.value[READING_TOTAL_RTO] == 0x0101,
	   "numbers of every width are read whole");
}

static void put32(unsigned char *info, size_t offset, uint32_t value)
{
	memcpy(info + offset, &value, sizeof value);
}

static void leaves_out_what_is_unknown(void)
{
	unsigned char info[INFO_MOST];
	struct reading reading;
	memset(info, 1, sizeof info);
	put32(info, 68, 0);           /* rtt */
	put32(info, 76, INT32_MAX);   /* ssthresh */
	put32(info, 148, UINT32_MAX); /* min_rtt */
	memset(info + 104, 0xff, 8);  /* pacing_rate */
	memset(info + 160, 0, 8);     /* delivery_rate */
	kernel_decode_tcp(info, sizeof info, &reading);
	ok(!reading_has(&reading, READING_RTT) && !reading_has(&reading, READING_RTTVAR) &&
	           !reading_has(&reading, READING_MIN_RTT),
	   "without a measurement there is no round trip time");
	ok(!reading_has(&reading, READING_SSTHRESH), "nor a threshold before the first loss");
	ok(!reading_has(&reading, READING_PACING_RATE), "unlimited is no rate");
	ok(!reading_has(&reading, READING_DELIVERY_RATE) &&
	           !reading_has(&reading, READING_APP_LIMITED),
	   "and what is not known is not limited");
	ok(reading_has(&reading, READING_SND_WND), "a window is there");
	info[0] = STATE_SYN_SENT;
	kernel_decode_tcp(info, sizeof info, &reading);
	ok(!reading_has(&reading, READING_SND_WND), "but not before the peer has told it");
}

static void survives_any_bytes(void)
{
	unsigned char info[INFO_MOST];
	struct reading reading;
	uint32_t random = 1;
	int states = 0;
	for (int round = 0; round < 2000; round++) {
		for (size_t i = 0; i < sizeof info; i++) {
			random = random * 1664525 + 1013904223;
			info[i] = (unsigned char)(random >> 24);
		}
		info[0] &= 15;
		kernel_decode_tcp(info, (size_t)round % (sizeof info + 1), &reading);
		states += reading_has(&reading, READING_STATE);
	}
	ok(states > 1900, "any bytes of any length can be read");
}

/* ---- sockets ---- */

struct pair {
	int listener, client, server;
};

static struct pair make_pair(void)
{
	struct pair pair = { .listener = peer_listen(AF_INET, 5) };
	pair.client = peer_connect(AF_INET, peer_port(pair.listener), PEER_MS);
	pair.server = peer_accept(pair.listener, PEER_MS);
	return pair;
}

static void end_pair(struct pair *pair)
{
	int fds[] = { pair->listener, pair->client, pair->server };
	peer_close_all(fds, 3);
}

static struct reading read_tcp(int fd)
{
	struct reading reading;
	kernel_read(fd, SOCK_STREAM, &reading);
	return reading;
}

/* Reads until the field has this value. */
static bool comes_to(int fd, enum reading_field field, uint64_t value, struct reading *reading)
{
	int64_t deadline = clock_now() + PEER_MS * CLOCK_MS;
	do {
		*reading = read_tcp(fd);
		if (reading_has(reading, field) && reading->value[field] == value)
			return true;
	} while (clock_now() < deadline);
	return false;
}

static void reads_a_fresh_socket(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct reading reading = read_tcp(fd);
	ok(reading_is(&reading, STATE_CLOSE), "a new socket is in CLOSE");
	ok(!reading_has(&reading, READING_RTT) && !reading_has(&reading, READING_SND_WND),
	   "and has met nobody");
	close(fd);
	reading = read_tcp(fd);
	is_int(reading.present, 0, "a descriptor that is none tells nothing");
	kernel_read(STDIN_FILENO, SOCK_DGRAM, &reading);
	ok(!reading_has(&reading, READING_STATE), "nor does what is no socket have a state");
}

/* The SYN that was refused still stands in the kernel's counts. */
static void forgets_the_refused(void)
{
	int listener = peer_listen(AF_INET, 1);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(peer_port(listener)) };
	struct reading reading = { 0 };
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	peer_close_all(&listener, 1);
	ok(connect(fd, (const struct sockaddr *)&to, sizeof to) < 0 && errno == EINPROGRESS,
	   "nobody listens there");
	ok(comes_to(fd, READING_STATE, STATE_CLOSE, &reading), "RST has answered");
	is_int(reading_get(&reading, READING_SEGS_OUT), 1, "one SYN went out");
	ok(!reading_has(&reading, READING_OUTQ) && !reading_has(&reading, READING_NOTSENT) &&
	           !reading_has(&reading, READING_UNACKED) && !reading_has(&reading, READING_CWND),
	   "and is neither in flight nor held back");
	close(fd);
}

static void reads_a_listener(void)
{
	int listener = peer_listen(AF_INET, 3);
	struct reading reading = read_tcp(listener);
	ok(reading_is(&reading, STATE_LISTEN), "a listener is in LISTEN");
	ok(reading_has(&reading, READING_QUEUE) && reading.value[READING_QUEUE] == 0,
	   "nobody waits");
	is_int(reading_get(&reading, READING_BACKLOG), 3, "three might");
	ok(!reading_has(&reading, READING_UNACKED) && !reading_has(&reading, READING_CWND) &&
	           !reading_has(&reading, READING_INQ),
	   "it has nothing in flight, and no bytes");
	int client = peer_connect(AF_INET, peer_port(listener), PEER_MS);
	ok(comes_to(listener, READING_QUEUE, 1, &reading), "then one waits");
	peer_close_all((int[]){ listener, client }, 2);
}

static void follows_bytes(void)
{
	struct pair pair = make_pair();
	struct reading before = read_tcp(pair.client), now;
	ok(reading_is(&before, STATE_ESTABLISHED), "a connection is ESTABLISHED");
	ok(peer_send(pair.client, "hello", 5, PEER_MS) &&
	           comes_to(pair.server, READING_INQ, 5, &now),
	   "five bytes wait to be read");
	ok(reading_get(&now, READING_RMEM) > 0 && reading_get(&now, READING_RCVBUF) > 0,
	   "and take memory");
	ok(comes_to(pair.client, READING_OUTQ, 0, &now), "they are acknowledged");
	reading_compare(&now, &before);
	is_int(reading_get(&now, READING_NEW_DATA_OUT), 1, "and left as one segment");
	ok(reading_has(&now, READING_NOTSENT) && reading_get(&now, READING_SND_MSS) > 0,
	   "none is held back");
	end_pair(&pair);
}

static void follows_closing(void)
{
	struct pair pair = make_pair();
	struct reading now;
	peer_send(pair.client, "bye", 3, PEER_MS);
	peer_half_close(pair.client);
	ok(comes_to(pair.client, READING_STATE, STATE_FIN_WAIT2, &now),
	   "who sends FIN comes to FIN_WAIT2");
	ok(comes_to(pair.server, READING_STATE, STATE_CLOSE_WAIT, &now),
	   "who gets it to CLOSE_WAIT");
	is_int(reading_get(&now, READING_INQ), 3, "where the FIN is no byte");
	peer_half_close(pair.server);
	ok(comes_to(pair.client, READING_STATE, STATE_CLOSE, &now),
	   "a descriptor says CLOSE where the connection is in TIME_WAIT");
	end_pair(&pair);
}

/* The peer reads nothing and its window is small: a FIN stands behind what cannot leave. */
static void counts_no_fin(void)
{
	struct pair pair = { .listener = peer_listen_small(AF_INET, 2000) };
	static char bytes[200000];
	pair.client = peer_connect(AF_INET, peer_port(pair.listener), PEER_MS);
	pair.server = peer_accept(pair.listener, PEER_MS);
	ssize_t sent = send(pair.client, bytes, sizeof bytes, MSG_DONTWAIT);
	struct reading before = read_tcp(pair.client), now;
	uint64_t held = reading_get(&before, READING_OUTQ);
	ok(sent > 0 && reading_get(&before, READING_NOTSENT) > 0, "some bytes are held back");
	peer_half_close(pair.client);
	now = read_tcp(pair.client);
	ok(reading_is(&now, STATE_FIN_WAIT1), "their FIN waits behind them");
	ok(held && reading_get(&now, READING_OUTQ) <= held &&
	           reading_get(&now, READING_NOTSENT) <= reading_get(&now, READING_OUTQ),
	   "and is not counted as one more");
	ok(comes_to(pair.client, READING_SND_WND, 0, &now), "the window closes");
	end_pair(&pair);
}

static void sees_a_full_queue(void)
{
	int fill[PEER_FILL], fd = -1;
	int listener = peer_blackhole(AF_INET, fill);
	struct sockaddr_storage to;
	struct addr addr = peer_addr(listener);
	socklen_t len = addr_to_sockaddr(&addr, &to);
	struct reading reading;
	fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	ok(connect(fd, (struct sockaddr *)&to, len) < 0 && errno == EINPROGRESS &&
	           comes_to(fd, READING_STATE, STATE_SYN_SENT, &reading),
	   "a SYN that nobody answers is in SYN_SENT");
	ok(reading_has(&reading, READING_SEGS_OUT) && reading_has(&reading, READING_RTO),
	   "with its count and its time");
	reading = read_tcp(listener);
	ok(reading_get(&reading, READING_QUEUE) > reading_get(&reading, READING_BACKLOG),
	   "the queue it did not enter is full, by one more than was asked for");
	close(fd);
	close(listener);
	peer_close_all(fill, PEER_FILL);
}

static void reads_datagrams(void)
{
	int one = peer_udp(AF_INET), two = peer_udp(AF_INET);
	struct addr to = peer_addr(one);
	struct reading reading;
	peer_send_to(two, &to, "seven..", 7);
	peer_send_to(two, &to, "five.", 5);
	peer_wait(one, POLLIN, PEER_MS);
	kernel_read(one, SOCK_DGRAM, &reading);
	is_int(reading_get(&reading, READING_INQ), 7, "of datagrams the first is measured");
	ok(!reading_has(&reading, READING_STATE) && !reading_has(&reading, READING_NOTSENT),
	   "they have no state, and none is held back");
	ok(reading_has(&reading, READING_DROPS) && reading.value[READING_DROPS] == 0,
	   "none has been thrown away");
	close(one);
	close(two);
}

static void counts_drops(void)
{
	int one = peer_udp(AF_INET), two = peer_udp(AF_INET), size = 4096;
	struct addr to = peer_addr(one);
	struct reading reading;
	char byte[100];
	setsockopt(one, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
	for (int i = 0; i < 100; i++)
		peer_send_to(two, &to, byte, memset(byte, i, sizeof byte) ? sizeof byte : 0);
	kernel_read(one, SOCK_DGRAM, &reading);
	uint64_t came = 0;
	while (recv(one, byte, sizeof byte, MSG_DONTWAIT) >= 0)
		came++;
	ok(came > 0 && reading_get(&reading, READING_DROPS) > 0, "a small buffer loses some");
	is_int(came + reading_get(&reading, READING_DROPS), 100, "each came or was counted");
	close(one);
	close(two);
}

int main(void)
{
	tap_watchdog(30);
#ifdef __linux__
	decodes_every_size();
	leaves_out_what_is_unknown();
	survives_any_bytes();
	reads_a_fresh_socket();
	forgets_the_refused();
	reads_a_listener();
	follows_bytes();
	follows_closing();
	counts_no_fin();
	sees_a_full_queue();
	reads_datagrams();
	counts_drops();
#else
	tap_skip("what other systems tell differs");
#endif
	return tap_done();
}
