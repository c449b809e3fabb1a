// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/page/graph.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/count.h"
#include "base/utf8.h"
#include "record/frame_entry.h"
#include "record/sample.h"
#include "socket/frame.h"
#include "view/markup.h"

#define MOST 1e15 /* a value that is drawn */

enum {
	SERIES = 4, /* most of one graph */
	TICKS = 12, /* most of one axis */
	LABEL = 16,
};

/* ---- what is drawn ---- */

/* In the same place, the first one hides the later ones. */
enum look {
	LOOK_DOTS,  /* braille, "*" in ASCII; a disc */
	LOOK_CROSS, /* x */
	LOOK_PLUS,  /* + */
	LOOK_LINE,  /* between two samples: what was the same in both */
};

struct series {
	const char *name;
	enum look look;

	/* False if the sample does not have it; NULL if only the wire does. `before` is an
	 * earlier one of the same connection. */
	bool (*value)(const struct sample *now, const struct sample *before, double *value);
	bool is_mean; /* the value is the growth between the two, drawn as growth a second */
};

/* A point, or a line where `since` is before `time`. */
struct point {
	int64_t since, time;
	double value;
	uint8_t series;
	uint8_t look; /* enum look */
	char letter;  /* of an event, else 0 */
};

struct points {
	struct point *list;
	size_t count, cap;
	size_t used[SERIES];
	double newest[SERIES];
	bool above[SERIES]; /* some are not drawn: they are above all of the others */
	char mark[SERIES];  /* how each is known, */
	char letter_mark;   /* and the events */
	size_t letters;
	uint32_t mss; /* of the newest sample, 0 = not known */
	bool older;   /* there are older entries that are not drawn, */
	bool idle;    /* or points before any value had changed */
};

static bool read_field(const struct sample *now, enum sample_field field, double *value)
{
	*value = (double)sample_get(now, field);
	return sample_has(now, field);
}

#define READS(name, field)                                                                         \
	static bool name(const struct sample *now, const struct sample *before, double *value)     \
	{                                                                                          \
		(void)before;                                                                      \
		return read_field(now, field, value);                                              \
	}
READS(read_cwnd, SAMPLE_CWND)
READS(read_ssthresh, SAMPLE_SSTHRESH)
READS(read_unacked, SAMPLE_UNACKED)
READS(read_rtt, SAMPLE_RTT)
READS(read_min_rtt, SAMPLE_MIN_RTT)
READS(read_snd_wnd, SAMPLE_SND_WND)
READS(read_delivery, SAMPLE_DELIVERY_RATE)

/* Bytes that have left and are not acknowledged. */
static bool read_flight(const struct sample *now, const struct sample *before, double *value)
{
	uint64_t all = sample_get(now, SAMPLE_OUTQ), held = sample_get(now, SAMPLE_NOTSENT);
	(void)before;
	*value = all > held ? (double)(all - held) : 0;
	return sample_has(now, SAMPLE_OUTQ) && sample_has(now, SAMPLE_NOTSENT);
}

static bool read_sent(const struct sample *now, const struct sample *before, double *value)
{
	uint64_t all = sample_get(now, SAMPLE_BYTES_SENT),
	         again = sample_get(now, SAMPLE_BYTES_RETRANS);
	(void)before;
	*value = all > again ? (double)(all - again) : 0;
	return sample_has(now, SAMPLE_BYTES_SENT) && sample_has(now, SAMPLE_BYTES_RETRANS);
}

/* The kernel counts a SYN and a FIN as acknowledged bytes: its own number is the second choice. */
static bool read_all_acked(const struct sample *now, const struct sample *before, double *value)
{
	double sent, flight;
	if (!read_sent(now, before, &sent) || !read_flight(now, before, &flight))
		return read_field(now, SAMPLE_BYTES_ACKED, value);
	*value = sent > flight ? sent - flight : 0;
	return true;
}

static bool read_acked(const struct sample *now, const struct sample *before, double *value)
{
	double all, earlier;
	if (!before || !read_all_acked(now, NULL, &all) || !read_all_acked(before, NULL, &earlier))
		return false;
	*value = all - earlier;
	return all >= earlier;
}

static bool read_growth(const struct sample *now, const struct sample *before,
                        enum sample_field field, double *value)
{
	if (!before || !sample_has(now, field) || !sample_has(before, field))
		return false;
	uint64_t a = before->value[field], b = now->value[field];
	*value = (double)(b - a);
	return b >= a;
}

static bool read_received(const struct sample *now, const struct sample *before, double *value)
{
	return sample_get(now, SAMPLE_BYTES_RECEIVED) > 0 &&
	       read_growth(now, before, SAMPLE_BYTES_RECEIVED, value);
}

enum unit { UNIT_SEGMENTS, UNIT_BYTES, UNIT_RATE, UNIT_TIME };

static const struct {
	const char *title;
	enum unit unit;
	struct series series[SERIES]; /* ended by one without a name */
} kinds[GRAPH_KINDS] = {
	[GRAPH_CWND] = { "congestion window",
	                 UNIT_SEGMENTS,
	                 { { "cwnd", LOOK_DOTS, read_cwnd, false },
	                   { "in flight", LOOK_CROSS, read_unacked, false },
	                   { "ssthresh", LOOK_LINE, read_ssthresh, false } } },
	[GRAPH_RTT] = { "round trip",
	                UNIT_TIME,
	                { { "smoothed", LOOK_DOTS, read_rtt, false },
	                  { "data to its ACK", LOOK_CROSS, NULL, false },
	                  { "least", LOOK_LINE, read_min_rtt, false } } },
	[GRAPH_WINDOW] = { "the peer's window",
	                   UNIT_BYTES,
	                   { { "window", LOOK_DOTS, read_snd_wnd, false },
	                     { "in flight", LOOK_CROSS, read_flight, false } } },
	[GRAPH_RATE] = { "bytes a second",
	                 UNIT_RATE,
	                 { { "acknowledged", LOOK_DOTS, read_acked, true },
	                   { "received", LOOK_CROSS, read_received, true },
	                   { "delivery rate", LOOK_PLUS, read_delivery, false } } },
	[GRAPH_SEQUENCE] = { "bytes of the stream",
	                     UNIT_BYTES,
	                     { { "sent", LOOK_DOTS, read_sent, false },
	                       { "acknowledged", LOOK_CROSS, read_all_acked, false },
	                       { "window up to", LOOK_PLUS, NULL, false } } },
};

