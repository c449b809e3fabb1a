// SPDX-License-Identifier: GPL-3.0-or-later
/* frametext: a frame as text, in parts, as people know it from packet captures. Sequence numbers
 * are relative where the SYN was seen, else as they are. */
#pragma once

#include "base/buf.h"
#include "record/frame_entry.h"
#include "socket/frame.h"
#include "view/recordtext.h"
#include "view/view_ops.h"

enum frametext_part {
	FRAMETEXT_EVENT,    /* "lost (1%)": what the cable did; not that it was seen */
	FRAMETEXT_NAME,     /* "fast retransmission #2", "duplicate ACK #3", "ARP", "UDP" */
	FRAMETEXT_BRIEF,    /* the same in fewer columns: "dup ACK #3" */
	FRAMETEXT_ENDS,     /* "192.0.2.1:50000 → 192.0.2.2:80" */
	FRAMETEXT_PORTS,    /* "50000 → 80" */
	FRAMETEXT_FLAGS,    /* "SYN,ACK" */
	FRAMETEXT_SEQ,      /* "seq 1:1449" */
	FRAMETEXT_ACK,      /* "ack 1449" */
	FRAMETEXT_WINDOW,   /* "win 64512" */
	FRAMETEXT_SCALE,    /* "504 << 7": how the window was got */
	FRAMETEXT_ABSOLUTE, /* "2837465:2838913, 9127364": seq and ack as they are */
	FRAMETEXT_OPTIONS,  /* "mss 1460, scale 7, SACK ok, ts 7 echo 3" */
	FRAMETEXT_DETAILS,  /* of all but TCP: "who has 192.0.2.2? tell 192.0.2.1" */
	FRAMETEXT_LENGTH,   /* "1448 B" of data */
	FRAMETEXT_PARTS,
};

/* Appends the part; nothing where the frame has no such thing. `frame` is what frame_read() made of
 * the bytes. */
void frametext(const struct frame_note *note, const struct frame *frame, enum frametext_part part,
               struct buf *out);

/* The event as the socket of this port sees it: a frame that passes a loopback leaves it or arrives
 * there. Port 0 is no socket: the frame passes. */
enum frame_event frametext_event(const struct frame_note *note, uint16_t port);

/* The TLS records that begin in the data of a frame that a view of frames shows: see recordtext_name(). False
 * also for data that was sent again, which has a name of its own. */
bool frametext_name_records(const struct view *view, uint64_t position,
                            const struct frame_note *note, size_t most,
                            struct recordtext_names *names);

/* The frame of a note; false where its headers are not whole. */
bool frametext_read(const struct frame_note *note, struct frame *frame);
