// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/kernel.h"

#if defined __linux__

#include <linux/tcp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

enum {
	INFO_ROOM = 512, /* more than any kernel gives today */
	INFO_BASE = 104, /* what every kernel gives */
};

/* Where a field lies in what TCP_INFO returns. That is for ever, while the header at hand may be
 * older than the kernel or younger. */
static const struct {
	uint8_t offset, size;
	uint8_t field; /* enum reading_field */
} places[] = {
	{ 0, 1, READING_STATE },
	{ 1, 1, READING_CA_STATE },
	{ 2, 1, READING_RETRANSMITS },
	{ 3, 1, READING_PROBES },
	{ 4, 1, READING_BACKOFF },
	{ 5, 1, READING_OPTIONS },
	{ 8, 4, READING_RTO },
	{ 12, 4, READING_ATO },
	{ 16, 4, READING_SND_MSS },
	{ 20, 4, READING_RCV_MSS },
	{ 24, 4, READING_UNACKED },
	{ 28, 4, READING_SACKED },
	{ 32, 4, READING_LOST },
	{ 36, 4, READING_RETRANS },
	{ 60, 4, READING_PMTU },
	{ 68, 4, READING_RTT },
	{ 72, 4, READING_RTTVAR },
	{ 76, 4, READING_SSTHRESH },
	{ 80, 4, READING_CWND },
	{ 88, 4, READING_REORDERING },
	{ 96, 4, READING_RCV_SPACE },
	{ 100, 4, READING_TOTAL_RETRANS },
	{ 104, 8, READING_PACING_RATE }, /* Linux 3.15 */
	{ 120, 8, READING_BYTES_ACKED }, /* 4.1 */
	{ 128, 8, READING_BYTES_RECEIVED },
	{ 136, 4, READING_SEGS_OUT }, /* 4.2 */
	{ 140, 4, READING_SEGS_IN },
	{ 144, 4, READING_NOTSENT }, /* 4.6 */
	{ 148, 4, READING_MIN_RTT },
	{ 152, 4, READING_DATA_SEGS_IN },
	{ 156, 4, READING_DATA_SEGS_OUT },
	{ 160, 8, READING_DELIVERY_RATE }, /* 4.9 */
	{ 168, 8, READING_BUSY_TIME },     /* 4.10 */
	{ 176, 8, READING_RWND_LIMITED },
	{ 184, 8, READING_SNDBUF_LIMITED },
	{ 200, 8, READING_BYTES_SENT }, /* 4.19 */
	{ 208, 8, READING_BYTES_RETRANS },
	{ 216, 4, READING_DSACK_DUPS },
	{ 220, 4, READING_REORD_SEEN },
	{ 224, 4, READING_RCV_OOOPACK }, /* 5.4 */
	{ 228, 4, READING_SND_WND },
	{ 232, 4, READING_RCV_WND },   /* 6.2 */
	{ 240, 2, READING_TOTAL_RTO }, /* 6.7 */
};

_Static_assert(offsetof(struct tcp_info, tcpi_total_retrans) == 100, "the kernel's own offsets");
_Static_assert(offsetof(struct tcp_info, tcpi_delivery_rate) == 160, "do not change");

static uint64_t load(const unsigned char *at, unsigned size)
{
	uint16_t two;
	uint32_t four;
	uint64_t eight;
	switch (size) {
	case 1:
		return *at;
	case 2:
		memcpy(&two, at, sizeof two);
		return two;
	case 4:
		memcpy(&four, at, sizeof four);
		return four;
	default:
		memcpy(&eight, at, sizeof eight);
		return eight;
	}
}

static void forget(struct reading *reading, enum reading_field field)
{
	reading->present &= ~(UINT64_C(1) << field);
}

static void forget_if(struct reading *reading, enum reading_field field, uint64_t value)
{
	if (reading_get(reading, field) == value)
		forget(reading, field);
}

/* Two counts stand in the place of others there, and nothing else has been filled in. */
static void keep_a_listeners(struct reading *reading)
{
	uint64_t queue = reading->value[READING_UNACKED];
	uint64_t backlog = reading->value[READING_SACKED];
	reading->present = 0;
	reading_set(reading, READING_STATE, STATE_LISTEN);
	reading_set(reading, READING_QUEUE, queue);
	reading_set(reading, READING_BACKLOG, backlog);
}

/* The values that say "none", "not yet" or "unlimited". */
static void forget_unmeasured(struct reading *reading)
{
	if (reading_get(reading, READING_RTT) == 0) {
		forget(reading, READING_RTT);
		forget(reading, READING_RTTVAR);
	}
	forget_if(reading, READING_SSTHRESH, INT32_MAX);
	forget_if(reading, READING_PACING_RATE, UINT64_MAX);
	forget_if(reading, READING_MIN_RTT, UINT32_MAX);
	forget_if(reading, READING_MIN_RTT, 0);
	forget_if(reading, READING_DELIVERY_RATE, 0);
	forget_if(reading, READING_PMTU, 0);
	forget_if(reading, READING_ATO, 0);
}

