// SPDX-License-Identifier: GPL-3.0-or-later
/* Ladders of what was seen on the wire. The names of segments are the classifier's. */
#include "view/ladder/ladder.h"
#include "view/view.h"

#include <inttypes.h>
#include <locale.h>
#include <stdlib.h>

#include "support/tap.h"
#include "view/drawing.h"
#include "view/frames.h"

static struct buf out = { .max = SIZE_MAX };
static uint64_t entries;

enum { S = FRAME_SYN, A = FRAME_ACK, F = FRAME_FIN, R = FRAME_RST, P = FRAME_PSH | FRAME_ACK };

/* The return of connect(), with the sample after it: what it has counted has been seen. */
static void put_connected(void)
{
	struct endpoint addr = loopback(SERVER_PORT);
	struct entry header = { .call = CALL_CONNECT, .fd = 4, .flags = ENTRY_WAITED };
	int64_t began = now;
	put(CLIENT, header, &addr, "");
	now = began;
	AFTER(CLIENT, STATE(ESTABLISHED), FROM(SYN_SENT), SEGMENTS(1, 1, 0, 0));
}

static void begin_connect(void)
{
	put_socket(SOCK_STREAM);
	AFTER(CLIENT, STATE(CLOSED));
	put_connect(EINPROGRESS);
	AFTER(CLIENT, STATE(SYN_SENT), FROM(CLOSED), SEGMENTS(1, 0, 0, 0));
}

static void open_seen(void)
{
	begin_connect();
	cross(tcp(LEFT, S, 0, 0, 0));
	cross(tcp(RIGHT, S | A, 0, 1, 0));
	cross(tcp(LEFT, A, 1, 1, 0));
	put_connected();
}

/* An address is asked for, data, half-close. */
static void converse_seen(void)
{
	begin_connect();
	cross(arp(LEFT, false));
	cross(arp(RIGHT, true));
	at(100);
	cross(tcp(LEFT, S, 0, 0, 0));
	cross(tcp(RIGHT, S | A, 0, 1, 0));
	cross(tcp(LEFT, A, 1, 1, 0));
	put_connected();
	at(240);
	put_send(CLIENT, "hello");
	cross(tcp(LEFT, P, 1, 1, 5));
	cross(tcp(RIGHT, A, 1, 6, 0));
	AFTER(CLIENT, STATE(ESTABLISHED), SEGMENTS(1, 1, 1, 0), SENT(5), SAMPLE_OUTQ, 0);
	put_recv(SERVER, "hello");
	at(610);
	PUT(CLIENT, CALL_SHUTDOWN, .arg = SHUT_WR);
	cross(tcp(LEFT, F | A, 6, 1, 0));
	AFTER(CLIENT, STATE(FIN_WAIT1), FROM(ESTABLISHED), SEGMENTS(1, 0, 0, 0), SENT(5));
	put_recv(SERVER, "");
	at(617);
	cross(tcp(RIGHT, A, 1, 7, 0));
	LATER(CLIENT, STATE(FIN_WAIT2), FROM(FIN_WAIT1), SEGMENTS(0, 1, 0, 0), SENT(5));
	at(700);
	PUT(SERVER, CALL_CLOSE, .fd = 5);
	cross(tcp(RIGHT, F | A, 1, 7, 0));
	cross(tcp(LEFT, A, 7, 2, 0));
}

/* An ACK and data are on their way together, and recv() and send() come between. */
static void overlapping(void)
{
	struct packet ack = tcp(RIGHT, A, 1, 6, 0), data = tcp(RIGHT, P, 1, 6, 5);
	struct packet more = tcp(RIGHT, P, 6, 6, 5);
	open_seen();
	cross(tcp(LEFT, P, 1, 1, 5));
	leave(ack);
	put_send(SERVER, "hello");
	leave(data);
	arrive(ack);
	leave(more);
	arrive(data);
	arrive(more);
	cross(tcp(RIGHT, P, 11, 6, 5));
}

/* The third passes the second. */
static void flight(void)
{
	struct packet one = tcp(RIGHT, P, 1, 1, 5), two = tcp(RIGHT, P, 6, 1, 5);
	struct packet three = tcp(RIGHT, P, 11, 1, 5);
	open_seen();
	leave(one);
	leave(two);
	arrive(one);
	leave(three);
	arrive(three);
	arrive(two);
}

