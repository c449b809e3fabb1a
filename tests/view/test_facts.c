// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/page/facts.h"

#include <string.h>

#include "base/clock.h"
#include "support/tap.h"
#include "view/facts_samples.h"

static void states(void)
{
	struct facts facts = facts_idle();
	char text[FACTS_STATE], tag[FACTS_TAG];
	is_text(facts_format_state(&facts, text), "ESTABLISHED *", "a state that was read");
	facts.open = false;
	facts.told = "closed";
	is_text(facts_format_state(&facts, text), "closed", "which is over with the descriptor");
	facts = facts_time_wait();
	is_text(facts_format_state(&facts, text), "TIME_WAIT *", "what is left of it");
	facts_set(&facts, READING_STATE, STATE_GONE);
	is_text(facts_format_state(&facts, text), "closed *", "and nothing in the end");
	facts = facts_idle();
	facts.reading = (struct reading){ 0 };
	is_text(facts_format_state(&facts, text), "ESTABLISHED ?", "a state our calls tell");
	facts_set(&facts, READING_STATE, 4711);
	is_text(facts_format_state(&facts, text), "ESTABLISHED ?", "a number of no state is none");
	facts = facts_datagrams(0);
	is_text(facts_format_state(&facts, text), "UDP", "datagrams have none");
	facts = facts_idle();
	is_text(facts_format_tag(&facts, tag), "[demo]", "a short name");
	facts.name = "127.0.0.1:7001";
	is_text(facts_format_tag(&facts, tag), "[2]", "or a number");
	facts = facts_listener(1, 1);
	ok(!facts_queue_is_full(&facts), "a queue of one more than asked is not full");
	facts_set(&facts, READING_QUEUE, 2);
	ok(facts_queue_is_full(&facts), "but then");
}

static void fins(void)
{
	struct facts facts = facts_idle();
	uint64_t bytes;
	facts_set(&facts, READING_STATE, STATE_FIN_WAIT1);
	facts_set(&facts, READING_OUTQ, 1);
	ok(facts_in_flight(&facts, &bytes) && bytes == 1, "of what is read a FIN is no byte");
	facts_set(&facts, READING_OUTQ, 6);
	facts_set(&facts, READING_NOTSENT, 6);
	ok(facts_held_back(&facts, &bytes) && bytes == 6, "nor of what is held back");
	ok(facts_unacknowledged(&facts, &bytes) && bytes == 6, "nor of both");
	ok(facts_in_flight(&facts, &bytes) && bytes == 0, "nothing is in flight then");
	facts_set(&facts, READING_OUTQ, 0);
	ok(facts_in_flight(&facts, &bytes) && bytes == 0,
	   "two readings that differ make no number");
}

static void limits(void)
{
	struct facts facts = facts_idle();
	is_int(facts_limit(&facts), LIMIT_NO_DATA, "nothing to send");
	facts_set(&facts, READING_OUTQ, 11);
	is_int(facts_limit(&facts), LIMIT_NETWORK, "an acknowledgement is missing");
	facts_set(&facts, READING_NOTSENT, 8);
	is_int(facts_limit(&facts), LIMIT_NAGLE, "less than a segment behind it: Nagle");
	facts_set(&facts, READING_UNACKED, 10);
	is_int(facts_limit(&facts), LIMIT_NETWORK, "a full congestion window");
	facts_set(&facts, READING_SND_WND, 3);
	is_int(facts_limit(&facts), LIMIT_PEER_WINDOW, "a full window of the peer");
	facts_set(&facts, READING_NOTSENT, 0);
	facts.unsent = 5;
	is_int(facts_limit(&facts), LIMIT_SEND_BUFFER, "the kernel takes no more");
	facts.open = false;
	is_int(facts_limit(&facts), LIMIT_UNKNOWN, "nothing is known of a closed one");
}

static void countdowns(void)
{
	struct facts facts = facts_time_wait();
	char text[FACTS_TIMER], left[FACTS_LEFT];
	facts.age = 2 * CLOCK_S;
	is_text(facts_format_timer(&facts, text), "49 s left", "a timer goes on by itself");
	facts.age = 100 * CLOCK_S;
	is_text(facts_format_timer(&facts, text), "0 ms left", "and ends at nothing");
	facts_set(&facts, READING_TIMER_LEFT, UINT64_MAX);
	facts_set(&facts, READING_TIMER, UINT64_MAX);
	is_text(facts_format_timer(&facts, text), "", "a timer of no kind is none");
	is_text(facts_format_left(9990 * CLOCK_MS, left), "10.0 s", "tenths below ten seconds");
	is_text(facts_format_left(816 * CLOCK_MS, left), "816 ms", "thousandths below one");
	facts = facts_idle();
	facts_set(&facts, READING_TIMER, TIMER_RETRANSMIT);
	facts_set(&facts, READING_RETRANSMITS, 2);
	facts_set(&facts, READING_TIMER_LEFT, 816 * FACTS_MS);
	is_text(facts_format_timer(&facts, text), "retransmit 3 in 816 ms", "the third is due");
	facts.open = false;
	is_text(facts_format_timer(&facts, text), "", "what was read before close() is over");
}

int main(void)
{
	tap_watchdog(30);
	states();
	fins();
	limits();
	countdowns();
	return tap_done();
}
