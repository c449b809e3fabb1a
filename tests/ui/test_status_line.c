// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/status_line.h"

#include <locale.h>

#include "support/tap.h"
#include "view/snapshot_samples.h"

static struct row row;
static struct buf text = { .max = SIZE_MAX };
static const char *replay = "", *filter = "";

static const char *status(const struct snapshot *snapshot, const char *mode, int columns)
{
	struct status_words words = { "LF", "chat", mode, filter, replay };
	status_line_draw_snapshot(snapshot, &words, columns, &row);
	buf_clear(&text);
	row_print(&row, &text);
	return buf_text(&text);
}

static void is_status(const struct snapshot *snapshot, int columns, const char *want,
                      const char *what)
{
	char name[96];
	snprintf(name, sizeof name, "%s, %d columns", what, columns);
	is_text(status(snapshot, "", columns), want, name);
}

static void idle(void)
{
	struct snapshot snapshot = snapshot_idle();
	is_status(&snapshot, 200, " tcp ESTABLISHED *  ↑15 ↓15  LF  chat", "idle on loopback");
	is_status(&snapshot, 80, " tcp ESTABLISHED *  ↑15 ↓15  LF  chat", "idle on loopback");
	is_status(&snapshot, 40, " tcp ESTABLISHED *  ↑15 ↓15  LF  chat", "idle on loopback");
	is_status(&snapshot, 20, " tcp ESTABLISHED *", "idle on loopback");
	snapshot.local.ip[0] = snapshot.peer.ip[0] = 10;
	is_status(&snapshot, 200,
	          " tcp ESTABLISHED *  rtt 0.03 ms ± 0.01 ms  cwnd 10  ↑15 ↓15  LF  chat",
	          "idle elsewhere");
	is_status(&snapshot, 40, " tcp ESTABLISHED *  cwnd 10  ↑15 ↓15  LF", "idle elsewhere");
	snapshot.sample.present &= ~(UINT64_C(1) << SAMPLE_RTT);
	is_status(&snapshot, 200, " tcp ESTABLISHED *  ↑15 ↓15  LF  chat", "no round trip yet");
	snapshot.host = HOST_LEFT;
	is_status(&snapshot, 80, " tcp ESTABLISHED *  on left  ↑15 ↓15  LF  chat",
	          "on a host of the sandbox");
	is_status(&snapshot, 40, " tcp ESTABLISHED *  on left  ↑15 ↓15  LF",
	          "on a host of the sandbox");
	snapshot.host = HOST_HERE;
	is_status(NULL, 80, " LF  chat", "no session");
	snapshot.sample.present = 0;
	is_status(&snapshot, 80, " tcp ESTABLISHED ?  ↑15 ↓15  LF  chat", "not read");
}

static void stuck(void)
{
	struct snapshot snapshot = snapshot_stuck();
	is_status(&snapshot, 200,
	          " tcp ESTABLISHED *  window probe in 844 ms  held back 16.0k  peer's window 0  "
	          "↑54.0k ↓15  LF  chat",
	          "nobody reads");
	is_status(
	        &snapshot, 80,
	        " tcp ESTABLISHED *  window probe in 844 ms  held back 16.0k  peer's window 0  LF",
	        "nobody reads");
	is_status(&snapshot, 40, " tcp ESTABLISHED *  peer's window 0  LF", "nobody reads");
	is_status(&snapshot, 20, " tcp ESTABLISHED *", "nobody reads");
	snapshot = snapshot_accepted();
	snapshot.paused = true;
	snapshot_set(&snapshot, SAMPLE_INQ, 38000);
	is_status(&snapshot, 80, " tcp ESTABLISHED *  to read 38000  ↑15 ↓15  LF  chat", "paused");
	snapshot_set(&snapshot, SAMPLE_INQ, 0);
	is_status(&snapshot, 80, " tcp ESTABLISHED *  to read 0  ↑15 ↓15  LF  chat", "nothing yet");
	snapshot_set(&snapshot, SAMPLE_STATE, STATE_SYN_SENT);
	is_status(&snapshot, 80, " tcp SYN_SENT *  ↑15 ↓15  LF  chat", "nothing can come yet");
	snapshot = snapshot_idle();
	snapshot_set(&snapshot, SAMPLE_OUTQ, 11);
	snapshot_set(&snapshot, SAMPLE_NOTSENT, 8);
	snapshot.unsent = 5;
	is_status(&snapshot, 200,
	          " tcp ESTABLISHED *  unsent 5  held back 8  in flight 3  held up by Nagle  "
	          "↑15 ↓15  LF  chat",
	          "Nagle");
	snapshot.nodelay = true;
	is_status(&snapshot, 200,
	          " tcp ESTABLISHED *  unsent 5  held back 8  in flight 3  ↑15 ↓15  LF  chat",
	          "not Nagle, where TCP_NODELAY is on");
}

