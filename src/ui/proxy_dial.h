// SPDX-License-Identifier: GPL-3.0-or-later
/* proxy_dial: the frontend that waits until a session to a proxy leads to somebody else, before
 * pipe mode uses it. Asks for the proxy's password on the terminal. */
#pragma once

#include "net/proxy.h"
#include "ui/ui.h"

struct proxy_dial_options {
	struct session *session; /* to the proxy; it is not read any more at the end */
	enum proxy_protocol protocol;
	struct target target;    /* its service is a number */
	const char *credentials; /* "user:password", borrowed; NULL = none */
	bool asks_password;      /* that one is wanted is no failure */
	bool nc;
	int verbose;
	/* at the end */
	enum proxy_state *state;
	struct buf *received; /* bytes of the peer that came with the answer */
};

/* app->status is 0 where it is open. */
struct ui *proxy_dial_new(const struct ui_hooks *hooks, const struct proxy_dial_options *options);

/* "user:password", of which the password is typed unseen; NULL without a terminal. The caller wipes
 * and frees it. */
char *proxy_dial_ask_password(const char *user, const char *host);
