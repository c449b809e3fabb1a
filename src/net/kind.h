// SPDX-License-Identifier: GPL-3.0-or-later
/* kind: what the files that make up sessions share, and nobody else includes: the inside of a
 *session, and the table of what differs between a TCP conversation, a UDP socket and a listener.
 *
 *	session.c   life, state lines, looking: the same for every kind
 *	act.c       making and acting, the same for every kind
 *	search.c    from a target to addresses: the look-ups, the time limit
 *	connect.c   every address in turn, and the story of it
 *	bound.c     sockets that wait on an address
 *	stream.c    TCP: the queue, FIN, RST        udp.c   datagrams and peers        listener.c
 *clients sessions.c  the table */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/buf.h"
#include "net/calls.h"
#include "net/pace.h"
#include "net/peers.h"
#include "net/resolve.h"
#include "net/session.h"
#include "net/sessions.h"

enum {
	SESSION_SOCKETS = 4, /* most descriptors of one session: a listener has one per address */
	SESSION_TURN = 1 << 20, /* most bytes that one session moves in one direction in a turn */
	SESSION_BACKLOG = 1 << 18, /* with so many bytes of datagrams waiting, no more are read */
};

struct kind {
	enum session_kind kind;
	int type;                               /* SOCK_STREAM, SOCK_DGRAM */
	void (*found)(struct session *session); /* the addresses are known */

	/* connect() has succeeded, after so long. */
	void (*opened)(struct session *session, const char *took);

	/* A turn, where it is open or listening. */
	void (*prepare)(struct session *session, struct poller *poller);
	void (*serve)(struct session *session, const struct poller *poller);

	bool (*send)(struct session *session, const struct addr *to, const void *data, size_t len,
	             struct error *error);
	bool (*shutdown)(struct session *session, int how, struct error *error);
	void (*flush)(struct session *session); /* open: sends what the kernel takes now */
	const char *(*state_name)(const struct session *session);
};

extern const struct kind stream_kind, udp_kind, listener_kind;

/* From making to open or listening: what is looked up, which address is tried. */
struct search {
	struct lookup *lookup;
	bool local_known; /* the local address has been looked up, or none was asked for */
	struct lookup_answer local, remote;
	size_t next;          /* the address that is tried, or will be */
	int64_t begun, tried; /* clock_now(): all of it, this address */
	struct buf story;     /* what became of the addresses tried so far */
};

/* How a session was made, so that it can be made again. Clients of a listener have none. */
struct recipe {
	struct target target;
	struct session_options options; /* without its strings */
	char *local_host, *local_port;  /* NULL where none was given */
	bool listening;
};

struct session {
	/* what every turn looks at */
	const struct kind *kind;
	struct sessions *sessions;
	enum session_state state;
	int fd[SESSION_SOCKETS];
	unsigned fd_count;
	bool held;        /* nothing is read: who reads us is stuck */
	bool peer_closed; /* recv() = 0 */
	bool read_shut;   /* we have shut reading */
	bool shut;        /* no more is taken for sending; FIN follows the last byte */
	bool fin_sent;
	bool broken;      /* send() met a reset: only what has already come is still read */
	bool due;         /* begins in the next turn: an old descriptor may still hold the port */
	struct buf queue; /* TCP: bytes. UDP: datagrams, each behind a struct datagram */
	size_t unsent;    /* bytes of payload in it */
	const struct service *service;
	struct caller caller;
	struct session_counts counts;
	uint64_t news;

	/* who it is */
	char name[SESSION_NAME];
	bool named;        /* by a person */
	uint32_t listener; /* number of the one that accepted it, 0 = none */
	enum session_end end;
	struct addr local[SESSION_SOCKETS], peer;
	struct recipe *recipe;
	struct search *search;

	/* UDP */
	bool connected;     /* connect() was called: ICMP errors come back, strangers do not */
	bool guarded;       /* has said that it does not answer small services */
	unsigned chosen;    /* number of the peer that plain lines go to, 0 = the last writer */
	struct addr writer; /* who wrote last, or whom we wrote to before anybody did */
	struct peers peers;