/* ---- gathering ---- */

static void add(struct points *points, char mark, struct point point)
{
	/* a log may have values that no socket has had */
	point.value = point.value < 0 ? 0 : point.value < MOST ? point.value : MOST;
	points->list = xgrow(points->list, &points->cap, points->count, sizeof *points->list);
	points->list[points->count++] = point;
	points->used[point.series]++;
	points->newest[point.series] = point.value;
	points->mark[point.series] = mark;
	points->letters += point.letter != 0;
	points->letter_mark = point.letter && mark == 'w' ? 'w' : points->letter_mark;
}

/* The newest entries of a session, of this connection: oldest first. */
static uint64_t *find_entries(const struct view *view, uint32_t session, size_t most,
                              enum call call, size_t *count, bool *older)
{
	const struct transcript *t = view->transcript;
	uint64_t *list = NULL, at = transcript_last(t, session);
	size_t cap = 0;
	*count = 0;
	for (size_t looked = 0; at != TRANSCRIPT_NONE; looked++) {
		const struct entry *entry = transcript_at(t, at);
		if (entry->call == CALL_SOCKET)
			break;
		if (looked == most) {
			*older = true;
			break;
		}
		if (entry->call == call) {
			list = xgrow(list, &cap, *count, sizeof *list);
			list[(*count)++] = at;
		}
		at = transcript_before(t, at);
	}
	for (size_t i = 0; i < *count / 2; i++) {
		uint64_t swap = list[i];
		list[i] = list[*count - 1 - i];
		list[*count - 1 - i] = swap;
	}
	return list;
}

/* What has been sent again since the sample before: T where the timer had run out. */
static char event_of(const struct sample *now, const struct sample *before)
{
	double timeouts = 0;
	if (read_growth(now, before, SAMPLE_TOTAL_RTO, &timeouts) && timeouts > 0)
		return 'T';
	return sample_get(now, SAMPLE_NEW_RETRANS) ? 'R' : 0;
}

struct gathering {
	const struct series *series;
	bool loopback;
	int64_t apart;              /* the least time between the ends of a mean */
	struct sample base[SERIES]; /* the sample in which each mean, or line, begins */
	int64_t base_time[SERIES];
	struct sample last;
};

static void gather_series(struct gathering *gathering, uint8_t index, const struct sample *now,
                          int64_t time, struct points *points)
{
	const struct series *series = &gathering->series[index];
	struct sample *base = &gathering->base[index];
	int64_t since = gathering->base_time[index];
	double value, earlier;
	if (!series->value || (gathering->loopback && series->look == LOOK_PLUS))
		return;
	if (series->is_mean) {
		bool grown = base->present && series->value(now, base, &value);
		if (grown && time - since < gathering->apart)
			return;
		if (grown && time > since)
			add(points, '*',
			    (struct point){ .since = since,
			                    .time = time,
			                    .value = value * CLOCK_S / (double)(time - since),
			                    .series = index,
			                    .look = (uint8_t)series->look });
	} else if (series->value(now, NULL, &value)) {
		const struct sample *last = &gathering->last;
		bool holds =
		        base->present && series->value(base, NULL, &earlier) && earlier == value;
		if (holds && time > since)
			add(points, '*',
			    (struct point){ .since = since,
			                    .time = time,
			                    .value = value,
			                    .series = index,
			                    .look = LOOK_LINE });
		add(points, '*',
		    (struct point){ .since = time,
		                    .time = time,
		                    .value = value,
		                    .series = index,
		                    .look = (uint8_t)series->look,
		                    .letter = index ? 0
		                                    : event_of(now, last->present ? last : NULL) });
	}
	*base = *now;
	gathering->base_time[index] = time;
}

/* A mean covers at least the `parts`-th part of the time. */
/* With a SYN in flight, which is no data, a connection would change before its idle beginning. */
static bool is_first_syn(const struct sample *now)
{
	return sample_is(now, STATE_SYN_SENT) && !sample_get(now, SAMPLE_TOTAL_RETRANS);
}

static void gather_samples(const struct graph *graph, size_t most, int parts, struct points *points)
{
	size_t count;
	const struct transcript *t = graph->view->transcript;
	uint64_t *list = find_entries(graph->view, graph->view->session, most, CALL_SAMPLE, &count,
	                              &points->older);
	struct gathering *gathering = xcalloc(1, sizeof *gathering);
	gathering->series = kinds[graph->kind].series;
	gathering->loopback = graph->loopback;
	if (count)
		gathering->apart = (transcript_at(t, list[count - 1])->time -
		                    transcript_at(t, list[0])->time) /
		                   parts;
	for (size_t i = 0; i < count; i++) {
		struct sample now;
		const struct entry *entry = transcript_at(t, list[i]);
		if (entry->arg == SAMPLE_CLOSED || !sample_unpack(entry, &now) ||
		    sample_is(&now, STATE_LISTEN) || sample_is(&now, STATE_CLOSED) ||
		    is_first_syn(&now))
			continue;
		for (uint8_t j = 0; j < SERIES && gathering->series[j].name; j++)
			gather_series(gathering, j, &now, entry->time, points);
		gathering->last = now;
		if (sample_has(&now, SAMPLE_SND_MSS))
			points->mss = (uint32_t)sample_get(&now, SAMPLE_SND_MSS);
	}
	free(gathering);
	free(list);
}

/* ---- the wire ---- */

enum { PENDING = 256 }; /* segments whose acknowledgement is waited for */

