// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/ladder/ladder.h"
#include "view/ladder/ladder_row.h"
#include "view/view.h"

#include <inttypes.h>
#include <locale.h>
#include <stdlib.h>

#include "support/tap.h"
#include "view/conversation.h"
#include "view/drawing.h"
#include "view/ladder_golden.h"

static struct rows rows;
static struct buf out = { .max = SIZE_MAX };
static uint64_t entries; /* that the last ladder drew */

static const char *ladder(void)
{
	char *text = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);
	bool good = ladder_write_text(&view, file, &entries);
	fclose(file);
	buf_clear(&out);
	if (good)
		buf_append(&out, text, size);
	free(text);
	return buf_text(&out);
}

typedef void conversation(void);

static const char *ladder_of(conversation *make, int columns, uint32_t other)
{
	begin(columns, other);
	make();
	return ladder();
}

/* ---- what it looks like ---- */

static void test_conversation(void)
{
	is_text(ladder_of(converse, 80, SERVER), converse_80, "both ends, 80 columns");
	is_int(entries, 18, "entries are counted");
	is_text(ladder_of(converse, 40, SERVER), converse_40, "40 columns");
	is_text(ladder_of(converse, 20, SERVER), converse_20, "20 columns");
	is_text(ladder_of(converse, 200, SERVER), converse_200, "200 columns");
	is_text(ladder_of(converse, 80, 0), converse_alone, "one margin");
	setlocale(LC_ALL, "C");
	is_text(ladder_of(converse, 80, SERVER), converse_ascii, "a locale without UTF-8");
	setlocale(LC_ALL, "");
}

static void test_ends(void)
{
	is_text(ladder_of(reset, 80, SERVER), reset_both, "a reset is drawn by who sends it");
	is_text(ladder_of(reset, 80, 0), reset_alone, "or by who gets it");
	is_text(ladder_of(meet_refusal, 80, 0), refused, "refused");
	is_text(ladder_of(lose, 80, 0), lossy, "sent again");
}

static void test_others(void)
{
	is_text(ladder_of(send_datagrams, 80, 0), datagrams_80, "datagrams and ICMP");
	is_text(ladder_of(send_datagrams, 40, 0), datagrams_40, "in 40 columns");
	is_text(ladder_of(flood, 80, 0), sampled, "a sample for several calls says so");
	is_text(ladder_of(listen_for_clients, 80, 0), listener, "a listener has its calls alone");
	is_text(ladder_of(converse_unwatched, 80, 0), unwatched, "what is not read is deduced");
	is_text(ladder_of(be_hostile, 80, 0), hostile, "hostile bytes are marks");
	setlocale(LC_ALL, "C");
	is_text(ladder_of(be_hostile, 80, 0), hostile_ascii, "in ASCII, too");
	setlocale(LC_ALL, "");
}

static bool fits(conversation *make, int columns, uint32_t other)
{
	bool good = true;
	char *text = strdup(ladder_of(make, columns, other)), *rest = text;
	for (char *row = strsep(&rest, "\n"); row && good; row = strsep(&rest, "\n"))
		good = text_columns(row, strlen(row)) <= columns;
	free(text);
	return good;
}

static void test_widths(void)
{
	conversation *const all[] = { converse,       reset, meet_refusal,       lose,
		                      send_datagrams, flood, listen_for_clients, be_hostile };
	bool good = true;
	for (int columns = 20; columns <= 210 && good; columns += columns < 50 ? 1 : 23)
		for (size_t i = 0; i < sizeof all / sizeof *all && good; i++)
			good = fits(all[i], columns, 0) && fits(all[i], columns, SERVER);
	ok(good, "no row is wider than the pane");
	ladder_of(converse, 20, SERVER);
	uint64_t drawn = entries;
	for (int columns = 1; columns < 20 && good; columns++) {
		good = fits(converse, columns, SERVER) && entries == drawn;
		if (!good)
			printf("# %d columns: %" PRIu64 " entries\n", columns, entries);
	}
	ok(good && drawn > 0,
	   "nor in panes that are too narrow for anything, and nothing is missing");
}