static void handshakes(void)
{
	struct snapshot snapshot = snapshot_idle();
	snapshot.tls = snapshot.tls_handshake = true;
	snapshot.tls_elapsed = 3200 * CLOCK_MS;
	is_status(&snapshot, 80, " tls ESTABLISHED *  handshake 3.2 s  ↑15 ↓15  LF  chat",
	          "a handshake that has not ended");
	snapshot.tls_elapsed = 51 * CLOCK_S;
	is_status(&snapshot, 40, " tls ESTABLISHED *  handshake 51 s  LF", "nor after long");
	snapshot.tls_handshake = false;
	is_status(&snapshot, 80, " tls ESTABLISHED *  ↑15 ↓15  LF  chat", "one that has");
}

static void losses(void)
{
	struct snapshot snapshot = snapshot_idle();
	snapshot_set(&snapshot, SAMPLE_TOTAL_RETRANS, 3);
	snapshot_set(&snapshot, SAMPLE_TIMER, TIMER_RETRANSMIT);
	snapshot_set(&snapshot, SAMPLE_TIMER_LEFT, 816 * SNAPSHOT_MS);
	snapshot_set(&snapshot, SAMPLE_RETRANSMITS, 1);
	is_status(&snapshot, 200,
	          " tcp ESTABLISHED *  retransmission 2 in 816 ms  retransmitted 3  ↑15 ↓15  LF  chat",
	          "lost");
	snapshot_set(&snapshot, SAMPLE_DSACK_DUPS, 3);
	ok(!strstr(status(&snapshot, "", 200), "retransmitted"), "probes are no loss");
	snapshot = snapshot_datagrams(81);
	snapshot_set(&snapshot, SAMPLE_INQ, 0);
	is_status(&snapshot, 200, " udp  1 peer  dropped 81  ↑0 ↓1900  LF  chat", "drops");
	is_status(&snapshot, 20, " udp  dropped 81  LF", "drops");
}

static void servers(void)
{
	struct snapshot snapshot = snapshot_listener(2, 1);
	snapshot.others = 3;
	is_status(&snapshot, 80, " tcp LISTEN *  service echo  queue 2/2  3 clients  LF  chat",
	          "a listener");
	is_status(&snapshot, 40, " tcp LISTEN *  service echo  queue 2/2", "a listener");
	strcpy(snapshot.faults, "in loss 10%; seed 7");
	is_status(&snapshot, 40, " tcp LISTEN *  faults on  queue 2/2  LF", "that misbehaves on purpose");
	snapshot.faults[0] = '\0';
	strcpy(snapshot.service_words, "iterative");
	is_status(&snapshot, 80, " tcp LISTEN *  service echo iterative  queue 2/2  3 clients  LF  chat",
	          "with few words");
	strcpy(snapshot.service_words, "\"GET /\" page.http after 1s close");
	is_status(&snapshot, 80, " tcp LISTEN *  service echo  queue 2/2  3 clients  LF  chat",
	          "with many");
	snapshot.service_words[0] = '\0';
	snapshot.sockets[0].sample = snapshot.sockets[1].sample = snapshot.sample;
	sample_set(&snapshot.sockets[0].sample, SAMPLE_QUEUE, 0);
	snapshot.socket_count = 2;
	is_status(&snapshot, 80, " tcp LISTEN *  service echo  queue 0+2/2  3 clients  LF  chat",
	          "of two sockets both queues");
	is_status(&snapshot, 20, " tcp LISTEN *  LF", "a listener");
}

