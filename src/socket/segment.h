// SPDX-License-Identifier: GPL-3.0-or-later
/* segment: what each segment of one TCP connection is, in the field's words: SYN again, duplicate
 * ACK, keepalive. One forward pass over the segments in the order in which one host saw them, both
 * directions. A name is given only where the segments themselves say it: a copy is never a probe
 * because of its time, and nothing is looked up in the kernel.
 *
 * What is known depends on the place. The host that sends a segment knows whether it had sent those
 * bytes before. The host that receives it knows only whether they had come before; one that comes
 * late may have been sent again or overtaken, and is called a retransmission only where timestamps
 * or the identification of IPv4 prove it. So the same frame may have one name where it leaves and
 * another where it arrives; both are true. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "socket/frame.h"

enum segment_direction {
	SEGMENT_OUT, /* leaves the host where it is seen */
	SEGMENT_IN,  /* arrives there */
};

enum segment_name {
	SEGMENT_OTHER, /* neither SYN, ACK nor RST */
	SEGMENT_SYN,   /* of Fast Open: with data */
	SEGMENT_SYN_AGAIN,
	SEGMENT_SYN_ACK,
	SEGMENT_SYN_ACK_AGAIN,
	SEGMENT_DATA,
	SEGMENT_OUT_OF_ORDER,        /* data came, but the bytes before it had not; RFC 5681 */
	SEGMENT_FILLS_GAP,           /* the missing bytes, sent again or late: not known which */
	SEGMENT_REORDERED,           /* the missing bytes, late: sent before what came before */
	SEGMENT_COPY,                /* bytes that had come: sent again or duplicated on the way */
	SEGMENT_DUPLICATED,          /* the same packet came twice */
	SEGMENT_RETRANSMISSION,      /* sent again */
	SEGMENT_FAST_RETRANSMISSION, /* after three duplicate ACKs, RFC 5681 */
	SEGMENT_SPURIOUS_RETRANSMISSION, /* sent again though it was acknowledged */
	SEGMENT_ACK,
	SEGMENT_ACK_AGAIN,           /* says nothing new, and nothing else that it says is known */
	SEGMENT_OLD_ACK,             /* acknowledges less than one before it: overtaken */
	SEGMENT_DUPLICATE_ACK,       /* RFC 5681: says nothing new while data is on the way */
	SEGMENT_ZERO_WINDOW,         /* an ACK that closes the window, or keeps it closed */
	SEGMENT_WINDOW_UPDATE,       /* acknowledges nothing new, opens the window further */
	SEGMENT_WINDOW_PROBE,        /* asks a closed window */
	SEGMENT_WINDOW_PROBE_ANSWER, /* still closed; one that opens it is a window update */
	SEGMENT_KEEPALIVE,
	SEGMENT_KEEPALIVE_ANSWER,
	SEGMENT_FIN, /* with or without data */
	SEGMENT_FIN_AGAIN,
	SEGMENT_RST,
	SEGMENT_DAMAGED, /* its checksum is wrong: it counts for nothing */
	SEGMENT_NAMES,
};

struct segment {
	enum segment_name name;
	int64_t seq;        /* relative: the SYN is 0, the first byte of data 1 */
	int64_t ack;        /* relative; 0 without the flag */
	int64_t offset;     /* in the stream, of the first byte of data: 0 is the first */
	uint32_t len;       /* bytes of data */
	uint32_t window;    /* bytes, scaled; as in the header where the scale is not known */
	uint32_t number;    /* of the segments with data of this direction, copies counted: 1 … */
	uint16_t copy;      /* of these bytes, SYN or FIN: 1 = the first; 0 = none, not known */
	uint16_t duplicate; /* of a duplicate ACK, its number in a row: 1 … */
	bool scaled;        /* the scale of the window is known, or none is in use */
	bool seq_based;     /* on the SYN; else on the first number that was seen */
	bool ack_based;     /* the same, of `ack` */
	bool gap;           /* bytes before it were not seen here */
	bool fills_window;  /* its sender may send no more before the next ACK */
};

enum { SEGMENT_RUNS = 12 };

/* One direction, as far as it was seen; private. */
struct segment_side {
	bool seen;       /* `isn` is set, */
	bool syn;        /* from a SYN, */
	bool syn_ack;    /* one with an ACK */
	bool acked;      /* `ack` and `window` are set */
	bool scales;     /* the SYN offered a scale */
	uint8_t scale;   /* shift */
	uint8_t asked;   /* enum segment_name: its newest that an ACK answers; 0 = answered */
	uint16_t dups;   /* duplicate ACKs that it has sent in a row */
	uint32_t isn;    /* sequence number whose relative one is 0 */
	uint32_t number; /* segments with data */
	uint32_t window; /* bytes, newest */
	uint32_t ts;     /* greatest timestamp, if `stamped` */
	bool stamped;
	uint8_t runs;  /* used */
	uint16_t id;   /* of the newest packet in IPv4, */
	int64_t at;    /* and where it began */
	int64_t ack;   /* greatest, relative to the other side */
	int64_t fin;   /* relative number of the FIN, 0 = none seen */
	int64_t next;  /* after the last one seen */
	int64_t begin; /* of the first run */
	struct {
		uint64_t end : 56, copies : 8; /* seen; 255 = not known */
	} run[SEGMENT_RUNS];                   /* from `begin`, in order, without gaps */
};

struct segment_flow {
	struct segment_side side[2]; /* by direction */
	bool loopback;               /* what leaves arrives at once: both senders are here */
	bool over;                   /* RST: a SYN begins another connection */
};

/* A zeroed flow is ready, too, where what leaves and what arrives is seen apart: no loopback. */
void segment_flow_init(struct segment_flow *flow, bool loopback);

/* The next segment that was seen; `frame->kind` is FRAME_TCP. A SYN with another sequence number
 * begins another connection of the same pair. Where `from` and `to` are the same, a connection to
 * itself, the direction does not matter. */
void segment_classify(struct segment_flow *flow, enum segment_direction direction,
                      const struct frame *frame, struct segment *out);

/* "SYN again", "duplicate ACK"; and shorter for narrow places: "dup ACK". Static. */
const char *segment_name_text(enum segment_name name);
const char *segment_name_short(enum segment_name name);
