// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/view.h"

#include <errno.h>
#include <locale.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "record/sample.h"
#include "support/tap.h"

static struct transcript *transcript;
static struct view view;
static struct rows rows;
static struct buf out;
static int64_t now;         /* of the entries made */
static int64_t last, early; /* by this much the next one is */
static uint32_t speaker;    /* session of those that name none */

static void begin(int columns)
{
	transcript_free(transcript);
	transcript = transcript_new(1 << 22, 1 << 20);
	view = (struct view){
		.transcript = transcript,
		.session = 1,
		.columns = columns,
		.ops = &trace_view,
	};
	now = 1000 * CLOCK_S;
	speaker = 1;
}

/* The next entry comes at once, as what belongs together does. */
static void at_once(void)
{
	early = now - last;
}

static void put_entry(struct entry header, const struct endpoint *addr, const void *data,
                      size_t len)
{
	header.time = last = now - early;
	early = 0;
	header.session = header.session ? header.session : speaker;
	now += 250 * CLOCK_MS;
	transcript_append(transcript, &header, addr, data, len);
}

static void put(struct entry header, const char *payload)
{
	put_entry(header, NULL, payload, strlen(payload));
}

static const struct endpoint echo = { .family = AF_INET, .port = 7001, .ip = { 127, 0, 0, 1 } };

/* field, value, field, value, …, -1 */
static void put_reading(enum sample_when when, const int64_t *fields)
{
	char packed[SAMPLE_PACKED];
	struct sample sample = { 0 };
	for (; *fields >= 0; fields += 2)
		sample_set(&sample, (enum sample_field)fields[0], (uint64_t)fields[1]);
	size_t len = sample_pack(&sample, packed);
	put_entry((struct entry){ .call = CALL_SAMPLE, .arg = (int32_t)when }, NULL, packed, len);
}

#define READ(when, ...) put_reading(when, (const int64_t[]){ __VA_ARGS__, -1 })

static void add_rows(void)
{
	for (size_t i = 0; i < rows.count; i++) {
		if (rows.row[i].columns > view.columns)
			buf_append_text(&out, "TOO WIDE: ");
		row_print(&rows.row[i], &out);
		buf_append_text(&out, "\n");
	}
}

/* Everything, from the oldest paragraph to the newest. */
static const char *shown(void)
{
	struct location location = { TRANSCRIPT_NONE, 0 };
	buf_clear(&out);
	while (view_after(&view, &location)) {
		view_layout(&view, location, &rows);
		add_rows();
	}
	return buf_text(&out);
}

static void make_conversation(int columns)
{
	begin(columns);
	view.time = VIEW_TIME_RELATIVE;
	put((struct entry){ .call = CALL_SOCKET, .arg = SOCK_STREAM, .arg2 = AF_INET, .fd = 4 },
	    "");
	put_entry((struct entry){ .call = CALL_CONNECT, .fd = 4 }, &echo, "", 0);
	READ(SAMPLE_AFTER, SAMPLE_STATE, STATE_ESTABLISHED, SAMPLE_OLD_STATE, STATE_CLOSED,
	     SAMPLE_NEW_OUT, 2, SAMPLE_NEW_IN, 1, SAMPLE_CALLS, 1);
	put((struct entry){ .call = CALL_STATE }, "connected in 0.2 ms");
	put((struct entry){ .call = CALL_SEND, .arg = 6, .arg2 = MSG_NOSIGNAL }, "hello\n");
	READ(SAMPLE_AFTER, SAMPLE_STATE, STATE_ESTABLISHED, SAMPLE_NEW_DATA_OUT, 1);
	READ(SAMPLE_BEFORE, SAMPLE_STATE, STATE_ESTABLISHED, SAMPLE_INQ, 6);
	put((struct entry){ .call = CALL_RECV, .arg = 65536 }, "hello\n");
	READ(SAMPLE_AFTER, SAMPLE_STATE, STATE_ESTABLISHED, SAMPLE_BUFFERED, 149000);
	READ(SAMPLE_BEFORE, SAMPLE_STATE, STATE_CLOSE_WAIT, SAMPLE_OLD_STATE, STATE_ESTABLISHED);
	put((struct entry){ .call = CALL_RECV, .arg = 65536 }, "");
	put((struct entry){ .call = CALL_SEND, .arg = 3, .error = EPIPE, .arg2 = MSG_NOSIGNAL },
	    "");
	put((struct entry){ .call = CALL_CLOSE, .fd = 4 }, "");
	READ(SAMPLE_CLOSED, SAMPLE_STATE, STATE_GONE);
}

