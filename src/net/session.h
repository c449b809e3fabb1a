// SPDX-License-Identifier: GPL-3.0-or-later
/* session: one socket as the user sees it: a conversation, a datagram socket or a listener. It has a
 * number, a name, a state, a queue, counters, and it outlives its descriptor: FIN, RST, time-outs
 * and ICMP errors become entries of the transcript and a state, never the end of the program. Owns
 * the descriptor, its queue, its look-up. Every function may be called in every state; what makes
 * no sense then is false with one clear line. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/eol.h"
#include "base/error.h"
#include "base/poller.h"
#include "net/peers.h"
#include "net/serving.h"
#include "net/target.h"
#include "record/sample.h"
#include "socket/credentials.h"
#include "socket/endpoint.h"
#include "socket/host.h"
#include "socket/network.h"

enum { SESSION_NAME = 32 };

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

struct faults;
struct session;
struct tls_settings;
struct wire;

/* What the sessions of one recording share; see recorded.h. */
struct recording {
	struct wire *wire; /* the numbers of its wire ends; see wire_record() */
	int64_t now;       /* the instant up to which it has been replayed, */
	bool over;         /* and no more will be */
};

/* A socket option that each socket of a session is given before anything else, where it is of a sort
 * that has it. */
struct session_preset {
	int level, number, value;
};

/* What a listener accepts. Its own may change at any time. */
struct session_limits {
	unsigned clients;           /* at a time: more wait in the kernel; 0 = any number */
	int64_t idle;               /* a client that moves no byte for that long is closed, ns; 0 = never */
	struct network_rules rules; /* where clients may come from: others are reset */
};

struct session_options {
	int family;             /* AF_UNSPEC, AF_INET, AF_INET6 */
	const char *local_host; /* numeric or name, or NULL; copied */
	const char *local_port; /* or NULL; copied */
	enum host host;         /* a host of the sandbox; HOST_HERE = the addresses decide */
	int64_t timeout; /* of connecting, all addresses together, ns; 0 = the system's own */
	bool numeric;    /* no look-ups */
	bool broadcast;  /* SO_BROADCAST */
	bool once;       /* a listener that closes after its first client (no -k), or first peer */
	const struct session_limits *limits; /* of a listener; copied; NULL = none */
	/* The addresses of a name one after the other, each for the whole time limit; a server has
	 * the first that it can bind, and on IPv6 takes IPv4 along. */
	bool in_turn;
	int backlog;                          /* of listen(2); 0 = SOMAXCONN */
	size_t queue_max;                     /* most bytes waiting to be sent; 0 = 64 MiB */
	const char *name;                     /* or NULL: made from the target */
	const struct service *service;        /* of a listener or UDP server; NULL = none */
	struct serving *serving;              /* its words; shared; NULL = it has none */
	enum eol eol;                         /* what a typed line ends with */
	const struct session_preset *presets; /* copied */
	size_t preset_count;
	const struct tls_settings *tls; /* of a target with TLS; NULL = the certificate is verified */
	/* Datagrams: connect() to the first peer also on a wildcard address; may be shut. A UNIX path is
	 * taken and left as nc does, and a client of datagrams has one. */
	bool as_nc;
};

struct session_counts {
	uint64_t sent_bytes, received_bytes;
	uint64_t sends, receives; /* successful calls, so datagrams on UDP */
	uint64_t refused;         /* ICMP errors met */
};

/* ---- looking ---- */

uint32_t session_number(const struct session *session);
const char *session_name(const struct session *session);
enum transport session_transport(const struct session *session);
enum session_state session_state(const struct session *session);
enum session_end session_end(const struct session *session);
bool session_is_closing(const struct session *session); /* close() sleeps: SO_LINGER */
bool session_failed_to_open(const struct session *session); /* and has never been open */

/* A listener: it has no peer, its clients are sessions of their own. */
bool session_has_clients(const struct session *session);

/* Datagrams: each send() is one message, to any of many peers. */
bool session_has_peers(const struct session *session);

/* Each send() is one message: datagrams, and a connection that keeps their borders. */
bool session_has_messages(const struct session *session);

/* A listener, or a UDP session that was made by listening. */
bool session_is_server(const struct session *session);

/* Made by /socket: its calls are a person's. */
bool session_is_stepped(const struct session *session);

/* Made by a listener of ours; the number of that one, 0 = none. */
bool session_is_accepted(const struct session *session);
uint32_t session_listener(const struct session *session);

/* The number of the relay that has opened it to its target, 0 = none. */
uint32_t session_relay(const struct session *session);

/* Of a client of a relay, and of its connection to the target: the number of the other one; 0 = none. It
 * stays when that one has ended. Of datagrams a relay has many peers, and this is 0. */
uint32_t session_other_side(const struct session *session);

/* It is read from a log and makes no call; see recorded.h. NULL: it is alive. */
struct recording *session_recording(const struct session *session);

bool session_peer_closed(const struct session *session); /* FIN has come */
bool session_is_shut(const struct session *session); /* we have sent FIN, or will after the queue */
bool session_takes_data(const struct session *session); /* open, and neither shut nor reset */

