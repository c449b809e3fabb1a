// SPDX-License-Identifier: GPL-3.0-or-later
#include "socket/frame.h"

#include <netinet/in.h>

#include "support/tap.h"

/* A frame from words of hexadecimal digits. A block of exactly its size: one byte read too far is
 * seen by the sanitizer. */
static uint8_t *make(const char *hex, size_t *len)
{
	uint8_t *bytes = malloc(strlen(hex) / 2 + 1);
	int taken;
	*len = 0;
	for (unsigned byte; bytes && sscanf(hex, " %2x%n", &byte, &taken) == 1; hex += taken)
		bytes[(*len)++] = (uint8_t)byte;
	return bytes;
}

#define ETHERNET_4 "02000000000b 02000000000a 0800 "
#define ETHERNET_6 "02000000000b 02000000000a 86dd "
#define LEFT_6     "20010db8000000000000000000000001 "
#define RIGHT_6    "20010db8000000000000000000000002 "

/* Reads a whole frame; its kind is -1 where frame_read() returns false. */
static struct frame read_hex(const char *hex, int *kind)
{
	size_t len;
	uint8_t *bytes = make(hex, &len);
	struct frame frame;
	bool whole = frame_read(bytes, len, len, &frame);
	*kind = whole ? (int)frame.kind : -1;
	free(bytes);
	return frame;
}

static void is_addr(const struct endpoint *addr, const char *text, const char *name)
{
	char out[ENDPOINT_TEXT];
	is_text(endpoint_format(addr, out), text, name);
}

/* A SYN of Linux: MSS 1460, SACK permitted, timestamps, scale 7, and a Fast Open cookie. */
static const char syn[] =
        ETHERNET_4 "4510 0048 1234 4000 4006 a468 c0000201 c0000202 "
                   "c350 0050 00000064 00000000 d002 faf0 0000 0000 "
                   "020405b4 0402 080a 00000007 00000000 01 030307 220a 0102030405060708 0101 ";

static void reads_tcp(void)
{
	int kind;
	struct frame frame = read_hex(syn, &kind);
	is_int(kind, FRAME_TCP, "TCP over IPv4");
	is_addr(&frame.from, "192.0.2.1:50000", "from");
	is_addr(&frame.to, "192.0.2.2:80", "to");
	is_int(frame.tcp.flags, FRAME_SYN, "flags");
	is_int(frame.tcp.seq, 100, "sequence number");
	is_int(frame.tcp.window, 64240, "window");
	is_int(frame.ttl, 64, "TTL");
	is_int(frame.tos, 0x10, "TOS");
	is_int(frame.ip_id, 0x1234, "identification");
	is_int(frame.len, 0, "no data");
	is_int(frame.headers, 14 + 20 + 52, "where its data would begin");
	is_int(frame.tcp.options,
	       FRAME_MSS | FRAME_SCALE | FRAME_SACK_OK | FRAME_TIMESTAMPS | FRAME_FASTOPEN,
	       "options");
	is_int(frame.tcp.mss, 1460, "MSS");
	is_int(frame.tcp.scale, 7, "scale");
	is_int(frame.tcp.ts_value, 7, "timestamp");
	is_bytes((const char *)frame.tcp.cookie, frame.tcp.cookie_len, "\1\2\3\4\5\6\7\10", 8,
	         "cookie");
}

