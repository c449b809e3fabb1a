// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/kernel.h"

#include <sys/ioctl.h>
#include <sys/socket.h>

#ifdef __linux__
#include <linux/sock_diag.h>
#include <linux/sockios.h>
#else
#include <sys/filio.h>
#endif

/* A negative answer would be a system's mistake; it says nothing. */
static void ask_queue(int fd, unsigned long request, enum reading_field field,
                      struct reading *reading)
{
	int bytes = -1;
	if (ioctl(fd, request, &bytes) == 0 && bytes >= 0)
		reading_set(reading, field, (uint64_t)bytes);
}

#ifdef __linux__

/* Older kernels give fewer words. */
static void ask_memory(int fd, int type, struct reading *reading)
{
	static const struct {
		unsigned word;
		enum reading_field field;
	} words[] = {
		{ SK_MEMINFO_RMEM_ALLOC, READING_RMEM },
		{ SK_MEMINFO_RCVBUF, READING_RCVBUF },
		{ SK_MEMINFO_SNDBUF, READING_SNDBUF },
	};
	uint32_t memory[SK_MEMINFO_VARS];
	socklen_t len = sizeof memory;
	if (getsockopt(fd, SOL_SOCKET, SO_MEMINFO, memory, &len))
		return;
	unsigned count = len / sizeof *memory;
	for (unsigned i = 0; i < sizeof words / sizeof *words; i++)
		if (words[i].word < count)
			reading_set(reading, words[i].field, memory[words[i].word]);
	/* A stream keeps what it has sent until it is acknowledged; datagrams are only passed on.
	 */
	unsigned sending = type == SOCK_STREAM ? SK_MEMINFO_WMEM_QUEUED : SK_MEMINFO_WMEM_ALLOC;
	if (sending < count)
		reading_set(reading, READING_WMEM, memory[sending]);
	if (type == SOCK_DGRAM && SK_MEMINFO_DROPS < count)
		reading_set(reading, READING_DROPS, memory[SK_MEMINFO_DROPS]);
}

/* What a connection that is closed had not been acknowledged is counted for ever, and waits for
 * nothing. */
static void ask_queues(int fd, int type, struct reading *reading)
{
	ask_queue(fd, SIOCINQ, READING_INQ, reading);
	if (reading_is(reading, STATE_CLOSE))
		return;
	ask_queue(fd, SIOCOUTQ, READING_OUTQ, reading);
	if (type == SOCK_STREAM && !reading_has(reading, READING_NOTSENT))
		ask_queue(fd, SIOCOUTQNSD, READING_NOTSENT, reading);
}

#else

static void ask_memory(int fd, int type, struct reading *reading)
{
	(void)fd;
	(void)type;
	(void)reading;
}

/* FIONREAD counts all datagrams on some systems: of them it is not the size of the first. */
static void ask_queues(int fd, int type, struct reading *reading)
{
	if (type == SOCK_STREAM)
		ask_queue(fd, FIONREAD, READING_INQ, reading);
#if defined FIONWRITE
	ask_queue(fd, FIONWRITE, READING_OUTQ, reading);
#elif defined SO_NWRITE
	int bytes = -1;
	socklen_t len = sizeof bytes;
	if (getsockopt(fd, SOL_SOCKET, SO_NWRITE, &bytes, &len) == 0 && bytes >= 0)
		reading_set(reading, READING_OUTQ, (uint64_t)bytes);
#endif
}

#endif

/* The FIN is the last byte of the queue: where anything has not left yet, it is among that. */
static void discount_fin(struct reading *reading)
{
	if (!reading_is(reading, STATE_FIN_WAIT1) && !reading_is(reading, STATE_CLOSING) &&
	    !reading_is(reading, STATE_LAST_ACK))
		return;
	if (reading_get(reading, READING_OUTQ))
		reading->value[READING_OUTQ]--;
	if (reading_get(reading, READING_NOTSENT))
		reading->value[READING_NOTSENT]--;
}

void kernel_read(int fd, int type, struct reading *reading)
{
	reading->present = 0;
	if (type == SOCK_STREAM)
		kernel_read_tcp(fd, reading);
	if (!reading_is(reading, STATE_LISTEN))
		ask_queues(fd, type, reading);
	ask_memory(fd, type, reading);
	discount_fin(reading);
}
