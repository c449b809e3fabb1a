// SPDX-License-Identifier: GPL-3.0-or-later
/* conversation: transcripts by hand, calls with the samples after them, for the tests of what is
 * drawn of them. */
#pragma once

#include <errno.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "record/frame_entry.h"
#include "record/sample.h"
#include "view/view.h"

enum { CLIENT = 2, SERVER = 3, LISTENER = 1, CLIENT_PORT = 39446, SERVER_PORT = 44617 };

#define UNUSED __attribute__((unused))

static struct transcript *transcript;
static struct view view;
static int64_t now; /* of the entries made */

static void begin_small(int columns, uint32_t other, size_t ceiling, size_t block)
{
	transcript_free(transcript);
	transcript = transcript_new(ceiling, block);
	view = (struct view){
		.transcript = transcript,
		.session = CLIENT,
		.ops = &ladder_view,
		.other = other,
		.columns = columns,
	};
	now = 1000 * CLOCK_S;
}

static void begin(int columns, uint32_t other)
{
	begin_small(columns, other, 1 << 22, 1 << 20);
}

/* Milliseconds since the beginning. */
static UNUSED void at(double ms)
{
	now = 1000 * CLOCK_S + (int64_t)(ms * 1e6);
}

static struct endpoint loopback(unsigned port)
{
	return (struct endpoint){ .family = AF_INET,
		                  .port = (uint16_t)port,
		                  .ip = { 127, 0, 0, 1 } };
}

static void put_bytes(uint32_t session, struct entry header, const struct endpoint *addr,
                      const void *bytes, size_t len)
{
	header.session = session;
	header.time = now;
	if (!header.fd)
		header.fd = session == CLIENT ? 4 : 5;
	now += 10 * CLOCK_US;
	transcript_append(transcript, &header, addr, bytes, len);
}

static void put(uint32_t session, struct entry header, const struct endpoint *addr,
                const char *text)
{
	put_bytes(session, header, addr, text, strlen(text));
}

#define PUT(session, name, ...)                                                                    \
	put(session, (struct entry){ .call = (name), __VA_ARGS__ }, NULL, "")

/* Fields and values by turns, ended by -1. */
static void put_reading(uint32_t session, enum sample_when when, ...)
{
	struct sample sample = { 0 };
	char packed[SAMPLE_PACKED];
	va_list args;
	va_start(args, when);
	for (int field = va_arg(args, int); field >= 0; field = va_arg(args, int))
		sample_set(&sample, (enum sample_field)field, (uint64_t)va_arg(args, int));
	va_end(args);
	size_t len = sample_pack(&sample, packed);
	struct entry header = { .call = CALL_SAMPLE, .arg = (int32_t)when, .fd = -1 };
	put_bytes(session, header, NULL, packed, len);
}

#define AFTER(session, ...)  put_reading(session, SAMPLE_AFTER, __VA_ARGS__, -1)
#define BEFORE(session, ...) put_reading(session, SAMPLE_BEFORE, __VA_ARGS__, -1)
#define LATER(session, ...)  put_reading(session, SAMPLE_LATER, __VA_ARGS__, -1)
#define CLOSED(session, ...) put_reading(session, SAMPLE_CLOSED, __VA_ARGS__, -1)
#define STATE(name)          SAMPLE_STATE, STATE_##name
#define FROM(name)           SAMPLE_OLD_STATE, STATE_##name
#define SENT(bytes)          SAMPLE_BYTES_SENT, bytes, SAMPLE_BYTES_RETRANS, 0
#define SEGMENTS(out, in, data_out, data_in)                                                       \
	SAMPLE_NEW_OUT, out, SAMPLE_NEW_IN, in, SAMPLE_NEW_DATA_OUT, data_out, SAMPLE_NEW_DATA_IN, \
	        data_in, SAMPLE_NEW_RETRANS, 0

/* ---- frames ---- */

/* Of a wire end, from WIRE_FIRST on; what is 0 in the note stays so. */
static UNUSED void put_frame(uint32_t wire_end, const struct frame_note *note)
{
	frame_entry_append(transcript, wire_end, now, note);
	now += 10 * CLOCK_US;
}

/* ---- calls ---- */

static UNUSED void put_socket(int type)
{
	PUT(CLIENT, CALL_SOCKET, .fd = 4, .arg = type, .arg2 = AF_INET);
}

static UNUSED void put_connect(int error)
{
	struct endpoint addr = loopback(SERVER_PORT);
	put(CLIENT, (struct entry){ .call = CALL_CONNECT, .fd = 4, .error = (uint8_t)error }, &addr,
	    "");
}

