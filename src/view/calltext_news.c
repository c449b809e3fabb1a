// SPDX-License-Identifier: GPL-3.0-or-later
#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "view/calltext.h"
#include "view/phrases.h"

static bool is_new(const struct sample *now, const struct sample *before, enum sample_field field)
{
	return sample_has(now, field) &&
	       (!before || !sample_has(before, field) || before->value[field] != now->value[field]);
}

/* The peer's FIN is what leads there. It leads to others, too, but behind close() nobody can read
 * any more. */
static bool has_ended(const struct sample *sample)
{
	return sample_has(sample, SAMPLE_OLD_STATE) && sample_is(sample, STATE_CLOSE_WAIT);
}

/* From these no orderly way leads to CLOSED without a call of ours. */
static bool has_failed(const struct sample *sample)
{
	return sample_is(sample, STATE_CLOSED) && (phrases_came_from(sample, STATE_SYN_SENT) ||
	                                           phrases_came_from(sample, STATE_ESTABLISHED) ||
	                                           phrases_came_from(sample, STATE_CLOSE_WAIT));
}

static void say_readable(const struct sample *now, const struct sample *before,
                         const struct phrases *phrases)
{
	uint64_t bytes = sample_get(now, SAMPLE_INQ);
	uint64_t waiting = sample_get(now, SAMPLE_QUEUE);
	if (bytes && is_new(now, before, SAMPLE_INQ))
		phrases_add(phrases, "readable: %" PRIu64 " byte%s to read *", bytes,
		            phrases_plural(bytes));
	else if (has_ended(now))
		phrases_add(phrases, "readable: end of file *");
	if (waiting && is_new(now, before, SAMPLE_QUEUE))
		phrases_add(phrases, "readable: %" PRIu64 " connection%s wait%s", waiting,
		            phrases_plural(waiting), waiting == 1 ? "s" : "");
	if (is_new(now, before, SAMPLE_QUEUE))
		phrases_add_queue(now, phrases);
	if (has_failed(now))
		phrases_add(phrases, "error pending ?");
}

/* A window moves with every segment; what a person looks for is that it shuts and opens. */
static void say_window(const struct sample *now, const struct sample *before,
                       const struct phrases *phrases)
{
	uint64_t window = sample_get(now, SAMPLE_SND_WND);
	if (!is_new(now, before, SAMPLE_SND_WND))
		return;
	if (!before || !sample_has(before, SAMPLE_SND_WND)) {
		if (!window && sample_is(now, STATE_ESTABLISHED))
			phrases_add(phrases, "window 0 *");
		return;
	}
	uint64_t old = before->value[SAMPLE_SND_WND];
	if (!window || !old)
		phrases_add(phrases, "window %" PRIu64 " %s %" PRIu64 " *", old, phrases_arrow(),
		            window);
}

/* What waits for the peer's acknowledgement, or has not even left. */
static void say_flight(const struct sample *now, const struct sample *before,
                       const struct phrases *phrases)
{
	uint64_t left = sample_get(now, SAMPLE_OUTQ);
	bool known = before && sample_has(before, SAMPLE_OUTQ) && sample_has(now, SAMPLE_STATE);
	if (!known || !is_new(now, before, SAMPLE_OUTQ))
		return;
	if (left)
		phrases_add(phrases, "%" PRIu64 " byte%s not acknowledged *", left,
		            phrases_plural(left));
	else
		phrases_add(phrases, "all acknowledged *");
}

/* Whole seconds up to two minutes: so long timers are known by. */
static void format_left(uint64_t us, char out[CLOCK_TEXT])
{
	if (us >= 10000000 && us < 120000000)
		snprintf(out, CLOCK_TEXT, "%" PRIu64 " s", (us + 500000) / 1000000);
	else
		clock_format_duration((int64_t)us * CLOCK_US, out);
}

