// SPDX-License-Identifier: GPL-3.0-or-later
/* session_internal: what the files that make up sessions share, and nobody else includes: the inside of a
 * session, and the table of what differs between a TCP conversation, a UDP socket and a listener.
 *
 *	session.c     life, state lines, looking: the same for every kind
 *	session_operations.c         making and acting, the same for every kind
 *	dial.c      from a target to addresses: the look-ups, the time limit
 *	connect.c     the addresses in turn and side by side, and the story of it
 *	bind.c       sockets that wait on an address
 *	stream.c      TCP: the queue, FIN, RST
 *	datagram.c         datagrams and peers; datagram_errors.c  what came back for them;
 *	              answer_loop.c  services that would answer each other forever
 *	listener.c    clients
 *	sessions.c    the table
 *	probe_timer.c     looks at the kernel while something is under way
 *	lingering.c   follows connections after close()
 *	reconnect.c   opening what has ended
 *	option.c      getsockopt() and setsockopt() for a person
 *	step.c        the call of a person that waits, pausing
 *	step_open.c   socket, bind, listen, connect by hand; step_move.c  recv, accept, send */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "socket/endpoint.h"
#include "base/buf.h"
#include "net/calls.h"
#include "net/option.h"
#include "net/pace.h"
#include "net/peers.h"
#include "net/reconnect.h"
#include "net/resolve.h"
#include "net/secrets.h"
#include "net/session.h"
#include "net/sessions.h"
#include "net/step.h"
#include "net/probe.h"

enum {
	SESSION_SOCKETS = 4, /* most descriptors of one session: a listener has one per address */
	SESSION_BUFFER =
	        1 << 16, /* what a recv() asks for, as programs do, until that is too little */
	SESSION_TURN = 1 << 20, /* most bytes that one session moves in one direction in a turn */
	SESSION_BACKLOG = 1 << 18, /* with so many bytes of datagrams waiting, no more are read */
	SESSION_QUEUE = 64 << 20, /* most bytes waiting to be sent, where the options say nothing */
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

	bool (*send)(struct session *session, const struct endpoint *to, const void *data,
	             size_t len, struct error *error);
	bool (*shutdown)(struct session *session, int how, struct error *error);
	void (*flush)(struct session *session); /* open: sends what the kernel takes now */
	enum tcp_state (*tcp_state)(const struct session *session); /* while it is open */
};

extern const struct kind stream_kind, datagram_kind, listener_kind;

/* A connect() that is under way on the session's socket of the same index. */
struct attempt {
	size_t number; /* of the address, from 0 */
	int64_t begun;
};

/* From making to open or listening: what is looked up, which addresses are tried. */
struct dial {
	struct lookup *lookup;
	bool local_known; /* the local address has been looked up, or none was asked for */
	struct lookup_answer local, remote;
	size_t next;     /* the address that is tried next */
	int64_t begun;   /* clock_now() */
	int64_t next_at; /* when that begins though others are under way; INT64_MAX = never */
	struct attempt attempt[SESSION_SOCKETS];
	struct buf attempt_log; /* what became of the addresses tried so far, */
	size_t reported;        /* this much of it is a line in the transcript, */
	int64_t report_at;      /* and the rest will be then; INT64_MAX = there is none */
};

/* How a session was made, so that it can be made again. Clients of a listener have none. */
struct open_parameters {
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
	bool large_reads; /* the last recv() gave a full buffer: much is asked for at once */
	bool peer_closed; /* recv() = 0 */
	bool read_shut;   /* we have shut reading */
	bool shut;        /* no more is taken for sending; FIN follows the last byte */
	bool fin_sent;
	bool lingers;     /* SO_LINGER with a time: close() would sleep */
	bool broken;      /* send() met a reset: only what has already come is still read */
	bool due;         /* begins in the next turn: an old descriptor may still hold the port */
	struct buf queue; /* TCP: bytes. UDP: datagrams, each behind a struct datagram */
	size_t unsent;    /* bytes of payload in it */
	struct secrets secrets; /* TCP: which of them; of a datagram its own flags say it */
	const struct service *service;
	bool paused; /* nothing is read or accepted by itself: a person makes the calls */
	struct caller caller;
	struct probe probe;
	struct session_counts counts;
	uint64_t news;