static UNUSED void put_name(void)
{
	struct endpoint addr = loopback(CLIENT_PORT);
	put(CLIENT, (struct entry){ .call = CALL_GETSOCKNAME, .fd = 4, .flags = ENTRY_WATCHING }, &addr, "");
}

static UNUSED void put_send(uint32_t session, const char *text)
{
	struct entry header = { .call = CALL_SEND, .fd = 4, .arg = (int32_t)strlen(text) };
	put(session, header, NULL, text);
}

static UNUSED void put_recv(uint32_t session, const char *text)
{
	put(session, (struct entry){ .call = CALL_RECV, .arg = 1024 }, NULL, text);
}

static UNUSED void put_linger(uint32_t session)
{
	struct linger linger = { .l_onoff = 1 };
	struct entry header = { .call = CALL_SETSOCKOPT, .arg = SO_LINGER, .arg2 = SOL_SOCKET };
	put_bytes(session, header, NULL, &linger, sizeof linger);
}

/* ---- conversations ---- */

static UNUSED void open_connection(void)
{
	struct endpoint client = loopback(CLIENT_PORT);
	put_socket(SOCK_STREAM);
	AFTER(CLIENT, STATE(CLOSED), SENT(0), SAMPLE_BYTES_RECEIVED, 0);
	put_connect(0);
	AFTER(CLIENT, STATE(ESTABLISHED), FROM(CLOSED), SEGMENTS(2, 1, 0, 0), SENT(0),
	      SAMPLE_BYTES_RECEIVED, 0);
	put_name();
	if (view.other == SERVER) {
		put(LISTENER, (struct entry){ .call = CALL_ACCEPT, .arg = 5 }, &client, "");
		put(SERVER, (struct entry){ .call = CALL_STATE }, NULL, "accepted by session 1");
	}
}

/* Data both ways, half-close, a late answer, TIME_WAIT. */
static UNUSED void converse(void)
{
	open_connection();
	at(240);
	put_send(CLIENT, "hello");
	AFTER(CLIENT, STATE(ESTABLISHED), SEGMENTS(1, 1, 1, 0), SENT(5), SAMPLE_OUTQ, 0,
	      SAMPLE_BYTES_RECEIVED, 0);
	BEFORE(SERVER, STATE(ESTABLISHED), SAMPLE_SEGS_OUT, 1, SAMPLE_SEGS_IN, 3,
	       SAMPLE_DATA_SEGS_OUT, 0, SAMPLE_DATA_SEGS_IN, 1, SENT(0), SAMPLE_BYTES_RECEIVED, 5,
	       SAMPLE_INQ, 5);
	put_recv(SERVER, "hello");
	AFTER(SERVER, STATE(ESTABLISHED), SEGMENTS(0, 0, 0, 0), SENT(0), SAMPLE_BYTES_RECEIVED, 5,
	      SAMPLE_INQ, 0);
	at(610);
	PUT(CLIENT, CALL_SHUTDOWN, .arg = SHUT_WR);
	AFTER(CLIENT, STATE(FIN_WAIT1), FROM(ESTABLISHED), SEGMENTS(1, 0, 0, 0), SENT(5),
	      SAMPLE_BYTES_RECEIVED, 0);
	BEFORE(SERVER, STATE(CLOSE_WAIT), FROM(ESTABLISHED), SEGMENTS(0, 1, 0, 0), SENT(0),
	       SAMPLE_BYTES_RECEIVED, 6);
	at(617.6);
	LATER(CLIENT, STATE(FIN_WAIT2), FROM(FIN_WAIT1), SEGMENTS(0, 1, 0, 0), SENT(5),
	      SAMPLE_BYTES_RECEIVED, 0);
	put_recv(SERVER, "");
	AFTER(SERVER, STATE(CLOSE_WAIT), SEGMENTS(0, 0, 0, 0), SENT(0), SAMPLE_BYTES_RECEIVED, 6);
	at(700);
	put_send(SERVER, "late");
	AFTER(SERVER, STATE(CLOSE_WAIT), SEGMENTS(1, 1, 1, 0), SENT(4), SAMPLE_OUTQ, 0,
	      SAMPLE_BYTES_RECEIVED, 6);
	BEFORE(CLIENT, STATE(FIN_WAIT2), SEGMENTS(1, 1, 0, 1), SENT(5), SAMPLE_BYTES_RECEIVED, 4,
	       SAMPLE_INQ, 4);
	put_recv(CLIENT, "late");
	AFTER(CLIENT, STATE(FIN_WAIT2), SEGMENTS(0, 0, 0, 0), SENT(5), SAMPLE_BYTES_RECEIVED, 4);
	at(3900);
	PUT(SERVER, CALL_CLOSE, .fd = 5);
	CLOSED(SERVER, SAMPLE_STATE, STATE_GONE, FROM(CLOSE_WAIT));
	BEFORE(CLIENT, STATE(CLOSED), FROM(FIN_WAIT2), SEGMENTS(1, 1, 0, 0), SENT(5));
	put_recv(CLIENT, "");
	AFTER(CLIENT, STATE(CLOSED), SEGMENTS(0, 0, 0, 0), SENT(5));
	PUT(CLIENT, CALL_CLOSE, .fd = 4);
	CLOSED(CLIENT, STATE(TIME_WAIT), FROM(CLOSED), SAMPLE_TIMER, TIMER_TIMEWAIT,
	       SAMPLE_TIMER_LEFT, 58000000);
}