/* ---- what it says ---- */

static void test_once(void)
{
	const char *text = ladder_of(converse, 100, SERVER);
	is_int(count(text, "data "), 2, "each data segment is drawn once");
	is_int(count(text, "FIN o") + count(text, "FIN ?"), 2, "so is each FIN");
	is_int(count(text, "SYN"), 4, "and the handshake, with its two passing states");
	ok(!strstr(text, "getsockname"), "calls that only ask are left out");
	text = ladder_of(converse, 100, 0);
	is_int(count(text, "data "), 2, "seen from one end: what went, and what came");
	ok(!strstr(text, "accept"), "and nothing of the other");
}

static void open_evicted(void)
{
	begin_small(80, 0, 3 * 512, 512);
	open_connection();
	for (int i = 0; i < 40; i++)
		put_send(CLIENT, "0123456789");
	AFTER(CLIENT, STATE(ESTABLISHED), SEGMENTS(1, 1, 1, 0), SAMPLE_OUTQ, 0);
}

static void test_evicted(void)
{
	open_evicted();
	const char *text = ladder();
	ok(strstr(text, "older entries were dropped"), "what has gone is said");
	ok(strstr(text, "── data o"), "without the beginning a send has no numbers of bytes");
	ok(!strstr(text, "?  ") && !strstr(text, " ? ─"), "and nothing is deduced in its place");
}

static void test_passive(void)
{
	struct endpoint client = loopback(CLIENT_PORT);
	begin(80, 0);
	put(LISTENER, (struct entry){ .call = CALL_ACCEPT, .arg = 5 }, &client, "");
	put(CLIENT, (struct entry){ .call = CALL_STATE }, NULL, "accepted by session 1");
	BEFORE(CLIENT, STATE(ESTABLISHED), SAMPLE_SEGS_OUT, 0, SAMPLE_SEGS_IN, 3,
	       SAMPLE_DATA_SEGS_OUT, 0, SAMPLE_DATA_SEGS_IN, 1, SAMPLE_BYTES_RECEIVED, 5);
	put_recv(CLIENT, "hello");
	const char *text = ladder();
	ok(strstr(text, "←── SYN ? ") && strstr(text, "── SYN,ACK ? ─") &&
	           strstr(text, "←── ACK ? "),
	   "an accepted session's handshake is deduced");
	ok(strstr(text, "accept() = 5"), "its accept() is the listener's");
	ok(strstr(text, "←── data 0..4 o"), "the first sample counts from the beginning");
	is_int(count(text, "ACK"), 2, "without the segments of the handshake");
	ok(strstr(text, "peer  127.0.0.1:39446"), "the peer is who was accepted");
}

static void test_closed(void)
{
	begin(80, 0);
	open_connection();
	PUT(CLIENT, CALL_CLOSE, .fd = 3);
	CLOSED(CLIENT, STATE(FIN_WAIT2), FROM(ESTABLISHED), SAMPLE_TIMER, TIMER_TIMEWAIT,
	       SAMPLE_TIMER_LEFT, 60000000);
	CLOSED(CLIENT, STATE(TIME_WAIT), FROM(FIN_WAIT2), SAMPLE_TIMER, TIMER_TIMEWAIT,
	       SAMPLE_TIMER_LEFT, 59900000);
	CLOSED(CLIENT, SAMPLE_STATE, STATE_GONE, FROM(TIME_WAIT));
	const char *text = ladder();
	ok(strstr(text, "── FIN ? ─"), "the FIN of close() is deduced: it is not counted any more");
	ok(strstr(text, "FIN_WAIT2 60 s left *"), "the state after it is read");
	ok(strstr(text, "←── FIN ? ") && strstr(text, "TIME_WAIT 59 s left *"), "and the next");
	ok(strstr(text, "CLOSED *"), "until nothing is left");
}

