// SPDX-License-Identifier: GPL-3.0-or-later
#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "view/calltext.h"
#include "view/saying.h"

static bool is_new(const struct reading *now, const struct reading *before,
                   enum reading_field field)
{
	return reading_has(now, field) && (!before || !reading_has(before, field) ||
	                                   before->value[field] != now->value[field]);
}

/* The peer's FIN is what leads there. It leads to others, too, but behind close() nobody can read
 * any more. */
static bool has_ended(const struct reading *reading)
{
	return reading_has(reading, READING_OLD_STATE) && reading_is(reading, STATE_CLOSE_WAIT);
}

/* From these no orderly way leads to CLOSE without a call of ours. */
static bool has_failed(const struct reading *reading)
{
	return reading_is(reading, STATE_CLOSE) && (saying_came_from(reading, STATE_SYN_SENT) ||
	                                            saying_came_from(reading, STATE_ESTABLISHED) ||
	                                            saying_came_from(reading, STATE_CLOSE_WAIT));
}

static void say_readable(const struct reading *now, const struct reading *before,
                         const struct saying *saying)
{
	uint64_t bytes = reading_get(now, READING_INQ);
	uint64_t waiting = reading_get(now, READING_QUEUE);
	if (bytes && is_new(now, before, READING_INQ))
		saying_add(saying, "readable: %" PRIu64 " byte%s to read *", bytes,
		           saying_plural(bytes));
	else if (has_ended(now))
		saying_add(saying, "readable: end of file *");
	if (waiting && is_new(now, before, READING_QUEUE))
		saying_add(saying, "readable: %" PRIu64 " connection%s wait%s", waiting,
		           saying_plural(waiting), waiting == 1 ? "s" : "");
	if (is_new(now, before, READING_QUEUE))
		saying_add_queue(now, saying);
	if (has_failed(now))
		saying_add(saying, "error pending ?");
}

/* A window moves with every segment; what a person looks for is that it shuts and opens. */
static void say_window(const struct reading *now, const struct reading *before,
                       const struct saying *saying)
{
	uint64_t window = reading_get(now, READING_SND_WND);
	if (!is_new(now, before, READING_SND_WND))
		return;
	if (!before || !reading_has(before, READING_SND_WND)) {
		if (!window && reading_is(now, STATE_ESTABLISHED))
			saying_add(saying, "window 0 *");
		return;
	}
	uint64_t old = before->value[READING_SND_WND];
	if (!window || !old)
		saying_add(saying, "window %" PRIu64 " %s %" PRIu64 " *", old, saying_arrow(),
		           window);
}

/* What waits for the peer's acknowledgement, or has not even left. */
static void say_flight(const struct reading *now, const struct reading *before,
                       const struct saying *saying)
{
	uint64_t left = reading_get(now, READING_OUTQ);
	bool known = before && reading_has(before, READING_OUTQ) && reading_has(now, READING_STATE);
	if (!known || !is_new(now, before, READING_OUTQ))
		return;
	if (left)
		saying_add(saying, "%" PRIu64 " byte%s not acknowledged *", left,
		           saying_plural(left));
	else
		saying_add(saying, "all acknowledged *");
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
static void say_state_left(const struct reading *now, const char *left, const struct saying *saying)
{
	bool told = reading_has(now, READING_OLD_STATE) || !reading_has(now, READING_STATE);
	saying_add(saying, "%s%s%s left *",
	           told ? "" : reading_state_name(now->value[READING_STATE]), told ? "" : ", ",
	           left);
}

/* Each window probe is answered, so what counts them is how often the timer has doubled. */
static void say_timer(const struct reading *now, const struct saying *saying)
{
	char text[CLOCK_TEXT];
	uint64_t left = reading_get(now, READING_TIMER_LEFT);
	uint64_t tries = reading_get(now, READING_RETRANSMITS) + 1;
	uint64_t probes = reading_get(now, READING_PROBES) + 1;
	if (!reading_has(now, READING_TIMER_LEFT) || left >= INT64_MAX / CLOCK_US)
		return;
	format_left(left, text);
	switch (reading_get(now, READING_TIMER)) {
	case TIMER_RETRANSMIT:
		if (tries > 1)
			saying_add(saying, "retransmit %" PRIu64 " in %s *", tries, text);
		break;
	case TIMER_PERSIST:
		if (reading_has(now, READING_BACKOFF))
			saying_add(saying, "window probe %" PRIu64 " in %s *",
			           reading_get(now, READING_BACKOFF) + 1, text);
		else
			saying_add(saying, "window probe in %s *", text);
		break;
	case TIMER_KEEPALIVE:
		if (probes > 1)
			saying_add(saying, "keepalive probe %" PRIu64 " in %s *", probes, text);
		break;
	case TIMER_TIMEWAIT:
		say_state_left(now, text, saying);
		break;
	default:
		break;
	}
}

/* What is told where there is nothing else: that there is this reading has a reason. */
static void say_at_least(const struct reading *now, const struct reading *before,
                         const struct saying *saying)
{
	static const struct {
		enum reading_field field;
		const char *name;
	} changes[] = {
		{ READING_UNACKED, "segments in flight" },
		{ READING_LOST, "segments taken for lost" },
		{ READING_SACKED, "segments acknowledged out of order" },
		{ READING_RCV_OOOPACK, "segments come out of order" },
		{ READING_NOTSENT, "bytes held back" },
		{ READING_INQ, "bytes to read" },
		{ READING_QUEUE, "connections waiting" },
		{ READING_SND_WND, "window" },
		{ READING_RCV_WND, "own window" },
		{ READING_PMTU, "path MTU" },
	};
	for (size_t i = 0; i < sizeof changes / sizeof *changes && before; i++) {
		enum reading_field field = changes[i].field;
		if (!reading_has(before, field) || !is_new(now, before, field))
			continue;
		saying_add(saying, "%s %" PRIu64 " %s %" PRIu64 " *", changes[i].name,
		           before->value[field], saying_arrow(), now->value[field]);
		return;
	}
}

void calltext_news(const struct reading *reading, const struct reading *before, struct buf *out)
{
	struct saying saying = saying_begin(out);
	bool told = reading_has(reading, READING_OLD_STATE);
	if (reading_is(reading, STATE_GONE)) {
		if (!told)
			saying_add(&saying, "no longer in the kernel *");
		return;
	}
	saying_add_deduced(reading, &saying);
	say_readable(reading, before, &saying);
	say_flight(reading, before, &saying);
	say_window(reading, before, &saying);
	say_timer(reading, &saying);
	if (is_new(reading, before, READING_DROPS) && reading_get(reading, READING_DROPS))
		saying_add(&saying, "%" PRIu64 " dropped so far *", reading->value[READING_DROPS]);
	saying_add_segments(reading, &saying);
	saying_add_again(reading, &saying);
	saying_add_sample(reading, &saying);
	if (!saying_has_any(&saying) && !told)
		say_at_least(reading, before, &saying);
}