/* The server ends with a reset, the client finds it when it sends. */
static UNUSED void reset(void)
{
	open_connection();
	at(100);
	put_linger(SERVER);
	PUT(SERVER, CALL_CLOSE, .fd = 5);
	BEFORE(CLIENT, STATE(CLOSED), FROM(ESTABLISHED), SEGMENTS(0, 1, 0, 0));
	PUT(CLIENT, CALL_RECV, .arg = 1024, .error = ECONNRESET);
	AFTER(CLIENT, STATE(CLOSED), SEGMENTS(0, 0, 0, 0));
	PUT(CLIENT, CALL_SEND, .arg = 3, .error = EPIPE);
	PUT(CLIENT, CALL_CLOSE, .fd = 4);
}

/* Nobody listens. */
static UNUSED void meet_refusal(void)
{
	const int code = ECONNREFUSED;
	struct entry header = { .call = CALL_GETSOCKOPT, .arg = SO_ERROR, .arg2 = SOL_SOCKET };
	put_socket(SOCK_STREAM);
	AFTER(CLIENT, STATE(CLOSED));
	put_connect(EINPROGRESS);
	AFTER(CLIENT, STATE(CLOSED), SEGMENTS(1, 1, 0, 0));
	put_bytes(CLIENT, header, NULL, &code, sizeof code);
	PUT(CLIENT, CALL_CLOSE, .fd = 4);
}

/* Over a path that loses the first SYN and a segment. */
static UNUSED void lose(void)
{
	put_socket(SOCK_STREAM);
	AFTER(CLIENT, STATE(CLOSED));
	put_connect(EINPROGRESS);
	AFTER(CLIENT, STATE(SYN_SENT), FROM(CLOSED), SEGMENTS(1, 0, 0, 0));
	at(1010);
	LATER(CLIENT, STATE(SYN_SENT), SAMPLE_NEW_OUT, 1, SAMPLE_NEW_IN, 0, SAMPLE_NEW_DATA_OUT, 0,
	      SAMPLE_NEW_DATA_IN, 0, SAMPLE_NEW_RETRANS, 1, SAMPLE_RETRANSMITS, 1);
	at(1060);
	BEFORE(CLIENT, STATE(ESTABLISHED), FROM(SYN_SENT), SEGMENTS(1, 1, 0, 0), SENT(0));
	at(1100);
	put_send(CLIENT, "lost");
	AFTER(CLIENT, STATE(ESTABLISHED), SEGMENTS(1, 0, 1, 0), SENT(4), SAMPLE_OUTQ, 4);
	at(1500);
	LATER(CLIENT, STATE(ESTABLISHED), SAMPLE_NEW_OUT, 1, SAMPLE_NEW_IN, 0, SAMPLE_NEW_DATA_OUT,
	      0, SAMPLE_NEW_DATA_IN, 0, SAMPLE_NEW_RETRANS, 1, SAMPLE_BACKOFF, 1,
	      SAMPLE_RETRANSMITS, 1, SAMPLE_OUTQ, 4, SAMPLE_TIMER, TIMER_RETRANSMIT,
	      SAMPLE_TIMER_LEFT, 816000);
	at(1560);
	LATER(CLIENT, STATE(ESTABLISHED), SEGMENTS(0, 1, 0, 0), SAMPLE_OUTQ, 0);
}

static UNUSED void put_icmp(uint8_t type, uint8_t code, int error, uint32_t mtu)
{
	struct endpoint router = { .family = AF_INET, .ip = { 10, 99, 0, 254 } };
	struct errqueue icmp = { .origin = ERRQUEUE_ICMP, .type = type, .code = code };
	icmp.error = (uint8_t)error;
	icmp.info = mtu;
	uint8_t packed[ERRQUEUE_PACKED];
	size_t len = entry_pack_errqueue(&icmp, packed);
	put_bytes(CLIENT, (struct entry){ .call = CALL_ERRQUEUE }, &router, packed, len);
}