static void reads_data(void)
{
	int kind;
	struct frame frame = read_hex(ETHERNET_6 "60000000 0029 06 40 " LEFT_6 RIGHT_6
	                                         "1f90 0051 fffffff0 00000010 a018 0100 0000 0000 "
	                                         "0101 0512 00000001 00000005 00000009 00000010 "
	                                         "61 000000",
	                              &kind);
	is_int(kind, FRAME_TCP, "TCP over IPv6, padded");
	is_addr(&frame.from, "[2001:db8::1]:8080", "from");
	is_addr(&frame.to, "[2001:db8::2]:81", "to");
	ok(frame.ipv6, "IPv6");
	is_int(frame.len, 1, "what follows the length of IP is not data");
	is_int(frame.tcp.seq, 0xfffffff0, "sequence number");
	is_int(frame.tcp.ack, 16, "acknowledgement");
	is_int(frame.tcp.sacks, 2, "SACK blocks");
	is_int(frame.tcp.sack[1].to, 16, "the end of the second");
	ok(frame_has_dsack(&frame.tcp),
	   "the first reports a duplicate: it is acknowledged already");
	frame.tcp.ack = 1;
	ok(!frame_has_dsack(&frame.tcp), "no duplicate");
	frame.tcp.sack[1].from = 1;
	ok(frame_has_dsack(&frame.tcp), "a duplicate: it is part of the second");
}

static void reads_options_that_lie(void)
{
	static const struct {
		const char *options, *name;
		int want;
	} table[] = {
		{ "02 04 05b4", "MSS", FRAME_MSS },
		{ "02 00 05b4", "a length of 0", FRAME_OPTION_BAD },
		{ "02 05 05b4", "one that is longer than the header", FRAME_OPTION_BAD },
		{ "01 01 01 02", "a kind without its length", FRAME_OPTION_BAD },
		{ "00 02 00 00", "what is after the end is not read", 0 },
		{ "fe 04 f989", "an option that is not known", FRAME_OPTION_OTHER },
		{ "02 03 05 01", "MSS of a wrong length", FRAME_OPTION_OTHER },
		{ "22 02 01 01", "a request for a cookie", FRAME_FASTOPEN },
		{ "03 03 ff 00", "a scale that is too large", FRAME_SCALE },
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		char hex[256];
		int kind;
		snprintf(hex, sizeof hex,
		         ETHERNET_4 "4500 002c 0000 0000 4006 0000 c0000201 c0000202 "
		                    "0001 0002 00000001 00000000 6002 0001 0000 0000 %s",
		         table[i].options);
		struct frame frame = read_hex(hex, &kind);
		is_int(kind, FRAME_TCP, table[i].name);
		is_int(frame.tcp.options, table[i].want, table[i].name);
		ok(frame.tcp.scale <= 14, "%s: the shift is one that can be done", table[i].name);
	}
}

static void reads_udp(void)
{
	int kind;
	struct frame frame = read_hex(ETHERNET_4 "45b8 0022 0001 0000 0111 0000 c0000201 c0000202 "
	                                         "1388 1389 000e 0000 68656c6c6f0a 000000000000",
	                              &kind);
	is_int(kind, FRAME_UDP, "UDP, padded");
	is_addr(&frame.to, "192.0.2.2:5001", "to");
	is_int(frame.len, 6, "bytes of the datagram");
	is_int(frame.headers, 42, "where they are");
	is_int(frame.ttl, 1, "TTL");
	read_hex(ETHERNET_4 "4500 001c 0001 0000 4011 0000 c0000201 c0000202 1388 1389 0009 0000",
	         &kind);
	is_int(kind, -1, "a length of UDP beyond that of IP");
	read_hex(ETHERNET_4 "4500 001c 0001 0000 4011 0000 c0000201 c0000202 1388 1389 0007 0000",
	         &kind);
	is_int(kind, -1, "a length of UDP below its header");
	frame = read_hex(ETHERNET_6 "6b800000 0012 00 40 " LEFT_6 RIGHT_6
	                            "11 00 0104 00000000 1388 1389 000a 0000 6869",
	                 &kind);
	is_int(kind, FRAME_UDP, "UDP after a hop-by-hop option");
	is_int(frame.len, 2, "its bytes");
	is_int(frame.tos, 0xb8, "traffic class");
	read_hex(ETHERNET_6 "60000000 000a 00 40 " LEFT_6 RIGHT_6 "11 01 0104 00000000 1388",
	         &kind);
	is_int(kind, -1, "an extension header that is longer than its packet");
}