static void test_golden(void)
{
	make_conversation(200);
	is_text(shown(),
	        "   0.000    socket(AF_INET, SOCK_STREAM) = 4\n"
	        "   0.250    connect(127.0.0.1:7001) = 0            CLOSED → ESTABLISHED *  2 "
	        "segments out, 1 in o\n"
	        "   0.750 ·  connected in 0.2 ms\n"
	        "   1.000 →  send(\"hello\\n\") = 6                    1 segment o\n"
	        "   1.500 *  readable: 6 bytes to read *\n"
	        "   1.750 ←  recv(65536) = 6 [hello\\n]              149 ms in the buffer\n"
	        "   2.250 *  ESTABLISHED → CLOSE_WAIT *             readable: end of file *\n"
	        "   2.500 ←  recv(65536) = 0  end of file\n"
	        "   2.750 !  send(3) = -1 EPIPE                     broken pipe\n"
	        "   3.000    close() = 0\n"
	        "   3.250 *  no longer in the kernel *\n",
	        "200 columns");
	make_conversation(80);
	is_text(shown(),
	        "   0.000    socket(AF_INET, SOCK_STREAM) = 4\n"
	        "   0.250    connect(127.0.0.1:7001) = 0   CLOSED → ESTABLISHED *\n"
	        "              2 segments out, 1 in o\n"
	        "   0.750 ·  connected in 0.2 ms\n"
	        "   1.000 →  send(\"hello\\n\") = 6           1 segment o\n"
	        "   1.500 *  readable: 6 bytes to read *\n"
	        "   1.750 ←  recv(65536) = 6 [hello\\n]     149 ms in the buffer\n"
	        "   2.250 *  ESTABLISHED → CLOSE_WAIT *    readable: end of file *\n"
	        "   2.500 ←  recv(65536) = 0  end of file\n"
	        "   2.750 !  send(3) = -1 EPIPE            broken pipe\n"
	        "   3.000    close() = 0\n"
	        "   3.250 *  no longer in the kernel *\n",
	        "80 columns");
	make_conversation(40);
	is_text(shown(),
	        "   0.000    socket(AF_INET, SOCK_STREAM)\n"
	        "              = 4\n"
	        "   0.250    connect(127.0.0.1:7001) = 0\n"
	        "              CLOSED → ESTABLISHED *\n"
	        "              2 segments out, 1 in o\n"
	        "   0.750 ·  connected in 0.2 ms\n"
	        "   1.000 →  send(\"hello\\n\") = 6\n"
	        "              1 segment o\n"
	        "   1.500 *  readable: 6 bytes to read *\n"
	        "   1.750 ←  recv(65536) = 6 [hello\\n]\n"
	        "              149 ms in the buffer\n"
	        "   2.250 *  ESTABLISHED → CLOSE_WAIT *\n"
	        "              readable: end of file *\n"
	        "   2.500 ←  recv(65536) = 0  end of file\n"
	        "   2.750 !  send(3) = -1 EPIPE\n"
	        "              broken pipe\n"
	        "   3.000    close() = 0\n"
	        "   3.250 *  no longer in the kernel *\n",
	        "40 columns");
	make_conversation(20);
	is_text(shown(),
	        "   socket(AF_INET,\n"
	        "     SOCK_STREAM)\n"
	        "     = 4\n"
	        "   connect(127.0.0.1\n"
	        "     :7001) = 0\n"
	        "     CLOSED →\n"
	        "     ESTABLISHED *\n"
	        "·  connected in 0.2\n"
	        "   ms\n"
	        "→  send(\"hello\\n\")\n"
	        "     = 6\n"
	        "*  readable: 6 bytes\n"
	        "     to read *\n"
	        "←  recv(65536) = 6\n"
	        "     [hello\\n]\n"
	        "*  ESTABLISHED →\n"
	        "     CLOSE_WAIT *\n"
	        "     readable: end\n"
	        "     of file *\n"
	        "←  recv(65536) = 0\n"
	        "     end of file\n"
	        "!  send(3)\n"
	        "     = -1 EPIPE\n"
	        "   close() = 0\n"
	        "*  no longer in the\n"
	        "     kernel *\n",
	        "20 columns");
	make_conversation(80);
	setlocale(LC_ALL, "C");
	is_text(shown(),
	        "   0.000    socket(AF_INET, SOCK_STREAM) = 4\n"
	        "   0.250    connect(127.0.0.1:7001) = 0   CLOSED -> ESTABLISHED *\n"
	        "              2 segments out, 1 in o\n"
	        "   0.750 -  connected in 0.2 ms\n"
	        "   1.000 >  send(\"hello\\n\") = 6           1 segment o\n"
	        "   1.500 *  readable: 6 bytes to read *\n"
	        "   1.750 <  recv(65536) = 6 [hello\\n]     149 ms in the buffer\n"
	        "   2.250 *  ESTABLISHED -> CLOSE_WAIT *   readable: end of file *\n"
	        "   2.500 <  recv(65536) = 0  end of file\n"
	        "   2.750 !  send(3) = -1 EPIPE            broken pipe\n"
	        "   3.000    close() = 0\n"
	        "   3.250 *  no longer in the kernel *\n",
	        "80 columns without UTF-8");
	setlocale(LC_ALL, "");
}

