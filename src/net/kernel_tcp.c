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

/* Where a field is in what TCP_INFO returns. That is fixed forever, while the header at hand may be
 * older or newer than the kernel. */
static const struct {
	uint8_t offset, size;
	uint8_t field; /* enum sample_field */
} places[] = {
	{ 0, 1, SAMPLE_STATE },
	{ 1, 1, SAMPLE_CA_STATE },
	{ 2, 1, SAMPLE_RETRANSMITS },
	{ 3, 1, SAMPLE_PROBES },
	{ 4, 1, SAMPLE_BACKOFF },
	{ 5, 1, SAMPLE_OPTIONS },
	{ 8, 4, SAMPLE_RTO },
	{ 12, 4, SAMPLE_ATO },
	{ 16, 4, SAMPLE_SND_MSS },
	{ 20, 4, SAMPLE_RCV_MSS },
	{ 24, 4, SAMPLE_UNACKED },
	{ 28, 4, SAMPLE_SACKED },
	{ 32, 4, SAMPLE_LOST },
	{ 36, 4, SAMPLE_RETRANS },
	{ 60, 4, SAMPLE_PMTU },
	{ 68, 4, SAMPLE_RTT },
	{ 72, 4, SAMPLE_RTTVAR },
	{ 76, 4, SAMPLE_SSTHRESH },
	{ 80, 4, SAMPLE_CWND },
	{ 88, 4, SAMPLE_REORDERING },
	{ 96, 4, SAMPLE_RCV_SPACE },
	{ 100, 4, SAMPLE_TOTAL_RETRANS },
	{ 104, 8, SAMPLE_PACING_RATE }, /* Linux 3.15 */
	{ 120, 8, SAMPLE_BYTES_ACKED }, /* 4.1 */
	{ 128, 8, SAMPLE_BYTES_RECEIVED },
	{ 136, 4, SAMPLE_SEGS_OUT }, /* 4.2 */
	{ 140, 4, SAMPLE_SEGS_IN },
	{ 144, 4, SAMPLE_NOTSENT }, /* 4.6 */
	{ 148, 4, SAMPLE_MIN_RTT },
	{ 152, 4, SAMPLE_DATA_SEGS_IN },
	{ 156, 4, SAMPLE_DATA_SEGS_OUT },
	{ 160, 8, SAMPLE_DELIVERY_RATE }, /* 4.9 */
	{ 168, 8, SAMPLE_BUSY_TIME },     /* 4.10 */
	{ 176, 8, SAMPLE_RWND_LIMITED },
	{ 184, 8, SAMPLE_SNDBUF_LIMITED },
	{ 200, 8, SAMPLE_BYTES_SENT }, /* 4.19 */
	{ 208, 8, SAMPLE_BYTES_RETRANS },
	{ 216, 4, SAMPLE_DSACK_DUPS },
	{ 220, 4, SAMPLE_REORD_SEEN },
	{ 224, 4, SAMPLE_RCV_OOOPACK }, /* 5.4 */
	{ 228, 4, SAMPLE_SND_WND },
	{ 232, 4, SAMPLE_RCV_WND },   /* 6.2 */
	{ 240, 2, SAMPLE_TOTAL_RTO }, /* 6.7 */
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

static void forget(struct sample *sample, enum sample_field field)
{
	sample->present &= ~(UINT64_C(1) << field);
}

static void forget_if(struct sample *sample, enum sample_field field, uint64_t value)
{
	if (sample_get(sample, field) == value)
		forget(sample, field);
}

/* There two counts are in the place of others, and nothing else is filled in. */
static void keep_a_listeners(struct sample *sample)
{
	uint64_t queue = sample->value[SAMPLE_UNACKED];
	uint64_t backlog = sample->value[SAMPLE_SACKED];
	sample->present = 0;
	sample_set(sample, SAMPLE_STATE, STATE_LISTEN);
	sample_set(sample, SAMPLE_QUEUE, queue);
	sample_set(sample, SAMPLE_BACKLOG, backlog);
}

/* The values that say "none", "not yet" or "unlimited". */
static void forget_unmeasured(struct sample *sample)
{
	if (sample_get(sample, SAMPLE_RTT) == 0) {
		forget(sample, SAMPLE_RTT);
		forget(sample, SAMPLE_RTTVAR);
	}
	forget_if(sample, SAMPLE_SSTHRESH, INT32_MAX);
	forget_if(sample, SAMPLE_PACING_RATE, UINT64_MAX);
	forget_if(sample, SAMPLE_MIN_RTT, UINT32_MAX);
	forget_if(sample, SAMPLE_MIN_RTT, 0);
	forget_if(sample, SAMPLE_DELIVERY_RATE, 0);
	forget_if(sample, SAMPLE_PMTU, 0);
	forget_if(sample, SAMPLE_ATO, 0);
}

/* Without a peer no window has been announced; and a connection that was refused, reset or has
 * ended still counts what was on its way then. */
static void forget_unconnected(struct sample *sample)
{
	static const enum sample_field gone[] = { SAMPLE_UNACKED, SAMPLE_SACKED,  SAMPLE_LOST,
		                                  SAMPLE_RETRANS, SAMPLE_NOTSENT, SAMPLE_CWND };
	bool closed = sample_is(sample, STATE_CLOSED);
	if (closed || sample_is(sample, STATE_SYN_SENT)) {
		forget(sample, SAMPLE_SND_WND);
		forget(sample, SAMPLE_RCV_WND);
	}
	bool nothing = closed || sample_is_deferred(sample);
	for (size_t i = 0; nothing && i < sizeof gone / sizeof *gone; i++)
		forget(sample, gone[i]);
}

static void add_app_limited(const unsigned char *bytes, struct sample *sample)
{
	struct tcp_info base;
	memcpy(&base, bytes, INFO_BASE);
	if (sample_has(sample, SAMPLE_DELIVERY_RATE))
		sample_set(sample, SAMPLE_APP_LIMITED, base.tcpi_delivery_rate_app_limited);
}

void kernel_decode_tcp(const void *info, size_t len, struct sample *sample)
{
	const unsigned char *bytes = info;
	sample->present = 0;
	for (size_t i = 0; i < sizeof places / sizeof *places; i++)
		if ((size_t)places[i].offset + places[i].size <= len)
			sample_set(sample, places[i].field,
			           load(bytes + places[i].offset, places[i].size));
	if (sample_is(sample, STATE_LISTEN) && sample_has(sample, SAMPLE_SACKED)) {
		keep_a_listeners(sample);
		return;
	}
	forget_unmeasured(sample);
	forget_unconnected(sample);
	if (len >= INFO_BASE)
		add_app_limited(bytes, sample);
}

void kernel_read_tcp(int fd, struct sample *sample)
{
	unsigned char info[INFO_ROOM];
	socklen_t len = sizeof info;
	sample->present = 0;
	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, info, &len) == 0)
		kernel_decode_tcp(info, len, sample);
}