/* What went out and what came back, as our own end saw it. Bytes of the stream count from 0. */
struct wire_gathering {
	int64_t sent, acked; /* of the bytes; -1 = the beginning was not seen, so not yet known */
	int64_t window_at;   /* when the newest window came, 0 = none has */
	uint32_t window;
	bool based;
	uint32_t base; /* sequence number of the first byte */
	struct {
		int64_t end, time;
		bool again; /* a copy of it was sent, too: whose ACK comes is not known, RFC 6298 */
	} pending[PENDING];
	unsigned first, count;
};

static bool leaves(const struct graph *graph, const struct frame_note *note)
{
	struct frame frame;
	if (note->event != FRAME_PASSES)
		return note->event == FRAME_LEAVES;
	return frame_read(note->bytes, note->kept, note->len, &frame) &&
	       endpoint_equal(&frame.from, &graph->local);
}

static void add_frame(struct points *points, uint8_t series, const struct entry *entry,
                      double value, char letter)
{
	static const enum look looks[] = { LOOK_DOTS, LOOK_CROSS, LOOK_PLUS };
	add(points, 'w',
	    (struct point){ .since = entry->time,
	                    .time = entry->time,
	                    .value = value,
	                    .series = series,
	                    .look = (uint8_t)looks[series],
	                    .letter = letter });
}

/* Each sequence number is near what was sent last. */
static int64_t to_offset(const struct wire_gathering *wire, uint32_t seq)
{
	return wire->sent + (int32_t)(seq - wire->base - (uint32_t)wire->sent);
}

/* A segment of ours that the cable did not deliver, or not as it was. */
static void lose_segment(const struct wire_gathering *wire, enum graph_kind kind,
                         const struct entry *entry, const struct frame_note *note,
                         struct points *points)
{
	struct frame frame;
	bool lost = note->event == FRAME_LOST || note->event == FRAME_CORRUPTED ||
	            note->event == FRAME_TOO_LARGE;
	if (!lost || !wire->based || kind != GRAPH_SEQUENCE ||
	    !frame_read(note->bytes, note->kept, note->len, &frame) || !frame.len)
		return;
	double end = (double)(to_offset(wire, frame.tcp.seq) + frame.len);
	add_frame(points, 0, entry, end, 'L');
}

static void send_segment(struct wire_gathering *wire, enum graph_kind kind,
                         const struct entry *entry, const struct segment *segment,
                         struct points *points)
{
	int64_t end = segment->offset + segment->len;
	bool again = end <= wire->sent || segment->copy > 1;
	if (segment->name == SEGMENT_SYN || segment->name == SEGMENT_SYN_ACK)
		wire->sent = end;
	if (!segment->len)
		return;
	for (unsigned i = 0; again && i < wire->count; i++)
		if (wire->pending[(wire->first + i) % PENDING].end > segment->offset)
			wire->pending[(wire->first + i) % PENDING].again = true;
	if (!again && wire->count < PENDING) {
		unsigned at = (wire->first + wire->count++) % PENDING;
		wire->pending[at].end = end;
		wire->pending[at].time = entry->time;
		wire->pending[at].again = false;
	}
	wire->sent = end > wire->sent ? end : wire->sent;
	if (kind == GRAPH_SEQUENCE)
		add_frame(points, 0, entry, (double)end, again ? 'R' : 0);
	else if (kind == GRAPH_WINDOW && wire->acked >= 0)
		add_frame(points, 1, entry, (double)(wire->sent - wire->acked), again ? 'R' : 0);
}

static void find_base(struct wire_gathering *wire, const struct frame_note *note)
{
	struct frame frame;
	if (wire->based || !note->segment.len)
		return;
	wire->based = frame_read(note->bytes, note->kept, note->len, &frame);
	wire->base = frame.tcp.seq - (uint32_t)note->segment.offset;
}

/* It holds until the next one comes. */
static void take_window(struct wire_gathering *wire, const struct entry *entry,
                        const struct segment *segment, struct points *points)
{
	if (wire->window_at)
		add(points, 'w',
		    (struct point){ .since = wire->window_at,
		                    .time = entry->time,
		                    .value = wire->window,
		                    .series = 0,
		                    .look = LOOK_LINE });
	add_frame(points, 0, entry, segment->window, 0);
	wire->window_at = entry->time;
	wire->window = segment->window;
}

/* The bytes that an ACK covers; those of SYN and FIN are none. */
static void take_ack(struct wire_gathering *wire, enum graph_kind kind, const struct entry *entry,
                     const struct segment *segment, struct points *points)
{
	int64_t ack = segment->ack - 1;
	if (wire->sent < 0)
		return;
	ack = ack > wire->sent ? wire->sent : ack;
	bool exact = false, ambiguous = false;
	int64_t sent_at = 0;
	for (; wire->count && wire->pending[wire->first].end <= ack; wire->count--) {
		exact = wire->pending[wire->first].end == ack;
		ambiguous = wire->pending[wire->first].again;
		sent_at = wire->pending[wire->first].time;
		wire->first = (wire->first + 1) % PENDING;
	}
	wire->acked = ack > wire->acked ? ack : wire->acked;
	if (kind == GRAPH_RTT && exact && !ambiguous)
		add_frame(points, 1, entry, (double)(entry->time - sent_at) / CLOCK_US, 0);
	if (kind == GRAPH_WINDOW) {
		add_frame(points, 1, entry, (double)(wire->sent - wire->acked), 0);
		if (segment->scaled)
			take_window(wire, entry, segment, points);
	}
	if (kind == GRAPH_SEQUENCE) {
		add_frame(points, 1, entry, (double)wire->acked, 0);
		if (segment->scaled)
			add_frame(points, 2, entry, (double)(wire->acked + segment->window), 0);
	}
}

