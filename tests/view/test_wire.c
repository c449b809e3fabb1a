// SPDX-License-Identifier: GPL-3.0-or-later
/* The wire view: frames of a conversation between the two hosts, as its client's host sees them. */
#include <locale.h>
#include <netinet/in.h>
#include <stdarg.h>

#include "base/clock.h"
#include "record/frame_entry.h"
#include "socket/host.h"
#include "support/tap.h"
#include "view/find.h"
#include "view/view.h"

static struct transcript *transcript;
static struct view view;
static struct rows rows;
static struct buf out = { .max = SIZE_MAX };
static int64_t now;
static struct segment_flow flow;
static uint8_t bytes[256];

static void begin(int columns)
{
	transcript_free(transcript);
	transcript = transcript_new(1 << 22, 1 << 20);
	view = (struct view){
		.transcript = transcript,
		.session = WIRE_FIRST + 16,
		.columns = columns,
		.ops = &wire_view,
		.time = VIEW_TIME_RELATIVE,
	};
	now = 1000 * CLOCK_S;
	segment_flow_init(&flow, false);
}

static size_t from_hex(const char *hex)
{
	size_t len = 0;
	int taken;
	for (unsigned byte; sscanf(hex, " %2x%n", &byte, &taken) == 1; hex += taken)
		bytes[len++] = (uint8_t)byte;
	return len;
}

static void put_frame(enum frame_event event, enum host host, size_t kept, size_t len,
                      const char *words)
{
	struct frame frame;
	struct frame_note note = {
		.event = (uint8_t)event,
		.host = (uint8_t)host,
		.pieces = 1,
		.len = (uint32_t)len,
		.bytes = bytes,
		.kept = kept,
		.words = words,
		.words_len = strlen(words),
	};
	if (frame_read(bytes, kept, len, &frame) && frame.kind == FRAME_TCP &&
	    event <= FRAME_PASSES)
		segment_classify(&flow, event == FRAME_ARRIVES ? SEGMENT_IN : SEGMENT_OUT, &frame,
		                 &note.segment);
	frame_entry_append(transcript, view.session, now, &note);
	now += 50 * CLOCK_MS;
}

static void put16(uint8_t *at, unsigned number)
{
	at[0] = (uint8_t)(number >> 8);
	at[1] = (uint8_t)number;
}

static void put32(uint8_t *at, uint32_t number)
{
	put16(at, number >> 16);
	put16(at + 2, number & 0xffff);
}

/* A segment of `data` bytes between 192.0.2.1:50000 and 192.0.2.2:80. */
static void put_tcp(enum frame_event event, uint8_t flags, uint32_t seq, uint32_t ack,
                    unsigned window, size_t data, const char *options, const char *words)
{
	bool in = event == FRAME_ARRIVES;
	size_t start = from_hex("02000000000b 02000000000a 0800 4500 0000 0001 4000 4006 0000");
	size_t len = from_hex(options);
	memmove(bytes + 54, bytes, len);
	from_hex("02000000000b 02000000000a 0800 4500 0000 0001 4000 4006 0000");
	put16(bytes + 16, (unsigned)(40 + len + data));
	put32(bytes + start, in ? 0xc0000202 : 0xc0000201);
	put32(bytes + start + 4, in ? 0xc0000201 : 0xc0000202);
	put16(bytes + 34, in ? 80 : 50000);
	put16(bytes + 36, in ? 50000 : 80);
	put32(bytes + 38, seq);
	put32(bytes + 42, ack);
	bytes[46] = (uint8_t)((5 + len / 4) << 4);
	bytes[47] = flags;
	put16(bytes + 48, window);
	put32(bytes + 50, 0);
	memset(bytes + 54 + len, 'x', sizeof bytes - 54 - len);
	size_t whole = 54 + len + data;
	put_frame(event, HOST_LEFT, whole < FRAME_KEPT ? whole : FRAME_KEPT, whole, words);
}

