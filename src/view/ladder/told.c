// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/ladder/told.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "view/ladder/wire.h"

enum { CONDITION_TEXT = STROKE_MARGIN };

static struct stroke *last_of(struct strokes *strokes)
{
	return &strokes->list[strokes->count - 1];
}

/* The last stroke, where this margin of it is still free, else a new one. */
static struct stroke *last_free(const struct scene *scene, struct strokes *strokes)
{
	if (strokes->count && margin_is_free(&last_of(strokes)->margin[scene->side]))
		return last_of(strokes);
	return strokes_add(strokes);
}

/* ---- states ---- */

/* What a descriptor in TIME_WAIT says is CLOSE. */
static bool is_hidden_time_wait(const struct scene *scene)
{
	return scene->state == STATE_CLOSE && scene_fin_has_come(scene);
}

static void put_time_left(const struct scene *scene, const char *name, struct stroke *stroke)
{
	stroke_put_text(stroke, scene->side, MARK_READ, STYLE_STATE, "%s %" PRIu64 " s left", name,
	                reading_get(&scene->now, READING_TIMER_LEFT) / 1000000);
}

static void draw_state(const struct scene *scene, struct strokes *strokes)
{
	bool changed = scene->state != scene->before || reading_has(&scene->now, READING_OLD_STATE);
	if (!reading_has(&scene->now, READING_STATE) || !(changed || scene->first))
		return;
	struct stroke *stroke = last_free(scene, strokes);
	const char *name = reading_state_name(scene->state);
	bool counts_down = scene->state == STATE_TIME_WAIT || scene->state == STATE_FIN_WAIT2;
	if (is_hidden_time_wait(scene))
		stroke_put_text(stroke, scene->side, MARK_DEDUCED, STYLE_FAINT, "TIME_WAIT");
	else if (counts_down && reading_get(&scene->now, READING_TIMER) == TIMER_TIMEWAIT)
		put_time_left(scene, name, stroke);
	else
		stroke_put_text(stroke, scene->side, MARK_READ, STYLE_STATE, "%s",
		                scene->state == STATE_GONE ? "CLOSED" : name);
}

/* ---- conditions ---- */

/* What a person should see that lasts: the first of these that holds, in words without numbers that
 * only run. The counts of a socket without a connection mean nothing. */
static bool name_condition(const struct reading *reading, char out[CONDITION_TEXT])
{
	uint64_t timer = reading_get(reading, READING_TIMER);
	uint64_t tries = reading_get(reading, READING_RETRANSMITS);
	uint64_t probes = reading_get(reading, READING_PROBES);
	uint64_t unsent = reading_get(reading, READING_NOTSENT);
	out[0] = '\0';
	if (reading_is(reading, STATE_CLOSE))
		return false;
	if (timer == TIMER_KEEPALIVE && probes)
		snprintf(out, CONDITION_TEXT, "probe %" PRIu64 " unanswered", probes);
	else if (tries)
		snprintf(out, CONDITION_TEXT, "try %" PRIu64, tries + 1);
	else if (unsent && reading_has(reading, READING_SND_WND) &&
	         !reading_get(reading, READING_SND_WND))
		snprintf(out, CONDITION_TEXT, "%" PRIu64 " wait: window 0", unsent);
	else if (unsent)
		snprintf(out, CONDITION_TEXT, "%" PRIu64 " held back", unsent);
	else if (reading_is(reading, STATE_LISTEN) && reading_get(reading, READING_QUEUE))
		snprintf(out, CONDITION_TEXT, "%" PRIu64 " waiting for accept()",
		         reading_get(reading, READING_QUEUE));
	return out[0];
}

static bool name_waiting_bytes(const struct scene *scene, char out[CONDITION_TEXT])
{
	uint64_t inq = reading_get(&scene->now, READING_INQ);
	bool later = scene->entry->call == CALL_READING && scene->entry->arg == READING_LATER;
	if (!later || !inq || (scene->had && reading_get(&scene->old, READING_INQ) == inq))
		return false;
	snprintf(out, CONDITION_TEXT, "%" PRIu64 " to read", inq);
	return true;
}

static void add_time_left(const struct reading *reading, char out[CONDITION_TEXT])
{
	char left[CLOCK_TEXT];
	uint64_t us = reading_get(reading, READING_TIMER_LEFT);
	size_t len = strlen(out);
	if (us > 0 && us < UINT32_MAX)
		snprintf(out + len, CONDITION_TEXT - len, ", next in %s",
		         clock_format_duration((int64_t)us * CLOCK_US, left));
}

static void draw_condition(const struct scene *scene, struct strokes *strokes)
{
	char now[CONDITION_TEXT], before[CONDITION_TEXT] = "";
	bool holds = name_condition(&scene->now, now);
	if (scene->had)
		name_condition(&scene->old, before);
	if (!holds || strcmp(now, before) == 0)
		holds = name_waiting_bytes(scene, now);
	if (holds && reading_get(&scene->now, READING_RETRANSMITS))
		add_time_left(&scene->now, now);
	if (holds)
		stroke_put_text(last_free(scene, strokes), scene->side, MARK_READ, STYLE_STATE,
		                "%s", now);
}

static void draw_drops(const struct scene *scene, struct strokes *strokes)
{
	uint64_t now = reading_get(&scene->now, READING_DROPS);
	uint64_t before = scene->had ? reading_get(&scene->old, READING_DROPS) : 0;
	if (now <= before)
		return;
	struct stroke *stroke = strokes_add_arrow(strokes, wire_in(scene), MARK_READ, "dropped",
	                                          "%" PRIu64 " dropped", now - before);
	stroke->look = LOOK_LOST;
	stroke_put_text(stroke, scene->side, MARK_NONE, STYLE_ERROR, "buffer full");
}

static void draw_sampling(const struct scene *scene, struct strokes *strokes)
{
	uint64_t calls = reading_get(&scene->now, READING_CALLS);
	if (calls > 1)
		stroke_put_text(strokes_add(strokes), scene->side, MARK_COUNTED, STYLE_FAINT,
		                "over %" PRIu64 " calls", calls);
}

void told_draw(const struct scene *scene, struct strokes *strokes)
{
	if (!scene->timed)
		return;
	draw_state(scene, strokes);
	draw_drops(scene, strokes);
	draw_condition(scene, strokes);
	draw_sampling(scene, strokes);
}
