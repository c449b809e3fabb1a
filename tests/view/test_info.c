// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/page/info.h"

#include <locale.h>

#include "support/tap.h"
#include "view/info_golden.h"
#include "view/snapshot_samples.h"

static struct rows rows;
static struct buf out = { .max = SIZE_MAX };

static const char *drawn(const struct snapshot *snapshot, const struct snapshot *other, int columns)
{
	info_draw(snapshot, other, columns, &rows);
	buf_clear(&out);
	for (size_t i = 0; i < rows.count; i++) {
		row_print(&rows.row[i], &out);
		buf_append_text(&out, "\n");
	}
	return buf_text(&out);
}

/* ---- whole pages ---- */

/* A tick is as long as many segments take on loopback. */
static void shares(void)
{
	struct snapshot snapshot = snapshot_stuck();
	snapshot_set(&snapshot, SAMPLE_BUSY_TIME, 4000);
	snapshot_set(&snapshot, SAMPLE_RWND_LIMITED, 0);
	const char *text = drawn(&snapshot, NULL, 80);
	ok(strstr(text, "sending took  4.0 ms * (counted in ticks)"), "a tick of sending is shown");
	ok(!strstr(text, " % "), "but no shares of it");
	snapshot_set(&snapshot, SAMPLE_BUSY_TIME, 100000);
	ok(strstr(drawn(&snapshot, NULL, 80), "neither       [######] 100 % *"), "of many are");
}

static void is_drawn(const struct snapshot *snapshot, const struct snapshot *other,
                     const char *const want[3], const char *name)
{
	static const int columns[] = { 40, 80, 200 };
	for (int i = 0; i < 3; i++) {
		char text[96];
		snprintf(text, sizeof text, "%s, %d columns", name, columns[i]);
		is_text(drawn(snapshot, other, columns[i]), want[i], text);
	}
}

#define GOLDEN(name)                                                                               \
	(const char *const[])                                                                      \
	{                                                                                          \
		name##_40, name##_80, name##_200                                                   \
	}

static void golden(void)
{
	struct snapshot idle = snapshot_idle(), stuck = snapshot_stuck(),
	                accepted = snapshot_accepted();
	struct snapshot drops = snapshot_datagrams(81), full = snapshot_listener(2, 1);
	struct snapshot closed = snapshot_time_wait(), unread = snapshot_idle();
	snapshot_set(&accepted, SAMPLE_RMEM, 38832);
	snapshot_set(&accepted, SAMPLE_RCVBUF, 40000);
	snapshot_set(&accepted, SAMPLE_INQ, 38000);
	unread.sample = (struct sample){ 0 };
	is_drawn(&idle, NULL, GOLDEN(idle), "an idle conversation");
	is_drawn(&stuck, &accepted, GOLDEN(stuck), "a reader that does not read");
	is_drawn(&drops, NULL, GOLDEN(drops), "datagrams that were dropped");
	is_drawn(&full, NULL, GOLDEN(full), "a full queue");
	is_drawn(&closed, NULL, GOLDEN(closed), "after close()");
	is_drawn(&unread, NULL, GOLDEN(unread), "without a word of the kernel");
}

/* ---- what must never be said ---- */

static bool says(const struct snapshot *snapshot, const char *words)
{
	return strstr(drawn(snapshot, NULL, 80), words);
}

static void loopback(void)
{
	struct snapshot near = snapshot_idle(), far = snapshot_idle();
	far.local.ip[0] = far.peer.ip[0] = 10;
	snapshot_set(&far, SAMPLE_DELIVERY_RATE, 1000000);
	snapshot_set(&far, SAMPLE_APP_LIMITED, 1);
	ok(!says(&near, "round trip") && !says(&near, "cwnd   "), "no round trip on loopback");
	ok(says(&near, "mean nothing on loopback"), "where it is said why");
	ok(says(&far, "round trip    0.03 ms ± 0.01 ms *"), "elsewhere there is one");
	ok(says(&far, "cwnd          10 *, ssthresh not set yet *"),
	   "no threshold is not a number");
	ok(says(&far, "delivery      1000.0 kB/s *, limited by the application") ||
	           says(&far, "delivery      1.0 MB/s *, limited by the application"),
	   "a rate says what it is of");
	snapshot_set(&far, SAMPLE_SSTHRESH, 7);
	ok(says(&far, "ssthresh 7 *"), "one that is set is shown");
	snapshot_set(&far, SAMPLE_CA_STATE, 3);
	ok(says(&far, "congestion    Recovery *"), "and what congestion control does");
}