static void put_hex(enum frame_event event, enum host host, const char *hex)
{
	size_t len = from_hex(hex);
	put_frame(event, host, len, len, "");
}

enum { S = FRAME_SYN, A = FRAME_ACK, P = FRAME_PSH, F = FRAME_FIN, R = FRAME_RST };

static void put_conversation(void)
{
	put_tcp(FRAME_LEAVES, S, 99, 0, 64240, 0, "020405b4 0402 080a 00000007 00000000 01 030307",
	        "");
	put_tcp(FRAME_ARRIVES, S | A, 299, 100, 65160, 0,
	        "020405b4 0402 080a 00000009 00000007 01 030307", "");
	put_tcp(FRAME_LEAVES, A, 100, 300, 502, 0, "", "");
	put_tcp(FRAME_LEAVES, A | P, 100, 300, 502, 1448, "", "");
	put_tcp(FRAME_LOST, A | P, 100, 300, 502, 1448, "", "loss 1%");
	put_tcp(FRAME_LEAVES, A, 1548, 300, 502, 100, "", "");
	put_tcp(FRAME_ARRIVES, A, 300, 100, 509, 0, "0101 050a 0000060c 00000670", "");
	put_tcp(FRAME_LEAVES, A | P, 100, 300, 502, 1448, "", "");
	put_tcp(FRAME_ARRIVES, A, 300, 1648, 0, 0, "", "");
	put_tcp(FRAME_LEAVES, R | A, 1648, 300, 0, 0, "", "");
	put_hex(FRAME_LEAVES, HOST_LEFT,
	        "ffffffffffff 02000000000a 0806 0001 0800 06 04 0001 02000000000a c0000201 "
	        "000000000000 c0000202");
	put_hex(FRAME_ARRIVES, HOST_LEFT,
	        "02000000000a 02000000000b 0806 0001 0800 06 04 0002 02000000000b c0000202 "
	        "02000000000a c0000201");
}

static void add_rows(void)
{
	for (size_t i = 0; i < rows.count; i++) {
		if (rows.row[i].columns > view.columns)
			buf_append_text(&out, "TOO WIDE: ");
		row_print(&rows.row[i], &out);
		buf_append_text(&out, "\n");
	}
}

static const char *shown(void)
{
	struct location location = { TRANSCRIPT_NONE, 0 };
	buf_clear(&out);
	view_heading(&view, &rows);
	add_rows();
	while (view_after(&view, &location)) {
		view_layout(&view, location, &rows);
		add_rows();
	}
	return buf_text(&out);
}

