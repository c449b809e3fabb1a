// SPDX-License-Identifier: GPL-3.0-or-later
/* errno_meaning: what each errno value means when a socket call returns it: what happened, which
 * host said so, what to try next. One table that feeds the messages of sessions, /why, /help, TAB
 * and the manual. What a value means in one place only, from one call or on one kind of socket, is
 * a case of it: one row more. */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "base/error.h"

/* Where an errno value was met. A case fits where all that it names is so. */
enum errno_context {
	ERRNO_TCP = 1,
	ERRNO_UDP = 2,
	ERRNO_LOOPBACK = 4,   /* the peer's address is this machine */
	ERRNO_OPEN = 8,       /* within a connection */
	ERRNO_FRESH = 16,     /* never connected */
	ERRNO_FIN_SENT = 32,  /* closed here for sending */
	ERRNO_RESET = 64,     /* an RST has been met before */
	ERRNO_LISTENER = 128, /* of /listen, which sets SO_REUSEADDR on TCP */
	ERRNO_BOUND = 256,    /* to a local address that was asked for */
};

struct errno_case {
	const char *calls;  /* "recv, send": one of these; "" = any */
	unsigned context;   /* enum errno_context */
	const char *phrase; /* ends a message: "RST to our SYN: nobody listens there" */
	const char *word;   /* "refused": what has become of an attempt; or NULL */
	const char *next;   /* what to try, where that differs; or NULL */
};

struct errno_meaning {
	const char *symbol; /* "ECONNRESET", or of getaddrinfo(3): "EAI_AGAIN" */
	int code;           /* errno value, or what getaddrinfo() returned */
	const char *calls;  /* which calls return it: "connect, send, recv" */
	const char *what;   /* what happened */
	const char *who;    /* who said so: this kernel, the peer's, a router; "" where `what` says
	                     * it */
	const char *next;   /* what to try */
	const struct errno_case
	        *cases; /* the first that fits holds; ended by NULL calls; or NULL */
};

/* Ended by one with a NULL symbol; in the alphabetical order of the symbols. */
extern const struct errno_meaning errno_meaning_table[];

/* By number, an errno value or a status of getaddrinfo(); NULL where no socket call returns it. */
const struct errno_meaning *errno_meaning_numbered(int code);
const struct errno_meaning *errno_meaning_of_lookup(int status);

/* The case that holds where this call has returned it; NULL where the general words hold. */
const struct errno_case *errno_meaning_case(const char *call, int code, unsigned context);

/* What it means there: a phrase to end a message with; without a case what strerror() says. */
const char *errno_meaning_phrase(const char *call, int code, unsigned context);

/* "ECONNRESET", "econnreset", "104", "EWOULDBLOCK", or a unique prefix of a symbol, also after its
 * E; NULL with one line that names what is near. */
const struct errno_meaning *errno_meaning_find(const char *text, struct error *error);

/* In sentences: what happened, "Who says so: ...", "Next: ...", a line each. `special` may be NULL.
 * The text has no line feed at its end. */
void errno_meaning_explain(const struct errno_meaning *meaning, const struct errno_case *special,
                           struct buf *out);

/* All that is known of it: "ECONNREFUSED (111): connection refused", "From connect, send, recv.",
 * the sentences, and the cases: "connect (TCP): RST to our SYN: nobody listens there.", a line
 * each. */
void errno_meaning_print(const struct errno_meaning *meaning, struct buf *out);

/* Whether it says more than the next case, which is the same for a wider context. */
bool errno_case_differs(const struct errno_case *special);

/* "connect (TCP)": where a case fits. */
void errno_case_print_where(const struct errno_case *special, struct buf *out);