/* False where there is no wire, or nothing of it was seen. */
static bool gather_frames(const struct graph *graph, size_t most, struct points *points)
{
	size_t count, had = points->count;
	const struct transcript *t = graph->view->transcript;
	if (!graph->view->wire[0])
		return false;
	uint64_t *list = find_entries(graph->view, graph->view->wire[0], most, CALL_FRAME, &count,
	                              &points->older);
	struct wire_gathering *wire = xcalloc(1, sizeof *wire);
	wire->sent = wire->acked = -1;
	for (size_t i = 0; i < count; i++) {
		struct frame_note note;
		const struct entry *entry = transcript_at(t, list[i]);
		if (!frame_entry_unpack(entry, &note))
			continue;
		const struct segment *segment = &note.segment;
		if (note.event > FRAME_PASSES) {
			lose_segment(wire, graph->kind, entry, &note, points);
		} else if (leaves(graph, &note)) {
			find_base(wire, &note);
			send_segment(wire, graph->kind, entry, segment, points);
		} else if (segment->ack > 0 && segment->ack_based) {
			take_ack(wire, graph->kind, entry, segment, points);
		}
	}
	free(wire);
	free(list);
	return points->count > had;
}

/* The far edge of a window, or an estimate that jumps, must not make all else small. */
static void drop_above(struct points *points)
{
	double most = 0;
	size_t kept = 0;
	for (size_t i = 0; i < points->count; i++)
		if (points->list[i].look != LOOK_PLUS && points->list[i].value > most)
			most = points->list[i].value;
	for (size_t i = 0; i < points->count; i++) {
		const struct point *point = &points->list[i];
		if (point->look == LOOK_PLUS && point->value > most * 5 / 4)
			points->above[point->series] = true;
		else
			points->list[kept++] = *point;
	}
	points->count = kept;
}

/* When the first value changes, or another one comes; INT64_MAX for never. */
static int64_t find_change(const struct points *points, int64_t first)
{
	int64_t change = INT64_MAX, begun[SERIES];
	double value[SERIES] = { 0 };
	for (int i = 0; i < SERIES; i++)
		begun[i] = INT64_MAX;
	for (size_t i = 0; i < points->count; i++) {
		const struct point *point = &points->list[i];
		if (point->since < begun[point->series]) {
			begun[point->series] = point->since;
			value[point->series] = point->value;
		}
	}
	for (size_t i = 0; i < points->count; i++) {
		const struct point *point = &points->list[i];
		bool changes = point->value != value[point->series] || point->letter ||
		               begun[point->series] > first;
		if (changes && point->since < change)
			change = point->since;
	}
	return change;
}

/* An idle beginning that is longer than all that follows is left out, but for a twentieth of that. */
static void skip_idle(struct points *points)
{
	int64_t first = INT64_MAX, last = INT64_MIN;
	for (size_t i = 0; i < points->count; i++) {
		first = points->list[i].since < first ? points->list[i].since : first;
		last = points->list[i].time > last ? points->list[i].time : last;
	}
	int64_t change = find_change(points, first);
	if (change >= last || change - first <= last - change)
		return;
	size_t kept = 0;
	int64_t begin = change - (last - change) / 20;
	for (size_t i = 0; i < points->count; i++) {
		struct point point = points->list[i];
		if (point.time < begin)
			continue;
		point.since = point.since < begin ? begin : point.since;
		points->list[kept++] = point;
	}
	points->count = kept;
	points->idle = true;
}


/* The wire knows its values exactly, and so takes the place of samples of the same. */
static void gather(const struct graph *graph, size_t most, int parts, struct points *points)
{
	bool same = graph->kind == GRAPH_WINDOW || graph->kind == GRAPH_SEQUENCE;
	bool seen = (same || graph->kind == GRAPH_RTT) && gather_frames(graph, most, points);
	if (!same || !seen)
		gather_samples(graph, most, parts, points);
	drop_above(points);
	skip_idle(points);
}

/* ---- axes ---- */

struct axis {
	double most;  /* where it ends; it begins with 0 */
	double step;  /* between two ticks */
	int digits;   /* after the point, of the labels */
	double scale; /* what a value is divided by for its label */
	const char *unit;
};

/* 1, 2 or 5 times a power of ten, with no more than that many steps in `span`. */
static double nice_step(double span, int steps)
{
	static const double factors[] = { 1, 2, 5, 10 };
	double power = 1;
	while (power * 10 * steps <= span)
		power *= 10;
	while (power * steps > span && power > 1e-9)
		power /= 10;
	for (size_t i = 0; i < sizeof factors / sizeof *factors; i++)
		if (factors[i] * power * steps >= span)
			return factors[i] * power;
	return 10 * power;
}

static int digits_of(double step)
{
	int digits = 0;
	for (; digits < 6 && step < 0.9999; digits++)
		step *= 10;
	return digits;
}

static void choose_scale(struct axis *axis, enum unit unit)
{
	static const struct {
		double least;
		const char *bytes, *rate;
	} powers[] = { { 1e9, "GB", "GB/s" }, { 1e6, "MB", "MB/s" }, { 1e3, "kB", "kB/s" } };
	axis->scale = 1;
	axis->unit = unit == UNIT_SEGMENTS ? "segments" : unit == UNIT_RATE ? "B/s" : "B";
	if (unit == UNIT_TIME) { /* of microseconds */
		axis->scale = axis->most >= 2e6 ? 1e6 : axis->most >= 2e3 ? 1e3 : 1;
		axis->unit = axis->scale == 1e6 ? "s" : axis->scale == 1e3 ? "ms" : "us";
	}
	for (size_t i = 0; i < 3 && (unit == UNIT_BYTES || unit == UNIT_RATE); i++)
		if (axis->most >= 2 * powers[i].least) {
			axis->scale = powers[i].least;
			axis->unit = unit == UNIT_RATE ? powers[i].rate : powers[i].bytes;
			break;
		}
}

/* From 0 to a tick above all values. */
static struct axis value_axis(const struct points *points, enum unit unit, int steps)
{
	struct axis axis = { .most = unit == UNIT_SEGMENTS ? 4 : unit == UNIT_TIME ? 1 : 10 };
	for (size_t i = 0; i < points->count; i++)
		if (points->list[i].value > axis.most)
			axis.most = points->list[i].value;
	choose_scale(&axis, unit);
	double span = axis.most / axis.scale;
	axis.step = nice_step(span, steps);
	if (unit == UNIT_SEGMENTS && axis.step < 1)
		axis.step = 1;
	axis.digits = digits_of(axis.step);
	double ticks = span / axis.step;
	int whole = (int)ticks;
	axis.most = (whole + (ticks > whole + 1e-9)) * axis.step * axis.scale;
	axis.step *= axis.scale;
	return axis;
}

