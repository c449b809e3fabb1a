// SPDX-License-Identifier: GPL-3.0-or-later
/* random_transcript: the entries that a fuzzer's input describes: each of a kind, a length and its bytes; a
 * long one repeats them. Sessions 1 to 3, and the wire ends of a ladder. */
#pragma once

#include <stdint.h>
#include <sys/socket.h>

#include "record/frame_entry.h"
#include "record/sample.h"

enum { RANDOM_LONGEST = 2000 };

/* A frame of one of the wire ends of a ladder, or of nobody. */
static void random_frame(struct transcript *transcript, const uint8_t *bytes, size_t len)
{
	if (len < 4)
		return;
	const struct frame_note note = {
		.event = bytes[0] % FRAME_EVENTS,
		.host = bytes[1] & 3,
		.pieces = bytes[1] >> 4,
		.len = bytes[3],
		.segment = { .name = (enum segment_name)(bytes[2] % SEGMENT_NAMES),
		             .len = bytes[3],
		             .copy = bytes[1] & 7,
		             .seq_based = bytes[2] & 0x80 },
		.bytes = bytes + 4,
		.kept = len - 4,
		.words = (const char *)bytes,
		.words_len = bytes[3] & 1 ? 3 : 0,
	};
	frame_entry_append(transcript, WIRE_FIRST + (bytes[1] >> 2 & 3), (int64_t)bytes[0] << 17,
	                   &note);
}

static void random_entry(struct transcript *transcript, uint8_t kind, const uint8_t *bytes, size_t len,
                   size_t repeat)
{
	static const struct entry kinds[] = {
		{ .call = CALL_RECV, .session = 1 },
		{ .call = CALL_SEND, .session = 1 },
		{ .call = CALL_RECV, .session = 1, .error = 11 },
		{ .call = CALL_RECV, .session = 2 },
		{ .call = CALL_NOTE, .session = 1 },
		{ .call = CALL_NOTE, .session = 1, .flags = ENTRY_CONTINUES },
		{ .call = CALL_STATE, .session = 1, .flags = ENTRY_ERROR },
		{ .call = CALL_RECVFROM, .session = 1, .flags = ENTRY_TRUNCATED, .arg = 100 },
		{ .call = CALL_SENDTO, .session = 1 },
		{ .call = CALL_SETSOCKOPT, .session = 1 },
		{ .call = CALL_SAMPLE, .session = 1, .arg = SAMPLE_AFTER },
		{ .call = CALL_SAMPLE, .session = 1, .arg = SAMPLE_BEFORE },
		{ .call = CALL_SAMPLE, .session = 2, .arg = SAMPLE_LATER },
		{ .call = CALL_ERRQUEUE, .session = 1, .flags = ENTRY_WATCHING },
		{ .call = CALL_GETADDRINFO, .session = 1 },
		{ .call = CALL_GETADDRINFO, .session = 0, .error = 113 },
		{ .call = CALL_ACCEPT, .session = 3, .flags = ENTRY_WAITED, .duration = 7 },
		{ .call = CALL_RECV, .session = 1, .arg = 100, .arg2 = MSG_PEEK },
		{ .call = CALL_SENDTO, .session = 2, .arg = 3000, .flags = ENTRY_TRUNCATED },
		{ .call = CALL_GETSOCKOPT, .session = 2, .arg = -1, .arg2 = -1 },
		{ .call = CALL_CLOSE, .session = 1, .error = 255 },
		{ .call = CALL_NOTE, .session = 0 },
		{ .call = CALL_STATE, .session = 2 },
		{ .call = CALL_SEND, .session = 1, .flags = ENTRY_SECRET },
		{ .call = CALL_SENDTO, .session = 1, .flags = ENTRY_SECRET },
		{ .call = CALL_COMMAND, .session = 1 },
		{ .call = CALL_NOTE, .session = 1, .flags = ENTRY_ANSWER },
		{ .call = CALL_FRAME, .session = WIRE_FIRST, .arg = 60, .arg2 = FRAME_PASSES },
		{ .call = CALL_FRAME, .session = 1, .arg = 1500, .arg2 = FRAME_LOST | 1 << 8 },
	};
	static const struct endpoint addr = { .family = AF_INET6, .port = 53, .ip = { [15] = 1 } };
	char payload[RANDOM_LONGEST];
	size_t have = 0;
	for (size_t i = 0; i <= repeat && have + len <= sizeof payload; i++)
		for (size_t j = 0; j < len; j++)
			payload[have++] = (char)bytes[j];
	struct entry header = kinds[kind % (sizeof kinds / sizeof *kinds)];
	if (header.session == WIRE_FIRST) {
		random_frame(transcript, (const uint8_t *)payload, have);
		return;
	}
	if (header.call == CALL_SEND && kind & 0x40)
		header.arg2 = MSG_OOB;
	header.time = (int64_t)kind << 28;
	transcript_append(transcript, &header, kind & 0x80 ? &addr : NULL, payload, have);
}

static void random_entries(struct transcript *transcript, const uint8_t *data, size_t size)
{
	while (size >= 2) {
		size_t len = data[1] & 0x3f;
		size_t repeat = data[1] & 0x80 ? RANDOM_LONGEST : 0;
		uint8_t kind = data[0];
		data += 2;
		size -= 2;
		len = len < size ? len : size;
		random_entry(transcript, kind, data, len, repeat);
		data += len;
		size -= len;
	}
}
