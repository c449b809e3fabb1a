// SPDX-License-Identifier: GPL-3.0-or-later
#include "record/frame_entry.h"

#include <string.h>

/* As it is in the payload, before the bytes of the frame and the words. */
struct packed {
	uint32_t number, seq, ack, window;
	uint16_t copy, pieces;
	uint8_t segment, flags, kept, words_len;
};
_Static_assert(sizeof(struct packed) == FRAME_NOTE_SIZE, "what a frame costs beside its bytes");

uint64_t frame_entry_append(struct transcript *transcript, uint32_t wire_end, int64_t time,
                            const struct frame_note *note)
{
	size_t kept = note->kept < FRAME_KEPT ? note->kept : FRAME_KEPT;
	size_t words_len = note->words_len < FRAME_WORDS ? note->words_len : FRAME_WORDS;
	const struct packed packed = {
		.number = note->number,
		.seq = note->seq,
		.ack = note->ack,
		.window = note->window,
		.copy = note->copy,
		.pieces = note->pieces,
		.segment = note->segment,
		.flags = note->flags,
		.kept = (uint8_t)kept,
		.words_len = (uint8_t)words_len,
	};
	const struct entry header = {
		.time = time,
		.session = wire_end,
		.arg = (int32_t)(note->len < INT32_MAX ? note->len : INT32_MAX),
		.arg2 = (int16_t)(note->event | note->host << 8),
		.fd = -1,
		.call = CALL_FRAME,
	};
	char payload[FRAME_NOTE_SIZE + FRAME_KEPT + FRAME_WORDS];
	size_t len = sizeof packed;
	memcpy(payload, &packed, sizeof packed);
	if (kept)
		memcpy(payload + len, note->bytes, kept);
	len += kept;
	if (words_len)
		memcpy(payload + len, note->words, words_len);
	return transcript_append(transcript, &header, NULL, payload, len + words_len);
}

bool frame_entry_unpack(const struct entry *entry, struct frame_note *note)
{
	struct packed packed;
	const char *payload = entry_bytes(entry);
	if (entry->call != CALL_FRAME || entry->len < sizeof packed)
		return false;
	memcpy(&packed, payload, sizeof packed);
	if (entry->len != sizeof packed + packed.kept + packed.words_len || entry->arg < 0)
		return false;
	*note = (struct frame_note){
		.event = (uint8_t)entry->arg2,
		.host = (uint8_t)((uint16_t)entry->arg2 >> 8),
		.segment = packed.segment,
		.flags = packed.flags,
		.copy = packed.copy,
		.pieces = packed.pieces,
		.number = packed.number,
		.seq = packed.seq,
		.ack = packed.ack,
		.window = packed.window,
		.len = (uint32_t)entry->arg,
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
		[FRAME_DROPPED] = "dropped",       [FRAME_UNCARRIED] = "unplugged",
		[FRAME_MISSED] = "missed",
	};
	return event < FRAME_EVENTS ? names[event] : "?";
}