/* Seconds or milliseconds since the first point. */
static struct axis time_axis(const struct points *points, int steps, int64_t *begun)
{
	int64_t first = INT64_MAX, last = INT64_MIN;
	for (size_t i = 0; i < points->count; i++) {
		const struct point *point = &points->list[i];
		first = point->since < first ? point->since : first;
		last = point->time > last ? point->time : last;
	}
	struct axis axis = { .most = points->count && last > first ? (double)(last - first)
		                                                   : (double)CLOCK_MS };
	*begun = points->count ? first : 0;
	bool long_span = axis.most >= 2e9;
	axis.scale = long_span ? 1e9 : 1e6;
	axis.unit = long_span ? "s" : "ms";
	axis.step = nice_step(axis.most / axis.scale, steps);
	axis.digits = digits_of(axis.step);
	axis.step *= axis.scale;
	return axis;
}

static const char *format_tick(const struct axis *axis, double value, char out[LABEL])
{
	snprintf(out, LABEL, "%.*f", axis->digits, value / axis->scale);
	return out;
}

/* Where a value is along `length` places. */
static int place(const struct axis *axis, double value, int length)
{
	double part = axis->most > 0 ? value / axis->most : 0;
	part = part < 0 ? 0 : part > 1 ? 1 : part;
	return (int)(part * (length - 1) + 0.5);
}

/* ---- words ---- */

static const char *look_sign(enum look look, bool unicode)
{
	switch (look) {
	case LOOK_DOTS:
		return unicode ? "⠒" : "*";
	case LOOK_CROSS:
		return "x";
	case LOOK_PLUS:
		return "+";
	case LOOK_LINE:
		break;
	}
	return unicode ? "─" : "-";
}

static void print_value(enum unit unit, double value, struct buf *out)
{
	char text[CLOCK_TEXT + COUNT_TEXT];
	if (unit == UNIT_SEGMENTS)
		buf_printf(out, "%.0f", value);
	else if (unit == UNIT_TIME)
		buf_append_text(out, clock_format_duration((int64_t)(value * CLOCK_US), text));
	else
		buf_append_text(out, count_format_unit((uint64_t)value,
		                                       unit == UNIT_RATE ? "B/s" : "B", text));
}

/* "⠒ cwnd 10 *": each series that has points, with its newest value. */
static void print_series(const struct graph *graph, const struct points *points, int index,
                         bool unicode, struct buf *out)
{
	const struct series *series = &kinds[graph->kind].series[index];
	buf_printf(out, "%s %s ", look_sign(series->look, unicode), series->name);
	print_value(kinds[graph->kind].unit, points->newest[index], out);
	buf_printf(out, " %c%s", points->mark[index], points->above[index] ? " (some above)" : "");
}

static void print_title(const struct graph *graph, const struct axis *values, struct buf *out)
{
	buf_printf(out, "%s of %s, %s", kinds[graph->kind].title, graph->name, values->unit);
}

/* Sent again, with the timer or without; lost. */
static const char events[] = "RTL";

static bool has_letter(const struct points *points, char letter)
{
	for (size_t i = 0; points->letters && i < points->count; i++)
		if (points->list[i].letter == letter)
			return true;
	return false;
}

/* "R sent again o", for each event there is. */
enum { EVENT_TEXT = 48 };

static const char *format_event(const struct points *points, char letter, char out[EVENT_TEXT])
{
	snprintf(out, EVENT_TEXT, "%c %s %c%s", letter,
	         letter == 'L' ? "lost on the way" : "sent again",
	         points->letter_mark ? points->letter_mark : 'o',
	         letter == 'T' ? ": the timer had run out" : "");
	return out;
}

/* ---- as rows ---- */

struct cell {
	uint8_t dots;  /* of a braille character, by its own numbering */
	char sign;     /* what is drawn where there are no dots, or in their place */
	enum look of;  /* the sign's */
	uint8_t style; /* enum style */
};

struct canvas {
	struct cell *cell;
	int columns, rows;
	bool unicode;
};

static const enum style series_style[] = { STYLE_OUT, STYLE_IN, STYLE_STATE, STYLE_NOTE };

static void put_dot(struct canvas *canvas, int x, int y, enum style style)
{
	static const uint8_t bit[4][2] = {
		{ 0x01, 0x08 }, { 0x02, 0x10 }, { 0x04, 0x20 }, { 0x40, 0x80 }
	};
	struct cell *cell =
	        &canvas->cell[(size_t)(y / 4) * (size_t)canvas->columns + (size_t)(x / 2)];
	cell->dots |= bit[y % 4][x % 2];
	cell->style = (uint8_t)style;
}

/* A sign yields to the dots, and to a sign of an earlier series. */
static void put_sign(struct canvas *canvas, int x, int y, enum look look, enum style style)
{
	struct cell *cell = &canvas->cell[(size_t)y * (size_t)canvas->columns + (size_t)x];
	static const char signs[] = { '*', 'x', '+', '-' };
	if (cell->dots || (cell->sign && cell->of <= look))
		return;
	cell->sign = signs[look];
	cell->of = look;
	cell->style = (uint8_t)style;
}

static void put_letter(struct canvas *canvas, int x, int y, char letter)
{
	struct cell *cell = &canvas->cell[(size_t)y * (size_t)canvas->columns + (size_t)x];
	if (cell->sign == 'T' || cell->sign == 'L')
		return;
	*cell = (struct cell){ .sign = letter, .style = STYLE_ERROR };
}