/* Without a peer nobody has told anybody a window; and of a connection that was refused, reset or
 * has ended, what was on its way then still stands there. */
static void forget_unconnected(struct reading *reading)
{
	static const enum reading_field gone[] = { READING_UNACKED, READING_SACKED,  READING_LOST,
		                                   READING_RETRANS, READING_NOTSENT, READING_CWND };
	bool closed = reading_is(reading, STATE_CLOSE);
	if (closed || reading_is(reading, STATE_SYN_SENT)) {
		forget(reading, READING_SND_WND);
		forget(reading, READING_RCV_WND);
	}
	for (size_t i = 0; closed && i < sizeof gone / sizeof *gone; i++)
		forget(reading, gone[i]);
}

static void add_app_limited(const unsigned char *bytes, struct reading *reading)
{
	struct tcp_info base;
	memcpy(&base, bytes, INFO_BASE);
	if (reading_has(reading, READING_DELIVERY_RATE))
		reading_set(reading, READING_APP_LIMITED, base.tcpi_delivery_rate_app_limited);
}

void kernel_decode_tcp(const void *info, size_t len, struct reading *reading)
{
	const unsigned char *bytes = info;
	reading->present = 0;
	for (size_t i = 0; i < sizeof places / sizeof *places; i++)
		if ((size_t)places[i].offset + places[i].size <= len)
			reading_set(reading, places[i].field,
			            load(bytes + places[i].offset, places[i].size));
	if (reading_is(reading, STATE_LISTEN) && reading_has(reading, READING_SACKED)) {
		keep_a_listeners(reading);
		return;
	}
	forget_unmeasured(reading);
	forget_unconnected(reading);
	if (len >= INFO_BASE)
		add_app_limited(bytes, reading);
}

void kernel_read_tcp(int fd, struct reading *reading)
{
	unsigned char info[INFO_ROOM];
	socklen_t len = sizeof info;
	reading->present = 0;
	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, info, &len) == 0)
		kernel_decode_tcp(info, len, reading);
}

#else

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

/* TCPS_… of the BSD family in the order of their numbers. */
__attribute__((unused)) static void set_state(struct reading *reading, unsigned state)
{
	static const uint8_t states[] = {
		STATE_CLOSE,       STATE_LISTEN,     STATE_SYN_SENT,  STATE_SYN_RECV,
		STATE_ESTABLISHED, STATE_CLOSE_WAIT, STATE_FIN_WAIT1, STATE_CLOSING,
		STATE_LAST_ACK,    STATE_FIN_WAIT2,  STATE_TIME_WAIT,
	};
	if (state < sizeof states)
		reading_set(reading, READING_STATE, states[state]);
}

#if defined TCP_CONNECTION_INFO

void kernel_read_tcp(int fd, struct reading *reading)
{
	struct tcp_connection_info info;
	socklen_t len = sizeof info;
	reading->present = 0;
	if (getsockopt(fd, IPPROTO_TCP, TCP_CONNECTION_INFO, &info, &len) || len < sizeof info)
		return;
	set_state(reading, info.tcpi_state);
	if (reading_is(reading, STATE_LISTEN) || reading_is(reading, STATE_CLOSE))
		return;
	reading_set(reading, READING_RTO, info.tcpi_rto * UINT64_C(1000));
	reading_set(reading, READING_SND_MSS, info.tcpi_maxseg);
	reading_set(reading, READING_SND_WND, info.tcpi_snd_wnd);
	reading_set(reading, READING_RCV_WND, info.tcpi_rcv_wnd);
	if (info.tcpi_srtt) {
		reading_set(reading, READING_RTT, info.tcpi_srtt * UINT64_C(1000));
		reading_set(reading, READING_RTTVAR, info.tcpi_rttvar * UINT64_C(1000));
	}
}

#elif defined TCP_INFO && defined __FreeBSD__

void kernel_read_tcp(int fd, struct reading *reading)
{
	struct tcp_info info;
	socklen_t len = sizeof info;
	reading->present = 0;
	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) || len < sizeof info)
		return;
	set_state(reading, info.tcpi_state);
	if (reading_is(reading, STATE_LISTEN) || reading_is(reading, STATE_CLOSE))
		return;
	reading_set(reading, READING_RTO, info.tcpi_rto);
	reading_set(reading, READING_SND_MSS, info.tcpi_snd_mss);
	reading_set(reading, READING_SND_WND, info.tcpi_snd_wnd);
	if (info.tcpi_rtt) {
		reading_set(reading, READING_RTT, info.tcpi_rtt);
		reading_set(reading, READING_RTTVAR, info.tcpi_rttvar);
	}
}

#else

void kernel_read_tcp(int fd, struct reading *reading)
{
	(void)fd;
	reading->present = 0;
}

#endif

void kernel_decode_tcp(const void *info, size_t len, struct reading *reading)
{
	(void)info;
	(void)len;
	reading->present = 0;
}

#endif
