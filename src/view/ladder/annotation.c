// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/ladder/annotation.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "view/ladder/segments.h"

enum { CONDITION_TEXT = ARROW_MARGIN };

static struct arrow *last_of(struct arrows *arrows)
{
	return &arrows->list[arrows->count - 1];
}

/* The last stroke, where this margin of it is still free, else a new one. */
static struct arrow *last_free(const struct context *context, struct arrows *arrows)
{
	if (arrows->count && margin_is_free(&last_of(arrows)->margin[context->side]))
		return last_of(arrows);
	return arrows_add(arrows);
}

/* ---- states ---- */

/* What a descriptor in TIME_WAIT says is CLOSED. */
static bool is_hidden_time_wait(const struct context *context)
{
	return context->state == STATE_CLOSED && context_fin_has_come(context);
}

static void put_time_left(const struct context *context, const char *name, struct arrow *arrow)
{
	arrow_put_text(arrow, context->side, MARK_READ, STYLE_STATE, "%s %" PRIu64 " s left", name,
	               sample_get(&context->now, SAMPLE_TIMER_LEFT) / 1000000);
}

static void draw_state(const struct context *context, struct arrows *arrows)
{
	bool changed =
	        context->state != context->before || sample_has(&context->now, SAMPLE_OLD_STATE);
	if (!sample_has(&context->now, SAMPLE_STATE) || !(changed || context->first))
		return;
	struct arrow *arrow = last_free(context, arrows);
	const char *name = tcp_state_name(context->state);
	bool counts_down = context->state == STATE_TIME_WAIT || context->state == STATE_FIN_WAIT2;
	if (is_hidden_time_wait(context))
		arrow_put_text(arrow, context->side, MARK_DEDUCED, STYLE_FAINT, "TIME_WAIT");
	else if (counts_down && sample_get(&context->now, SAMPLE_TIMER) == TIMER_TIMEWAIT)
		put_time_left(context, name, arrow);
	else
		arrow_put_text(arrow, context->side, MARK_READ, STYLE_STATE, "%s", name);
}

/* ---- conditions ---- */

/* What a person should see that lasts: the first of these that holds, in words without numbers that
 * only run. The counts of a socket without a connection mean nothing. */
static bool name_condition(const struct sample *sample, char out[CONDITION_TEXT])
{
	uint64_t timer = sample_get(sample, SAMPLE_TIMER);
	uint64_t tries = sample_get(sample, SAMPLE_RETRANSMITS);
	uint64_t probes = sample_get(sample, SAMPLE_PROBES);
	uint64_t unsent = sample_get(sample, SAMPLE_NOTSENT);
	out[0] = '\0';
	if (sample_is(sample, STATE_CLOSED))
		return false;
	if (timer == TIMER_KEEPALIVE && probes)
		snprintf(out, CONDITION_TEXT, "probe %" PRIu64 " unanswered", probes);
	else if (tries)
		snprintf(out, CONDITION_TEXT, "try %" PRIu64, tries + 1);
	else if (unsent && sample_has(sample, SAMPLE_SND_WND) &&
	         !sample_get(sample, SAMPLE_SND_WND))
		snprintf(out, CONDITION_TEXT, "%" PRIu64 " wait: window 0", unsent);
	else if (unsent)
		snprintf(out, CONDITION_TEXT, "%" PRIu64 " held back", unsent);
	else if (sample_is(sample, STATE_LISTEN) && sample_get(sample, SAMPLE_QUEUE))
		snprintf(out, CONDITION_TEXT, "%" PRIu64 " waiting for accept()",
		         sample_get(sample, SAMPLE_QUEUE));
	return out[0];
}

static bool name_waiting_bytes(const struct context *context, char out[CONDITION_TEXT])
{
	uint64_t inq = sample_get(&context->now, SAMPLE_INQ);
	bool later = context->entry->call == CALL_SAMPLE && context->entry->arg == SAMPLE_LATER;
	if (!later || !inq || (context->had && sample_get(&context->old, SAMPLE_INQ) == inq))
		return false;
	snprintf(out, CONDITION_TEXT, "%" PRIu64 " to read", inq);
	return true;
}

static void add_time_left(const struct sample *sample, char out[CONDITION_TEXT])
{
	char left[CLOCK_TEXT];
	uint64_t us = sample_get(sample, SAMPLE_TIMER_LEFT);
	size_t len = strlen(out);
	if (us > 0 && us < UINT32_MAX)
		snprintf(out + len, CONDITION_TEXT - len, ", next in %s",
		         clock_format_duration((int64_t)us * CLOCK_US, left));
}

static void draw_condition(const struct context *context, struct arrows *arrows)
{
	char now[CONDITION_TEXT], before[CONDITION_TEXT] = "";
	bool holds = name_condition(&context->now, now);
	if (context->had)
		name_condition(&context->old, before);
	if (!holds || strcmp(now, before) == 0)
		holds = name_waiting_bytes(context, now);
	if (holds && sample_get(&context->now, SAMPLE_RETRANSMITS))
		add_time_left(&context->now, now);
	if (holds)
		arrow_put_text(last_free(context, arrows), context->side, MARK_READ, STYLE_STATE,
		               "%s", now);
}

static void draw_drops(const struct context *context, struct arrows *arrows)
{
	uint64_t now = sample_get(&context->now, SAMPLE_DROPS);
	uint64_t before = context->had ? sample_get(&context->old, SAMPLE_DROPS) : 0;
	if (now <= before)
		return;
	struct arrow *arrow = arrows_add_arrow(arrows, segments_in(context), MARK_READ, "dropped",
	                                       "%" PRIu64 " dropped", now - before);
	arrow->look = LOOK_LOST;
	arrow_put_text(arrow, context->side, MARK_NONE, STYLE_ERROR, "buffer full");
}

static void draw_sampling(const struct context *context, struct arrows *arrows)
{
	uint64_t calls = sample_get(&context->now, SAMPLE_CALLS);
	if (calls > 1)
		arrow_put_text(arrows_add(arrows), context->side, MARK_COUNTED, STYLE_FAINT,
		               "over %" PRIu64 " calls", calls);
}

void annotation_draw(const struct context *context, struct arrows *arrows)
{
	if (!context->timed)
		return;
	draw_state(context, arrows);
	draw_drops(context, arrows);
	draw_condition(context, arrows);
	draw_sampling(context, arrows);
}