static void put_point(struct canvas *canvas, const struct point *point, const struct axis *values,
                      const struct axis *times, int64_t begun)
{
	enum look look = (enum look)point->look;
	enum style style = series_style[point->series];
	bool dots = look == LOOK_DOTS && canvas->unicode;
	int wide = canvas->columns * (dots ? 2 : 1), high = canvas->rows * (dots ? 4 : 1);
	int from = place(times, (double)(point->since - begun), wide);
	int to = place(times, (double)(point->time - begun), wide);
	int y = high - 1 - place(values, point->value, high);
	for (int x = from; x <= to; x++)
		if (dots)
			put_dot(canvas, x, y, style);
		else
			put_sign(canvas, x, y, look, style);
}

static void put_cell(const struct canvas *canvas, const struct cell *cell, int columns,
                     struct row *row)
{
	char text[5] = { cell->sign ? cell->sign : ' ' };
	if (cell->dots)
		utf8_encode(0x2800u + cell->dots, text); /* Braille */
	bool line = cell->sign == '-' && !cell->dots && canvas->unicode;
	bool drawn = cell->sign || cell->dots;
	row_put(row, line ? "─" : text, columns, drawn ? cell->style : STYLE_TEXT);
}

/* Later series first, so that the first one is on top, and letters last. */
static void paint(struct canvas *canvas, const struct points *points, const struct axis *values,
                  const struct axis *times, int64_t begun)
{
	for (int series = SERIES; series-- > 0;)
		for (size_t i = 0; i < points->count; i++)
			if (points->list[i].series == series)
				put_point(canvas, &points->list[i], values, times, begun);
	for (size_t i = 0; points->letters && i < points->count; i++) {
		const struct point *point = &points->list[i];
		if (point->letter)
			put_letter(canvas,
			           place(times, (double)(point->time - begun), canvas->columns),
			           canvas->rows - 1 - place(values, point->value, canvas->rows),
			           point->letter);
	}
}

/* The label of the tick that is in this row, or "". */
static const char *row_label(const struct axis *values, int y, int rows, char out[LABEL])
{
	out[0] = '\0';
	for (int i = 0; i <= TICKS && i * values->step <= values->most * (1 + 1e-9); i++)
		if (rows - 1 - place(values, i * values->step, rows) == y)
			format_tick(values, i * values->step, out);
	return out;
}

static int label_width(const struct axis *values, int rows)
{
	int width = 0;
	char label[LABEL];
	for (int y = 0; y < rows; y++) {
		int len = (int)strlen(row_label(values, y, rows, label));
		width = len > width ? len : width;
	}
	return width;
}

/* "└0───────┴0.5─────┴1.0─ s" */
static void put_time_axis(const struct axis *times, int width, int columns, bool unicode,
                          struct row *row)
{
	char label[LABEL];
	int plot = columns - width - 1, end = columns - (int)strlen(times->unit) - 1;
	row_pad(row, width, STYLE_TEXT);
	row_put(row, unicode ? "└" : "+", columns, STYLE_FAINT);
	for (int i = 0; i * times->step <= times->most; i++) {
		int at = width + 1 + place(times, i * times->step, plot);
		format_tick(times, i * times->step, label);
		if (at < row->columns || at + (int)strlen(label) + 2 > end)
			continue;
		while (row->columns < at)
			row_put(row, unicode ? "─" : "-", columns, STYLE_FAINT);
		if (i)
			row_put(row, unicode ? "┴" : "+", columns, STYLE_FAINT);
		row_put(row, i ? label : "0", columns, STYLE_TIME);
	}
	while (row->columns < end)
		row_put(row, unicode ? "─" : "-", columns, STYLE_FAINT);
	row_put(row, " ", columns, STYLE_TEXT);
	row_put(row, times->unit, columns, STYLE_TIME);
}

static void put_plot(const struct graph *graph, const struct points *points, int columns,
                     int height, struct rows *rows)
{
	int64_t begun;
	char label[LABEL];
	bool unicode = text_has_unicode();
	const char *tick = unicode ? "┤" : "+", *line = unicode ? "│" : "|";
	struct axis values =
	        value_axis(points, kinds[graph->kind].unit, height / 3 > 2 ? height / 3 : 2);
	int width = label_width(&values, height);
	struct canvas canvas = {
		.columns = columns - width - 1 > 1 ? columns - width - 1 : 1,
		.rows = height,
		.unicode = unicode,
	};
	struct axis times =
	        time_axis(points, canvas.columns / 9 > 1 ? canvas.columns / 9 : 1, &begun);
	canvas.cell = xcalloc((size_t)canvas.columns * (size_t)height, sizeof *canvas.cell);
	paint(&canvas, points, &values, &times, begun);
	for (int y = 0; y < height; y++) {
		struct row *row = rows_add(rows);
		row_label(&values, y, height, label);
		row_pad(row, width - (int)strlen(label), STYLE_TEXT);
		row_put(row, label, columns, STYLE_TIME);
		row_put(row, *label ? tick : line, columns, STYLE_FAINT);
		for (int x = 0; x < canvas.columns; x++)
			put_cell(&canvas,
			         &canvas.cell[(size_t)y * (size_t)canvas.columns + (size_t)x],
			         columns, row);
	}
	free(canvas.cell);
	put_time_axis(&times, width, columns, unicode, rows_add(rows));
}

/* What the signs mean, and what else there is to know. */
static void print_legend(const struct graph *graph, const struct points *points, bool unicode,
                         struct buf *out)
{
	char time[CLOCK_TEXT], event[EVENT_TEXT];
	size_t parts = 0;
	int64_t first = INT64_MAX;
	for (int i = 0; i < SERIES; i++)
		if (points->used[i]) {
			buf_append_text(out, parts++ ? "   " : "");
			print_series(graph, points, i, unicode, out);
		}
	for (const char *letter = events; *letter; letter++)
		if (has_letter(points, *letter))
			buf_printf(out, "   %s", format_event(points, *letter, event));
	for (size_t i = 0; i < points->count; i++)
		first = points->list[i].since < first ? points->list[i].since : first;
	buf_printf(out, "\n0 is %s%s", clock_format_time(first, false, time),
	           points->idle    ? "; before it nothing changed"
	           : points->older ? "; older ones are not drawn"
	                           : "");
	if (kinds[graph->kind].unit == UNIT_SEGMENTS && points->mss)
		buf_printf(out, "; a segment has at most %" PRIu32 " bytes *", points->mss);
	if (graph->loopback)
		buf_append_text(out, "; on loopback round trip, cwnd and rates mean nothing");
}