static void shows_a_conversation(void)
{
	begin(80);
	put_conversation();
	is_text(shown(),
	        "left: 192.0.2.1:50000 ⇄ 192.0.2.2:80\n"
	        "   0.000 →  SYN                seq 0  win 64240  mss 1460, scale 7, SACK ok, ts…\n"
	        "   0.050 ←  SYN,ACK            seq 0  ack 1  win 65160  mss 1460, scale 7, SACK…\n"
	        "   0.100 →  ACK                        seq 1            ack 1      win 64256\n"
	        "   0.150 →  data               1448 B  seq 1:1449       ack 1      win 64256\n"
	        "   0.200 ✗  lost (1%)          data               1448 B  seq 1:1449       ack 1\n"
	        "   0.250 →  data               100 B   seq 1449:1549    ack 1      win 64256\n"
	        "   0.300 ←  dup ACK #1         seq 1  ack 1  win 65152  SACK 1449:1549\n"
	        "   0.350 →  retransmission #2  1448 B  seq 1:1449       ack 1      win 64256\n"
	        "   0.400 ←  zero window                seq 1            ack 1549   win 0\n"
	        "   0.450 →  RST                        seq 1549         ack 1\n"
	        "   0.500 →  ARP  who has 192.0.2.2? tell 192.0.2.1\n"
	        "   0.550 ←  ARP  192.0.2.2 is at 02:00:00:00:00:0b\n",
	        "80 columns");
	begin(40);
	put_conversation();
	is_text(shown(),
	        "left: 192.0.2.1:50000 ⇄ 192.0.2.2:80\n"
	        "   0.000 →  SYN\n"
	        "   0.050 ←  SYN,ACK\n"
	        "   0.100 →  ACK\n"
	        "   0.150 →  data               1448 B\n"
	        "   0.200 ✗  lost (1%)          data\n"
	        "   0.250 →  data               100 B\n"
	        "   0.300 ←  dup ACK #1\n"
	        "   0.350 →  retransmission #2  1448 B\n"
	        "   0.400 ←  zero window\n"
	        "   0.450 →  RST\n"
	        "   0.500 →  ARP  who has 192.0.2.2? tel…\n"
	        "   0.550 ←  ARP  192.0.2.2 is at 02:00:…\n",
	        "40 columns: what it is and its length");
	view.time = VIEW_TIME_OFF;
	view.columns = 20;
	is_text(shown(),
	        "left: 192.0.2.1:5000\n"
	        "→  SYN\n"
	        "←  SYN,ACK\n"
	        "→  ACK\n"
	        "→  data\n"
	        "✗  lost (1%)\n"
	        "→  data\n"
	        "←  dup ACK #1\n"
	        "→  retransmission #2\n"
	        "←  zero window\n"
	        "→  RST\n"
	        "→  ARP  who has 192…\n"
	        "←  ARP  192.0.2.2 i…\n",
	        "20 columns: what it is");
	begin(220);
	put_conversation();
	is_text(shown(),
	        "left: 192.0.2.1:50000 ⇄ 192.0.2.2:80\n"
	        "   0.000 →  SYN                                 seq 0                       win "
	        "64240             99                                  mss 1460, scale 7, SACK ok, "
	        "ts 7 echo 0\n"
	        "   0.050 ←  SYN,ACK                             seq 0            ack 1      win "
	        "65160             299, 100                            mss 1460, scale 7, SACK ok, "
	        "ts 9 echo 7\n"
	        "   0.100 →  ACK                                 seq 1            ack 1      win "
	        "64256  502 x 128  100, 300\n"
	        "   0.150 →  data                        1448 B  seq 1:1449       ack 1      win "
	        "64256  502 x 128  100:1548, 300\n"
	        "   0.200 ✗  lost (1%)          data                        1448 B  seq 1:1449     "
	        "  ack 1      win 64256  502 x 128  100:1548, 300\n"
	        "   0.250 →  data                        100 B   seq 1449:1549    ack 1      win "
	        "64256  502 x 128  1548:1648, 300\n"
	        "   0.300 ←  duplicate ACK #1                    seq 1            ack 1      win "
	        "65152  509 x 128  300, 100                            SACK 1449:1549\n"
	        "   0.350 →  retransmission #2           1448 B  seq 1:1449       ack 1      win "
	        "64256  502 x 128  100:1548, 300\n"
	        "   0.400 ←  zero window                         seq 1            ack 1549   win 0 "
	        "                300, 1648\n"
	        "   0.450 →  RST                                 seq 1549         ack 1            "
	        "                1648, 300\n"
	        "   0.500 →  ARP                         who has 192.0.2.2? tell 192.0.2.1\n"
	        "   0.550 ←  ARP                         192.0.2.2 is at 02:00:00:00:00:0b\n",
	        "220 columns: full names, and numbers as they are");
	view.columns = 12;
	view.time = VIEW_TIME_OFF;
	ok(strstr(shown(), "→  retransm…\n"), "what is too long is cut");
	for (view.columns = 1; view.columns < 500; view.columns++)
		if (strstr(shown(), "TOO WIDE"))
			break;
	is_int(view.columns, 500, "no row is wider than the pane");
}

static void shows_all(void)
{
	begin(80);
	view.all = true;
	put_conversation();
	ok(strstr(shown(), "0.000 left  →  50000 → 80     SYN "), "all: host and ports");
	view.columns = 160;
	ok(strstr(shown(), "0.000 left  →  192.0.2.1:50000 → 192.0.2.2:80        SYN  "),
	   "all: host and addresses");
}

