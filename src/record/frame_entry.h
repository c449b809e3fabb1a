// SPDX-License-Identifier: GPL-3.0-or-later
/* frame_entry: a frame that was seen on the wire, as an entry of the transcript: what happened to
 * it, where, what the classifier made of it, and its first bytes. CALL_FRAME is not a call. Its
 * session is the number of a wire end, from WIRE_FIRST on: one for each end of a conversation, so
 * that a view merges a session with the wire end of each side. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/transcript.h"
#include "socket/segment.h"

#define WIRE_FIRST UINT32_C(0x80000000)

/* Whether a session's number is that of a wire end. */
static inline bool session_is_wire(uint32_t session)
{
	return session >= WIRE_FIRST;
}

enum {
	FRAME_KEPT = 128, /* bytes of a frame that are kept: all headers, little data, */
	FRAME_KEPT_MOST = UINT16_MAX, /* and where somebody asks for whole frames */
	FRAME_WORDS = 64,     /* most bytes of words */
	FRAME_NOTE_SIZE = 40, /* packed, before the bytes */
};

enum frame_event {
	FRAME_LEAVES,  /* seen leaving its host */
	FRAME_ARRIVES, /* seen reaching its host */
	FRAME_PASSES,  /* a loopback: both at once */
	/* what the cable did to it; the words are the rule */
	FRAME_LOST,
	FRAME_DUPLICATED,
	FRAME_REORDERED,
	FRAME_CORRUPTED,
	FRAME_TOO_LARGE,
	FRAME_FRAGMENTED,
	/* no frame: `len` of them were not recorded, since the ring was full; the words say so */
	FRAME_MISSED,
	FRAME_EVENTS,
};

struct frame_note {
	uint8_t event;          /* enum frame_event */
	uint8_t host;           /* enum host: where it was seen, for a strike where it came from */
	uint16_t pieces;        /* segments that are in this one frame, where the network card cuts
	                         * it (GSO); 1 else */
	uint32_t len;           /* of the frame on the wire */
	bool loopback;          /* seen on the loopback of its host, else on a cable or an interface */
	bool secret;            /* of a conversation that carried a secret: no data is kept */
	struct segment segment; /* of TCP, else 0; not of a strike */

	const uint8_t *bytes; /* the first `kept` of them, from the Ethernet header on */
	size_t kept;          /* at most FRAME_KEPT_MOST */
	const char *words;    /* no C string */
	size_t words_len;     /* at most FRAME_WORDS */
};

/* Appends it under the number of a wire end; what is longer than the limits is cut. `time` is the
 * kernel's stamp as clock_now() would have it. Returns the position. */
uint64_t frame_entry_append(struct transcript *transcript, uint32_t wire_end, int64_t time,
                            const struct frame_note *note);

/* Writes its payload, whose length is returned, and what the header has of it. `out` has room for
 * FRAME_NOTE_SIZE, the bytes and the words. */
size_t frame_entry_pack(const struct frame_note *note, struct entry *header, char *out);

/* The pointers lead into the entry. False where it is not a frame, or is cut short. */
bool frame_entry_unpack(const struct entry *entry, struct frame_note *note);

/* "leaves", "arrives", "passes", "lost", "duplicated" …; "?" for what is none. */
const char *frame_event_name(unsigned event);
