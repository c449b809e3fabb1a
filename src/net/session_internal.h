// SPDX-License-Identifier: GPL-3.0-or-later
/* session_internal: the inside of a session, for the files that sessions are made of. A session is
 * this common part and one of stream, datagram, listener, of which everything else knows only its
 * struct session_ops. A session never calls those above it: what it must report to the table of
 * sessions goes through struct session_table.
 *
 *	sessions        the table, and what is the same in each turn
 *	step            the calls that a person makes one by one
 *	listener        clients; stream: TCP conversations; datagram: datagrams and their peers
 *	reconnect       opens what has ended
 *	bind, dial      from a target to open sockets
 *	probe_timer     samples the kernel while something is under way
 *	option          getsockopt() and setsockopt() for a person
 *	session         one life: its state, its end, what it reports */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"
#include "net/calls.h"
#include "net/probe.h"
#include "net/lookup.h"
#include "net/session.h"
#include "socket/endpoint.h"

struct diag;
struct faults;
struct lingering;
struct peers;
struct sandbox;
struct socket_file;
struct wire;

enum {
	SESSION_SOCKETS = 4, /* most descriptors of one session: a listener has one per address */
	SESSION_BUFFER =
	        1 << 16, /* what a recv() asks for, as programs do, until that is too little */
	SESSION_TURN = 1 << 20,   /* most bytes that one session moves in one direction in a turn */
	SESSION_QUEUE = 64 << 20, /* most bytes waiting to be sent, by default */
};

/* What a call by hand has come to. */
enum step_end { STEP_DONE, STEP_FAILED, STEP_WAITS };

/* What a recording says of TLS. */
struct recorded_tls {
	bool verifies;
	const char *facts, *advice; /* as session_tls_facts() and session_tls_advice() have them */
};

/* A kind of session. What is NULL may be: then there is nothing to do, or it is refused. */
struct session_ops {
	size_t size;      /* of its own struct, `session->own`, which begins as zero */
	const char *next; /* what to type to open another when it is closed */
	bool reconnects;  /* a client is opened again by itself, where a person wants that */
	bool has_peers;   /* datagrams: each send() is one message, to any of many peers */
	bool has_clients; /* a listener: they are sessions of their own */

	void (*begin)(struct session *session); /* it is made, or opened again */
	void (*free)(struct session *session);  /* what its own struct owns */

	/* Opening: the addresses are known; a socket is about to be bound to this address, its port
	 * may be 0; the session is open, connect() has taken this long. */
	void (*found)(struct session *session, const struct lookup_answer *addresses);
	void (*prepare_socket)(struct session *session, unsigned slot,
	                       const struct endpoint *bound);
	void (*opened)(struct session *session, const char *took);
	void (*option_set)(struct session *session, int level, int number, bool on);
	void (*show_packets)(struct session *session, unsigned slot, bool on);

	/* A turn, where it is open or listening and no person makes the calls. */
	void (*prepare)(struct session *session, struct poller *poller);
	void (*serve)(struct session *session, const struct poller *poller);

	bool (*send)(struct session *session, const struct endpoint *to, const void *data,
	             size_t len, struct error *error);
	ssize_t (*send_from)(struct session *session, int from, bool is_file);

	/* A stream: what recv() has brought; the peer has ended it by FIN. A layer on top of it takes
	 * them. Where it is not open yet, the peer has not been told what was given to be sent. */
	void (*received)(struct session *session, const char *data, size_t len);
	void (*ended)(struct session *session);
	bool (*is_securing)(const struct session *session);
	void (*handshake)(const struct session *session, struct session_handshake *handshake);
	const struct tls *(*tls)(const struct session *session); /* NULL before it has begun */
	const struct recorded_tls *(*recorded_tls)(const struct session *session); /* NULL = none */
	bool (*has_had_tls)(const struct session *session);
	bool (*gives_keys)(const struct session *session);
	size_t (*unsent)(const struct session *session); /* bytes that wait in the layer */

	void (*flush)(struct session *session); /* open: sends what the kernel takes now */
	void (*queue_dropped)(struct session *session);
	bool (*shutdown)(struct session *session, int how, struct error *error);

	/* Open or listening: closes with this last line, NULL for the usual one. */
	void (*close)(struct session *session, const char *text);
	void (*abort)(struct session *session);
	void (*leave)(struct session *session); /* open, and closed with the program */