static void reads_fragments(void)
{
	int kind;
	struct frame frame = read_hex(ETHERNET_4 "4500 0024 00ff 2000 4011 0000 c0000201 c0000202 "
	                                         "1388 1389 0bb8 0000 6162636465666768",
	                              &kind);
	is_int(kind, FRAME_FRAGMENT, "the first fragment");
	is_addr(&frame.from, "192.0.2.1:5000", "has the ports");
	ok(frame.more_fragments, "and is not the last");
	is_int(frame.len, 16, "it carries the header, too");
	is_int(frame.protocol, IPPROTO_UDP, "protocol");
	frame = read_hex(ETHERNET_4 "4500 001c 00ff 0002 4011 0000 c0000201 c0000202 "
	                            "6162636465666768",
	                 &kind);
	is_int(kind, FRAME_FRAGMENT, "the last fragment");
	is_addr(&frame.from, "192.0.2.1:0", "has no ports");
	is_int(frame.fragment_start, 16, "where it begins");
	ok(!frame.more_fragments, "and is the last");
	is_int(frame.ip_id, 0xff, "of the same identification");
	frame = read_hex(ETHERNET_6 "60000000 0010 2c 40 " LEFT_6 RIGHT_6
	                            "11 00 0009 deadbeef 6162636465666768",
	                 &kind);
	is_int(kind, FRAME_FRAGMENT, "a fragment of IPv6");
	is_int(frame.fragment_start, 8, "where it begins");
	is_int(frame.ip_id, 0xdeadbeef, "identification");
	ok(frame.more_fragments, "and is not the last");
	frame = read_hex(ETHERNET_6 "60000000 0012 2c 40 " LEFT_6 RIGHT_6
	                            "11 00 0000 deadbeef 1388 1389 000a 0000 6869",
	                 &kind);
	is_int(kind, FRAME_UDP, "one that is the whole datagram is none, RFC 6946");
	is_int(frame.len, 2, "its bytes");
}

static void reads_arp_and_nd(void)
{
	int kind;
	struct frame frame = read_hex(
	        "ffffffffffff 02000000000a 0806 0001 0800 06 04 0001 02000000000a c0000201 "
	        "000000000000 c0000202 000000000000",
	        &kind);
	is_int(kind, FRAME_ARP, "a question of ARP");
	ok(!frame.answer, "asks");
	is_addr(&frame.from, "192.0.2.1:0", "who asks");
	is_addr(&frame.to, "192.0.2.2:0", "for whom");
	is_bytes((const char *)frame.mac, 6, "\2\0\0\0\0\n", 6, "its own address");
	read_hex("ffffffffffff 02000000000a 0806 0001 0800 06 04 0001 02000000000a c0000201 0000",
	         &kind);
	is_int(kind, -1, "ARP that is cut off");
	frame = read_hex(ETHERNET_6 "60000000 0020 3a ff " LEFT_6
	                            "ff0200000000000000000001ff000002 "
	                            "87 00 0000 00000000 " RIGHT_6 "01 01 02000000000a",
	                 &kind);
	is_int(kind, FRAME_ND, "a neighbour solicitation");
	is_addr(&frame.from, "[2001:db8::1]:0", "who asks");
	is_addr(&frame.to, "[2001:db8::2]:0", "for whom");
	is_bytes((const char *)frame.mac, 6, "\2\0\0\0\0\n", 6, "its own address");
	frame = read_hex(ETHERNET_6 "60000000 0020 3a ff " RIGHT_6 LEFT_6
	                            "88 00 0000 60000000 " RIGHT_6 "02 01 02000000000b",
	                 &kind);
	is_int(kind, FRAME_ND, "a neighbour advertisement");
	ok(frame.answer, "answers");
	is_addr(&frame.from, "[2001:db8::2]:0", "of whom");
	is_bytes((const char *)frame.mac, 6, "\2\0\0\0\0\v", 6, "the address");
}

