// SPDX-License-Identifier: GPL-3.0-or-later
/* datagram_errors: errors that come back to a UDP socket for datagrams sent earlier: ICMP from the error
 * queue, or where a system has none from the result of a later call, udp(7). Each is told once,
 * with whom it was sent to and who says so. Part of datagram.c. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "socket/endpoint.h"
#include "base/error.h"

struct session;

bool udp_must_wait(int code); /* EAGAIN */

/* send() has failed with this errno value. True where what failed was an earlier datagram, and this
 * one has not been tried: send it again. *mtu is that of this machine's way out where this one is
 * too large for it, else 0. */
bool udp_meet_send_error(struct session *session, unsigned slot, int code, unsigned *mtu);

/* recvfrom() has failed. A socket that was said to be ready and gives nothing has something on its
 * error queue. */
void udp_meet_error(struct session *session, unsigned slot, int code, bool was_ready);

/* Why this datagram cannot be sent at all. */
void udp_say_why(struct error *error, int code, size_t len, const struct endpoint *to,
                 unsigned mtu);