	/* By hand: recv() has been begun as `session->step`, on a socket that is ready; it has
	 * ended unless STEP_WAITS is returned. */
	enum step_end (*begin_recv)(struct session *session, struct error *error);
	enum step_end (*recv)(struct session *session, unsigned slot, struct error *error);
	void (*end_recv)(struct session *session); /* it is cancelled */
	bool (*send_by_hand)(struct session *session, const struct endpoint *to, const void *data,
	                     size_t len, int flags, struct error *error);
	bool (*disconnect)(struct session *session, struct error *error);
	void (*resumed)(struct session *session);
	void (*service_changed)(struct session *session);

	enum tcp_state (*tcp_state)(const struct session *session); /* open or listening */
	unsigned (*stream_ends)(const struct session *session);     /* enum stream_end */
	struct endpoint (*peer)(const struct session *session);
	const struct peers *(*peers)(const struct session *session);
	unsigned (*meet_peer)(struct session *session, const struct endpoint *addr);
	bool (*choose_peer)(struct session *session, unsigned number, struct error *error);
	size_t (*clients)(const struct session *session);
	const struct session_limits *(*limits)(const struct session *session);
	void (*set_limits)(struct session *session, const struct session_limits *limits);
	bool (*is_crowded)(const struct session *session); /* who else comes waits in the kernel */

	/* Of a session that has no descriptors, but knows of sockets: session_socket_sample(). */
	size_t (*sockets)(const struct session *session);
	const struct sample *(*socket_sample)(const struct session *session, size_t index,
	                                      struct endpoint *local);
};

/* What has ended of a stream that is open. */
enum stream_end {
	STREAM_PEER_CLOSED = 1, /* FIN has come */
	STREAM_SHUT = 2,        /* we have sent FIN, or will when the queue is out */
	STREAM_FIN_SENT = 4,
	STREAM_BROKEN = 8, /* a reset was met when sending; what has come may still be read */
	STREAM_CUT_SHORT = 16, /* FIN has come, and not the end of the layer on top */
};

/* The table of sessions as its sessions see it: what they share, and what they report. Outlives
 * them. */
struct session_table {
	struct transcript *transcript;
	struct probe_budget budget;
	struct worker_pool *lookup_pool;
	struct sandbox *sandbox; /* NULL = it is off */
	struct diag *diag[HOST_COUNT];
	struct wire *wire; /* never NULL */
	struct batch *batch; /* of datagrams, used by one session at a time; NULL until it is needed */
	struct lingering *lingering;
	struct tls_authorities *authorities; /* NULL until it is needed */
	const struct service *no_service; /* a person answers */
	size_t share;                     /* bytes that a session may read in this turn, roughly */
	bool reconnects;                  /* clients are opened again by themselves */
	bool shows_packets;               /* how each datagram came is asked for */
	uint64_t lost;   /* bytes that were given to any session and could not be sent */
	size_t descriptors; /* of all sessions: the sum of their fd_count */
	size_t closing;  /* descriptors that are closed at the end of this turn */
	uint64_t closed; /* how many descriptors have been closed */
	int64_t idle_due; /* clock_now(), at the latest, when a client may have been idle too long; 0 = never */

	uint32_t (*add)(struct session_table *table,
	                struct session *session); /* gives its number */
	struct session *(*find)(struct session_table *table, uint32_t number); /* NULL = none */
	struct session *(*find_named)(struct session_table *table, const char *name);
	struct session *(*at)(struct session_table *table, size_t index); /* NULL after the last */
	struct session *(*after)(struct session_table *table, uint32_t number); /* the next one */

	/* A client that dial_begin() opens; NULL with one line. */
	struct session *(*make_client)(struct session_table *table, const struct target *target,
	                               const struct session_options *options, struct error *error);

	/* A listener has made it; it has a new socket; it has ended. */
	void (*born)(struct session *session);
	void (*socket_made)(struct session *session, int fd);
	void (*ended)(struct session *session, bool was_open);
	void (*received)(struct session *session, const char *data, size_t len);

	/* A secret of its TLS, see tls_watch_keys(). NULL = nobody wants them. */
	void (*key)(struct session *session, const char *line);
	unsigned key_watch; /* counts changes of it */

