// SPDX-License-Identifier: GPL-3.0-or-later
/* snapshot: what is known of one end at one instant: what the calls of its session say, and the
 * newest sample of the kernel; and what follows from both. The status line and the pages about a
 * session are drawn from it alone. Knows no socket: who has one fills it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/sample.h"
#include "socket/credentials.h"
#include "socket/endpoint.h"
#include "socket/host.h"
#include "socket/network.h"
#include "socket/transport.h"

enum snapshot_kind { SNAPSHOT_STREAM, SNAPSHOT_DATAGRAMS, SNAPSHOT_LISTENER };

/* One of the sockets of a server that waits on several addresses. */
struct snapshot_socket {
	struct endpoint local;
	struct sample sample;
};

enum { SNAPSHOT_SOCKETS = 4, SNAPSHOT_WORDS = 80 };

struct snapshot {
	enum snapshot_kind kind;
	enum transport transport;
	uint32_t session;
	const char *name;
	enum host host;                /* where its socket is */
	struct endpoint local, peer;   /* AF_UNSPEC where unknown */
	struct sample sample;          /* .present == 0: the kernel has not been read */
	int64_t age;                   /* of the sample, ns */
	enum tcp_state state_by_calls; /* the state as our own calls imply it */
	bool open;                     /* there is a descriptor */
	bool closing;                  /* close() has not returned yet */
	bool accepted;                 /* by a listener of ours */
	unsigned relay;                /* number of the relay that opened it to its target; 0 = none */
	unsigned other_side;           /* number of the stream that a relay passes on to; 0 = none */
	bool stepped;                  /* made by /socket */
	bool paused;                   /* a person makes the calls */
	bool recorded;                 /* read from a log, which does not have all of this */
	bool nodelay, corked;          /* TCP_NODELAY and TCP_CORK are on, as our calls say */
	bool at_end;                   /* recv() has returned 0 */
	uint64_t sent, received;       /* bytes by our calls */
	uint64_t sends, receives;
	uint64_t refused;    /* ICMP errors met */
	size_t unsent;       /* bytes in the program's own queue; not known of a recording */
	size_t others;       /* clients of a listener, peers of a UDP session */
	const char *service; /* NULL for none */
	char service_words[SNAPSHOT_WORDS]; /* that were said after its name, cut; "" for none */
	bool fault_holds;    /* what waits to be sent */
	char faults[SNAPSHOT_WORDS]; /* that are on: "in loss 10%; seed 7", cut; "" for none */
	size_t clients_most; /* of a listener at a time; 0 = any number */
	int64_t idle_most;   /* of its clients, ns; 0 = no limit */
	const struct network_rules *rules; /* where they may come from, borrowed; NULL = anywhere */
	bool opening;          /* it is being opened, or in the handshake of TLS: Ctrl-C cancels that */
	bool tls;              /* on top of the stream; */
	bool tls_unverified;   /* any certificate is taken; */
	bool tls_handshake;    /* it is not over, */
	int64_t tls_elapsed;   /* ns since it began, */
	int64_t tls_limit;     /* of its time limit, 0 = none, */
	uint64_t tls_received; /* bytes since it began */
	bool tls_keys;         /* the key log has its keys */
	const char *tls_facts; /* a line for each: name, tab, value; borrowed; NULL or "" for none */
	const struct credentials *credentials; /* of a UNIX peer; NULL = not known */

	/* Of a server with several sockets; else none, and `local` and `sample` are the one's. */
	struct snapshot_socket sockets[SNAPSHOT_SOCKETS];
	size_t socket_count;
};

/* How many sockets there are, at least 1, and the newest sample of each. */
size_t snapshot_socket_count(const struct snapshot *snapshot);
const struct sample *snapshot_socket(const struct snapshot *snapshot, size_t index);

/* The sum of a field over all sockets. */
uint64_t snapshot_sum(const struct snapshot *snapshot, enum sample_field field);

/* "[demo]": the name where it is short, else the number. Returns `out`. */
enum { SNAPSHOT_TAG = 48 };
const char *snapshot_format_tag(const struct snapshot *snapshot, char out[SNAPSHOT_TAG]);

