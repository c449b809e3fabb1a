// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/page/info.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "view/page/info_parts.h"

/* ---- the stream ---- */

static void add_sending(struct form *form, const struct facts *facts)
{
	const struct reading *reading = &facts->reading;
	uint64_t bytes, window = reading_get(reading, READING_SND_WND);
	info_add_memory(form, "send buffer", reading, READING_WMEM, READING_SNDBUF, "");
	bool closed = reading_has(reading, READING_SND_WND) && !window;
	if (closed)
		form_text(form, STYLE_ERROR, "peer's window", "0 B *: closed");
	else
		info_add_bytes(form, "peer's window", reading, READING_SND_WND);
	bool known = facts_in_flight(facts, &bytes);
	info_add_part(form, "in flight", known, bytes, window);
	known = facts_held_back(facts, &bytes);
	info_add_part(form, "held back", known, bytes, reading_get(reading, READING_SNDBUF));
	if (facts->unsent)
		form_text(form, STYLE_NOTE, "queued here", "%zu B, not given to send()",
		          facts->unsent);
}

static void add_receiving(struct form *form, const struct facts *facts)
{
	const struct reading *reading = &facts->reading;
	info_add_memory(form, "recv buffer", reading, READING_RMEM, READING_RCVBUF, "");
	info_add_bytes(form, "to read", reading, READING_INQ);
	info_add_bytes(form, "own window", reading, READING_RCV_WND);
}

static void add_other_end(struct form *form, const struct facts *other)
{
	char state[FACTS_STATE], tag[FACTS_TAG];
	if (!other)
		return;
	form_text(form, STYLE_STATE, "other end", "%s %s", facts_format_tag(other, tag),
	          facts_format_state(other, state));
	if (!other->open)
		return;
	info_add_memory(form, "peer's buffer", &other->reading, READING_RMEM, READING_RCVBUF, "");
	info_add_bytes(form, "to read there", &other->reading, READING_INQ);
}

/* The SYN,ACK of the passive side is in no counter of its socket. */
static void add_segments(struct form *form, const struct facts *facts)
{
	const struct reading *reading = &facts->reading;
	char out[INFO_TEXT], in[INFO_TEXT];
	info_count(reading, READING_SEGS_OUT, READING_DATA_SEGS_OUT, out);
	info_count(reading, READING_SEGS_IN, READING_DATA_SEGS_IN, in);
	form_text(form, STYLE_TEXT, "segments out",
	          facts->accepted && reading_has(reading, READING_SEGS_OUT) ? "%s + SYN,ACK ?"
	                                                                    : "%s",
	          out);
	form_text(form, STYLE_TEXT, "segments in", "%s", in);
	uint64_t calls = reading_get(reading, READING_CALLS);
	if (calls && reading_has(reading, READING_NEW_OUT) && reading_has(reading, READING_NEW_IN))
		form_text(form, STYLE_TEXT, calls == 1 ? "last call" : "last calls",
		          "out %" PRIu64 ", in %" PRIu64 " o%s", reading->value[READING_NEW_OUT],
		          reading->value[READING_NEW_IN], calls == 1 ? "" : ", sampled");
}

static void add_retransmitted(struct form *form, const struct facts *facts)
{
	const struct reading *reading = &facts->reading;
	uint64_t again = reading_get(reading, READING_TOTAL_RETRANS);
	if (!reading_has(reading, READING_TOTAL_RETRANS))
		form_text(form, STYLE_FAINT, "retransmitted", NOT_AVAILABLE);
	else if (facts_retransmits_are_probes(facts))
		form_text(form, STYLE_TEXT, "retransmitted", "%" PRIu64 " *: probe%s, not lost ?",
		          again, again == 1 ? "" : "s");
	else
		form_text(form, again ? STYLE_ERROR : STYLE_TEXT, "retransmitted",
		          "%" PRIu64 " segment%s *", again, again == 1 ? "" : "s");
}

static void add_congestion(struct form *form, const struct reading *reading)
{
	static const char *const states[] = { "Open", "Disorder", "CWR", "Recovery", "Loss" };
	char rtt[CLOCK_TEXT], var[CLOCK_TEXT], threshold[32] = "not set yet";
	if (reading_has(reading, READING_RTT) && reading_has(reading, READING_RTTVAR))
		form_text(form, STYLE_TEXT, "round trip", "%s %s %s *",
		          info_format_us(reading_get(reading, READING_RTT), rtt),
		          text_has_unicode() ? "±" : "+-",
		          info_format_us(reading_get(reading, READING_RTTVAR), var));
	else
		form_text(form, STYLE_FAINT, "round trip", NOT_AVAILABLE);
	if (reading_has(reading, READING_SSTHRESH))
		snprintf(threshold, sizeof threshold, "%" PRIu64,
		         reading_get(reading, READING_SSTHRESH));
	if (reading_has(reading, READING_CWND))
		form_text(form, STYLE_TEXT, "cwnd", "%" PRIu64 " *, ssthresh %s *",
		          reading_get(reading, READING_CWND), threshold);
	else
		form_text(form, STYLE_FAINT, "cwnd", NOT_AVAILABLE);
	uint64_t state = reading_get(reading, READING_CA_STATE);
	if (state && state < sizeof states / sizeof *states)
		form_text(form, STYLE_ERROR, "congestion", "%s *", states[state]);
	if (reading_has(reading, READING_DELIVERY_RATE)) {
		char rate[COUNT_TEXT];
		form_text(form, STYLE_TEXT, "delivery", "%sB/s *%s",
		          count_format(reading_get(reading, READING_DELIVERY_RATE), rate),
		          reading_get(reading, READING_APP_LIMITED) ? ", limited by the application"
		                                                    : "");
	}
}

