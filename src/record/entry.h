// SPDX-License-Identifier: GPL-3.0-or-later
/* entry: one line of the transcript: a call with its result, a change of state, or a note. A header
 * of 40 bytes is followed by the payload, which is the bytes that went through the call or a text,
 * and the packed addresses: the peer's where the call has one, and for datagrams our own. Beside
 * its payload, to which a UNIX path counts, an entry takes at most 64 bytes, except for the first
 * of a block with an own IPv6 address, or with an interface, to which later ones refer. What is sent
 * back, or passed on, has its payload in the entry that received it. Knows no socket: numbers are the
 * system's. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "socket/endpoint.h"
#include "socket/host.h"
#include "socket/tls_record.h"

enum call {
	CALL_NOTE,        /* not a call: a text of the program; see the flags */
	CALL_COMMAND,     /* not a call: a command as it was typed, without the secret that it may
	                   * have had; arg = 1 where its words are what /find searches for */
	CALL_STATE,       /* not a call: what happened to the session, in words */
	CALL_SAMPLE,      /* not a call: what the kernel reports, see record/sample.h */
	CALL_FRAME,       /* not a call: a frame on the wire, see record/frame_entry.h */
	CALL_GETADDRINFO, /* payload "host service", then '\n' and a line for each address found;
	                   * arg = its status where it failed, such as EAI_NONAME */
	CALL_SOCKET,      /* arg = type, arg2 = family, fd = result; payload: see entry_host() */
	CALL_BIND,        /* address */
	CALL_LISTEN,      /* arg = backlog */
	CALL_ACCEPT,      /* address of the client, arg = its descriptor */
	CALL_CONNECT,     /* address; see entry_is_connect_return() */
	CALL_SETSOCKOPT,  /* arg = name, arg2 = level, payload = value as given */
	CALL_GETSOCKOPT,  /* arg = name, arg2 = level, payload = value as read */
	CALL_GETSOCKNAME, /* address */
	CALL_SEND,        /* arg = bytes asked, arg2 = flags, payload = bytes taken */
	CALL_SENDTO,      /* the same, and the address */
	CALL_RECV,        /* arg = bytes asked, arg2 = flags, payload = bytes got */
	CALL_RECVFROM,    /* the same, and the sender's address */
	CALL_SENDMSG,     /* as CALL_SENDTO, and the local address that it is sent from */
	CALL_RECVMSG,     /* as CALL_RECVFROM, and the address that it was sent to */
	CALL_SHUTDOWN,    /* arg = SHUT_RD, SHUT_WR, SHUT_RDWR */
	CALL_CLOSE,
	CALL_ERRQUEUE, /* recvmsg(MSG_ERRQUEUE); address = offender, payload: see
	                * entry_unpack_errqueue() */
	CALL_TLS_CONNECT,  /* SSL_connect(): a handshake is over; arg = 1, or -1 where it has failed;
	                    * payload: see tls_entry.h */
	CALL_TLS_ACCEPT,   /* SSL_accept(): the same at the server's end */
	CALL_TLS_SHUTDOWN, /* SSL_shutdown(): close_notify is made; arg = 1 where the peer's has come, else 0 */
	CALL_TLS_READ,  /* SSL_read(): clear text that records have brought, see entry_is_clear();
	                 * arg = bytes asked, payload = bytes got, none where close_notify has come */
	CALL_TLS_WRITE, /* SSL_write(): clear text that becomes records; arg = bytes, payload */
	CALL_COUNT,
};

enum entry_flag {
	ENTRY_ERROR = 1,     /* a note or state that reports a failure */
	ENTRY_SEALED = 1,    /* of a send() or recv(): its bytes are TLS records, whose clear text, where there
	                      * is any, has entries of its own: CALL_TLS_READ, CALL_TLS_WRITE */
	ENTRY_ECHO = 2,      /* made by a service, not by a person */
	ENTRY_SAID = 2,      /* a note that says what a script wants to be told of what happens */
	ENTRY_TRUNCATED = 4, /* arg of a CALL_RECVFROM is the length of the whole datagram */
	ENTRY_FAULT = 4,     /* a state: a fault of ours has acted, see fault.h */
	ENTRY_REPLAYED = 4,  /* a note of another run of the program: an answer to nobody who is here */
	ENTRY_CONTINUES = 8, /* the text of a note goes on in the session's next entry */
	ENTRY_BATCH = 8,     /* of a recvfrom() or recvmsg(): made as recvmmsg(), which has brought several
	                      * datagrams: see entry.nth */
	ENTRY_NO_END = 8,    /* of a recv(): if it returns 0, that is not the peer's FIN: there has been
	                      * a reset, or reading is shut here */
	ENTRY_SHARED = 8,    /* of a send(), sendto() or sendmsg(): how it is kept, and nothing that
	                      * happened; see entry_is_shared() */
	ENTRY_WATCHING = 16, /* a call that the program makes for its own observation */
	ENTRY_WAITED = 32,   /* a blocking socket would have slept in this call: the duration counts
	                      * from when it was asked for; a state that says that it begins to */
	ENTRY_SECRET = 64,   /* the payload of a send() or recv() must not be shown */
	ENTRY_ANSWER = 128,  /* a note that answers a command */
	ENTRY_MESSAGE = 128, /* of a send() or recv(): made as sendmsg() or recvmsg(), for a time stamp
	                      * that the program has asked for */
};