/* It is open, and its TLS handshake is under way: what is sent waits for the end of that. */
bool session_is_securing(const struct session *session);

/* It is being opened, or its TLS handshake is under way, and since when by clock_now(); `since` may be NULL.
 * step_cancel() and session_close() end that, and the session with it. */
bool session_is_opening(const struct session *session, int64_t *since);

/* Of that handshake: which end we are, since when, its time limit, which is that of connecting, too, and what
 * was received since. False where there is none. */
struct session_handshake {
	bool server;
	int64_t begun; /* clock_now() */
	int64_t limit; /* ns; 0 = none, */
	int64_t spent; /* of which connecting took this; 0 = nothing worth a word */
	uint64_t received; /* bytes */
};
bool session_handshake(const struct session *session, struct session_handshake *handshake);

/* Whether there is TLS on top of its stream; SESSION_TLS_UNVERIFIED: any certificate is taken. */
enum session_security { SESSION_PLAIN, SESSION_TLS, SESSION_TLS_UNVERIFIED };
enum session_security session_security(const struct session *session);

/* It has had TLS, on this connection or an earlier one. */
bool session_has_had_tls(const struct session *session);

/* It has TLS that began after the last sessions_watch_keys(), which has its keys. */
bool session_gives_keys(const struct session *session);

/* See tls_facts() and tls_advice(); "" where there is no TLS. */
const char *session_tls_facts(const struct session *session);
const char *session_tls_advice(const struct session *session);

/* What its TLS was asked to be from its opening on, as record/tls_entry.h has it; false where that is not
 * known. */
bool session_print_tls_asked(const struct session *session, struct buf *out);

/* NULL for a listener's client. */
const struct target *session_target(const struct session *session);

/* Who made the other end of a UNIX connection; NULL where that is not known. */
const struct credentials *session_credentials(const struct session *session);

/* AF_UNSPEC until known; after closing, what it was. */
struct endpoint session_local(const struct session *session);

/* TCP: the other end. UDP: where a plain line goes. */
struct endpoint session_peer(const struct session *session);

/* Where its socket is or was made: on this machine, or on a host of the sandbox. */
enum host session_host(const struct session *session);

/* Where a call of this session fails just now, enum errno_context; `peer` is NULL for its own. */
unsigned session_errno_context(const struct session *session, const struct endpoint *peer);

const struct session_counts *session_counts(const struct session *session);
size_t session_unsent(const struct session *session); /* bytes in our queue */

/* Of this connection, where it has been opened again: the position in the transcript from which on
 * its entries are, and the bytes sent on it. */
uint64_t session_life(const struct session *session);
uint64_t session_life_sent(const struct session *session);

/* Open sessions that this listener has accepted. */
size_t session_clients(const struct session *session);

/* NULL: it is no listener, and has none to set. What is new holds at once: an open client's idle
 * time begins now, and no client is closed because of its address. */
const struct session_limits *session_limits(const struct session *session);
void session_set_limits(struct session *session, const struct session_limits *limits);
const struct service *session_service(const struct session *session);
bool session_is_served(const struct session *session); /* by its service; else a person answers */

/* What its service keeps of this session: `state_size` bytes, all zero at first. */
void *session_service_state(struct session *session);

/* What the words of its service have come to, shared by a server and its clients; the words as they
 * were typed, "" for none. A listener that is iterative has one client at a time. */
void *session_service_configuration(const struct session *session);
const char *session_service_words(const struct session *session);
bool session_is_iterative(const struct session *session);

/* The open clients of this listener, or of the one that has accepted this client, in the order of their
 * numbers; `after` is NULL for the first. NULL after the last. Each may have another service. */
struct session *session_next_client(const struct session *session, const struct session *after);

/* For a service: it is called again at this instant, 0 = no longer; a stream is not read while it
 * takes no more. */
void session_wake_service(struct session *session, int64_t instant);
void session_service_full(struct session *session, bool full);

/* What faults it can have: an enum fault_kind, 0 = none. */
unsigned session_fault_kind(const struct session *session);

/* NULL = it has never had any. */
const struct faults *session_faults(const struct session *session);

/* What a typed line ends with; a client has it from its listener. */
enum eol session_eol(const struct session *session);
void session_set_eol(struct session *session, enum eol eol);

/* What the newest sample says; without one what follows from our own calls. After close(), the
 * state of the connection in the kernel as long as it is there, then STATE_GONE. */
enum tcp_state session_tcp_state(const struct session *session);

/* ---- acting ---- */

/* True if it is of a recording, and so makes no call: one line says so. All that follows refuses this. */
bool session_refuse_recorded(const struct session *session, struct error *error);

/* A stream queues the bytes and sends what the kernel takes; a datagram socket sends one datagram
 * to session_peer(). False, and nothing queued, where the session is not open, is shut, or the
 * queue has no room for all of it. While connecting, bytes wait. True means that it was taken over;
 * a reset that is met is reported in the transcript. */