/* 50 ms each way: a departure and an arrival. */
static void delayed(void)
{
	struct packet syn = tcp(LEFT, S, 0, 0, 0), answer = tcp(RIGHT, S | A, 0, 1, 0);
	struct packet ack = tcp(LEFT, A, 1, 1, 0), one = tcp(LEFT, P, 1, 1, 3);
	struct packet two = tcp(LEFT, P, 4, 1, 3);
	begin_connect();
	leave(syn);
	at(50);
	arrive(syn);
	leave(answer);
	at(100);
	arrive(answer);
	leave(ack);
	put_connected();
	put_send(CLIENT, "one");
	leave(one);
	at(120);
	put_send(CLIENT, "two");
	leave(two);
	at(150);
	arrive(ack);
	arrive(one);
	at(170);
	arrive(two);
}

static void lossy_seen(void)
{
	struct packet lost = tcp(LEFT, P, 1, 1, 60);
	open_seen();
	at(300);
	put_send(CLIENT, "(60 bytes)");
	leave(lost);
	cross(tcp(LEFT, P, 61, 1, 60));
	cross(tcp(RIGHT, A, 1, 1, 0));
	strike(lost, FRAME_LOST, "loss data 1");
	cross(tcp(LEFT, P, 121, 1, 60));
	cross(tcp(RIGHT, A, 1, 1, 0));
	cross(tcp(LEFT, P, 181, 1, 60));
	cross(tcp(RIGHT, A, 1, 1, 0));
	cross(tcp(LEFT, P, 1, 1, 60));
	cross(tcp(RIGHT, A, 1, 241, 0));
	at(500);
	struct packet twice = tcp(LEFT, P, 241, 1, 5);
	leave(twice);
	strike(twice, FRAME_DUPLICATED, "duplicate 5%");
	arrive(twice);
	arrive(twice);
	cross(tcp(RIGHT, A, 1, 246, 0));
	at(900);
	cross(tcp(LEFT, P, 246, 1, 5));
	at(1100);
	cross(tcp(LEFT, P, 246, 1, 5));
	at(1500);
	cross(tcp(LEFT, P, 246, 1, 5));
	cross(tcp(RIGHT, R, 1, 0, 0));
}

static void shut_window(void)
{
	open_seen();
	at(100);
	cross(tcp(LEFT, P, 1, 1, 1000));
	window = 0;
	cross(tcp(RIGHT, A, 1, 1001, 0));
	for (int i = 1; i < 4; i += 2) {
		at(300 * i);
		window = 65535;
		cross(tcp(LEFT, A, 1000, 1, 0));
		window = 0;
		cross(tcp(RIGHT, A, 1, 1001, 0));
	}
	at(2000);
	put_recv(SERVER, "(1000 bytes)");
	window = 20000;
	cross(tcp(RIGHT, A, 1, 1001, 0));
	cross(tcp(LEFT, P, 1001, 1, 500));
}

static void keep_alive(void)
{
	open_seen();
	for (int i = 1; i < 3; i++) {
		at(1000 * i);
		cross(tcp(LEFT, A, 0, 1, 0));
		cross(tcp(RIGHT, A, 1, 1, 0));
	}
	at(3000);
	leave(tcp(LEFT, A, 0, 1, 0));
}

static void crossed_syns(void)
{
	struct packet ours = tcp(LEFT, S, 0, 0, 0), theirs = tcp(RIGHT, S, 0, 0, 0);
	begin_connect();
	leave(ours);
	leave(theirs);
	arrive(ours);
	arrive(theirs);
	cross(tcp(LEFT, S | A, 0, 1, 0));
	cross(tcp(RIGHT, S | A, 0, 1, 0));
	put_connected();
}

/* From 127.0.0.1 to itself: each segment passes once. */
static void self(void)
{
	struct packet syn = tcp(LEFT, S, 0, 0, 0), answer = tcp(LEFT, S | A, 0, 1, 0);
	struct packet *both[] = { &syn, &answer };
	for (int i = 0; i < 2; i++) {
		uint8_t *ip = both[i]->bytes + FRAME_ETHERNET;
		memcpy(ip + 16, ip + 12, 4);
		memcpy(ip + 22, ip + 20, 2);
	}
	put32(answer.bytes + FRAME_ETHERNET + 28, 1001);
	view.local = (struct endpoint){ .family = AF_INET, .port = CLIENT_PORT, .ip = { 192, 0, 2, 1 } };
	begin_connect();
	pass(syn);
	pass(answer);
	put_connected();
}

