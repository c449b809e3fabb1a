// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/constant.h"
#include "base/error.h"
#include "view/ladder/told.h"
#include "view/ladder/wire.h"

/* An acknowledgement that took less is told by the ACK that was counted. */
#define LATE_ACK CLOCK_MS

static void draw_reading(const struct scene *scene, struct strokes *strokes)
{
	wire_draw(scene, false, strokes);
	told_draw(scene, strokes);
}

/* ---- calls ---- */

/* The call stands on the first of its strokes. */
static void draw_call(const struct scene *scene, struct strokes *strokes)
{
	wire_draw(scene, true, strokes);
	wire_deduce(scene, strokes);
	if (!strokes->count || !margin_is_free(&strokes->list[0].margin[scene->side])) {
		struct strokes rest = *strokes;
		strokes->count = 0;
		strokes_add(strokes);
		for (size_t i = 0; i < rest.count && strokes->count < STROKES_MOST; i++)
			strokes->list[strokes->count++] = rest.list[i];
	}
	stroke_put_call(&strokes->list[0], scene->side, scene->entry, true);
	told_draw(scene, strokes);
}

/* A call that only asks is worth a row where something has happened meanwhile. */
static void draw_question(const struct scene *scene, struct strokes *strokes)
{
	wire_draw(scene, true, strokes);
	if (!strokes->count)
		return;
	strokes->count = 0;
	draw_call(scene, strokes);
}

/* A bare connect() in front of the handshake, its result behind it. */
static void draw_connect(const struct scene *scene, struct strokes *strokes)
{
	wire_connect(scene, strokes);
	if (strokes->count)
		stroke_put_call(&strokes->list[0], scene->side, scene->entry, false);
	told_draw(scene, strokes);
	stroke_put_call(strokes_add(strokes), scene->side, scene->entry, true);
}

static void draw_close(const struct scene *scene, struct strokes *strokes)
{
	enum farewell farewell = scene_farewell(scene->transcript, scene->position);
	struct stroke *stroke = strokes_add(strokes);
	if (farewell != FAREWELL_NONE) {
		const char *name = farewell == FAREWELL_RST ? "RST" : "FIN";
		strokes->count = 0;
		stroke = strokes_add_arrow(strokes, wire_out(scene), scene_find_notice(scene), name,
		                           "%s", name);
	}
	if (farewell == FAREWELL_RST)
		stroke->look = LOOK_BAD;
	stroke_put_call(stroke, scene->side, scene->entry, true);
	told_draw(scene, strokes);
}

static void draw_accepted(const struct scene *scene, struct strokes *strokes)
{
	const struct entry *accept = scene_find_accept(scene->transcript, scene->position);
	if (!scene->both)
		wire_accept(scene, strokes);
	struct stroke *stroke = strokes_add(strokes);
	if (accept)
		stroke_put_call(stroke, scene->side, accept, true);
	else
		stroke_put_text(stroke, scene->side, MARK_NONE, STYLE_TEXT, "accepted");
}

/* ---- datagrams ---- */

static const char *plural(uint32_t count)
{
	return count == 1 ? "" : "s";
}

/* That one was sent is all that is known: whether it arrives nobody says. */
static void draw_datagram_out(const struct scene *scene, struct strokes *strokes)
{
	const struct entry *entry = scene->entry;
	struct stroke *stroke = strokes_add(strokes);
	uint32_t len = entry->flags & ENTRY_TRUNCATED && entry->arg > 0 ? (uint32_t)entry->arg
	                                                                : entry->len;
	if (!entry->error) {
		strokes->count = 0;
		stroke = strokes_add_arrow(strokes, wire_out(scene), MARK_DEDUCED, "datagram",
		                           "datagram %" PRIu32 " byte%s", len, plural(len));
	}
	stroke_put_call(stroke, scene->side, entry, true);
	told_draw(scene, strokes);
}

