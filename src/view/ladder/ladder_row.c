// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/ladder/ladder_row.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "view/calltext.h"
#include "view/recordtext.h"

enum { PAYLOAD_MOST = 48, PAYLOAD_LEAST = 3, RECORDS_MOST = 48 };

/* ---- making ---- */

struct ladder_row *ladder_add(struct ladder_rows *rows)
{
	if (rows->count < LADDER_ROWS_MOST)
		rows->count++;
	struct ladder_row *row = &rows->row[rows->count - 1];
	*row = (struct ladder_row){
		.time = rows->time,
		.since = rows->since,
		.frame = TRANSCRIPT_NONE,
	};
	return row;
}

struct ladder_row *ladder_add_arrow(struct ladder_rows *rows, enum way way, char mark,
                                    const char *brief, const char *format, ...)
{
	va_list args;
	struct ladder_row *row = ladder_add(rows);
	row->way = way;
	row->mark = mark;
	snprintf(row->brief, sizeof row->brief, "%s", brief);
	va_start(args, format);
	vsnprintf(row->label, sizeof row->label, format, args);
	va_end(args);
	return row;
}

struct ladder_row *ladder_add_beside(struct ladder_rows *rows, int side)
{
	if (rows->count && ladder_margin_is_free(&rows->row[rows->count - 1].margin[side]))
		return &rows->row[rows->count - 1];
	return ladder_add(rows);
}

/* What is sent again has its own name. */
void ladder_name_records(const struct view *view, uint64_t position, uint64_t begin, uint64_t len,
                         struct ladder_row *row)
{
	char label[LADDER_LABEL];
	struct recordtext_names names;
	bool right = row->way == WAY_RIGHT, sent = right || view->other;
	uint32_t session = right || !view->other ? view->session : view->other;
	const char *fin = strstr(row->label, "FIN") ? ", FIN" : "";
	if (row->look != LOOK_PLAIN || !view->had_tls)
		return;
	if (recordtext_name_range(view->transcript, position, session, sent, begin, len,
	                          RECORDS_MOST, &names)) {
		memcpy(label, row->label, sizeof label);
		snprintf(row->label, sizeof row->label, "%.60s: %.60s", label,
		         buf_text(&names.list));
		snprintf(row->shorter, sizeof row->shorter, "%.100s%s", buf_text(&names.list), fin);
		snprintf(row->brief, sizeof row->brief, "%.26s%s", names.chief, fin);
	}
	recordtext_names_free(&names);
}

void ladder_put_call(struct ladder_row *row, int side, const struct entry *call, bool answered)
{
	row->margin[side] = (struct ladder_margin){
		.call = call,
		.answered = answered,
		.style = answered && entry_has_failed(call) ? STYLE_ERROR : STYLE_TEXT,
	};
}

struct ladder_margin *ladder_put_words(struct ladder_row *row, int side, char mark,
                                       enum style style, const char *format, ...)
{
	va_list args;
	struct ladder_margin *margin = &row->margin[side];
	*margin = (struct ladder_margin){ .mark = mark, .style = style };
	va_start(args, format);
	vsnprintf(margin->text, sizeof margin->text, format, args);
	va_end(args);
	return margin;
}

bool ladder_margin_is_free(const struct ladder_margin *margin)
{
	return !margin->call && !margin->text[0];
}

/* ---- calls ---- */

static void print_received(const struct ladder_margin *margin, size_t payload, struct buf *out)
{
	size_t len = out->len;
	const struct entry *call = margin->call;
	if (margin->text[0]) {
		buf_printf(out, "  [%s]", payload == PAYLOAD_MOST ? margin->text : margin->shorter);
		return;
	}
	buf_append_text(out, "  ");
	calltext_received(call, payload, out);
	if (out->len == len + 2)
		out->len = len;
}

static void print_full(const struct ladder_margin *margin, struct buf *out)
{
	char took[CLOCK_TEXT];
	const struct entry *call = margin->call;
	calltext_call(call, margin->text[0] ? 0 : PAYLOAD_MOST, out);
	if (!margin->answered)
		return;
	buf_append_text(out, " ");
	calltext_result(call, out);
	if (call->call == CALL_CLOSE && call->duration * CLOCK_US >= CLOCK_MS)
		buf_printf(out, " after %s",
		           clock_format_duration(call->duration * CLOCK_US, took));
	print_received(margin, PAYLOAD_MOST, out);
}

