// SPDX-License-Identifier: GPL-3.0-or-later
/* witness: a second packet socket, read by the ordinary calls, that sees what the wire should have
 * recorded. */
#pragma once

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "record/frame_entry.h"

struct witness {
	int fd;
	int64_t offset; /* the wall clock less clock_now() */
};

struct witnessed {
	uint8_t bytes[2048];
	size_t len;
	int64_t time; /* as clock_now() */
	bool outgoing;
};

/* As near as it gets. */
static inline int64_t witness_offset(void)
{
	int64_t best = INT64_MAX, offset = 0;
	for (int i = 0; i < 100; i++) {
		struct timespec wall;
		int64_t before = clock_now();
		clock_gettime(CLOCK_REALTIME, &wall);
		int64_t after = clock_now();
		if (after - before < best) {
			best = after - before;
			offset = (int64_t)wall.tv_sec * CLOCK_S + wall.tv_nsec - before - best / 2;
		}
	}
	return offset;
}

/* `fd` is a packet socket that is bound to no protocol yet: to the interface that it is bound to, or to
 * the loopback, of which each frame is seen once. */
static inline struct witness witness_begin(int fd, bool loopback)
{
	struct sockaddr_ll addr = { .sll_family = AF_PACKET };
	socklen_t len = sizeof addr;
	int on = 1, large = 8 << 20;
	getsockname(fd, (struct sockaddr *)&addr, &len);
	addr.sll_protocol = htons(ETH_P_ALL);
	if (loopback) {
		addr.sll_ifindex = 1;
		setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on);
	}
	setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &large, sizeof large);
	if (bind(fd, (struct sockaddr *)&addr, sizeof addr) < 0)
		printf("#   witness: %s\n", strerror(errno));
	return (struct witness){ fd, witness_offset() };
}

static inline void witness_end(const struct witness *witness)
{
	close(witness->fd);
}

/* The next frame that is there already. */
static inline bool witness_next(const struct witness *witness, struct witnessed *seen)
{
	union {
		struct cmsghdr header;
		char room[128];
	} control;
	struct sockaddr_ll from;
	struct iovec piece = { seen->bytes, sizeof seen->bytes };
	struct msghdr message = { .msg_name = &from,
		                  .msg_namelen = sizeof from,
		                  .msg_iov = &piece,
		                  .msg_iovlen = 1,
		                  .msg_control = &control,
		                  .msg_controllen = sizeof control };
	ssize_t got = recvmsg(witness->fd, &message, MSG_TRUNC | MSG_DONTWAIT);
	if (got < 0)
		return false;
	seen->len = (size_t)got;
	seen->outgoing = from.sll_pkttype == PACKET_OUTGOING;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c))
		if (c->cmsg_type == SCM_TIMESTAMPNS) {
			struct timespec time;
			memcpy(&time, CMSG_DATA(c), sizeof time);
			seen->time =
			        (int64_t)time.tv_sec * CLOCK_S + time.tv_nsec - witness->offset;
		}
	return true;
}

/* The same frame, as far as it is kept. */
static inline bool witness_agrees(const struct witnessed *seen, const struct frame_note *note)
{
	size_t kept = seen->len < FRAME_KEPT ? seen->len : FRAME_KEPT;
	return note->len == seen->len && note->kept == kept &&
	       memcmp(note->bytes, seen->bytes, kept) == 0;
}
