// SPDX-License-Identifier: GPL-3.0-or-later
#include "record/frame_entry.h"

#include <string.h>

#include "socket/host.h"

/* As it is in the payload, before the bytes of the frame and the words. */
struct packed {
	int64_t seq, ack;
	uint32_t len, window, number;
	uint16_t copy, duplicate, pieces, kept;
	uint8_t name, flags, words_len;
	uint8_t unused; /* with it there is no padding: equal notes are equal bytes */
};
_Static_assert(sizeof(struct packed) == FRAME_NOTE_SIZE, "what a frame costs beside its bytes");

enum {
	SCALED = 1,
	SEQ_BASED = 2,
	ACK_BASED = 4,
	GAP = 8,
	FILLS_WINDOW = 16,
	LOOPBACK = 32,
	SECRET = 64
};

size_t frame_entry_pack(const struct frame_note *note, struct entry *header, char *out)
{
	size_t kept = note->kept < FRAME_KEPT_MOST ? note->kept : FRAME_KEPT_MOST;
	size_t words_len = note->words_len < FRAME_WORDS ? note->words_len : FRAME_WORDS;
	const struct segment *segment = &note->segment;
	const struct packed packed = {
		.seq = segment->seq,
		.ack = segment->ack,
		.len = segment->len,
		.window = segment->window,
		.number = segment->number,
		.copy = segment->copy,
		.duplicate = segment->duplicate,
		.pieces = note->pieces,
		.name = (uint8_t)segment->name,
		.flags = (uint8_t)((segment->scaled ? SCALED : 0) |
		                   (segment->seq_based ? SEQ_BASED : 0) |
		                   (segment->ack_based ? ACK_BASED : 0) | (segment->gap ? GAP : 0) |
		                   (segment->fills_window ? FILLS_WINDOW : 0) |
		                   (note->loopback ? LOOPBACK : 0) | (note->secret ? SECRET : 0)),
		.kept = (uint16_t)kept,
		.words_len = (uint8_t)words_len,
	};
	header->call = CALL_FRAME;
	header->fd = -1;
	header->arg = (int32_t)(note->len < INT32_MAX ? note->len : INT32_MAX);
	header->arg2 = (int16_t)(note->event | note->host << 8);
	memcpy(out, &packed, sizeof packed);
	if (kept)
		memcpy(out + sizeof packed, note->bytes, kept);
	if (words_len)
		memcpy(out + sizeof packed + kept, note->words, words_len);
	return sizeof packed + kept + words_len;
}

uint64_t frame_entry_append(struct transcript *transcript, uint32_t wire_end, int64_t time,
                            const struct frame_note *note)
{
	size_t room, rest = FRAME_NOTE_SIZE + FRAME_WORDS;
	struct frame_note fits = *note;
	struct entry header = { .time = time, .session = wire_end };
	fits.kept = note->kept < FRAME_KEPT_MOST ? note->kept : FRAME_KEPT_MOST;
	char *place = transcript_reserve(transcript, 0, rest + fits.kept, &room);
	if (fits.kept > room - rest)
		fits.kept = room - rest;
	size_t len = frame_entry_pack(&fits, &header, place);
	return transcript_commit(transcript, &header, NULL, NULL, len);
}

/* No connection has come so far, but a log may say anything; and sums of these must not overflow. */
static bool is_far(int64_t seq)
{
	return seq < -INT64_MAX / 4 || seq > INT64_MAX / 4;
}

bool frame_entry_unpack(const struct entry *entry, struct frame_note *note)
{
	struct packed packed;
	const char *payload = entry_bytes(entry);
	if (entry->call != CALL_FRAME || entry->len < sizeof packed)
		return false;
	memcpy(&packed, payload, sizeof packed);
	if (entry->len != sizeof packed + packed.kept + packed.words_len || entry->arg < 0 ||
	    (uint16_t)entry->arg2 >> 8 >= HOST_COUNT || is_far(packed.seq) || is_far(packed.ack))
		return false;
	*note = (struct frame_note){
		.event = (uint8_t)entry->arg2,
		.host = (uint8_t)((uint16_t)entry->arg2 >> 8),
		.pieces = packed.pieces,
		.len = (uint32_t)entry->arg,
		.loopback = packed.flags & LOOPBACK,
		.secret = packed.flags & SECRET,
		.segment = { .name = packed.name,
		             .seq = packed.seq,
		             .ack = packed.ack,
		             .offset = packed.seq > 0 ? packed.seq - 1 : 0,
		             .len = packed.len,
		             .window = packed.window,
		             .number = packed.number,
		             .copy = packed.copy,
		             .duplicate = packed.duplicate,
		             .scaled = packed.flags & SCALED,
		             .seq_based = packed.flags & SEQ_BASED,
		             .ack_based = packed.flags & ACK_BASED,
		             .gap = packed.flags & GAP,
		             .fills_window = packed.flags & FILLS_WINDOW },
		.bytes = (const uint8_t *)payload + sizeof packed,
		.kept = packed.kept,
		.words = payload + sizeof packed + packed.kept,
		.words_len = packed.words_len,
	};
	return true;
}

const char *frame_event_name(unsigned event)
{
	static const char *const names[FRAME_EVENTS] = {
		[FRAME_LEAVES] = "leaves",         [FRAME_ARRIVES] = "arrives",
		[FRAME_PASSES] = "passes",         [FRAME_LOST] = "lost",
		[FRAME_DUPLICATED] = "duplicated", [FRAME_REORDERED] = "reordered",
		[FRAME_CORRUPTED] = "corrupted",   [FRAME_TOO_LARGE] = "too large",
		[FRAME_FRAGMENTED] = "fragmented", [FRAME_MISSED] = "missed",
	};
	return event < FRAME_EVENTS ? names[event] : "?";
}