static void add_legend(const struct graph *graph, const struct points *points, int columns,
                       struct rows *rows)
{
	struct buf text = { .max = SIZE_MAX };
	print_legend(graph, points, text_has_unicode(), &text);
	const char *feed = strchr(buf_text(&text), '\n');
	rows_add_wrapped(rows, buf_text(&text), (size_t)(feed - buf_text(&text)), 0, 0, columns,
	                 STYLE_NOTE);
	rows_add_wrapped(rows, feed + 1, strlen(feed + 1), 0, 0, columns, STYLE_FAINT);
	buf_free(&text);
}

static void print_nothing(const struct graph *graph, struct buf *out)
{
	buf_printf(out,
	           "No sample yet: while this page is open and something of %s is under way, the "
	           "kernel is read each 5 ms.",
	           graph->name);
}

void graph_draw(const struct graph *graph, int columns, int height, struct rows *rows)
{
	enum { PLOT_LEAST = 3, PLOT_MOST = 24 };
	struct buf text = { .max = SIZE_MAX };
	struct points points = { 0 };
	struct rows legend = { 0 };
	gather(graph, GRAPH_LOOK, columns, &points);
	struct axis values = value_axis(&points, kinds[graph->kind].unit, 1);
	print_title(graph, &values, &text);
	row_put(rows_add(rows), buf_text(&text), columns, STYLE_STATE);
	if (points.count) {
		add_legend(graph, &points, columns, &legend);
		int plot = height - 2 - (int)legend.count;
		put_plot(graph, &points, columns,
		         plot < PLOT_LEAST  ? PLOT_LEAST
		         : plot > PLOT_MOST ? PLOT_MOST
		                            : plot,
		         rows);
		add_legend(graph, &points, columns, rows);
	} else {
		buf_clear(&text);
		print_nothing(graph, &text);
		rows_add_wrapped(rows, buf_text(&text), text.len, 0, 0, columns, STYLE_NOTE);
	}
	rows_free(&legend);
	free(points.list);
	buf_free(&text);
}

/* ---- as a drawing ---- */

/* Pixels. */
enum {
	WIDTH = 1000,
	HEIGHT = 560,
	LEFT = 90,
	RIGHT = 970,
	TOP = 80,
	BOTTOM = 500,
	TEXT_COLUMNS = 118,
	MEANS = 200, /* most over the whole time */
};

/* Nothing is said by colour alone: each series has a sign of its own. */
#define STYLE(in, ink, faint, line, first, second, third, bad)                                     \
	in "text{fill:" ink "}" in ".t{fill:" faint "}" in ".b{font-weight:bold}"                    \
	in "path{fill:none;stroke-width:1.5}" in ".g{stroke:" line ";stroke-width:1}"                \
	in ".a{stroke:" faint "}" in ".s0{stroke:" first ";stroke-width:4;stroke-linecap:round}"     \
	in "path.h{stroke-width:1}" in ".s1{stroke:" second "}" in ".s2{stroke:" third "}"           \
	in ".s3{stroke:" faint "}" in ".r{fill:" bad ";font-weight:bold}"

static const char svg_style[] =
        STYLE("", "#111", "#555", "#ddd", "#05489b", "#a85c00", "#14662a", "#a80000");
const char graph_page_style[] =
        STYLE(".graph ", "var(--ink)", "var(--faint)", "var(--grid)", "var(--in)", "var(--second)",
              "var(--out)", "var(--bad)");

static void svg_text(const char *class, const char *anchor, int x, int y, const char *text,
                     struct buf *out)
{
	buf_printf(out, "<text class=\"%s\" text-anchor=\"%s\" x=\"%d\" y=\"%d\">", class, anchor,
	           x, y);
	markup_columns(out, text, TEXT_COLUMNS);
	buf_append_text(out, "</text>\n");
}

static int svg_x(const struct axis *times, double value)
{
	return LEFT + place(times, value, RIGHT - LEFT + 1);
}

static int svg_y(const struct axis *values, double value)
{
	return BOTTOM - place(values, value, BOTTOM - TOP + 1);
}

/* A path of no length is a round dot. */
static void svg_sign(enum look look, int x, int y, struct buf *out)
{
	switch (look) {
	case LOOK_DOTS:
	case LOOK_LINE:
		buf_printf(out, "M%d %dh0", x, y);
		break;
	case LOOK_CROSS:
		buf_printf(out, "M%d %dl6 6m0-6l-6 6", x - 3, y - 3);
		break;
	case LOOK_PLUS:
		buf_printf(out, "M%d %dh8m-4-4v8", x - 4, y);
		break;
	}
}

/* Thin lines, then what was measured: points, and means, which are thick. */
static void svg_series(const struct points *points, int series, const struct axis *values,
                       const struct axis *times, int64_t begun, struct buf *out)
{
	for (int thick = 0; thick < 2; thick++) {
		const char *end = "";
		for (size_t i = 0; i < points->count; i++) {
			const struct point *point = &points->list[i];
			int x = svg_x(times, (double)(point->time - begun));
			int y = svg_y(values, point->value);
			if (point->series != series || thick != (point->look != LOOK_LINE))
				continue;
			if (!*end)
				buf_printf(out, "<path fill=\"none\" class=\"s%d%s\" d=\"", series,
				           thick ? "" : " h");
			end = "\"/>\n";
			if (point->since < point->time)
				buf_printf(out, "M%d %dH%d",
				           svg_x(times, (double)(point->since - begun)), y, x);
			else
				svg_sign((enum look)point->look, x, y, out);
		}
		buf_append_text(out, end);
	}
}

