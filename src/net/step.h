// SPDX-License-Identifier: GPL-3.0-or-later
/* step: the socket calls that a person makes one by one, on a session that is paused or was made by
 * sessions_make_socket(). Each is one call, whatever the kernel says to it; where a blocking call would
 * sleep it waits in the session without blocking anything, and can be cancelled. Knows no kind of
 * session: what differs between them is in their struct session_ops. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/poller.h"
#include "net/resolve.h"
#include "net/session.h"
#include "record/entry.h"

/* On the first socket of the session. False with errno's line; what comes later is reported in the
 * transcript. bind() and connect() may look a name up first, off the loop, and take the first address
 * of it; without a host bind() takes 127.0.0.1 or ::1, for "*" every address. connect() and accept()
 * wait where a blocking one would. A client accepted here is paused like its listener; `name` may be
 * NULL. */
bool step_bind(struct session *session, const char *host, const char *port, struct error *error);
bool step_listen(struct session *session, int backlog, struct error *error);
bool step_connect(struct session *session, const char *host, const char *port, struct error *error);
bool step_accept(struct session *session, const char *name, struct error *error);

/* One recv() or recvfrom() into a buffer of `most` bytes, at most STEP_RECV_MOST, on a paused
 * session; it waits where a blocking one would, with RECV_ALL until that many bytes have arrived.
 * Bytes read like this do not reach the service. */
enum { STEP_RECV_MOST = 1000000 };
enum recv_how { RECV_PLAIN, RECV_PEEK, RECV_URGENT, RECV_ALL };
bool step_recv(struct session *session, size_t most, enum recv_how how, struct error *error);

/* send(MSG_OOB), at once or not at all. */
bool step_send_urgent(struct session *session, unsigned char byte, struct error *error);

/* A paused session reads and accepts nothing by itself, and does not close by itself when both sides
 * have sent FIN. When reading goes on its service is told what it has missed. session_send() is one
 * send() then: what the kernel does not take waits, and nothing more can be sent meanwhile. */
bool step_pause(struct session *session, bool pause, struct error *error);

/* Ends what session_waiting() names, or the wait for reconnecting, and reports it; false where
 * nothing waits. What connect() has begun is taken back. */
bool step_cancel(struct session *session);

/* ---- for sessions ---- */

/* The call of a person that a blocking socket would sleep in. */
enum step_call { STEP_LOOKUP, STEP_CONNECT, STEP_ACCEPT, STEP_RECV, STEP_SEND };

enum { STEP_TEXT = 400 };

struct step {
	enum step_call call;
	char text[STEP_TEXT]; /* "recv(1024)" */
	int64_t since;        /* when it was asked for */
	bool waited;          /* it was not made at once */

	/* STEP_LOOKUP, for bind() or connect() */
	struct lookup *lookup;
	struct lookup_query query;
	bool binds;

	struct endpoint addr;    /* STEP_CONNECT: to whom */
	char name[SESSION_NAME]; /* STEP_ACCEPT: of the client, "" = none chosen */

	/* STEP_RECV */
	size_t most;
	enum recv_how how;
	int low; /* SO_RCVLOWAT as it was before RECV_ALL has raised it, 0 = it has not */
};

/* What a call by hand has come to. */
enum step_end { STEP_DONE, STEP_FAILED, STEP_WAITS };

/* True where a person makes the calls, or one is under way: then step_prepare() and step_serve()
 * are its turn. */
bool step_drives(const struct session *session);
void step_prepare(struct session *session, struct poller *poller);

/* Something waits in the kernel for a person to take it: select() does not tell when more comes. */
bool step_may_grow(const struct session *session);

void step_serve(struct session *session, const struct poller *poller);

/* Writes a call down as the one that waits, also while it is only tried. */
struct step *step_begin(struct session *session, enum step_call call, const char *format, ...)
        __attribute__((format(printf, 3, 4)));
void step_drop(struct session *session);    /* and makes no call */
void step_abandon(struct session *session); /* the same, and tells, unless it is a send() */

/* False, and told in `error`, where it has no socket, or another call waits. */
bool step_may_begin(const struct session *session, struct error *error);
bool step_must_be_paused(const struct session *session, const char *does, struct error *error);

/* "bind(127.0.0.1:80) = -1 EACCES: ports below 1024 are the superuser's". Returns false. */
bool step_fail(const struct session *session, enum call call, const char *text, int code,
               struct error *error);

/* For caller.since: 0 where the call did not have to wait. */
int64_t step_since(const struct session *session);

/* Of its first socket, also one without an address. */
int step_family(const struct session *session);

enum step_end looked_up(struct session *session, struct error *error); /* the answer is there */
enum step_end connect_answered(struct session *session,
                               struct error *error); /* so is connect()'s */
enum step_end accept_step(struct session *session, unsigned slot, struct error *error);
enum step_end receive_step(struct session *session, unsigned slot, struct error *error);
bool step_send(struct session *session, const struct endpoint *to, const void *data, size_t len,
               struct error *error);
void step_lower(struct session *session); /* puts SO_RCVLOWAT back */
