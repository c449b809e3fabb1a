// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/page/states.h"

#include <errno.h>
#include <locale.h>
#include <string.h>

#include "base/clock.h"
#include "support/tap.h"
#include "view/snapshot_samples.h"
#include "view/states_golden.h"

static struct rows rows;
static struct buf out = { .max = SIZE_MAX };

static const char *drawn(const struct states_end *mine, const struct states_end *other, int columns,
                         int height)
{
	states_draw(mine, other, columns, height, &rows);
	buf_clear(&out);
	for (size_t i = 0; i < rows.count; i++) {
		row_print(&rows.row[i], &out);
		buf_append_text(&out, "\n");
	}
	return buf_text(&out);
}

static uint32_t bit(enum tcp_state state)
{
	return UINT32_C(1) << state;
}

/* ---- whole pages ---- */

static void is_drawn(const struct states_end *mine, const struct states_end *other,
                     const char *const want[3], const char *name)
{
	static const int columns[] = { 40, 80, 200 };
	for (int i = 0; i < 3; i++) {
		char text[96];
		snprintf(text, sizeof text, "%s, %d columns", name, columns[i]);
		is_text(drawn(mine, other, columns[i], 20), want[i], text);
	}
}

#define GOLDEN(name)                                                                               \
	(const char *const[])                                                                      \
	{                                                                                          \
		name##_40, name##_80, name##_200                                                   \
	}

/* One end has closed, the other has not. */
static void make_half(struct states_end *mine, struct states_end *peer)
{
	*mine = (struct states_end){
		.snapshot = snapshot_idle(),
		.visited = bit(STATE_ESTABLISHED) | bit(STATE_FIN_WAIT2),
		.deduced = bit(STATE_SYN_SENT) | bit(STATE_FIN_WAIT1),
	};
	*peer = (struct states_end){
		.snapshot = snapshot_accepted(),
		.visited = bit(STATE_ESTABLISHED) | bit(STATE_CLOSE_WAIT),
		.deduced = bit(STATE_SYN_RECV),
	};
	snapshot_set(&mine->snapshot, SAMPLE_STATE, STATE_FIN_WAIT2);
	snapshot_set(&peer->snapshot, SAMPLE_STATE, STATE_CLOSE_WAIT);
	peer->snapshot.at_end = true;
}

static void golden(void)
{
	struct states_end mine, peer;
	make_half(&mine, &peer);
	is_drawn(&mine, &peer, GOLDEN(half), "half closed");
	mine.snapshot = snapshot_time_wait();
	mine.visited |= bit(STATE_TIME_WAIT);
	is_drawn(&mine, NULL, GOLDEN(gone), "TIME_WAIT");
	struct states_end listener = { .snapshot = snapshot_listener(2, 1),
		                       .visited = bit(STATE_LISTEN) };
	listener.snapshot.paused = true;
	is_drawn(&listener, NULL, GOLDEN(full), "a listener with a full queue");
	struct states_end datagrams = { .snapshot = snapshot_datagrams(0) };
	is_drawn(&datagrams, NULL, GOLDEN(udp), "datagrams");
}

/* ---- whose step is next ---- */

static void advice(void)
{
	static const struct {
		enum tcp_state state;
		const char *words;
	} cases[] = {
		{ STATE_ESTABLISHED, "Both may send" },
		{ STATE_SYN_SENT, "The peer's kernel has to answer" },
		{ STATE_SYN_RECV, "The peer's kernel has to acknowledge" },
		{ STATE_FIN_WAIT1, "Our FIN is sent" },
		{ STATE_FIN_WAIT2, "until the peer PROGRAM closes" },
		{ STATE_TIME_WAIT, "Next step: nobody's" },
		{ STATE_CLOSED, "Next step: yours, /connect" },
		{ STATE_CLOSE_WAIT, "Next step: yours, /recv, then /close" },
		{ STATE_LAST_ACK, "the last one" },
		{ STATE_LISTEN, "Waits for a SYN" },
		{ STATE_CLOSING, "Both have sent FIN at once" },
	};
	struct states_end end = { .snapshot = snapshot_idle() };
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char now[64];
		snapshot_set(&end.snapshot, SAMPLE_STATE, cases[i].state);
		const char *name = tcp_state_name(cases[i].state);
		snprintf(now, sizeof now, ">>>%s<<< [demo]", name);
		ok(strstr(drawn(&end, NULL, 200, 30), cases[i].words), "%s has its advice", name);
		ok(strstr(drawn(&end, NULL, 80, 30), now), "and is marked in the drawing");
		ok(strstr(drawn(&end, NULL, 40, 30), now), "and in the list");
	}
	end.snapshot = snapshot_time_wait();
	snapshot_set(&end.snapshot, SAMPLE_STATE, STATE_GONE);
	ok(strstr(drawn(&end, NULL, 80, 30), "/reconnect"), "a connection that is gone");
	ok(strstr(drawn(&end, NULL, 80, 30), "> >>>CLOSED<<< [demo]"), "and where that is");
	end.snapshot.sample.present = 0;
	ok(strstr(drawn(&end, NULL, 80, 30), "> >>>CLOSED<<< [demo]"), "also by our own calls");
	end.snapshot = snapshot_idle();
	end.snapshot.paused = true;
	snapshot_set(&end.snapshot, SAMPLE_INQ, 1);
	ok(strstr(drawn(&end, NULL, 200, 30), "1 byte waits here. Next step: yours, /recv"),
	   "one byte to read");
	snapshot_set(&end.snapshot, SAMPLE_INQ, 2);
	ok(strstr(drawn(&end, NULL, 200, 30), "2 bytes wait here. "), "two bytes to read");
	struct states_end stuck = { .snapshot = snapshot_stuck() };
	ok(strstr(drawn(&stuck, NULL, 200, 30), "until the peer PROGRAM reads"),
	   "a closed window is the peer's move");
	ok(strstr(drawn(&stuck, NULL, 200, 30), "window probe in 844 ms"), "the timer runs");
}