/* The FIN of close() is deduced: whether it was acknowledged says only a state, or a count. */
static void test_closed_by_one(void)
{
	begin(80, SERVER);
	open_connection();
	BEFORE(SERVER, STATE(ESTABLISHED), SAMPLE_SEGS_OUT, 0, SAMPLE_SEGS_IN, 2,
	       SAMPLE_DATA_SEGS_OUT, 0, SAMPLE_DATA_SEGS_IN, 0);
	at(100);
	PUT(CLIENT, CALL_CLOSE, .fd = 4);
	CLOSED(CLIENT, STATE(FIN_WAIT1), FROM(ESTABLISHED));
	BEFORE(SERVER, STATE(CLOSE_WAIT), FROM(ESTABLISHED), SEGMENTS(0, 1, 0, 0));
	put_recv(SERVER, "");
	at(140);
	LATER(SERVER, STATE(CLOSE_WAIT), SEGMENTS(1, 0, 0, 0));
	CLOSED(CLIENT, STATE(FIN_WAIT2), FROM(FIN_WAIT1));
	const char *text = strstr(ladder(), "close()");
	is_int(count(text, "FIN "), 1, "of a FIN that both ends know of one arrow is drawn");
	ok(strstr(text, "── FIN ? ─") && !strstr(text, "ACK"), "that it was acknowledged is");
	ok(strstr(text, "≤140 FIN_WAIT2 *"), "said by the state, which came no later than that");
	view.other = 0;
	view.session = SERVER;
	text = strstr(ladder(), "recv(");
	ok(strstr(text, "1 segment without data left, 99–139 ms o"), "or counted");
}

static void test_unread(void)
{
	begin(80, 0);
	open_connection();
	LATER(CLIENT, STATE(ESTABLISHED), SEGMENTS(1, 1, 0, 1), SENT(0), SAMPLE_BYTES_RECEIVED, 9,
	      SAMPLE_INQ, 9);
	PUT(CLIENT, CALL_CLOSE, .fd = 3);
	const char *text = ladder();
	ok(strstr(text, "9 to read *"), "what waits to be read is said");
	ok(strstr(text, "── RST ? ─"), "close() over unread bytes sends RST");
}

static void test_segments(void)
{
	begin(120, 0);
	open_connection();
	put_send(CLIENT, "0123456789");
	AFTER(CLIENT, STATE(ESTABLISHED), SEGMENTS(8, 4, 8, 0), SENT(4000), SAMPLE_OUTQ, 0);
	PUT(CLIENT, CALL_SEND, .arg = 1, .arg2 = MSG_OOB);
	at(2940);
	LATER(CLIENT, STATE(ESTABLISHED), SAMPLE_NEW_OUT, 2, SAMPLE_NEW_IN, 0, SAMPLE_NEW_DATA_OUT,
	      0, SAMPLE_NEW_DATA_IN, 0, SAMPLE_NEW_RETRANS, 2);
	at(3890);
	LATER(CLIENT, STATE(ESTABLISHED), SEGMENTS(1, 1, 0, 0), SAMPLE_SND_WND, 0, SAMPLE_NOTSENT,
	      7, SAMPLE_OUTQ, 7);
	LATER(CLIENT, STATE(CLOSE_WAIT), FROM(ESTABLISHED), SEGMENTS(0, 2, 0, 2), SENT(4000),
	      SAMPLE_BYTES_RECEIVED, 3);
	const char *text = ladder();
	ok(strstr(text, "data 0..3999 in 8 segments o"), "a call's segments are counted");
	ok(strstr(text, "4 segments without data came o"), "of several without data the number");
	ok(strstr(text, "2 segments sent again, 0.00–2.94 s o"), "also of those sent again");
	ok(strstr(text, "≤3890 1 segment without data came, 2.94–3.89 s o"),
	   "with the time in which they came");
	ok(strstr(text, "      1 segment without data left, 2.94–3.89 s o"),
	   "a window probe is only counted, and so is its answer");
	ok(!strstr(text, "acked"), "bytes that wait are not acknowledged");
	ok(strstr(text, "7 wait: window 0 *"), "a closed window is said");
	ok(strstr(text, "data in 2 segments, FIN o"), "a FIN may come with the last data");
	is_int(count(text, "ACK"), 2, "no segment has a name that is a guess");
	begin(80, 0);
	put_socket(SOCK_STREAM);
	AFTER(CLIENT, STATE(CLOSED), SAMPLE_NOTSENT, 2);
	ok(!strstr(ladder(), "held back"), "without a connection nothing waits");
}