/* A call that leaves the bytes where they are, or that moves one beside the stream, says so also where
 * there is no room for its arguments. */
static void print_name(const struct entry *call, struct buf *out)
{
	bool moves = entry_is_incoming(call) || entry_is_outgoing(call);
	const char *flag = "";
	if (moves && call->arg2 & MSG_PEEK)
		flag = "PEEK";
	else if (moves && call->arg2 & MSG_OOB)
		flag = "OOB";
	buf_printf(out, "%s(%s)", entry_is_batched(call) ? "recvmmsg" : entry_call_name(call->call),
	           flag);
}

static void print_short(const struct ladder_margin *margin, size_t payload, struct buf *out)
{
	const struct entry *call = margin->call;
	if (call->call == CALL_SEND && payload && !margin->text[0])
		calltext_call(call, payload, out);
	else
		print_name(call, out);
	if (!margin->answered)
		return;
	if (call->error)
		buf_printf(out, " = -1 %s", error_name(call->error));
	else
		buf_printf(out, " = %ld", calltext_returned(call));
	if (entry_is_end_of_file(call))
		buf_append_text(out, "  end of file");
	else if (payload)
		print_received(margin, payload, out);
}

/* The result of a connect() is below its name. */
static void print_least(const struct ladder_margin *margin, struct buf *out)
{
	const struct entry *call = margin->call;
	bool moves = entry_is_incoming(call) || entry_is_outgoing(call);
	if (call->call == CALL_CONNECT && margin->answered)
		buf_printf(out, "= %ld", entry_result(call));
	else
		print_name(call, out);
	if (margin->answered && call->error)
		buf_printf(out, " %s", error_name(call->error));
	else if (margin->answered && moves)
		buf_printf(out, " %ld", calltext_returned(call));
}

static bool fits(const struct buf *out, int columns)
{
	return text_columns(buf_data(out), out->len) <= columns;
}

/* Arguments are worth less than payload, payload less than the result. */
static void print_call(const struct ladder_margin *margin, int columns, struct buf *out)
{
	print_full(margin, out);
	for (int payload = columns < PAYLOAD_MOST ? columns : PAYLOAD_MOST;
	     payload >= PAYLOAD_LEAST && !fits(out, columns); payload--) {
		buf_clear(out);
		print_short(margin, (size_t)payload, out);
	}
	if (!fits(out, columns)) {
		buf_clear(out);
		print_short(margin, 0, out);
	}
	if (!fits(out, columns)) {
		buf_clear(out);
		print_least(margin, out);
	}
}

/* ---- words ---- */

/* "240–617 ms", "2.94–3.89 s". */
static void print_interval(const struct ladder_row *row, int64_t first, struct buf *out)
{
	int64_t from = row->since > first ? row->since - first : 0, to = row->time - first;
	const char *dash = text_has_unicode() ? "–" : "-";
	if (to < CLOCK_S)
		buf_printf(out, "%" PRId64 "%s%" PRId64 " ms", from / CLOCK_MS, dash,
		           to / CLOCK_MS);
	else
		buf_printf(out, "%.2f%s%.2f s", (double)from / CLOCK_S, dash,
		           (double)to / CLOCK_S);
}

static void print_words(const struct ladder_row *row, int side, int64_t first, int columns,
                        struct buf *out)
{
	const struct ladder_margin *margin = &row->margin[side];
	const char *const forms[] = { margin->text, margin->shorter, margin->text, margin->shorter,
		                      margin->brief };
	for (size_t i = margin->interval && row->since ? 0 : 2; i < 5; i++) {
		if (!forms[i][0])
			continue;
		buf_clear(out);
		buf_append_text(out, forms[i]);
		if (i < 2) {
			buf_append_text(out, ", ");
			print_interval(row, first, out);
		}
		if (fits(out, columns))
			return;
	}
}

void ladder_print_margin(const struct ladder_row *row, int side, int64_t first, int columns,
                         struct buf *out)
{
	buf_clear(out);
	if (row->margin[side].call)
		print_call(&row->margin[side], columns, out);
	else
		print_words(row, side, first, columns, out);
}

