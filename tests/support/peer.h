// SPDX-License-Identifier: GPL-3.0-or-later
/* peer: the other end, for tests: ordinary and hostile TCP and UDP sockets on loopback. No root, no
 * fixed port, no thread. Every wait has a deadline in milliseconds and ends as soon as it can. A
 * failure to make a socket is -1. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "socket/endpoint.h"

enum {
	PEER_MS = 20000, /* a deadline that only a failing test reaches */
	PEER_FILL = 8,  /* most connections that peer_blackhole() makes */
};

/* False where this machine has no ::1: skip the IPv6 cases then. */
bool peer_has_ipv6(void);

int peer_listen(int family, int backlog);
int peer_listen_small(int family, int receive_buffer); /* its clients have a tiny window */
int peer_refused(int family); /* bound, not listening: refuses, and nobody else gets the port */
int peer_blackhole(int family, int fill[PEER_FILL]); /* its queue is full: more connects hang */
int peer_udp(int family);
int peer_udp_refused(int family); /* answers strangers with ICMP port unreachable */
void peer_refuse(int fd);         /* a listener or of UDP: as if closed, and nobody else gets the port */
int peer_connect(int family, uint16_t port, int ms); /* a TCP client, connected */
void peer_close_all(int *fds, size_t count);         /* each that is not -1 */

uint16_t peer_port(int fd);        /* 0 where it has none */
struct endpoint peer_addr(int fd); /* its own end */

/* poll(2): POLLIN, POLLOUT; true at an error or hang-up, too. */
bool peer_wait(int fd, short events, int ms);
int peer_accept(int listener, int ms);

/* All of it; false at the deadline or an error. */
bool peer_send(int fd, const void *data, size_t len, int ms);

/* Gathers bytes until `needle` (NULL = none) is among them, `cap - 1` are there, end of file, an
 * error or the deadline. Returns their number; a NUL follows them. */
ssize_t peer_recv_until(int fd, char *data, size_t cap, const char *needle, int ms);

/* Reads and drops: 1 at end of file, 0 when that has not come by the deadline, -errno for
 * an error. */
int peer_eof(int fd, int ms);

/* One datagram, or -1 at the deadline or an error. `from` may be NULL. */
ssize_t peer_recv_from(int fd, void *data, size_t cap, struct endpoint *from, int ms);
bool peer_send_to(int fd, const struct endpoint *to, const void *data, size_t len);

/* The same to a socket of the test itself, which has it then, or has dropped it: a loopback may
 * take its time. The receiver must not be read from meanwhile. */
bool peer_deliver(int fd, int receiver, const void *data, size_t len);

/* The system stamps nothing before the first socket asks, and then not at once. This connection asks
 * for all the others, as long as it is there. False where the system never does. */
bool peer_stamps(int fd[3]);

void peer_reset(int fd);      /* RST now; closes */
void peer_half_close(int fd); /* FIN; still reads */