	/* who it is */
	char name[SESSION_NAME];
	bool named;        /* by a person */
	enum eol eol;      /* what a typed line ends with */
	uint32_t listener; /* number of the one that accepted it, 0 = none */
	enum session_end end;
	bool was_open; /* or listening, or had a socket of a person's own, at any time */
	struct endpoint local[SESSION_SOCKETS], peer;
	struct open_parameters *open_parameters;
	struct kept_option *kept; /* what a person has set by /option, for the next socket, too */
	struct dial *dial;

	/* this connection, and the next one; see reconnect.c */
	uint64_t life;        /* position in the transcript from which on its entries are */
	uint64_t sent_before; /* counts.sent_bytes when it began */
	int64_t begun;        /* clock_now() */
	bool ended_here;      /* a person has closed it, or its sending side */
	bool hopeless;        /* this machine refused: trying again does not help */
	int64_t pause;        /* before it was opened again by itself, ns; 0 = it was not */
	int64_t again_at;     /* clock_now() when it will be; 0 = it will not */

	/* step by step, see step.c */
	bool stepped;      /* made by sessions_make_socket() */
	bool greeting_due; /* its service has not been told of the client, */
	bool fin_due;      /* and not of its FIN: what was paused */
	struct step *step; /* the call that waits, NULL = none */
	unsigned
	        readable_unexplained; /* a bit per socket: select() calls it readable, and the kernel's
	                    * reading not why */

	/* UDP */
	bool connected;  /* connect() was called: ICMP errors come back, strangers do not */
	bool only;       /* the same without connect(): others than `peer` are dropped here */
	bool asks_local; /* IP_PKTINFO is on: recvmsg() reports which address was asked */
	bool loop_guard_announced; /* has said that it does not answer small services */
	unsigned chosen;        /* number of the peer that plain lines go to, 0 = the last writer */
	struct endpoint writer; /* who wrote last, or whom we wrote to before anybody did */
	struct peers peers;

	/* listener, and bursts of datagrams */
	struct pace pace;
	size_t clients;
	bool made_room;     /* has said that it closes clients to make room */
	int other_fds;      /* most descriptors seen in use that are not a session's */
	bool full;          /* has said that it has no descriptor for a client */
	int64_t rest_until; /* nobody is accepted before, unless a descriptor is closed; 0 =
	                     * no rest */
	uint64_t freed_seen;
};

/* ---- session.c ---- */

struct session *session_new(struct sessions *sessions, const struct kind *kind);
void session_free(
        struct session *session); /* its descriptors are closed at the next sessions_reap() */

/* A client that a listener has accepted; it stands in the table, is paused where the listener is,
 * and else its service has been told. */
struct session *session_accept_client(struct session *listener, int fd,
                                      const struct endpoint *local, const struct endpoint *peer);

void session_prepare(struct session *session, struct poller *poller);
void session_serve(struct session *session, const struct poller *poller);