static void fast_open_seen(void)
{
	put_socket(SOCK_STREAM);
	put_connect(0);
	AFTER(CLIENT, STATE(SYN_SENT), FROM(CLOSED), SEGMENTS(0, 0, 0, 0), SENT(0));
	at(100);
	put_send(CLIENT, "abc");
	cross(tcp(LEFT, S, 0, 0, 3));
	cross(tcp(RIGHT, S | A, 0, 4, 0));
	cross(tcp(LEFT, A, 4, 1, 0));
	AFTER(CLIENT, STATE(ESTABLISHED), FROM(SYN_SENT), SEGMENTS(2, 1, 1, 0), SENT(3));
}

/* What was before the first frame is known as without the wire. */
static void switched_on(void)
{
	open_connection();
	at(100);
	put_send(CLIENT, "one");
	AFTER(CLIENT, STATE(ESTABLISHED), SEGMENTS(1, 1, 1, 0), SENT(3), SAMPLE_OUTQ, 0);
	at(200);
	PUT(CLIENT, CALL_SEND, .fd = 4, .arg = 3, .duration = 60);
	cross(tcp(LEFT, P, 4, 1, 3));
	cross(tcp(RIGHT, A, 1, 7, 0));
	AFTER(CLIENT, STATE(ESTABLISHED), SEGMENTS(1, 1, 1, 0), SENT(6), SAMPLE_OUTQ, 0);
}

/* Nobody sees the other end. */
static void outside(void)
{
	begin_connect();
	leave(tcp(LEFT, S, 0, 0, 0));
	at(30);
	arrive(tcp(RIGHT, S | A, 0, 1, 0));
	leave(tcp(LEFT, A, 1, 1, 0));
	put_connected();
}

/* Both ends are one wire end. */
static void over_loopback(void)
{
	segment_flow_init(&flows[LEFT], true);
	view.wire[RIGHT] = view.wire[LEFT];
	view.local = (struct endpoint){ .family = AF_INET, .port = CLIENT_PORT, .ip = { 192, 0, 2, 1 } };
	begin_connect();
	pass(tcp(LEFT, S, 0, 0, 0));
	pass(tcp(RIGHT, S | A, 0, 1, 0));
	pass(tcp(LEFT, A, 1, 1, 0));
	put_connected();
	pass(tcp(RIGHT, P, 1, 1, 4));
}

static void datagrams_seen(void)
{
	struct endpoint addr = loopback(5000);
	struct frame_note missed = { .event = FRAME_MISSED,
		                     .words = "7 frames were not recorded: too many at once",
		                     .words_len = 44 };
	put_socket(SOCK_DGRAM);
	put(CLIENT, (struct entry){ .call = CALL_SENDTO, .arg = 4, .fd = 4 }, &addr, "ping");
	cross(arp(LEFT, false));
	cross(arp(RIGHT, true));
	at(60);
	cross(udp(LEFT, 4));
	put(SERVER, (struct entry){ .call = CALL_RECVFROM, .arg = 64 }, &addr, "ping");
	cross(udp(RIGHT, 1));
	put_frame(wires[LEFT], &missed);
}

/* Duplicate ACKs over IPv6 may be equal in each byte: the cable loses the second one. */
static void equal_frames(void)
{
	struct packet ack = tcp(RIGHT, A, 1, 1, 0);
	open_seen();
	at(300);
	leave(tcp(LEFT, P, 1, 1, 60));
	cross(tcp(LEFT, P, 61, 1, 60));
	cross(ack);
	cross(tcp(LEFT, P, 121, 1, 60));
	int64_t second = now;
	leave(ack);
	cross(tcp(LEFT, P, 181, 1, 60));
	cross(ack);
	int64_t later = now;
	now = second + CLOCK_US;
	strike(ack, FRAME_LOST, "loss ACK 2");
	now = later;
	cross(tcp(LEFT, P, 241, 1, 60));
}

static void struck_twice(void)
{
	struct packet data = tcp(LEFT, P, 1, 1, 60);
	open_seen();
	at(300);
	leave(data);
	strike(data, FRAME_CORRUPTED, "corrupt data");
	strike(data, FRAME_LOST, "queue 1");
	cross(tcp(LEFT, P, 61, 1, 60));
}