/* A client in the queue of a full listener: its last SYN and the answer come between two samples. */
static void test_answered_again(void)
{
	begin(80, 0);
	put_socket(SOCK_STREAM);
	AFTER(CLIENT, STATE(CLOSED), SENT(0));
	put_connect(EINPROGRESS);
	AFTER(CLIENT, STATE(SYN_SENT), FROM(CLOSED), SEGMENTS(1, 0, 0, 0), SENT(0));
	at(3063);
	LATER(CLIENT, STATE(ESTABLISHED), FROM(SYN_SENT), SAMPLE_NEW_OUT, 2, SAMPLE_NEW_IN, 1,
	      SAMPLE_NEW_DATA_OUT, 0, SAMPLE_NEW_DATA_IN, 0, SAMPLE_NEW_RETRANS, 1, SENT(0));
	const char *text = ladder();
	const char *again = strstr(text, "╌╌ SYN again o"), *answer = strstr(text, "←── SYN,ACK o");
	ok(again && answer && again < answer && strstr(answer, "── ACK o"),
	   "the SYN that is answered, its answer, the ACK");
	is_int(count(strstr(text, "connect("), " o "), 4, "and nothing else");
	ok(strstr(text, "≤3063"), "at the latest then");
	begin(80, 0);
	put_socket(SOCK_STREAM);
	AFTER(CLIENT, STATE(SYN_SENT), SENT(0));
	at(2500);
	LATER(CLIENT, STATE(SYN_SENT), SAMPLE_NEW_OUT, 2, SAMPLE_NEW_IN, 0, SAMPLE_NEW_DATA_OUT, 0,
	      SAMPLE_NEW_DATA_IN, 0, SAMPLE_NEW_RETRANS, 2, SENT(0));
	ok(strstr(ladder(), "SYN sent again 2 times, 0.00–2.50 s o"), "two at once are a number");
}

/* Where the SYNs cross, or a socket meets itself, the answer is another one. */
static void test_crossed(void)
{
	begin(80, 0);
	put_socket(SOCK_STREAM);
	AFTER(CLIENT, STATE(CLOSED));
	put_connect(0);
	AFTER(CLIENT, STATE(ESTABLISHED), FROM(CLOSED), SEGMENTS(3, 3, 0, 0));
	const char *text = ladder();
	ok(strstr(text, "── SYN o") && !strstr(text, "ACK"), "only its SYN is known");
	ok(strstr(text, "2 segments without data left o") &&
	           strstr(text, "3 segments without data came o"),
	   "the others are counted");
}