/* What the error queue of a socket gave, ip(7), and its timestamps, socket(7). */
enum errqueue_origin {
	ERRQUEUE_LOCAL, /* this machine: usually too large for the path */
	ERRQUEUE_ICMP,  /* from the entry's address */
	ERRQUEUE_ICMP6, /* the same */
	ERRQUEUE_ACKED, /* not an error: all bytes of the stream before `info` are acknowledged */
	ERRQUEUE_LEFT,  /* not an error: they have left for the network interface */
};

struct errqueue {
	uint8_t origin;         /* enum errqueue_origin */
	uint8_t type, code;     /* of the ICMP message */
	uint8_t error;          /* errno value */
	uint32_t info;          /* the MTU where that is the reason (0 = unknown); or see above */
	uint64_t delay;         /* of ERRQUEUE_ACKED and _LEFT: nanoseconds from the send() to it */
	struct endpoint target; /* destination of the datagram; AF_UNSPEC if unknown */
};

struct entry {
	int64_t time; /* clock_now() when the call was made */
	uint32_t
	        previous_in_session; /* distance to the session's entry before this one, in units of
	                               * ENTRY_ALIGN; 0 = none */
	uint32_t len;                /* payload bytes */
	uint32_t duration; /* of the call, in microseconds, rounded up; UINT32_MAX = that or more */
	uint32_t session;  /* number of the session; 0 = the program itself */
	int32_t arg;       /* see enum call */
	int16_t arg2;
	int16_t fd;             /* the descriptor the call was made on, -1 for none */
	union {
		uint16_t stream_offset; /* low bits of where the payload begins in the stream
		                         * (CALL_SEND, CALL_RECV, and of clear text); peeked and urgent bytes do not
		                         * count */
		struct {
			uint8_t ttl, tos; /* of the datagram (CALL_RECVMSG); a ttl of 0: neither is
			                   * known */
		};
		struct {
			uint8_t nth, of; /* of ENTRY_BATCH instead: this is the nth of that many, from 1;
			                  * 0 of 0 where the call has failed */
		};
	};
	uint8_t call;           /* enum call */
	uint8_t error;          /* errno of a failed call, 0 = success */
	uint8_t endpoint_len;   /* bytes of addresses after the payload; 0 = none */
	uint8_t flags;          /* enum entry_flag */
	uint16_t previous; /* distance to the entry before it in time, in units of ENTRY_ALIGN; 0 =
	                    * first of its block, UINT16_MAX = that far or farther */
};

enum {
	ENTRY_ALIGN = 8,
	ENTRY_HEADER = sizeof(struct entry),
	ENTRY_MAX_OVERHEAD = 64,
	ENTRY_SECRET_MOST = 1 << 20,       /* bytes of one that is sent as a secret */
	ENTRY_ADDRESSES = ENDPOINT_PACKED, /* most bytes of endpoint_len: a path comes alone */
};
_Static_assert(sizeof(struct entry) == 40, "the transcript's cost per call is a promise");
_Static_assert(2 * (int)ENDPOINT_PACKED_IP <= (int)ENTRY_ADDRESSES, "two of IPv6 fit, too");

/* The payload of a CALL_ERRQUEUE entry; its length is returned. False where an entry has none. */
enum { ERRQUEUE_PACKED = 16 + ENDPOINT_PACKED };
size_t entry_pack_errqueue(const struct errqueue *error, uint8_t out[ERRQUEUE_PACKED]);
bool entry_unpack_errqueue(const struct entry *entry, struct errqueue *error);

/* The payload as it may be shown: a secret is a star for each byte. entry_bytes() returns the true
 * bytes, for those who only compare them. */
const char *entry_payload(const struct entry *entry);
const char *entry_bytes(const struct entry *entry);
bool entry_is_secret(const struct entry *entry);

/* Calls of a library, which makes no call on a socket itself. */
static inline bool entry_is_of_tls(const struct entry *entry)
{
	return entry->call >= CALL_TLS_CONNECT;
}

/* Clear text, which no call on a socket has moved: the calls that did are sealed. */
static inline bool entry_is_clear(const struct entry *entry)
{
	return entry->call >= CALL_TLS_READ;
}

/* recv, recvfrom, recvmsg, and clear text that was read; send, sendto, sendmsg, and clear text that was
 * written. These are asked several times for each call. */
static inline bool entry_is_incoming(const struct entry *entry)
{
	return entry->call == CALL_RECV || entry->call == CALL_RECVFROM ||
	       entry->call == CALL_RECVMSG || entry->call == CALL_TLS_READ;
}

static inline bool entry_is_outgoing(const struct entry *entry)
{
	return entry->call == CALL_SEND || entry->call == CALL_SENDTO ||
	       entry->call == CALL_SENDMSG || entry->call == CALL_TLS_WRITE;
}

