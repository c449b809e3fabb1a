// SPDX-License-Identifier: GPL-3.0-or-later
/* frames: frames on the wire between the two ends of conversation.h, by hand. */
#pragma once

#include "record/frame_entry.h"
#include "socket/host.h"
#include "view/conversation.h"

enum { LEFT, RIGHT };

/* Of both ends, and of nobody. */
static const uint32_t wires[2] = { WIRE_FIRST + 10, WIRE_FIRST + 11 };
static const uint32_t nobodies[2] = { WIRE_FIRST + HOST_LEFT, WIRE_FIRST + HOST_RIGHT };

struct packet {
	int from; /* LEFT, RIGHT */
	uint8_t bytes[FRAME_KEPT];
	size_t kept;
	uint32_t len;
};

static struct segment_flow flows[2];
static unsigned window; /* of the next segments */
static uint16_t packets;

static UNUSED void begin_wire(int columns, uint32_t other)
{
	begin(columns, other);
	for (int i = 0; i < 2; i++) {
		segment_flow_init(&flows[i], false);
		view.wire[i] = wires[i];
		view.nobody[i] = nobodies[i];
	}
	window = 65535;
	packets = 0;
}

static void put16(uint8_t *at, unsigned value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value)
{
	put16(at, value >> 16);
	put16(at + 2, value & 0xffff);
}

static struct packet ip_packet(int from, uint8_t protocol, size_t header, uint32_t len)
{
	struct packet packet = { .from = from };
	uint8_t *ip = packet.bytes + FRAME_ETHERNET;
	packet.len = FRAME_ETHERNET + 20 + (uint32_t)header + len;
	packet.kept = packet.len < FRAME_KEPT ? packet.len : FRAME_KEPT;
	put16(packet.bytes + 12, 0x0800);
	ip[0] = 0x45;
	put16(ip + 2, packet.len - FRAME_ETHERNET);
	put16(ip + 4, ++packets);
	ip[8] = 64;
	ip[9] = protocol;
	put32(ip + 12, 0xc0000201u + (unsigned)from);
	put32(ip + 16, 0xc0000202u - (unsigned)from);
	return packet;
}

/* Sequence numbers count from the SYN. */
static UNUSED struct packet tcp(int from, unsigned flags, uint32_t seq, uint32_t ack, uint32_t len)
{
	struct packet packet = ip_packet(from, IPPROTO_TCP, 20, len);
	uint8_t *header = packet.bytes + FRAME_ETHERNET + 20;
	put16(header, from == LEFT ? CLIENT_PORT : SERVER_PORT);
	put16(header + 2, from == LEFT ? SERVER_PORT : CLIENT_PORT);
	put32(header + 4, 1000u * (1u + (unsigned)from) + seq);
	put32(header + 8, flags & FRAME_ACK ? 1000u * (2u - (unsigned)from) + ack : 0);
	header[12] = 0x50;
	header[13] = (uint8_t)flags;
	put16(header + 14, window);
	return packet;
}

static UNUSED struct packet udp(int from, uint32_t len)
{
	struct packet packet = ip_packet(from, IPPROTO_UDP, 8, len);
	uint8_t *header = packet.bytes + FRAME_ETHERNET + 20;
	put16(header, from == LEFT ? CLIENT_PORT : 5000);
	put16(header + 2, from == LEFT ? 5000 : CLIENT_PORT);
	put16(header + 4, 8 + len);
	return packet;
}

static UNUSED struct packet arp(int from, bool answer)
{
	struct packet packet = { .from = from, .len = 42, .kept = 42 };
	uint8_t *body = packet.bytes + FRAME_ETHERNET;
	put16(packet.bytes + 12, 0x0806);
	put16(body, 1);
	put16(body + 2, 0x0800);
	put16(body + 4, 0x0604);
	put16(body + 6, answer ? 2 : 1);
	put32(body + 14, 0xc0000201u + (unsigned)from);
	put32(body + 24, 0xc0000202u - (unsigned)from);
	return packet;
}

static void put_packet(uint32_t number, enum frame_event event, int side,
                      const struct packet *packet, const char *words)
{
	struct frame frame;
	struct frame_note note = {
		.event = (uint8_t)event,
		.host = (uint8_t)(side ? HOST_RIGHT : HOST_LEFT),
		.pieces = 1,
		.len = packet->len,
		.bytes = packet->bytes,
		.kept = packet->kept,
		.words = words,
		.words_len = strlen(words),
	};
	frame_read(packet->bytes, packet->kept, packet->len, &frame);
	if (frame.kind == FRAME_TCP && event <= FRAME_PASSES) {
		bool in = event == FRAME_ARRIVES || (event == FRAME_PASSES && packet->from);
		segment_classify(&flows[side], in ? SEGMENT_IN : SEGMENT_OUT, &frame,
		                 &note.segment);
	}
	frame_entry_append(transcript, number, now, &note);
	now += 10 * CLOCK_US;
}

static bool is_of_nobody(const struct packet *packet)
{
	return packet->bytes[12] == 0x08 && packet->bytes[13] == 0x06;
}

static UNUSED void leave(struct packet packet)
{
	put_packet((is_of_nobody(&packet) ? nobodies : wires)[packet.from], FRAME_LEAVES,
	          packet.from, &packet, "");
}

static UNUSED void arrive(struct packet packet)
{
	put_packet((is_of_nobody(&packet) ? nobodies : wires)[!packet.from], FRAME_ARRIVES,
	          !packet.from, &packet, "");
}

static UNUSED void cross(struct packet packet)
{
	leave(packet);
	arrive(packet);
}

static UNUSED void strike(struct packet packet, enum frame_event event, const char *rule)
{
	put_packet(wires[packet.from], event, packet.from, &packet, rule);
}

/* Over a loopback. */
static UNUSED void pass(struct packet packet)
{
	put_packet(wires[LEFT], FRAME_PASSES, LEFT, &packet, "");
}
