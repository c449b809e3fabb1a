// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/ladder/wire.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/text.h"
#include "view/ladder/acked.h"

enum { DATA_TEXT = 64 };

/* What is left of the counts to be drawn: those without data. */
struct left {
	uint64_t out, in;
};

enum stroke_way wire_out(const struct scene *scene)
{
	return scene->side ? WAY_LEFT : WAY_RIGHT;
}

enum stroke_way wire_in(const struct scene *scene)
{
	return scene->side ? WAY_RIGHT : WAY_LEFT;
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

static void draw_reset(const struct scene *scene, char mark, struct strokes *strokes)
{
	strokes_add_arrow(strokes, wire_in(scene), mark, "RST", "RST")->look = LOOK_BAD;
}

/* Nothing is under way any more, and something was. */
static bool is_acknowledged(const struct scene *scene)
{
	bool was = scene->counts.data_out || (scene->had && reading_get(&scene->old, READING_OUTQ));
	return was && reading_has(&scene->now, READING_OUTQ) &&
	       !reading_get(&scene->now, READING_OUTQ) && scene->state == scene->before;
}

static void say_acknowledged(const struct scene *scene, struct stroke *stroke)
{
	if (is_acknowledged(scene))
		stroke_put_text(stroke, scene->side, MARK_READ, STYLE_STATE, "acked");
}

static struct stroke *draw_acks(enum stroke_way way, uint64_t count, struct strokes *strokes)
{
	if (count == 1)
		return strokes_add_arrow(strokes, way, MARK_COUNTED, "ACK", "ACK");
	return strokes_add_arrow(strokes, way, MARK_COUNTED, "ACKs", "%" PRIu64 " ACKs", count);
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

static void draw_data(enum stroke_way way, char mark, const char *name, uint64_t segments,
                      const char *more, struct strokes *strokes)
{
	const char *brief = strstr(more, "FIN") ? "data,FIN" : "data";
	struct stroke *stroke = strokes_add_arrow(strokes, way, mark, brief, "%s%s", name, more);
	if (segments < 2)
		return;
	snprintf(stroke->shorter, sizeof stroke->shorter, "%s x%" PRIu64 "%s", name, segments,
	         more);
	snprintf(stroke->label, sizeof stroke->label, "%s in %" PRIu64 " segments%s", name,
	         segments, more);
}

static bool is_urgent(const struct scene *scene)
{
	return entry_is_outgoing(scene->entry) && scene->entry->arg2 & MSG_OOB;
}

static void draw_data_out(const struct scene *scene, char mark, bool fin, struct strokes *strokes)
{
	uint64_t begin, end;
	char name[DATA_TEXT];
	bool ranged = scene_sent_range(scene, &begin, &end);
	name_data(ranged, begin, end, name);
	draw_data(wire_out(scene), mark, name, scene->counts.data_out,
	          is_urgent(scene) ? ", urgent"
	          : fin            ? ", FIN"
	                           : "",
	          strokes);
}

static void draw_data_in(const struct scene *scene, char mark, bool fin, struct strokes *strokes)
{
	uint64_t begin, end;
	char name[DATA_TEXT];
	bool ranged = scene_received_range(scene, &begin, &end);
	name_data(ranged, begin, end, name);
	draw_data(wire_in(scene), mark, name, scene->counts.data_in, fin ? ", FIN" : "", strokes);
}

/* A first retransmission without a timer that ran out may be a probe for a lost tail, on a path
 * that loses nothing. */
static const char *name_again(const struct scene *scene)
{
	uint64_t trouble = reading_get(&scene->now, READING_CA_STATE);
	if (scene->state == STATE_SYN_SENT)
		return "SYN again";
	if (reading_get(&scene->now, READING_BACKOFF) || trouble == 4)
		return "data again";
	return trouble == 3 ? "data again (fast)" : "data again (probe)";
}

static void draw_again(const struct scene *scene, struct strokes *strokes)
{
	const char *name = name_again(scene);
	uint64_t count = scene->counts.again;
	char times[32] = "";
	if (count > 1)
		snprintf(times, sizeof times, ", %" PRIu64 " times", count);
	strokes_add_arrow(strokes, wire_out(scene), MARK_COUNTED, "again", "%s%s", name, times)
	        ->look = LOOK_AGAIN;
}

/* ---- the handshake ---- */

static struct stroke *draw_syn(const struct scene *scene, char mark, struct strokes *strokes)
{
	return strokes_add_arrow(strokes, wire_out(scene), mark, "SYN", "SYN");
}

static void draw_answer(const struct scene *scene, char answer, char ack, struct strokes *strokes)
{
	struct stroke *stroke =
	        strokes_add_arrow(strokes, wire_in(scene), answer, "S,A", "SYN,ACK");
	if (scene->state != STATE_SYN_SENT && scene->before != STATE_SYN_SENT)
		stroke_put_text(stroke, scene->side, MARK_DEDUCED, STYLE_FAINT, "SYN_SENT");
	strokes_add_arrow(strokes, wire_out(scene), ack, "ACK", "ACK");
}

/* Nothing counted: EINPROGRESS tells that the SYN is out, the rest is not known yet. */
static void deduce_connect(const struct scene *scene, struct strokes *strokes)
{
	int error = scene->entry->error;
	bool sent = !error || error == EINPROGRESS || error == ECONNREFUSED || error == ETIMEDOUT;
	if (sent)
		draw_syn(scene, MARK_DEDUCED, strokes);
	if (!error)
		draw_answer(scene, MARK_DEDUCED, MARK_DEDUCED, strokes);
	if (error == ECONNREFUSED)
		draw_reset(scene, MARK_DEDUCED, strokes);
}

void wire_connect(const struct scene *scene, struct strokes *strokes)
{
	struct left left = bare_segments(&scene->counts);
	if (!scene->counts.known) {
		deduce_connect(scene, strokes);
		return;
	}
	if (!take(&left.out))
		return;
	struct stroke *syn = draw_syn(scene, MARK_COUNTED, strokes);
	if (scene->state == STATE_ESTABLISHED && scene->both)
		stroke_put_text(syn, !scene->side, MARK_DEDUCED, STYLE_FAINT, "SYN_RECV");
	if (scene->counts.again)
		draw_again(scene, strokes);
	if (scene->state == STATE_CLOSE && left.in)
		draw_reset(scene, MARK_COUNTED, strokes);
	if (scene->state == STATE_ESTABLISHED)
		draw_answer(scene, take(&left.in) ? MARK_COUNTED : MARK_DEDUCED,
		            take(&left.out) ? MARK_COUNTED : MARK_DEDUCED, strokes);
}

void wire_accept(const struct scene *scene, struct strokes *strokes)
{
	strokes_add_arrow(strokes, wire_in(scene), MARK_DEDUCED, "SYN", "SYN");
	struct stroke *answer =
	        strokes_add_arrow(strokes, wire_out(scene), MARK_DEDUCED, "SYN,ACK", "SYN,ACK");
	stroke_put_text(answer, scene->side, MARK_DEDUCED, STYLE_FAINT, "SYN_RECV");
	strokes_add_arrow(strokes, wire_in(scene), MARK_DEDUCED, "ACK", "ACK");
}

/* ---- what was counted ---- */

/* With the peer's window shut what has no data asks whether it still is. */
static void draw_bare(const struct scene *scene, uint64_t segments, struct strokes *strokes)
{
	bool shut = reading_has(&scene->now, READING_SND_WND) &&
	            !reading_get(&scene->now, READING_SND_WND) &&
	            reading_get(&scene->now, READING_NOTSENT);
	if (shut)
		strokes_add_arrow(strokes, wire_out(scene), MARK_COUNTED, "probe", "window probe");
	else
		draw_acks(wire_out(scene), segments, strokes);
}

static void draw_sent(const struct scene *scene, struct left *left, struct strokes *strokes)
{
	bool fin = scene_fin_was_sent(scene);
	bool fin_alone = fin && left->out > 0;
	if (scene->counts.data_out)
		draw_data_out(scene, MARK_COUNTED, fin && !fin_alone, strokes);
	if (scene->counts.again)
		draw_again(scene, strokes);
	if (fin_alone && take(&left->out))
		strokes_add_arrow(strokes, wire_out(scene), MARK_COUNTED, "FIN", "FIN");
	uint64_t bare = acked_left(scene, left->out);
	if (bare)
		draw_bare(scene, bare, strokes);
	left->out = 0;
}

static void draw_received(const struct scene *scene, struct left *left, struct strokes *strokes)
{
	bool answered = scene->before == STATE_SYN_SENT && scene->state == STATE_ESTABLISHED;
	bool fin = scene_fin_has_come(scene);
	bool fin_alone = fin && take(&left->in);
	if (answered && take(&left->in))
		draw_answer(scene, MARK_COUNTED, take(&left->out) ? MARK_COUNTED : MARK_DEDUCED,
		            strokes);
	if (scene->counts.data_in && !scene->both)
		draw_data_in(scene, MARK_COUNTED, fin && !fin_alone, strokes);
	if (scene_was_reset(scene) && take(&left->in) &&
	    scene_other_farewell(scene) != FAREWELL_RST)
		draw_reset(scene, MARK_COUNTED, strokes);
	if (left->in)
		say_acknowledged(scene, draw_acks(wire_in(scene), left->in, strokes));
	if (fin_alone && !scene->both)
		strokes_add_arrow(strokes, wire_in(scene), MARK_COUNTED, "FIN", "FIN");
	left->in = 0;
}

/* Behind close() the kernel tells states only. */
static void deduce_closed(const struct scene *scene, struct strokes *strokes)
{
	bool deaf = !scene->both || scene_other_farewell(scene) == FAREWELL_FIN;
	if (acked_is_new(scene))
		strokes_add_arrow(strokes, wire_in(scene), MARK_DEDUCED, "ACK", "ACK");
	if (!scene_fin_has_come(scene))
		return;
	if (!scene->both)
		strokes_add_arrow(strokes, wire_in(scene), MARK_DEDUCED, "FIN", "FIN");
	if (deaf)
		strokes_add_arrow(strokes, wire_out(scene), MARK_DEDUCED, "ACK", "ACK");
}

void wire_draw(const struct scene *scene, bool outward, struct strokes *strokes)
{
	struct left left = bare_segments(&scene->counts);
	bool closed = scene->entry->call == CALL_READING && scene->entry->arg == READING_CLOSED;
	if (!scene->counts.known) {
		if (closed)
			deduce_closed(scene, strokes);
	} else if (outward || scene->counts.again) {
		draw_sent(scene, &left, strokes);
		draw_received(scene, &left, strokes);
	} else {
		draw_received(scene, &left, strokes);
		draw_sent(scene, &left, strokes);
	}
}

/* ---- what nobody counted ---- */

static void deduce_received(const struct scene *scene, struct strokes *strokes)
{
	const struct entry *entry = scene->entry;
	if (entry->error == ECONNRESET && scene_other_farewell(scene) != FAREWELL_RST)
		draw_reset(scene, MARK_DEDUCED, strokes);
	else if (scene->both || entry->error || entry_is_aside(entry))
		return;
	else if (entry->len)
		draw_data_in(scene, MARK_DEDUCED, false, strokes);
	else if (entry->arg)
		strokes_add_arrow(strokes, wire_in(scene), MARK_DEDUCED, "FIN", "FIN");
}

void wire_deduce(const struct scene *scene, struct strokes *strokes)
{
	const struct entry *entry = scene->entry;
	if (scene_is_datagram(scene) || !scene_is_unwatched(scene))
		return;
	if (entry_is_incoming(entry))
		deduce_received(scene, strokes);
	else if (entry_is_outgoing(entry) && !entry->error && entry->len)
		draw_data_out(scene, MARK_DEDUCED, false, strokes);
	else if (entry->call == CALL_SHUTDOWN && !entry->error && entry->arg != SHUT_RD)
		strokes_add_arrow(strokes, wire_out(scene), MARK_DEDUCED, "FIN", "FIN");
}
