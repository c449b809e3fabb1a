// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/page/stream.h"

#include <errno.h>
#include <locale.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "record/sample.h"
#include "support/tap.h"

enum { ONE = 1, TWO = 2, MSS = 32741 };

static struct transcript *transcript;
static struct view view;
static struct rows rows;
static struct buf out;
static int64_t now;
static struct sample kernel; /* session 1's, as it would be read */

static void begin(int columns)
{
	transcript_free(transcript);
	transcript = transcript_new(1 << 22, 1 << 20);
	view = (struct view){
		.transcript = transcript, .session = ONE, .other = TWO, .columns = columns
	};
	now = 1000 * CLOCK_S;
	kernel = (struct sample){ 0 };
	sample_set(&kernel, SAMPLE_STATE, STATE_ESTABLISHED);
	sample_set(&kernel, SAMPLE_SND_MSS, MSS);
	sample_set(&kernel, SAMPLE_SND_WND, 65483);
	sample_set(&kernel, SAMPLE_UNACKED, 0);
	sample_set(&kernel, SAMPLE_NOTSENT, 0);
	sample_set(&kernel, SAMPLE_OUTQ, 0);
}

static uint64_t put_entry(struct entry header, const void *data, size_t len)
{
	header.time = now;
	header.session = header.session ? header.session : ONE;
	header.arg = header.arg ? header.arg : (int32_t)len;
	return transcript_append(transcript, &header, NULL, data, len);
}

static void put(uint32_t session, enum call call, const char *text)
{
	put_entry((struct entry){ .call = (uint8_t)call, .session = session }, text, strlen(text));
}

static void put_size(uint32_t session, enum call call, size_t len)
{
	static char zeros[70000];
	memset(zeros, 'z', sizeof zeros);
	put_entry((struct entry){ .call = (uint8_t)call, .session = session }, zeros, len);
}

/* What the kernel says: bytes waiting and not sent, segments sent since the last time. */
static void put_reading(enum sample_when when, uint64_t waiting, uint64_t held, uint64_t segments)
{
	char packed[SAMPLE_PACKED];
	sample_set(&kernel, SAMPLE_OUTQ, waiting);
	sample_set(&kernel, SAMPLE_NOTSENT, held);
	sample_set(&kernel, SAMPLE_UNACKED, waiting > held);
	sample_set(&kernel, SAMPLE_NEW_DATA_OUT, segments);
	size_t len = sample_pack(&kernel, packed);
	put_entry((struct entry){ .call = CALL_SAMPLE, .arg = (int32_t)when }, packed, len);
}

static void put_acked(uint32_t end, int64_t delay)
{
	struct errqueue acked = { .origin = ERRQUEUE_ACKED, .info = end, .delay = (uint64_t)delay };
	uint8_t packed[ERRQUEUE_PACKED];
	size_t len = entry_pack_errqueue(&acked, packed);
	put_entry((struct entry){ .call = CALL_ERRQUEUE, .flags = ENTRY_WATCHING }, packed, len);
}

static const char *shown(void)
{
	buf_clear(&out);
	stream_draw(&view, &rows);
	for (size_t i = 0; i < rows.count; i++) {
		row_print(&rows.row[i], &out);
		buf_append_text(&out, "\n");
	}
	buf_append(&out, "", 1);
	return buf_data(&out);
}

/* The experiment of three sends after an exchange: Nagle holds two of them back. */
static void put_nagle(void)
{
	put_reading(SAMPLE_AFTER, 0, 0, 0);
	put(ONE, CALL_SEND, "one");
	put_reading(SAMPLE_AFTER, 3, 0, 1);
	now += 20 * CLOCK_US;
	put(ONE, CALL_SEND, "two");
	put_reading(SAMPLE_AFTER, 6, 3, 0);
	put(TWO, CALL_RECV, "one");
	now += 20 * CLOCK_US;
	put(ONE, CALL_SEND, "three");
	put_reading(SAMPLE_AFTER, 11, 8, 0);
	now += 43360 * CLOCK_US;
	put_acked(3, 43400 * CLOCK_US);
	put_reading(SAMPLE_LATER, 8, 0, 1);
	put(TWO, CALL_RECV, "twothree");
	put_reading(SAMPLE_LATER, 0, 0, 0);
}

