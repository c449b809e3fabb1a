// SPDX-License-Identifier: GPL-3.0-or-later
/* errno_meaning: what an errno value means when a socket call returns it: what happened, which host
 * reported it, what to try next. One table feeds the messages of sessions, /why, /help, TAB and the
 * manual. What a value means in a special case, from one call or on one kind of socket, is one row
 * of its cases. */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "base/error.h"

/* Where a call failed. A case fits where all that it names holds. */
enum errno_context {
	ERRNO_TCP = 1,
	ERRNO_UDP = 2,
	ERRNO_UNIX = 4,       /* of a path, streams and datagrams */
	ERRNO_LOOPBACK = 8,   /* the peer's address is this machine */
	ERRNO_OPEN = 16,      /* within a connection */
	ERRNO_FRESH = 32,     /* never connected */
	ERRNO_FIN_SENT = 64,  /* closed here for sending */
	ERRNO_RESET = 128,    /* after an RST */
	ERRNO_LISTENER = 256, /* of /listen, which sets SO_REUSEADDR on TCP */
	ERRNO_BOUND = 512,    /* to a local address that the user gave */
	ERRNO_SANDBOX = 1024, /* on a host of the sandbox */
	ERRNO_GROUP = 2048,   /* about a multicast group */
};

struct errno_case {
	const char *calls;  /* "recv, send": one of these; "" = any */
	unsigned context;   /* enum errno_context */
	const char *phrase; /* ends a message: "RST to our SYN: nobody listens there" */
	const char *word;   /* "refused": the end of an attempt to connect; or NULL */
	const char *next;   /* what to try, where that differs; or NULL */
};

struct errno_meaning {
	const char *symbol; /* "ECONNRESET", or of getaddrinfo(3): "EAI_AGAIN" */
	int code;           /* errno value, or what getaddrinfo() returned */
	const char *calls;  /* which calls return it: "connect, send, recv" */
	const char *what;   /* what happened */
	const char *who;    /* who reports it: this kernel, the peer's, a router; "" where `what`
	                     * says it */
	const char *next;   /* what to try */
	const struct errno_case
	        *cases; /* the first that fits holds; ended by NULL calls; or NULL */
};

/* Ended by one with a NULL symbol; in the alphabetical order of the symbols. */
extern const struct errno_meaning errno_meaning_table[];

/* By number, an errno value or a status of getaddrinfo(); NULL where no socket call returns it. */
const struct errno_meaning *errno_meaning_numbered(int code);
const struct errno_meaning *errno_meaning_of_lookup(int status);

/* The first case that fits; NULL where none does. */
const struct errno_case *errno_meaning_case(const char *call, int code, unsigned context);

/* A phrase to end a message with: that of the case, else what strerror() says. */
const char *errno_meaning_phrase(const char *call, int code, unsigned context);

/* By symbol, number or unique prefix: "ECONNRESET", "econnreset", "104", "connres". NULL with one
 * line that suggests what is near. */
const struct errno_meaning *errno_meaning_find(const char *text, struct error *error);

/* Appends sentences: what happened, "Who says so: ...", "Next: ...", a line each, without a line
 * feed at the end. `special` may be NULL. */
void errno_meaning_explain(const struct errno_meaning *meaning, const struct errno_case *special,
                           struct buf *out);

/* Appends all that is known, a line each: "ECONNREFUSED (111): connection refused", "From connect,
 * send, recv.", the sentences, and the cases: "connect (TCP): RST to our SYN: nobody listens
 * there." */
void errno_meaning_print(const struct errno_meaning *meaning, struct buf *out);

/* False where the next case says the same of a wider context. */
bool errno_case_differs(const struct errno_case *special);

/* "connect (TCP)": where a case fits. */
void errno_case_print_where(const struct errno_case *special, struct buf *out);