static void draw_datagram_in(const struct scene *scene, struct strokes *strokes)
{
	const struct entry *entry = scene->entry;
	struct stroke *stroke = strokes_add(strokes);
	bool cut = entry->flags & ENTRY_TRUNCATED && entry->arg > 0;
	uint32_t len = cut ? (uint32_t)entry->arg : entry->len;
	if (!entry->error && !scene->both && !entry_is_aside(entry)) {
		strokes->count = 0;
		stroke = strokes_add_arrow(strokes, wire_in(scene), MARK_READ, "datagram",
		                           "datagram %" PRIu32 " byte%s", len, plural(len));
	}
	stroke_put_call(stroke, scene->side, entry, true);
	told_draw(scene, strokes);
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

static void draw_icmp(const struct scene *scene, const struct errqueue *error,
                      struct strokes *strokes)
{
	char name[CONSTANT_TEXT], host[ADDR_TEXT], mtu[24] = "";
	struct addr offender = entry_addr(scene->entry);
	bool told = offender.family != AF_UNSPEC;
	if (error->info && error->error == EMSGSIZE)
		snprintf(mtu, sizeof mtu, ", MTU %" PRIu32, error->info);
	struct stroke *stroke = strokes_add_arrow(strokes, wire_in(scene), MARK_READ, "ICMP",
	                                          "ICMP %u/%u%s", error->type, error->code, mtu);
	stroke->look = LOOK_BAD;
	constant_icmp(error->origin == ERRQUEUE_ICMP6, error->type, error->code, name);
	stroke_put_text(stroke, scene->side, MARK_NONE, STYLE_ERROR, "%s%s%s", name,
	                told ? " from " : "", told ? addr_format_host(&offender, host) : "");
}

static void draw_local_error(const struct scene *scene, const struct errqueue *error,
                             struct strokes *strokes)
{
	struct stroke *stroke = strokes_add(strokes);
	if (error->error == EMSGSIZE && error->info)
		stroke_put_text(stroke, scene->side, MARK_READ, STYLE_ERROR,
		                "too large: MTU %" PRIu32, error->info);
	else
		stroke_put_text(stroke, scene->side, MARK_READ, STYLE_ERROR, "not sent: %s",
		                error_name(error->error));
}

static void draw_error(const struct scene *scene, struct strokes *strokes)
{
	struct errqueue error;
	char delay[CLOCK_TEXT];
	if (!unpack_error(scene->entry, &error))
		return;
	if (is_icmp(&error))
		draw_icmp(scene, &error, strokes);
	else if (error.origin == ERRQUEUE_LOCAL)
		draw_local_error(scene, &error, strokes);
	else if (error.origin == ERRQUEUE_ACKED && error.delay >= LATE_ACK)
		stroke_put_text(strokes_add(strokes), scene->side, MARK_READ, STYLE_STATE,
		                "acked after %s",
		                clock_format_duration((int64_t)(error.delay & INT64_MAX), delay));
}

/* ---- any entry ---- */

static void draw_transfer(const struct scene *scene, struct strokes *strokes)
{
	if (!scene_is_datagram(scene))
		draw_call(scene, strokes);
	else if (entry_is_incoming(scene->entry))
		draw_datagram_in(scene, strokes);
	else
		draw_datagram_out(scene, strokes);
}

static void draw_entry(const struct scene *scene, struct strokes *strokes)
{
	switch (scene->entry->call) {
	case CALL_NOTE:
		break;
	case CALL_STATE:
		if (scene_is_accepted(scene->entry))
			draw_accepted(scene, strokes);
		break;
	case CALL_READING:
		draw_reading(scene, strokes);
		break;
	case CALL_ERRQUEUE:
		draw_error(scene, strokes);
		break;
	case CALL_CONNECT:
		if (scene_is_datagram(scene))
			draw_call(scene, strokes);
		else
			draw_connect(scene, strokes);
		break;
	case CALL_GETSOCKNAME:
		draw_question(scene, strokes);
		break;
	case CALL_CLOSE:
		if (scene_is_datagram(scene))
			draw_call(scene, strokes);
		else
			draw_close(scene, strokes);
		break;
	case CALL_SEND:
	case CALL_SENDTO:
	case CALL_RECV:
	case CALL_RECVFROM:
	case CALL_SENDMSG:
	case CALL_RECVMSG:
		draw_transfer(scene, strokes);
		break;
	default:
		draw_call(scene, strokes);
	}
}

void strokes_draw(const struct cursor *cursor, struct strokes *strokes)
{
	struct scene scene;
	strokes->count = 0;
	scene_set(&scene, cursor->view, cursor->position, cursor->entry);
	draw_entry(&scene, strokes);
}

/* Of most entries the kind says it. */
bool strokes_are_drawn(const struct view *view, uint64_t position, const struct entry *entry)
{
	struct strokes strokes;
	const struct cursor cursor = { .view = view, .entry = entry, .position = position };
	if (entry->call == CALL_STATE)
		return scene_is_accepted(entry);
	if (entry->call == CALL_READING && entry->arg == READING_AFTER)
		return false;
	if (entry_is_call(entry) && entry->call != CALL_ERRQUEUE && entry->call != CALL_GETSOCKNAME)
		return true;
	strokes_draw(&cursor, &strokes);
	return strokes.count > 0;
}
