// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/kernel.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#ifdef __linux__
#include <linux/sock_diag.h>
#include <linux/sockios.h>
#else
#include <sys/filio.h>
#endif

/* A negative answer would be an error of the system, and is ignored. */
static void ask_queue(int fd, unsigned long request, enum sample_field field, struct sample *sample)
{
	int bytes = -1;
	if (ioctl(fd, request, &bytes) == 0 && bytes >= 0)
		sample_set(sample, field, (uint64_t)bytes);
}

#if defined IP_MTU && defined IPV6_MTU

/* A socket without a peer has none. */
static void ask_pmtu(int fd, struct sample *sample)
{
	int mtu = 0;
	socklen_t len = sizeof mtu;
	bool known = getsockopt(fd, IPPROTO_IP, IP_MTU, &mtu, &len) == 0 ||
	             (errno != ENOTCONN && getsockopt(fd, IPPROTO_IPV6, IPV6_MTU, &mtu, &len) == 0);
	if (known && mtu > 0)
		sample_set(sample, SAMPLE_PMTU, (uint64_t)mtu);
}

#else

static void ask_pmtu(int fd, struct sample *sample)
{
	(void)fd;
	(void)sample;
}

#endif

#ifdef __linux__

/* Older kernels give fewer words. */
static void ask_memory(int fd, enum transport transport, struct sample *sample)
{
	static const struct {
		unsigned word;
		enum sample_field field;
	} words[] = {
		{ SK_MEMINFO_RMEM_ALLOC, SAMPLE_RMEM },
		{ SK_MEMINFO_RCVBUF, SAMPLE_RCVBUF },
		{ SK_MEMINFO_SNDBUF, SAMPLE_SNDBUF },
	};
	uint32_t memory[SK_MEMINFO_VARS];
	socklen_t len = sizeof memory;
	if (getsockopt(fd, SOL_SOCKET, SO_MEMINFO, memory, &len))
		return;
	unsigned count = len / sizeof *memory;
	for (unsigned i = 0; i < sizeof words / sizeof *words; i++)
		if (words[i].word < count)
			sample_set(sample, words[i].field, memory[words[i].word]);
	/* A stream keeps what it has sent until it is acknowledged; datagrams are only passed
	 * on. */
	unsigned sending =
	        transport == TRANSPORT_TCP ? SK_MEMINFO_WMEM_QUEUED : SK_MEMINFO_WMEM_ALLOC;
	if (sending < count)
		sample_set(sample, SAMPLE_WMEM, memory[sending]);
	if (transport_type(transport) == SOCK_DGRAM && SK_MEMINFO_DROPS < count)
		sample_set(sample, SAMPLE_DROPS, memory[SK_MEMINFO_DROPS]);
}

/* What a connection that is closed had not been acknowledged is counted forever, and waits for
 * nothing. */
static void ask_queues(int fd, enum transport transport, struct sample *sample)
{
	ask_queue(fd, SIOCINQ, SAMPLE_INQ, sample);
	if (sample_is(sample, STATE_CLOSED) || sample_is_deferred(sample))
		return;
	if (!transport_is_unix(transport)) /* there it is memory, not bytes */
		ask_queue(fd, SIOCOUTQ, SAMPLE_OUTQ, sample);
	if (transport == TRANSPORT_TCP && !sample_has(sample, SAMPLE_NOTSENT))
		ask_queue(fd, SIOCOUTQNSD, SAMPLE_NOTSENT, sample);
}

#else

static void ask_memory(int fd, enum transport transport, struct sample *sample)
{
	(void)fd;
	(void)transport;
	(void)sample;
}

/* FIONREAD counts all datagrams on some systems: of them it is not the size of the first. */
static void ask_queues(int fd, enum transport transport, struct sample *sample)
{
	if (transport == TRANSPORT_TCP)
		ask_queue(fd, FIONREAD, SAMPLE_INQ, sample);
#if defined FIONWRITE
	ask_queue(fd, FIONWRITE, SAMPLE_OUTQ, sample);
#elif defined SO_NWRITE
	int bytes = -1;
	socklen_t len = sizeof bytes;
	if (getsockopt(fd, SOL_SOCKET, SO_NWRITE, &bytes, &len) == 0 && bytes >= 0)
		sample_set(sample, SAMPLE_OUTQ, (uint64_t)bytes);
#endif
}

#endif

/* The FIN is the last byte of the queue: if any byte has not been sent yet, neither has the FIN. */
static void discount_fin(struct sample *sample)
{
	if (!sample_is(sample, STATE_FIN_WAIT1) && !sample_is(sample, STATE_CLOSING) &&
	    !sample_is(sample, STATE_LAST_ACK))
		return;
	if (sample_get(sample, SAMPLE_OUTQ))
		sample->value[SAMPLE_OUTQ]--;
	if (sample_get(sample, SAMPLE_NOTSENT))
		sample->value[SAMPLE_NOTSENT]--;
}

void kernel_read(int fd, enum transport transport, struct sample *sample)
{
	sample->present = 0;
	if (transport == TRANSPORT_TCP)
		kernel_read_tcp(fd, sample);
	if (!sample_is(sample, STATE_LISTEN))
		ask_queues(fd, transport, sample);
	ask_memory(fd, transport, sample);
	if (transport == TRANSPORT_UDP)
		ask_pmtu(fd, sample);
	discount_fin(sample);
}
