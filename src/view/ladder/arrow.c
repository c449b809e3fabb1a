// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/ladder/arrow.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "view/calltext.h"

enum { PAYLOAD_MOST = 48, PAYLOAD_LEAST = 3 };

/* ---- making ---- */

struct arrow *arrows_add(struct arrows *arrows)
{
	if (arrows->count < ARROWS_MOST)
		arrows->count++;
	struct arrow *arrow = &arrows->list[arrows->count - 1];
	*arrow = (struct arrow){ 0 };
	return arrow;
}

struct arrow *arrows_add_arrow(struct arrows *arrows, enum arrow_way way, char mark,
                               const char *brief, const char *format, ...)
{
	va_list args;
	struct arrow *arrow = arrows_add(arrows);
	arrow->way = way;
	arrow->mark = mark;
	snprintf(arrow->brief, sizeof arrow->brief, "%s", brief);
	va_start(args, format);
	vsnprintf(arrow->label, sizeof arrow->label, format, args);
	va_end(args);
	return arrow;
}

/* Not yet is no failure. */
static bool has_failed(const struct entry *call)
{
	return call->error && call->error != EAGAIN && call->error != EINPROGRESS;
}

void arrow_put_call(struct arrow *arrow, int side, const struct entry *call, bool answered)
{
	arrow->margin[side] = (struct arrow_margin){
		.call = call,
		.answered = answered,
		.style = answered && has_failed(call) ? STYLE_ERROR : STYLE_TEXT,
	};
}

void arrow_put_text(struct arrow *arrow, int side, char mark, enum style style, const char *format,
                    ...)
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

static bool is_end_of_file(const struct entry *call)
{
	return call->call == CALL_RECV && !call->error && !call->len && call->arg > 0 &&
	       !call->endpoint_len;
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
	if (is_end_of_file(call))
		buf_append_text(out, "  end of file");
	else if (payload)
		print_received(call, payload, out);
}

/* The result of a connect() stands below its name. */
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