/* A sample without news has no row, and a call that waited is where it returned. */
static void test_quiet(void)
{
	begin(80);
	view.time = VIEW_TIME_RELATIVE;
	put((struct entry){ .call = CALL_SOCKET, .arg = SOCK_STREAM, .arg2 = AF_INET, .fd = 4 },
	    "");
	READ(SAMPLE_LATER, SAMPLE_STATE, STATE_ESTABLISHED, SAMPLE_INQ, 0);
	READ(SAMPLE_LATER, SAMPLE_STATE, STATE_ESTABLISHED, SAMPLE_INQ, 0, SAMPLE_RTT, 9);
	READ(SAMPLE_LATER, SAMPLE_STATE, STATE_ESTABLISHED, SAMPLE_INQ, 5);
	now -= 800 * CLOCK_MS;
	put(
	        (struct entry){
	                .call = CALL_RECV, .arg = 10, .flags = ENTRY_WAITED, .duration = 800000 },
	        "hello");
	is_text(shown(),
	        "   0.000    socket(AF_INET, SOCK_STREAM) = 4\n"
	        "   0.750 *  readable: 5 bytes to read *\n"
	        "   1.000 ←  recv(10) = 5 after 800 ms [hello]              since "
	        "0.200\n",
	        "what is new, in the order of time");
	view.time = VIEW_TIME_DELTA;
	is_text(shown(),
	        "  +0.000    socket(AF_INET, SOCK_STREAM) = 4\n"
	        "  +0.750 *  readable: 5 bytes to read *\n"
	        "  +0.250 ←  recv(10) = 5 after 800 ms [hello]\n",
	        "and between two");
}

static void make_hostile(int columns)
{
	begin(columns);
	put((struct entry){ .call = CALL_SEND, .arg = 16 }, "\033]0;evil\007\x9b\xe2\x80\xae\"\\");
	put((struct entry){ .call = CALL_RECV, .arg = 99 },
	    "한글 \xea\xb0 e\xcc\x81 and more of it, without end");
	put_entry((struct entry){ .call = CALL_RECVFROM, .arg = 10, .flags = ENTRY_TRUNCATED },
	          &echo, "0123", 4);
	put((struct entry){ .call = CALL_GETADDRINFO, .error = EHOSTUNREACH },
	    "\033[2J 80\nno such\tname\n");
	put((struct entry){ .call = CALL_ERRQUEUE }, "not an error");
	put((struct entry){ .call = CALL_SAMPLE, .arg = SAMPLE_LATER }, "\xff\xff\xff");
	put((struct entry){ .call = CALL_NOTE, .flags = ENTRY_ERROR }, "two\n\033lines");
	put((struct entry){ .call = 250, .error = 250 }, "x");
}