static void put_urgent(void)
{
	put_reading(SAMPLE_AFTER, 0, 0, 0);
	put(ONE, CALL_SEND, "abc");
	put_reading(SAMPLE_AFTER, 0, 0, 1);
	put_entry((struct entry){ .call = CALL_SEND, .arg2 = MSG_OOB }, "X", 1);
	put_reading(SAMPLE_AFTER, 0, 0, 1);
	put(ONE, CALL_SEND, "def\n");
	put_reading(SAMPLE_AFTER, 0, 0, 1);
	put(TWO, CALL_RECV, "abc");
	put_entry((struct entry){ .call = CALL_RECV, .session = TWO, .arg2 = MSG_OOB }, "X", 1);
	put(TWO, CALL_RECV, "def\n");
}

static void put_large(void)
{
	sample_set(&kernel, SAMPLE_SND_MSS, 1448);
	put_reading(SAMPLE_AFTER, 0, 0, 0);
	put_size(ONE, CALL_SEND, 4000);
	put_reading(SAMPLE_AFTER, 0, 0, 3);
	for (int i = 0; i < 4; i++)
		put_size(TWO, CALL_RECV, i < 3 ? 1024 : 928);
}

static void put_window(void)
{
	put_reading(SAMPLE_AFTER, 0, 0, 0);
	put_size(ONE, CALL_SEND, 9000);
	put_reading(SAMPLE_AFTER, 9000, 0, 1);
	sample_set(&kernel, SAMPLE_SND_WND, 0);
	now += 5 * CLOCK_S;
	put_size(ONE, CALL_SEND, 9000);
	put_reading(SAMPLE_AFTER, 9000, 9000, 0);
}

static void put_one_byte(void)
{
	put_reading(SAMPLE_AFTER, 0, 0, 0);
	put_size(ONE, CALL_SEND, 9000);
	put_reading(SAMPLE_AFTER, 1, 0, 1);
	put_size(ONE, CALL_SEND, 1);
	put_reading(SAMPLE_AFTER, 2, 1, 0);
}

static void put_datagrams(void)
{
	struct entry socket = { .call = CALL_SOCKET, .arg = SOCK_DGRAM };
	put_entry(socket, NULL, 0);
	put(ONE, CALL_SENDTO, "one");
	put(ONE, CALL_SENDTO, "");
	put(ONE, CALL_SENDTO, "lost");
	put(ONE, CALL_SENDTO, "three");
	put(TWO, CALL_RECVFROM, "one");
	put(TWO, CALL_RECVFROM, "");
	put(TWO, CALL_RECVFROM, "three");
}

static void is_shown(const char *want, const char *name)
{
	const char *got = shown();
	if (!tap_ok(strcmp(got, want) == 0, __FILE__, __LINE__, "%s", name))
		printf("# got\n%s# want\n%s", got, want);
}

static const char nagle_80[] =
        "STREAM 1 → 2  11 bytes   | boundary of a call   : boundary of a segment\n"
        " byte           0     3     6         11\n"
        "                 o n e t w o t h r e e\n"
        " your send()    |one  |two  |three    |  3 calls  0.00 0.02 0.04 ms\n"
        " segments o     :one  :twothree       :  2 segments  0.00 43.4 ms\n"
        " peer recv()    |one  |twothree       |  2 calls  0.02 43.4 ms\n"
        "\n"
        " 3 send() calls left as 2 segments o; 2 recv() calls got it\n"
        " 0.00 ms send(\"one\") leaves at once; acknowledged 43.4 ms after send() *: the\n"
        "          peer's kernel delays its ACK ?\n"
        " 0.02 ms send(\"two\") is held back: Nagle ?: 3 bytes are unacknowledged * and 3\n"
        "          are less than a full segment of 32741; to send 6 = 3 in flight + 3 not\n"
        "          yet sent *\n"
        " 0.04 ms send(\"three\") is held back: Nagle ?: 3 bytes are unacknowledged * and 8\n"
        "          are less than a full segment of 32741; to send 11 = 3 in flight + 8\n"
        "          not yet sent *\n"
        " 43.4 ms 8 bytes had left as 1 segment o\n";