/* TLS records: what an eavesdropper sees. */
static inline bool entry_is_sealed(const struct entry *entry)
{
	return entry->flags & ENTRY_SEALED && !entry_is_clear(entry) &&
	       (entry_is_incoming(entry) || entry_is_outgoing(entry));
}

/* Its payload is in an earlier entry of its block: four bytes in place of it are the distance back from
 * the entry. */
static inline bool entry_is_shared(const struct entry *entry)
{
	return entry->flags & ENTRY_SHARED && entry_is_outgoing(entry);
}
enum { ENTRY_SHARE = 4 };

/* What it takes after its header, without the addresses, and what a sealed one has after these. */
static inline size_t entry_kept(const struct entry *entry)
{
	return entry_is_shared(entry) ? ENTRY_SHARE : entry->len;
}

/* Where TLS records begin in a sealed entry. */
struct tls_boundary entry_boundary(const struct entry *entry);
enum { ENTRY_RECORDS = sizeof(struct tls_boundary) };
static inline size_t entry_records_kept(const struct entry *entry)
{
	return entry_is_sealed(entry) ? ENTRY_RECORDS : 0;
}

/* Where a CALL_SOCKET was made: its payload is one byte, none where that is this machine. */
enum host entry_host(const struct entry *entry);

/* The address kept with the call; AF_UNSPEC where there is none. */
struct endpoint entry_addr(const struct entry *entry);

/* Our own end of a datagram, with port 0: what CALL_RECVMSG was sent to, which may be a broadcast
 * or multicast address, with the interface on which it came, and what CALL_SENDMSG was sent from.
 * AF_UNSPEC where it is not kept. */
struct endpoint entry_local(const struct entry *entry);

/* Packs what entry_addr() and entry_local() unpack. `local` may be NULL, and is kept only beside an
 * address of its family: whole where `back` is 0, else as a reference to the entry `back` bytes
 * before this one, at most ENTRY_FARTHEST, that has it whole. Returns the length. */
enum { ENTRY_FARTHEST = UINT16_MAX * ENTRY_ALIGN };
size_t entry_pack_addresses(const struct endpoint *addr, const struct endpoint *local, size_t back,
                            uint8_t out[ENTRY_ADDRESSES]);

/* What the call returned: -1 on failure, bytes for send and recv, a descriptor for socket and
 * accept, of a handshake and a close_notify what the library did, else 0. */
long entry_result(const struct entry *entry);

bool entry_is_call(const struct entry *entry);      /* not words, a sample or a frame */
bool entry_is_addressed(const struct entry *entry); /* one that takes an address */

/* Bytes beside the stream: peeked, or urgent (MSG_PEEK, MSG_OOB). */
bool entry_is_aside(const struct entry *entry);

/* A call that failed; one that says "not yet" (EAGAIN, EINPROGRESS) has not. */
bool entry_has_failed(const struct entry *entry);

/* recv() = 0 of a stream, which is the peer's FIN. */
bool entry_is_end_of_file(const struct entry *entry);

/* It has set SO_LINGER; *resets: to 0, so that close() sends RST. */
bool entry_sets_linger(const struct entry *entry, bool *resets);

bool entry_is_words(const struct entry *entry);      /* a note, a command, a state */
bool entry_is_of_command(const struct entry *entry); /* a command, a note that answers one, but not of
                                                      * /say */
bool entry_is_datagram(const struct entry *entry);   /* one that was sent or received */
bool entry_is_batched(const struct entry *entry);    /* ENTRY_BATCH */
bool entry_has_header(const struct entry *entry);    /* entry.ttl and entry.tos are of its datagram */

/* Bytes of a stream, in its order, as the two ends mean them: of TLS the clear text. Urgent bytes that were sent have an offset in it
 * (entry.stream_offset), but they are received, and shown, beside the stream. */
bool entry_is_stream(const struct entry *entry);

/* Bytes sent or received, and empty datagrams; not the end of a stream, which a state reports, and of
 * TLS the clear text. */
bool entry_is_payload(const struct entry *entry);

/* A connect() that has begun, and whose return, where it comes, is an entry of its own:
 * entry_is_connect_return(). */
bool entry_is_connect_begun(const struct entry *entry);

/* connect() as a blocking socket would have returned it: made of the steps that a non-blocking one
 * takes, which are entries, too. */
bool entry_is_connect_return(const struct entry *entry);

/* Whether a view that shows calls shows this entry: not the program's own calls, and of connect()
 * the call; with `own_calls` those, and of connect() the steps. */
bool entry_is_shown(const struct entry *entry, bool own_calls);

/* The first state of a session that a listener of ours accepted. */
bool entry_is_accepted(const struct entry *entry);

/* A duration in ns as an entry keeps it. */
uint32_t entry_microseconds(int64_t duration);

/* The time by which it is shown: of a call that waited, the time at which it returned. */
int64_t entry_shown_time(const struct entry *entry);

/* "recv", "setsockopt"; "note", "command", "state", "sample" and "frame" for the others. */
const char *entry_call_name(enum call call);