static void test_hostile(void)
{
	make_hostile(80);
	is_text(shown(),
	        "→  send(\"\\x1b]0;evil\\x07\\x9b\\xe2\\x80\\xae\\\"\\\\\", 16) = 15\n"
	        "←  recv(99) = 41 [한글 \\xea\\xb0 é and mo…]\n"
	        "←  recvfrom(4) = 4 from 127.0.0.1:7001 [0123~6 lost]\n"
	        "!  getaddrinfo(\"\\x1b[2J\", \"80\") failed: no such\\tname\n"
	        "←\n"
	        "*  a sample that cannot be read\n"
	        "!  two\n"
	        "   ^[lines\n"
	        "!  ?() = -1 errno 250                unknown error 250\n",
	        "hostile bytes at 80 columns");
	make_hostile(40);
	is_text(shown(),
	        "→  send(\"\\x1b]0;evil\\x07\\x9b\\xe2\\x80\\xae\n"
	        "     \\\"\\\\\", 16) = 15\n"
	        "←  recv(99) = 41\n"
	        "     [한글 \\xea\\xb0 é and more …]\n"
	        "←  recvfrom(4) = 4 from 127.0.0.1:7001\n"
	        "     [0123~6 lost]\n"
	        "!  getaddrinfo(\"\\x1b[2J\", \"80\")\n"
	        "     failed: no such\\tname\n"
	        "←\n"
	        "*  a sample that cannot be read\n"
	        "!  two\n"
	        "   ^[lines\n"
	        "!  ?() = -1 errno 250  unknown error 250\n",
	        "at 40");
	make_hostile(200);
	is_text(shown(),
	        "→  send(\"\\x1b]0;evil\\x07\\x9b\\xe2\\x80\\xae\\\"\\\\\", 16) = 15\n"
	        "←  recv(99) = 41 [한글 \\xea\\xb0 é and more of it, without end]\n"
	        "←  recvfrom(4) = 4 from 127.0.0.1:7001 [0123~6 lost]\n"
	        "!  getaddrinfo(\"\\x1b[2J\", \"80\") failed: no such\\tname\n"
	        "←\n"
	        "*  a sample that cannot be read\n"
	        "!  two\n"
	        "   ^[lines\n"
	        "!  ?() = -1 errno 250                         unknown error 250\n",
	        "at 200");
	make_hostile(1);
	ok(!strstr(shown(), "TOO WIDE"), "at 1");
	make_hostile(80);
	setlocale(LC_ALL, "C");
	is_text(shown(),
	        ">  send(\"\\x1b]0;evil\\x07\\x9b\\xe2\\x80\\xae\\\"\\\\\", 16) = 15\n"
	        "<  recv(99) = 41 [\\xed\\x95\\x9c\\xea\\xb8\\x80 \\xea\\xb0 e\\xcc\\x81 and "
	        "mo...]\n"
	        "<  recvfrom(4) = 4 from 127.0.0.1:7001 [0123~6 lost]\n"
	        "!  getaddrinfo(\"\\x1b[2J\", \"80\") failed: no such\\tname\n"
	        "<\n"
	        "*  a sample that cannot be read\n"
	        "!  two\n"
	        "   ^[lines\n"
	        "!  ?() = -1 errno 250                unknown error 250\n",
	        "in ASCII");
	setlocale(LC_ALL, "");
}

/* Two sessions and the program's own words, one after the other in time. */
static void make_all(int columns, const struct view_ops *ops)
{
	begin(columns);
	view.ops = ops;
	view.all = true;
	view.time = VIEW_TIME_RELATIVE;
	put((struct entry){ .call = CALL_SEND, .arg = 3 }, "one");
	at_once();
	put((struct entry){ .call = CALL_SEND, .arg = 3 }, "two");
	speaker = 2;
	put((struct entry){ .call = CALL_RECV, .arg = 9 }, "onetwo");
	READ(SAMPLE_AFTER, SAMPLE_BUFFERED, 100);
	put((struct entry){ .call = CALL_SEND, .arg = 6, .session = 12 }, "\033three");
	put((struct entry){ .call = CALL_SEND, .arg = 2, .session = 1 }, "!\n");
	put((struct entry){ .call = CALL_STATE, .session = 4000000000 }, "reset");
}