bool session_send(struct session *session, const void *data, size_t len, struct error *error);

/* The same, and its entries are flagged ENTRY_SECRET: those bytes are never shown. */
bool session_send_secret(struct session *session, const void *data, size_t len,
                         struct error *error);

bool session_send_to(struct session *session, const struct endpoint *to, const void *data,
                     size_t len, struct error *error);
bool session_rename(struct session *session, const char *name, struct error *error);

/* SHUT_WR waits for the queue. */
bool session_shutdown(struct session *session, int how, struct error *error);

/* What is queued goes out first where the kernel takes it at once; how much it does not take is
 * reported. The state is SESSION_CLOSED at once; the descriptor follows in sessions_reap(), and
 * with it the FIN, or the RST of session_abort(). */
bool session_close(struct session *session, struct error *error);
bool session_abort(struct session *session, struct error *error); /* RST: SO_LINGER 0, close */

/* True while it waits to be opened again by itself, and how long it will (`left` may be NULL), ns;
 * step_cancel() and session_close() end that. */
bool session_opens_again(const struct session *session, int64_t *left);
void session_set_timeout(struct session *session, int64_t timeout);

/* Adds a note to the session's transcript. */
void session_note(struct session *session, unsigned flags, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

/* ---- the kernel's view ---- */

/* The newest sample of its socket, and the instant at which it was made; .present == 0 before the
 * first. After close() it is what sock_diag(7) says of the connection. */
const struct sample *session_sample(const struct session *session);
int64_t session_sampled_at(const struct session *session);

/* clock_now(), or of a recording the instant up to which it has been replayed. */
int64_t session_now(const struct session *session);

/* It is sampled at least each 5 ms for the next second, while something is on its way. */
void session_sample_closely(struct session *session);

/* A server has a socket for each of its addresses, each with a queue of its own: the newest sample
 * of the one at `index`, .present == 0 before the first. *local is its address. */
size_t session_socket_count(const struct session *session);
const struct sample *session_socket_sample(const struct session *session, size_t index,
                                           struct endpoint *local);

/* True while the kernel is busy with something that select() does not report: bytes in flight or
 * held back, a timer, a state that ends by itself. */
bool session_is_unsettled(const struct session *session);

int session_family(const struct session *session); /* of its socket, AF_UNSPEC without one */

enum { SESSION_RECV_MOST = 1000000 };                           /* bytes of one step_recv() */
enum recv_how { RECV_PLAIN, RECV_PEEK, RECV_URGENT, RECV_ALL }; /* see step_recv() */

bool session_is_paused(const struct session *session);

/* TCP_NODELAY and TCP_CORK of its socket, as our calls have set them. */
bool session_is_nodelay(const struct session *session);
bool session_is_corked(const struct session *session);

/* A call by hand would not wait: there are bytes, a datagram, a client, the end, or an error. */
bool session_is_readable(const struct session *session);

/* The call that waits, as text: "recv(1024)", and since when (`since` may be NULL); NULL for
 * none. */
const char *session_waiting(const struct session *session, int64_t *since);

/* ---- peers ---- */

/* UDP peers, in the order of their numbers. The pointers hold until the next datagram. */
size_t session_peer_count(const struct session *session);
/* NULL = the first */
const struct peer *session_next_peer(const struct session *session, const struct peer *after);
const struct peer *session_peer_numbered(const struct session *session, unsigned number);

/* The number of the peer at this address, which is added if it is new. Only where
 * session_has_peers(). */
unsigned session_meet_peer(struct session *session, const struct endpoint *addr);

/* The address of a peer as a person writes it, which is looked up nowhere; false with one line. If this
 * machine does not reach it, because it is one of the sandbox, that is reported. */
bool session_find_address(struct session *session, const char *text, struct endpoint *addr,
                          struct error *error);

/* Plain lines go to this peer from now on; 0 = to whoever wrote last. */
bool session_choose_peer(struct session *session, unsigned number, struct error *error);

/* ---- pipe mode ----
 *
 * Bytes that nobody looks at can go between a stream and a pipe or file inside the kernel: they are
 * counted, and are not in the transcript. */

/* What comes goes into this pipe from now on, where no service has it; -1 = no longer. When the pipe
 * takes none, reading is blocked until session_block_reading(session, false); session_pass_error()
 * says why, EAGAIN for a full one, 0 while it takes. */
void session_pass_to(struct session *session, int pipe);
int session_pass_error(const struct session *session);

/* Sends from a pipe or a file, as much as is there and the kernel takes. The result is that of
 * read(2); EAGAIN also while the session is full, EINVAL where it cannot be done like this. That the
 * connection was reset is reported in the transcript. */
ssize_t session_send_from(struct session *session, int from, bool is_file);
bool session_is_full(const struct session *session); /* what was sent waits for the peer */

/* Pipe mode stops reading while its output is stuck. */
void session_block_reading(struct session *session, bool blocked);

/* Nothing is read, accepted, or sent from its queue while it is held: what happens must be written down
 * first. */
void session_hold(struct session *session, bool held);
