// SPDX-License-Identifier: GPL-3.0-or-later
/* sample: what the kernel reported of a socket at one instant. A field is present or absent: what
 * the system does not report is absent, never 0. The payload of a CALL_SAMPLE entry is a sample in
 * a compact form. Knows no socket.
 *
 * A sample taken right after a call (arg = SAMPLE_AFTER) follows its entry, with only the frames
 * between them that were seen meanwhile. The fields SAMPLE_NEW_… are the changes since the sample
 * before: those of this call where SAMPLE_CALLS is 1, the sum over that many calls where it is
 * more. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/transcript.h"
#include "socket/tcp_state.h"

/* Why a sample was taken: the arg of its entry. */
enum sample_when {
	SAMPLE_BEFORE, /* before a call, or the socket is ready: what the network did */
	SAMPLE_AFTER,  /* right after the call before it in time, with only frames between */
	SAMPLE_LATER,  /* without a call, while something was on its way or a timer ran */
	SAMPLE_CLOSED, /* the descriptor is closed: by sock_diag(7) */
};

enum sample_timer { TIMER_OFF, TIMER_RETRANSMIT, TIMER_KEEPALIVE, TIMER_TIMEWAIT, TIMER_PERSIST };

/* SAMPLE_OPTIONS, tcp(7): what was agreed on in the handshake. */
enum sample_option {
	OPTION_TIMESTAMPS = 1,
	OPTION_SACK = 2,
	OPTION_WSCALE = 4,
	OPTION_ECN = 8,
	OPTION_ECN_SEEN = 16,
	OPTION_SYN_DATA = 32,
};

enum sample_field {
	/* TCP_INFO, tcp(7). Times are microseconds, "segments" are counts, the rest bytes. */
	SAMPLE_STATE,       /* enum tcp_state */
	SAMPLE_CA_STATE,    /* 0 Open 1 Disorder 2 CWR 3 Recovery 4 Loss */
	SAMPLE_RETRANSMITS, /* of the oldest segment, unanswered so far */
	SAMPLE_PROBES,      /* window or keepalive probes, unanswered so far */
	SAMPLE_BACKOFF,     /* how often the timer has doubled */
	SAMPLE_OPTIONS,     /* enum sample_option */
	SAMPLE_RTO,
	SAMPLE_ATO,
	SAMPLE_SND_MSS,
	SAMPLE_RCV_MSS,
	SAMPLE_UNACKED, /* segments in flight; not of a listener */
	SAMPLE_SACKED,  /* segments; not of a listener */
	SAMPLE_LOST,    /* segments */
	SAMPLE_RETRANS, /* retransmitted segments in flight */
	SAMPLE_PMTU,
	SAMPLE_RTT,
	SAMPLE_RTTVAR,
	SAMPLE_SSTHRESH, /* segments; absent while it has not been set */
	SAMPLE_CWND,     /* segments */
	SAMPLE_REORDERING,
	SAMPLE_RCV_SPACE,
	SAMPLE_TOTAL_RETRANS, /* segments, probes for a lost tail among them */
	SAMPLE_PACING_RATE,   /* bytes a second; absent for "unlimited" */
	SAMPLE_BYTES_ACKED,
	SAMPLE_BYTES_RECEIVED,
	SAMPLE_SEGS_OUT,
	SAMPLE_SEGS_IN,
	SAMPLE_NOTSENT, /* bytes that have not left yet; here and in OUTQ a FIN does not count */
	SAMPLE_MIN_RTT,
	SAMPLE_DATA_SEGS_IN,
	SAMPLE_DATA_SEGS_OUT,
	SAMPLE_DELIVERY_RATE, /* bytes a second */
	SAMPLE_APP_LIMITED,   /* 1: that rate was limited by the application, not by the path */
	SAMPLE_BUSY_TIME,
	SAMPLE_RWND_LIMITED,   /* part of the busy time spent waiting for the peer's window */
	SAMPLE_SNDBUF_LIMITED, /* and for room in our own send buffer */
	SAMPLE_BYTES_SENT,
	SAMPLE_BYTES_RETRANS,
	SAMPLE_DSACK_DUPS,
	SAMPLE_REORD_SEEN,
	SAMPLE_RCV_OOOPACK,
	SAMPLE_SND_WND, /* the peer's window */
	SAMPLE_RCV_WND, /* ours, as advertised to the peer */
	SAMPLE_TOTAL_RTO,

	/* ioctl and SO_MEMINFO, socket(7), udp(7). Bytes. */
	SAMPLE_INQ,    /* to read; of a datagram socket the size of the first */
	SAMPLE_OUTQ,   /* sent and not acknowledged, and not sent yet */
	SAMPLE_RMEM,   /* memory taken by what waits to be read, */
	SAMPLE_RCVBUF, /* and its limit */
	SAMPLE_WMEM,
	SAMPLE_SNDBUF,
	SAMPLE_DROPS, /* datagrams dropped since the socket was made */

