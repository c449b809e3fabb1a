// SPDX-License-Identifier: GPL-3.0-or-later
/* calls_tls: SSL_connect(3), SSL_accept(3), SSL_read(3), SSL_write(3) and SSL_shutdown(3), recorded as the calls
 * of a program that speaks TLS: the settings, what was agreed on, and the clear text. They move no byte over a
 * socket: calls.h does, before and after them. */
#pragma once

#include "net/calls.h"
#include "net/tls/tls.h"

/* SSL_connect() or SSL_accept() returns: the handshake that began at that time (clock_now()) is over, or has
 * failed. */
void call_tls_handshake(const struct caller *caller, int fd, const struct tls *tls, int64_t begun);

/* SSL_shutdown() makes a close_notify; nothing is recorded where there can be none, see tls_close(). */
void call_tls_shutdown(const struct caller *caller, int fd, struct tls *tls);

/* SSL_read() = 0: the peer's close_notify has come. */
void call_tls_end(const struct caller *caller, int fd);

/* SSL_read() of one record, straight into the transcript: returns bytes, and *data points to them until the
 * next entry is made. 0 = there are none, and nothing is recorded. */
size_t call_tls_read(const struct caller *caller, int fd, struct tls *tls, const char **data);

/* SSL_write() of all bytes, in as many calls as the transcript's blocks need. `data` may be what the newest entry
 * of the transcript has. False where it has failed. */
bool call_tls_write(const struct caller *caller, int fd, struct tls *tls, const char *data,
                    size_t len);
