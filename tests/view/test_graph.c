// SPDX-License-Identifier: GPL-3.0-or-later
/* Graphs of samples that are written by hand. */
#include "view/page/graph.h"

#include <locale.h>
#include <stdlib.h>

#include "support/tap.h"
#include "view/conversation.h"
#include "view/drawing.h"

static struct rows rows;
static struct buf out = { .max = SIZE_MAX };

static struct graph graph_of(enum graph_kind kind)
{
	return (struct graph){ .view = &view, .kind = kind, .name = "c" };
}

static const char *drawn(enum graph_kind kind, int columns, int height)
{
	struct graph graph = graph_of(kind);
	rows_clear(&rows);
	graph_draw(&graph, columns, height, &rows);
	buf_clear(&out);
	for (size_t i = 0; i < rows.count; i++) {
		struct buf line = { .max = SIZE_MAX };
		row_print(&rows.row[i], &line);
		/* the wall clock of this test's time is another in each run */
		bool is_origin = strncmp(buf_text(&line), "0 is ", 5) == 0 && line.len >= 17;
		buf_printf(&out, "%s%s\n", is_origin ? "0 is THEN" : "",
		           buf_text(&line) + (is_origin ? 17 : 0));
		buf_free(&line);
	}
	return buf_text(&out);
}

static const char *drawing(enum graph_kind kind, size_t *points)
{
	char *text = NULL;
	size_t size = 0;
	struct graph graph = graph_of(kind);
	FILE *file = open_memstream(&text, &size);
	bool good = graph_write_svg(&graph, file, points);
	fclose(file);
	buf_clear(&out);
	if (good)
		buf_append(&out, text, size);
	free(text);
	return buf_text(&out);
}

#define SAMPLE(...)                                                                                \
	put_reading(CLIENT, SAMPLE_LATER, SAMPLE_STATE, STATE_ESTABLISHED, __VA_ARGS__, -1)

/* Doubles each 100 ms, loses one at 32, goes on from half of it: slow start and fast retransmit. */
static void slow_start(void)
{
	begin(80, 0);
	put_socket(SOCK_STREAM);
	for (int i = 0; i < 4; i++) {
		at(100 * i);
		SAMPLE(SAMPLE_CWND, 4 << i, SAMPLE_UNACKED, 4 << i, SAMPLE_SND_MSS, 1448,
		       SAMPLE_TOTAL_RETRANS, 0, SAMPLE_TOTAL_RTO, 0);
	}
	at(400);
	SAMPLE(SAMPLE_CWND, 16, SAMPLE_UNACKED, 32, SAMPLE_SSTHRESH, 16, SAMPLE_NEW_RETRANS, 1,
	       SAMPLE_TOTAL_RETRANS, 1, SAMPLE_TOTAL_RTO, 0);
	at(500);
	SAMPLE(SAMPLE_CWND, 17, SAMPLE_UNACKED, 16, SAMPLE_SSTHRESH, 16, SAMPLE_TOTAL_RTO, 0);
	at(900);
	SAMPLE(SAMPLE_CWND, 1, SAMPLE_UNACKED, 17, SAMPLE_SSTHRESH, 8, SAMPLE_NEW_RETRANS, 1,
	       SAMPLE_TOTAL_RTO, 1);
}

static void zero_window(void)
{
	begin(80, 0);
	put_socket(SOCK_STREAM);
	for (int i = 0; i <= 4; i++) {
		at(100 * i);
		SAMPLE(SAMPLE_SND_WND, 64000 - 16000 * i, SAMPLE_OUTQ, 20000, SAMPLE_NOTSENT,
		       4000 + 4000 * i);
	}
	at(1000);
	SAMPLE(SAMPLE_SND_WND, 0, SAMPLE_OUTQ, 20000, SAMPLE_NOTSENT, 20000);
}

static const char slow_start_ascii[] =
        "congestion window of c, segments\n"
        "40+\n"
        "  |\n"
        "  |                   *-----x\n"
        "  |\n"
        "20+\n"
        "  |            *            R-----*                        x\n"
        "  |      *                                                 -\n"
        "  |*\n"
        " 0+                                                        T\n"
        "  +0-----------+200---------+400--------+600------------- ms\n"
        "* cwnd 1 *   x in flight 17 *   - ssthresh 8 *   R sent\n"
        "again o   T sent again o: the timer had run out\n"
        "0 is THEN; a segment has at most 1448 bytes *\n";

