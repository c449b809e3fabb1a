// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/page/stream_why.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "view/calltext.h"

#ifndef MSG_MORE
#define MSG_MORE 0
#endif

enum { REASON = 200, WHY = 400, SHOWN_BYTES = 12, CALL_TEXT_MOST = 160 };

#define LATE_ACK (CLOCK_MS)      /* what is acknowledged sooner needs no word */
#define SLOW_ACK (30 * CLOCK_MS) /* a kernel that delays its ACK takes no less */

uint64_t stream_count_segments(const struct flow *flow)
{
	uint64_t count = 0;
	for (size_t i = 0; i < flow->left.count; i++) {
		if (!flow->left.list[i].segments)
			return 0;
		count += flow->left.list[i].segments;
	}
	return count;
}

/* ---- why the kernel holds bytes back ---- */

static bool window_is_full(const struct reading *reading, uint64_t in_flight)
{
	if (!reading_has(reading, READING_SND_WND))
		return false;
	uint64_t next = reading_get(reading, READING_SND_MSS);
	uint64_t held = reading_get(reading, READING_NOTSENT);
	return in_flight + (held < next ? held : next) > reading_get(reading, READING_SND_WND);
}

static uint64_t count_in_flight(const struct reading *reading)
{
	uint64_t held = reading_get(reading, READING_NOTSENT);
	uint64_t waiting = reading_get(reading, READING_OUTQ);
	return waiting > held ? waiting - held : 0;
}

/* Deduced from what was read: the kernel does not give its reasons. */
static void reason(const struct reading *reading, const struct entry *call, char out[REASON])
{
	uint64_t held = reading_get(reading, READING_NOTSENT);
	uint64_t in_flight = count_in_flight(reading);
	uint64_t mss = reading_get(reading, READING_SND_MSS);
	if (reading_has(reading, READING_SND_WND) && !reading_get(reading, READING_SND_WND))
		snprintf(out, REASON, "the peer's window is 0 *: its program does not read");
	else if (window_is_full(reading, in_flight))
		snprintf(out, REASON,
		         "the peer's window of %" PRIu64 " bytes * has no room beside the %" PRIu64
		         " in flight",
		         reading_get(reading, READING_SND_WND), in_flight);
	else if (held < mss && reading_get(reading, READING_UNACKED))
		snprintf(out, REASON,
		         "Nagle ?: %" PRIu64 " bytes are unacknowledged * and %" PRIu64
		         " are less than a full segment of %" PRIu64,
		         in_flight, held, mss);
	else if (held < mss && call && (call->arg2 & MSG_MORE))
		snprintf(out, REASON, "MSG_MORE asked to wait for a full segment of %" PRIu64, mss);
	else if (held < mss)
		snprintf(out, REASON, "less than a full segment of %" PRIu64 ", as TCP_CORK asks ?",
		         mss);
	else
		snprintf(out, REASON, "acknowledgements must come first ?");
}

/* ---- sentences ---- */

/* Behind the time, where that leaves enough. */
static int indent(const struct form *form)
{
	return form->columns >= 40 ? 10 : 2;
}

static void print_time(int64_t time, char out[CLOCK_TEXT])
{
	char before[CLOCK_TEXT];
	if (time < 0)
		snprintf(out, CLOCK_TEXT, "-%s", clock_format_duration(-time, before));
	else if (time < CLOCK_S)
		snprintf(out, CLOCK_TEXT, time < 10 * CLOCK_MS ? "%.2f ms" : "%.1f ms",
		         (double)time / CLOCK_MS);
	else
		clock_format_duration(time, out);
}

static void print_call(const struct entry *entry, char out[CALL_TEXT_MOST])
{
	struct buf text;
	buf_init(&text, SIZE_MAX);
	calltext_call(entry, SHOWN_BYTES, &text);
	snprintf(out, CALL_TEXT_MOST, "%.*s", (int)text.len, text.len ? buf_data(&text) : "");
	buf_free(&text);
}

static bool is_held(const struct flow *flow, const struct flow_part *call, struct reading *reading)
{
	return reading_after(flow->view->transcript, call->position, reading) &&
	       reading_get(reading, READING_NOTSENT) && !reading_is(reading, STATE_CLOSE);
}

static void print_acked(const struct flow_part *call, char out[WHY])
{
	char took[CLOCK_TEXT];
	out[0] = '\0';
	if (call->acked < LATE_ACK)
		return;
	clock_format_duration(call->acked, took);
	snprintf(out, WHY, "; acknowledged after %s *%s", took,
	         call->acked >= SLOW_ACK && call->acked < 10 * SLOW_ACK
	                 ? ": the peer's kernel delays its ACK ?"
	                 : "");
}

static void print_held(const struct reading *reading, const struct entry *call, char out[WHY])
{
	char why[REASON];
	reason(reading, call, why);
	snprintf(out, WHY,
	         "is held back: %s; to send %" PRIu64 " = %" PRIu64 " in flight + %" PRIu64
	         " not yet sent *",
	         why, reading_get(reading, READING_OUTQ), count_in_flight(reading),
	         reading_get(reading, READING_NOTSENT));
}

/* What was sent before this go has no time on the rulers either. */
static void explain_call(const struct flow *flow, const struct flow_part *call, struct form *form)
{
	char time[CLOCK_TEXT], text[CALL_TEXT_MOST], what[WHY] = "leaves at once", acked[WHY];
	struct reading reading;
	bool held = is_held(flow, call, &reading);
	print_acked(call, acked);
	if (call->time < 0 || (!held && !acked[0]))
		return;
	print_time(call->time, time);
	print_call(call->entry, text);
	if (held)
		print_held(&reading, call->entry, what);
	form_sentence(form, STYLE_STATE, indent(form), "%s %s %s%s", time, text, what, acked);
}