/* Writes a CALL_STATE entry; `flags` are enum entry_flag. */
void session_report(struct session *session, unsigned flags, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

/* Reports that this many bytes that waited to be sent are lost. */
void session_report_unsent(struct session *session, size_t bytes);

/* Closes: gives away descriptors and queue; `format` is the last state line, NULL = it has been
 * told. */
void session_finish(struct session *session, enum session_end end, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

/* Counts what has come and shows it to the tap; then the service has it. `from` is NULL for a
 * stream. */
void session_received(struct session *session, const char *data, size_t len);
void session_answer(struct session *session, const struct endpoint *from, const char *data,
                    size_t len);

/* The service speaks: calls made until the second one are flagged ENTRY_ECHO. */
void session_begin_service(struct session *session);
void session_end_service(struct session *session);

/* socket(), and refuses a descriptor that select() cannot watch: -1 with errno ERANGE, told. */
int session_socket(struct session *session, int family);
void session_drop_socket(struct session *session, int fd);

/* "A ⇄ B", in ASCII where the locale wants it. Returns `out`. */
enum { SESSION_PAIR = 2 * ENDPOINT_TEXT + 8 };
const char *session_pair(const struct session *session, char out[SESSION_PAIR]);

/* ---- session_operations.c ---- */

/* True where it is closed: one line says how there can be another. */
bool session_refuse_closed(const struct session *session, struct error *error);

/* "host:port" cut to a name, the port whole; "echo:7001". Nothing if a person has named the
 * session. */
void session_make_name(struct session *session, const char *host, const char *port);

void session_name_server(struct session *session, const char *port);

/* Begins to open it as its recipe says. */
void session_begin(struct session *session);

/* Whether a session may have this name; `self` has it already, or is NULL. */
bool session_check_name(const struct sessions *sessions, const struct session *self,
                        const char *name, struct error *error);

/* Tells its service of the client, once. */
void session_greet(struct session *session);

/* ---- dial.c ---- */

void dial_begin(struct session *session);
void dial_prepare(const struct session *session, struct poller *poller);
void dial_serve(struct session *session, const struct poller *poller);
void dial_end(struct session *session);
int64_t dial_deadline(const struct session *session); /* INT64_MAX = none */
void dial_report_waiting(struct session *session);    /* that a look-up has to */
void dial_note(const struct session *session, const struct lookup_query *query,
               const struct lookup_answer *answer, const struct error *error);

/* ---- connect.c ---- */

void connect_begin(struct session *session); /* the addresses are known */
void connect_prepare(const struct session *session, struct poller *poller);
void connect_serve(struct session *session, const struct poller *poller);
const struct endpoint *connect_addr(const struct session *session, int fd); /* NULL = none */

/* ---- bind.c ---- */

/* Binds (and for TCP listens) on every address found. False: it has been told and the session is
 * closed. */
bool bound_open(struct session *session, const char *verb);

/* ---- stream.c, datagram.c, listener.c ---- */

/* FIN when the queue is out; closed when both sides are, unless it is paused. */
void stream_settle(struct session *session);
void stream_receive_fin(struct session *session);             /* recv() = 0 */
void stream_receive_error(struct session *session, int code); /* recv() = -1, which ends it */
void stream_break_off(struct session *session, int code);     /* send() = -1, which ends sending */
void stream_resume(struct session *session);                  /* it is not paused any more */
struct endpoint datagram_peer(const struct session *session);
struct peer_slot *datagram_note_peer(struct session *session, unsigned slot,
                                     const struct endpoint *from, const struct endpoint *local,
                                     size_t len);

/* One recvfrom(), or recvmsg() where that reports more; *local is AF_UNSPEC where it does not. */
ssize_t datagram_receive(struct session *session, unsigned slot, size_t most, int flags,
                         struct endpoint *from, struct endpoint *local, const char **data);

/* On a socket that will have, or has, every address of this machine: asks which of them a datagram
 * came to, so that the answer leaves from there. */
void datagram_ask_pktinfo(struct session *session, int fd, const struct endpoint *bound);

/* One accept(). NULL where no session has come of it: *code is the errno value, or 0 where it has
 * been told already. */
struct session *listener_accept(struct session *session, unsigned slot, int *code);

/* ---- sessions.c ---- */

uint32_t sessions_add(struct sessions *sessions, struct session *session);
void sessions_announce(struct sessions *sessions, struct session *session);
void sessions_count_ended(struct sessions *sessions); /* one more that a listener had accepted */
bool sessions_may_reconnect(const struct sessions *sessions);
void sessions_count_failed(struct sessions *sessions);
void sessions_count_lost(struct sessions *sessions, size_t bytes);
void sessions_show(struct sessions *sessions, struct session *session, const char *data,
                   size_t len);

/* Closed, or freed, at the next sessions_reap(): no descriptor's number is used twice in
 * one turn. */
void sessions_defer_close(struct sessions *sessions, const struct caller *caller, int fd);
struct resolver *sessions_resolver(const struct sessions *sessions);
void sessions_defer_lookup_end(struct sessions *sessions, struct lookup *lookup);
void sessions_defer_lingering_close(struct sessions *sessions, const struct caller *caller, int fd);
size_t sessions_doomed_descriptors(const struct sessions *sessions); /* wait to be closed */
uint64_t sessions_freed(const struct sessions *sessions);            /* descriptors closed so far */
size_t sessions_share(const struct sessions *sessions); /* bytes a session may read in this turn */
