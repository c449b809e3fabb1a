// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/page/info_parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
	EXACT_MOST = 999999,   /* larger numbers are told with three digits */
	SHARED_LEAST = 100000, /* microseconds of sending that shares are told of */
};

void info_add_heading(struct fields *fields, const struct snapshot *snapshot)
{
	char local[ENDPOINT_TEXT] = "", peer[ENDPOINT_TEXT] = "";
	bool peered = snapshot->kind != SNAPSHOT_LISTENER && endpoint_is_set(&snapshot->peer);
	const char *arrow = text_has_unicode() ? " ⇄ " : " <-> ";
	if (endpoint_is_set(&snapshot->local))
		endpoint_format(&snapshot->local, local);
	if (peered)
		endpoint_format(&snapshot->peer, peer);
	fields_sentence(fields, STYLE_STATE, 7, "INFO %s %s%s%s", snapshot->name, local,
	                peered ? arrow : "", peer);
	fields_gap(fields);
}

void info_add_legend(struct fields *fields)
{
	fields_gap(fields);
	fields_sentence(fields, STYLE_FAINT, 1,
	                "* read from the kernel, o counted around the last calls, ? deduced.");
}

void info_add_state(struct fields *fields, const struct snapshot *snapshot)
{
	char state[SNAPSHOT_STATE], timer[SNAPSHOT_TIMER];
	fields_text(fields, STYLE_STATE, "state", "%s", snapshot_format_state(snapshot, state));
	snapshot_format_timer(snapshot, timer);
	if (*timer)
		fields_text(fields, STYLE_STATE, "timer", "%s *", timer);
	else if (sample_has(&snapshot->sample, SAMPLE_TIMER))
		fields_text(fields, STYLE_TEXT, "timer", "off *");
	else if (snapshot->open && snapshot->sample.present && snapshot->kind == SNAPSHOT_STREAM &&
	         snapshot_state(snapshot) != STATE_CLOSED)
		fields_text(fields, STYLE_FAINT, "timer", NOT_AVAILABLE);
}

static const char *format_bytes(uint64_t bytes, char out[COUNT_TEXT])
{
	if (bytes > EXACT_MOST)
		return count_format(bytes, out);
	snprintf(out, COUNT_TEXT, "%" PRIu64, bytes);
	return out;
}

void info_add_bytes(struct fields *fields, const char *label, const struct sample *sample,
                    enum sample_field field)
{
	char bytes[COUNT_TEXT];
	if (sample_has(sample, field))
		fields_text(fields, STYLE_TEXT, label, "%s B *",
		            format_bytes(sample_get(sample, field), bytes));
	else
		fields_text(fields, STYLE_FAINT, label, NOT_AVAILABLE);
}

void info_add_memory(struct fields *fields, const char *label, const struct sample *sample,
                     enum sample_field used, enum sample_field most, const char *of)
{
	char bytes[COUNT_TEXT], all[COUNT_TEXT];
	uint64_t part = sample_get(sample, used), whole = sample_get(sample, most);
	if (sample_has(sample, used) && sample_has(sample, most))
		fields_gauge(fields, part >= whole ? STYLE_ERROR : STYLE_TEXT, label, part, whole,
		             "%s/%s *%s", format_bytes(part, bytes), format_bytes(whole, all), of);
	else
		fields_text(fields, STYLE_FAINT, label, NOT_AVAILABLE "%s", of);
}

void info_add_part(struct fields *fields, const char *label, bool known, uint64_t bytes,
                   uint64_t whole)
{
	char text[COUNT_TEXT];
	if (known)
		fields_gauge(fields, STYLE_TEXT, label, bytes, whole, "%s B *",
		             format_bytes(bytes, text));
	else
		fields_text(fields, STYLE_FAINT, label, NOT_AVAILABLE);
}

/* ---- what sending waits for ---- */

static void add_share(struct fields *fields, const char *label, uint64_t part, uint64_t whole,
                      char mark)
{
	int percent = (int)(100.0 * (double)(part < whole ? part : whole) / (double)whole + 0.5);
	fields_gauge(fields, STYLE_TEXT, label, part, whole, "%d %% %c", percent, mark);
}

/* The kernel counts in ticks of its clock, of some milliseconds each: shares of a few would be made
 * up. The rest of the busy time is what neither window nor buffer held up. */