static void svg_axes(const struct axis *values, const struct axis *times, struct buf *out)
{
	char label[LABEL], title[LABEL + LABEL];
	for (int i = 0; i <= TICKS && i * values->step <= values->most * (1 + 1e-9); i++) {
		int y = svg_y(values, i * values->step);
		buf_printf(out, "<path fill=\"none\" class=\"g\" d=\"M%d %dH%d\"/>\n", LEFT, y,
		           RIGHT);
		svg_text("t", "end", LEFT - 8, y + 4, format_tick(values, i * values->step, label),
		         out);
	}
	for (int i = 0; i <= TICKS && i * times->step <= times->most; i++) {
		int x = svg_x(times, i * times->step);
		buf_printf(out, "<path fill=\"none\" class=\"a\" d=\"M%d %dv6\"/>\n", x, BOTTOM);
		svg_text("t", "middle", x, BOTTOM + 22, format_tick(times, i * times->step, label),
		         out);
	}
	buf_printf(out, "<path fill=\"none\" class=\"a\" d=\"M%d %dV%dH%d\"/>\n", LEFT, TOP, BOTTOM,
	           RIGHT);
	svg_text("t", "end", LEFT - 8, TOP - 14, values->unit, out);
	snprintf(title, sizeof title, "time, %s", times->unit);
	svg_text("t", "end", RIGHT, BOTTOM + 42, title, out);
}

/* The signs that the series have in the drawing, then what they are. */
static void svg_legend(const struct graph *graph, const struct points *points, int64_t begun,
                       struct buf *out)
{
	int x = LEFT;
	char time[CLOCK_TEXT];
	struct buf text = { .max = SIZE_MAX };
	for (int i = 0; i < SERIES; i++) {
		const struct series *series = &kinds[graph->kind].series[i];
		if (!points->used[i])
			continue;
		buf_printf(out, "<path fill=\"none\" class=\"s%d\" d=\"", i);
		if (series->look == LOOK_LINE || series->is_mean)
			buf_printf(out, "M%d 50h14", x);
		else
			svg_sign(series->look, x + 7, 50, out);
		buf_append_text(out, "\"/>\n");
		buf_clear(&text);
		buf_printf(&text, "%s %c%s", series->name, points->mark[i],
		           points->above[i] ? " (some above)" : "");
		svg_text("l", "start", x + 22, 54, buf_text(&text), out);
		x += 60 + 8 * (int)text.len;
	}
	for (const char *letter = events; *letter; letter++)
		if (has_letter(points, *letter)) {
			char event[EVENT_TEXT], sign[2] = { *letter };
			format_event(points, *letter, event);
			svg_text("r", "middle", x, 54, sign, out);
			svg_text("l", "start", x + 10, 54, event + 2, out);
			x += 40 + 8 * (int)strlen(event);
		}
	buf_clear(&text);
	buf_printf(&text, "%zu points; 0 is %s%s%s", points->count,
	           clock_format_time(begun, false, time),
	           points->older ? "; older ones are not drawn" : "",
	           graph->loopback ? "; on loopback round trip, cwnd and rates mean nothing" : "");
	svg_text("t", "start", LEFT, HEIGHT - 18, buf_text(&text), out);
	buf_free(&text);
}

/* All between the beginning of an <svg> and its end. */
static void svg_body(const struct graph *graph, const struct points *points, struct buf *out)
{
	int64_t begun;
	struct buf title = { .max = SIZE_MAX };
	struct axis values = value_axis(points, kinds[graph->kind].unit, TICKS - 2);
	struct axis times = time_axis(points, TICKS - 2, &begun);
	print_title(graph, &values, &title);
	svg_text("b", "start", LEFT, 28, buf_text(&title), out);
	svg_axes(&values, &times, out);
	for (int series = SERIES; series-- > 0;)
		svg_series(points, series, &values, &times, begun, out);
	for (size_t i = 0; points->letters && i < points->count; i++) {
		const struct point *point = &points->list[i];
		char letter[2] = { point->letter };
		if (point->letter)
			svg_text("r", "middle", svg_x(&times, (double)(point->time - begun)),
			         svg_y(&values, point->value) - 8, letter, out);
	}
	if (points->count)
		svg_legend(graph, points, begun, out);
	buf_append_text(out, "</svg>\n");
	buf_free(&title);
}

static void svg_title(const struct graph *graph, const struct points *points, struct buf *out)
{
	struct buf title = { .max = SIZE_MAX };
	struct axis values = value_axis(points, kinds[graph->kind].unit, TICKS - 2);
	print_title(graph, &values, &title);
	buf_append_text(out, "<title>");
	markup_columns(out, buf_text(&title), TEXT_COLUMNS);
	buf_append_text(out, "</title>\n");
	buf_free(&title);
}

bool graph_write_svg(const struct graph *graph, FILE *file, size_t *count)
{
	struct buf text = { .max = SIZE_MAX };
	struct points points = { 0 };
	gather(graph, GRAPH_LOOK_FILE, MEANS, &points);
	buf_printf(&text,
	           "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	           "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
	           "viewBox=\"0 0 %d %d\" font-family=\"monospace\" font-size=\"13\">\n",
	           WIDTH, HEIGHT, WIDTH, HEIGHT);
	svg_title(graph, &points, &text);
	buf_printf(&text, "<style>%s</style>\n", svg_style);
	buf_append_text(&text, "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n");
	svg_body(graph, &points, &text);
	*count = points.count;
	bool good = fwrite(buf_data(&text), 1, text.len, file) == text.len && fflush(file) == 0;
	int code = errno;
	free(points.list);
	buf_free(&text);
	errno = code;
	return good;
}

bool graph_append_html(const struct graph *graph, size_t least, struct buf *out)
{
	struct points points = { 0 };
	gather(graph, GRAPH_LOOK, MEANS, &points);
	bool tells = points.count >= least;
	if (tells) {
		buf_printf(out, "<svg class=\"graph\" role=\"img\" viewBox=\"0 0 %d %d\">\n", WIDTH,
		           HEIGHT);
		svg_title(graph, &points, out);
		svg_body(graph, &points, out);
	}
	free(points.list);
	return tells;
}
