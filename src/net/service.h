// SPDX-License-Identifier: GPL-3.0-or-later
/* service: what a server does with what it reads: none (a person answers), echo (RFC 862), discard
 * (RFC 863), hello (greets and closes; on UDP it answers each datagram). A table of small functions
 * on the session; a new service is one more entry. Small UDP services never answer a port below
 * 1024 that is one of theirs (7, 9, 13, 17, 19, 37), so that no two of them can be set to talk to
 * each other for ever. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/addr.h"

struct session;

struct service {
	const char *name;
	const char *help; /* one line for TAB, /help and the manual */

	/* A client has been accepted. NULL = nothing to do. */
	void (*opened)(struct session *session);

	/* Bytes of a stream, or one datagram of `from`. They stay valid until the next call on a
	 * session. */
	void (*data)(struct session *session, const struct addr *from, const char *data,
	             size_t len);

	/* The peer has sent FIN. NULL = close when everything queued is out. */
	void (*ended)(struct session *session);
};

/* All of them, ended by one with a NULL name. The first is "none". */
extern const struct service service_table[];

const struct service *service_find(const char *name);
