// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/ladder/arrows.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/count.h"
#include "base/error.h"
#include "base/text.h"
#include "socket/constant.h"
#include "view/calltext.h"

enum { PAYLOAD_MOST = 48, PAYLOAD_LEAST = 3, DATA_TEXT = 64 };

/* An acknowledgement that took less is only the ACK that was counted. */
#define LATE_ACK CLOCK_MS

/* ---- making ---- */

struct arrow *arrows_add(struct arrows *arrows)
{
	if (arrows->count < ARROWS_MOST)
		arrows->count++;
	struct arrow *arrow = &arrows->list[arrows->count - 1];
	*arrow = (struct arrow){ 0 };
	return arrow;
}

__attribute__((format(printf, 5, 6))) static struct arrow *
arrows_add_arrow(struct arrows *arrows, enum arrow_direction direction, char mark,
                 const char *brief, const char *format, ...)
{
	va_list args;
	struct arrow *arrow = arrows_add(arrows);
	arrow->direction = direction;
	arrow->mark = mark;
	snprintf(arrow->brief, sizeof arrow->brief, "%s", brief);
	va_start(args, format);
	vsnprintf(arrow->label, sizeof arrow->label, format, args);
	va_end(args);
	return arrow;
}

static void arrow_put_call(struct arrow *arrow, int side, const struct entry *call, bool answered)
{
	arrow->margin[side] = (struct arrow_margin){
		.call = call,
		.answered = answered,
		.style = answered && entry_has_failed(call) ? STYLE_ERROR : STYLE_TEXT,
	};
}

__attribute__((format(printf, 5, 6))) static void
arrow_put_text(struct arrow *arrow, int side, char mark, enum style style, const char *format, ...)
{
	va_list args;
	struct arrow_margin *margin = &arrow->margin[side];
	*margin = (struct arrow_margin){ .mark = mark, .style = style };
	va_start(args, format);
	vsnprintf(margin->text, sizeof margin->text, format, args);
	va_end(args);
}

bool margin_is_free(const struct arrow_margin *margin)
{
	return !margin->call && !margin->text[0];
}

/* ---- calls in margins ---- */

static void print_received(const struct entry *call, size_t payload, struct buf *out)
{
	size_t len = out->len;
	buf_append_text(out, "  ");
	calltext_received(call, payload, out);
	if (out->len == len + 2)
		out->len = len;
}

static void print_full(const struct arrow_margin *margin, size_t payload, struct buf *out)
{
	const struct entry *call = margin->call;
	calltext_call(call, payload, out);
	if (!margin->answered)
		return;
	buf_append_text(out, " ");
	calltext_result(call, out);
	print_received(call, payload, out);
}

static void print_short(const struct arrow_margin *margin, size_t payload, struct buf *out)
{
	const struct entry *call = margin->call;
	if (call->call == CALL_SEND && payload)
		calltext_call(call, payload, out);
	else
		buf_printf(out, "%s()", entry_call_name(call->call));
	if (!margin->answered)
		return;
	if (call->error)
		buf_printf(out, " = -1 %s", error_name(call->error));
	else
		buf_printf(out, " = %ld", entry_result(call));
	if (entry_is_end_of_file(call))
		buf_append_text(out, "  end of file");
	else if (payload)
		print_received(call, payload, out);
}

/* The result of a connect() is below its name. */
static void print_least(const struct arrow_margin *margin, struct buf *out)
{
	const struct entry *call = margin->call;
	bool moves = entry_is_incoming(call) || entry_is_outgoing(call);
	if (call->call == CALL_CONNECT && margin->answered)
		buf_printf(out, "= %ld", entry_result(call));
	else
		buf_printf(out, "%s()", entry_call_name(call->call));
	if (margin->answered && call->error)
		buf_printf(out, " %s", error_name(call->error));
	else if (margin->answered && moves)
		buf_printf(out, " %ld", entry_result(call));
}

static bool fits(struct buf *out, size_t begin, int columns)
{
	const char *text = buf_text(out) + begin;
	return text_columns(text, out->len - begin) <= columns;
}