static const char slow_start_unicode[] =
        "congestion window of c, segments\n"
        "40┤\n"
        "  │                   ⡀\n"
        "  │                   x─────x\n"
        "  │\n"
        "20┤\n"
        "  │            ⠐            R─────⠈                        x\n"
        "  │      x                                                 ─\n"
        "  │⡀     ⠈\n"
        " 0┤                                                        T\n"
        "  └0───────────┴200─────────┴400────────┴600───────────── ms\n"
        "⠒ cwnd 1 *   x in flight 17 *   ─ ssthresh 8 *   R sent\n"
        "again o   T sent again o: the timer had run out\n"
        "0 is THEN; a segment has at most 1448 bytes *\n";

static const char zero_window_60[] =
        "the peer's window of c, kB\n"
        "100┤\n"
        "   │\n"
        "   │\n"
        "   │⠄\n"
        " 50┤\n"
        "   │     ⠈\n"
        "   │           ⡀\n"
        "   │\n"
        "   │x     x    x    ⠐\n"
        "  0┤                 x    ⡀────────────────────────────────⢀\n"
        "   └0──────────┴200───────┴400───────┴600───────┴800───── ms\n"
        "⠒ window 0 B *   x in flight 0 B *\n"
        "0 is THEN\n";

static const char zero_window_40[] = "the peer's window of c, kB\n"
                                     "100┤\n"
                                     " 50┤⠁  ⠠   ⡀\n"
                                     "  0┤x   x  x  ⠐x  ⡀────────────────────⢀\n"
                                     "   └0─────────────────┴500─────────── ms\n"
                                     "⠒ window 0 B *   x in flight 0 B *\n"
                                     "0 is THEN\n";

static void test_cwnd(void)
{
	slow_start();
	setlocale(LC_ALL, "C");
	is_text(drawn(GRAPH_CWND, 60, 14), slow_start_ascii, "slow start and a loss, in ASCII");
	setlocale(LC_ALL, "C.UTF-8");
	is_text(drawn(GRAPH_CWND, 60, 14), slow_start_unicode, "and with braille");
}

static void test_window(void)
{
	zero_window();
	is_text(drawn(GRAPH_WINDOW, 60, 14), zero_window_60, "a window that closes");
	is_text(drawn(GRAPH_WINDOW, 40, 5), zero_window_40, "in a small pane");
	for (int columns = 12; columns < 200; columns += 7)
		for (int height = 1; height < 60; height += 6) {
			bool fits = true;
			drawn(GRAPH_WINDOW, columns, height);
			for (size_t i = 0; i < rows.count; i++)
				fits = fits && rows.row[i].columns <= columns;
			if (!fits || (columns == 12 && height == 1))
				ok(fits, "%d columns, %d rows", columns, height);
		}
}

static void test_rtt(void)
{
	begin(80, 0);
	put_socket(SOCK_STREAM);
	for (int i = 0; i < 10; i++) {
		at(10 * i);
		SAMPLE(SAMPLE_RTT, 50000 + 1000 * i, SAMPLE_MIN_RTT, 50000);
	}
	const char *text = drawn(GRAPH_RTT, 60, 14);
	ok(strstr(text, "round trip of c, ms\n60") && strstr(text, "⠒ smoothed 59.0 ms *"),
	   "round trips in milliseconds");
	ok(strstr(text, "─ least 50.0 ms *"), "and the least");
}

/* The counts are cumulative, and an entry is not drawn: what was between the samples is. */
static void test_rate(void)
{
	size_t points;
	begin(80, 0);
	put_socket(SOCK_STREAM);
	for (int i = 0; i <= 10; i++) {
		at(100 * i);
		SAMPLE(SAMPLE_BYTES_ACKED, 100000 * i, SAMPLE_DELIVERY_RATE, 900000);
	}
	const char *text = drawn(GRAPH_RATE, 60, 14);
	ok(strstr(text, "⠒ acknowledged 1.0 MB/s *"), "the mean between two samples");
	ok(strstr(text, "+ delivery rate 900 kB/s *"), "beside what the kernel estimates");
	ok(!strstr(text, "received"), "and nothing of which no sample says anything");
	text = drawing(GRAPH_RATE, &points);
	is_int(points, 10 + 11 + 10, "means, estimates, and where those were the same");
	ok(strstr(text, " class=\"s0\" d=\"M90 "), "means are thick lines");
}