/* ---- what they look like, without the heading ---- */

/* clang-format off */

static const char converse_seen_80[] =
	"    0 socket() = 4            │                        │\n"
	"      CLOSED *                │                        │\n"
	"      connect()               │                        │\n"
	"      SYN_SENT *              │                        │\n"
	"                              │ARP who has 192.0.2.2 w→│\n"
	"                              │←ARP 192.0.2.2 is here w│\n"
	"  100                         │── SYN w ──────────────→│\n"
	"                              │←── SYN,ACK w ──────────│\n"
	"                              │── ACK w ──────────────→│\n"
	"      connect() = 0           │                        │\n"
	"      ESTABLISHED *           │                        │\n"
	"  240 send(\"hello\") = 5       │                        │\n"
	"                              │── data 0..4 w ────────→│\n"
	"                              │←── ACK w ──────────────│\n"
	"                              │                        │ recv(1024) = 5  [hello]\n"
	"  610 shutdown(SHUT_WR) = 0   │                        │\n"
	"                              │── FIN w ──────────────→│\n"
	"      FIN_WAIT1 *             │                        │\n"
	"                              │                        │ recv() = 0  end of file\n"
	"  617                         │←── ACK w ──────────────│\n"
	" ≤617 FIN_WAIT2 *             │                        │\n"
	"  700                         │                        │ close() = 0\n"
	"                              │←── FIN w ──────────────│\n"
	"                              │── ACK w ──────────────→│\n";

static const char delayed_80[] =
	"    0 socket() = 4            │                        │\n"
	"      CLOSED *                │                        │\n"
	"      connect()               │                        │\n"
	"      SYN_SENT *              │                        │\n"
	"                              │── SYN w ──────────·····│\n"
	"   50                         │·····── SYN w ─────────→│\n"
	"                              │·····─── SYN,ACK w ─────│\n"
	"  100                         │←── SYN,ACK w ─────·····│\n"
	"                              │── ACK w ──────────·····│\n"
	"      connect() = 0           │                        │\n"
	"      ESTABLISHED *           │                        │\n"
	"      send(\"one\") = 3         │                        │\n"
	"                              │── data 0..2 w ────·····│\n"
	"  120 send(\"two\") = 3         │                        │\n"
	"                              │── data 3..5 w ────·····│\n"
	"  150                         │·····── ACK w ─────────→│\n"
	"                              │·····── data 0..2 w ───→│\n"
	"  170                         │·····── data 3..5 w ───→│\n";

static const char overlapping_80[] =
	"    0 socket() = 4            │                        │\n"
	"      CLOSED *                │                        │\n"
	"      connect()               │                        │\n"
	"      SYN_SENT *              │                        │\n"
	"                              │── SYN w ──────────────→│\n"
	"                              │←── SYN,ACK w ──────────│\n"
	"                              │── ACK w ──────────────→│\n"
	"      connect() = 0           │                        │\n"
	"      ESTABLISHED *           │                        │\n"
	"                              │── data 0..4 w ────────→│\n"
	"                              │·····─── ACK w ─────────│\n"
	"                              │                        │ send(\"hello\") = 5\n"
	"                              │·····─── data 0..4 w ───│\n"
	"                              │←── ACK w ─────────·····│\n"
	"                              │·····─── data 5..9 w ───│\n"
	"                              │←── data 0..4 w ───·····│\n"
	"                              │←── data 5..9 w ───·····│\n"
	"                              │←── data 10..14 w ──────│\n";

static const char flight_80[] =
	"    0 socket() = 4            │                        │\n"
	"      CLOSED *                │                        │\n"
	"      connect()               │                        │\n"
	"      SYN_SENT *              │                        │\n"
	"                              │── SYN w ──────────────→│\n"
	"                              │←── SYN,ACK w ──────────│\n"
	"                              │── ACK w ──────────────→│\n"
	"      connect() = 0           │                        │\n"
	"      ESTABLISHED *           │                        │\n"
	"                              │←── data 0..4 w ────────│\n"
	"                              │·····─── data 5..9 w ───│\n"
	"                              │←── data 10..14 w ──────│\n"
	"                              │←── fills gap w ───·····│\n";

