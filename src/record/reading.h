// SPDX-License-Identifier: GPL-3.0-or-later
/* reading: what the kernel said of a socket at one instant, as fields of which each is there or is
 * not: what a system does not give is absent, never 0. The payload of a CALL_READING entry is a
 * reading in a compact form. Knows no socket: who reads fills it, who draws asks it.
 *
 * A reading taken right behind a call stands right behind its entry (arg = READING_AFTER), and the
 * fields READING_NEW_… say what has changed since the reading before: what this call did, where
 * READING_CALLS is 1; where it is more, so many calls were made meanwhile, and only their sum is
 * known. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/transcript.h"

/* Why a reading was taken: the arg of its entry. */
enum reading_when {
	READING_BEFORE, /* a call is about to be made, or the socket is ready: what the network did
	                 */
	READING_AFTER,  /* right behind the call in the entry before it in time */
	READING_LATER,  /* by itself, while something was on its way or a timer ran */
	READING_CLOSED, /* there is no descriptor any more: by sock_diag(7) */
};

/* enum tcp_state of the kernel, Linux numbers; the other systems' are translated. 0 = the row has
 * gone. */
enum tcp_state_number {
	STATE_GONE,
	STATE_ESTABLISHED,
	STATE_SYN_SENT,
	STATE_SYN_RECV,
	STATE_FIN_WAIT1,
	STATE_FIN_WAIT2,
	STATE_TIME_WAIT,
	STATE_CLOSE,
	STATE_CLOSE_WAIT,
	STATE_LAST_ACK,
	STATE_LISTEN,
	STATE_CLOSING,
	STATE_COUNT,
};

enum reading_timer { TIMER_OFF, TIMER_RETRANSMIT, TIMER_KEEPALIVE, TIMER_TIMEWAIT, TIMER_PERSIST };

/* READING_OPTIONS, tcp(7): what was agreed on in the handshake. */
enum reading_option {
	OPTION_TIMESTAMPS = 1,
	OPTION_SACK = 2,
	OPTION_WSCALE = 4,
	OPTION_ECN = 8,
	OPTION_ECN_SEEN = 16,
	OPTION_SYN_DATA = 32,
};

enum reading_field {
	/* TCP_INFO, tcp(7). Times are microseconds, "segments" are counts, the rest bytes. */
	READING_STATE,       /* enum tcp_state_number */
	READING_CA_STATE,    /* 0 Open 1 Disorder 2 CWR 3 Recovery 4 Loss */
	READING_RETRANSMITS, /* of the oldest segment, unanswered so far */
	READING_PROBES,      /* window or keepalive probes, unanswered so far */
	READING_BACKOFF,     /* how often the timer has doubled */
	READING_OPTIONS,     /* enum reading_option */
	READING_RTO,
	READING_ATO,
	READING_SND_MSS,
	READING_RCV_MSS,
	READING_UNACKED, /* segments in flight; not of a listener */
	READING_SACKED,  /* segments; not of a listener */
	READING_LOST,    /* segments */
	READING_RETRANS, /* segments in flight for the second time */
	READING_PMTU,
	READING_RTT,
	READING_RTTVAR,
	READING_SSTHRESH, /* segments; absent while it has not been set */
	READING_CWND,     /* segments */
	READING_REORDERING,
	READING_RCV_SPACE,
	READING_TOTAL_RETRANS, /* segments, probes for a lost tail among them */
	READING_PACING_RATE,   /* bytes a second; absent for "unlimited" */
	READING_BYTES_ACKED,
	READING_BYTES_RECEIVED,
	READING_SEGS_OUT,
	READING_SEGS_IN,
	READING_NOTSENT, /* bytes that have not left yet; here and in OUTQ a FIN is none */
	READING_MIN_RTT,
	READING_DATA_SEGS_IN,
	READING_DATA_SEGS_OUT,
	READING_DELIVERY_RATE, /* bytes a second */
	READING_APP_LIMITED,   /* 1: that rate is what the program gave, not what the path can */
	READING_BUSY_TIME,
	READING_RWND_LIMITED,   /* part of the busy time spent waiting for the peer's window */
	READING_SNDBUF_LIMITED, /* and for room in our own send buffer */
	READING_BYTES_SENT,
	READING_BYTES_RETRANS,
	READING_DSACK_DUPS,
	READING_REORD_SEEN,
	READING_RCV_OOOPACK,
	READING_SND_WND, /* the peer's window */
	READING_RCV_WND, /* ours, as told to the peer */
	READING_TOTAL_RTO,

