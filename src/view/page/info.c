// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/page/info.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "view/page/info_parts.h"

/* ---- the stream ---- */

static void add_sending(struct fields *fields, const struct snapshot *snapshot)
{
	const struct sample *sample = &snapshot->sample;
	uint64_t bytes, window = sample_get(sample, SAMPLE_SND_WND);
	info_add_memory(fields, "send buffer", sample, SAMPLE_WMEM, SAMPLE_SNDBUF, "");
	bool closed = sample_has(sample, SAMPLE_SND_WND) && !window;
	if (closed)
		fields_text(fields, STYLE_ERROR, "peer's window", "0 B *: closed");
	else
		info_add_bytes(fields, "peer's window", sample, SAMPLE_SND_WND);
	bool known = snapshot_in_flight(snapshot, &bytes);
	info_add_part(fields, "in flight", known, bytes, window);
	known = snapshot_held_back(snapshot, &bytes);
	info_add_part(fields, "held back", known, bytes, sample_get(sample, SAMPLE_SNDBUF));
	if (snapshot->unsent)
		fields_text(fields, STYLE_NOTE, "queued here", "%zu B, not given to send()",
		            snapshot->unsent);
}

static void add_receiving(struct fields *fields, const struct snapshot *snapshot)
{
	const struct sample *sample = &snapshot->sample;
	info_add_memory(fields, "recv buffer", sample, SAMPLE_RMEM, SAMPLE_RCVBUF, "");
	info_add_bytes(fields, "to read", sample, SAMPLE_INQ);
	info_add_bytes(fields, "own window", sample, SAMPLE_RCV_WND);
}

static void add_other_end(struct fields *fields, const struct snapshot *other)
{
	char state[SNAPSHOT_STATE], tag[SNAPSHOT_TAG];
	if (!other)
		return;
	fields_text(fields, STYLE_STATE, "other end", "%s %s", snapshot_format_tag(other, tag),
	            snapshot_format_state(other, state));
	if (!other->open)
		return;
	info_add_memory(fields, "peer's buffer", &other->sample, SAMPLE_RMEM, SAMPLE_RCVBUF, "");
	info_add_bytes(fields, "to read there", &other->sample, SAMPLE_INQ);
}

/* The SYN,ACK of the passive side is in no counter of its socket. */
static void add_segments(struct fields *fields, const struct snapshot *snapshot)
{
	const struct sample *sample = &snapshot->sample;
	char out[INFO_TEXT], in[INFO_TEXT];
	info_count(sample, SAMPLE_SEGS_OUT, SAMPLE_DATA_SEGS_OUT, out);
	info_count(sample, SAMPLE_SEGS_IN, SAMPLE_DATA_SEGS_IN, in);
	fields_text(fields, STYLE_TEXT, "segments out",
	            snapshot->accepted && sample_has(sample, SAMPLE_SEGS_OUT) ? "%s + SYN,ACK ?"
	                                                                      : "%s",
	            out);
	fields_text(fields, STYLE_TEXT, "segments in", "%s", in);
	uint64_t calls = sample_get(sample, SAMPLE_CALLS);
	if (calls && sample_has(sample, SAMPLE_NEW_OUT) && sample_has(sample, SAMPLE_NEW_IN))
		fields_text(fields, STYLE_TEXT, calls == 1 ? "last call" : "last calls",
		            "out %" PRIu64 ", in %" PRIu64 " o%s", sample->value[SAMPLE_NEW_OUT],
		            sample->value[SAMPLE_NEW_IN], calls == 1 ? "" : ", sampled");
}