static const char equal_frames_80[] =
	"    0 socket() = 4            │                        │\n"
	"      CLOSED *                │                        │\n"
	"      connect()               │                        │\n"
	"      SYN_SENT *              │                        │\n"
	"                              │── SYN w ──────────────→│\n"
	"                              │←── SYN,ACK w ──────────│\n"
	"                              │── ACK w ──────────────→│\n"
	"      connect() = 0           │                        │\n"
	"      ESTABLISHED *           │                        │\n"
	"  300                         │── data 0..59 w ───·····│\n"
	"                              │── data 60..119 w ─────→│\n"
	"                              │←── duplicate ACK 1 w ──│\n"
	"                              │── data 120..179 w ────→│\n"
	"                              │     ✗duplicate ACK 2 w─│ lost (loss ACK 2) w\n"
	"                              │── data 180..239 w ────→│\n"
	"                              │←── duplicate ACK 3 w ──│\n"
	"                              │── data 240..299 w ────→│\n";

static const char struck_twice_80[] =
	"    0 socket() = 4            │                        │\n"
	"      CLOSED *                │                        │\n"
	"      connect()               │                        │\n"
	"      SYN_SENT *              │                        │\n"
	"                              │── SYN w ──────────────→│\n"
	"                              │←── SYN,ACK w ──────────│\n"
	"                              │── ACK w ──────────────→│\n"
	"      connect() = 0           │                        │\n"
	"      ESTABLISHED *           │                        │\n"
	"  300 corrupted w             │── data 0..59 w ──✗     │\n"
	"      lost (queue 1) w        │                        │\n"
	"                              │── data 60..119 w ─────→│\n";

static const char lossy_seen_80[] =
	"    0 socket() = 4            │                        │\n"
	"      CLOSED *                │                        │\n"
	"      connect()               │                        │\n"
	"      SYN_SENT *              │                        │\n"
	"                              │── SYN w ──────────────→│\n"
	"                              │←── SYN,ACK w ──────────│\n"
	"                              │── ACK w ──────────────→│\n"
	"      connect() = 0           │                        │\n"
	"      ESTABLISHED *           │                        │\n"
	"  300 send(\"(60 bytes)\") = 10 │                        │\n"
	"      lost (loss data 1) w    │── data 0..59 w ──✗     │\n"
	"                              │── data 60..119 w ─────→│\n"
	"                              │←── duplicate ACK 1 w ──│\n"
	"                              │── data 120..179 w ────→│\n"
	"                              │←── duplicate ACK 2 w ──│\n"
	"                              │── data 180..239 w ────→│\n"
	"                              │←── duplicate ACK 3 w ──│\n"
	"                              │ fast retransmission w →│\n"
	"                              │←── ACK w ──────────────│\n"
	"  500 duplicated w            │── data 240..244 w ────→│\n"
	"                              │·····── duplicated w ──→│\n"
	"                              │←── ACK w ──────────────│\n"
	"  900                         │── data 245..249 w ────→│\n"
	" 1100                         │ data 245..249 again w →│\n"
	" 1500                         │╌╌ 245..249 again w ╌╌╌→│\n"
	"                              │←── RST w ──────────────│\n";

static const char shut_window_80[] =
	"    0 socket() = 4            │                        │\n"
	"      CLOSED *                │                        │\n"
	"      connect()               │                        │\n"
	"      SYN_SENT *              │                        │\n"
	"                              │── SYN w ──────────────→│\n"
	"                              │←── SYN,ACK w ──────────│\n"
	"                              │── ACK w ──────────────→│\n"
	"      connect() = 0           │                        │\n"
	"      ESTABLISHED *           │                        │\n"
	"  100                         │── data 0..999 w ──────→│\n"
	"                              │←── zero window w ──────│\n"
	"  300                         │── window probe w ─────→│\n"
	"                              │←─ window probe ACK w ──│\n"
	"  900                         │── window probe w ─────→│\n"
	"                              │←─ window probe ACK w ──│\n"
	" 2000                         │                        │ recv() = 12  [(1000 b…]\n"
	"                              │←window update: 20000 w─│\n"
	"                              │── data 1000..1499 w ──→│\n";

