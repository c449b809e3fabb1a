// SPDX-License-Identifier: GPL-3.0-or-later
/* proxy_dial: the frontend that has a proxy connect a session to the target, before pipe mode or -z
 * uses it. Asks for the proxy's password on the terminal. */
#pragma once

#include "net/proxy.h"
#include "ui/ui.h"

struct proxy_dial_options {
	struct session *session; /* to the proxy; its reading is blocked at the end */
	enum proxy_protocol protocol;
	struct target target;    /* its service is a number */
	const char *credentials; /* "user:password", borrowed; NULL = none */
	bool asks_password;      /* a proxy that wants one is no failure */
	bool nc;
	int verbose;
	/* results */
	enum proxy_state *state;
	struct buf *received; /* bytes of the peer that came with the answer */
};

/* At the end app->status is 0 when the target is reached, else 1; failures have been reported. */
struct ui *proxy_dial_new(const struct ui_hooks *hooks, const struct proxy_dial_options *options);

/* "user:password", with the password typed unseen. The caller wipes and frees it. NULL without a
 * terminal, or when nothing is typed. */
char *proxy_dial_ask_password(const char *user, const char *host);