static const char nagle_40[] = "STREAM 1 → 2  11 bytes\n"
                               "byte    0     3     6         11\n"
                               "         o n e t w o t h r e e\n"
                               "sent    |one  |two  |three    |  3 calls\n"
                               "segs o  :one  :twothree       :\n"
                               "got     |one  |twothree       |  2 calls\n"
                               "\n"
                               " 3 send() calls left as 2 segments o; 2\n"
                               " recv() calls got it\n"
                               " 0.00 ms send(\"one\") leaves at once;\n"
                               "          acknowledged 43.4 ms after\n"
                               "          send() *: the peer's kernel\n"
                               "          delays its ACK ?\n"
                               " 0.02 ms send(\"two\") is held back:\n"
                               "          Nagle ?: 3 bytes are\n"
                               "          unacknowledged * and 3 are\n"
                               "          less than a full segment of\n"
                               "          32741; to send 6 = 3 in flight\n"
                               "          + 3 not yet sent *\n"
                               " 0.04 ms send(\"three\") is held back:\n"
                               "          Nagle ?: 3 bytes are\n"
                               "          unacknowledged * and 8 are\n"
                               "          less than a full segment of\n"
                               "          32741; to send 11 = 3 in\n"
                               "          flight + 8 not yet sent *\n"
                               " 43.4 ms 8 bytes had left as 1 segment o\n";

static const char nagle_200[] =
        "STREAM 1 → 2  11 bytes   | boundary of a call   : boundary of a segment\n"
        " byte           0     3     6         11\n"
        "                 o n e t w o t h r e e\n"
        " your send()    |one  |two  |three    |  3 calls  0.00 0.02 0.04 ms\n"
        " segments o     :one  :twothree       :  2 segments  0.00 43.4 ms\n"
        " peer recv()    |one  |twothree       |  2 calls  0.02 43.4 ms\n"
        "\n"
        " 3 send() calls left as 2 segments o; 2 recv() calls got it\n"
        " 0.00 ms send(\"one\") leaves at once; acknowledged 43.4 ms after send() *: the peer's kernel "
        "delays its ACK ?\n"
        " 0.02 ms send(\"two\") is held back: Nagle ?: 3 bytes are unacknowledged * and 3 are less "
        "than a full segment of 32741; to send 6 = 3 in flight + 3 not yet sent *\n"
        " 0.04 ms send(\"three\") is held back: Nagle ?: 3 bytes are unacknowledged * and 8 are "
        "less than a full segment of 32741; to send 11 = 3 in flight + 8 not yet sent *\n"
        " 43.4 ms 8 bytes had left as 1 segment o\n";

static const char urgent_80[] =
        "STREAM 1 → 2  8 bytes   | boundary of a call   : boundary of a segment\n"
        " byte           0     3 4       8\n"
        "                 a b c X d e f ⏎\n"
        " urgent                !\n"
        " your send()    |abc  |X|def⏎   |  3 calls  0.00 ms\n"
        " segments o     :abc  :X:def⏎   :  3 segments  0.00 ms\n"
        " peer recv()    |abc  | |def⏎   |  2 calls  0.00 ms\n"
        "\n"
        " 3 send() calls left as 3 segments o; 2 recv() calls got it\n"
        " ! marks the urgent byte: recv() stops before it, and recv(MSG_OOB) reads it\n";

static const char urgent_40[] = "STREAM 1 → 2  8 bytes\n"
                                "byte    0     3 4       8\n"
                                "         a b c X d e f ⏎\n"
                                "urgent         !\n"
                                "sent    |abc  |X|def⏎   |  3 calls\n"
                                "segs o  :abc  :X:def⏎   :  3 segments\n"
                                "got     |abc  | |def⏎   |  2 calls\n"
                                "\n"
                                " 3 send() calls left as 3 segments o; 2\n"
                                " recv() calls got it\n"
                                " ! marks the urgent byte: recv() stops\n"
                                " before it, and recv(MSG_OOB) reads it\n";

static const char urgent_200[] =
        "STREAM 1 → 2  8 bytes   | boundary of a call   : boundary of a segment\n"
        " byte           0     3 4       8\n"
        "                 a b c X d e f ⏎\n"
        " urgent                !\n"
        " your send()    |abc  |X|def⏎   |  3 calls  0.00 ms\n"
        " segments o     :abc  :X:def⏎   :  3 segments  0.00 ms\n"
        " peer recv()    |abc  | |def⏎   |  2 calls  0.00 ms\n"
        "\n"
        " 3 send() calls left as 3 segments o; 2 recv() calls got it\n"
        " ! marks the urgent byte: recv() stops before it, and recv(MSG_OOB) reads it\n";