#else

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

/* TCPS_… of the BSD family in the order of their numbers. */
__attribute__((unused)) static void set_state(struct sample *sample, unsigned state)
{
	static const uint8_t states[] = {
		STATE_CLOSED,      STATE_LISTEN,     STATE_SYN_SENT,  STATE_SYN_RECV,
		STATE_ESTABLISHED, STATE_CLOSE_WAIT, STATE_FIN_WAIT1, STATE_CLOSING,
		STATE_LAST_ACK,    STATE_FIN_WAIT2,  STATE_TIME_WAIT,
	};
	if (state < sizeof states)
		sample_set(sample, SAMPLE_STATE, states[state]);
}

#if defined TCP_CONNECTION_INFO

void kernel_read_tcp(int fd, struct sample *sample)
{
	struct tcp_connection_info info;
	socklen_t len = sizeof info;
	sample->present = 0;
	if (getsockopt(fd, IPPROTO_TCP, TCP_CONNECTION_INFO, &info, &len) || len < sizeof info)
		return;
	set_state(sample, info.tcpi_state);
	if (sample_is(sample, STATE_LISTEN) || sample_is(sample, STATE_CLOSED))
		return;
	sample_set(sample, SAMPLE_RTO, info.tcpi_rto * UINT64_C(1000));
	sample_set(sample, SAMPLE_SND_MSS, info.tcpi_maxseg);
	sample_set(sample, SAMPLE_SND_WND, info.tcpi_snd_wnd);
	sample_set(sample, SAMPLE_RCV_WND, info.tcpi_rcv_wnd);
	if (info.tcpi_srtt) {
		sample_set(sample, SAMPLE_RTT, info.tcpi_srtt * UINT64_C(1000));
		sample_set(sample, SAMPLE_RTTVAR, info.tcpi_rttvar * UINT64_C(1000));
	}
}

#elif defined TCP_INFO && defined __FreeBSD__

void kernel_read_tcp(int fd, struct sample *sample)
{
	struct tcp_info info;
	socklen_t len = sizeof info;
	sample->present = 0;
	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) || len < sizeof info)
		return;
	set_state(sample, info.tcpi_state);
	if (sample_is(sample, STATE_LISTEN) || sample_is(sample, STATE_CLOSED))
		return;
	sample_set(sample, SAMPLE_RTO, info.tcpi_rto);
	sample_set(sample, SAMPLE_SND_MSS, info.tcpi_snd_mss);
	sample_set(sample, SAMPLE_SND_WND, info.tcpi_snd_wnd);
	if (info.tcpi_rtt) {
		sample_set(sample, SAMPLE_RTT, info.tcpi_rtt);
		sample_set(sample, SAMPLE_RTTVAR, info.tcpi_rttvar);
	}
}

#else

void kernel_read_tcp(int fd, struct sample *sample)
{
	(void)fd;
	sample->present = 0;
}

#endif

void kernel_decode_tcp(const void *info, size_t len, struct sample *sample)
{
	(void)info;
	(void)len;
	sample->present = 0;
}

#endif
