// SPDX-License-Identifier: GPL-3.0-or-later
/* session: one socket as the user sees it: a TCP conversation, a UDP socket or a listener. It has a
 * number, a name, a state, a queue, counters, and it outlives its descriptor: FIN, RST, time-outs
 * and ICMP errors become entries of the transcript and a state, never the end of the program. Owns
 * the descriptor, its queue, its look-up. Every function may be called in every state; what makes
 * no sense then is false with one clear line. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "socket/endpoint.h"
#include "base/eol.h"
#include "base/error.h"
#include "base/poller.h"
#include "net/service.h"
#include "net/target.h"
#include "record/sample.h"

struct sessions;

enum { SESSION_NAME = 32 };

enum session_kind { SESSION_TCP, SESSION_UDP, SESSION_LISTENER };

enum session_state {
	SESSION_RESOLVING,  /* a name is being looked up */
	SESSION_FRESH,      /* a socket made by /socket, neither connected nor listening */
	SESSION_CONNECTING, /* connect() is under way */
	SESSION_OPEN,
	SESSION_LISTENING,
	SESSION_CLOSED, /* no descriptor any more; why is in the transcript */
};

/* How it ended, for exit codes and for the words on the tab. */
enum session_end {
	SESSION_NOT_ENDED,
	SESSION_ENDED_WELL,
	SESSION_ENDED_RESET,
	SESSION_ENDED_FAILED
};

struct session_options {
	int family;             /* AF_UNSPEC, AF_INET, AF_INET6 */
	const char *local_host; /* numeric or name, or NULL; copied */
	const char *local_port; /* or NULL; copied */
	int64_t timeout;  /* of connecting, all addresses together, ns; 0 = the system's own */
	bool numeric;     /* no look-ups */
	bool broadcast;   /* SO_BROADCAST */
	bool once;        /* a listener that closes after its first client (no -k), or first peer */
	int backlog;      /* of listen(2); 0 = SOMAXCONN */
	size_t queue_max; /* most bytes waiting to be sent; 0 = 64 MiB */
	const char *name; /* or NULL: made from the target */
	const struct service *service; /* of a listener or UDP server; NULL = none */
	enum eol eol;                  /* what a typed line ends with */
};

/* Somebody who has written to a UDP session, or whom it wrote to. */
struct peer {
	unsigned number; /* from 1, in the order of appearance, never given twice */
	struct endpoint addr;
	uint64_t received, sent; /* datagrams */
	uint64_t received_bytes, sent_bytes;
	int64_t last;          /* instant of the last datagram */
	struct endpoint local; /* what it asked last, without a port: answers leave from there;
	                    * AF_UNSPEC = not known, the kernel chooses */
};

struct session_counts {
	uint64_t sent_bytes, received_bytes;
	uint64_t sends, receives; /* successful calls, so datagrams on UDP */
	uint64_t refused;         /* ICMP errors met */
};

/* Making: the session stands in `sessions` at once, and what happens next is told in its
 * transcript. NULL only where the arguments cannot be right; `options` may be NULL. A numeric
 * address is listened on before this returns, unless a socket closed in this turn may still hold
 * the port: then in the next turn. Listening without a host is on loopback, on both families; "*"
 * is every address. */
struct session *session_open(struct sessions *sessions, const struct target *target,
                             const struct session_options *options, struct error *error);
struct session *session_listen(struct sessions *sessions, const struct target *target,
                               const struct session_options *options, struct error *error);

/* Looking. */
uint32_t session_number(const struct session *session);
const char *session_name(const struct session *session);
enum session_kind session_kind(const struct session *session);
enum session_state session_state(const struct session *session);
enum session_end session_end(const struct session *session);
bool session_failed_to_open(const struct session *session); /* and has never been open */
bool session_is_server(const struct session *session); /* a listener, or a UDP session that was made
                                                          by listening */