/* ---- where it has been ---- */

static struct transcript *transcript;

static void put_reading(enum tcp_state state, enum tcp_state old, int64_t time)
{
	char packed[SAMPLE_PACKED];
	struct sample sample = { 0 };
	sample_set(&sample, SAMPLE_STATE, state);
	if (old)
		sample_set(&sample, SAMPLE_OLD_STATE, old);
	struct entry header = { .time = time, .session = 2, .call = CALL_SAMPLE };
	transcript_append(transcript, &header, NULL, packed, sample_pack(&sample, packed));
}

static void put_call(enum call call, int64_t time)
{
	struct entry header = { .time = time, .session = 2, .call = (uint8_t)call };
	transcript_append(transcript, &header, NULL, "", 0);
}

/* States too short to be read, and the advice for what is left. */
static void ends(void)
{
	struct states_end end = { .snapshot = snapshot_idle() };
	struct states_end other = { .snapshot = snapshot_idle() };
	snapshot_set(&end.snapshot, SAMPLE_STATE, STATE_CLOSED);
	transcript = transcript_new(1 << 22, 1 << 20);
	put_call(CALL_SOCKET, 1);
	put_call(CALL_CONNECT, 2);
	put_reading(STATE_CLOSE_WAIT, STATE_ESTABLISHED, 3);
	states_trace(&end, transcript);
	ok(!(end.deduced & bit(STATE_LAST_ACK)), "without a FIN of ours there is no LAST_ACK");
	put_call(CALL_CLOSE, 4);
	put_reading(STATE_CLOSED, 0, 5);
	states_trace(&end, transcript);
	ok(end.deduced & bit(STATE_LAST_ACK), "who closes last has passed LAST_ACK");
	states_meet(&end, &other);
	ok(!(end.deduced & bit(STATE_SYN_RECV)), "where the other has not been open nothing met");
	other.visited = bit(STATE_ESTABLISHED);
	states_meet(&end, &other);
	ok(end.deduced & bit(STATE_SYN_RECV) && other.deduced & bit(STATE_SYN_RECV),
	   "two that have connected to each other have passed SYN_RECV");
	end.deduced = 0;
	end.snapshot.peer = end.snapshot.local;
	states_trace(&end, transcript);
	ok(end.deduced & bit(STATE_SYN_RECV), "so has one that has connected to itself");
	end.snapshot.stepped = true;
	const char *text = drawn(&end, NULL, 200, 30);
	ok(strstr(text, "Next step: yours, /close. /socket makes a new socket.") &&
	           !strstr(text, "/connect"),
	   "a socket that was connected cannot be again");
	end.snapshot.stepped = false;
	text = drawn(&end, NULL, 200, 30);
	ok(strstr(text, "There is no connection any more. /reconnect opens a new one."),
	   "a session can");
	end.snapshot.accepted = true;
	text = drawn(&end, NULL, 200, 30);
	ok(strstr(text, "yours, /close. Its client may connect again."), "what was accepted cannot");
	struct entry reset = { .time = 6, .session = 2, .call = CALL_RECV, .error = ECONNRESET };
	transcript_append(transcript, &reset, NULL, "", 0);
	states_trace(&end, transcript);
	ok(!(end.deduced & bit(STATE_LAST_ACK)), "nor has one that was reset");
	transcript_free(transcript);
}