static const char large_80[] =
        "STREAM 1 → 2  4000 bytes   | boundary of a call   : boundary of a segment\n"
        " byte           0                                    4000\n"
        " your send()    |4000 B                              |  1 call  0.00 ms\n"
        " segments o     :1448 B      :1448 B      :1104 B    :  3 segments  0.00 ms\n"
        " peer recv()    |1024 B  |1024 B  |1024 B   |928 B   |  4 calls  0.00 ms\n"
        "\n"
        " 1 send() left as 3 segments o, cut at the MSS ?; 4 recv() calls got it\n";

static const char large_40[] = "STREAM 1 → 2  4000 bytes\n"
                               "byte    0                           4000\n"
                               "sent    |4000 B                        |\n"
                               "segs o  :1448 B    :1448 B    :1104 B  :\n"
                               "got     |1024 B|1024 B |1024 B |928 B  |\n"
                               "\n"
                               " 1 send() left as 3 segments o, cut at\n"
                               " the MSS ?; 4 recv() calls got it\n";

static const char large_200[] =
        "STREAM 1 → 2  4000 bytes   | boundary of a call   : boundary of a segment\n"
        " byte           0                                                                         "
        "                                                               4000\n"
        " your send()    |4000 B                                                                   "
        "                                                               |  1 call  0.00 ms\n"
        " segments o     :1448 B                                          :1448 B                  "
        "                         :1104 B                               :  3 segments  0.00 ms\n"
        " peer recv()    |1024 B                            |1024 B                            "
        "|1024 B                            |928 B                          |  4 calls  0.00 ms\n"
        "\n"
        " 1 send() left as 3 segments o, cut at the MSS ?; 4 recv() calls got it\n";

static const char window_80[] =
        "STREAM 1 → 2  18.0 kB   | boundary of a call   : boundary of a segment\n"
        " byte           0                 9000               18.0k\n"
        " your send()    |9000 B           |9000 B            |  2 calls  ... 0.00 ms\n"
        " segments o     :9000 B           :                     1 segment  before\n"
        " peer recv()\n"
        "\n"
        " 2 send() calls left as 1 segment o, but for 9000 bytes *; no recv() has\n"
        " returned any of it\n"
        " 0.00 ms send(\"zzzzzzzzzzzz…\") is held back: the peer's window is 0 *: its\n"
        "          program does not read; to send 9000 = 0 in flight + 9000 not yet\n"
        "          sent *\n"
        " now: 9000 bytes are held back: the peer's window is 0 *: its program does not\n"
        " read\n";

static const char window_40[] = "STREAM 1 → 2  18.0 kB\n"
                                "byte    0              9000        18.0k\n"
                                "sent    |9000 B        |9000 B         |\n"
                                "segs o  :9000 B        :\n"
                                "got\n"
                                "\n"
                                " 2 send() calls left as 1 segment o, but\n"
                                " for 9000 bytes *; no recv() has\n"
                                " returned any of it\n"
                                " 0.00 ms send(\"zzzzzzzzzzzz…\") is held\n"
                                "          back: the peer's window is\n"
                                "          0 *: its program does not\n"
                                "          read; to send 9000 = 0 in\n"
                                "          flight + 9000 not yet sent *\n"
                                " now: 9000 bytes are held back: the\n"
                                " peer's window is 0 *: its program does\n"
                                " not read\n";

static const char datagrams_80[] =
        "STREAM 1 → 2  12 bytes   | boundary of a call\n"
        " bytes           3     0 4       5\n"
        " your sendto()  |one  | |lost   |three    |  4 datagrams  0.00 ms\n"
        " peer recvfrom()|one  | |       |three    |  3 datagrams  0.00 ms\n"
        "\n"
        " 4 datagrams sent, 3 received: each send is one datagram, each datagram one\n"
        " receive\n"
        " 1 not received: on the way, still to be read, or lost ?\n";