/* Datagrams, one of them empty, one cut, some dropped, some refused. */
static UNUSED void send_datagrams(void)
{
	struct endpoint addr = loopback(5000);
	struct entry sendto = { .call = CALL_SENDTO, .arg = 4 };
	struct errqueue local = { .origin = ERRQUEUE_LOCAL, .error = EMSGSIZE, .info = 1500 };
	put_socket(SOCK_DGRAM);
	AFTER(CLIENT, SAMPLE_DROPS, 0);
	put(CLIENT, sendto, &addr, "ping");
	put(CLIENT, (struct entry){ .call = CALL_RECVFROM, .arg = 65536 }, &addr, "pong");
	put(CLIENT, (struct entry){ .call = CALL_RECVFROM, .arg = 65536 }, &addr, "");
	put(CLIENT, (struct entry){ .call = CALL_RECVFROM, .arg = 10, .flags = ENTRY_TRUNCATED },
	    &addr, "0123");
	LATER(CLIENT, SAMPLE_DROPS, 3);
	sendto.arg = 0;
	put(CLIENT, sendto, &addr, "");
	put_icmp(3, 3, ECONNREFUSED, 0);
	put_icmp(3, 4, EMSGSIZE, 1000);
	uint8_t packed[ERRQUEUE_PACKED];
	size_t len = entry_pack_errqueue(&local, packed);
	put_bytes(CLIENT, (struct entry){ .call = CALL_ERRQUEUE }, NULL, packed, len);
	PUT(CLIENT, CALL_SENDTO, .arg = 4, .error = ECONNREFUSED);
}

/* More calls than samples. */
static UNUSED void flood(void)
{
	open_connection();
	at(50);
	for (int i = 0; i < 3; i++)
		put_send(CLIENT, "0123456789");
	AFTER(CLIENT, STATE(ESTABLISHED), SEGMENTS(2, 1, 2, 0), SENT(20), SAMPLE_NOTSENT, 10,
	      SAMPLE_CALLS, 3, SAMPLE_OUTQ, 10);
	LATER(CLIENT, STATE(ESTABLISHED), SEGMENTS(1, 1, 1, 0), SENT(30), SAMPLE_NOTSENT, 0,
	      SAMPLE_OUTQ, 0);
}

static UNUSED void listen_for_clients(void)
{
	struct endpoint addr = loopback(SERVER_PORT), client = loopback(CLIENT_PORT);
	put_socket(SOCK_STREAM);
	AFTER(CLIENT, STATE(CLOSED));
	put(CLIENT, (struct entry){ .call = CALL_BIND }, &addr, "");
	PUT(CLIENT, CALL_LISTEN, .arg = 2);
	AFTER(CLIENT, STATE(LISTEN), FROM(CLOSED), SAMPLE_QUEUE, 0, SAMPLE_BACKLOG, 2);
	LATER(CLIENT, STATE(LISTEN), SAMPLE_QUEUE, 1, SAMPLE_BACKLOG, 2);
	put(CLIENT, (struct entry){ .call = CALL_ACCEPT, .arg = 7 }, &client, "");
}

/* Nobody reads the kernel. */
static UNUSED void converse_unwatched(void)
{
	put_socket(SOCK_STREAM);
	put_connect(0);
	put_name();
	put_send(CLIENT, "one");
	put_send(CLIENT, "two");
	put_recv(CLIENT, "three");
	PUT(CLIENT, CALL_SHUTDOWN, .arg = SHUT_WR);
	put_recv(CLIENT, "");
	PUT(CLIENT, CALL_CLOSE, .fd = 4);
}

/* What a peer may send to do harm: to a terminal, to a drawing. */
static UNUSED void be_hostile(void)
{
	static const char bytes[] = "<b>&\033]0;evil\007\0\x9b\xff\xe2\x80\xae\xef\xbf\xbf가\n";
	struct entry header = { .call = CALL_RECV, .arg = 1024 };
	put_socket(SOCK_STREAM);
	put_connect(0);
	put_bytes(CLIENT, header, NULL, bytes, sizeof bytes - 1);
	put(CLIENT, (struct entry){ .call = CALL_STATE, .flags = ENTRY_ERROR }, NULL,
	    "lost \033[31m]]><&");
	put_bytes(CLIENT, (struct entry){ .call = CALL_SAMPLE, .arg = SAMPLE_LATER }, NULL,
	          "\xff\xff\xff", 3);
	put_bytes(CLIENT, (struct entry){ .call = CALL_ERRQUEUE }, NULL, "short", 5);
}