/* Both ends are this machine's: round trips, windows of congestion and rates mean nothing. */
bool snapshot_is_loopback(const struct snapshot *snapshot);

/* Once the descriptor is gone, what was last read through it is of the past: only sock_diag(7)
 * still knows the connection, and that has no buffers. */
bool snapshot_is_outdated(const struct snapshot *snapshot);

/* The mark says how it is known: '*' read, '?' deduced from our calls only, '\0' where it is no
 * state of TCP, or the session has ended. */
enum tcp_state snapshot_state(const struct snapshot *snapshot);
char snapshot_state_mark(const struct snapshot *snapshot);

/* "ESTABLISHED *", "SYN_SENT ?", "resolving", "CLOSED". Returns `out`. */
enum { SNAPSHOT_STATE = 48 };
const char *snapshot_format_state(const struct snapshot *snapshot, char out[SNAPSHOT_STATE]);

/* The timer that runs, TIMER_OFF for none or unknown, and how long it still has by now, ns, never
 * below 0. */
enum sample_timer snapshot_timer(const struct snapshot *snapshot, int64_t *left);

/* "816 ms", "3.2 s", "51 s", "2 min 5 s": a time that shrinks, with as many digits as can be read
 * meanwhile. */
enum { SNAPSHOT_LEFT = 32, SNAPSHOT_TIMER = 64 };
const char *snapshot_format_left(int64_t left, char out[SNAPSHOT_LEFT]);

/* How often such a text changes, ns. */
int64_t snapshot_left_pulse(int64_t left);

/* "retransmission timeout in 204 ms", "retransmission 2 in 816 ms", "window probe in 844 ms", "51 s
 * left"; "" for none. */
const char *snapshot_format_timer(const struct snapshot *snapshot, char out[SNAPSHOT_TIMER]);

/* Bytes of the stream, our FIN not among them: sent and not acknowledged, and waiting in the
 * kernel; false where that cannot be known. */
bool snapshot_in_flight(const struct snapshot *snapshot, uint64_t *bytes);
bool snapshot_unacknowledged(const struct snapshot *snapshot, uint64_t *bytes); /* both */
bool snapshot_held_back(const struct snapshot *snapshot, uint64_t *bytes);

/* What more sending waits for, now. */
enum snapshot_limit {
	LIMIT_UNKNOWN,
	LIMIT_NO_DATA,     /* there is nothing to send */
	LIMIT_PEER_WINDOW, /* the peer's program does not read */
	LIMIT_SEND_BUFFER, /* ours is full of what is on its way */
	LIMIT_NAGLE,       /* little is held back until all before is acknowledged */
	LIMIT_CORK,        /* or until more comes, by TCP_CORK or MSG_MORE */
	LIMIT_AUTOCORKING, /* little, with TCP_NODELAY: added to what is still queued here */
	LIMIT_PACING,      /* segments are spaced: SO_MAX_PACING_RATE */
	LIMIT_HANDSHAKE,   /* SYN,ACK */
	LIMIT_TLS,         /* the handshake of TLS */
	LIMIT_FAULT,       /* one of /fault that delays, or is slow */
	LIMIT_NETWORK,     /* acknowledgements */
};
enum snapshot_limit snapshot_limit(const struct snapshot *snapshot);

/* The same of bytes that a stream's kernel holds back, by one sample. `corked`: TCP_CORK is on, or
 * MSG_MORE was given. */
enum snapshot_limit snapshot_limit_of_held(const struct sample *sample, bool nodelay, bool corked);

const char *snapshot_limit_name(enum snapshot_limit limit); /* "peer's window"; static */

/* Connections wait for accept(), and no more fit: new SYNs are dropped. Of one socket, and of
 * any of them. */
bool snapshot_queue_of_is_full(const struct sample *sample);
bool snapshot_queue_is_full(const struct snapshot *snapshot);

/* Segments were sent again though none seems lost: probes for a lost tail, whose peer only took
 * its time to acknowledge. */
bool snapshot_retransmits_are_probes(const struct snapshot *snapshot);