	/* At the end of the turn, so that no descriptor's number is used twice within one. A
	 * connection is followed from then on. */
	void (*defer_close)(struct session *session, int fd, bool lingers, bool is_connection);

	/* accept() has returned this descriptor: if few are left, clients that have sent FIN are
	 * closed. */
	struct descriptor_use (*make_room)(struct session_table *table, int fd);
};

/* How many descriptors there may be, and were in use; how many sessions were ended to make room. */
struct descriptor_use {
	int most, used, ended;
};

/* How a session was made, so that it can be made again. Clients of a listener have none. */
struct open_parameters {
	struct target target;
	struct session_options options; /* without its strings */
	char *local_host, *local_port;  /* NULL where none was given */
	struct tls_context *tls;        /* shared; NULL = no TLS */
	bool listening;
};

/* A call of a person in which a blocking socket would sleep. */
enum step_call { STEP_LOOKUP, STEP_CONNECT, STEP_ACCEPT, STEP_RECV, STEP_SEND };

struct step {
	enum step_call call;
	char text[400]; /* "recv(1024)" */
	int64_t since;  /* when it was asked for */
	bool waited;    /* it was not made at once */

	/* STEP_LOOKUP, for bind() or connect() */
	struct lookup_query query;
	bool binds;

	/* STEP_CONNECT */
	struct endpoint remote;
	bool settled; /* it has returned at once, with this errno value: the turn goes on first */
	int code;

	char name[SESSION_NAME]; /* STEP_ACCEPT: of the client, "" = none chosen */

	/* STEP_RECV */
	size_t most;
	enum recv_how how;
	int low; /* SO_RCVLOWAT as it was before RECV_ALL has raised it, 0 = it has not */
};

struct session {
	/* what every turn needs */
	const struct session_ops *ops;
	struct recording *recording; /* NULL: it is alive */
	enum transport transport;
	void *own; /* of its kind: struct stream, datagram, listener; only their files know them */
	struct session_table *table;
	enum session_state state;
	int fd[SESSION_SOCKETS];
	unsigned fd_count;
	bool paused;       /* nothing is read or accepted by itself: a person makes the calls */
	int pass_to;       /* what comes goes into this pipe, plus one; 0 = into the transcript */
	int pass_error;    /* why that took none */
	bool full;         /* the kernel took none of what session_send_from() offered */
	bool read_blocked; /* nothing is read: who reads us is stuck */
	bool held;         /* nothing is read or sent: see session_hold() */
	int64_t idle_most; /* of a client: it is closed if no byte moves for that long, ns; 0 = never */
	int64_t moved_at;  /* when one has; only with idle_most */
	bool pinned;       /* a person looks at it: see sessions_pin() */
	struct buf queue;  /* streams: bytes; datagrams: each after a struct of its own */
	size_t unsent;     /* bytes of payload in it */
	const struct service *service;
	struct serving *serving; /* the words of the service; NULL = it has none */
	void *service_state;     /* NULL until it is asked for, and in the turn after the end */
	int64_t service_due;     /* clock_now() when its service wants to be called; 0 = never */
	bool service_full;       /* nothing is read: its service takes no more */
	struct faults *faults;   /* NULL = it has had none */
	bool faults_on;          /* some are, or hold something back */
	struct dial *dial;   /* it is being opened */
	struct step *step;   /* the call by hand that waits, NULL = none */
	int64_t again_at;    /* clock_now() when it will be opened again; 0 = it will not */
	int64_t closely_until; /* clock_now(): it is sampled as often as is worth while till then */
	struct session_counts counts;
	struct caller caller;
	struct probe probe;