#define IP "02000000000b 02000000000a 0800 "

static void shows_others(void)
{
	begin(100);
	put_hex(FRAME_LEAVES, HOST_LEFT,
	        IP
	        "4500 0021 0001 0000 4011 0000 c0000201 c0000202 1388 1389 000d 0000 68656c6c6f");
	put_hex(FRAME_ARRIVES, HOST_LEFT,
	        IP
	        "45c0 003d 0001 0000 4001 0000 c0000202 c0000201 03 03 0000 00000000 "
	        "4500 0021 0001 0000 4011 0000 c0000201 c0000202 1388 1389 000d 0000 68656c6c6f");
	put_hex(FRAME_LEAVES, HOST_LEFT,
	        IP "4500 001c 00ff 0002 4011 0000 c0000201 c0000202 6162636465666768");
	put_hex(FRAME_LEAVES, HOST_LEFT,
	        IP "4500 0020 0001 0000 4001 0000 c0000202 c0000201 08 00 0000 0102 0003 61626364");
	put_hex(FRAME_LEAVES, HOST_LEFT,
	        "3333ff000002 02000000000a 86dd 60000000 0018 3a ff "
	        "00000000000000000000000000000000 ff0200000000000000000001ff000002 "
	        "87 00 0000 00000000 20010db8000000000000000000000002");
	put_hex(FRAME_LEAVES, HOST_LEFT, "0180c2000000 02000000000a 88cc 0207");
	put_tcp(FRAME_PASSES, A, 100, 300, 502, 10, "0101 080a 00000001 00000002", "");
	put_hex(FRAME_LEAVES, HOST_LEFT, "02");
	put_frame(FRAME_MISSED, HOST_LEFT, 0, 3, "3 frames were not recorded: memory was full");
	is_text(shown(),
	        "   0.000 →  UDP  5 B  192.0.2.1:5000 → 192.0.2.2:5001\n"
	        "   0.050 ←  ICMP  port unreachable (3/3) for UDP 192.0.2.1:5000 → 192.0.2.2:5001\n"
	        "   0.100 →  fragment  8 B  UDP, id 255, bytes 16:24, the last\n"
	        "   0.150 →  ICMP  4 B  echo request, id 258, seq 3\n"
	        "   0.200 →  ND  who has 2001:db8::2? is it taken?\n"
	        "   0.250 →  frame  2 B  type 0x88cc\n"
	        "   0.300 ⇄  50000 → 80     data               10 B    seq 100:110      ack 300    "
	        "win 502 unscaled\n"
	        "   0.350 →  frame  cut off\n"
	        "   0.400 !  3 frames were not recorded: memory was full\n",
	        "other protocols, a loopback, what cannot be read");
}

static void shows_a_loopback(void)
{
	begin(80);
	view.port = 50000;
	put_tcp(FRAME_PASSES, S, 99, 0, 1000, 0, "", "");
	put_tcp(FRAME_PASSES, A, 100, 300, 1000, 10, "", "");
	is_text(shown(),
	        "left: 192.0.2.1:50000 ⇄ 192.0.2.2:80\n"
	        "   0.000 →  SYN                        seq 0                       win 1000\n"
	        "   0.050 →  data               10 B    seq 1:11         ack 300    win 1000\n",
	        "the client's");
	view.port = 80;
	is_text(shown(),
	        "left: 192.0.2.2:80 ⇄ 192.0.2.1:50000\n"
	        "   0.000 ←  SYN                        seq 0                       win 1000\n"
	        "   0.050 ←  data               10 B    seq 1:11         ack 300    win 1000\n",
	        "the server's");
}

static void says_that_a_duplicate_came(void)
{
	begin(100);
	put_tcp(FRAME_ARRIVES, A, 300, 200, 502, 0, "0101 050a 00000064 000000c8", "");
	ok(strstr(shown(), "D-SACK 100:200\n"),
	   "a D-SACK is called so; numbers without a SYN are as they are");
}