/* connect() has sent nothing: the first send() sends the SYN. */
static void test_fast_open(void)
{
	begin(80, 0);
	put_socket(SOCK_STREAM);
	AFTER(CLIENT, STATE(CLOSED), SENT(0));
	put_connect(0);
	AFTER(CLIENT, STATE(SYN_SENT), FROM(CLOSED), SEGMENTS(0, 0, 0, 0), SENT(0));
	ok(!strstr(ladder(), "SYN o") && strstr(ladder(), "SYN_SENT *"), "Fast Open: no SYN yet");
	put_send(CLIENT, "abc");
	AFTER(CLIENT, STATE(ESTABLISHED), FROM(SYN_SENT), SEGMENTS(2, 1, 1, 0), SENT(3),
	      SAMPLE_OPTIONS, OPTION_SYN_DATA);
	const char *text = ladder();
	const char *syn = strstr(text, "── SYN, data 0..2 o"), *answer = strstr(text, "SYN,ACK o");
	ok(syn && answer && syn < answer && strstr(answer, "── ACK o"), "the SYN has the data");
	is_int(count(text, "data 0..2"), 1, "which is not drawn again");
	begin(80, 0);
	put_socket(SOCK_STREAM);
	AFTER(CLIENT, STATE(SYN_SENT), SENT(0), SAMPLE_NOTSENT, 261886979);
	ok(!strstr(ladder(), "held back"), "before the SYN the number of unsent bytes means nothing");
	put_send(CLIENT, "abc");
	AFTER(CLIENT, STATE(SYN_SENT), SEGMENTS(1, 0, 1, 0), SENT(3));
	ok(strstr(ladder(), "── SYN, data 0..2 o"), "also where its answer comes later");
}

/* What one end has counted some time ago, and what the other has sent since: which was first? */
static void test_order_of_ends(void)
{
	begin(80, SERVER);
	open_connection();
	BEFORE(SERVER, STATE(ESTABLISHED), SAMPLE_SEGS_OUT, 0, SAMPLE_SEGS_IN, 2,
	       SAMPLE_DATA_SEGS_OUT, 0, SAMPLE_DATA_SEGS_IN, 0);
	put_send(CLIENT, "abc");
	AFTER(CLIENT, STATE(ESTABLISHED), SEGMENTS(1, 0, 1, 0), SENT(3), SAMPLE_OUTQ, 3);
	at(100);
	put_send(SERVER, "xyz");
	AFTER(SERVER, STATE(ESTABLISHED), SEGMENTS(1, 0, 1, 0), SENT(3), SAMPLE_OUTQ, 3);
	at(200);
	LATER(CLIENT, STATE(ESTABLISHED), SEGMENTS(0, 1, 0, 0), SENT(3), SAMPLE_OUTQ, 0);
	const char *text = strstr(ladder(), "accept()");
	ok(strstr(text, "≤200 ACK came, 0–200 ms o") && !strstr(text, " ACK o"),
	   "an arrow would say which was first");
}

/* Which was first is not known of what went both ways between two samples. */
static void test_both_ways(void)
{
	begin(100, 0);
	open_connection();
	at(500);
	LATER(CLIENT, STATE(ESTABLISHED), SEGMENTS(2, 2, 1, 1), SENT(3), SAMPLE_BYTES_RECEIVED, 9,
	      SAMPLE_OUTQ, 0);
	const char *text = ladder();
	ok(strstr(text, "data 0..2 left in 1 segment, 0–500 ms o") &&
	           strstr(text, "data 0..8 came in 1 segment, 0–500 ms o"),
	   "what went both ways is counted");
	is_int(count(text, "data "), 4, "and has no arrow");
	/* a segment that was held back, and one that is acknowledged, in one interval */
	LATER(CLIENT, STATE(ESTABLISHED), SEGMENTS(1, 1, 1, 0), SENT(6), SAMPLE_OUTQ, 0);
	text = ladder();
	const char *data = strstr(text, "── data 3..5 o");
	ok(data && strstr(data, "←── ACK o"), "what acknowledges it comes after it");
	LATER(CLIENT, STATE(ESTABLISHED), SEGMENTS(1, 1, 1, 0), SENT(9), SAMPLE_OUTQ, 3);
	data = strstr(ladder(), "── data 6..8 o");
	ok(data && !strstr(data, "ACK"), "where it is not, the order is not known");
}

