// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/page/snapshot.h"

#include <string.h>

#include "base/clock.h"
#include "support/tap.h"
#include "view/snapshot_samples.h"

static void states(void)
{
	struct snapshot snapshot = snapshot_idle();
	char text[SNAPSHOT_STATE], tag[SNAPSHOT_TAG];
	is_text(snapshot_format_state(&snapshot, text), "ESTABLISHED *", "a state that was read");
	snapshot.open = false;
	snapshot.state_by_calls = STATE_GONE;
	is_text(snapshot_format_state(&snapshot, text), "CLOSED",
	        "which is over with the descriptor");
	snapshot = snapshot_time_wait();
	is_text(snapshot_format_state(&snapshot, text), "TIME_WAIT *", "what is left of it");
	snapshot_set(&snapshot, SAMPLE_STATE, STATE_GONE);
	is_text(snapshot_format_state(&snapshot, text), "CLOSED *", "and nothing in the end");
	snapshot = snapshot_idle();
	snapshot.sample = (struct sample){ 0 };
	is_text(snapshot_format_state(&snapshot, text), "ESTABLISHED ?", "a state by our calls");
	snapshot_set(&snapshot, SAMPLE_STATE, 4711);
	is_text(snapshot_format_state(&snapshot, text), "ESTABLISHED ?",
	        "a number of no state is none");
	snapshot = snapshot_datagrams(0);
	is_text(snapshot_format_state(&snapshot, text), "UDP", "datagrams have none");
	snapshot = snapshot_idle();
	is_text(snapshot_format_tag(&snapshot, tag), "[demo]", "a short name");
	snapshot.name = "127.0.0.1:7001";
	is_text(snapshot_format_tag(&snapshot, tag), "[2]", "or a number");
	snapshot = snapshot_listener(1, 1);
	ok(!snapshot_queue_is_full(&snapshot), "a queue of one more than asked is not full");
	snapshot_set(&snapshot, SAMPLE_QUEUE, 2);
	ok(snapshot_queue_is_full(&snapshot), "but then");
}

static void fins(void)
{
	struct snapshot snapshot = snapshot_idle();
	uint64_t bytes;
	snapshot_set(&snapshot, SAMPLE_STATE, STATE_FIN_WAIT1);
	snapshot_set(&snapshot, SAMPLE_OUTQ, 1);
	ok(snapshot_in_flight(&snapshot, &bytes) && bytes == 1, "of what is read a FIN is no byte");
	snapshot_set(&snapshot, SAMPLE_OUTQ, 6);
	snapshot_set(&snapshot, SAMPLE_NOTSENT, 6);
	ok(snapshot_held_back(&snapshot, &bytes) && bytes == 6, "nor of what is held back");
	ok(snapshot_unacknowledged(&snapshot, &bytes) && bytes == 6, "nor of both");
	ok(snapshot_in_flight(&snapshot, &bytes) && bytes == 0, "nothing is in flight then");
	snapshot_set(&snapshot, SAMPLE_OUTQ, 0);
	ok(snapshot_in_flight(&snapshot, &bytes) && bytes == 0,
	   "two samples that differ make no number");
}

static void limits(void)
{
	struct snapshot snapshot = snapshot_idle();
	is_int(snapshot_limit(&snapshot), LIMIT_NO_DATA, "nothing to send");
	snapshot_set(&snapshot, SAMPLE_OUTQ, 11);
	is_int(snapshot_limit(&snapshot), LIMIT_NETWORK, "an acknowledgement is missing");
	snapshot_set(&snapshot, SAMPLE_NOTSENT, 8);
	is_int(snapshot_limit(&snapshot), LIMIT_NAGLE, "less than a segment after it: Nagle");
	snapshot.nodelay = true;
	is_int(snapshot_limit(&snapshot), LIMIT_AUTOCORKING, "but not where TCP_NODELAY is on");
	is_text(snapshot_limit_name(LIMIT_AUTOCORKING), "tcp_autocorking", "which has its name");
	snapshot.corked = true;
	is_int(snapshot_limit(&snapshot), LIMIT_CORK, "nor where TCP_CORK is, which counts more");
	snapshot.nodelay = false;
	is_int(snapshot_limit(&snapshot), LIMIT_CORK, "also by itself");
	snapshot.corked = false;
	snapshot_set(&snapshot, SAMPLE_UNACKED, 10);
	is_int(snapshot_limit(&snapshot), LIMIT_NETWORK, "a full congestion window");
	snapshot_set(&snapshot, SAMPLE_SND_WND, 3);
	is_int(snapshot_limit(&snapshot), LIMIT_PEER_WINDOW, "a full window of the peer");
	snapshot_set(&snapshot, SAMPLE_NOTSENT, 0);
	snapshot.unsent = 5;
	is_int(snapshot_limit(&snapshot), LIMIT_SEND_BUFFER, "the kernel takes no more");
	snapshot.tls_handshake = true;
	is_int(snapshot_limit(&snapshot), LIMIT_TLS, "no clear text leaves before the handshake is over");
	snapshot.tls_handshake = false;
	snapshot.fault_holds = true;
	is_int(snapshot_limit(&snapshot), LIMIT_FAULT, "/fault lets nothing go");
	snapshot.fault_holds = false;
	snapshot.open = false;
	is_int(snapshot_limit(&snapshot), LIMIT_UNKNOWN, "nothing is known of a closed one");
}

