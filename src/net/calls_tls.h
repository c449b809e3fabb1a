// SPDX-License-Identifier: GPL-3.0-or-later
/* calls_tls: SSL_read() and SSL_write(), written down as the calls of a program that speaks TLS: what was
 * written and read in clear. They move no byte over a socket: calls.h does, before and after them. */
#pragma once

#include "net/calls.h"
#include "net/tls/tls.h"

/* SSL_connect() or SSL_accept() returns: the handshake that has begun at that time is over, or has failed. */
void call_tls_handshake(const struct caller *caller, int fd, const struct tls *tls, int64_t begun);

/* SSL_shutdown(), where the connection is open and it has not been made: a close_notify. */
void call_tls_shutdown(const struct caller *caller, int fd, struct tls *tls);

/* SSL_read() = 0: the peer's close_notify has come. */
void call_tls_end(const struct caller *caller, int fd);

/* What came in one record, straight into the transcript; *data points to it until the next entry is made.
 * 0 = nothing has, and nothing is written down. */
size_t call_tls_read(const struct caller *caller, int fd, struct tls *tls, const char **data);

/* False where it has failed. `data` may be that of the newest call of the transcript. */
bool call_tls_write(const struct caller *caller, int fd, struct tls *tls, const char *data,
                    size_t len);
