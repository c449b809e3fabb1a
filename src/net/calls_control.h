// SPDX-License-Identifier: GPL-3.0-or-later
/* calls_control: what calls carry beside their bytes: control messages, cmsg(3), and the error
 * queue, ip(7). They say when bytes came and when they were acknowledged, which address of ours a
 * datagram came to and leaves from, and what came back for one. Linux; elsewhere nothing is asked
 * and nothing is known. Writes nothing down: calls.c does. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "record/entry.h"
#include "socket/endpoint.h"
#include "socket/transport.h"

/* What a socket can be asked to report. */
enum control {
	CONTROL_ARRIVAL,         /* when bytes came */
	CONTROL_ACKNOWLEDGEMENT, /* when bytes of a stream are acknowledged; each send asks itself */
	CONTROL_ERROR,           /* ICMP errors, on the error queue */
	CONTROL_LOCAL,           /* which address of ours a datagram came to, on which interface */
	CONTROL_TTL,             /* the time to live, or hop limit, with which it came */
	CONTROL_TOS,             /* its type of service, or traffic class */
};

/* The option that asks for it on a socket of this family; false where the system has none. */
bool control_option(enum control control, int family, int *level, int *number, int *value);

/* Whether that is what this option asks for. */
bool control_is_option(enum control control, int level, int number);

/* What a datagram was sent to, and from which address of this machine it is to be answered: the
 * same, or for a broadcast or multicast that of the interface (ip(7), ipi_spec_dst). AF_UNSPEC
 * where the system does not say. Neither has a port. `to` has the name of the interface if that is
 * asked. A ttl of 0 is not known. */
struct arrival {
	bool asks_interface;
	struct endpoint to, local;
	uint8_t ttl, tos;
};

/* recvmsg() where more is asked than recv() or, with `from`, recvfrom() report. *buffered (NULL =
 * not asked) is how long the last byte, or the datagram, had waited, ns; -1 = not known. `arrival`
 * may be NULL. */
ssize_t control_recv(int fd, void *place, size_t len, int flags, struct sockaddr_storage *from,
                     socklen_t *from_len, int64_t *buffered, struct arrival *arrival);

/* recvmmsg(2): several datagrams by one call. Their bytes, and what is known of each, stay until the
 * next one. NULL where the system has no such call; owned by the caller. */
enum { CONTROL_BATCH = 64, CONTROL_BATCH_ROOM = 1 << 16 }; /* any datagram fits */
struct batch;
struct batch *control_batch_new(void);
void control_batch_free(struct batch *batch);

struct batched {
	const char *data;
	size_t len;
	struct endpoint from;
	struct arrival arrival; /* only its addresses */
};

/* At most `most`. Returns their number, at least 1, or -1 with errno. */
int control_recv_batch(int fd, struct batch *batch, unsigned most);
struct batched *control_batched(struct batch *batch, unsigned index);

/* The length of the next datagram or message if it is more than `most` bytes, else `most`: of a UNIX
 * socket, where the sender's buffer alone is the limit. Only looks, and is not written down. */
size_t control_next_message(int fd, enum transport transport, size_t most);

/* send() that asks for a report when its last byte is acknowledged; *wall is the wall clock then, 0
 * where the system refuses, and the bytes are sent all the same. */
ssize_t control_send(int fd, const void *data, size_t len, int flags, int64_t *wall);

/* sendto() from this address of ours. */
ssize_t control_send_from(int fd, const void *data, size_t len, int flags,
                          struct sockaddr_storage *to, socklen_t to_len,
                          const struct endpoint *local);

/* An interface of the network that the socket is in: its number, 0 for none of this name; its name,
 * "" for none of this number. */
uint32_t control_interface(int fd, const char *name);
void control_interface_name(int fd, int number, char out[ENDPOINT_INTERFACE]);

/* Its first IPv4 address, asked on a socket of IPv4. False for none. */
bool control_interface_ipv4(int fd, const char *name, uint8_t ip[4]);

/* The next of the error queue; false where it is empty. */
struct queued {
	struct errqueue error; /* .info of ERRQUEUE_ACKED: the low bits of the stream position */
	struct endpoint offender;
	int64_t wall; /* of ERRQUEUE_ACKED and _LEFT: when */
};
bool control_next_error(int fd, struct queued *queued);