static const char datagrams_40[] = "STREAM 1 → 2  12 bytes\n"
                                   "byte     3     0 4       5\n"
                                   "sent    |one  | |lost   |three    |\n"
                                   "got     |one  | |       |three    |\n"
                                   "\n"
                                   " 4 datagrams sent, 3 received: each send\n"
                                   " is one datagram, each datagram one\n"
                                   " receive\n"
                                   " 1 not received: on the way, still to be\n"
                                   " read, or lost ?\n";

static const char datagrams_200[] =
        "STREAM 1 → 2  12 bytes   | boundary of a call\n"
        " bytes           3     0 4       5\n"
        " your sendto()  |one  | |lost   |three    |  4 datagrams  0.00 ms\n"
        " peer recvfrom()|one  | |       |three    |  3 datagrams  0.00 ms\n"
        "\n"
        " 4 datagrams sent, 3 received: each send is one datagram, each datagram one receive\n"
        " 1 not received: on the way, still to be read, or lost ?\n";

static void draws_nagle(void)
{
	begin(80);
	put_nagle();
	is_shown(nagle_80, "what Nagle held back, 80 columns");
	begin(40);
	put_nagle();
	is_shown(nagle_40, "what Nagle held back, 40 columns");
	begin(200);
	put_nagle();
	is_shown(nagle_200, "what Nagle held back, 200 columns");
}

/* TLS: the names of the records in place of bytes that nobody can read, where they have room. */
static void names_records(void)
{
	static const char records[] = "\x15\3\3\0\2\2\x28\x17\3\3\0\x14xxxxxxxxxxxxxxxxxxxx";
	const struct { uint32_t session; enum call call; size_t begin, len; } calls[] = {
		{ ONE, CALL_SEND, 0, 7 }, { ONE, CALL_SEND, 7, 25 }, { TWO, CALL_RECV, 0, 32 }
	};
	struct tls_parser parsers[2] = { 0 };
	begin(140);
	for (size_t i = 0; i < 3; i++) {
		size_t room, len = calls[i].len;
		const char *bytes = records + calls[i].begin;
		struct entry entry = { .time = now, .session = calls[i].session, .arg = (int32_t)len,
			               .call = (uint8_t)calls[i].call, .flags = ENTRY_SEALED };
		struct tls_boundary first =
		        tls_parser_feed(&parsers[calls[i].session == TWO], bytes, len);
		memcpy(transcript_reserve(transcript, ENTRY_RECORDS, len, &room), bytes, len);
		transcript_set_boundary(transcript, &first);
		transcript_commit(transcript, &entry, NULL, NULL, len);
	}
	is_shown("STREAM 1 → 2  32 bytes   | boundary of a call   : boundary of a segment\n"
	         " byte           0             7                                                 32\n"
	         "                 . . . . . . ( . . . . . x x x x x x x x x x x x x x x x x x x x\n"
	         " your send()    |7 B          |application_data                                 |  2 "
	         "calls  0.00 ms\n"
	         " segments o     not available\n"
	         " peer recv()    |alert fatal handshake_failure, application_data                |  1 "
	         "call  0.00 ms\n"
	         "\n"
	         " 2 send() calls; the kernel was not asked about segments; 1 recv() got it\n",
	         "TLS records by their names");
}

static void draws_urgent(void)
{
	begin(80);
	put_urgent();
	is_shown(urgent_80, "an urgent byte, 80 columns");
	begin(40);
	put_urgent();
	is_shown(urgent_40, "an urgent byte, 40 columns");
	begin(200);
	put_urgent();
	is_shown(urgent_200, "an urgent byte, 200 columns");
}

static void draws_large(void)
{
	begin(80);
	put_large();
	is_shown(large_80, "one large send, 80 columns");
	begin(40);
	put_large();
	is_shown(large_40, "one large send, 40 columns");
	begin(200);
	put_large();
	is_shown(large_200, "one large send, 200 columns");
}

static void draws_window(void)
{
	begin(80);
	put_window();
	is_shown(window_80, "a closed window, 80 columns");
	begin(40);
	put_window();
	is_shown(window_40, "a closed window, 40 columns");
	begin(200);
	put_one_byte();
	ok(strstr(shown(), "Nagle ?: 1 byte is unacknowledged * and 1 is less than"),
	   "one byte waits");
	ok(strstr(shown(), "now: 1 byte is held back: "), "one byte is held back");
}