static const char keep_alive_80[] =
	"    0 socket() = 4            │                        │\n"
	"      CLOSED *                │                        │\n"
	"      connect()               │                        │\n"
	"      SYN_SENT *              │                        │\n"
	"                              │── SYN w ──────────────→│\n"
	"                              │←── SYN,ACK w ──────────│\n"
	"                              │── ACK w ──────────────→│\n"
	"      connect() = 0           │                        │\n"
	"      ESTABLISHED *           │                        │\n"
	" 1000                         │── keepalive w ────────→│\n"
	"                              │←── keepalive ACK w ────│\n"
	" 2000                         │── keepalive w ────────→│\n"
	"                              │←── keepalive ACK w ────│\n"
	" 3000                         │── keepalive w ────·····│\n";

static const char crossed_syns_80[] =
	"    0 socket() = 4            │                        │\n"
	"      CLOSED *                │                        │\n"
	"      connect()               │                        │\n"
	"      SYN_SENT *              │                        │\n"
	"                              │── SYN w ──────────·····│\n"
	"                              │·····─── SYN w ─────────│\n"
	"                              │·····── SYN w ─────────→│\n"
	"                              │←── SYN w ─────────·····│\n"
	"                              │── SYN,ACK w ──────────→│\n"
	"                              │←── SYN,ACK w ──────────│\n"
	"      connect() = 0           │                        │\n"
	"      ESTABLISHED *           │                        │\n";

static const char self_80[] =
	"    0 socket(AF_INET, SOCK_STREAM) = 4                │                        │\n"
	"      CLOSED *                                        │                        │\n"
	"      connect(127.0.0.1:44617)                        │                        │\n"
	"      SYN_SENT *                                      │                        │\n"
	"                                                      │── SYN w ──────────────→│\n"
	"                                                      │── SYN,ACK w ──────────→│\n"
	"      connect(127.0.0.1:44617) = 0 after 0.00 ms      │                        │\n"
	"      ESTABLISHED *                                   │                        │\n";

static const char fast_open_seen_80[] =
	"    0 socket() = 4            │                        │\n"
	"      connect() = 0           │                        │\n"
	"      SYN_SENT *              │                        │\n"
	"  100 send(\"abc\") = 3         │                        │\n"
	"                              │── SYN, data 0..2 w ───→│\n"
	"                              │←── SYN,ACK w ──────────│\n"
	"                              │── ACK w ──────────────→│\n"
	"      ESTABLISHED *           │                        │\n";

static const char switched_on_80[] =
	"    0 socket() = 4            │                        │\n"
	"      CLOSED *                │                        │\n"
	"      connect()               │── SYN o ──────────────→│ SYN_RECV ?\n"
	"      SYN_SENT ?              │←── SYN,ACK o ──────────│\n"
	"      ESTABLISHED *           │── ACK o ──────────────→│\n"
	"      connect() = 0           │                        │\n"
	"                              │                        │ accept() = 5\n"
	"  100 send(\"one\") = 3         │── data 0..2 o ────────→│\n"
	"      acked *                 │←── ACK o ──────────────│\n"
	"  200 send(\"\", 3) = 0         │                        │\n"
	"      from here on w          │                        │\n"
	"                              │── data 3 bytes w ─────→│\n"
	"                              │←── ACK w ──────────────│\n";

static const char outside_80[] =
	"    0 socket(AF_INET, SOCK_STREAM) = 4                │                        │\n"
	"      CLOSED *                                        │                        │\n"
	"      connect(127.0.0.1:44617)                        │                        │\n"
	"      SYN_SENT *                                      │                        │\n"
	"                                                      │── SYN w ──────────·····│\n"
	"   30                                                 │←── SYN,ACK w ─────·····│\n"
	"                                                      │── ACK w ──────────·····│\n"
	"      connect(127.0.0.1:44617) = 0 after 0.00 ms      │                        │\n"
	"      ESTABLISHED *                                   │                        │\n";

static const char over_loopback_80[] =
	"    0 socket() = 4            │                        │\n"
	"      CLOSED *                │                        │\n"
	"      connect()               │                        │\n"
	"      SYN_SENT *              │                        │\n"
	"                              │── SYN w ──────────────→│\n"
	"                              │←── SYN,ACK w ──────────│\n"
	"                              │── ACK w ──────────────→│\n"
	"      connect() = 0           │                        │\n"
	"      ESTABLISHED *           │                        │\n"
	"                              │←── data 0..3 w ────────│\n";