static const char *plural(uint64_t count)
{
	return count == 1 ? "" : "s";
}

/* Of what left by itself, not in a call, only the time is known by which it had. */
static void explain_left(const struct flow_part *part, struct form *form)
{
	char time[CLOCK_TEXT], segments[40] = "";
	if (part->entry->arg == READING_AFTER || part->end <= 0)
		return;
	if (part->segments)
		snprintf(segments, sizeof segments, " as %" PRIu64 " segment%s o", part->segments,
		         plural(part->segments));
	print_time(part->time, time);
	form_sentence(form, STYLE_STATE, indent(form), "%s %" PRId64 " byte%s had left%s", time,
	              part->end - part->begin, plural((uint64_t)(part->end - part->begin)),
	              segments);
}

static int64_t count_left(const struct flow *flow)
{
	return flow->left.count ? flow->left.list[flow->left.count - 1].end : 0;
}

static void explain_rest(const struct flow *flow, struct form *form)
{
	struct reading reading;
	char why[REASON];
	const struct transcript *t = flow->view->transcript;
	if (!flow->counted || count_left(flow) >= flow->size)
		return;
	if (!reading_before(t, transcript_last(t, flow->view->session), FLOW_WALK, &reading) ||
	    !reading_get(&reading, READING_NOTSENT) || reading_is(&reading, STATE_CLOSE))
		return;
	reason(&reading, NULL, why);
	form_sentence(form, STYLE_STATE, 1, "now: %" PRIu64 " bytes are held back: %s",
	              reading_get(&reading, READING_NOTSENT), why);
}

/* ---- all of it ---- */

static void print_left(const struct flow *flow, char out[WHY])
{
	uint64_t segments = stream_count_segments(flow);
	int64_t left = count_left(flow);
	if (!flow->counted)
		snprintf(out, WHY, "; the kernel was not asked in what segments");
	else if (left <= 0)
		snprintf(out, WHY, ", of which nothing has left yet *");
	else if (segments)
		snprintf(out, WHY, " left as %" PRIu64 " segment%s o%s", segments, plural(segments),
		         flow->deduced ? ", cut as the MSS asks ?" : "");
	else
		snprintf(out, WHY, " left; in how many segments is not known");
	if (flow->counted && left > 0 && left < flow->size)
		snprintf(out + strlen(out), WHY - strlen(out), ", but for %" PRId64 " bytes *",
		         flow->size - left);
}

static void print_got(const struct flow *flow, char out[WHY])
{
	out[0] = '\0';
	if (!flow->view->other)
		return;
	if (!flow->matched)
		snprintf(out, WHY, "; what the peer's recv() got cannot be matched");
	else if (!flow->got.count)
		snprintf(out, WHY, "; no recv() has got any of it");
	else
		snprintf(out, WHY, "; %zu recv()%s got %s", flow->got.count,
		         flow->got.count == 1 ? "" : " calls",
		         flow->got.list[flow->got.count - 1].end < flow->size ? "some of it"
		                                                              : "it");
}

static void sum_up_stream(const struct flow *flow, struct form *form)
{
	char left[WHY], got[WHY];
	size_t calls = flow->sent.count;
	print_left(flow, left);
	print_got(flow, got);
	form_sentence(form, STYLE_NOTE, 1, "%zu send()%s%s%s", calls, calls == 1 ? "" : " calls",
	              left, got);
}

static void sum_up_datagrams(const struct flow *flow, struct form *form)
{
	size_t sent = flow->sent.count, got = flow->got.count;
	if (!flow->view->other)
		form_sentence(
		        form, STYLE_NOTE, 1,
		        "%zu datagram%s, each by itself: who gets it, and whether, is not told",
		        sent, plural(sent));
	else
		form_sentence(form, STYLE_NOTE, 1,
		              "%zu datagram%s sent, %zu received: each send is one datagram, each "
		              "datagram one receive",
		              sent, plural(sent), got);
	if (flow->view->other && got < sent)
		form_sentence(form, STYLE_ERROR, 1,
		              "%zu not received: on the way, still to be read, or lost ?",
		              sent - got);
}

static void explain_urgent(const struct flow *flow, struct form *form)
{
	for (size_t i = 0; i < flow->sent.count; i++)
		if (flow_is_urgent(flow, &flow->sent.list[i])) {
			form_sentence(form, STYLE_STATE, 1,
			              "! marks the urgent byte: recv() stops in front of it, and "
			              "recv(MSG_OOB) reads it");
			return;
		}
}

void stream_explain(const struct flow *flow, struct form *form)
{
	form_gap(form);
	if (flow->datagrams) {
		sum_up_datagrams(flow, form);
		return;
	}
	sum_up_stream(flow, form);
	for (size_t i = 0; i < flow->sent.count; i++)
		explain_call(flow, &flow->sent.list[i], form);
	for (size_t i = 0; i < flow->left.count; i++)
		explain_left(&flow->left.list[i], form);
	explain_rest(flow, form);
	explain_urgent(flow, form);
	if (flow->sampled)
		form_sentence(
		        form, STYLE_FAINT, 1,
		        "So many calls a second: the kernel was read around some of them only, "
		        "and what was counted is their sum.");
}