/* Arguments are worth less than payload, payload less than the result. */
static void print_call(const struct arrow_margin *margin, int columns, struct buf *out)
{
	size_t begin = out->len;
	size_t most = columns > PAYLOAD_MOST ? PAYLOAD_MOST : (size_t)columns;
	print_full(margin, PAYLOAD_MOST, out);
	for (size_t payload = most; payload >= PAYLOAD_LEAST && !fits(out, begin, columns);
	     payload--) {
		out->len = begin;
		print_short(margin, payload, out);
	}
	if (!fits(out, begin, columns)) {
		out->len = begin;
		print_short(margin, 0, out);
	}
	if (!fits(out, begin, columns)) {
		out->len = begin;
		print_least(margin, out);
	}
}

void arrow_print_margin(const struct arrow_margin *margin, int columns, struct buf *out)
{
	if (margin->call)
		print_call(margin, columns, out);
	else
		buf_append_text(out, margin->text);
}

/* ---- segments ---- */

/* With both ends ours each segment is drawn once: by who sends it, a bare ACK by who gets it. */

/* The counted segments without data that are still to be drawn. */
struct left {
	uint64_t out, in;
};

static enum arrow_direction segments_out(const struct context *context)
{
	return context->side ? DIRECTION_LEFT : DIRECTION_RIGHT;
}

static enum arrow_direction segments_in(const struct context *context)
{
	return context->side ? DIRECTION_RIGHT : DIRECTION_LEFT;
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
	arrows_add_arrow(arrows, segments_in(context), mark, "RST", "RST")->kind = ARROW_BAD;
}

/* Something was in flight, and nothing is any more. */
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

static struct arrow *draw_acks(enum arrow_direction direction, uint64_t count,
                               struct arrows *arrows)
{
	if (count == 1)
		return arrows_add_arrow(arrows, direction, MARK_COUNTED, "ACK", "ACK");
	return arrows_add_arrow(arrows, direction, MARK_COUNTED, "ACKs", "%" PRIu64 " ACKs", count);
}

/* "data 0..4", "data 5 bytes", "data": as much as is known; numbers of bytes begin with 0. */
static void name_data(bool ranged, uint64_t begin, uint64_t end, char out[DATA_TEXT])
{
	if (ranged && end - begin == 1)
		snprintf(out, DATA_TEXT, "data %" PRIu64, begin);
	else if (ranged)
		snprintf(out, DATA_TEXT, "data %" PRIu64 "..%" PRIu64, begin, end - 1);
	else if (end)
		snprintf(out, DATA_TEXT, "data %" PRIu64 " byte%s", end, count_plural(end));
	else
		snprintf(out, DATA_TEXT, "data");
}

