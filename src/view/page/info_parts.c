// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/page/info_parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
	EXACT_MOST = 999999,   /* larger numbers are told with three digits */
	SHARED_LEAST = 100000, /* microseconds of sending that shares are told of */
};

void info_add_heading(struct form *form, const struct facts *facts)
{
	char local[ADDR_TEXT] = "", peer[ADDR_TEXT] = "";
	bool peered = facts->kind != FACTS_LISTENER && facts->peer.family != AF_UNSPEC;
	const char *arrow = text_has_unicode() ? " ⇄ " : " <-> ";
	if (facts->local.family != AF_UNSPEC)
		addr_format(&facts->local, local);
	if (peered)
		addr_format(&facts->peer, peer);
	form_sentence(form, STYLE_STATE, 7, "INFO %s %s%s%s", facts->name, local,
	              peered ? arrow : "", peer);
	form_gap(form);
}

void info_add_legend(struct form *form)
{
	form_gap(form);
	form_sentence(form, STYLE_FAINT, 1,
	              "* read from the kernel, o counted around the last calls, ? deduced.");
}

void info_add_state(struct form *form, const struct facts *facts)
{
	char state[FACTS_STATE], timer[FACTS_TIMER];
	form_text(form, STYLE_STATE, "state", "%s", facts_format_state(facts, state));
	facts_format_timer(facts, timer);
	if (*timer)
		form_text(form, STYLE_STATE, "timer", "%s *", timer);
	else if (reading_has(&facts->reading, READING_TIMER))
		form_text(form, STYLE_TEXT, "timer", "off *");
	else if (facts->open && facts->reading.present && facts->kind == FACTS_STREAM &&
	         facts_state_number(facts) != STATE_CLOSE)
		form_text(form, STYLE_FAINT, "timer", NOT_AVAILABLE);
}

static const char *format_bytes(uint64_t bytes, char out[COUNT_TEXT])
{
	if (bytes > EXACT_MOST)
		return count_format(bytes, out);
	snprintf(out, COUNT_TEXT, "%" PRIu64, bytes);
	return out;
}

void info_add_bytes(struct form *form, const char *label, const struct reading *reading,
                    enum reading_field field)
{
	char bytes[COUNT_TEXT];
	if (reading_has(reading, field))
		form_text(form, STYLE_TEXT, label, "%s B *",
		          format_bytes(reading_get(reading, field), bytes));
	else
		form_text(form, STYLE_FAINT, label, NOT_AVAILABLE);
}

void info_add_memory(struct form *form, const char *label, const struct reading *reading,
                     enum reading_field used, enum reading_field most, const char *of)
{
	char bytes[COUNT_TEXT], all[COUNT_TEXT];
	uint64_t part = reading_get(reading, used), whole = reading_get(reading, most);
	if (reading_has(reading, used) && reading_has(reading, most))
		form_gauge(form, part >= whole ? STYLE_ERROR : STYLE_TEXT, label, part, whole,
		           "%s/%s *%s", format_bytes(part, bytes), format_bytes(whole, all), of);
	else
		form_text(form, STYLE_FAINT, label, NOT_AVAILABLE "%s", of);
}

void info_add_part(struct form *form, const char *label, bool known, uint64_t bytes, uint64_t whole)
{
	char text[COUNT_TEXT];
	if (known)
		form_gauge(form, STYLE_TEXT, label, bytes, whole, "%s B *",
		           format_bytes(bytes, text));
	else
		form_text(form, STYLE_FAINT, label, NOT_AVAILABLE);
}

/* ---- what sending waits for ---- */

static void add_share(struct form *form, const char *label, uint64_t part, uint64_t whole,
                      char mark)
{
	int percent = (int)(100.0 * (double)(part < whole ? part : whole) / (double)whole + 0.5);
	form_gauge(form, STYLE_TEXT, label, part, whole, "%d %% %c", percent, mark);
}

