// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/ladder/segments.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/text.h"
#include "view/ladder/fin_acknowledged.h"

enum { DATA_TEXT = 64 };

/* What is left of the counts to be drawn: those without data. */
struct left {
	uint64_t out, in;
};

enum arrow_way segments_out(const struct context *context)
{
	return context->side ? WAY_LEFT : WAY_RIGHT;
}

enum arrow_way segments_in(const struct context *context)
{
	return context->side ? WAY_RIGHT : WAY_LEFT;
}

static uint64_t less(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

static struct left bare_segments(const struct counts *counts)
{
	return (struct left){
		.out = less(counts->out, counts->data_out + counts->again),
		.in = less(counts->in, counts->data_in),
	};
}

static bool take(uint64_t *left)
{
	if (!*left)
		return false;
	--*left;
	return true;
}

/* ---- one kind of segment each ---- */

static void draw_reset(const struct context *context, char mark, struct arrows *arrows)
{
	arrows_add_arrow(arrows, segments_in(context), mark, "RST", "RST")->look = LOOK_BAD;
}

/* Nothing is under way any more, and something was. */
static bool is_acknowledged(const struct context *context)
{
	bool was = context->counts.data_out ||
	           (context->had && sample_get(&context->old, SAMPLE_OUTQ));
	return was && sample_has(&context->now, SAMPLE_OUTQ) &&
	       !sample_get(&context->now, SAMPLE_OUTQ) && context->state == context->before;
}

static void say_acknowledged(const struct context *context, struct arrow *arrow)
{
	if (is_acknowledged(context))
		arrow_put_text(arrow, context->side, MARK_READ, STYLE_STATE, "acked");
}

static struct arrow *draw_acks(enum arrow_way way, uint64_t count, struct arrows *arrows)
{
	if (count == 1)
		return arrows_add_arrow(arrows, way, MARK_COUNTED, "ACK", "ACK");
	return arrows_add_arrow(arrows, way, MARK_COUNTED, "ACKs", "%" PRIu64 " ACKs", count);
}

/* "data 0..4", "data 5 bytes", "data": as much as is known; numbers of bytes begin with 0. */
static void name_data(bool ranged, uint64_t begin, uint64_t end, char out[DATA_TEXT])
{
	if (ranged && end - begin == 1)
		snprintf(out, DATA_TEXT, "data %" PRIu64, begin);
	else if (ranged)
		snprintf(out, DATA_TEXT, "data %" PRIu64 "..%" PRIu64, begin, end - 1);
	else if (end)
		snprintf(out, DATA_TEXT, "data %" PRIu64 " byte%s", end, end == 1 ? "" : "s");
	else
		snprintf(out, DATA_TEXT, "data");
}

static void draw_data(enum arrow_way way, char mark, const char *name, uint64_t segments,
                      const char *more, struct arrows *arrows)
{
	const char *brief = strstr(more, "FIN") ? "data,FIN" : "data";
	struct arrow *arrow = arrows_add_arrow(arrows, way, mark, brief, "%s%s", name, more);
	if (segments < 2)
		return;
	snprintf(arrow->shorter, sizeof arrow->shorter, "%s x%" PRIu64 "%s", name, segments, more);
	snprintf(arrow->label, sizeof arrow->label, "%s in %" PRIu64 " segments%s", name, segments,
	         more);
}

static bool is_urgent(const struct context *context)
{
	return entry_is_outgoing(context->entry) && context->entry->arg2 & MSG_OOB;
}

static void draw_data_out(const struct context *context, char mark, bool fin, struct arrows *arrows)
{
	uint64_t begin, end;
	char name[DATA_TEXT];
	bool ranged = context_sent_range(context, &begin, &end);
	name_data(ranged, begin, end, name);
	draw_data(segments_out(context), mark, name, context->counts.data_out,
	          is_urgent(context) ? ", urgent"
	          : fin              ? ", FIN"
	                             : "",
	          arrows);
}

static void draw_data_in(const struct context *context, char mark, bool fin, struct arrows *arrows)
{
	uint64_t begin, end;
	char name[DATA_TEXT];
	bool ranged = context_received_range(context, &begin, &end);
	name_data(ranged, begin, end, name);
	draw_data(segments_in(context), mark, name, context->counts.data_in, fin ? ", FIN" : "",
	          arrows);
}

/* A first retransmission without a timer that ran out may be a probe for a lost tail, on a path
 * that loses nothing. */
static const char *name_again(const struct context *context)
{
	uint64_t trouble = sample_get(&context->now, SAMPLE_CA_STATE);
	if (context->state == STATE_SYN_SENT)
		return "SYN again";
	if (sample_get(&context->now, SAMPLE_BACKOFF) || trouble == 4)
		return "data again";
	return trouble == 3 ? "data again (fast)" : "data again (probe)";
}

static void draw_again(const struct context *context, struct arrows *arrows)
{
	const char *name = name_again(context);
	uint64_t count = context->counts.again;
	char times[32] = "";
	if (count > 1)
		snprintf(times, sizeof times, ", %" PRIu64 " times", count);
	arrows_add_arrow(arrows, segments_out(context), MARK_COUNTED, "again", "%s%s", name, times)
	        ->look = LOOK_AGAIN;
}

/* ---- the handshake ---- */

static struct arrow *draw_syn(const struct context *context, char mark, struct arrows *arrows)
{
	return arrows_add_arrow(arrows, segments_out(context), mark, "SYN", "SYN");
}

static void draw_answer(const struct context *context, char answer, char ack, struct arrows *arrows)
{
	struct arrow *arrow =
	        arrows_add_arrow(arrows, segments_in(context), answer, "S,A", "SYN,ACK");
	if (context->state != STATE_SYN_SENT && context->before != STATE_SYN_SENT)
		arrow_put_text(arrow, context->side, MARK_DEDUCED, STYLE_FAINT, "SYN_SENT");
	arrows_add_arrow(arrows, segments_out(context), ack, "ACK", "ACK");
}

/* Nothing counted: EINPROGRESS tells that the SYN is out, the rest is not known yet. */
static void deduce_connect(const struct context *context, struct arrows *arrows)
{
	int error = context->entry->error;
	bool sent = !error || error == EINPROGRESS || error == ECONNREFUSED || error == ETIMEDOUT;
	if (sent)
		draw_syn(context, MARK_DEDUCED, arrows);
	if (!error)
		draw_answer(context, MARK_DEDUCED, MARK_DEDUCED, arrows);
	if (error == ECONNREFUSED)
		draw_reset(context, MARK_DEDUCED, arrows);
}

void segments_connect(const struct context *context, struct arrows *arrows)
{
	struct left left = bare_segments(&context->counts);
	if (!context->counts.known) {
		deduce_connect(context, arrows);
		return;
	}
	if (!take(&left.out))
		return;
	struct arrow *syn = draw_syn(context, MARK_COUNTED, arrows);
	if (context->state == STATE_ESTABLISHED && context->both)
		arrow_put_text(syn, !context->side, MARK_DEDUCED, STYLE_FAINT, "SYN_RECV");
	if (context->counts.again)
		draw_again(context, arrows);
	if (context->state == STATE_CLOSED && left.in)
		draw_reset(context, MARK_COUNTED, arrows);
	if (context->state == STATE_ESTABLISHED)
		draw_answer(context, take(&left.in) ? MARK_COUNTED : MARK_DEDUCED,
		            take(&left.out) ? MARK_COUNTED : MARK_DEDUCED, arrows);
}

void segments_accept(const struct context *context, struct arrows *arrows)
{
	arrows_add_arrow(arrows, segments_in(context), MARK_DEDUCED, "SYN", "SYN");
	struct arrow *answer =
	        arrows_add_arrow(arrows, segments_out(context), MARK_DEDUCED, "SYN,ACK", "SYN,ACK");
	arrow_put_text(answer, context->side, MARK_DEDUCED, STYLE_FAINT, "SYN_RECV");
	arrows_add_arrow(arrows, segments_in(context), MARK_DEDUCED, "ACK", "ACK");
}

/* ---- what was counted ---- */

/* With the peer's window shut what has no data asks whether it still is. */
static void draw_bare(const struct context *context, uint64_t segments, struct arrows *arrows)
{
	bool shut = sample_has(&context->now, SAMPLE_SND_WND) &&
	            !sample_get(&context->now, SAMPLE_SND_WND) &&
	            sample_get(&context->now, SAMPLE_NOTSENT);
	if (shut)
		arrows_add_arrow(arrows, segments_out(context), MARK_COUNTED, "probe",
		                 "window probe");
	else
		draw_acks(segments_out(context), segments, arrows);
}

static void draw_sent(const struct context *context, struct left *left, struct arrows *arrows)
{
	bool fin = context_fin_was_sent(context);
	bool fin_alone = fin && left->out > 0;
	if (context->counts.data_out)
		draw_data_out(context, MARK_COUNTED, fin && !fin_alone, arrows);
	if (context->counts.again)
		draw_again(context, arrows);
	if (fin_alone && take(&left->out))
		arrows_add_arrow(arrows, segments_out(context), MARK_COUNTED, "FIN", "FIN");
	uint64_t bare = fin_acknowledged_left(context, left->out);
	if (bare)
		draw_bare(context, bare, arrows);
	left->out = 0;
}

static void draw_received(const struct context *context, struct left *left, struct arrows *arrows)
{
	bool answered = context->before == STATE_SYN_SENT && context->state == STATE_ESTABLISHED;
	bool fin = context_fin_has_come(context);
	bool fin_alone = fin && take(&left->in);
	if (answered && take(&left->in))
		draw_answer(context, MARK_COUNTED, take(&left->out) ? MARK_COUNTED : MARK_DEDUCED,
		            arrows);
	if (context->counts.data_in && !context->both)
		draw_data_in(context, MARK_COUNTED, fin && !fin_alone, arrows);
	if (context_was_reset(context) && take(&left->in) &&
	    context_other_farewell(context) != FAREWELL_RST)
		draw_reset(context, MARK_COUNTED, arrows);
	if (left->in)
		say_acknowledged(context, draw_acks(segments_in(context), left->in, arrows));
	if (fin_alone && !context->both)
		arrows_add_arrow(arrows, segments_in(context), MARK_COUNTED, "FIN", "FIN");
	left->in = 0;
}

/* Behind close() the kernel tells states only. */
static void deduce_closed(const struct context *context, struct arrows *arrows)
{
	bool deaf = !context->both || context_other_farewell(context) == FAREWELL_FIN;
	if (fin_acknowledged_is_new(context))
		arrows_add_arrow(arrows, segments_in(context), MARK_DEDUCED, "ACK", "ACK");
	if (!context_fin_has_come(context))
		return;
	if (!context->both)
		arrows_add_arrow(arrows, segments_in(context), MARK_DEDUCED, "FIN", "FIN");
	if (deaf)
		arrows_add_arrow(arrows, segments_out(context), MARK_DEDUCED, "ACK", "ACK");
}

void segments_draw(const struct context *context, bool outward, struct arrows *arrows)
{
	struct left left = bare_segments(&context->counts);
	bool closed = context->entry->call == CALL_SAMPLE && context->entry->arg == SAMPLE_CLOSED;
	if (!context->counts.known) {
		if (closed)
			deduce_closed(context, arrows);
	} else if (outward || context->counts.again) {
		draw_sent(context, &left, arrows);
		draw_received(context, &left, arrows);
	} else {
		draw_received(context, &left, arrows);
		draw_sent(context, &left, arrows);
	}
}

/* ---- what nobody counted ---- */

static void deduce_received(const struct context *context, struct arrows *arrows)
{
	const struct entry *entry = context->entry;
	if (entry->error == ECONNRESET && context_other_farewell(context) != FAREWELL_RST)
		draw_reset(context, MARK_DEDUCED, arrows);
	else if (context->both || entry->error || entry_is_aside(entry))
		return;
	else if (entry->len)
		draw_data_in(context, MARK_DEDUCED, false, arrows);
	else if (entry->arg)
		arrows_add_arrow(arrows, segments_in(context), MARK_DEDUCED, "FIN", "FIN");
}

void segments_deduce(const struct context *context, struct arrows *arrows)
{
	const struct entry *entry = context->entry;
	if (context_is_datagram(context) || !context_is_unwatched(context))
		return;
	if (entry_is_incoming(entry))
		deduce_received(context, arrows);
	else if (entry_is_outgoing(entry) && !entry->error && entry->len)
		draw_data_out(context, MARK_DEDUCED, false, arrows);
	else if (entry->call == CALL_SHUTDOWN && !entry->error && entry->arg != SHUT_RD)
		arrows_add_arrow(arrows, segments_out(context), MARK_DEDUCED, "FIN", "FIN");
}
