// SPDX-License-Identifier: GPL-3.0-or-later
/* calls_tls: SSL_read() and SSL_write(), written down as the calls of a program that speaks TLS: what was
 * written and read in clear. They move no byte over a socket: calls.h does, before and after them. */
#pragma once

#include "net/calls.h"
#include "net/tls/tls.h"

/* What came in one record, straight into the transcript; *data points to it until the next entry is made.
 * 0 = nothing has, and nothing is written down. */
size_t call_tls_read(const struct caller *caller, int fd, struct tls *tls, const char **data);

/* False where it has failed. `data` may be that of the newest call of the transcript. */
bool call_tls_write(const struct caller *caller, int fd, struct tls *tls, const char *data,
                    size_t len);
