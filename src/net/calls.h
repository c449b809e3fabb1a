// SPDX-License-Identifier: GPL-3.0-or-later
/* calls: the system calls on sockets, all of them but those that only ask the kernel (kernel.c,
 * kernel_tcp.c, diag.c) and those whose bytes nobody sees (calls_splice.c). Each function makes one call and writes it down: arguments, result, errno,
 * time, duration. The result is what the system gave: -1 with errno set for a failure. Decides
 * nothing, retries only EINTR. Descriptors come close-on-exec and non-blocking. */
#pragma once

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "net/calls_control.h"
#include "record/transcript.h"
#include "socket/endpoint.h"
#include "socket/host.h"

struct caller;
struct probe;
struct sandbox;
struct tls_parser;
struct wire;

/* Who samples the kernel around the calls of a session, and asks more of some; see net/probe.h. */
struct call_observer {
	/* Before a call on `fd`, -1 for none. True where it has sampled, which takes some time. */
	bool (*before)(const struct caller *caller, int fd, int64_t now);

	/* After it, when its entry is in the transcript. `buffered`: how long the bytes received
	 * had waited in the kernel, ns, -1 = not known. Keeps errno. */
	void (*after)(const struct caller *caller, int fd, int64_t now, int64_t buffered);

	void (*opened)(const struct caller *caller, int fd);  /* a new socket */
	void (*blocked)(const struct caller *caller, int fd); /* EAGAIN though it was ready */
	void (*queue_enabled)(const struct caller *caller);   /* an option fills the error queue */
	bool (*wants_arrival)(const struct caller *caller);   /* when the bytes came */
	bool (*wants_acknowledgement)(const struct caller *caller, int64_t now); /* of a send */

	/* Bytes of a stream were sent: `wall` is when, if its acknowledgement is awaited, else
	 * 0. */
	void (*sent)(const struct caller *caller, size_t len, int64_t wall);

	/* All bytes before `end`, the low 32 bits of it, are acknowledged since `wall`. False where
	 * no send that was asked ended there; *delay is the time since that send, ns. */
	bool (*acknowledged)(const struct caller *caller, uint32_t end, int64_t wall,
	                     uint64_t *delay);
};

/* In whose name a call is made. */
struct caller {
	struct transcript *transcript;
	uint32_t session;
	uint8_t flags; /* enum entry_flag put on every entry: ENTRY_ECHO while a service acts */
	const struct call_observer *observer; /* NULL = nobody */
	struct probe *probe;                  /* the observer's own */
	struct tls_parser *records; /* its bytes are TLS records: how far those have come that
	                               * were received, and those that were sent; NULL = they are not */
	struct sandbox *sandbox;              /* NULL = it is off */
	enum host host; /* on which its sockets are made; only of a sandbox that is on */
	struct wire *wire;                    /* what is seen on it is recorded around each call; or NULL */
	int64_t since; /* the call was asked for then, and has waited as a blocking one:
	                      * ENTRY_WAITED; 0 = now */
};

/* Whether a failed call only found nothing to do: a blocking one would have waited. */
static inline bool call_would_block(int code)
{
	return code == EAGAIN || code == EWOULDBLOCK;
}

/* call_connect() to an address of AF_UNSPEC undoes an earlier one, connect(2). Where the handshake is
 * over at once, as on loopback, the result is that of a blocking connect(), and *settled is true; else
 * it is EINPROGRESS, and call_end_connect() has the result when the socket is writable. `settled` may
 * be NULL. A client's address goes to *peer. */
int call_socket(const struct caller *caller, int family, int type);
int call_bind(const struct caller *caller, int fd, const struct endpoint *addr);
int call_listen(const struct caller *caller, int fd, int backlog);
int call_connect(const struct caller *caller, int fd, const struct endpoint *addr, bool *settled);
int call_end_connect(const struct caller *caller, int fd, const struct endpoint *addr,
                     int64_t begun);
int call_accept(const struct caller *caller, int fd, struct endpoint *peer);
int call_shutdown(const struct caller *caller, int fd, int how);
int call_close(const struct caller *caller, int fd);

/* Nothing that a session does needs it: ENTRY_WATCHING. */
int call_getsockname(const struct caller *caller, int fd, struct endpoint *addr);

/* Options with an int value; the value read back goes to *value. */
int call_set_option(const struct caller *caller, int fd, int level, int name, int value);
int call_get_option(const struct caller *caller, int fd, int level, int name, int *value);