static void test_keepalive(void)
{
	begin(100, 0);
	open_connection();
	at(1000);
	LATER(CLIENT, STATE(ESTABLISHED), SEGMENTS(1, 1, 0, 0));
	ok(strstr(ladder(), "1 segment without data left, 0.00–1.00 s o"),
	   "a probe that is answered is counted");
	at(2000);
	LATER(CLIENT, STATE(ESTABLISHED), SEGMENTS(1, 0, 0, 0), SAMPLE_PROBES, 1, SAMPLE_TIMER,
	      TIMER_KEEPALIVE);
	at(4000);
	LATER(CLIENT, STATE(ESTABLISHED), SEGMENTS(2, 0, 0, 0), SAMPLE_PROBES, 3, SAMPLE_TIMER,
	      TIMER_KEEPALIVE);
	const char *text = ladder();
	ok(strstr(text, "≤2000 probe 1 unanswered *") && strstr(text, "── keepalive probe * ─"),
	   "one that is not is an arrow");
	ok(strstr(text, "2 segments left as keepalive probes, 2.00–4.00 s o"), "of two the number");
}

/* A call that took its time is where it returned, so that times only grow. */
static void test_waited(void)
{
	begin(80, 0);
	put_socket(SOCK_STREAM);
	at(100);
	put(CLIENT, (struct entry){ .call = CALL_STATE, .flags = ENTRY_WAITED }, NULL,
	    "recv(9) waits");
	at(200);
	put_send(CLIENT, "y");
	at(100);
	PUT(CLIENT, CALL_RECV, .arg = 9, .flags = ENTRY_WAITED, .duration = 150000);
	at(110);
	PUT(CLIENT, CALL_CLOSE, .duration = 2000000);
	const char *text = ladder();
	ok(strstr(text, "  100 recv(9) waits") && strstr(text, "  200 send(") &&
	           strstr(text, "  250 recv(9) = 0 after 150 ms") &&
	           strstr(text, " 2110 close() = 0 after 2.0 s"),
	   "the column runs forward");
}

/* What has no room says so, and the call that was made has its result. */
static void test_truncated(void)
{
	char name[LADDER_NAME_TEXT];
	struct ladder_row row = { .mark = 'o', .label = "application_data +1", .brief = "application_data" };
	ladder_print_name(&row, 17, name);
	is_text(name, "application_datao", "the brief name of an arrow");
	ladder_print_name(&row, 9, name);
	is_text(name, "applica…o", "which is cut with an ellipsis");
	ladder_print_name(&row, 2, name);
	is_text(name, "…o", "at any width");
	ladder_print_name(&row, 1, name);
	is_text(name, "o", "and goes before its mark");
	begin(40, 0);
	put_socket(SOCK_DGRAM);
	struct endpoint addr = loopback(5000);
	put(CLIENT,
	    (struct entry){ .call = CALL_RECVFROM,
	                    .arg = 10,
	                    .arg2 = MSG_TRUNC,
	                    .flags = ENTRY_TRUNCATED },
	    &addr, "0123");
	ok(strstr(ladder(), "recvfrom() = 10"), "MSG_TRUNC makes the result the whole length");
}

/* A datagram socket has no handshake and no FIN, whether anybody reads the kernel or not. */
/* What one call has brought is several entries, each with the result of the call. */
static void test_batch(void)
{
	begin(40, 0);
	put_socket(SOCK_DGRAM);
	struct endpoint addr = loopback(5000);
	put(CLIENT,
	    (struct entry){ .call = CALL_RECVFROM, .nth = 1, .of = 2, .flags = ENTRY_BATCH }, &addr,
	    "three");
	ok(strstr(ladder(), "recvmmsg() = 2"), "a result of 2 datagrams is that of recvmmsg()");
}

static void test_aside(void)
{
	static const char text[] = "what a line has no room for";
	for (int columns = 200; columns >= 40; columns -= 20) {
		begin(columns, SERVER);
		put_bytes(CLIENT,
		          (struct entry){ .call = CALL_RECV, .arg = 1024, .arg2 = MSG_PEEK }, NULL,
		          text, sizeof text - 1);
		ok(strstr(ladder(), "PEEK"), "%d columns say that bytes were only peeked at",
		   columns);
		put_bytes(CLIENT, (struct entry){ .call = CALL_RECV, .arg = 1024, .arg2 = MSG_OOB },
		          NULL, "!", 1);
		ok(strstr(ladder(), "OOB"), "and that one came beside the stream");
	}
}

