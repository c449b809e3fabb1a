// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "socket/constant.h"
#include "base/error.h"
#include "view/ladder/annotation.h"
#include "view/ladder/segments.h"

/* An acknowledgement that took less is told by the ACK that was counted. */
#define LATE_ACK CLOCK_MS

static void draw_reading(const struct context *context, struct arrows *arrows)
{
	segments_draw(context, false, arrows);
	annotation_draw(context, arrows);
}

/* ---- calls ---- */

/* The call stands on the first of its strokes. */
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
	annotation_draw(context, arrows);
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

/* A bare connect() in front of the handshake, its result behind it. */
static void draw_connect(const struct context *context, struct arrows *arrows)
{
	segments_connect(context, arrows);
	if (arrows->count)
		arrow_put_call(&arrows->list[0], context->side, context->entry, false);
	annotation_draw(context, arrows);
	arrow_put_call(arrows_add(arrows), context->side, context->entry, true);
}

static void draw_close(const struct context *context, struct arrows *arrows)
{
	enum farewell farewell = context_farewell(context->transcript, context->position);
	struct arrow *arrow = arrows_add(arrows);
	if (farewell != FAREWELL_NONE) {
		const char *name = farewell == FAREWELL_RST ? "RST" : "FIN";
		arrows->count = 0;
		arrow = arrows_add_arrow(arrows, segments_out(context),
		                         context_find_notice(context), name, "%s", name);
	}
	if (farewell == FAREWELL_RST)
		arrow->look = LOOK_BAD;
	arrow_put_call(arrow, context->side, context->entry, true);
	annotation_draw(context, arrows);
}

static void draw_accepted(const struct context *context, struct arrows *arrows)
{
	const struct entry *accept = context_find_accept(context->transcript, context->position);
	if (!context->both)
		segments_accept(context, arrows);
	struct arrow *arrow = arrows_add(arrows);
	if (accept)
		arrow_put_call(arrow, context->side, accept, true);
	else
		arrow_put_text(arrow, context->side, MARK_NONE, STYLE_TEXT, "accepted");
}

/* ---- datagrams ---- */

static const char *plural(uint32_t count)
{
	return count == 1 ? "" : "s";
}

/* That one was sent is all that is known: whether it arrives nobody says. */
static void draw_datagram_out(const struct context *context, struct arrows *arrows)
{
	const struct entry *entry = context->entry;
	struct arrow *arrow = arrows_add(arrows);
	uint32_t len = entry->flags & ENTRY_TRUNCATED && entry->arg > 0 ? (uint32_t)entry->arg
	                                                                : entry->len;
	if (!entry->error) {
		arrows->count = 0;
		arrow = arrows_add_arrow(arrows, segments_out(context), MARK_DEDUCED, "datagram",
		                         "datagram %" PRIu32 " byte%s", len, plural(len));
	}
	arrow_put_call(arrow, context->side, entry, true);
	annotation_draw(context, arrows);
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
		                         "datagram %" PRIu32 " byte%s", len, plural(len));
	}
	arrow_put_call(arrow, context->side, entry, true);
	annotation_draw(context, arrows);
}

/* ---- the error queue ---- */

static bool unpack_error(const struct entry *entry, struct errqueue *error)
{
	if (entry->call != CALL_ERRQUEUE || entry->len < sizeof *error)
		return false;
	memcpy(error, entry_payload(entry), sizeof *error);
	return true;
}

static bool is_icmp(const struct errqueue *error)
{
	return error->origin == ERRQUEUE_ICMP || error->origin == ERRQUEUE_ICMP6;
}

static void draw_icmp(const struct context *context, const struct errqueue *error,
                      struct arrows *arrows)
{
	char name[CONSTANT_TEXT], host[ENDPOINT_TEXT], mtu[24] = "";
	struct endpoint offender = entry_addr(context->entry);
	bool annotation = endpoint_is_set(&offender);
	if (error->info && error->error == EMSGSIZE)
		snprintf(mtu, sizeof mtu, ", MTU %" PRIu32, error->info);
	struct arrow *arrow = arrows_add_arrow(arrows, segments_in(context), MARK_READ, "ICMP",
	                                       "ICMP %u/%u%s", error->type, error->code, mtu);
	arrow->look = LOOK_BAD;
	constant_icmp(error->origin == ERRQUEUE_ICMP6, error->type, error->code, name);
	arrow_put_text(arrow, context->side, MARK_NONE, STYLE_ERROR, "%s%s%s", name,
	               annotation ? " from " : "",
	               annotation ? endpoint_format_host(&offender, host) : "");
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
	if (!unpack_error(context->entry, &error))
		return;
	if (is_icmp(&error))
		draw_icmp(context, &error, arrows);
	else if (error.origin == ERRQUEUE_LOCAL)
		draw_local_error(context, &error, arrows);
	else if (error.origin == ERRQUEUE_ACKED && error.delay >= LATE_ACK)
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
		if (context_is_accepted(context->entry))
			draw_accepted(context, arrows);
		break;
	case CALL_SAMPLE:
		draw_reading(context, arrows);
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

void arrows_draw(const struct cursor *cursor, struct arrows *arrows)
{
	struct context context;
	arrows->count = 0;
	context_set(&context, cursor->view, cursor->position, cursor->entry);
	draw_entry(&context, arrows);
}

/* Of most entries the kind says it. */
bool arrows_are_drawn(const struct view *view, uint64_t position, const struct entry *entry)
{
	struct arrows arrows;
	const struct cursor cursor = { .view = view, .entry = entry, .position = position };
	if (entry->call == CALL_STATE)
		return context_is_accepted(entry);
	if (entry->call == CALL_SAMPLE && entry->arg == SAMPLE_AFTER)
		return false;
	if (entry_is_call(entry) && entry->call != CALL_ERRQUEUE && entry->call != CALL_GETSOCKNAME)
		return true;
	arrows_draw(&cursor, &arrows);
	return arrows.count > 0;
}
