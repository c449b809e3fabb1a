// SPDX-License-Identifier: GPL-3.0-or-later
/* Fuzzes frame.h and segment.h. The input is a row of frames: a byte of direction and place, two of
 * the frame's length, the frame; the last one takes what is left. Its segments go through one
 * flow. */
#include "socket/frame.h"
#include "socket/segment.h"

#include <stdlib.h>
#include <string.h>

enum { ARRIVES = 1, LOOPBACK = 2, HEADER = 3 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
	if (!holds)
		abort();
}

/* A block of exactly the size, so that a byte read too far is seen. */
static uint8_t *copy_bytes(const uint8_t *bytes, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);
	if (!copy)
		abort();
	memcpy(copy, bytes, len);
	return copy;
}

static bool reads(const uint8_t *bytes, size_t kept, size_t len, struct frame *frame)
{
	uint8_t *copy = copy_bytes(bytes, kept);
	bool whole = frame_read(copy, kept, len, frame);
	free(copy);
	require(frame->kind <= FRAME_FRAGMENT && (whole || frame->kind == FRAME_OTHER));
	require(frame->tcp.sacks <= FRAME_SACKS && frame->tcp.cookie_len <= FRAME_COOKIE);
	if (whole && frame->kind != FRAME_OTHER)
		require(endpoint_is_set(&frame->from) && endpoint_is_set(&frame->to));
	if (whole)
		require(frame->headers + frame->len <= len);
	return whole;
}

static void check_beginning(const uint8_t *bytes, size_t len, const struct frame *frame)
{
	for (size_t kept = 0; kept < len && kept < 160; kept++) {
		struct frame part;
		if (reads(bytes, kept, len, &part))
			require(part.kind == frame->kind && part.len == frame->len &&
			        part.headers == frame->headers);
	}
}

static void check_checksums(const uint8_t *bytes, size_t len)
{
	uint8_t *copy = copy_bytes(bytes, len);
	struct frame before, after;
	bool right = frame_checksums_right(copy, len);
	bool whole = frame_read(copy, len, len, &before);
	frame_correct_checksums(copy, len);
	require(frame_read(copy, len, len, &after) == whole && after.kind == before.kind);
	require(!right || frame_checksums_right(copy, len));
	if (whole && before.kind != FRAME_OTHER)
		require(frame_checksums_right(copy, len));
	free(copy);
}

static void check_segment(struct segment_flow *flow, enum segment_direction direction,
                          const struct frame *frame)
{
	struct segment segment;
	segment_classify(flow, direction, frame, &segment);
	require(segment.name < SEGMENT_NAMES && segment.len == frame->len);
	require((segment.number != 0) == (frame->len != 0 && segment.name != SEGMENT_RST));
	require(!segment.duplicate || segment.name == SEGMENT_DUPLICATE_ACK);
	require((segment.name == SEGMENT_RST) == !!(frame->tcp.flags & FRAME_RST));
	require(segment.seq >= -(INT64_C(1) << 33) && segment.ack >= -(INT64_C(1) << 33));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct segment_flow flow;
	segment_flow_init(&flow, size && data[0] & LOOPBACK);
	for (int count = 0; size >= HEADER && count < 200; count++) {
		size_t len = (size_t)data[1] << 8 | data[2];
		enum segment_direction direction = data[0] & ARRIVES ? SEGMENT_IN : SEGMENT_OUT;
		data += HEADER;
		size -= HEADER;
		if (len > size)
			len = size;
		struct frame frame;
		bool whole = reads(data, len, len, &frame);
		if (whole)
			check_beginning(data, len, &frame);
		check_checksums(data, len);
		if (whole && frame.kind == FRAME_TCP)
			check_segment(&flow, direction, &frame);
		data += len;
		size -= len;
	}
	return 0;
}