static void add_retransmitted(struct fields *fields, const struct snapshot *snapshot)
{
	const struct sample *sample = &snapshot->sample;
	uint64_t again = sample_get(sample, SAMPLE_TOTAL_RETRANS);
	if (!sample_has(sample, SAMPLE_TOTAL_RETRANS))
		fields_text(fields, STYLE_FAINT, "retransmitted", NOT_AVAILABLE);
	else if (snapshot_retransmits_are_probes(snapshot))
		fields_text(fields, STYLE_TEXT, "retransmitted",
		            "%" PRIu64 " *: probe%s, not lost ?", again, again == 1 ? "" : "s");
	else
		fields_text(fields, again ? STYLE_ERROR : STYLE_TEXT, "retransmitted",
		            "%" PRIu64 " segment%s *", again, again == 1 ? "" : "s");
}

static void add_congestion(struct fields *fields, const struct sample *sample)
{
	static const char *const states[] = { "Open", "Disorder", "CWR", "Recovery", "Loss" };
	char rtt[CLOCK_TEXT], var[CLOCK_TEXT], threshold[32] = "not set yet";
	if (sample_has(sample, SAMPLE_RTT) && sample_has(sample, SAMPLE_RTTVAR))
		fields_text(fields, STYLE_TEXT, "round trip", "%s %s %s *",
		            info_format_us(sample_get(sample, SAMPLE_RTT), rtt),
		            text_has_unicode() ? "±" : "+-",
		            info_format_us(sample_get(sample, SAMPLE_RTTVAR), var));
	else
		fields_text(fields, STYLE_FAINT, "round trip", NOT_AVAILABLE);
	if (sample_has(sample, SAMPLE_SSTHRESH))
		snprintf(threshold, sizeof threshold, "%" PRIu64,
		         sample_get(sample, SAMPLE_SSTHRESH));
	if (sample_has(sample, SAMPLE_CWND))
		fields_text(fields, STYLE_TEXT, "cwnd", "%" PRIu64 " *, ssthresh %s *",
		            sample_get(sample, SAMPLE_CWND), threshold);
	else
		fields_text(fields, STYLE_FAINT, "cwnd", NOT_AVAILABLE);
	uint64_t state = sample_get(sample, SAMPLE_CA_STATE);
	if (state && state < sizeof states / sizeof *states)
		fields_text(fields, STYLE_ERROR, "congestion", "%s *", states[state]);
	if (sample_has(sample, SAMPLE_DELIVERY_RATE)) {
		char rate[COUNT_TEXT];
		fields_text(fields, STYLE_TEXT, "delivery", "%sB/s *%s",
		            count_format(sample_get(sample, SAMPLE_DELIVERY_RATE), rate),
		            sample_get(sample, SAMPLE_APP_LIMITED) ? ", limited by the application"
		                                                   : "");
	}
}

static void add_path(struct fields *fields, const struct snapshot *snapshot)
{
	const struct sample *sample = &snapshot->sample;
	bool stamps = sample_get(sample, SAMPLE_OPTIONS) & OPTION_TIMESTAMPS;
	char text[INFO_TEXT];
	if (sample_has(sample, SAMPLE_RTO))
		fields_text(fields, STYLE_TEXT, "timeout (RTO)", "%s *",
		            info_format_us(sample_get(sample, SAMPLE_RTO), text));
	if (sample_has(sample, SAMPLE_SND_MSS))
		fields_text(fields, STYLE_TEXT, "mss",
		            stamps ? "%" PRIu64 " * + 12 for TS" : "%" PRIu64 " *",
		            sample_get(sample, SAMPLE_SND_MSS));
	else
		fields_text(fields, STYLE_FAINT, "mss", NOT_AVAILABLE);
	info_add_bytes(fields, "path MTU", sample, SAMPLE_PMTU);
	info_options(sample, text);
	fields_text(fields, STYLE_TEXT, "options", "%s", text);
}