	/* ioctl and SO_MEMINFO, socket(7), udp(7). Bytes. */
	READING_INQ,    /* to read; of a datagram socket the size of the first */
	READING_OUTQ,   /* sent and not acknowledged, and not sent yet */
	READING_RMEM,   /* memory that what waits to be read takes */
	READING_RCVBUF, /* of at most */
	READING_WMEM,
	READING_SNDBUF,
	READING_DROPS, /* datagrams thrown away since the socket was made */

	/* sock_diag(7) */
	READING_TIMER,      /* enum reading_timer */
	READING_TIMER_LEFT, /* microseconds from the reading's time on */

	/* a listener's */
	READING_QUEUE,   /* connections that wait for accept() */
	READING_BACKLOG, /* of at most, as asked by listen() */

	/* what has changed since the reading before */
	READING_OLD_STATE, /* there where it differs from READING_STATE */
	READING_NEW_OUT,   /* segments; these five are there when both readings have the count */
	READING_NEW_IN,
	READING_NEW_DATA_OUT, /* segments, retransmissions not among them */
	READING_NEW_DATA_IN,
	READING_NEW_RETRANS,
	READING_CALLS,    /* calls since then */
	READING_BUFFERED, /* how long what recv() gave had lain in the buffer: its last byte, or the
	                   * datagram */
	READING_COUNT,
};
_Static_assert(READING_COUNT <= 64, "presence is a word of 64 bits");

struct reading {
	uint64_t present; /* bit n: field n */
	uint64_t value[READING_COUNT];
};

static inline bool reading_has(const struct reading *reading, enum reading_field field)
{
	return reading->present >> field & 1;
}

/* 0 where it is absent: ask reading_has() first wherever the difference shows. */
static inline uint64_t reading_get(const struct reading *reading, enum reading_field field)
{
	return reading_has(reading, field) ? reading->value[field] : 0;
}

static inline void reading_set(struct reading *reading, enum reading_field field, uint64_t value)
{
	reading->present |= UINT64_C(1) << field;
	reading->value[field] = value;
}

static inline bool reading_is(const struct reading *reading, enum tcp_state_number state)
{
	return reading_has(reading, READING_STATE) && reading->value[READING_STATE] == state;
}

/* Fills the fields from READING_OLD_STATE to READING_NEW_RETRANS of `now` by what `before`, an
 * earlier reading of the same socket, said. */
void reading_compare(struct reading *now, const struct reading *before);

/* Whether a person would want to see that `b` differs from `a`: state, segments, queues, window,
 * losses, drops, timers kind; not the clocks and rates that change all the time. */
bool reading_differs(const struct reading *a, const struct reading *b);

/* The compact form: the presence word, then each value that is there, 7 bits a byte (LEB128).
 * Returns its bytes. */
enum { READING_PACKED = 10 * (READING_COUNT + 1) };
size_t reading_pack(const struct reading *reading, char out[READING_PACKED]);

/* The reading in an entry's payload; false where it is none, or cut. Fields of a later version are
 * left away. */
bool reading_unpack(const struct entry *entry, struct reading *reading);

/* The reading taken right behind the call at this position; false where there is none. */
bool reading_after(const struct transcript *transcript, uint64_t position, struct reading *reading);

/* The newest reading of a session at or before this position, looking at no more than `most` of its
 * entries; false where there is none. */
bool reading_before(const struct transcript *transcript, uint64_t position, unsigned most,
                    struct reading *reading);

/* The reading of the same socket before the one at this position, as above: a session that waits on
 * several addresses has a socket for each. */
bool reading_previous(const struct transcript *transcript, uint64_t position, unsigned most,
                      struct reading *reading);

/* "ESTABLISHED", "FIN_WAIT2", …; "gone" for STATE_GONE, "?" for numbers of no state. Static. */
const char *reading_state_name(uint64_t state);

/* "retransmit", "keepalive", "persist", "TIME_WAIT"; "off". Static. */
const char *reading_timer_name(uint64_t timer);