static void is_searched(void)
{
	struct location hit;
	begin(80);
	put_conversation();
	view.find = "lost (1";
	view.find_len = strlen(view.find);
	ok(find_older(&view, NULL, &hit), "a strike is found");
	view_layout(&view, hit, &rows);
	ok(row_has_style(&rows.row[0], STYLE_FOUND), "and marked");
	view.find = "192.0.2.2 is at";
	view.find_len = strlen(view.find);
	ok(find_older(&view, NULL, &hit), "so are words");
	view.find = "xxx";
	view.find_len = 3;
	ok(!find_older(&view, NULL, &hit), "but not data, which may be secret");
}

/* A session whose first send() is the record of an alert and one of 2 bytes; what was received is not known. */
static void names_records(void)
{
	static const char records[] = "\x15\3\3\0\2\2\x28\x17\3\3\0\2xx";
	size_t room;
	struct location hit;
	struct tls_parser parser = { 0 };
	struct entry entry = { .session = 1, .call = CALL_SEND, .flags = ENTRY_SEALED };
	begin(90);
	view.time = VIEW_TIME_OFF;
	view.owner = 1;
	struct tls_boundary first = tls_parser_feed(&parser, records, 14);
	memcpy(transcript_reserve(transcript, ENTRY_RECORDS, 14, &room), records, 14);
	transcript_set_boundary(transcript, &first);
	transcript_commit(transcript, &entry, NULL, NULL, 14);
	put_tcp(FRAME_LEAVES, S, 99, 0, 64240, 0, "", "");
	put_tcp(FRAME_ARRIVES, S | A, 299, 100, 65160, 0, "", "");
	put_tcp(FRAME_LEAVES, A | P, 100, 300, 502, 7, "", "");
	put_tcp(FRAME_LEAVES, A | P, 107, 300, 502, 7, "", "");
	put_tcp(FRAME_LEAVES, A | P, 100, 300, 502, 7, "", "");
	put_tcp(FRAME_ARRIVES, A | P, 300, 114, 502, 7, "", "");
	const char *text = shown();
	ok(strstr(text, "alert fatal handshake_failure  7 B") &&
	           strstr(text, "application_data   7 B"),
	   "data that is TLS records is named by them");
	ok(strstr(text, "retransmission #2  7 B") && strstr(text, "data               7 B"),
	   "but not what was sent again, and not what is not known");
	view.find = "handshake_fail";
	view.find_len = strlen(view.find);
	ok(find_older(&view, NULL, &hit), "a name is found");
	view.owner = 0;
	ok(!strstr(shown(), "alert") && !find_older(&view, NULL, &hit),
	   "nothing is where it is not known whose frames these are");
}

static void has_nothing(void)
{
	begin(80);
	transcript_append(transcript, &(struct entry){ .session = 1, .call = CALL_NOTE }, NULL, "x",
	                  1);
	is_text(shown(), "no frames of this session: /view wire all, /help set wire\n",
	        "no frames, and where ARP is seen");
	view.columns = 40;
	is_text(shown(), "no frames: /view wire all\n", "in 40 columns");
	view.ops = &trace_view;
	view.all = true;
	put_conversation();
	ok(!strstr(shown(), "SYN"), "other views have none");
}

int main(void)
{
	tap_watchdog(20);
	setlocale(LC_ALL, "C.UTF-8");
	shows_a_conversation();
	shows_all();
	shows_others();
	shows_a_loopback();
	says_that_a_duplicate_came();
	is_searched();
	names_records();
	has_nothing();
	setlocale(LC_ALL, "C");
	begin(80);
	put_conversation();
	ok(strstr(shown(), "0.200 x  lost (1%) "), "ASCII");
	transcript_free(transcript);
	rows_free(&rows);
	buf_free(&out);
	return tap_done();
}