static void test_all(void)
{
	make_all(80, &chat_view);
	is_text(shown(),
	        "   0.000 [1]  →  onetwo                                                  6 bytes\n"
	        "   0.500 [2]  ←  onetwo                                                  6 bytes\n"
	        "   1.000 [12] →  ^[three                                                 6 bytes\n"
	        "   1.250 [1]  →  !⏎                                                      2 bytes\n"
	        "   1.500 [4000000000] ·  reset\n",
	        "all, chat, 80 columns");
	view.columns = 200;
	is_text(shown(),
	        "   0.000 [1]  →  onetwo                                                           "
	        "           6 bytes\n"
	        "   0.500 [2]  ←  onetwo                                                           "
	        "           6 bytes\n"
	        "   1.000 [12] →  ^[three                                                          "
	        "           6 bytes\n"
	        "   1.250 [1]  →  !⏎                                                               "
	        "           2 bytes\n"
	        "   1.500 [4000000000] ·  reset\n",
	        "all, chat, 200 columns");
	view.columns = 40;
	is_text(shown(),
	        "   0.000 [1]  →  onetwo          6 bytes\n"
	        "   0.500 [2]  ←  onetwo          6 bytes\n"
	        "   1.000 [12] →  ^[three         6 bytes\n"
	        "   1.250 [1]  →  !⏎              2 bytes\n"
	        "   1.500 [4000000000] ·  reset\n",
	        "all, chat, 40 columns");
	view.columns = 20;
	is_text(shown(),
	        "[1] →  onetwo\n"
	        "[2] ←  onetwo\n"
	        "[12] →  ^[three\n"
	        "[1] →  !⏎    2 bytes\n"
	        "·  reset\n",
	        "all, chat, 20 columns");
	make_all(80, &trace_view);
	is_text(shown(),
	        "   0.000 [1]  →  send(\"one\") = 3\n"
	        "   0.000 [1]  →  send(\"two\") = 3\n"
	        "   0.500 [2]  ←  recv(9) = 6 [onetwo]        0.1 ms in the buffer\n"
	        "   1.000 [12] →  send(\"\\x1bthree\") = 6\n"
	        "   1.250 [1]  →  send(\"!\\n\") = 2\n"
	        "   1.500 [4000000000] ·  reset\n",
	        "all, trace, 80 columns");
	view.columns = 40;
	is_text(shown(),
	        "   0.000 [1]  →  send(\"one\") = 3\n"
	        "   0.000 [1]  →  send(\"two\") = 3\n"
	        "   0.500 [2]  ←  recv(9) = 6 [onetwo]\n"
	        "                   0.1 ms in the buffer\n"
	        "   1.000 [12] →  send(\"\\x1bthree\") = 6\n"
	        "   1.250 [1]  →  send(\"!\\n\") = 2\n"
	        "   1.500 [4000000000] ·  reset\n",
	        "all, trace, 40 columns");
	view.columns = 200;
	is_text(shown(),
	        "   0.000 [1]  →  send(\"one\") = 3\n"
	        "   0.000 [1]  →  send(\"two\") = 3\n"
	        "   0.500 [2]  ←  recv(9) = 6 [onetwo]                 0.1 ms in the buffer\n"
	        "   1.000 [12] →  send(\"\\x1bthree\") = 6\n"
	        "   1.250 [1]  →  send(\"!\\n\") = 2\n"
	        "   1.500 [4000000000] ·  reset\n",
	        "all, trace, 200 columns");
	view.columns = 80;
	setlocale(LC_ALL, "C");
	is_text(shown(),
	        "   0.000 [1]  >  send(\"one\") = 3\n"
	        "   0.000 [1]  >  send(\"two\") = 3\n"
	        "   0.500 [2]  <  recv(9) = 6 [onetwo]        0.1 ms in the buffer\n"
	        "   1.000 [12] >  send(\"\\x1bthree\") = 6\n"
	        "   1.250 [1]  >  send(\"!\\n\") = 2\n"
	        "   1.500 [4000000000] -  reset\n",
	        "all in ASCII");
	setlocale(LC_ALL, "");
}