bool session_is_accepted(const struct session *session);  /* made by a listener of ours, */
uint32_t session_listener(const struct session *session); /* the number of that one, 0 = none */
bool session_peer_closed(const struct session *session);  /* FIN has come */
bool session_is_shut(
        const struct session *session); /* we have sent FIN, or will when the queue is out */
const struct target *session_target(
        const struct session *session); /* where it was told to go; NULL for a listener's client */
struct endpoint session_local(
        const struct session *session); /* AF_UNSPEC until known; after closing, what it was */
struct endpoint session_peer(
        const struct session *session); /* TCP: the other end. UDP: whom a plain line goes to */
const struct session_counts *session_counts(const struct session *session);
size_t session_unsent(const struct session *session); /* bytes in our queue */

/* Of this connection, where it has been opened again: the position in the transcript from which on
 * its entries are, and the bytes sent on it. */
uint64_t session_life(const struct session *session);
uint64_t session_life_sent(const struct session *session);
size_t
session_clients(const struct session *session); /* open sessions that this listener accepted */
const struct service *session_service(const struct session *session);

/* What a typed line ends with; a client has it from its listener. */
enum eol session_eol(const struct session *session);
void session_set_eol(struct session *session, enum eol eol);

/* "SYN_SENT", "ESTABLISHED", "FIN_WAIT2", …: what the newest reading says, without one what our own
 * calls tell; "resolving", "waiting to resolve", "UDP", "closed", and after close() as long as the
 * kernel knows the connection its state there. Static. */
const char *session_state_name(const struct session *session);

/* Counts what a person would want to be told of: messages in, changes of state. Only grows. */
uint64_t session_news(const struct session *session);

/* Acting. session_send(): a stream queues the bytes and sends what the kernel takes; a datagram
 * socket sends one datagram to session_peer(). False, and nothing queued, where the session is not
 * open, is shut, or the queue has no room for all of it. While connecting, bytes wait. True means
 * that it was taken over: that the connection turned out to be reset is told in the transcript. */
bool session_send(struct session *session, const void *data, size_t len, struct error *error);

/* The same, and its entries are flagged ENTRY_SECRET: those bytes are never shown. */
bool session_send_secret(struct session *session, const void *data, size_t len,
                         struct error *error);

bool session_send_to(struct session *session, const struct endpoint *to, const void *data,
                     size_t len, struct error *error);
bool session_rename(struct session *session, const char *name, struct error *error);
bool session_set_service(struct session *session, const struct service *service,
                         struct error *error);
bool session_shutdown(struct session *session, int how,
                      struct error *error); /* SHUT_WR waits for the queue */

/* What is queued goes out first where the kernel takes it at once; how much it does not take is
 * told. The state is SESSION_CLOSED at once, the descriptor follows in sessions_reap(): so does the
 * FIN, or the RST of session_abort(). */
bool session_close(struct session *session, struct error *error);
bool session_abort(struct session *session, struct error *error); /* RST: SO_LINGER 0, close */

/* Opens an ended session again, or listens again; one whose peer has ended it is closed first. What
 * was set by session_set_option() is set on the new socket. */
bool session_reconnect(struct session *session, struct error *error);

/* True while it waits to be opened again by itself, and how long it will (`left` may be NULL), ns;
 * session_cancel() and session_close() end that. */
bool session_opens_again(const struct session *session, int64_t *left);
void session_set_timeout(struct session *session, int64_t timeout);