/* The newest value counts, of a call that did not fail. */
static void names_nodelay(void)
{
	static const char on[4] = { 1 }, off[4] = { 0 };
	struct entry sets = { .call = CALL_SETSOCKOPT, .arg = TCP_NODELAY, .arg2 = IPPROTO_TCP };
	begin(200);
	put_entry(sets, on, 4);
	put_one_byte();
	ok(!strstr(shown(), "Nagle ?") && strstr(shown(), "is held back: TCP_NODELAY is on, so it is not Nagle: "),
	   "Nagle holds nothing back if TCP_NODELAY is on");
	ok(strstr(shown(), "now: 1 byte is held back: TCP_NODELAY is on"), "nor now");
	begin(200);
	put_entry(sets, on, 4);
	put_entry(sets, off, 4);
	sets.error = EINVAL;
	put_entry(sets, on, 4);
	put_one_byte();
	ok(strstr(shown(), "Nagle ?") && !strstr(shown(), "TCP_NODELAY"), "but if it is off again");
}

/* TCP_CORK and MSG_MORE hold back what Nagle would, and also where TCP_NODELAY is on. */
static void names_cork(void)
{
#ifdef TCP_CORK
	static const char on[4] = { 1 };
	struct entry sets = { .call = CALL_SETSOCKOPT, .arg = TCP_CORK, .arg2 = IPPROTO_TCP };
	begin(200);
	put_entry(sets, on, 4);
	sets.arg = TCP_NODELAY;
	put_entry(sets, on, 4);
	put_one_byte();
	ok(strstr(shown(), "send(\"z\") is held back: less than a full segment of 32741, as TCP_CORK asks ?"),
	   "TCP_CORK counts more than bytes that are unacknowledged, and TCP_NODELAY");
	ok(strstr(shown(), "now: 1 byte is held back: less than a full segment"), "also now");
#endif
#ifdef MSG_MORE
	begin(200);
	put_reading(SAMPLE_AFTER, 1, 0, 0);
	put_entry((struct entry){ .call = CALL_SEND, .arg2 = (int16_t)MSG_MORE }, "z", 1);
	put_reading(SAMPLE_AFTER, 2, 1, 0);
	ok(strstr(shown(), "is held back: MSG_MORE asked to wait for a full segment of 32741"), "and so does MSG_MORE");
#endif
	begin(200);
	sample_set(&kernel, SAMPLE_CWND, 1);
	put_one_byte();
	ok(strstr(shown(), "is held back: acknowledgements must come first"), "a congestion window that is full counts more");
}

/* A client has them of its listener; a call that comes later says nothing of what was before. */
static void names_inherited(void)
{
	static const char on[4] = { 1 };
	struct entry sets = { .call = CALL_SETSOCKOPT, .arg = TCP_NODELAY, .arg2 = IPPROTO_TCP };
	begin(200);
	view.nodelay = true;
	put_one_byte();
	ok(!strstr(shown(), "Nagle ?") && strstr(shown(), "is held back: TCP_NODELAY is on"),
	   "what no call has set is as it is now");
	put_entry(sets, on, 4);
	ok(strstr(shown(), "send(\"z\") is held back: Nagle ?") && strstr(shown(), "now: 1 byte is held back: TCP_NODELAY is on"),
	   "but what was set later was not on before");
	begin(200);
	view.corked = true;
	put_one_byte();
	ok(strstr(shown(), "as TCP_CORK asks ?") && !strstr(shown(), "Nagle ?"), "TCP_CORK is inherited, too");
}

/* The same segment six times, and a SYN that was repeated before. */
static void draws_repeats(void)
{
	begin(80);
	sample_set(&kernel, SAMPLE_NEW_RETRANS, 1);
	put_reading(SAMPLE_LATER, 0, 0, 0);
	sample_set(&kernel, SAMPLE_NEW_RETRANS, 0);
	put(ONE, CALL_SEND, "again");
	put_reading(SAMPLE_AFTER, 5, 0, 1);
	sample_set(&kernel, SAMPLE_NEW_RETRANS, 1);
	for (int i = 0; i < 5; i++)
		put_reading(SAMPLE_LATER, 5, 0, 0);
	ok(strstr(shown(), "1 send() left as 1 segment o, retransmitted 5 times o"),
	   "what was sent again is no other segment");
}