static void reads_icmp(void)
{
	int kind;
	struct frame frame = read_hex(ETHERNET_4 "45c0 0038 0001 0000 4001 0000 c0000202 c0000201 "
	                                         "03 03 0000 00000000 "
	                                         "4500 0022 0001 0000 4011 0000 c0000201 c0000202 "
	                                         "1388 1389 000e 0000",
	                              &kind);
	is_int(kind, FRAME_ICMP, "port unreachable");
	is_addr(&frame.from, "192.0.2.2:0", "who says so");
	is_int(frame.icmp.type << 8 | frame.icmp.code, 0x303, "type and code");
	is_int(frame.icmp.quoted.kind, FRAME_UDP, "quotes UDP");
	is_addr(&frame.icmp.quoted.from, "192.0.2.1:5000", "from");
	is_addr(&frame.icmp.quoted.to, "192.0.2.2:5001", "to");
	frame = read_hex(ETHERNET_4 "4500 0038 0001 0000 4001 0000 c0000202 c0000201 "
	                            "03 04 0000 0000 0578 "
	                            "4500 05dc 0001 4000 4006 0000 c0000201 c0000202 "
	                            "1388 1389 01020304",
	                 &kind);
	is_int(frame.icmp.mtu, 1400, "fragmentation needed says the MTU");
	is_int(frame.icmp.quoted.kind, FRAME_TCP, "quotes TCP");
	is_int(frame.icmp.quoted.seq, 0x01020304, "with its sequence number");
	frame = read_hex(ETHERNET_4 "4500 0034 0001 0000 4001 0000 c0000202 c0000201 "
	                            "0b 00 0000 00000000 "
	                            "4500 05dc 0001 4000 4006 0000 c0000201 c0000202 "
	                            "1388 1389",
	                 &kind);
	is_int(kind, FRAME_ICMP, "an error that quotes too little is one nevertheless");
	is_int(frame.icmp.quoted.kind, FRAME_OTHER, "but nothing is quoted");
	frame = read_hex(ETHERNET_6 "60000000 0038 3a 40 " RIGHT_6 LEFT_6 "02 00 0000 00000500 "
	                            "60000000 05b4 06 40 " LEFT_6 RIGHT_6 "1f90 0051 00000005",
	                 &kind);
	is_int(kind, FRAME_ICMP, "packet too big");
	is_int(frame.icmp.mtu, 1280, "the MTU");
	is_addr(&frame.icmp.quoted.to, "[2001:db8::2]:81", "quotes the packet");
	frame = read_hex(ETHERNET_4 "4500 0020 0001 0000 4001 0000 c0000202 c0000201 "
	                            "08 00 0000 0102 0003 61626364",
	                 &kind);
	is_int(frame.icmp.id, 0x102, "echo: the identification");
	is_int(frame.icmp.seq, 3, "echo: the number");
	is_int(frame.len, 4, "echo: the bytes");
}

static void reads_what_it_does_not_know(void)
{
	int kind;
	struct frame frame = read_hex("0180c2000000 02000000000a 0027 424203 0000", &kind);
	is_int(kind, FRAME_OTHER, "an LLC frame is another one");
	is_int(frame.len, 5, "with its bytes");
	read_hex("02000000000b 02000000000a 08", &kind);
	is_int(kind, -1, "less than an Ethernet header");
	frame = read_hex(ETHERNET_4 "4500 0014 0001 0000 4084 0000 c0000201 c0000202", &kind);
	is_int(kind, FRAME_OTHER, "another protocol of IP");
	is_int(frame.protocol, 0x84, "has its number");
	read_hex(ETHERNET_4 "4500 0014 0001 0000 4006 0000 c0000201 c0000202", &kind);
	is_int(kind, -1, "a TCP without header");
	frame = read_hex(ETHERNET_4 "4500 00ff 0001 0000 4006 0000 c0000201 c0000202", &kind);
	is_int(kind, -1, "an IP length beyond the frame");
	is_addr(&frame.from, "192.0.2.1:0", "leaves the addresses");
	read_hex(ETHERNET_4 "4400 0014 0001 0000 4006 0000 c0000201 c0000202", &kind);
	is_int(kind, -1, "an IP header that is too short");
	read_hex(ETHERNET_4 "6500 0014 0001 0000 4006 0000 c0000201 c0000202", &kind);
	is_int(kind, -1, "another version than Ethernet says");
}