/* Says something in the session's transcript. */
void session_note(struct session *session, unsigned flags, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

/* ---- the kernel's view ---- */

/* The newest reading of its socket, and the instant at which it was made; .present == 0 before the
 * first. After close() it is what sock_diag(7) says of the connection. */
const struct sample *session_sample(const struct session *session);
int64_t session_read_at(const struct session *session);

/* A server has a socket for each address that it waits on, each with a queue of its own: the
 * newest reading of the one at `index`, .present == 0 before the first. *local is its address. */
size_t session_socket_count(const struct session *session);
const struct sample *session_socket_reading(const struct session *session, size_t index,
                                            struct endpoint *local);

/* Reads now, the timer too; what has changed is written down. */
void session_look(struct session *session);

/* True while the kernel has something to do that we are not woken for: bytes in flight or held
 * back, a timer, a state that passes. */
bool session_is_unsettled(const struct session *session);

/* ---- step by step ---- */

/* socket() and nothing else; the session is paused. Of the options family (IPv4 where none is
 * asked for), numeric, queue_max and name count. */
struct session *session_make_socket(struct sessions *sessions, bool udp,
                                    const struct session_options *options, struct error *error);

/* One call each, on the first socket of a session that is paused or was made by
 * session_make_socket(), whatever the kernel will say to it. False with errno's line; what comes
 * later is told in the transcript. bind() and connect() may look a name up first, off the loop, and
 * take the first address of it; without a host bind() takes 127.0.0.1 or ::1, for "*" every
 * address. connect() and accept() wait where a blocking one would. A client accepted here is paused
 * like its listener; `name` may be NULL. */
bool session_bind(struct session *session, const char *host, const char *port, struct error *error);
bool session_start_listening(struct session *session, int backlog, struct error *error);
bool session_connect(struct session *session, const char *host, const char *port,
                     struct error *error);
bool session_accept(struct session *session, const char *name, struct error *error);

/* One recv() or recvfrom() into a buffer of `most` bytes, at most SESSION_RECV_MOST, on a paused
 * session; it waits where a blocking one would, with RECV_ALL until there are so many bytes. A
 * service is not given what was read like this. */
enum { SESSION_RECV_MOST = 1000000 };
enum recv_how { RECV_PLAIN, RECV_PEEK, RECV_URGENT, RECV_ALL };
bool session_recv(struct session *session, size_t most, enum recv_how how, struct error *error);

/* send(MSG_OOB), at once or not at all. */
bool session_send_urgent(struct session *session, unsigned char byte, struct error *error);

/* A paused session reads and accepts nothing by itself, and does not close by itself when both
 * sides have sent FIN. What its service has missed it is told when reading goes on. session_send()
 * is one send() then: what the kernel does not take waits, and nothing more can be sent
 * meanwhile. */
bool session_pause(struct session *session, bool pause, struct error *error);
bool session_is_paused(const struct session *session);

/* The call that waits, as text: "recv(1024)", and since when (`since` may be NULL); NULL for none.
 * Cancelling tells it; false where nothing waits. What connect() has begun is taken back. */
const char *session_waiting(const struct session *session, int64_t *since);
bool session_cancel(struct session *session);

/* getsockopt() and setsockopt(), of any session with a socket; `value` is the option's own form,
 * see base/sockopt.h, *len the room and then what the kernel gave. The first socket is asked, all
 * of them are set. False with errno's line. session_peek_option() is a call made to see more. */
bool session_get_option(struct session *session, int level, int number, void *value, size_t *len,
                        struct error *error);
bool session_peek_option(struct session *session, int level, int number, void *value, size_t *len,
                         struct error *error);
bool session_set_option(struct session *session, int level, int number, const void *value,
                        size_t len, struct error *error);
int session_family(const struct session *session); /* of its socket, AF_UNSPEC without one */

/* ---- peers ---- */

/* UDP peers, in the order of their numbers. The pointers hold until the next datagram. */
size_t session_peer_count(const struct session *session);
const struct peer *session_peer_at(const struct session *session, size_t index);
const struct peer *session_peer_numbered(const struct session *session, unsigned number);
/* Plain lines go to this peer from now on; 0 = to whoever wrote last. */
bool session_choose_peer(struct session *session, unsigned number, struct error *error);

/* Pipe mode stops reading while its output is stuck. */
void session_hold_reading(struct session *session, bool hold);