static void draws_datagrams(void)
{
	begin(80);
	put_datagrams();
	is_shown(datagrams_80, "datagrams, 80 columns");
	begin(40);
	put_datagrams();
	is_shown(datagrams_40, "datagrams, 40 columns");
	begin(200);
	put_datagrams();
	is_shown(datagrams_200, "datagrams, 200 columns");
}

static bool has(const char *text)
{
	bool found = strstr(shown(), text) != NULL;
	if (!found)
		printf("# %s is not in\n%s", text, shown());
	return found;
}

static void draws_without(void)
{
	begin(80);
	is_shown(" Nothing has been sent here yet.\n", "a session that has sent nothing");
	put(ONE, CALL_RECV, "hello");
	is_shown(" Nothing has been sent here yet.\n", "or has only received");
	put(ONE, CALL_SEND, "long ago");
	for (int i = 0; i < 511; i++)
		put(ONE, CALL_RECV, "hello");
	ok(has("STREAM 1 → 2  newest 8 bytes"), "what may not be all says so");
	put(ONE, CALL_RECV, "hello");
	is_shown(" Nothing was sent in the newest 512 entries of this session; older ones are not\n"
	         " searched.\n",
	         "what was sent long ago");
	begin(80);
	put(ONE, CALL_RECV, "hello");
	put(ONE, CALL_LISTEN, "");
	ok(has(" A listener sends no bytes"), "a listener says what it is");
	begin(80);
	view.other = 0;
	put(ONE, CALL_SEND, "alone");
	ok(has("STREAM 1 → peer  5 bytes"), "an end that is not ours has no number");
	ok(has("not available") && has("the kernel was not asked"),
	   "without samples no segments are shown");
	ok(!strstr(shown(), "recv"), "nor what it received");
	begin(80);
	put_entry((struct entry){ .call = CALL_SEND, .error = EAGAIN }, NULL, 0);
	ok(has("Nothing has been sent"), "a send() that failed has sent nothing");
}

static void draws_ascii(void)
{
	setlocale(LC_ALL, "C");
	begin(80);
	put_urgent();
	ok(has("STREAM 1 -> 2") && has("def$"), "in ASCII it is the same");
	setlocale(LC_ALL, "");
}

static void shows_the_newest(void)
{
	begin(80);
	for (int i = 0; i < 100; i++)
		put(ONE, CALL_SEND, "abc\n");
	ok(has("newest 28 bytes") && has("7 calls"), "as many of the newest as fit");
	put_size(ONE, CALL_SEND, 4000);
	ok(has("4000 B"), "a large one in fewer columns than bytes");
	begin(40);
	put(ONE, CALL_SEND, "a long line of text ...");
	ok(has("a long line of text ..."), "or with one column for each");
	transcript_free(transcript);
	transcript = transcript_new(8192, 4096);
	view.transcript = transcript;
	for (int i = 0; i < 1000; i++) {
		put(ONE, CALL_SEND, "abc");
		put(TWO, CALL_RECV, "abc");
	}
	ok(has("|abc") && has("got it"), "whatever has been evicted");
}

static void matches_what_came(void)
{
	begin(80);
	put_size(ONE, CALL_SEND, 70000);
	put(ONE, CALL_SEND, "abc");
	put_size(TWO, CALL_RECV, 70000);
	put(TWO, CALL_RECV, "ab");
	ok(has("|ab") && has("some of it"), "after more than positions can distinguish");
	begin(80);
	put(ONE, CALL_SEND, "abc");
	put(TWO, CALL_RECV, "xyz");
	ok(has("the peer's recv() got"), "other bytes are not those");
	begin(80);
	put(ONE, CALL_SEND, "old");
	put(ONE, CALL_SOCKET, "");
	put(ONE, CALL_CONNECT, "");
	put(ONE, CALL_SEND, "new");
	put(TWO, CALL_RECV, "new");
	ok(has("|new  |") && has("got it") && !strstr(shown(), "old"),
	   "a new connection starts again");
	begin(80);
	put(ONE, CALL_SEND, "abc");
	put_entry((struct entry){ .call = CALL_SEND, .arg2 = MSG_OOB }, "X", 1);
	put(ONE, CALL_SEND, "def");
	put(TWO, CALL_RECV, "abc");
	put(TWO, CALL_RECV, "Xdef");
	ok(has("|abc  |Xdef"), "an urgent byte may come in its place");
}

