// SPDX-License-Identifier: GPL-3.0-or-later
/* serving: the seam between a session and what serves it. A service is a struct of small functions on
 * the session; the words that a person gives it are read once, and the result is shared by a server and all
 * its clients. Knows no service and no session. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct endpoint;
struct session;

enum { SERVICE_QUEUE = 256 << 10 }; /* most bytes that a service has waiting for one client */

/* What a session calls of its service; the services themselves are in service.h. */
struct service {
	const char *name;
	const char *help;  /* for TAB, /help and the manual; the first line is a phrase */
	const char *usage; /* of the words after its name, as in command/grammar.h; NULL = none */
	bool needs_words;
	size_t state_size; /* bytes that it keeps of each session, see session_service_state() */

	/* Its words as they were typed, quotes and all: what every session of the server can see as
	 * session_service_configuration(). NULL with one line, which need not name the service. */
	void *(*configure)(const char *words, struct error *error);
	void (*configuration_freed)(void *configuration);

	bool never_reads; /* nothing is ever read */
	bool connections; /* not for datagrams */

	/* Whether a stream may be read now, where that does not depend on what waits for its own peer:
	 * a service with it passes on, and answers nothing by itself. NULL = while nothing waits. */
	bool (*takes)(const struct session *session);

	/* A client has been accepted, or is given this service; a session to a target has been opened.
	 * NULL = nothing to do. */
	void (*opened)(struct session *session);

	/* Bytes of a stream, or one datagram of `from`. They stay valid until the next call on a
	 * session. NULL = nobody answers but a person. */
	void (*data)(struct session *session, const struct endpoint *from, const char *data,
	             size_t len);

	/* A stream has room: what was written has left the queue, and the kernel takes more. Called
	 * once after something was written, or was refused for want of room. NULL = never. */
	void (*ready)(struct session *session);

	/* Nobody receives the datagrams that are sent to this peer. It may be in the middle of sending:
	 * nothing is sent from here. NULL = nothing to do. */
	void (*refused)(struct session *session, const struct endpoint *peer);

	/* The instant of session_wake_service() has come. */
	void (*woken)(struct session *session);

	/* The peer has sent FIN. NULL = close when everything queued is out. */
	void (*ended)(struct session *session);

	/* The session has ended, by FIN, RST or a failure: session_end() says which. It is closed, and
	 * its state is still there. */
	void (*over)(struct session *session);

	/* A person has typed this for all clients of the server. NULL: a listener takes no text, and
	 * that of a datagram socket goes to a peer. */
	bool (*typed)(struct session *server, const char *data, size_t len, struct error *error);

	/* The session is over, or has another service now: releases what the state holds. NULL =
	 * nothing. */
	void (*freed)(void *state);
};

/* A service with the words that a person has given it. A server and its clients share one: counted. */
struct serving {
	const struct service *service;
	void *configuration; /* NULL without words */
	bool iterative;      /* a listener has one client at a time */
	char *words;         /* as they were typed, "" for none */
	unsigned users;
};

/* Takes over the configuration; has one user. */
struct serving *serving_new(const struct service *service, void *configuration, const char *words,
                            bool iterative);
struct serving *serving_share(struct serving *serving); /* NULL is shared, too */
void serving_release(struct serving *serving);