	/* its identity */
	char name[SESSION_NAME];
	bool named;    /* by a person */
	bool followed; /* closed, and its connection is still in the kernel: see lingering.h */
	bool stepped;  /* made by sessions_make_socket() */
	bool lingers;         /* SO_LINGER with a time: close() would sleep, */
	bool closing;         /* and does */
	bool nodelay, corked; /* TCP_NODELAY and TCP_CORK as last set, or inherited */
	bool was_open;        /* or listening, or had a socket of a person's own, at any time */
	enum eol eol;         /* what a typed line ends with */
	uint32_t listener;    /* number of the one that accepted it, 0 = none */
	uint32_t relay;       /* number of the one that opened it to its target, 0 = none */
	uint32_t other_side;  /* number of the stream that a relay passes on to, 0 = none */
	enum session_end end;
	int family[SESSION_SOCKETS]; /* of each socket */
	struct endpoint local[SESSION_SOCKETS];
	struct endpoint peer;
	struct credentials *credentials; /* of the UNIX peer; NULL = not known */
	struct socket_file *file; /* of a UNIX path that its socket is bound to; NULL = none */
	struct open_parameters *open_parameters;
	struct membership *groups; /* that it has joined, see multicast.h; NULL = none */
	struct kept_option *kept; /* what a person has set by /option, for the next socket, too */
	struct lookup *lookup;    /* under way, for `dial` or `step` */

	/* this connection, and the next one */
	uint64_t life;        /* position in the transcript from which on its entries are */
	uint64_t sent_before; /* counts.sent_bytes when it began */
	int64_t begun;        /* clock_now() */
	bool ended_here;      /* a person has closed it, or its sending side */
	bool hopeless;        /* this machine refused: trying again does not help */
	int64_t pause;        /* before it was opened again by itself, ns; 0 = it was not */
};

/* connect() would hide the answers to a broadcast or a multicast: they come from other addresses. */
static inline bool session_is_unconnected(const struct session *session,
                                          const struct endpoint *remote)
{
	const struct session_options *options = &session->open_parameters->options;
	return options->broadcast ||
	       (session->ops->has_peers && !options->as_nc && endpoint_is_multicast(remote));
}

static inline unsigned session_stream_ends(const struct session *session)
{
	return session->ops->stream_ends ? session->ops->stream_ends(session) : 0;
}

/* What was given to be sent, and waits in the layer on top of a stream. */
static inline size_t session_layer_unsent(const struct session *session)
{
	return session->ops->unsent ? session->ops->unsent(session) : 0;
}

/* A byte of it has moved. */
static inline void session_moved(struct session *session)
{
	if (session->idle_most)
		session->moved_at = clock_now();
}

/* Numbered and in the table of `table`, from now on. */
struct session *session_new(struct session_table *table, const struct session_ops *ops,
                            enum transport transport);
void session_free(struct session *session); /* its descriptors are closed at the end of the turn */

/* Makes it one of another kind, with what its sockets are and have. */
void session_become(struct session *session, const struct session_ops *ops);

/* ---- what is written down ---- */