static const char datagrams_seen_80[] =
	"    0 socket() = 4            │                        │\n"
	"      sendto() = 4            │                        │\n"
	"                              │ARP who has 192.0.2.2 w→│\n"
	"                              │←ARP 192.0.2.2 is here w│\n"
	"   60                         │─ datagram 4 bytes w ──→│\n"
	"                              │                        │ recvfrom() = 4  [ping]\n"
	"                              │←── datagram 1 byte w ──│\n"
	"      7 frames were not re… w │                        │\n";

/* clang-format on */

struct transcript_of_frames {
	const char *name;
	void (*make)(void);
	const char *wanted;
	bool alone; /* the other end is not ours, and is not seen */
};

static const struct transcript_of_frames table[] = {
	{ "an address, the handshake, data, half-close", converse_seen, converse_seen_80, false },
	{ "a delay is a departure and an arrival", delayed, delayed_80, false },
	{ "what leaves while another is on its way arrives after it", overlapping, overlapping_80, false },
	{ "a flight, and what overtakes", flight, flight_80, false },
	{ "lost, duplicated, sent again, RST", lossy_seen, lossy_seen_80, false },
	{ "one of several equal frames lost", equal_frames, equal_frames_80, false },
	{ "two things that the cable did to one frame", struck_twice, struck_twice_80, false },
	{ "a window that shuts, probes, its update", shut_window, shut_window_80, false },
	{ "keepalive, answered and not", keep_alive, keep_alive_80, false },
	{ "simultaneous open", crossed_syns, crossed_syns_80, false },
	{ "a connection to itself", self, self_80, true },
	{ "Fast Open", fast_open_seen, fast_open_seen_80, false },
	{ "the wire switched on later", switched_on, switched_on_80, false },
	{ "one end alone", outside, outside_80, true },
	{ "both ends on one loopback", over_loopback, over_loopback_80, false },
	{ "datagrams, and what was not recorded", datagrams_seen, datagrams_seen_80, false },
};
enum { TABLE = sizeof table / sizeof *table };

static void make(const struct transcript_of_frames *row, int columns)
{
	begin_wire(columns, row->alone ? 0 : SERVER);
	if (row->alone)
		view.wire[RIGHT] = view.nobody[RIGHT] = 0;
	row->make();
}

static const char *written(bool (*write)(const struct view *, FILE *, uint64_t *))
{
	char *text = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);
	bool good = write(&view, file, &entries);
	fclose(file);
	buf_clear(&out);
	if (good)
		buf_append(&out, text, size);
	free(text);
	return buf_text(&out);
}

/* What is below the heading. */
static const char *ladder(void)
{
	const char *text = written(ladder_write_text);
	const char *rule = strstr(text, text_has_unicode() ? "───" : "---");
	const char *end = rule ? strchr(rule, '\n') : NULL;
	return end ? end + 1 : "";
}

static void test_table(void)
{
	for (size_t i = 0; i < TABLE; i++) {
		make(&table[i], 80);
		is_text(ladder(), table[i].wanted, table[i].name);
	}
}

static bool rows_fit(int columns)
{
	bool good = true;
	char *text = strdup(written(ladder_write_text)), *rest = text;
	for (char *row = strsep(&rest, "\n"); row && good; row = strsep(&rest, "\n"))
		good = text_columns(row, strlen(row)) <= columns;
	free(text);
	return good;
}

static void test_panes(void)
{
	bool fit = true, walk = true;
	for (size_t i = 0; i < TABLE; i++) {
		for (int columns = 1; columns <= 210 && fit; columns += columns < 50 ? 3 : 23) {
			make(&table[i], columns);
			view.numbers = columns % 2;
			fit = rows_fit(columns);
		}
		make(&table[i], 80);
		walk = walk && walks_both_ways(&view, 3);
	}
	ok(fit, "no row is wider than the pane");
	ok(walk, "the same rows in both directions");
	begin_wire(40, SERVER);
	lossy_seen();
	ok(strstr(ladder(), "│again w╌─→│") || strstr(ladder(), "again w"),
	   "in 40 columns a word of each name");
	setlocale(LC_ALL, "C");
	const char *text = ladder();
	ok(strstr(text, "X") && !strstr(text, "\xe2"), "in ASCII");
	setlocale(LC_ALL, "");
}