/* Twenty segments of 1000 bytes in a millisecond are 20 MB/s: what TCP would pace by is more. */
static void paced(void)
{
	struct snapshot snapshot = snapshot_idle();
	snapshot_set(&snapshot, SAMPLE_SND_MSS, 1000);
	snapshot_set(&snapshot, SAMPLE_CWND, 20);
	snapshot_set(&snapshot, SAMPLE_RTT, SNAPSHOT_MS);
	snapshot_set(&snapshot, SAMPLE_PACING_RATE, 24000000);
	snapshot_set(&snapshot, SAMPLE_SND_WND, 65536);
	snapshot_set(&snapshot, SAMPLE_UNACKED, 0);
	snapshot_set(&snapshot, SAMPLE_OUTQ, 5000);
	snapshot_set(&snapshot, SAMPLE_NOTSENT, 5000);
	is_int(snapshot_limit(&snapshot), LIMIT_UNKNOWN, "with nothing in flight no ACK is missing");
	snapshot_set(&snapshot, SAMPLE_PACING_RATE, 1000);
	is_int(snapshot_limit(&snapshot), LIMIT_PACING, "a rate below the window's holds it");
	is_text(snapshot_limit_name(LIMIT_PACING), "pacing", "and is named");
	snapshot_set(&snapshot, SAMPLE_OUTQ, 500);
	snapshot_set(&snapshot, SAMPLE_NOTSENT, 500);
	is_int(snapshot_limit(&snapshot), LIMIT_PACING, "little, too");
	snapshot_set(&snapshot, SAMPLE_PACING_RATE, 40000000);
	is_int(snapshot_limit(&snapshot), LIMIT_CORK, "which a cork holds without such a rate");
	snapshot_set(&snapshot, SAMPLE_SND_WND, 0);
	is_int(snapshot_limit(&snapshot), LIMIT_PEER_WINDOW, "a closed window comes first");
}

static void countdowns(void)
{
	struct snapshot snapshot = snapshot_time_wait();
	char text[SNAPSHOT_TIMER], left[SNAPSHOT_LEFT];
	snapshot.age = 2 * CLOCK_S;
	is_text(snapshot_format_timer(&snapshot, text), "49 s left", "a timer goes on by itself");
	snapshot.age = 100 * CLOCK_S;
	is_text(snapshot_format_timer(&snapshot, text), "0 ms left", "and ends at nothing");
	snapshot_set(&snapshot, SAMPLE_TIMER_LEFT, UINT64_MAX);
	snapshot_set(&snapshot, SAMPLE_TIMER, UINT64_MAX);
	is_text(snapshot_format_timer(&snapshot, text), "", "a timer of no kind is none");
	is_text(snapshot_format_left(9990 * CLOCK_MS, left), "10.0 s", "tenths below ten seconds");
	is_text(snapshot_format_left(816 * CLOCK_MS, left), "816 ms", "thousandths below one");
	snapshot = snapshot_idle();
	snapshot_set(&snapshot, SAMPLE_TIMER, TIMER_RETRANSMIT);
	snapshot_set(&snapshot, SAMPLE_RETRANSMITS, 2);
	snapshot_set(&snapshot, SAMPLE_TIMER_LEFT, 816 * SNAPSHOT_MS);
	is_text(snapshot_format_timer(&snapshot, text), "retransmission 3 in 816 ms",
	        "the third is due");
	snapshot.open = false;
	is_text(snapshot_format_timer(&snapshot, text), "", "what was read before close() is over");
}

int main(void)
{
	tap_watchdog(30);
	states();
	fins();
	limits();
	paced();
	countdowns();
	return tap_done();
}