static void draws_without_counts(void)
{
	begin(80);
	put_reading(SAMPLE_AFTER, 0, 0, 0);
	put(ONE, CALL_SEND, "abc");
	put(ONE, CALL_SEND, "def");
	sample_set(&kernel, SAMPLE_CALLS, 2);
	put_reading(SAMPLE_AFTER, 0, 0, 2);
	ok(has(":abcdef     :"), "two calls, one sample");
	ok(has("2 segments") && has("some of the calls only"), "their sum, and that it is one");
	begin(80);
	put(ONE, CALL_SEND, "abc");
	put_reading(SAMPLE_AFTER, 0, 0, 0);
	ok(has("how many segments is not known"), "the first sample counts nothing");
	begin(80);
	put_reading(SAMPLE_AFTER, 0, 0, 0);
	put(ONE, CALL_SEND, "abc");
	put_reading(SAMPLE_AFTER, 3, 3, 0);
	ok(has("nothing has left yet") && has("TCP_CORK"), "nothing in flight, and yet held back");
	sample_set(&kernel, SAMPLE_STATE, STATE_CLOSED);
	put_reading(SAMPLE_LATER, 0, 0, 0);
	ok(has("nothing has left yet"), "what the kernel threw away has not left");
}

/* ---- anything ---- */

static uint32_t state = 1;

static uint32_t pick(uint32_t below)
{
	state = state * 1664525 + 1013904223;
	return (state >> 8) % below;
}

static void put_anything(void)
{
	static const enum call calls[] = { CALL_SEND,  CALL_SEND,   CALL_SENDTO,   CALL_RECV,
		                           CALL_RECV,  CALL_SOCKET, CALL_SAMPLE,   CALL_SAMPLE,
		                           CALL_STATE, CALL_CLOSE,  CALL_RECVFROM, CALL_ERRQUEUE };
	static const int16_t flags[] = { 0, 0, MSG_OOB, MSG_PEEK, 1 };
	char bytes[128];
	struct sample sample = { .present = ((uint64_t)pick(1 << 24) << 40) | pick(1 << 24) |
		                            (uint64_t)pick(1 << 24) << 20 };
	struct entry header = { .call = (uint8_t)calls[pick(12)],
		                .session = 1 + pick(2),
		                .arg2 = flags[pick(5)],
		                .arg = (int32_t)pick(4),
		                .error = pick(9) ? 0 : EAGAIN };
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (char)(pick(2) ? pick(256) : 'a');
	for (unsigned i = 0; i < SAMPLE_COUNT; i++)
		sample.value[i] = pick(3) ? pick(200) : UINT64_MAX >> pick(64);
	now += (int64_t)pick(1 << 20) * CLOCK_US;
	if (header.call == CALL_SAMPLE && pick(8)) {
		char packed[SAMPLE_PACKED];
		put_entry(header, packed, sample_pack(&sample, packed));
	} else {
		put_entry(header, bytes, pick(pick(2) ? 4 : sizeof bytes));
	}
}

static void survives_anything(void)
{
	size_t wide = 0, empty = 0;
	for (int round = 0; round < 300; round++) {
		begin(20 + (int)pick(pick(2) ? 30 : 190));
		for (uint32_t i = pick(80); i > 0; i--)
			put_anything();
		shown();
		empty += rows.count == 0;
		for (size_t i = 0; i < rows.count; i++)
			wide += rows.row[i].columns > view.columns;
	}
	is_int(wide, 0, "whatever there is, no row is wider than the pane");
	is_int(empty, 0, "and there is always one");
}

int main(void)
{
	tap_watchdog(30);
	setlocale(LC_ALL, "");
	buf_init(&out, SIZE_MAX);
	draws_nagle();
	names_records();
	draws_urgent();
	draws_large();
	draws_window();
	names_nodelay();
	names_cork();
	names_inherited();
	draws_repeats();
	draws_datagrams();
	draws_without();
	draws_ascii();
	shows_the_newest();
	matches_what_came();
	draws_without_counts();
	survives_anything();
	rows_free(&rows);
	buf_free(&out);
	transcript_free(transcript);
	return tap_done();
}