static void draw_stream(struct fields *fields, const struct info *info)
{
	const struct snapshot *snapshot = info->snapshot;
	info_add_heading(fields, snapshot);
	info_add_state(fields, snapshot);
	add_sending(fields, snapshot);
	add_receiving(fields, snapshot);
	add_other_end(fields, info->other);
	info_add_limit(fields, snapshot);
	fields_gap(fields);
	add_retransmitted(fields, snapshot);
	add_segments(fields, snapshot);
	info_add_traffic(fields, snapshot);
	if (!snapshot_are_loopback(snapshot))
		add_congestion(fields, &snapshot->sample);
	add_path(fields, snapshot);
	info_add_legend(fields);
	if (snapshot_are_loopback(snapshot))
		fields_sentence(fields, STYLE_FAINT, 1,
		                "rtt, cwnd and rates say nothing on loopback.");
	fields_sentence(fields, STYLE_FAINT, 1,
	                "Buffers are memory, overhead included: not bytes of the stream.");
}

/* ---- without a connection, a socket, or a word of the kernel ---- */

/* Before connect() or listen(), and behind a refusal or a reset. */
static void draw_unconnected(struct fields *fields, const struct info *info)
{
	const struct snapshot *snapshot = info->snapshot;
	const struct sample *sample = &snapshot->sample;
	info_add_heading(fields, snapshot);
	info_add_state(fields, snapshot);
	info_add_memory(fields, "send buffer", sample, SAMPLE_WMEM, SAMPLE_SNDBUF, "");
	info_add_memory(fields, "recv buffer", sample, SAMPLE_RMEM, SAMPLE_RCVBUF, "");
	info_add_bytes(fields, "to read", sample, SAMPLE_INQ);
	add_other_end(fields, info->other);
	add_segments(fields, snapshot);
	info_add_traffic(fields, snapshot);
	fields_gap(fields);
	fields_sentence(fields, STYLE_NOTE, 1,
	                "There is no connection: nobody to send to, no window, no timer.");
	info_add_legend(fields);
}

static void draw_closed(struct fields *fields, const struct info *info)
{
	const struct snapshot *snapshot = info->snapshot;
	const struct sample *sample = &snapshot->sample;
	info_add_heading(fields, snapshot);
	info_add_state(fields, snapshot);
	uint64_t bytes;
	if (snapshot_unacknowledged(snapshot, &bytes) && bytes)
		info_add_part(fields, "not acked", true, bytes, 0);
	info_add_traffic(fields, snapshot);
	add_other_end(fields, info->other);
	fields_gap(fields);
	bool left = sample_has(sample, SAMPLE_STATE) && snapshot_state(snapshot) != STATE_GONE &&
	            tcp_state_is_known(snapshot_state(snapshot));
	fields_sentence(fields, STYLE_NOTE, 1, "%s",
	                left ? "There is no descriptor any more: sock_diag tells what the kernel "
	                       "still keeps of the connection."
	                     : "There is no socket any more. /reconnect opens a new one.");
	info_add_legend(fields);
}

static void draw_unread(struct fields *fields, const struct info *info)
{
	const struct snapshot *snapshot = info->snapshot;
	info_add_heading(fields, snapshot);
	info_add_state(fields, snapshot);
	info_add_traffic(fields, snapshot);
	fields_gap(fields);
	fields_sentence(
	        fields, STYLE_NOTE, 1,
	        "Everything else is not available: the kernel has not been read (/set kernel "
	        "on), or this system does not tell.");
	info_add_legend(fields);
}

void info_draw(const struct snapshot *snapshot, const struct snapshot *other, int columns,
               struct rows *rows)
{
	static void (*const draws[])(struct fields * fields, const struct info *info) = {
		[SNAPSHOT_STREAM] = draw_stream,
		[SNAPSHOT_DATAGRAMS] = info_draw_datagrams,
		[SNAPSHOT_LISTENER] = info_draw_listener,
	};
	struct info info = { snapshot, other };
	struct fields fields;
	rows_clear(rows);
	fields_begin(&fields, rows, columns);
	if (!snapshot->open)
		draw_closed(&fields, &info);
	else if (!snapshot->sample.present)
		draw_unread(&fields, &info);
	else if (snapshot->kind == SNAPSHOT_STREAM && snapshot_state(snapshot) == STATE_CLOSED)
		draw_unconnected(&fields, &info);
	else
		draws[snapshot->kind](&fields, &info);
}