/* Writes a CALL_STATE entry; `flags` are enum entry_flag. */
void session_report(struct session *session, unsigned flags, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

/* "A ⇄ B", in ASCII where the locale wants it. Returns `out`. */
enum { SESSION_PAIR = 2 * HOST_TEXT + 8 };
const char *session_pair(const struct session *session, char out[SESSION_PAIR]);

/* Who made the other end, as the kernel says; NULL forgets it. */
void session_set_credentials(struct session *session, const struct credentials *credentials);

/* A call has brought bytes: counts them, and session_received() shows them to the table, too. */
void session_count_received(struct session *session, size_t len);
void session_received(struct session *session, const char *data, size_t len);

/* ---- its end ---- */

/* Closes: descriptors and queue are given up; `format` is the last state line, NULL = it has been
 * reported. */
void session_finish(struct session *session, enum session_end end, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

/* Reports, after why it is so (NULL = has been reported), that this many bytes that waited to be sent
 * are lost; session_drop_queue() forgets what waits. */
void session_report_unsent(struct session *session, size_t bytes, const char *why);
void session_drop_queue(struct session *session);

/* True if it is of a recording, or closed: one line says how to open another. */
bool session_refuse_closed(const struct session *session, struct error *error);

/* False where it was not to be opened again by itself. */
bool session_cancel_reconnect(struct session *session);

/* Ends it while session_is_opening(); false otherwise. */
bool session_cancel_opening(struct session *session);

/* ---- sockets ---- */

/* Where its next socket is made: on the host that a person has chosen; else on that of its own address,
 * or on the one that is opposite to its peer's. Either may be NULL. */
void session_choose_host(struct session *session, const struct endpoint *local,
                         const struct endpoint *remote);

/* "192.0.2.2 is an address of right, and this socket is on this machine", or "" if it is not so. */
enum { SESSION_HINT = 160 };
const char *session_explain_host(const struct session *session, const struct endpoint *addr,
                                 char out[SESSION_HINT]);
/* Reports it of a socket of this machine, and what reaches that address. */
void session_warn_elsewhere(struct session *session, const struct endpoint *addr);

/* True, with one line, if one of these addresses names an interface and the session is on a host of the
 * sandbox: the name was looked up on this machine. */
bool session_refuse_interface(const struct session *session, const struct lookup_answer *answer,
                              struct error *error);

/* socket(), as the last of its descriptors. False with errno; ERANGE, which socket() does not know,
 * is a descriptor that select() cannot watch: that is reported, and it is closed. */
bool session_add_socket(struct session *session, int family);
void session_drop_socket(struct session *session, unsigned slot);

/* ---- names ---- */

/* "host:port" cut to a name, the port whole, or the end of a path; of a server "echo:7001", after its first socket or the
 * port that was asked for. Nothing if a person has named the session. */
void session_make_name(struct session *session, const char *host, const char *port);
void session_name_server(struct session *session);

/* Whether it is a name at all; whether a session may have it: `self` has it already, or is NULL. */
bool session_is_name(const char *name);
bool session_check_name(struct session_table *table, const struct session *self, const char *name,
                        struct error *error);

/* ---- its service ---- */

/* The service acts: calls made until the second one are flagged ENTRY_ECHO. */
void session_begin_service(struct session *session);
void session_end_service(struct session *session);

/* Frees its state: not from within the service. */
void session_free_service_state(struct session *session);

/* From now on it has this one, with these words. Not from within the service. */
void session_take_service(struct session *session, const struct service *service,
                          struct serving *serving);

/* Calls its service if the instant that it has asked for has come. */
void session_serve_service(struct session *session);

/* Gives what has come to the service, which session_is_served(); `from` is NULL for a stream. */
void session_answer(struct session *session, const struct endpoint *from, const char *data,
                    size_t len);

/* ---- calls by hand ---- */

/* A person makes the calls, or one is under way. */
static inline bool session_is_by_hand(const struct session *session)
{
	return !session->dial &&
	       (session->paused || session->step || session->state == SESSION_FRESH);
}

/* The faults that act on what it sends and receives; NULL = none do. */
static inline struct faults *session_acting_faults(const struct session *session)
{
	return session->faults_on && !session_is_by_hand(session) ? session->faults : NULL;
}

/* What a fault does is reported: fault_strike(). */
void session_report_strike(void *session, const char *text);

/* Writes a call down as the one that waits, also while it is only tried. Ending it makes no call;
 * abandoning it also reports, unless it is a send(). */
struct step *session_begin_step(struct session *session, enum step_call call, const char *format,
                                ...) __attribute__((format(printf, 3, 4)));
void session_end_step(struct session *session);
void session_abandon_step(struct session *session);

/* When it was asked for; 0 where it did not have to wait. */
int64_t session_step_since(const struct session *session);

/* One send() on a socket that can send; what the kernel does not take waits. */
bool session_send_step(struct session *session, const struct endpoint *to, const void *data,
                       size_t len, struct error *error);

/* What the call that waits is called; its flags. */
void session_name_recv(struct session *session, const char *call);
int session_recv_flags(const struct session *session);

/* The socket on which a blocking call would not sleep now, or -1. */
int session_ready_slot(const struct session *session);

/* What the names left and right are to it. */
enum lookup_hosts session_lookup_hosts(const struct session *session);

/* A look-up that waits for its turn or for an answer, and what came back. */
void session_begin_lookup(struct session *session, const struct lookup_query *query);
void session_end_lookup(struct session *session);
void session_note_lookup(const struct session *session, const struct lookup_query *query,
                         const struct lookup_answer *answer, const struct error *error);

/* False, with one line, where it has no socket or another call waits. */
bool session_may_step(const struct session *session, struct error *error);

/* Room in the transcript for one call with this many bytes: at the end of a block it would be made
 * with fewer. */
void session_reserve(const struct session *session, size_t bytes);

/* "bind(127.0.0.1:80) = -1 EACCES: ports below 1024 are the superuser's". Returns false. */
bool session_fail_call(const struct session *session, enum call call, const char *text, int code,
                       struct error *error);