/* The kernel counts in ticks of its clock, of some milliseconds each: shares of a few would be made
 * up. The rest of the busy time is what neither window nor buffer held up. */
static void add_busy(struct form *form, const struct reading *reading)
{
	uint64_t busy = reading_get(reading, READING_BUSY_TIME);
	uint64_t window = reading_get(reading, READING_RWND_LIMITED);
	uint64_t buffer = reading_get(reading, READING_SNDBUF_LIMITED);
	char text[CLOCK_TEXT];
	if (!busy || !reading_has(reading, READING_RWND_LIMITED) ||
	    !reading_has(reading, READING_SNDBUF_LIMITED))
		return;
	form_text(form, STYLE_TEXT, "sending took", "%s * (counted in ticks)",
	          info_format_us(busy, text));
	if (busy < SHARED_LEAST)
		return;
	add_share(form, "window full", window, busy, '*');
	add_share(form, "buffer full", buffer, busy, '*');
	uint64_t held = window < busy ? window : busy;
	held += buffer < busy - held ? buffer : busy - held;
	add_share(form, "missing ACKs", busy - held, busy, '?');
}

void info_add_limit(struct form *form, const struct facts *facts)
{
	enum facts_limit limit = facts_limit(facts);
	bool holds = limit == LIMIT_PEER_WINDOW || limit == LIMIT_SEND_BUFFER;
	if (limit == LIMIT_UNKNOWN)
		form_text(form, STYLE_FAINT, "held up by", NOT_AVAILABLE);
	else
		form_text(form, holds ? STYLE_ERROR : STYLE_TEXT, "held up by", "%s %c",
		          facts_limit_name(limit), limit == LIMIT_NO_DATA ? '*' : '?');
	add_busy(form, &facts->reading);
}

/* ---- counts ---- */

static void add_moved(struct form *form, const struct facts *facts, const char *label,
                      uint64_t bytes, uint64_t calls)
{
	char text[COUNT_TEXT];
	const char *unit = facts->kind == FACTS_DATAGRAMS ? "datagram" : "call";
	form_text(form, STYLE_TEXT, label, "%s B in %" PRIu64 " %s%s", format_bytes(bytes, text),
	          calls, unit, calls == 1 ? "" : "s");
}

void info_add_traffic(struct form *form, const struct facts *facts)
{
	add_moved(form, facts, "sent", facts->sent, facts->sends);
	add_moved(form, facts, "received", facts->received, facts->receives);
}

void info_count(const struct reading *reading, enum reading_field all, enum reading_field data,
                char out[INFO_TEXT])
{
	if (!reading_has(reading, all))
		snprintf(out, INFO_TEXT, NOT_AVAILABLE);
	else if (!reading_has(reading, data))
		snprintf(out, INFO_TEXT, "%" PRIu64 " *", reading_get(reading, all));
	else
		snprintf(out, INFO_TEXT, "%" PRIu64 " * (%" PRIu64 " data)",
		         reading_get(reading, all), reading_get(reading, data));
}

void info_options(const struct reading *reading, char out[INFO_TEXT])
{
	static const struct {
		unsigned bit;
		const char *name;
	} options[] = {
		{ OPTION_TIMESTAMPS, "TS " }, { OPTION_SACK, "SACK " },
		{ OPTION_WSCALE, "WS " },     { OPTION_ECN, "ECN " },
		{ OPTION_ECN_SEEN, "CE " },   { OPTION_SYN_DATA, "data-in-SYN " },
	};
	uint64_t bits = reading_get(reading, READING_OPTIONS);
	size_t len = 0;
	out[0] = '\0';
	for (size_t i = 0; i < sizeof options / sizeof *options; i++)
		if (bits & options[i].bit)
			len += (size_t)snprintf(out + len, INFO_TEXT - len, "%s", options[i].name);
	if (!reading_has(reading, READING_OPTIONS))
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