/* Each segment is drawn once, whatever was counted: the samples give states only. */
static void test_once(void)
{
	make(&table[0], 80);
	const char *text = ladder();
	is_int(count(text, " w ") + count(text, " w→") + count(text, " w│"), 11,
	       "a row for each frame of the wire");
	is_int(count(text, " o "), 0, "and none for what was counted");
	view.wire[LEFT] = view.wire[RIGHT] = view.nobody[LEFT] = view.nobody[RIGHT] = 0;
	text = ladder();
	ok(!strstr(text, " w ") && strstr(text, "── data o"), "without the wire it is counted");
	begin_wire(80, SERVER);
	open_seen();
	at(5000);
	put_send(CLIENT, "abc");
	AFTER(CLIENT, STATE(CLOSE_WAIT), FROM(ESTABLISHED), SEGMENTS(1, 1, 1, 0), SENT(3));
	text = ladder();
	ok(strstr(text, "── data o") && strstr(text, "CLOSE_WAIT *"),
	   "also after it has been switched off");
}

static void test_numbers(void)
{
	begin_wire(120, SERVER);
	view.numbers = true;
	window = 501;
	fast_open_seen();
	const char *text = ladder();
	ok(strstr(text, "seq 0 win 501 len 3"), "the numbers of a SYN");
	ok(strstr(text, "seq 0 ack 4 win 501 len 0"), "and of its answer, at its end");
	view.columns = 80;
	ok(strstr(ladder(), "│ 0 ack 4 win 501\n"), "in short");
	view.numbers = false;
	ok(!strstr(ladder(), "win 501"), "when they are asked for");
}

/* ARP that belongs to no conversation is not drawn into one. */
static void test_nobody(void)
{
	begin_wire(80, SERVER);
	cross(arp(LEFT, false));
	open_seen();
	cross(arp(RIGHT, false));
	ok(!strstr(ladder(), "ARP"), "what is before and after is not part of it");
	cross(tcp(LEFT, P, 1, 1, 5));
	is_int(count(ladder(), "ARP"), 1, "what is between is");
}

/* A departure that is far away from its arrival, and a strike from its departure. */
static void test_far(void)
{
	begin_wire(80, SERVER);
	open_seen();
	struct packet first = tcp(LEFT, P, 1, 1, 10);
	leave(first);
	for (int i = 0; i < 70; i++)
		cross(tcp(LEFT, P, 11 + 10 * (unsigned)i, 1, 10));
	arrive(first);
	strike(first, FRAME_LOST, "");
	const char *text = ladder();
	is_int(count(text, "data 0..9 w"), 1, "a departure");
	ok(strstr(text, "·····"), "and an arrival that are rows");
	ok(strstr(text, "lost w"), "a strike that comes late has its own row");
}

static void test_drawing(void)
{
	begin_wire(80, SERVER);
	delayed();
	const char *text = written(ladder_write_svg);
	ok(strstr(text, "w seen on the wire"), "a drawing explains the mark");
	is_int(count(text, "marker-end"), 5 + 1, "a line for each segment, and the legend's");
	int slanted = 0, x0, y0, x1, y1;
	for (const char *line = strstr(text, "d=\"M362 "); line; line = strstr(line + 1, "d=\"M"))
		if (sscanf(line, "d=\"M%d %dL%d %d", &x0, &y0, &x1, &y1) == 4)
			slanted += y1 > y0 && x1 != x0;
	is_int(slanted, 5, "from where it left to where it has arrived");
	is_int(count(text, ">data 0..2 w<"), 1, "with one name");
	begin_wire(80, SERVER);
	lossy_seen();
	text = written(ladder_write_svg);
	ok(strstr(text, ">lost (loss data 1) w<") && strstr(text, "m-6-6 12 12"), "a lost one");
	begin_wire(80, SERVER);
	open_seen();
	for (unsigned i = 0; i < 600; i++)
		leave(tcp(LEFT, P, 1 + i, 1, 1));
	text = written(ladder_write_svg);
	is_int(count(text, "<path class=\"o q\""), 600, "what is not seen to arrive");
}

int main(void)
{
	tap_watchdog(60);
	setlocale(LC_ALL, "");
	test_table();
	test_panes();
	test_once();
	test_numbers();
	test_nobody();
	test_far();
	test_drawing();
	buf_free(&out);
	transcript_free(transcript);
	return tap_done();
}