static void unconnected(void)
{
	struct snapshot snapshot = snapshot_idle();
	snapshot_set(&snapshot, SAMPLE_STATE, STATE_CLOSED);
	ok(says(&snapshot, "There is no connection"), "without a connection");
	ok(!says(&snapshot, "peer's window") && !says(&snapshot, "mss") &&
	           !says(&snapshot, "in flight") && !says(&snapshot, "not available"),
	   "nothing is shown of one");
	ok(says(&snapshot, "to read       0 B *") && says(&snapshot, "segments out  "),
	   "what came of it before still is");
}

static void probes(void)
{
	struct snapshot snapshot = snapshot_idle();
	snapshot_set(&snapshot, SAMPLE_TOTAL_RETRANS, 1);
	snapshot_set(&snapshot, SAMPLE_DSACK_DUPS, 1);
	ok(says(&snapshot, "1 *: probe, not lost ?"), "a probe is no loss");
	snapshot_set(&snapshot, SAMPLE_TOTAL_RTO, 1);
	ok(says(&snapshot, "retransmitted 1 segment *"), "a timeout is one");
	snapshot_set(&snapshot, SAMPLE_DSACK_DUPS, 0);
	snapshot_set(&snapshot, SAMPLE_TOTAL_RTO, 0);
	ok(says(&snapshot, "retransmitted 1 segment *"), "so is what the peer did not have");
}

static void absent(void)
{
	struct snapshot snapshot = snapshot_idle();
	snapshot.sample = (struct sample){ 0 };
	snapshot_set(&snapshot, SAMPLE_STATE, STATE_ESTABLISHED);
	ok(says(&snapshot, "peer's window not available"), "no window is not 0");
	ok(says(&snapshot, "in flight     not available"), "nor is nothing in flight");
	ok(says(&snapshot, "retransmitted not available"), "nor nothing sent again");
	ok(says(&snapshot, "held up by    not available"), "and no reason is given");
	ok(!says(&snapshot, " 0 B *") && !says(&snapshot, "0/0"), "no zero is made up");
	snapshot = snapshot_accepted();
	ok(says(&snapshot, "4 * (1 data) + SYN,ACK ?"),
	   "the passive side's SYN,ACK is counted nowhere");
	snapshot = snapshot_datagrams(0);
	snapshot_set(&snapshot, SAMPLE_INQ, 0);
	ok(says(&snapshot, "next datagram 0 B *: empty ?"), "an empty datagram can be first");
	snapshot_set(&snapshot, SAMPLE_RMEM, 0);
	ok(says(&snapshot, "next datagram none *"), "or none is");
}

/* ---- any width, any number ---- */

static int count_wide(const struct snapshot *snapshot, const struct snapshot *other)
{
	int wide = 0;
	for (int columns = 20; columns <= 220; columns++) {
		info_draw(snapshot, other, columns, &rows);
		for (size_t i = 0; i < rows.count; i++)
			wide += rows.row[i].columns > columns;
	}
	return wide;
}

static void hostile(void)
{
	struct snapshot snapshot = snapshot_idle();
	for (int field = 0; field < SAMPLE_COUNT; field++)
		snapshot_set(&snapshot, (enum sample_field)field, UINT64_MAX);
	snapshot.name = "\033[2J\xff\xff name";
	is_int(count_wide(&snapshot, &snapshot), 0, "no row is too wide, whatever the kernel says");
	ok(!strchr(drawn(&snapshot, &snapshot, 80), '\033'), "and a name is safe");
	snapshot.kind = SNAPSHOT_DATAGRAMS;
	is_int(count_wide(&snapshot, NULL), 0, "of datagrams too");
	snapshot.kind = SNAPSHOT_LISTENER;
	is_int(count_wide(&snapshot, NULL), 0, "and of listeners");
	snapshot.open = false;
	is_int(count_wide(&snapshot, NULL), 0, "and of closed ones");
	snapshot = snapshot_stuck();
	is_int(count_wide(&snapshot, NULL), 0, "nor is one of a usual conversation");
}