static void test_connected_datagrams(void)
{
	struct endpoint addr = loopback(5000);
	begin(80, 0);
	put_socket(SOCK_DGRAM);
	put(CLIENT, (struct entry){ .call = CALL_CONNECT }, &addr, "");
	put(CLIENT, (struct entry){ .call = CALL_SENDTO, .arg = 1 }, NULL, "x");
	PUT(CLIENT, CALL_SHUTDOWN, .arg = SHUT_WR);
	PUT(CLIENT, CALL_CLOSE, .fd = 3);
	const char *text = ladder();
	ok(!strstr(text, "SYN") && !strstr(text, "FIN"), "UDP has no handshake and no FIN");
	is_int(count(text, "datagram 1 byte ?"), 1, "only its datagram");
	ok(strstr(text, "peer  127.0.0.1:5000"), "to its peer");
}

/* The one that did not answer first is closed without FIN, and the other one is the peer. */
static void test_race(void)
{
	struct endpoint winner = loopback(5000), loser = loopback(6000), own = loopback(7000);
	struct entry first = { .call = CALL_CONNECT, .fd = 4, .error = EINPROGRESS };
	struct entry second = { .call = CALL_CONNECT, .fd = 6, .error = EINPROGRESS };
	begin(80, 0);
	put_socket(SOCK_STREAM);
	put(CLIENT, second, &winner, "");
	put(CLIENT, first, &loser, "");
	put(CLIENT, (struct entry){ .call = CALL_GETSOCKNAME, .fd = 6, .flags = ENTRY_WATCHING }, &own, "");
	put(CLIENT, (struct entry){ .call = CALL_SEND, .fd = 6, .arg = 1 }, NULL, "x");
	PUT(CLIENT, CALL_CLOSE, .fd = 4);
	const char *text = ladder();
	ok(strstr(text, "peer  127.0.0.1:5000"), "the winner of a race is the peer");
	is_int(count(text, "FIN"), 0, "and the loser's close() sends no FIN");
	PUT(CLIENT, CALL_CLOSE, .fd = 6);
	is_int(count(ladder(), "FIN"), 1, "the winner's does");
}

/* ---- in the pane ---- */

static void test_walking(void)
{
	begin(80, SERVER);
	converse();
	ok(walks_both_ways(&view, 5), "the same rungs in both directions");
	begin(80, 0);
	send_datagrams();
	ok(walks_both_ways(&view, 5), "of datagrams, too");
	struct location last;
	view_last(&view, &last);
	AFTER(CLIENT, SAMPLE_DROPS, 3);
	LATER(CLIENT, SAMPLE_DROPS, 3);
	is_int(view_count_after(&view, last, 9), 0, "a sample with nothing new has no row");
	LATER(CLIENT, SAMPLE_DROPS, 4);
	is_int(view_count_after(&view, last, 9), 1, "one with news has");
}

static void test_notes(void)
{
	begin(80, 0);
	put_socket(SOCK_STREAM);
	put(CLIENT, (struct entry){ .call = CALL_NOTE }, NULL, "an answer\nin two lines");
	put(CLIENT, (struct entry){ .call = CALL_STATE }, NULL, "connected");
	put(CLIENT, (struct entry){ .call = CALL_STATE, .flags = ENTRY_ERROR }, NULL, "timed out");
	struct location location;
	ok(view_last(&view, &location), "something is shown");
	view_layout(&view, location, &rows);
	buf_clear(&out);
	row_print(&rows.row[0], &out);
	is_text(buf_text(&out), "!  timed out", "a failure is shown in words");
	view_before(&view, &location);
	view_layout(&view, location, &rows);
	buf_clear(&out);
	row_print(&rows.row[0], &out);
	is_text(buf_text(&out), "   in two lines", "answers to commands are shown in the pane");
	const char *text = ladder();
	ok(!strstr(text, "answer") && !strstr(text, "connected") && strstr(text, "timed out"),
	   "but not written");
}