static void add_busy(struct fields *fields, const struct sample *sample)
{
	uint64_t busy = sample_get(sample, SAMPLE_BUSY_TIME);
	uint64_t window = sample_get(sample, SAMPLE_RWND_LIMITED);
	uint64_t buffer = sample_get(sample, SAMPLE_SNDBUF_LIMITED);
	char text[CLOCK_TEXT];
	if (!busy || !sample_has(sample, SAMPLE_RWND_LIMITED) ||
	    !sample_has(sample, SAMPLE_SNDBUF_LIMITED))
		return;
	fields_text(fields, STYLE_TEXT, "sending took", "%s * (counted in ticks)",
	            info_format_us(busy, text));
	if (busy < SHARED_LEAST)
		return;
	add_share(fields, "window full", window, busy, '*');
	add_share(fields, "buffer full", buffer, busy, '*');
	uint64_t held = window < busy ? window : busy;
	held += buffer < busy - held ? buffer : busy - held;
	add_share(fields, "missing ACKs", busy - held, busy, '?');
}

void info_add_limit(struct fields *fields, const struct snapshot *snapshot)
{
	enum snapshot_limit limit = snapshot_limit(snapshot);
	bool holds = limit == LIMIT_PEER_WINDOW || limit == LIMIT_SEND_BUFFER;
	if (limit == LIMIT_UNKNOWN)
		fields_text(fields, STYLE_FAINT, "held up by", NOT_AVAILABLE);
	else
		fields_text(fields, holds ? STYLE_ERROR : STYLE_TEXT, "held up by", "%s %c",
		            snapshot_limit_name(limit), limit == LIMIT_NO_DATA ? '*' : '?');
	add_busy(fields, &snapshot->sample);
}

/* ---- counts ---- */

static void add_moved(struct fields *fields, const struct snapshot *snapshot, const char *label,
                      uint64_t bytes, uint64_t calls)
{
	char text[COUNT_TEXT];
	const char *unit = snapshot->kind == SNAPSHOT_DATAGRAMS ? "datagram" : "call";
	fields_text(fields, STYLE_TEXT, label, "%s B in %" PRIu64 " %s%s",
	            format_bytes(bytes, text), calls, unit, calls == 1 ? "" : "s");
}

void info_add_traffic(struct fields *fields, const struct snapshot *snapshot)
{
	add_moved(fields, snapshot, "sent", snapshot->sent, snapshot->sends);
	add_moved(fields, snapshot, "received", snapshot->received, snapshot->receives);
}

void info_count(const struct sample *sample, enum sample_field all, enum sample_field data,
                char out[INFO_TEXT])
{
	if (!sample_has(sample, all))
		snprintf(out, INFO_TEXT, NOT_AVAILABLE);
	else if (!sample_has(sample, data))
		snprintf(out, INFO_TEXT, "%" PRIu64 " *", sample_get(sample, all));
	else
		snprintf(out, INFO_TEXT, "%" PRIu64 " * (%" PRIu64 " data)",
		         sample_get(sample, all), sample_get(sample, data));
}

void info_options(const struct sample *sample, char out[INFO_TEXT])
{
	static const struct {
		unsigned bit;
		const char *name;
	} options[] = {
		{ OPTION_TIMESTAMPS, "TS " }, { OPTION_SACK, "SACK " },
		{ OPTION_WSCALE, "WS " },     { OPTION_ECN, "ECN " },
		{ OPTION_ECN_SEEN, "CE " },   { OPTION_SYN_DATA, "data-in-SYN " },
	};
	uint64_t bits = sample_get(sample, SAMPLE_OPTIONS);
	size_t len = 0;
	out[0] = '\0';
	for (size_t i = 0; i < sizeof options / sizeof *options; i++)
		if (bits & options[i].bit)
			len += (size_t)snprintf(out + len, INFO_TEXT - len, "%s", options[i].name);
	if (!sample_has(sample, SAMPLE_OPTIONS))
		snprintf(out, INFO_TEXT, NOT_AVAILABLE);
	else
		snprintf(out + len, INFO_TEXT - len, len ? "*" : "none *");
}

const char *info_format_us(uint64_t us, char *out)
{
	int64_t most = INT64_MAX / CLOCK_US;
	int64_t ns = us > (uint64_t)most ? INT64_MAX : (int64_t)us * CLOCK_US;
	return clock_format_duration(ns, out);
}
