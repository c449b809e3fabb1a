// SPDX-License-Identifier: GPL-3.0-or-later
/* step: the socket calls that a person makes one by one, on a session that is paused or was made by
 * sessions_make_socket(). Each is one call, whatever the kernel says to it; where a blocking call
 * would sleep it waits in the session without blocking anything, and can be cancelled. Knows no
 * kind of session: what differs between them is in their struct session_ops. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/poller.h"
#include "net/session.h"

/* On the first socket of the session. False with errno's line; what comes later is reported in the
 * transcript. bind() and connect() may look a name up first, off the loop, and take the first
 * address of it; without a host bind() takes 127.0.0.1 or ::1, for "*" every address. connect() and
 * accept() wait where a blocking one would. A client accepted here is paused like its listener;
 * `name` may be NULL. */
bool step_bind(struct session *session, const char *host, const char *port, struct error *error);
bool step_listen(struct session *session, int backlog, struct error *error);
bool step_connect(struct session *session, const char *host, const char *port, struct error *error);
bool step_accept(struct session *session, const char *name, struct error *error);

/* connect() with an address of no family, which undoes that of a datagram socket. */
bool step_disconnect(struct session *session, struct error *error);

/* One recv() or recvfrom() into a buffer of `most` bytes, at most SESSION_RECV_MOST, on a paused
 * session; it waits where a blocking one would, with RECV_ALL until that many bytes have arrived.
 * Bytes read like this do not reach the service. */
bool step_recv(struct session *session, size_t most, enum recv_how how, struct error *error);

/* send(MSG_OOB), at once or not at all. */
bool step_send_urgent(struct session *session, unsigned char byte, struct error *error);

/* A paused session reads and accepts nothing by itself, and does not close by itself when both
 * sides have sent FIN. When reading goes on its service gets the events that it has missed.
 * session_send() is one send() then: what the kernel does not take waits, and nothing more can be
 * sent meanwhile. */
bool step_pause(struct session *session, bool pause, struct error *error);

/* Ends the call that session_waiting() names, or the wait for reconnecting, and reports that; false
 * if nothing waits. A connect() by hand that is under way is undone; a session that is being opened, or
 * whose TLS handshake is under way, is closed. */
bool step_cancel(struct session *session);

/* A turn, where session_is_by_hand(). */
void step_prepare(struct session *session, struct poller *poller);
void step_serve(struct session *session, const struct poller *poller);