/* Nagle's algorithm: the kernel keeps small sends back until the first is acknowledged. */
static void test_held(void)
{
	begin(80);
	put((struct entry){ .call = CALL_SEND, .arg = 3 }, "one");
	READ(SAMPLE_AFTER, SAMPLE_STATE, 1, SAMPLE_NEW_DATA_OUT, 1, SAMPLE_CALLS, 1);
	put((struct entry){ .call = CALL_SEND, .arg = 3 }, "two");
	READ(SAMPLE_AFTER, SAMPLE_STATE, 1, SAMPLE_NEW_DATA_OUT, 0, SAMPLE_NOTSENT, 3);
	put((struct entry){ .call = CALL_SEND, .arg = 5 }, "three");
	READ(SAMPLE_AFTER, SAMPLE_STATE, 1, SAMPLE_NEW_DATA_OUT, 0, SAMPLE_NOTSENT, 8);
	READ(SAMPLE_LATER, SAMPLE_STATE, 1, SAMPLE_NEW_DATA_OUT, 1, SAMPLE_NOTSENT, 0,
	     SAMPLE_NEW_OUT, 1, SAMPLE_NEW_IN, 1);
	is_text(shown(),
	        "→  send(\"one\") = 3                   1 segment o\n"
	        "→  send(\"two\") = 3                   not sent yet o, 3 bytes held back *\n"
	        "→  send(\"three\") = 5                 not sent yet o, 8 bytes held back *\n"
	        "*  1 segment out, 1 in o             2 sends left as 1 segment o\n",
	        "sends that left together");
	begin(80);
	put((struct entry){ .call = CALL_SEND, .arg = 3 }, "one");
	READ(SAMPLE_AFTER, SAMPLE_STATE, 1, SAMPLE_NEW_DATA_OUT, 0, SAMPLE_CALLS, 9);
	READ(SAMPLE_LATER, SAMPLE_STATE, 1, SAMPLE_NEW_DATA_OUT, 1, SAMPLE_NOTSENT, 0,
	     SAMPLE_NEW_OUT, 1);
	is_text(shown(),
	        "→  send(\"one\") = 3                   not sent yet o, over 9 calls o\n"
	        "*  1 segment out o\n",
	        "are not shown where only some calls were sampled");
}

/* A conversation with what the program asks for itself, and a connect() that had to wait. */
static void make_watched(bool own_calls)
{
	begin(80);
	view.own_calls = own_calls;
	put_entry((struct entry){ .call = CALL_CONNECT, .fd = 4, .error = EINPROGRESS }, &echo, "",
	          0);
	READ(SAMPLE_AFTER, SAMPLE_STATE, STATE_SYN_SENT, SAMPLE_OLD_STATE, STATE_CLOSED);
	put((struct entry){ .call = CALL_GETSOCKOPT,
	                    .arg = SO_ERROR,
	                    .arg2 = SOL_SOCKET,
	                    .flags = ENTRY_WATCHING },
	    "");
	put_entry((struct entry){ .call = CALL_CONNECT, .fd = 4, .flags = ENTRY_WATCHING }, &echo,
	          "", 0);
	put_entry((struct entry){ .call = CALL_CONNECT,
	                          .fd = 4,
	                          .flags = ENTRY_WAITED,
	                          .duration = 3000 },
	          &echo, "", 0);
	READ(SAMPLE_AFTER, SAMPLE_STATE, STATE_ESTABLISHED, SAMPLE_OLD_STATE, STATE_SYN_SENT);
	put((struct entry){ .call = CALL_GETSOCKNAME, .flags = ENTRY_WATCHING }, "");
	put((struct entry){ .call = CALL_RECV,
	                    .arg = 9,
	                    .error = EAGAIN,
	                    .flags = ENTRY_WATCHING },
	    "");
	READ(SAMPLE_AFTER, SAMPLE_STATE, STATE_CLOSE_WAIT, SAMPLE_OLD_STATE, STATE_ESTABLISHED);
}