/* A server on two addresses, of which the second has a full queue. */
static void sockets(void)
{
	struct snapshot snapshot = { .kind = SNAPSHOT_LISTENER,
		                     .session = 1,
		                     .name = "tcp:9000",
		                     .state_by_calls = STATE_LISTEN,
		                     .open = true,
		                     .paused = true,
		                     .socket_count = 2 };
	for (unsigned i = 0; i < 2; i++) {
		struct snapshot_socket *socket = &snapshot.sockets[i];
		socket->local = (struct endpoint){ .family = AF_INET,
			                           .port = 9000,
			                           .ip = { 127, 0, 0, (uint8_t)(i + 1) } };
		sample_set(&socket->sample, SAMPLE_STATE, STATE_LISTEN);
		sample_set(&socket->sample, SAMPLE_QUEUE, i ? 4 : 0);
		sample_set(&socket->sample, SAMPLE_BACKLOG, 3);
	}
	snapshot.local = snapshot.sockets[0].local;
	snapshot.sample = snapshot.sockets[0].sample;
	const char *text = drawn(&snapshot, NULL, 100);
	ok(strstr(text, "0/4 *  127.0.0.1:9000"), "the queue of each address is shown");
	ok(strstr(text, "4/4 * full - new SYNs are dropped  127.0.0.2:9000"), "with its state");
	ok(strstr(text, "/accept takes one"), "and what to do, whichever has clients");
	ok(snapshot_queue_is_full(&snapshot) && snapshot_sum(&snapshot, SAMPLE_QUEUE) == 4,
	   "one full queue is reported");
	is_int(count_wide(&snapshot, NULL), 0, "no row is too wide");
	snapshot.kind = SNAPSHOT_DATAGRAMS;
	snapshot.state_by_calls = STATE_DATAGRAMS;
	for (unsigned i = 0; i < 2; i++) {
		sample_set(&snapshot.sockets[i].sample, SAMPLE_INQ, i ? 7 : 0);
		sample_set(&snapshot.sockets[i].sample, SAMPLE_RMEM, i ? 768 : 0);
		sample_set(&snapshot.sockets[i].sample, SAMPLE_RCVBUF, 212992);
		sample_set(&snapshot.sockets[i].sample, SAMPLE_DROPS, 2);
	}
	text = drawn(&snapshot, NULL, 100);
	ok(strstr(text, "none *  127.0.0.1:9000") && strstr(text, "7 B *  127.0.0.2:9000"),
	   "so is what waits at each address of a datagram server");
	ok(strstr(text, "4 datagrams *"), "drops are counted together");
	is_int(count_wide(&snapshot, NULL), 0, "no row is too wide then");
}

static void ascii(void)
{
	struct snapshot snapshot = snapshot_stuck();
	setlocale(LC_ALL, "C");
	const char *text = drawn(&snapshot, NULL, 80);
	int beyond = 0;
	for (const char *p = text; *p; p++)
		beyond += (unsigned char)*p > 0x7e;
	is_int(beyond, 0, "without UTF-8 it is ASCII");
	ok(strstr(text, "127.0.0.1:39446 <-> 127.0.0.1:44617"), "with the same words");
}

int main(void)
{
	tap_watchdog(30);
	if (!setlocale(LC_ALL, "C.UTF-8")) {
		tap_skip("no C.UTF-8 here");
		return tap_done();
	}
	golden();
	shares();
	loopback();
	unconnected();
	probes();
	absent();
	hostile();
	sockets();
	ascii();
	rows_free(&rows);
	buf_free(&out);
	return tap_done();
}
