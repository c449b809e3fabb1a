// SPDX-License-Identifier: GPL-3.0-or-later
/* calls_control: what the files that make up calls share, and nobody else includes.
 *
 *	calls.c          making and ending, options, names; how a call is written down
 *	calls_bytes.c    sending and receiving
 *	calls_pktinfo.c  which address of ours a datagram came to, and leaves from: Linux
 *	calls_control.c   when bytes came and when they were acknowledged, and the error queue: Linux
 */
#pragma once

#include <errno.h>
#include <sys/socket.h>

#include "net/calls.h"

#define RETRY_INTERRUPTED(result, call)                                                            \
	do                                                                                         \
		(result) = (call);                                                                 \
	while ((result) < 0 && errno == EINTR)

/* ---- calls.c ---- */

/* The entry of a call that begins now. call_enter() lets the observer read the kernel first; `fd` is
 * -1 for none. Both come before transcript_reserve(). */
struct entry call_begin(const struct caller *caller, enum call call, int fd);
struct entry call_enter(const struct caller *caller, enum call call, int fd);

/* The call is over: its duration, and errno where it failed. Returns the instant. */
int64_t call_end(struct entry *entry, bool failed);

/* ---- calls_pktinfo.c ---- */

/* Takes this part of what recvmsg() gave, if it is about that. */
void locals_take(const struct cmsghdr *cmsg, struct arrival *arrival);

/* sendmsg() with a source address. */
ssize_t locals_send(int fd, const void *data, size_t len, int flags, struct sockaddr_storage *to,
                    socklen_t to_len, const struct endpoint *local);

/* ---- calls_control.c ---- */

/* recvmsg() where more is asked than recv() or, with `from`, recvfrom() tell. *buffered (NULL = not
 * asked) is how long on a socket with SO_TIMESTAMPNS the last byte, or the datagram, had lain
 * there, nanoseconds, -1 = not told; `arrival` may be NULL. */
ssize_t stamps_recv(int fd, void *place, size_t len, int flags, struct sockaddr_storage *from,
                    socklen_t *from_len, int64_t *buffered, struct arrival *arrival);

/* send() that asks to be told when its last byte is acknowledged; *wall is the wall clock then, 0
 * where the system refuses, and the bytes are sent all the same. */
ssize_t stamps_send(int fd, const void *data, size_t len, int flags, int64_t *wall);

/* True where this option, once set, brings something to the error queue. */
bool stamps_fill_queue(int level, int name);

/* The next of the error queue, from recvmsg(MSG_ERRQUEUE). */
struct queued {
	struct errqueue error; /* .info of ERRQUEUE_ACKED: the low bits of the stream position */
	struct endpoint offender;
	int64_t wall; /* of ERRQUEUE_ACKED and _LEFT: when */
};
bool stamps_next(int fd, struct queued *queued);