static void test_own_calls(void)
{
	make_watched(false);
	is_text(shown(),
	        "   connect(127.0.0.1:7001) …         CLOSED → SYN_SENT *\n"
	        "   connect(127.0.0.1:7001) = 0 after 3.0 ms             SYN_SENT → "
	        "ESTABLISHED *\n"
	        "*  ESTABLISHED → CLOSE_WAIT *        readable: end of file *\n",
	        "the program's own calls are hidden, not what was seen then");
	make_watched(true);
	is_text(shown(),
	        "   connect(127.0.0.1:7001) = -1 EINPROGRESS             CLOSED → SYN_SENT "
	        "*\n"
	        "   getsockopt(SO_ERROR) = 0  nothing\n"
	        "   connect(127.0.0.1:7001) = 0\n"
	        "*  SYN_SENT → ESTABLISHED *\n"
	        "   getsockname() = 0\n"
	        "←  recv(9) = -1 EAGAIN               ESTABLISHED → CLOSE_WAIT *\n",
	        "or shown");
}

static bool has_style(size_t row, const char *text, enum style style)
{
	struct row *at = &rows.row[row];
	for (size_t i = 0; i < at->count; i++) {
		size_t j = 0;
		while (text[j] && i + j < at->count && at->glyphs[i + j].style == style &&
		       at->glyphs[i + j].chars[0] == (wchar_t)text[j])
			j++;
		if (!text[j])
			return true;
	}
	return false;
}

static void lay_out_last(void)
{
	struct location location;
	ok(view_last(&view, &location), "there is something");
	view_layout(&view, location, &rows);
}

static void test_styles(void)
{
	begin(80);
	put((struct entry){ .call = CALL_RECV, .error = ECONNRESET }, "");
	lay_out_last();
	ok(has_style(0, "!", STYLE_ERROR) && has_style(0, "recv(0)", STYLE_TEXT) &&
	           has_style(0, "= -1 ECONNRESET", STYLE_ERROR) &&
	           has_style(0, "connection reset by peer", STYLE_ERROR),
	   "a failure");
	view.own_calls = true;
	put((struct entry){ .call = CALL_RECV, .error = EAGAIN }, "");
	lay_out_last();
	ok(has_style(0, "= -1 EAGAIN", STYLE_FAINT) && !has_style(0, "!", STYLE_ERROR),
	   "not yet is none");
	put((struct entry){ .call = CALL_CLOSE, .flags = ENTRY_WATCHING }, "");
	lay_out_last();
	ok(has_style(0, "close() = 0", STYLE_FAINT), "what is made only to watch");
	view.find = "ose()";
	view.find_len = 5;
	lay_out_last();
	ok(has_style(0, "ose()", STYLE_FOUND) && has_style(0, "cl", STYLE_FAINT), "a hit");
	view.all = true;
	lay_out_last();
	ok(has_style(0, "[1]", style_of_tag(1)), "a tag");
	begin(80);
	view.ops = &chat_view;
	view.find = "lo\nwor";
	view.find_len = 6;
	put((struct entry){ .call = CALL_RECV }, "hel");
	at_once();
	put((struct entry){ .call = CALL_RECV }, "lo\n");
	lay_out_last();
	ok(!has_style(0, "l", STYLE_FOUND), "no hit in a part");
	view.find_len = 3;
	lay_out_last();
	ok(has_style(0, "lo", STYLE_FOUND) && has_style(0, "hel", STYLE_TEXT),
	   "a hit over the boundary of two calls");
}

int main(void)
{
	tap_watchdog(30);
	setlocale(LC_ALL, "");
	buf_init(&out, SIZE_MAX);
	if (!text_has_unicode()) {
		tap_skip("no UTF-8 locale");
		return tap_done();
	}
	test_golden();
	test_quiet();
	test_hostile();
	test_all();
	test_held();
	test_own_calls();
	test_styles();
	transcript_free(transcript);
	rows_free(&rows);
	buf_free(&out);
	return tap_done();
}
