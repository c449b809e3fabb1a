// SPDX-License-Identifier: GPL-3.0-or-later
/* proxy: asks a proxy for a connection to a target: SOCKS5 (RFC 1928), SOCKS4 with names, HTTP
 * CONNECT (RFC 9110, 9.3.6). Bytes in, bytes out; makes no call. Owns what has come of an answer. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"
#include "net/target.h"

enum proxy_protocol { PROXY_SOCKS5, PROXY_SOCKS4, PROXY_CONNECT };

enum proxy_state {
	PROXY_WAITS, /* for more of the answer */
	PROXY_OPEN,  /* what follows is the peer's */
	PROXY_WANTS_PASSWORD,
	PROXY_REFUSED,
};

struct proxy {
	enum proxy_protocol protocol;
	const struct target *target; /* borrowed; its service is a number */
	bool greeted;                /* SOCKS5: the request has been sent */
	struct buf answer;
};

/* Appends to `out` what is to be sent first. `credentials` is "user:password", for CONNECT only, or
 * NULL. False with one line when the protocol cannot express the target. */
bool proxy_begin(struct proxy *proxy, enum proxy_protocol protocol, const struct target *target,
                 const char *credentials, struct buf *out, struct error *error);

/* Bytes have come. Appends to `out` what is to be sent next; once it is open, proxy->answer holds the
 * bytes after the answer, which are the peer's. Sets `error` for the last two states. */
enum proxy_state proxy_receive(struct proxy *proxy, const char *data, size_t len, struct buf *out,
                               struct error *error);
void proxy_end(struct proxy *proxy);
