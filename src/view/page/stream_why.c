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

static bool window_is_full(const struct sample *sample, uint64_t in_flight)
{
	if (!sample_has(sample, SAMPLE_SND_WND))
		return false;
	uint64_t next = sample_get(sample, SAMPLE_SND_MSS);
	uint64_t held = sample_get(sample, SAMPLE_NOTSENT);
	return in_flight + (held < next ? held : next) > sample_get(sample, SAMPLE_SND_WND);
}

static uint64_t count_in_flight(const struct sample *sample)
{
	uint64_t held = sample_get(sample, SAMPLE_NOTSENT);
	uint64_t waiting = sample_get(sample, SAMPLE_OUTQ);
	return waiting > held ? waiting - held : 0;
}

/* Deduced from what was read: the kernel does not give its reasons. */
static void reason(const struct sample *sample, const struct entry *call, char out[REASON])
{
	uint64_t held = sample_get(sample, SAMPLE_NOTSENT);
	uint64_t in_flight = count_in_flight(sample);
	uint64_t mss = sample_get(sample, SAMPLE_SND_MSS);
	if (sample_has(sample, SAMPLE_SND_WND) && !sample_get(sample, SAMPLE_SND_WND))
		snprintf(out, REASON, "the peer's window is 0 *: its program does not read");
	else if (window_is_full(sample, in_flight))
		snprintf(out, REASON,
		         "the peer's window of %" PRIu64 " bytes * has no room beside the %" PRIu64
		         " in flight",
		         sample_get(sample, SAMPLE_SND_WND), in_flight);
	else if (held < mss && sample_get(sample, SAMPLE_UNACKED))
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
static int indent(const struct fields *fields)
{
	return fields->columns >= 40 ? 10 : 2;
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

static bool is_held(const struct flow *flow, const struct flow_part *call, struct sample *sample)
{
	return sample_after(flow->view->transcript, call->position, sample) &&
	       sample_get(sample, SAMPLE_NOTSENT) && !sample_is(sample, STATE_CLOSED);
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

static void print_held(const struct sample *sample, const struct entry *call, char out[WHY])
{
	char why[REASON];
	reason(sample, call, why);
	snprintf(out, WHY,
	         "is held back: %s; to send %" PRIu64 " = %" PRIu64 " in flight + %" PRIu64
	         " not yet sent *",
	         why, sample_get(sample, SAMPLE_OUTQ), count_in_flight(sample),
	         sample_get(sample, SAMPLE_NOTSENT));
}

/* What was sent before this go has no time on the rulers either. */
static void explain_call(const struct flow *flow, const struct flow_part *call,
                         struct fields *fields)
{
	char time[CLOCK_TEXT], text[CALL_TEXT_MOST], what[WHY] = "leaves at once", acked[WHY];
	struct sample sample;
	bool held = is_held(flow, call, &sample);
	print_acked(call, acked);
	if (call->time < 0 || (!held && !acked[0]))
		return;
	print_time(call->time, time);
	print_call(call->entry, text);
	if (held)
		print_held(&sample, call->entry, what);
	fields_sentence(fields, STYLE_STATE, indent(fields), "%s %s %s%s", time, text, what, acked);
}

static const char *plural(uint64_t count)
{
	return count == 1 ? "" : "s";
}

/* Of what left by itself, not in a call, only the time is known by which it had. */
static void explain_left(const struct flow_part *part, struct fields *fields)
{
	char time[CLOCK_TEXT], segments[40] = "";
	if (part->entry->arg == SAMPLE_AFTER || part->end <= 0)
		return;
	if (part->segments)
		snprintf(segments, sizeof segments, " as %" PRIu64 " segment%s o", part->segments,
		         plural(part->segments));
	print_time(part->time, time);
	fields_sentence(fields, STYLE_STATE, indent(fields), "%s %" PRId64 " byte%s had left%s",
	                time, part->end - part->begin, plural((uint64_t)(part->end - part->begin)),
	                segments);
}

static int64_t count_left(const struct flow *flow)
{
	return flow->left.count ? flow->left.list[flow->left.count - 1].end : 0;
}

static void explain_rest(const struct flow *flow, struct fields *fields)
{
	struct sample sample;
	char why[REASON];
	const struct transcript *t = flow->view->transcript;
	if (!flow->counted || count_left(flow) >= flow->size)
		return;
	if (!sample_before(t, transcript_last(t, flow->view->session), FLOW_WALK, &sample) ||
	    !sample_get(&sample, SAMPLE_NOTSENT) || sample_is(&sample, STATE_CLOSED))
		return;
	reason(&sample, NULL, why);
	fields_sentence(fields, STYLE_STATE, 1, "now: %" PRIu64 " bytes are held back: %s",
	                sample_get(&sample, SAMPLE_NOTSENT), why);
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

static void sum_up_stream(const struct flow *flow, struct fields *fields)
{
	char left[WHY], got[WHY];
	size_t calls = flow->sent.count;
	print_left(flow, left);
	print_got(flow, got);
	fields_sentence(fields, STYLE_NOTE, 1, "%zu send()%s%s%s", calls,
	                calls == 1 ? "" : " calls", left, got);
}

static void sum_up_datagrams(const struct flow *flow, struct fields *fields)
{
	size_t sent = flow->sent.count, got = flow->got.count;
	if (!flow->view->other)
		fields_sentence(
		        fields, STYLE_NOTE, 1,
		        "%zu datagram%s, each by itself: who gets it, and whether, is not told",
		        sent, plural(sent));
	else
		fields_sentence(
		        fields, STYLE_NOTE, 1,
		        "%zu datagram%s sent, %zu received: each send is one datagram, each "
		        "datagram one receive",
		        sent, plural(sent), got);
	if (flow->view->other && got < sent)
		fields_sentence(fields, STYLE_ERROR, 1,
		                "%zu not received: on the way, still to be read, or lost ?",
		                sent - got);
}

static void explain_urgent(const struct flow *flow, struct fields *fields)
{
	for (size_t i = 0; i < flow->sent.count; i++)
		if (flow_is_urgent(flow, &flow->sent.list[i])) {
			fields_sentence(fields, STYLE_STATE, 1,
			                "! marks the urgent byte: recv() stops in front of it, and "
			                "recv(MSG_OOB) reads it");
			return;
		}
}

void stream_explain(const struct flow *flow, struct fields *fields)
{
	fields_gap(fields);
	if (flow->datagrams) {
		sum_up_datagrams(flow, fields);
		return;
	}
	sum_up_stream(flow, fields);
	for (size_t i = 0; i < flow->sent.count; i++)
		explain_call(flow, &flow->sent.list[i], fields);
	for (size_t i = 0; i < flow->left.count; i++)
		explain_left(&flow->left.list[i], fields);
	explain_rest(flow, fields);
	explain_urgent(flow, fields);
	if (flow->sampled)
		fields_sentence(
		        fields, STYLE_FAINT, 1,
		        "So many calls a second: the kernel was read around some of them only, "
		        "and what was counted is their sum.");
}