	/* sock_diag(7) */
	SAMPLE_TIMER,      /* enum sample_timer */
	SAMPLE_TIMER_LEFT, /* microseconds from the sample's time on */

	/* a listener's */
	SAMPLE_QUEUE,   /* connections that wait for accept(), */
	SAMPLE_BACKLOG, /* and their limit, as given to listen() */

	/* what has changed since the sample before */
	SAMPLE_OLD_STATE, /* present where it differs from SAMPLE_STATE */
	SAMPLE_NEW_OUT,   /* segments; these five are present where both samples have the count */
	SAMPLE_NEW_IN,
	SAMPLE_NEW_DATA_OUT, /* segments, retransmissions not among them */
	SAMPLE_NEW_DATA_IN,
	SAMPLE_NEW_RETRANS,
	SAMPLE_CALLS,    /* calls since then */
	SAMPLE_BUFFERED, /* how long the last byte that recv() gave, or the datagram, had been in
	                   * the receive buffer */
	SAMPLE_COUNT,
};
_Static_assert(SAMPLE_COUNT <= 64, "presence is a word of 64 bits");

struct sample {
	uint64_t present; /* bit n: field n */
	uint64_t value[SAMPLE_COUNT];
};

static inline bool sample_has(const struct sample *sample, enum sample_field field)
{
	return sample->present >> field & 1;
}

/* 0 where it is absent: ask sample_has() first where that matters. */
static inline uint64_t sample_get(const struct sample *sample, enum sample_field field)
{
	return sample_has(sample, field) ? sample->value[field] : 0;
}

static inline void sample_set(struct sample *sample, enum sample_field field, uint64_t value)
{
	sample->present |= UINT64_C(1) << field;
	sample->value[field] = value;
}

/* The peer has room for what is held back: then the timer for window probes sends it. */
static inline bool sample_window_is_open(const struct sample *sample)
{
	return sample_has(sample, SAMPLE_SND_WND) && sample_get(sample, SAMPLE_NOTSENT) &&
	       sample_get(sample, SAMPLE_SND_WND) >= sample_get(sample, SAMPLE_NOTSENT);
}

/* How many connections a listener's queue takes: Linux lets one more in than listen() was asked
 * for. */
static inline uint64_t sample_queue_most(const struct sample *sample)
{
	return sample_get(sample, SAMPLE_BACKLOG) + 1;
}

static inline bool sample_is(const struct sample *sample, enum tcp_state state)
{
	return sample_has(sample, SAMPLE_STATE) && sample->value[SAMPLE_STATE] == state;
}

/* connect() has returned without a SYN: with Fast Open that waits for the first bytes to send. */
static inline bool sample_is_deferred(const struct sample *sample)
{
	return sample_is(sample, STATE_SYN_SENT) && sample_has(sample, SAMPLE_SEGS_OUT) &&
	       !sample_get(sample, SAMPLE_SEGS_OUT);
}

/* Sets the fields from SAMPLE_OLD_STATE to SAMPLE_NEW_RETRANS of `now` from `before`, an earlier
 * sample of the same socket. */
void sample_compare(struct sample *now, const struct sample *before);

/* Whether `b` differs from `a` in what a person wants to see: state, segments, queues, windows,
 * losses, drops, the kind of timer; not the clocks and rates that change all the time. */
bool sample_differs(const struct sample *a, const struct sample *b);

/* The compact form: the presence word, then each value that is present, 7 bits a byte (LEB128).
 * Returns its length. */
enum { SAMPLE_PACKED = 10 * (SAMPLE_COUNT + 1) };
size_t sample_pack(const struct sample *sample, char out[SAMPLE_PACKED]);

/* The sample in an entry's payload; false where it is none, or is cut short. Fields of a later
 * version are ignored. */
bool sample_unpack(const struct entry *entry, struct sample *sample);

/* The sample taken right after the call at this position; false where there is none. Frames between
 * them are stepped over: those of one turn. */
bool sample_after(const struct transcript *transcript, uint64_t position, struct sample *sample);

/* The newest sample of a session at or before this position, looking at no more than `most` of its
 * entries; false where there is none. */
bool sample_before(const struct transcript *transcript, uint64_t position, unsigned most,
                   struct sample *sample);

/* The sample of the same socket before the one at this position, within `most` entries: a session
 * that listens on several addresses has a socket for each. */
bool sample_previous(const struct transcript *transcript, uint64_t position, unsigned most,
                     struct sample *sample);