static void draw_data(enum arrow_direction direction, char mark, const char *name,
                      uint64_t segments, const char *more, struct arrows *arrows)
{
	const char *brief = strstr(more, "FIN") ? "data,FIN" : "data";
	struct arrow *arrow = arrows_add_arrow(arrows, direction, mark, brief, "%s%s", name, more);
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
	        ->kind = ARROW_AGAIN;
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

/* The return of a connect() whose beginning is drawn already. */
static bool has_begun(const struct context *context)
{
	const struct transcript *transcript = context->transcript;
	uint64_t at = context->position;
	if (!entry_is_connect_return(context->entry))
		return false;
	while ((at = transcript_before(transcript, at)) != TRANSCRIPT_NONE) {
		const struct entry *entry = transcript_at(transcript, at);
		if (entry_is_connect_begun(entry))
			return !(entry->flags & ENTRY_WATCHING);
	}
	return false;
}

/* Nothing counted: EINPROGRESS says that the SYN is out, the rest is not known yet. */
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

static void segments_connect(const struct context *context, struct arrows *arrows)
{
	struct left left = bare_segments(&context->counts);
	if (!context->counts.known) {
		if (!has_begun(context))
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

static void segments_accept(const struct context *context, struct arrows *arrows)
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
	uint64_t bare = context_undrawn(context, left->out);
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
	    context_other_ending(context) != ENDING_RST)
		draw_reset(context, MARK_COUNTED, arrows);
	if (left->in)
		say_acknowledged(context, draw_acks(segments_in(context), left->in, arrows));
	if (fin_alone && !context->both)
		arrows_add_arrow(arrows, segments_in(context), MARK_COUNTED, "FIN", "FIN");
	left->in = 0;
}

static bool is_sample_of_closed(const struct context *context)
{
	return context->entry->call == CALL_SAMPLE && context->entry->arg == SAMPLE_CLOSED;
}

/* The other end is not ours, or has closed and counts no more segments. */
static bool is_alone(const struct context *context)
{
	return !context->both || context_other_ending(context) == ENDING_FIN;
}

/* After close() only states can be read. */
static void deduce_closed(const struct context *context, struct arrows *arrows)
{
	if (context_is_fin_acknowledged(context))
		arrows_add_arrow(arrows, segments_in(context), MARK_DEDUCED, "ACK", "ACK");
	if (!context_fin_has_come(context))
		return;
	if (!context->both)
		arrows_add_arrow(arrows, segments_in(context), MARK_DEDUCED, "FIN", "FIN");
	if (is_alone(context))
		arrows_add_arrow(arrows, segments_out(context), MARK_DEDUCED, "ACK", "ACK");
}

static void segments_draw(const struct context *context, bool outward, struct arrows *arrows)
{
	struct left left = bare_segments(&context->counts);
	if (!context->counts.known) {
		if (is_sample_of_closed(context))
			deduce_closed(context, arrows);
	} else if (outward || context->counts.again) {
		draw_sent(context, &left, arrows);
		draw_received(context, &left, arrows);
	} else {
		draw_received(context, &left, arrows);
		draw_sent(context, &left, arrows);
	}
}

/* Whether segments_draw() draws any. */
static bool has_segments(const struct context *context)
{
	const struct counts *counts = &context->counts;
	struct left left = bare_segments(counts);
	if (!counts->known)
		return is_sample_of_closed(context) &&
		       (context_is_fin_acknowledged(context) ||
		        (context_fin_has_come(context) && is_alone(context)));
	if (counts->data_out || counts->again || (counts->data_in && !context->both))
		return true;
	if (left.out && (context_fin_was_sent(context) || context_undrawn(context, left.out)))
		return true;
	if (context_fin_has_come(context) && take(&left.in) && !context->both)
		return true;
	bool drawn_there =
	        context_was_reset(context) && context_other_ending(context) == ENDING_RST;
	return left.in > drawn_there;
}

/* ---- what nobody counted ---- */

static void deduce_received(const struct context *context, struct arrows *arrows)
{
	const struct entry *entry = context->entry;
	if (entry->error == ECONNRESET && context_other_ending(context) != ENDING_RST)
		draw_reset(context, MARK_DEDUCED, arrows);
	else if (context->both || entry->error || entry_is_aside(entry))
		return;
	else if (entry->len)
		draw_data_in(context, MARK_DEDUCED, false, arrows);
	else if (entry->arg)
		arrows_add_arrow(arrows, segments_in(context), MARK_DEDUCED, "FIN", "FIN");
}

static void segments_deduce(const struct context *context, struct arrows *arrows)
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

/* ---- beside the segments ---- */

static struct arrow *last_of(struct arrows *arrows)
{
	return &arrows->list[arrows->count - 1];
}

/* The last line, if its margin on this side is still free, else a new one. */
static struct arrow *last_free(const struct context *context, struct arrows *arrows)
{
	if (arrows->count && margin_is_free(&last_of(arrows)->margin[context->side]))
		return last_of(arrows);
	return arrows_add(arrows);
}

/* ---- states ---- */

/* What a descriptor in TIME_WAIT reads as CLOSED. */
static bool is_hidden_time_wait(const struct context *context)
{
	return context->state == STATE_CLOSED && context_fin_has_come(context);
}

static void put_time_left(const struct context *context, const char *name, struct arrow *arrow)
{
	arrow_put_text(arrow, context->side, MARK_READ, STYLE_STATE, "%s %" PRIu64 " s left", name,
	               sample_get(&context->now, SAMPLE_TIMER_LEFT) / 1000000);
}

static bool has_new_state(const struct context *context)
{
	bool changed =
	        context->state != context->before || sample_has(&context->now, SAMPLE_OLD_STATE);
	return sample_has(&context->now, SAMPLE_STATE) && (changed || context->first);
}

static void draw_state(const struct context *context, struct arrows *arrows)
{
	if (!has_new_state(context))
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

/* Something that lasts: a number with the words around it. */
struct condition {
	const char *before;
	uint64_t count; /* 0: there is none */
	const char *after;
};

/* The first condition that holds. None has a number that only grows. The counts of a socket without
 * a connection mean nothing. */
static struct condition find_condition(const struct sample *sample)
{
	uint64_t tries = sample_get(sample, SAMPLE_RETRANSMITS);
	uint64_t probes = sample_get(sample, SAMPLE_PROBES);
	uint64_t unsent = sample_get(sample, SAMPLE_NOTSENT);
	bool shut = sample_has(sample, SAMPLE_SND_WND) && !sample_get(sample, SAMPLE_SND_WND);
	if (sample_is(sample, STATE_CLOSED))
		return (struct condition){ 0 };
	if (probes && sample_get(sample, SAMPLE_TIMER) == TIMER_KEEPALIVE)
		return (struct condition){ "probe ", probes, " unanswered" };
	if (tries)
		return (struct condition){ "try ", tries + 1, "" };
	if (unsent)
		return (struct condition){ "", unsent, shut ? " wait: window 0" : " held back" };
	if (sample_is(sample, STATE_LISTEN))
		return (struct condition){ "", sample_get(sample, SAMPLE_QUEUE),
			                   " waiting for accept()" };
	return (struct condition){ 0 };
}

static bool equal(const struct condition *a, const struct condition *b)
{
	return a->count == b->count && a->before == b->before && a->after == b->after;
}

/* The condition if it has changed, else the number of bytes to read if that has changed. */
static struct condition find_news(const struct context *context)
{
	struct condition now = find_condition(&context->now), before = { 0 };
	bool later = context->entry->call == CALL_SAMPLE && context->entry->arg == SAMPLE_LATER;
	uint64_t inq = sample_get(&context->now, SAMPLE_INQ);
	if (context->had)
		before = find_condition(&context->old);
	if (now.count && !equal(&now, &before))
		return now;
	if (!later || (context->had && sample_get(&context->old, SAMPLE_INQ) == inq))
		return (struct condition){ 0 };
	return (struct condition){ "", inq, " to read" };
}

static void draw_condition(const struct context *context, struct arrows *arrows)
{
	struct condition news = find_news(context);
	char left[CLOCK_TEXT] = "";
	uint64_t us = sample_get(&context->now, SAMPLE_TIMER_LEFT);
	bool again = sample_get(&context->now, SAMPLE_RETRANSMITS) && us > 0 && us < UINT32_MAX;
	if (!news.count)
		return;
	if (again)
		clock_format_duration((int64_t)us * CLOCK_US, left);
	arrow_put_text(last_free(context, arrows), context->side, MARK_READ, STYLE_STATE,
	               "%s%" PRIu64 "%s%s%s", news.before, news.count, news.after,
	               again ? ", next in " : "", left);
}

static uint64_t count_drops(const struct context *context)
{
	uint64_t before = context->had ? sample_get(&context->old, SAMPLE_DROPS) : 0;
	return less(sample_get(&context->now, SAMPLE_DROPS), before);
}

static void draw_drops(const struct context *context, struct arrows *arrows)
{
	uint64_t drops = count_drops(context);
	if (!drops)
		return;
	struct arrow *arrow = arrows_add_arrow(arrows, segments_in(context), MARK_READ, "dropped",
	                                       "%" PRIu64 " dropped", drops);
	arrow->kind = ARROW_LOST;
	arrow_put_text(arrow, context->side, MARK_NONE, STYLE_ERROR, "buffer full");
}

static void draw_sampling(const struct context *context, struct arrows *arrows)
{
	uint64_t calls = sample_get(&context->now, SAMPLE_CALLS);
	if (calls > 1)
		arrow_put_text(arrows_add(arrows), context->side, MARK_COUNTED, STYLE_FAINT,
		               "over %" PRIu64 " calls", calls);
}

static void draw_beside(const struct context *context, struct arrows *arrows)
{
	if (!context->timed)
		return;
	draw_state(context, arrows);
	draw_drops(context, arrows);
	draw_condition(context, arrows);
	draw_sampling(context, arrows);
}

static bool has_beside(const struct context *context)
{
	return context->timed &&
	       (has_new_state(context) || count_drops(context) || find_news(context).count ||
	        sample_get(&context->now, SAMPLE_CALLS) > 1);
}

/* ---- samples ---- */

static void draw_sample(const struct context *context, struct arrows *arrows)
{
	segments_draw(context, false, arrows);
	draw_beside(context, arrows);
}

/* ---- calls ---- */

/* The call is on the first of its lines. */
static void draw_call(const struct context *context, struct arrows *arrows)
{
	segments_draw(context, true, arrows);
	segments_deduce(context, arrows);
	if (!arrows->count || !margin_is_free(&arrows->list[0].margin[context->side])) {
		struct arrows rest = *arrows;
		arrows->count = 0;
		arrows_add(arrows);
		for (size_t i = 0; i < rest.count && arrows->count < ARROWS_MOST; i++)
			arrows->list[arrows->count++] = rest.list[i];
	}
	arrow_put_call(&arrows->list[0], context->side, context->entry, true);
	draw_beside(context, arrows);
}

/* A call that only asks is worth a row where something has happened meanwhile. */
static void draw_question(const struct context *context, struct arrows *arrows)
{
	segments_draw(context, true, arrows);
	if (!arrows->count)
		return;
	arrows->count = 0;
	draw_call(context, arrows);
}

/* connect() before the handshake, its result after it. */
static void draw_connect(const struct context *context, struct arrows *arrows)
{
	segments_connect(context, arrows);
	if (arrows->count)
		arrow_put_call(&arrows->list[0], context->side, context->entry, false);
	draw_beside(context, arrows);
	arrow_put_call(arrows_add(arrows), context->side, context->entry, true);
}

static void draw_close(const struct context *context, struct arrows *arrows)
{
	enum ending ending = context_ending(context->transcript, context->position);
	struct arrow *arrow = arrows_add(arrows);
	if (ending != ENDING_NONE) {
		const char *name = ending == ENDING_RST ? "RST" : "FIN";
		arrows->count = 0;
		arrow = arrows_add_arrow(arrows, segments_out(context),
		                         context_find_notice(context), name, "%s", name);
	}
	if (ending == ENDING_RST)
		arrow->kind = ARROW_BAD;
	arrow_put_call(arrow, context->side, context->entry, true);
	draw_beside(context, arrows);
}

static void draw_accepted(const struct context *context, struct arrows *arrows)
{
	const struct entry *accept = endpoints_find_accept(context->transcript, context->position);
	if (!context->both && !context->view->calls_only)
		segments_accept(context, arrows);
	struct arrow *arrow = arrows_add(arrows);
	if (accept)
		arrow_put_call(arrow, context->side, accept, true);
	else
		arrow_put_text(arrow, context->side, MARK_NONE, STYLE_TEXT, "accepted");
}

/* ---- datagrams ---- */

/* Only that the datagram was sent is known, not whether it arrives. */
static void draw_datagram_out(const struct context *context, struct arrows *arrows)
{
	const struct entry *entry = context->entry;
	struct arrow *arrow = arrows_add(arrows);
	uint32_t len = entry->flags & ENTRY_TRUNCATED && entry->arg > 0 ? (uint32_t)entry->arg
	                                                                : entry->len;
	if (!entry->error) {
		arrows->count = 0;
		arrow = arrows_add_arrow(arrows, segments_out(context), MARK_DEDUCED, "datagram",
		                         "datagram %" PRIu32 " byte%s", len, count_plural(len));
	}
	arrow_put_call(arrow, context->side, entry, true);
	draw_beside(context, arrows);
}

static void draw_datagram_in(const struct context *context, struct arrows *arrows)
{
	const struct entry *entry = context->entry;
	struct arrow *arrow = arrows_add(arrows);
	bool cut = entry->flags & ENTRY_TRUNCATED && entry->arg > 0;
	uint32_t len = cut ? (uint32_t)entry->arg : entry->len;
	if (!entry->error && !context->both && !entry_is_aside(entry)) {
		arrows->count = 0;
		arrow = arrows_add_arrow(arrows, segments_in(context), MARK_READ, "datagram",
		                         "datagram %" PRIu32 " byte%s", len, count_plural(len));
	}
	arrow_put_call(arrow, context->side, entry, true);
	draw_beside(context, arrows);
}

/* ---- the error queue ---- */

static bool is_icmp(const struct errqueue *error)
{
	return error->origin == ERRQUEUE_ICMP || error->origin == ERRQUEUE_ICMP6;
}

static bool is_late_ack(const struct errqueue *error)
{
	return error->origin == ERRQUEUE_ACKED && error->delay >= LATE_ACK;
}

static void draw_icmp(const struct context *context, const struct errqueue *error,
                      struct arrows *arrows)
{
	char name[CONSTANT_TEXT], host[ENDPOINT_TEXT], mtu[24] = "";
	struct endpoint offender = entry_addr(context->entry);
	bool named = endpoint_is_set(&offender);
	if (error->info && error->error == EMSGSIZE)
		snprintf(mtu, sizeof mtu, ", MTU %" PRIu32, error->info);
	struct arrow *arrow = arrows_add_arrow(arrows, segments_in(context), MARK_READ, "ICMP",
	                                       "ICMP %u/%u%s", error->type, error->code, mtu);
	arrow->kind = ARROW_BAD;
	constant_icmp(error->origin == ERRQUEUE_ICMP6, error->type, error->code, name);
	arrow_put_text(arrow, context->side, MARK_NONE, STYLE_ERROR, "%s%s%s", name,
	               named ? " from " : "", named ? endpoint_format_host(&offender, host) : "");
}

static void draw_local_error(const struct context *context, const struct errqueue *error,
                             struct arrows *arrows)
{
	struct arrow *arrow = arrows_add(arrows);
	if (error->error == EMSGSIZE && error->info)
		arrow_put_text(arrow, context->side, MARK_READ, STYLE_ERROR,
		               "too large: MTU %" PRIu32, error->info);
	else
		arrow_put_text(arrow, context->side, MARK_READ, STYLE_ERROR, "not sent: %s",
		               error_name(error->error));
}

static void draw_error(const struct context *context, struct arrows *arrows)
{
	struct errqueue error;
	char delay[CLOCK_TEXT];
	if (!entry_unpack_errqueue(context->entry, &error))
		return;
	if (is_icmp(&error))
		draw_icmp(context, &error, arrows);
	else if (error.origin == ERRQUEUE_LOCAL)
		draw_local_error(context, &error, arrows);
	else if (is_late_ack(&error))
		arrow_put_text(arrows_add(arrows), context->side, MARK_READ, STYLE_STATE,
		               "acked after %s",
		               clock_format_duration((int64_t)(error.delay & INT64_MAX), delay));
}

/* ---- any entry ---- */

static void draw_transfer(const struct context *context, struct arrows *arrows)
{
	if (!context_is_datagram(context))
		draw_call(context, arrows);
	else if (entry_is_incoming(context->entry))
		draw_datagram_in(context, arrows);
	else
		draw_datagram_out(context, arrows);
}

static void draw_entry(const struct context *context, struct arrows *arrows)
{
	switch (context->entry->call) {
	case CALL_NOTE:
		break;
	case CALL_STATE:
		if (entry_is_accepted(context->entry))
			draw_accepted(context, arrows);
		break;
	case CALL_SAMPLE:
		draw_sample(context, arrows);
		break;
	case CALL_ERRQUEUE:
		draw_error(context, arrows);
		break;
	case CALL_CONNECT:
		if (context_is_datagram(context))
			draw_call(context, arrows);
		else
			draw_connect(context, arrows);
		break;
	case CALL_GETSOCKNAME:
		draw_question(context, arrows);
		break;
	case CALL_CLOSE:
		if (context_is_datagram(context))
			draw_call(context, arrows);
		else
			draw_close(context, arrows);
		break;
	case CALL_SEND:
	case CALL_SENDTO:
	case CALL_RECV:
	case CALL_RECVFROM:
	case CALL_SENDMSG:
	case CALL_RECVMSG:
		draw_transfer(context, arrows);
		break;
	default:
		draw_call(context, arrows);
	}
}

/* What is on the way between UNIX sockets nobody can see. */
static void draw_call_alone(const struct context *context, struct arrows *arrows)
{
	if (entry_is_accepted(context->entry))
		draw_accepted(context, arrows);
	else if (entry_is_call(context->entry) && context->entry->call != CALL_GETSOCKNAME)
		arrow_put_call(arrows_add(arrows), context->side, context->entry, true);
}

void arrows_draw(const struct cursor *cursor, struct arrows *arrows)
{
	struct context context;
	arrows->count = 0;
	context_set(&context, cursor->view, cursor->position, cursor->entry);
	if (cursor->view->calls_only)
		draw_call_alone(&context, arrows);
	else
		draw_entry(&context, arrows);
}

bool arrows_are_drawn(const struct view *view, uint64_t position, const struct entry *entry)
{
	struct context context;
	struct errqueue error;
	if (view->calls_only)
		return false;
	if (entry->call == CALL_ERRQUEUE)
		return entry_unpack_errqueue(entry, &error) &&
		       (is_icmp(&error) || error.origin == ERRQUEUE_LOCAL || is_late_ack(&error));
	context_set(&context, view, position, entry);
	return has_segments(&context) || (entry->call == CALL_SAMPLE && has_beside(&context));
}