/* The state stands before it where it is new. */
static void say_state_left(const struct sample *now, const char *left,
                           const struct phrases *phrases)
{
	bool told = sample_has(now, SAMPLE_OLD_STATE) || !sample_has(now, SAMPLE_STATE);
	phrases_add(phrases, "%s%s%s left *", told ? "" : tcp_state_name(now->value[SAMPLE_STATE]),
	            told ? "" : ", ", left);
}

/* Each window probe is answered, so what counts them is how often the timer has doubled. */
static void say_timer(const struct sample *now, const struct phrases *phrases)
{
	char text[CLOCK_TEXT];
	uint64_t left = sample_get(now, SAMPLE_TIMER_LEFT);
	uint64_t tries = sample_get(now, SAMPLE_RETRANSMITS) + 1;
	uint64_t probes = sample_get(now, SAMPLE_PROBES) + 1;
	if (!sample_has(now, SAMPLE_TIMER_LEFT) || left >= INT64_MAX / CLOCK_US)
		return;
	format_left(left, text);
	switch (sample_get(now, SAMPLE_TIMER)) {
	case TIMER_RETRANSMIT:
		if (tries > 1)
			phrases_add(phrases, "retransmit %" PRIu64 " in %s *", tries, text);
		break;
	case TIMER_PERSIST:
		if (sample_has(now, SAMPLE_BACKOFF))
			phrases_add(phrases, "window probe %" PRIu64 " in %s *",
			            sample_get(now, SAMPLE_BACKOFF) + 1, text);
		else
			phrases_add(phrases, "window probe in %s *", text);
		break;
	case TIMER_KEEPALIVE:
		if (probes > 1)
			phrases_add(phrases, "keepalive probe %" PRIu64 " in %s *", probes, text);
		break;
	case TIMER_TIMEWAIT:
		say_state_left(now, text, phrases);
		break;
	default:
		break;
	}
}

/* What is told where there is nothing else: that there is this reading has a reason. */
static void say_at_least(const struct sample *now, const struct sample *before,
                         const struct phrases *phrases)
{
	static const struct {
		enum sample_field field;
		const char *name;
	} changes[] = {
		{ SAMPLE_UNACKED, "segments in flight" },
		{ SAMPLE_LOST, "segments taken for lost" },
		{ SAMPLE_SACKED, "segments acknowledged out of order" },
		{ SAMPLE_RCV_OOOPACK, "segments come out of order" },
		{ SAMPLE_NOTSENT, "bytes held back" },
		{ SAMPLE_INQ, "bytes to read" },
		{ SAMPLE_QUEUE, "connections waiting" },
		{ SAMPLE_SND_WND, "window" },
		{ SAMPLE_RCV_WND, "own window" },
		{ SAMPLE_PMTU, "path MTU" },
	};
	for (size_t i = 0; i < sizeof changes / sizeof *changes && before; i++) {
		enum sample_field field = changes[i].field;
		if (!sample_has(before, field) || !is_new(now, before, field))
			continue;
		phrases_add(phrases, "%s %" PRIu64 " %s %" PRIu64 " *", changes[i].name,
		            before->value[field], phrases_arrow(), now->value[field]);
		return;
	}
}

void calltext_news(const struct sample *sample, const struct sample *before, struct buf *out)
{
	struct phrases phrases = phrases_begin(out);
	bool told = sample_has(sample, SAMPLE_OLD_STATE);
	if (sample_is(sample, STATE_GONE)) {
		if (!told)
			phrases_add(&phrases, "no longer in the kernel *");
		return;
	}
	phrases_add_deduced(sample, &phrases);
	say_readable(sample, before, &phrases);
	say_flight(sample, before, &phrases);
	say_window(sample, before, &phrases);
	say_timer(sample, &phrases);
	if (is_new(sample, before, SAMPLE_DROPS) && sample_get(sample, SAMPLE_DROPS))
		phrases_add(&phrases, "%" PRIu64 " dropped so far *", sample->value[SAMPLE_DROPS]);
	phrases_add_segments(sample, &phrases);
	phrases_add_again(sample, &phrases);
	phrases_add_sample(sample, &phrases);
	if (!phrases_has_any(&phrases) && !told)
		say_at_least(sample, before, &phrases);
}
