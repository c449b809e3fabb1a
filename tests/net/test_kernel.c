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

/* The fields that a kernel with that many bytes is the first to report. */
static const struct {
	size_t size;
	enum sample_field field[4];
	unsigned count;
} growth[] = {
	{ 104, { SAMPLE_STATE, SAMPLE_TOTAL_RETRANS, SAMPLE_RTT, SAMPLE_CWND }, 4 },
	{ 120, { SAMPLE_PACING_RATE }, 1 },
	{ 136, { SAMPLE_BYTES_ACKED, SAMPLE_BYTES_RECEIVED }, 2 },
	{ 144, { SAMPLE_SEGS_OUT, SAMPLE_SEGS_IN }, 2 },
	{ 160, { SAMPLE_NOTSENT, SAMPLE_MIN_RTT, SAMPLE_DATA_SEGS_IN, SAMPLE_DATA_SEGS_OUT }, 4 },
	{ 168, { SAMPLE_DELIVERY_RATE, SAMPLE_APP_LIMITED }, 2 },
	{ 192, { SAMPLE_BUSY_TIME, SAMPLE_RWND_LIMITED, SAMPLE_SNDBUF_LIMITED }, 3 },
	{ 200, { 0 }, 0 },
	{ 224,
	  { SAMPLE_BYTES_SENT, SAMPLE_BYTES_RETRANS, SAMPLE_DSACK_DUPS, SAMPLE_REORD_SEEN },
	  4 },
	{ 232, { SAMPLE_RCV_OOOPACK, SAMPLE_SND_WND }, 2 },
	{ 240, { SAMPLE_RCV_WND }, 1 },
	{ 248, { SAMPLE_TOTAL_RTO }, 1 },
	{ INFO_MOST, { 0 }, 0 },
};

static int count_fields(const struct sample *sample)
{
	return __builtin_popcountll(sample->present);
}

/* Every byte is 1: an ESTABLISHED connection of which each number is known. */
static struct sample decode_ones(size_t len)
{
	unsigned char info[INFO_MOST];
	struct sample sample;
	memset(info, 1, sizeof info);
	kernel_decode_tcp(info, len, &sample);
	return sample;
}

static void check_size(size_t i)
{
	struct sample sample = decode_ones(growth[i].size);
	struct sample before = i ? decode_ones(growth[i - 1].size) : sample;
	unsigned has = 0, had = 0;
	for (unsigned j = 0; j < growth[i].count; j++) {
		has += sample_has(&sample, growth[i].field[j]);
		had += i && sample_has(&before, growth[i].field[j]);
	}
	ok(has == growth[i].count && !had, "%zu bytes of TCP_INFO tell what they hold",
	   growth[i].size);
	ok(!i || count_fields(&sample) == count_fields(&before) + (int)growth[i].count,
	   "and no more than that");
}

static void decodes_every_size(void)
{
	for (size_t i = 0; i < sizeof growth / sizeof *growth; i++)
		check_size(i);
	struct sample oldest = decode_ones(104), cut = decode_ones(103), late = decode_ones(231);
	is_int(count_fields(&oldest), 22, "the oldest kernels give 22 fields");
	ok(!sample_has(&cut, SAMPLE_TOTAL_RETRANS) && !sample_has(&late, SAMPLE_SND_WND),
	   "a field that is cut is not there");
	struct sample nothing = decode_ones(0);
	is_int(nothing.present, 0, "no bytes tell nothing");
	struct sample all = decode_ones(INFO_MOST);
	ok(all.value[SAMPLE_BYTES_SENT] == UINT64_C(0x0101010101010101) &&
	           all.value[SAMPLE_RTT] == 0x01010101 && all.value[SAMPLE_TOTAL_RTO] == 0x0101,
	   "numbers of every width are read whole");
}

static void put32(unsigned char *info, size_t offset, uint32_t value)
{
	memcpy(info + offset, &value, sizeof value);
}

static void leaves_out_what_is_unknown(void)
{
	unsigned char info[INFO_MOST];
	struct sample sample;
	memset(info, 1, sizeof info);
	put32(info, 68, 0);           /* rtt */
	put32(info, 76, INT32_MAX);   /* ssthresh */
	put32(info, 148, UINT32_MAX); /* min_rtt */
	memset(info + 104, 0xff, 8);  /* pacing_rate */
	memset(info + 160, 0, 8);     /* delivery_rate */
	kernel_decode_tcp(info, sizeof info, &sample);
	ok(!sample_has(&sample, SAMPLE_RTT) && !sample_has(&sample, SAMPLE_RTTVAR) &&
	           !sample_has(&sample, SAMPLE_MIN_RTT),
	   "without a measurement there is no round trip time");
	ok(!sample_has(&sample, SAMPLE_SSTHRESH), "nor a threshold before the first loss");
	ok(!sample_has(&sample, SAMPLE_PACING_RATE), "unlimited is no rate");
	ok(!sample_has(&sample, SAMPLE_DELIVERY_RATE) && !sample_has(&sample, SAMPLE_APP_LIMITED),
	   "and what is not known is not limited");
	ok(sample_has(&sample, SAMPLE_SND_WND), "a window is there");
	info[0] = STATE_SYN_SENT;
	kernel_decode_tcp(info, sizeof info, &sample);
	ok(!sample_has(&sample, SAMPLE_SND_WND), "but not before the peer has sent it");
}