/* Options of any form, as bytes; *len is the room, and then what the kernel gave. */
int call_set_bytes(const struct caller *caller, int fd, int level, int name, const void *value,
                   size_t len);
int call_get_bytes(const struct caller *caller, int fd, int level, int name, void *value,
                   size_t *len);

/* The next of the socket's error queue (MSG_ERRQUEUE, ip(7)): what came back for something sent.
 * False if the queue is empty. That is not recorded, nor is an acknowledgement that nobody asked
 * for. */
bool call_error_queue(const struct caller *caller, int fd, struct errqueue *error,
                      struct endpoint *offender);

/* Asks the socket to report more, or no longer; false where the system has no such thing, or
 * refuses. All but CONTROL_LOCAL, which decides where answers leave from, is asked for observation
 * alone: entries with ENTRY_WATCHING. CONTROL_ACKNOWLEDGEMENT on an established TCP connection with
 * nothing under way. */
bool call_ask(const struct caller *caller, int fd, enum control control, int family, bool on);

/* setsockopt(SO_LINGER): close() then sends RST when seconds is 0, socket(7). */
int call_set_linger(const struct caller *caller, int fd, int seconds);

/* Receives straight into the transcript, at most `most` bytes or what the present block still
 * holds, whichever is less. *data points to the bytes until the next entry is made. EAGAIN is
 * recorded, too. call_recvfrom() always has room for `most` bytes, up to what a block holds: every UDP
 * datagram fits in TRANSCRIPT_ROOM, and control_next_message() says how long others are. What of a
 * datagram does not fit in a smaller buffer is lost, as with a program's own call: ENTRY_TRUNCATED. With
 * MSG_TRUNC among the flags the result is its real length, udp(7). */
ssize_t call_recv(const struct caller *caller, int fd, size_t most, int flags, const char **data);
ssize_t call_recvfrom(const struct caller *caller, int fd, size_t most, int flags,
                      struct endpoint *from, const char **data);

/* The next message of a connection that keeps their borders, on a socket that was asked for
 * CONTROL_ARRIVAL: only a message has a time of arrival, so that an empty one, which is written down
 * as recvfrom(), is told from the end, which is recv() = 0: *ended. As much is read as with
 * call_recvfrom(). */
ssize_t call_recv_message(const struct caller *caller, int fd, size_t most, int flags,
                          const char **data, bool *ended);

/* The same on a socket that was asked for CONTROL_LOCAL, _TTL, _TOS: what a datagram was sent to, and
 * how it came, is written down. */
ssize_t call_recvmsg(const struct caller *caller, int fd, size_t most, int flags,
                     struct endpoint *from, struct arrival *arrival, const char **data);

/* Several of them by one call, at most `most`, none of which is cut: an entry for each, ENTRY_BATCH
 * says which of how many it is. `arrivals`: what each was sent to is written down, too, but not its
 * header. Returns their number; control_batched() gives them until the next call with this batch. */
int call_recvmmsg(const struct caller *caller, int fd, struct batch *batch, unsigned most,
                  bool arrivals);

/* MSG_NOSIGNAL is always added. The payload of the entry is what the kernel took. One call offers
 * of a stream at most what a block holds, but always TRANSCRIPT_ROOM, and a datagram whole. Without
 * `to` it goes to the connected peer. `data` may be that of the newest call of the transcript: it
 * outlives this one, and the samples around both. */
ssize_t call_send(const struct caller *caller, int fd, const void *data, size_t len, int flags);
ssize_t call_sendto(const struct caller *caller, int fd, const void *data, size_t len, int flags,
                    const struct endpoint *to);

/* From this address of ours, of the family of `to`: its port does not count. */
ssize_t call_sendmsg(const struct caller *caller, int fd, const void *data, size_t len, int flags,
                     const struct endpoint *to, const struct endpoint *local);

/* Has the wire follow a socket that was there before, where it can; see net/wire.h. */
void call_follow(const struct caller *caller, int fd);

/* Writes down a close() that a thread has made; `code` is its errno value. */
void call_note_close(const struct caller *caller, int64_t begun, int64_t ended, int fd, int code);

/* Writes down a name look-up that a thread has made: what was asked, what came back. `text` is the
 * addresses, one on a line, or for a failure (recorded as EHOSTUNREACH) its words; `status` is what
 * getaddrinfo() returned, 0 = success. */
void call_note_lookup(const struct caller *caller, int64_t begun, int64_t ended, const char *host,
                      const char *service, const char *text, int status);