static void add_path(struct form *form, const struct facts *facts)
{
	const struct reading *reading = &facts->reading;
	bool stamps = reading_get(reading, READING_OPTIONS) & OPTION_TIMESTAMPS;
	char text[INFO_TEXT];
	if (reading_has(reading, READING_RTO))
		form_text(form, STYLE_TEXT, "timeout (RTO)", "%s *",
		          info_format_us(reading_get(reading, READING_RTO), text));
	if (reading_has(reading, READING_SND_MSS))
		form_text(form, STYLE_TEXT, "mss",
		          stamps ? "%" PRIu64 " * + 12 for TS" : "%" PRIu64 " *",
		          reading_get(reading, READING_SND_MSS));
	else
		form_text(form, STYLE_FAINT, "mss", NOT_AVAILABLE);
	info_add_bytes(form, "path MTU", reading, READING_PMTU);
	info_options(reading, text);
	form_text(form, STYLE_TEXT, "options", "%s", text);
}

static void draw_stream(struct form *form, const struct info *info)
{
	const struct facts *facts = info->facts;
	info_add_heading(form, facts);
	info_add_state(form, facts);
	add_sending(form, facts);
	add_receiving(form, facts);
	add_other_end(form, info->other);
	info_add_limit(form, facts);
	form_gap(form);
	add_retransmitted(form, facts);
	add_segments(form, facts);
	info_add_traffic(form, facts);
	if (!facts_are_loopback(facts))
		add_congestion(form, &facts->reading);
	add_path(form, facts);
	info_add_legend(form);
	if (facts_are_loopback(facts))
		form_sentence(form, STYLE_FAINT, 1, "rtt, cwnd and rates say nothing on loopback.");
	form_sentence(form, STYLE_FAINT, 1,
	              "Buffers are memory, overhead included: not bytes of the stream.");
}

/* ---- without a connection, a socket, or a word of the kernel ---- */

/* Before connect() or listen(), and behind a refusal or a reset. */
static void draw_unconnected(struct form *form, const struct info *info)
{
	const struct facts *facts = info->facts;
	const struct reading *reading = &facts->reading;
	info_add_heading(form, facts);
	info_add_state(form, facts);
	info_add_memory(form, "send buffer", reading, READING_WMEM, READING_SNDBUF, "");
	info_add_memory(form, "recv buffer", reading, READING_RMEM, READING_RCVBUF, "");
	info_add_bytes(form, "to read", reading, READING_INQ);
	add_other_end(form, info->other);
	add_segments(form, facts);
	info_add_traffic(form, facts);
	form_gap(form);
	form_sentence(form, STYLE_NOTE, 1,
	              "There is no connection: nobody to send to, no window, no timer.");
	info_add_legend(form);
}

static void draw_closed(struct form *form, const struct info *info)
{
	const struct facts *facts = info->facts;
	const struct reading *reading = &facts->reading;
	info_add_heading(form, facts);
	info_add_state(form, facts);
	uint64_t bytes;
	if (facts_unacknowledged(facts, &bytes) && bytes)
		info_add_part(form, "not acked", true, bytes, 0);
	info_add_traffic(form, facts);
	add_other_end(form, info->other);
	form_gap(form);
	bool left = reading_has(reading, READING_STATE) &&
	            facts_state_number(facts) != STATE_GONE &&
	            facts_state_number(facts) != STATE_COUNT;
	form_sentence(form, STYLE_NOTE, 1, "%s",
	              left ? "There is no descriptor any more: sock_diag tells what the kernel "
	                     "still keeps of the connection."
	                   : "There is no socket any more. /reconnect opens a new one.");
	info_add_legend(form);
}

static void draw_unread(struct form *form, const struct info *info)
{
	const struct facts *facts = info->facts;
	info_add_heading(form, facts);
	info_add_state(form, facts);
	info_add_traffic(form, facts);
	form_gap(form);
	form_sentence(form, STYLE_NOTE, 1,
	              "Everything else is not available: the kernel has not been read (/set kernel "
	              "on), or this system does not tell.");
	info_add_legend(form);
}

void info_draw(const struct facts *facts, const struct facts *other, int columns, struct rows *rows)
{
	static void (*const draws[])(struct form * form, const struct info *info) = {
		[FACTS_STREAM] = draw_stream,
		[FACTS_DATAGRAMS] = info_draw_datagrams,
		[FACTS_LISTENER] = info_draw_listener,
	};
	struct info info = { facts, other };
	struct form form;
	rows_clear(rows);
	form_begin(&form, rows, columns);
	if (!facts->open)
		draw_closed(&form, &info);
	else if (!facts->reading.present)
		draw_unread(&form, &info);
	else if (facts->kind == FACTS_STREAM && facts_state_number(facts) == STATE_CLOSE)
		draw_unconnected(&form, &info);
	else
		draws[facts->kind](&form, &info);
}