	/* listener, and bursts of datagrams */
	struct pace pace;
	size_t clients;
	bool full;          /* has said that it has no descriptor for a client */
	int64_t rest_until; /* nobody is accepted before, unless a descriptor is closed; 0 =
	                     * no rest */
	uint64_t freed_seen;
};

/* ---- session.c ---- */

struct session *session_new(struct sessions *sessions, const struct kind *kind);
void session_free(
        struct session *session); /* its descriptors are closed at the next sessions_reap() */

/* A client that a listener has accepted; it stands in the table, and its service has been told. */
void session_welcome(struct session *listener, int fd, const struct addr *local,
                     const struct addr *peer);

void session_prepare(struct session *session, struct poller *poller);
void session_serve(struct session *session, const struct poller *poller);

/* Writes a CALL_STATE entry; `flags` are enum entry_flag. */
void session_tell(struct session *session, unsigned flags, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

/* Closes: gives away descriptors and queue; `format` is the last state line, NULL = it has been
 * told. */
void session_finish(struct session *session, enum session_end end, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

/* Counts what has come and shows it to the tap; then the service has it. `from` is NULL for a
 * stream. */
void session_received(struct session *session, const char *data, size_t len);
void session_answer(struct session *session, const struct addr *from, const char *data, size_t len);

/* The service speaks: calls made until the second one are flagged ENTRY_ECHO. */
void session_begin_service(struct session *session);
void session_end_service(struct session *session);

/* socket(), and refuses a descriptor that select() cannot watch: -1 with errno ERANGE, told. */
int session_socket(struct session *session, int family);
void session_drop_socket(struct session *session, int fd);

/* "A ⇄ B", in ASCII where the locale wants it. Returns `out`. */
enum { SESSION_PAIR = 2 * ADDR_TEXT + 8 };
const char *session_pair(const struct session *session, char out[SESSION_PAIR]);

/* ---- act.c ---- */

/* "host:port" cut to a name, the port whole; "echo:7001". Nothing if a person has named the
 * session. */
void session_make_name(struct session *session, const char *host, const char *port);

void session_name_server(struct session *session, const char *port);

/* ---- search.c ---- */

void search_begin(struct session *session);
void search_prepare(const struct session *session, struct poller *poller);
void search_serve(struct session *session, const struct poller *poller);
void search_end(struct session *session);
int64_t search_deadline(const struct session *session); /* INT64_MAX = none */

/* ---- connect.c ---- */

void connect_next(
        struct session *session); /* tries the address whose turn it is, and those after it */
void connect_serve(struct session *session);  /* the descriptor is ready: how did it end? */
void connect_expire(struct session *session); /* the time limit is over */

/* ---- bound.c ---- */

/* Binds (and for TCP listens) on every address found. False: it has been told and the session is
 * closed. */
bool bound_open(struct session *session, const char *verb);

/* ---- stream.c, udp.c ---- */

void stream_settle(
        struct session *session); /* FIN when the queue is out, closed when both sides are */
struct addr udp_peer(const struct session *session);

/* ---- sessions.c ---- */

uint32_t sessions_add(struct sessions *sessions, struct session *session);
void sessions_announce(struct sessions *sessions, struct session *session);
void sessions_count_ended(struct sessions *sessions); /* one more that a listener had accepted */
void sessions_show(struct sessions *sessions, struct session *session, const char *data,
                   size_t len);

/* Closed, or freed, at the next sessions_reap(): no descriptor's number is used twice in
 * one turn. */
void sessions_doom(struct sessions *sessions, const struct caller *caller, int fd);
void sessions_doom_lookup(struct sessions *sessions, struct lookup *lookup);
bool sessions_have_doomed(const struct sessions *sessions); /* is a socket waiting to be closed? */
uint64_t sessions_freed(const struct sessions *sessions);   /* descriptors closed so far */
size_t sessions_share(const struct sessions *sessions); /* bytes a session may read in this turn */