static void trace(void)
{
	struct states_end end = { .snapshot = snapshot_idle() };
	transcript = transcript_new(1 << 22, 1 << 20);
	put_call(CALL_SOCKET, 1);
	put_reading(STATE_CLOSE_WAIT, 0, 2); /* of a connection before */
	put_call(CALL_SOCKET, 3);
	put_call(CALL_CONNECT, 4);
	put_reading(STATE_ESTABLISHED, STATE_CLOSED, 5);
	put_reading(STATE_ESTABLISHED, 0, 6);
	states_trace(&end, transcript);
	is_int(end.visited, bit(STATE_ESTABLISHED) | bit(STATE_CLOSED), "what was read since");
	is_int(end.deduced, bit(STATE_SYN_SENT), "and what a client has passed through");
	is_int(end.since, 5, "since the first sample of it");
	put_reading(STATE_FIN_WAIT2, STATE_ESTABLISHED, 9);
	snapshot_set(&end.snapshot, SAMPLE_STATE, STATE_FIN_WAIT2);
	states_trace(&end, transcript);
	is_int(end.deduced, bit(STATE_SYN_SENT) | bit(STATE_FIN_WAIT1), "FIN_WAIT1 was too short");
	is_int(end.since, 9, "since then");
	end.snapshot.accepted = true;
	states_trace(&end, transcript);
	is_int(end.deduced, bit(STATE_SYN_RECV) | bit(STATE_FIN_WAIT1), "who is accepted");
	ok(!end.older, "whose state was seen to begin");
	struct entry garbage = { .time = 10, .session = 2, .call = CALL_SAMPLE };
	transcript_append(transcript, &garbage, NULL, "\xff\xff\xff", 3);
	states_trace(&end, transcript);
	is_int(end.since, 9, "what is no sample changes nothing");
	end.snapshot = snapshot_accepted();
	states_trace(&end, transcript);
	is_int(end.since, 0, "no entries, no instant");
	put_reading(STATE_FIN_WAIT2, 0, 12);
	for (int i = 0; i < 4000; i++)
		put_call(CALL_RECV, 20);
	end.snapshot = snapshot_idle();
	snapshot_set(&end.snapshot, SAMPLE_STATE, STATE_FIN_WAIT2);
	states_trace(&end, transcript);
	is_int(end.since, 9, "nothing new for long");
	put_reading(STATE_FIN_WAIT2, 0, 21);
	for (int i = 0; i < 4090; i++)
		put_call(CALL_RECV, 22);
	states_trace(&end, transcript);
	is_int(end.since, 0, "since when it is so for too long is not known");
	for (int i = 0; i < 10000; i++)
		put_call(CALL_RECV, 20);
	end.snapshot = snapshot_idle();
	states_trace(&end, transcript);
	is_int(end.visited, bit(STATE_ESTABLISHED), "the way back is bounded");
	transcript_free(transcript);
}

/* ---- any size ---- */

static void sizes(void)
{
	struct states_end mine, peer;
	int wide = 0, lost = 0;
	make_half(&mine, &peer);
	mine.since = peer.since = clock_now();
	for (int columns = 20; columns <= 220; columns++)
		for (int height = 1; height < 40; height += 3) {
			const char *text = drawn(&mine, &peer, columns, height);
			lost += !strstr(text, "[demo]") || !strstr(text, "[3]");
			for (size_t i = 0; i < rows.count; i++)
				wide += rows.row[i].columns > columns;
		}
	const char *text = drawn(&mine, &peer, 80, 15);
	ok(strstr(text, "LAST_ACK") < strstr(text, "Nothing more happens"),
	   "the drawing is on top where all of it is seen");
	text = drawn(&mine, &peer, 80, 14);
	ok(strstr(text, "LAST_ACK") > strstr(text, "Nothing more happens"),
	   "else what is said of the states");
	is_int(wide, 0, "no row is too wide");
	is_int(lost, 0, "both ends are always there");
	is_int(peer.since ? strstr(drawn(&mine, &peer, 200, 30), " since ") != NULL : 0, 1,
	       "since when");
	peer.older = true;
	ok(strstr(drawn(&mine, &peer, 200, 30), " at least since "), "or for how long at least");
	setlocale(LC_ALL, "C");
	int beyond = 0;
	for (const char *p = drawn(&mine, &peer, 80, 30); *p; p++)
		beyond += (unsigned char)*p > 0x7e;
	is_int(beyond, 0, "without UTF-8 it is ASCII");
	ok(strstr(drawn(&mine, &peer, 80, 30), "connect .------------+------------. listen"),
	   "lines are of signs then");
}

int main(void)
{
	tap_watchdog(30);
	if (!setlocale(LC_ALL, "C.UTF-8")) {
		tap_skip("no C.UTF-8 here");
		return tap_done();
	}
	golden();
	advice();
	ends();
	trace();
	sizes();
	rows_free(&rows);
	buf_free(&out);
	return tap_done();
}
