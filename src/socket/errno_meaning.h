// SPDX-License-Identifier: GPL-3.0-or-later
/* errno_meaning: what each errno value means when a socket call returns it: what happened, which host said
 * so, what to try next. One table that feeds /why, TAB and the ERRORS section of the manual. */
#pragma once

#include "base/choice.h"
#include "base/error.h"

struct errno_meaning {
	const char *symbol; /* "ECONNRESET", or of getaddrinfo(3): "EAI_AGAIN" */
	int code;           /* errno value; 0 = none, of getaddrinfo() */
	const char *calls;  /* which calls return it: "connect, send, recv" */
	const char *what;   /* what happened */
	const char *who;    /* who said so: this kernel, the peer's, a router; "" where `what` says
	                     * it */
	const char *next;   /* what to try */
};

/* Ended by one with a NULL symbol; in the alphabetical order of the symbols. */
extern const struct errno_meaning errno_meaning_table[];

extern const struct choice why_names; /* their symbols */

/* By number; NULL where no socket call returns it. */
const struct errno_meaning *errno_meaning_numbered(int code);

/* "ECONNRESET", "econnreset", "104", "EWOULDBLOCK", or a unique prefix of a symbol, also behind its
 * E; NULL with one line that names what is near. */
const struct errno_meaning *errno_meaning_find(const char *text, struct error *error);