static void survives_any_bytes(void)
{
	unsigned char info[INFO_MOST];
	struct sample sample;
	uint32_t random = 1;
	int states = 0;
	for (int round = 0; round < 2000; round++) {
		for (size_t i = 0; i < sizeof info; i++) {
			random = random * 1664525 + 1013904223;
			info[i] = (unsigned char)(random >> 24);
		}
		info[0] &= 15;
		kernel_decode_tcp(info, (size_t)round % (sizeof info + 1), &sample);
		states += sample_has(&sample, SAMPLE_STATE);
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

static struct sample read_tcp(int fd)
{
	struct sample sample;
	kernel_read(fd, TRANSPORT_TCP, &sample);
	return sample;
}

/* Reads until the field has this value. */
static bool comes_to(int fd, enum sample_field field, uint64_t value, struct sample *sample)
{
	int64_t deadline = clock_now() + PEER_MS * CLOCK_MS;
	do {
		*sample = read_tcp(fd);
		if (sample_has(sample, field) && sample->value[field] == value)
			return true;
	} while (clock_now() < deadline);
	return false;
}

static void reads_a_fresh_socket(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct sample sample = read_tcp(fd);
	ok(sample_is(&sample, STATE_CLOSED), "a new socket is in CLOSE");
	ok(!sample_has(&sample, SAMPLE_RTT) && !sample_has(&sample, SAMPLE_SND_WND),
	   "and has met nobody");
	close(fd);
	sample = read_tcp(fd);
	is_int(sample.present, 0, "a bad descriptor says nothing");
	kernel_read(STDIN_FILENO, TRANSPORT_UDP, &sample);
	ok(!sample_has(&sample, SAMPLE_STATE), "nor does what is no socket have a state");
}

/* The SYN that was refused is still in the kernel's counts. */
static void forgets_the_refused(void)
{
	int refuser = peer_refused(AF_INET);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(peer_port(refuser)) };
	struct sample sample = { 0 };
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ok(connect(fd, (const struct sockaddr *)&to, sizeof to) < 0 && errno == EINPROGRESS,
	   "nobody listens there");
	ok(comes_to(fd, SAMPLE_STATE, STATE_CLOSED, &sample), "RST has answered");
	is_int(sample_get(&sample, SAMPLE_SEGS_OUT), 1, "one SYN went out");
	ok(!sample_has(&sample, SAMPLE_OUTQ) && !sample_has(&sample, SAMPLE_NOTSENT) &&
	           !sample_has(&sample, SAMPLE_UNACKED) && !sample_has(&sample, SAMPLE_CWND),
	   "and is neither in flight nor held back");
	peer_close_all((int[]){ fd, refuser }, 2);
}

static void reads_a_listener(void)
{
	int listener = peer_listen(AF_INET, 3);
	struct sample sample = read_tcp(listener);
	ok(sample_is(&sample, STATE_LISTEN), "a listener is in LISTEN");
	ok(sample_has(&sample, SAMPLE_QUEUE) && sample.value[SAMPLE_QUEUE] == 0, "nobody waits");
	is_int(sample_get(&sample, SAMPLE_BACKLOG), 3, "three might");
	ok(!sample_has(&sample, SAMPLE_UNACKED) && !sample_has(&sample, SAMPLE_CWND) &&
	           !sample_has(&sample, SAMPLE_INQ),
	   "it has nothing in flight, and no bytes");
	int client = peer_connect(AF_INET, peer_port(listener), PEER_MS);
	ok(comes_to(listener, SAMPLE_QUEUE, 1, &sample), "then one waits");
	peer_close_all((int[]){ listener, client }, 2);
}

static void follows_bytes(void)
{
	struct pair pair = make_pair();
	struct sample before = read_tcp(pair.client), now;
	ok(sample_is(&before, STATE_ESTABLISHED), "a connection is ESTABLISHED");
	ok(peer_send(pair.client, "hello", 5, PEER_MS) &&
	           comes_to(pair.server, SAMPLE_INQ, 5, &now),
	   "five bytes wait to be read");
	ok(sample_get(&now, SAMPLE_RMEM) > 0 && sample_get(&now, SAMPLE_RCVBUF) > 0,
	   "and take memory");
	ok(comes_to(pair.client, SAMPLE_OUTQ, 0, &now), "they are acknowledged");
	sample_compare(&now, &before);
	is_int(sample_get(&now, SAMPLE_NEW_DATA_OUT), 1, "and left as one segment");
	ok(sample_has(&now, SAMPLE_NOTSENT) && sample_get(&now, SAMPLE_SND_MSS) > 0,
	   "none is held back");
	end_pair(&pair);
}

static void follows_closing(void)
{
	struct pair pair = make_pair();
	struct sample now;
	peer_send(pair.client, "bye", 3, PEER_MS);
	peer_half_close(pair.client);
	ok(comes_to(pair.client, SAMPLE_STATE, STATE_FIN_WAIT2, &now),
	   "who sends FIN comes to FIN_WAIT2");
	ok(comes_to(pair.server, SAMPLE_STATE, STATE_CLOSE_WAIT, &now),
	   "who gets it to CLOSE_WAIT");
	is_int(sample_get(&now, SAMPLE_INQ), 3, "where the FIN is no byte");
	peer_half_close(pair.server);
	ok(comes_to(pair.client, SAMPLE_STATE, STATE_CLOSED, &now),
	   "a descriptor says CLOSED where the connection is in TIME_WAIT");
	end_pair(&pair);
}

/* The peer reads nothing and its window is small: a FIN is after what cannot leave. */
static void counts_no_fin(void)
{
	struct pair pair = { .listener = peer_listen_small(AF_INET, 2000) };
	static char bytes[200000];
	pair.client = peer_connect(AF_INET, peer_port(pair.listener), PEER_MS);
	pair.server = peer_accept(pair.listener, PEER_MS);
	ssize_t sent = send(pair.client, bytes, sizeof bytes, MSG_DONTWAIT);
	struct sample before = read_tcp(pair.client), now;
	uint64_t held = sample_get(&before, SAMPLE_OUTQ);
	ok(sent > 0 && sample_get(&before, SAMPLE_NOTSENT) > 0, "some bytes are held back");
	peer_half_close(pair.client);
	now = read_tcp(pair.client);
	ok(sample_is(&now, STATE_FIN_WAIT1), "their FIN waits after them");
	ok(held && sample_get(&now, SAMPLE_OUTQ) <= held &&
	           sample_get(&now, SAMPLE_NOTSENT) <= sample_get(&now, SAMPLE_OUTQ),
	   "and is not counted as one more");
	ok(comes_to(pair.client, SAMPLE_SND_WND, 0, &now), "the window closes");
	end_pair(&pair);
}

static void sees_a_full_queue(void)
{
	int fill[PEER_FILL], fd = -1;
	int listener = peer_blackhole(AF_INET, fill);
	struct sockaddr_storage to;
	struct endpoint addr = peer_addr(listener);
	socklen_t len = endpoint_to_sockaddr(&addr, &to);
	struct sample sample;
	fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	ok(connect(fd, (struct sockaddr *)&to, len) < 0 && errno == EINPROGRESS &&
	           comes_to(fd, SAMPLE_STATE, STATE_SYN_SENT, &sample),
	   "a SYN that nobody answers is in SYN_SENT");
	ok(sample_has(&sample, SAMPLE_SEGS_OUT) && sample_has(&sample, SAMPLE_RTO),
	   "with its count and its time");
	sample = read_tcp(listener);
	ok(sample_get(&sample, SAMPLE_QUEUE) > sample_get(&sample, SAMPLE_BACKLOG),
	   "the queue it did not enter is full, by one more than was asked for");
	close(fd);
	close(listener);
	peer_close_all(fill, PEER_FILL);
}

static void reads_datagrams(void)
{
	int one = peer_udp(AF_INET), two = peer_udp(AF_INET);
	struct endpoint to = peer_addr(one);
	struct sample sample;
	peer_send_to(two, &to, "seven..", 7);
	peer_send_to(two, &to, "five.", 5);
	peer_wait(one, POLLIN, PEER_MS);
	kernel_read(one, TRANSPORT_UDP, &sample);
	is_int(sample_get(&sample, SAMPLE_INQ), 7, "of datagrams the first is measured");
	ok(!sample_has(&sample, SAMPLE_STATE) && !sample_has(&sample, SAMPLE_NOTSENT),
	   "they have no state, and none is held back");
	ok(sample_has(&sample, SAMPLE_DROPS) && sample.value[SAMPLE_DROPS] == 0,
	   "none has been thrown away");
	close(one);
	close(two);
}

static void counts_drops(void)
{
	int one = peer_udp(AF_INET), two = peer_udp(AF_INET), size = 4096;
	struct sample sample;
	char byte[100];
	setsockopt(one, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
	for (int i = 0; i < 100; i++)
		peer_deliver(two, one, memset(byte, i, sizeof byte), sizeof byte);
	kernel_read(one, TRANSPORT_UDP, &sample);
	uint64_t came = 0;
	while (recv(one, byte, sizeof byte, MSG_DONTWAIT) >= 0)
		came++;
	ok(came > 0 && sample_get(&sample, SAMPLE_DROPS) > 0, "a small buffer loses some");
	is_int(came + sample_get(&sample, SAMPLE_DROPS), 100, "each came or was counted");
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