static void closed(void)
{
	struct snapshot snapshot = snapshot_time_wait();
	is_status(&snapshot, 80, " tcp TIME_WAIT *  51 s left  ↑15 ↓15  LF  chat", "after close()");
	is_status(&snapshot, 40, " tcp TIME_WAIT *  51 s left  ↑15 ↓15  LF", "after close()");
	snapshot_set(&snapshot, SAMPLE_STATE, STATE_GONE);
	snapshot_set(&snapshot, SAMPLE_TIMER, TIMER_OFF);
	is_status(&snapshot, 80, " tcp CLOSED *  ↑15 ↓15  LF  chat", "gone");
	snapshot = snapshot_idle();
	snapshot_set(&snapshot, SAMPLE_TIMER, TIMER_KEEPALIVE);
	snapshot_set(&snapshot, SAMPLE_TIMER_LEFT, UINT64_C(7200) * SNAPSHOT_S);
	is_status(&snapshot, 80, " tcp ESTABLISHED *  ↑15 ↓15  LF  chat", "keepalive is no news");
}

static void widths(void)
{
	struct snapshot snapshot = snapshot_stuck();
	int wide = 0;
	for (int field = 0; field < SAMPLE_COUNT; field++)
		snapshot_set(&snapshot, (enum sample_field)field, UINT64_MAX);
	for (int columns = 1; columns < 220; columns++) {
		status(&snapshot, "SCROLLED vi:ins", columns);
		wide += row.columns > columns;
	}
	is_int(wide, 0, "it is never too wide, whatever the kernel says");
	setlocale(LC_ALL, "C");
	snapshot = snapshot_idle();
	is_text(status(&snapshot, "", 80), " tcp ESTABLISHED *  sent 15 received 15  LF  chat",
	        "in ASCII words are words");
}

static void replays(void)
{
	struct snapshot snapshot = snapshot_idle();
	replay = "replay 12.5 s of 47.0 s, x1, paused";
	is_status(&snapshot, 80,
	          " tcp ESTABLISHED *  ↑15 ↓15  replay 12.5 s  of 47.0 s  x1, paused  LF  chat",
	          "a replay");
	is_status(&snapshot, 47, " tcp ESTABLISHED *  replay 12.5 s  x1, paused", "a replay");
	is_status(&snapshot, 40, " tcp ESTABLISHED *  replay 12.5 s  LF", "a replay");
	filter = "FILTER err";
	is_status(&snapshot, 40, " tcp ESTABLISHED *  ↑15 ↓15  FILTER err",
	          "in a narrow row, what hides rows comes first");
	is_status(&snapshot, 20, " ESTABLISHE…  FILTER", "and leaves the state what room there is");
	is_text(status(&snapshot, "SCROLLED", 40), " tcp ESTABLISHED *  FILTER err  SCROLLED", "it is not all");
	filter = "FILTER not error";
	is_status(&snapshot, 32, " tcp ESTABLISHED *  FILTER not …", "it is cut itself");
	is_status(&snapshot, 27, " tcp ESTABLISHED *  FILTER", "to its first word");
	filter = "";
	replay = "recording";
	is_status(&snapshot, 40, " tcp ESTABLISHED *  ↑15 ↓15  recording", "what is left of it");
	replay = "";
}

int main(void)
{
	tap_watchdog(30);
	if (!setlocale(LC_ALL, "C.UTF-8")) {
		tap_skip("no C.UTF-8 here");
		return tap_done();
	}
	idle();
	stuck();
	handshakes();
	losses();
	servers();
	closed();
	replays();
	widths();
	row_free(&row);
	buf_free(&text);
	return tap_done();
}