/* Of a client's connection without data tcpi_bytes_acked is 1: the SYN. */
static void test_acknowledged(void)
{
	begin(80, 0);
	put_socket(SOCK_STREAM);
	SAMPLE(SAMPLE_BYTES_ACKED, 0, SENT(0), SAMPLE_OUTQ, 0, SAMPLE_NOTSENT, 0);
	at(100);
	SAMPLE(SAMPLE_BYTES_ACKED, 1, SENT(0), SAMPLE_OUTQ, 0, SAMPLE_NOTSENT, 0);
	ok(strstr(drawn(GRAPH_SEQUENCE, 60, 14), "⠒ sent 0 B *   x acknowledged 0 B *"),
	   "a SYN is not a byte of the stream");
	ok(strstr(drawn(GRAPH_RATE, 60, 14), "⠒ acknowledged 0 B/s *"), "nor of its rate");
	at(200);
	SAMPLE(SAMPLE_BYTES_ACKED, 301, SENT(500), SAMPLE_OUTQ, 250, SAMPLE_NOTSENT, 50);
	ok(strstr(drawn(GRAPH_SEQUENCE, 60, 14), "⠒ sent 500 B *   x acknowledged 300 B *"),
	   "what was sent is in flight or acknowledged");
}

/* ---- the wire ---- */

static const uint32_t OUR_END = WIRE_FIRST + 7;

static void put_segment(double ms, bool leaves, struct segment segment)
{
	struct frame_note note = {
		.event = leaves ? FRAME_LEAVES : FRAME_ARRIVES,
		.host = HOST_LEFT,
		.pieces = 1,
		.len = 66 + segment.len,
		.segment = segment,
	};
	at(ms);
	put_frame(OUR_END, &note);
}

static void put_data(double ms, int64_t offset, unsigned copy)
{
	put_segment(ms, true,
	            (struct segment){ .name = copy > 1 ? SEGMENT_RETRANSMISSION : SEGMENT_DATA,
	                              .seq = offset + 1,
	                              .offset = offset,
	                              .len = 1000,
	                              .copy = (uint16_t)copy,
	                              .seq_based = true });
}

static void put_ack(double ms, int64_t ack, unsigned window)
{
	put_segment(ms, false,
	            (struct segment){ .name = SEGMENT_ACK,
	                              .ack = ack + 1,
	                              .ack_based = true,
	                              .window = window,
	                              .scaled = true });
}

/* Two segments, the second lost and sent again; then the window closes. */
static void seen_on_the_wire(void)
{
	begin(80, 0);
	view.wire[0] = OUR_END;
	put_socket(SOCK_STREAM);
	SAMPLE(SAMPLE_RTT, 50000, SAMPLE_SND_WND, 9999, SAMPLE_BYTES_ACKED, 77);
	put_segment(-50, true, (struct segment){ .name = SEGMENT_SYN, .seq_based = true });
	put_segment(-10, false,
	            (struct segment){ .name = SEGMENT_SYN_ACK, .ack = 1, .ack_based = true });
	put_data(0, 0, 1);
	put_data(1, 1000, 1);
	put_ack(50, 1000, 4000);
	put_data(250, 1000, 2);
	put_ack(300, 2000, 0);
}

static void test_wire(void)
{
	size_t points;
	seen_on_the_wire();
	const char *text = drawn(GRAPH_WINDOW, 60, 14);
	ok(strstr(text, "⠒ window 0 B w   x in flight 0 B w   R sent again w"),
	   "the wire takes the place of samples");
	ok(!strstr(text, "9999") && !strstr(text, "10.0 kB"), "which are not drawn beside it");
	drawing(GRAPH_WINDOW, &points);
	is_int(points, 2 + 1 + 6,
	       "two windows, and how long the first held; what is in flight after each segment");
	text = drawn(GRAPH_RTT, 60, 14);
	ok(strstr(text, "⠒ smoothed 50.0 ms *   x data to its ACK 50.0 ms w"),
	   "a round trip was seen, beside what the kernel makes of it");
	drawing(GRAPH_RTT, &points);
	is_int(points, 1 + 1, "of a segment that was sent twice none is known");
	text = drawn(GRAPH_SEQUENCE, 100, 14);
	ok(strstr(text, "⠒ sent 2000 B w   x acknowledged 2000 B w   + window up to 2000 B w"),
	   "the stream");
	ok(strstr(text, " (some above)"), "a window far above it does not make it small");
	drawing(GRAPH_SEQUENCE, &points);
	is_int(points, 3 + 3 + 1, "segments, acknowledgements and a window");
	ok(strstr(drawn(GRAPH_CWND, 60, 14), "No sample"), "cwnd is on no wire");
	begin(80, 0);
	view.wire[0] = OUR_END;
	put_data(0, 500000, 1);
	put_ack(50, 501000, 4000);
	put_data(60, 501000, 1);
	text = drawn(GRAPH_WINDOW, 60, 14);
	ok(strstr(text, "x in flight 1000 B w") && !strstr(text, "500┤"),
	   "of a connection whose beginning was not seen, only what is certain");
	seen_on_the_wire();
	view.wire[0] = 0;
	ok(strstr(drawn(GRAPH_WINDOW, 60, 14), "window 9999 B *"), "without the wire: samples");
}