void ladder_print_name(const struct ladder_row *row, int columns, char out[LADDER_NAME_TEXT])
{
	const char *const forms[] = { row->label, row->shorter, row->brief, row->brief };
	for (size_t i = 0; i < 4; i++) {
		const char *blank = row->mark && i < 3 ? " " : "";
		snprintf(out, LADDER_NAME_TEXT, "%s%s%.1s", forms[i], blank, &row->mark);
		if (forms[i][0] && text_columns(out, strlen(out)) <= columns)
			return;
	}
	int keep = columns - (row->mark != 0) - 1;
	const char *dots = text_has_unicode() ? "…" : "~";
	snprintf(out, LADDER_NAME_TEXT, "%.*s%s%.1s", keep > 0 ? keep : 0, row->brief,
	         keep < 0 ? "" : dots, &row->mark);
}

const char *ladder_print_time(const struct ladder_row *row, int64_t first, char out[LADDER_TIME])
{
	int64_t since = row->time > first ? row->time - first : 0;
	const char *sign = text_has_unicode() ? "≤" : "<";
	const char *at_most = row->since ? sign : "";
	if (since < 100 * CLOCK_S - (row->since ? 90 * CLOCK_S : 0))
		snprintf(out, LADDER_TIME, "%s%" PRId64, at_most, since / CLOCK_MS);
	else if (since < 1000 * CLOCK_S - (row->since ? 900 * CLOCK_S : 0))
		snprintf(out, LADDER_TIME, "%s%" PRId64 " s", at_most, since / CLOCK_S);
	else if (since < 6000 * CLOCK_S)
		snprintf(out, LADDER_TIME, "%s%" PRId64 "m", at_most, since / CLOCK_S / 60);
	else
		snprintf(out, LADDER_TIME, "%s%" PRId64 "h", at_most, since / CLOCK_S / 3600);
	return out;
}

void ladder_put_cut(struct row *row, const char *text, int columns, enum style style)
{
	size_t len = strlen(text);
	const char *dots = text_has_unicode() ? "…" : "~";
	int end = row->columns + columns;
	if (text_columns(text, len) <= columns) {
		row_add_text(row, text, len, end, style);
	} else if (columns > 0) {
		row_add_text(row, text, len, end - 1, style);
		row_put(row, dots, end, STYLE_FAINT);
	}
}

/* ---- what is above the rows ---- */

static const char *name_others(const struct endpoints *endpoints, bool one)
{
	if (endpoints->listening)
		return "clients";
	return endpoints->datagrams && !one ? "peers" : "peer";
}

const char *ladder_print_end(const struct view *view, const struct endpoints *endpoints, int side,
                             char out[LADDER_TITLE])
{
	char addr[HOST_TEXT] = "";
	uint32_t session = side ? view->other : view->session;
	if (!side && endpoints->everywhere)
		snprintf(addr, sizeof addr, "*:%u", endpoints->addr[0].port);
	else if (endpoint_is_set(&endpoints->addr[side]))
		host_format(endpoints->host, &endpoints->addr[side], addr);
	if (session)
		snprintf(out, LADDER_TITLE, "%" PRIu32 "%s%s", session, *addr ? "  " : "", addr);
	else
		snprintf(out, LADDER_TITLE, "%s%s%s", name_others(endpoints, *addr),
		         *addr ? "  " : "", addr);
	return out;
}

const char *ladder_print_title(const struct view *view, const struct endpoints *endpoints,
                               char out[LADDER_TITLE])
{
	bool loopback = endpoint_is_loopback(&endpoints->addr[0]) ||
	                endpoint_is_loopback(&endpoints->addr[1]);
	const char *where = view->calls_only ? "   UNIX: only the calls are known"
	                    : loopback       ? "   loopback"
	                                     : "";
	if (endpoints->listening)
		snprintf(out, LADDER_TITLE,
		         "LADDER %" PRIu32 "   a listener: each client has its own ladder",
		         view->session);
	else if (view->other)
		snprintf(out, LADDER_TITLE, "LADDER %" PRIu32 " %s %" PRIu32 "%s", view->session,
		         text_has_unicode() ? "⇄" : "<->", view->other, where);
	else
		snprintf(out, LADDER_TITLE, "LADDER %" PRIu32 "%s", view->session, where);
	return out;
}