/* The entry keeps the beginning: the headers, little data. */
static void reads_the_beginning(void)
{
	size_t len;
	uint8_t *bytes = make(syn, &len);
	struct frame frame;
	int bad = 0;
	for (size_t kept = 0; kept <= len; kept++) {
		uint8_t *part = malloc(kept ? kept : 1);
		memcpy(part, bytes, kept);
		bool whole = frame_read(part, kept, len, &frame);
		bad += whole != (kept >= 14 + 20 + 20);
		bad += whole && (kept == len) == !!(frame.tcp.options & FRAME_OPTION_BAD);
		free(part);
	}
	is_int(bad, 0, "any beginning that has the headers is read, options as far as they go");
	bytes[17] = bytes[16] = 0; /* total length */
	ok(frame_read(bytes, len, 100000, &frame),
	   "segments that are not cut yet have no length of IP");
	is_int(frame.len, 100000 - 14 - 20 - 52, "that of the frame is taken");
	free(bytes);
}

static void checks(const char *hex, const char *name)
{
	size_t len;
	uint8_t *bytes = make(hex, &len);
	frame_correct_checksums(bytes, len);
	ok(frame_checksums_right(bytes, len), "%s: corrected", name);
	int missed = 0;
	for (size_t i = 14; i < len; i++)
		for (int bit = 0; bit < 8; bit++) {
			bytes[i] ^= (uint8_t)(1 << bit);
			missed += frame_checksums_right(bytes, len);
			bytes[i] ^= (uint8_t)(1 << bit);
		}
	is_int(missed, 0, name);
	free(bytes);
}

static void sums_up(void)
{
	size_t len;
	uint8_t *bytes = make(ETHERNET_4 "4500 0073 0000 4000 4011 b861 c0a80001 c0a800c7 "
	                                 "0001 0002 005f 0000",
	                      &len);
	uint8_t whole[129] = { 0 };
	memcpy(whole, bytes, len);
	ok(frame_checksums_right(whole, sizeof whole), "UDP without a checksum");
	whole[25] ^= 1;
	ok(!frame_checksums_right(whole, sizeof whole), "a wrong one of IP");
	frame_correct_checksums(whole, sizeof whole);
	is_int(whole[24] << 8 | whole[25], 0xb861, "the right one of IP");
	free(bytes);
	checks(syn, "TCP over IPv4: no wrong bit is missed");
	checks(ETHERNET_4
	       "4500 001f 0001 0000 4001 0000 c0000202 c0000201 08 00 0000 0102 0003 616263",
	       "ICMP of an odd length: no wrong bit is missed");
	bytes = make(ETHERNET_4 "4500 001c 00ff 0002 4011 0000 c0000201 c0000202 ", &len);
	frame_correct_checksums(bytes, len);
	ok(!frame_checksums_right(bytes, len), "one that is cut off cannot be right");
	is_int(bytes[24] << 8 | bytes[25], 0, "and is left alone");
	free(bytes);
}

int main(void)
{
	tap_watchdog(20);
	reads_tcp();
	reads_data();
	reads_options_that_lie();
	reads_udp();
	reads_fragments();
	reads_arp_and_nd();
	reads_icmp();
	reads_what_it_does_not_know();
	reads_the_beginning();
	sums_up();
	return tap_done();
}
