// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/status.h"

#include <locale.h>

#include "support/tap.h"
#include "view/facts_samples.h"

static struct row row;
static struct buf text = { .max = SIZE_MAX };

static const char *status(const struct facts *facts, const char *mode, int columns)
{
	struct status_words words = { "LF", "chat", mode };
	status_draw(facts, &words, columns, &row);
	buf_clear(&text);
	row_print(&row, &text);
	return buf_text(&text);
}

static void is_status(const struct facts *facts, int columns, const char *want, const char *what)
{
	char name[96];
	snprintf(name, sizeof name, "%s, %d columns", what, columns);
	is_text(status(facts, "", columns), want, name);
}

static void idle(void)
{
	struct facts facts = facts_idle();
	is_status(&facts, 200, " tcp ESTABLISHED *  ↑15 ↓15  LF  chat", "idle on loopback");
	is_status(&facts, 80, " tcp ESTABLISHED *  ↑15 ↓15  LF  chat", "idle on loopback");
	is_status(&facts, 40, " tcp ESTABLISHED *  ↑15 ↓15  LF  chat", "idle on loopback");
	is_status(&facts, 20, " tcp ESTABLISHED *", "idle on loopback");
	facts.local.ip[0] = facts.peer.ip[0] = 10;
	is_status(&facts, 200,
	          " tcp ESTABLISHED *  rtt 0.03 ms ± 0.01 ms  cwnd 10  ↑15 ↓15  LF  chat",
	          "idle elsewhere");
	is_status(&facts, 40, " tcp ESTABLISHED *  cwnd 10  ↑15 ↓15  LF", "idle elsewhere");
	facts.reading.present &= ~(UINT64_C(1) << READING_RTT);
	is_status(&facts, 200, " tcp ESTABLISHED *  ↑15 ↓15  LF  chat", "no round trip yet");
	is_status(NULL, 80, " LF  chat", "no session");
	facts.reading.present = 0;
	is_status(&facts, 80, " tcp ESTABLISHED ?  ↑15 ↓15  LF  chat", "not read");
}

static void stuck(void)
{
	struct facts facts = facts_stuck();
	is_status(&facts, 200,
	          " tcp ESTABLISHED *  window probe in 844 ms  held back 16.0k  peer's window 0  "
	          "↑54.0k ↓15  LF  chat",
	          "nobody reads");
	is_status(&facts, 80,
	          " tcp ESTABLISHED *  window probe in 844 ms  held back 16.0k  peer's window 0  LF",
	          "nobody reads");
	is_status(&facts, 40, " tcp ESTABLISHED *  peer's window 0  LF", "nobody reads");
	is_status(&facts, 20, " tcp ESTABLISHED *", "nobody reads");
	facts = facts_accepted();
	facts.paused = true;
	facts_set(&facts, READING_INQ, 38000);
	is_status(&facts, 80, " tcp ESTABLISHED *  to read 38000  ↑15 ↓15  LF  chat", "paused");
	facts_set(&facts, READING_INQ, 0);
	is_status(&facts, 80, " tcp ESTABLISHED *  to read 0  ↑15 ↓15  LF  chat", "nothing yet");
	facts_set(&facts, READING_STATE, STATE_SYN_SENT);
	is_status(&facts, 80, " tcp SYN_SENT *  ↑15 ↓15  LF  chat", "nothing can come yet");
	facts = facts_idle();
	facts_set(&facts, READING_OUTQ, 11);
	facts_set(&facts, READING_NOTSENT, 8);
	facts.unsent = 5;
	is_status(&facts, 200,
	          " tcp ESTABLISHED *  unsent 5  held back 8  in flight 3  held up by Nagle  "
	          "↑15 ↓15  LF  chat",
	          "Nagle");
}

static void losses(void)
{
	struct facts facts = facts_idle();
	facts_set(&facts, READING_TOTAL_RETRANS, 3);
	facts_set(&facts, READING_TIMER, TIMER_RETRANSMIT);
	facts_set(&facts, READING_TIMER_LEFT, 816 * FACTS_MS);
	facts_set(&facts, READING_RETRANSMITS, 1);
	is_status(&facts, 200,
	          " tcp ESTABLISHED *  retransmit 2 in 816 ms  retransmitted 3  ↑15 ↓15  LF  chat",
	          "lost");
	facts_set(&facts, READING_DSACK_DUPS, 3);
	ok(!strstr(status(&facts, "", 200), "retransmitted"), "probes are no loss");
	facts = facts_datagrams(81);
	facts_set(&facts, READING_INQ, 0);
	is_status(&facts, 200, " udp  1 peer  dropped 81  ↑0 ↓1900  LF  chat", "drops");
	is_status(&facts, 20, " udp  dropped 81  LF", "drops");
}

static void servers(void)
{
	struct facts facts = facts_listener(2, 1);
	facts.others = 3;
	is_status(&facts, 80, " tcp LISTEN *  service echo  queue 2/1  3 clients  LF  chat",
	          "a listener");
	is_status(&facts, 40, " tcp LISTEN *  service echo  queue 2/1", "a listener");
	facts.sockets[0].reading = facts.sockets[1].reading = facts.reading;
	reading_set(&facts.sockets[0].reading, READING_QUEUE, 0);
	facts.socket_count = 2;
	is_status(&facts, 80, " tcp LISTEN *  service echo  queue 0+2/1  3 clients  LF  chat",
	          "of two sockets both queues");
	is_status(&facts, 20, " tcp LISTEN *  LF", "a listener");
}

static void closed(void)
{
	struct facts facts = facts_time_wait();
	is_status(&facts, 80, " tcp TIME_WAIT *  51 s left  ↑15 ↓15  LF  chat", "after close()");
	is_status(&facts, 40, " tcp TIME_WAIT *  51 s left  ↑15 ↓15  LF", "after close()");
	facts_set(&facts, READING_STATE, STATE_GONE);
	facts_set(&facts, READING_TIMER, TIMER_OFF);
	is_status(&facts, 80, " tcp closed *  ↑15 ↓15  LF  chat", "gone");
	facts = facts_idle();
	facts_set(&facts, READING_TIMER, TIMER_KEEPALIVE);
	facts_set(&facts, READING_TIMER_LEFT, UINT64_C(7200) * FACTS_S);
	is_status(&facts, 80, " tcp ESTABLISHED *  ↑15 ↓15  LF  chat", "keepalive is no news");
}

static void widths(void)
{
	struct facts facts = facts_stuck();
	int wide = 0;
	for (int field = 0; field < READING_COUNT; field++)
		facts_set(&facts, (enum reading_field)field, UINT64_MAX);
	for (int columns = 1; columns < 220; columns++) {
		status(&facts, "SCROLLED vi:ins", columns);
		wide += row.columns > columns;
	}
	is_int(wide, 0, "it is never too wide, whatever the kernel says");
	setlocale(LC_ALL, "C");
	facts = facts_idle();
	is_text(status(&facts, "", 80), " tcp ESTABLISHED *  sent 15 received 15  LF  chat",
	        "in ASCII words are words");
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
	losses();
	servers();
	closed();
	widths();
	row_free(&row);
	buf_free(&text);
	return tap_done();
}