static bool has_style(const char *name, enum style style)
{
	struct location location = { TRANSCRIPT_NONE, 0 };
	while (view_after(&view, &location)) {
		view_layout(&view, location, &rows);
		for (size_t i = 0; i < rows.count; i++) {
			buf_clear(&out);
			row_print(&rows.row[i], &out);
			const char *found = strstr(buf_text(&out), name);
			if (!found)
				continue;
			size_t glyph = text_has_unicode() ? 0 : (size_t)(found - buf_text(&out));
			for (size_t j = glyph; j < rows.row[i].count; j++)
				if (rows.row[i].glyphs[j].chars[0] == (wchar_t)name[0] &&
				    rows.row[i].glyphs[j].style == style)
					return true;
		}
	}
	return false;
}

static void test_styles(void)
{
	begin(80, SERVER);
	reset();
	ok(has_style("RST", STYLE_ERROR), "a reset is alarming");
	ok(has_style("ESTABLISHED", STYLE_STATE), "a state is the network's");
	ok(has_style("SYN_SENT", STYLE_FAINT), "what is deduced is faint");
	ok(has_style("recv() = -1", STYLE_ERROR), "a call that failed");
	ok(has_style("connect() = 0", STYLE_TEXT), "one that did not");
}

static void test_heading(void)
{
	begin(80, 0);
	view_heading(&view, &rows);
	ok(rows.count >= 3, "a session without entries has a heading");
	rows_clear(&rows);
	ok(strstr(ladder(), "peer") && entries == 0, "and an empty ladder");
	view.session = SERVER;
	view.other = CLIENT;
	begin(80, SERVER);
	converse();
	view.session = SERVER;
	view.other = CLIENT;
	const char *text = ladder();
	ok(strstr(text, "LADDER 3 ⇄ 2"), "seen from the other end");
	ok(strstr(text, "accept() = 5") < strstr(text, "data 0..4"), "its calls are on the left");
	ok(strstr(text, "│←── data 0..4 o"), "and what it gets comes from the right");
}

static void test_failing(void)
{
	FILE *full = fopen("/dev/full", "w");
	if (!full) {
		tap_skip("no /dev/full");
		return;
	}
	begin(80, SERVER);
	converse();
	errno = 0;
	ok(!ladder_write_text(&view, full, &entries) && errno == ENOSPC, "a full disk is reported");
	fclose(full);
}

/* Long silences, long sessions: nothing overflows its column. */
static void test_long(void)
{
	begin(80, 0);
	put_socket(SOCK_STREAM);
	static const double times[] = { 99999, 100000, 5.9e6, 7e6, 3.6e9 };
	for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
		at(times[i]);
		put_send(CLIENT, "x");
	}
	const char *text = ladder();
	ok(strstr(text, "\n99999 send") && strstr(text, "\n100 s send") &&
	           strstr(text, "\n  98m send"),
	   "milliseconds, seconds, minutes");
	ok(strstr(text, "\n   1h send") && strstr(text, "\n1000h send"), "hours");
	ok(strstr(text, ":    1 min 39 s later    :"), "a silence is a row of its own");
}

int main(void)
{
	tap_watchdog(30);
	setlocale(LC_ALL, "");
	test_conversation();
	test_ends();
	test_others();
	test_widths();
	test_once();
	test_evicted();
	test_passive();
	test_closed();
	test_closed_by_one();
	test_unread();
	test_segments();
	test_answered_again();
	test_crossed();
	test_fast_open();
	test_order_of_ends();
	test_both_ways();
	test_keepalive();
	test_waited();
	test_truncated();
	test_aside();
	test_batch();
	test_connected_datagrams();
	test_race();
	test_walking();
	test_notes();
	test_styles();
	test_heading();
	test_failing();
	test_long();
	rows_free(&rows);
	buf_free(&out);
	transcript_free(transcript);
	return tap_done();
}