/* A person thinks for a minute between the handshake and the first line. */
static void test_idle(void)
{
	begin(80, 0);
	put_socket(SOCK_STREAM);
	put_reading(CLIENT, SAMPLE_LATER, SAMPLE_STATE, STATE_SYN_SENT, SAMPLE_CWND, 10,
	            SAMPLE_UNACKED, 1, -1);
	at(100);
	for (int i = 0; i < 2; i++) {
		SAMPLE(SAMPLE_CWND, 10, SAMPLE_UNACKED, 0);
		at(60000);
	}
	for (int i = 0; i < 4; i++) {
		SAMPLE(SAMPLE_CWND, 10 << i, SAMPLE_UNACKED, i);
		at(60100 + 100 * i);
	}
	const char *text = drawn(GRAPH_CWND, 60, 14);
	ok(strstr(text, "; before it nothing changed"), "it begins where something happens");
	ok(strstr(text, " ms") && !strstr(text, " s\n"), "so that this has room");
	if (!strstr(text, "; before it nothing changed"))
		tap_diagnose("drawn", text, strlen(text));
}

static void test_nothing(void)
{
	size_t points;
	begin(80, 0);
	put_socket(SOCK_STREAM);
	ok(strstr(drawn(GRAPH_CWND, 80, 20), "No sample yet"), "without a sample");
	ok(strstr(drawing(GRAPH_CWND, &points), "</svg>") && points == 0, "an empty drawing");
	SAMPLE(SAMPLE_CWND, 10);
	ok(strstr(drawn(GRAPH_CWND, 80, 20), "cwnd 10 *"), "with one");
	put_reading(CLIENT, SAMPLE_CLOSED, SAMPLE_STATE, STATE_TIME_WAIT, SAMPLE_CWND, 99, -1);
	ok(strstr(drawn(GRAPH_CWND, 80, 20), "cwnd 10 *"), "TIME_WAIT has no window");
	put_socket(SOCK_STREAM);
	ok(strstr(drawn(GRAPH_CWND, 80, 20), "No sample yet"),
	   "the connection before is not this one's");
}

static void test_svg(void)
{
	size_t points;
	slow_start();
	const char *text = drawing(GRAPH_CWND, &points);
	ok(is_well_formed(text), "XML");
	is_int(count(text, "class=\"r\""), 4, "a letter for each loss, and in the legend");
	is_int(count(text, "class=\"g\""), 8, "a line for each 5 segments");
	struct graph graph = graph_of(GRAPH_CWND);
	graph.name = "<\"&\033]0;evil\007>";
	char *named = NULL;
	size_t size;
	FILE *file = open_memstream(&named, &size);
	graph_write_svg(&graph, file, &points);
	fclose(file);
	ok(is_well_formed(named) && strstr(named, "&lt;"), "whatever the session is called");
	free(named);
}

/* A long transcript costs no more than the newest entries. */
static void test_long(void)
{
	size_t points;
	begin_small(80, 0, 1 << 25, 1 << 20);
	put_socket(SOCK_STREAM);
	for (int i = 0; i < 2 * GRAPH_LOOK; i++) {
		at(i);
		SAMPLE(SAMPLE_CWND, i);
	}
	ok(strstr(drawn(GRAPH_CWND, 80, 20), "; older ones are not drawn"),
	   "the page draws the newest samples");
	drawing(GRAPH_CWND, &points);
	is_int(points, 2 * GRAPH_LOOK, "the file all");
}

int main(void)
{
	tap_watchdog(30);
	setlocale(LC_ALL, "C.UTF-8");
	test_cwnd();
	test_window();
	test_rtt();
	test_rate();
	test_acknowledged();
	test_wire();
	test_idle();
	test_nothing();
	test_svg();
	test_long();
	transcript_free(transcript);
	rows_free(&rows);
	buf_free(&out);
	return tap_done();
}
