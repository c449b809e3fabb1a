// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/page/stream.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/count.h"
#include "socket/sockopt.h"
#include "view/calltext.h"
#include "view/page/fields.h"
#include "view/page/flow.h"
#include "view/page/snapshot.h"
#include "view/recordtext.h"

/* ---- the ruler: which column each byte has, and each boundary ---- */

enum { RULER_CUTS = 6 * FLOW_PARTS + 2 };

/* How bytes get their columns: two for each, as long as there is room, so that boundaries have
 * theirs; or one, and one for each boundary; or as it comes. */
enum scale { SCALE_WIDE, SCALE_NARROW, SCALE_ROUGH };

struct ruler {
	const struct flow *flow;
	int columns;     /* of the pane */
	int left, width; /* labels, the ruler itself; what remains is for counts and times */
	enum scale scale;
	int64_t cut[RULER_CUTS]; /* every boundary of any kind, ascending */
	size_t cuts;
	const char *labels[4]; /* byte, send, segments, recv */
};

enum { LEAST_BOX = 8 }; /* columns of a call if bytes have no columns of their own */

static void choose_labels(struct ruler *ruler)
{
	static const char *const wide[2][4] = {
		{ "byte", "your send()", "segments o", "peer recv()" },
		{ "bytes", "your sendto()", "", "peer recvfrom()" },
	};
	static const char *const narrow[4] = { "byte", "sent", "segs o", "got" };
	int columns = ruler->columns;
	bool is_wide = columns >= 60;
	ruler->left = is_wide ? 16 : 8;
	ruler->width = columns - ruler->left;
	if (columns >= 100)
		ruler->width -= 46;
	else if (columns >= 72)
		ruler->width -= 26;
	memcpy(ruler->labels, is_wide ? wide[ruler->flow->datagrams] : narrow,
	       sizeof ruler->labels);
}

static int64_t newest_bytes(const struct flow *flow, size_t calls)
{
	int64_t bytes = 0;
	for (size_t i = flow->sent.count - calls; i < flow->sent.count; i++)
		bytes += flow->sent.list[i].end - flow->sent.list[i].begin;
	return bytes;
}

/* The most calls of which each byte gets that many columns, with `more` for each call. */
static size_t count_fitting(const struct ruler *ruler, int each, int more)
{
	size_t calls = 0;
	while (calls < ruler->flow->sent.count &&
	       each * newest_bytes(ruler->flow, calls + 1) + more * (int64_t)(calls + 1) + 1 <=
	               ruler->width)
		calls++;
	return calls;
}

/* How many calls are shown: rather more of them with less room for each. */
static size_t choose_scale(struct ruler *ruler)
{
	size_t all = ruler->flow->sent.count;
	size_t wide = count_fitting(ruler, 2, 0), narrow = count_fitting(ruler, 1, 1);
	size_t rough = (size_t)(ruler->width > LEAST_BOX ? ruler->width / LEAST_BOX : 1);
	ruler->scale = wide == all || wide > narrow ? SCALE_WIDE
	               : narrow                     ? SCALE_NARROW
	                                            : SCALE_ROUGH;
	if (ruler->scale == SCALE_ROUGH)
		return all < rough ? all : rough;
	return ruler->scale == SCALE_WIDE ? wide : narrow;
}

/* ---- columns ---- */

static void add_cut(struct ruler *ruler, int64_t offset)
{
	if (offset >= 0 && offset <= ruler->flow->size && ruler->cuts < RULER_CUTS)
		ruler->cut[ruler->cuts++] = offset;
}

static void add_cuts(struct ruler *ruler, const struct flow_parts *parts)
{
	for (size_t i = 0; i < parts->count; i++) {
		add_cut(ruler, parts->list[i].begin);
		add_cut(ruler, parts->list[i].end);
	}
}

static int compare_cuts(const void *a, const void *b)
{
	int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
	return (left > right) - (left < right);
}

/* Boundaries that no call has may take more columns than there are. */
static void ruler_find_cuts(struct ruler *ruler)
{
	size_t kept = 0;
	add_cuts(ruler, &ruler->flow->sent);
	add_cuts(ruler, &ruler->flow->left);
	add_cuts(ruler, &ruler->flow->got);
	qsort(ruler->cut, ruler->cuts, sizeof *ruler->cut, compare_cuts);
	for (size_t i = 0; i < ruler->cuts; i++)
		if (!kept || ruler->cut[kept - 1] != ruler->cut[i])
			ruler->cut[kept++] = ruler->cut[i];
	ruler->cuts = kept;
	if (ruler->scale == SCALE_NARROW && ruler->flow->size + (int64_t)kept > ruler->width)
		ruler->scale = SCALE_ROUGH;
}

static int cuts_before(const struct ruler *ruler, int64_t offset)
{
	int count = 0;
	while ((size_t)count < ruler->cuts && ruler->cut[count] < offset)
		count++;
	return count;
}

static int ruler_boundary(const struct ruler *ruler, int64_t offset)
{
	int64_t size = ruler->flow->size;
	if (ruler->scale == SCALE_WIDE)
		return ruler->left + (int)(2 * offset);
	if (ruler->scale == SCALE_NARROW)
		return ruler->left + (int)offset + cuts_before(ruler, offset);
	return ruler->left + (int)((double)offset * (ruler->width - 1) / (double)size);
}

static int ruler_byte(const struct ruler *ruler, int64_t offset)
{
	if (ruler->scale == SCALE_WIDE)
		return ruler->left + (int)(2 * offset) + 1;
	if (ruler->scale == SCALE_NARROW)
		return ruler->left + (int)offset + cuts_before(ruler, offset + 1);
	int column = ruler_boundary(ruler, offset + 1) - 1;
	return column > ruler->left ? column : ruler->left;
}

/* ---- why bytes waited, by what the kernel said after the calls ---- */

#ifndef MSG_MORE
#define MSG_MORE 0
#endif

enum { REASON = 200, WHY = 400, SHOWN_BYTES = 12, CALL_TEXT_MOST = 160 };

#define LATE_ACK (CLOCK_MS)      /* what is acknowledged sooner needs no word */
#define SLOW_ACK (30 * CLOCK_MS) /* a kernel that delays its ACK takes no less */

static uint64_t count_segments(const struct flow *flow)
{
	uint64_t count = 0;
	for (size_t i = 0; i < flow->left.count; i++) {
		if (!flow->left.list[i].segments)
			return 0;
		count += flow->left.list[i].segments;
	}
	return count;
}

/* ---- why the kernel holds bytes back ---- */

static uint64_t count_in_flight(const struct sample *sample)
{
	uint64_t held = sample_get(sample, SAMPLE_NOTSENT);
	uint64_t waiting = sample_get(sample, SAMPLE_OUTQ);
	return waiting > held ? waiting - held : 0;
}

static bool sets(const struct entry *entry, const char *name)
{
	const struct sockopt *option = entry->call == CALL_SETSOCKOPT && !entry->error
	                                       ? sockopt_numbered(entry->arg2, entry->arg)
	                                       : NULL;
	return option && strcmp(option->name, name) == 0;
}

/* As this option was last set before this position. What no call has set was inherited, and is as it
 * is `now`. */
static bool is_on(const struct view *view, uint64_t position, const char *name, bool now)
{
	uint64_t at = transcript_last(view->transcript, view->session);
	for (int i = 0; i < FLOW_WALK && at != TRANSCRIPT_NONE; i++) {
		const struct entry *entry = transcript_at(view->transcript, at);
		bool set = sets(entry, name);
		if (set && at <= position)
			return entry->len > 0 && memcmp(entry_payload(entry), "\0\0\0\0",
			                                entry->len < 4 ? entry->len : 4) != 0;
		if (set || entry->call == CALL_SOCKET)
			now = false;
		at = transcript_before(view->transcript, at);
	}
	return now;
}

static void print_window(const struct sample *sample, char out[REASON])
{
	uint64_t window = sample_get(sample, SAMPLE_SND_WND);
	if (window)
		snprintf(out, REASON,
		         "the peer's window of %" PRIu64 " byte%s * has no room beside the %" PRIu64
		         " in flight",
		         window, count_plural(window), count_in_flight(sample));
	else
		snprintf(out, REASON, "the peer's window is 0 %c: its program does not read",
		         sample_has(sample, SAMPLE_SND_WND) ? '*' : '?');
}

static void print_nagle(const struct sample *sample, char out[REASON])
{
	uint64_t held = sample_get(sample, SAMPLE_NOTSENT);
	uint64_t in_flight = count_in_flight(sample);
	snprintf(out, REASON,
	         "Nagle ?: %" PRIu64 " byte%s unacknowledged * and %" PRIu64
	         " %s less than a full segment of %" PRIu64,
	         in_flight, in_flight == 1 ? " is" : "s are", held, held == 1 ? "is" : "are",
	         sample_get(sample, SAMPLE_SND_MSS));
}

/* Deduced from what was read: the kernel does not give its reasons. */
static void reason(const struct view *view, uint64_t position, const struct sample *sample,
                   const struct entry *call, char out[REASON])
{
	uint64_t mss = sample_get(sample, SAMPLE_SND_MSS);
	bool more = call && (call->arg2 & MSG_MORE);
	bool nodelay = is_on(view, position, "TCP_NODELAY", view->nodelay);
	bool corked = is_on(view, position, "TCP_CORK", view->corked);
	switch (snapshot_limit_of_held(sample, nodelay, corked || more)) {
	case LIMIT_PEER_WINDOW:
		print_window(sample, out);
		break;
	case LIMIT_NAGLE:
		print_nagle(sample, out);
		break;
	case LIMIT_AUTOCORKING:
		snprintf(
		        out, REASON,
		        "TCP_NODELAY is on, so it is not Nagle: an earlier segment is still queued "
		        "here, and the kernel adds to the next one (tcp_autocorking) ?");
		break;
	case LIMIT_CORK:
		if (more && !corked)
			snprintf(out, REASON,
			         "MSG_MORE asked to wait for a full segment of %" PRIu64, mss);
		else
			snprintf(out, REASON,
			         "less than a full segment of %" PRIu64 ", as TCP_CORK asks ?",
			         mss);
		break;
	case LIMIT_PACING:
		snprintf(out, REASON,
		         "segments are spaced, by SO_MAX_PACING_RATE or the congestion control ?");
		break;
	case LIMIT_NETWORK:
		snprintf(out, REASON, "acknowledgements must come first ?");
		break;
	default:
		snprintf(out, REASON, "why is not known");
		break;
	}
}

/* ---- sentences ---- */

/* After the time, where that leaves enough. */
static int indent(const struct fields *fields)
{
	return fields->columns >= 40 ? 10 : 2;
}

static void print_time(int64_t time, char out[CLOCK_TEXT])
{
	char before[CLOCK_TEXT];
	if (time < 0)
		snprintf(out, CLOCK_TEXT, "-%s", clock_format_duration(-time, before));
	else if (time < CLOCK_S)
		snprintf(out, CLOCK_TEXT, time < 10 * CLOCK_MS ? "%.2f ms" : "%.1f ms",
		         (double)time / CLOCK_MS);
	else
		clock_format_duration(time, out);
}

static void print_call(const struct entry *entry, char out[CALL_TEXT_MOST])
{
	struct buf text;
	buf_init(&text, SIZE_MAX);
	calltext_call(entry, SHOWN_BYTES, &text);
	snprintf(out, CALL_TEXT_MOST, "%.*s", (int)text.len, text.len ? buf_data(&text) : "");
	buf_free(&text);
}

static bool is_held(const struct flow *flow, const struct flow_part *call, struct sample *sample)
{
	return sample_after(flow->view->transcript, call->position, sample) &&
	       sample_get(sample, SAMPLE_NOTSENT) && !sample_is(sample, STATE_CLOSED);
}

/* Counted from send(): what was held back had left later. */
static void print_acked(const struct flow_part *call, bool held, char out[WHY])
{
	char took[CLOCK_TEXT];
	out[0] = '\0';
	if (call->acked < LATE_ACK)
		return;
	clock_format_duration(call->acked, took);
	bool slow = !held && call->acked >= SLOW_ACK && call->acked < 10 * SLOW_ACK;
	snprintf(out, WHY, "; acknowledged %s after send() *%s", took,
	         slow ? ": the peer's kernel delays its ACK ?" : "");
}

static void print_held(const struct view *view, const struct sample *sample,
                       const struct flow_part *call, char out[WHY])
{
	char why[REASON];
	reason(view, call->position, sample, call->entry, why);
	snprintf(out, WHY,
	         "is held back: %s; to send %" PRIu64 " = %" PRIu64 " in flight + %" PRIu64
	         " not yet sent *",
	         why, sample_get(sample, SAMPLE_OUTQ), count_in_flight(sample),
	         sample_get(sample, SAMPLE_NOTSENT));
}

/* The rulers have no time for earlier calls either. */
static void explain_call(const struct flow *flow, const struct flow_part *call,
                         struct fields *fields)
{
	char time[CLOCK_TEXT], text[CALL_TEXT_MOST], what[WHY] = "leaves at once", acked[WHY];
	struct sample sample;
	bool held = is_held(flow, call, &sample);
	print_acked(call, held, acked);
	if (call->time < 0 || (!held && !acked[0]))
		return;
	print_time(call->time, time);
	print_call(call->entry, text);
	if (held)
		print_held(flow->view, &sample, call, what);
	fields_sentence(fields, STYLE_STATE, indent(fields), "%s %s %s%s", time, text, what, acked);
}

/* For bytes that left without a call, only an upper bound of the time is known. */
static void explain_left(const struct flow_part *part, struct fields *fields)
{
	char time[CLOCK_TEXT], segments[40] = "";
	if (part->entry->arg == SAMPLE_AFTER || part->end <= 0)
		return;
	if (part->segments)
		snprintf(segments, sizeof segments, " as %" PRIu64 " segment%s o", part->segments,
		         count_plural(part->segments));
	print_time(part->time, time);
	fields_sentence(fields, STYLE_STATE, indent(fields), "%s %" PRId64 " byte%s had left%s",
	                time, part->end - part->begin,
	                count_plural((uint64_t)(part->end - part->begin)), segments);
}

static int64_t count_left(const struct flow *flow)
{
	return flow->left.count ? flow->left.list[flow->left.count - 1].end : 0;
}

static void explain_rest(const struct flow *flow, struct fields *fields)
{
	struct sample sample;
	char why[REASON];
	const struct transcript *t = flow->view->transcript;
	if (!flow->counted || count_left(flow) >= flow->size)
		return;
	if (!sample_before(t, transcript_last(t, flow->view->session), FLOW_WALK, &sample) ||
	    !sample_get(&sample, SAMPLE_NOTSENT) || sample_is(&sample, STATE_CLOSED))
		return;
	reason(flow->view, transcript_last(t, flow->view->session), &sample, NULL, why);
	uint64_t held = sample_get(&sample, SAMPLE_NOTSENT);
	fields_sentence(fields, STYLE_STATE, 1, "now: %" PRIu64 " byte%s held back: %s", held,
	                held == 1 ? " is" : "s are", why);
}

/* ---- all of it ---- */

static void print_left(const struct flow *flow, char out[WHY])
{
	uint64_t segments = count_segments(flow);
	int64_t left = count_left(flow);
	if (!flow->counted)
		snprintf(out, WHY, "; the kernel was not asked about segments");
	else if (left <= 0)
		snprintf(out, WHY, ", of which nothing has left yet *");
	else if (segments)
		snprintf(out, WHY, " left as %" PRIu64 " segment%s o%s", segments,
		         count_plural(segments), flow->deduced ? ", cut at the MSS ?" : "");
	else
		snprintf(out, WHY, " left; in how many segments is not known");
	if (flow->counted && flow->again)
		snprintf(out + strlen(out), WHY - strlen(out),
		         ", retransmitted %" PRIu64 " time%s o", flow->again,
		         count_plural(flow->again));
	if (flow->counted && left > 0 && left < flow->size)
		snprintf(out + strlen(out), WHY - strlen(out), ", but for %" PRId64 " byte%s *",
		         flow->size - left, count_plural((uint64_t)(flow->size - left)));
}

static void print_got(const struct flow *flow, char out[WHY])
{
	out[0] = '\0';
	if (!flow->view->other)
		return;
	if (!flow->matched)
		snprintf(out, WHY, "; what the peer's recv() got cannot be matched");
	else if (!flow->got.count)
		snprintf(out, WHY, "; no recv() has returned any of it");
	else
		snprintf(out, WHY, "; %zu recv()%s got %s", flow->got.count,
		         flow->got.count == 1 ? "" : " calls",
		         flow->got.list[flow->got.count - 1].end < flow->size ? "some of it"
		                                                              : "it");
}

static void sum_up_stream(const struct flow *flow, struct fields *fields)
{
	char left[WHY], got[WHY];
	size_t calls = flow->sent.count;
	print_left(flow, left);
	print_got(flow, got);
	fields_sentence(fields, STYLE_NOTE, 1, "%zu send()%s%s%s", calls,
	                calls == 1 ? "" : " calls", left, got);
}

static void sum_up_datagrams(const struct flow *flow, struct fields *fields)
{
	size_t sent = flow->sent.count, got = flow->got.count;
	if (!flow->view->other)
		fields_sentence(fields, STYLE_NOTE, 1,
		                "%zu datagram%s, each by itself: whether it arrives is not known",
		                sent, count_plural(sent));
	else
		fields_sentence(
		        fields, STYLE_NOTE, 1,
		        "%zu datagram%s sent, %zu received: each send is one datagram, each "
		        "datagram one receive",
		        sent, count_plural(sent), got);
	if (flow->view->other && got < sent)
		fields_sentence(fields, STYLE_ERROR, 1,
		                "%zu not received: on the way, still to be read, or lost ?",
		                sent - got);
}

static void explain_urgent(const struct flow *flow, struct fields *fields)
{
	for (size_t i = 0; i < flow->sent.count; i++)
		if (flow_is_urgent(flow, &flow->sent.list[i])) {
			fields_sentence(fields, STYLE_STATE, 1,
			                "! marks the urgent byte: recv() stops before it, and "
			                "recv(MSG_OOB) reads it");
			return;
		}
}

static void explain(const struct flow *flow, struct fields *fields)
{
	fields_gap(fields);
	if (flow->datagrams) {
		sum_up_datagrams(flow, fields);
		return;
	}
	sum_up_stream(flow, fields);
	for (size_t i = 0; i < flow->sent.count; i++)
		explain_call(flow, &flow->sent.list[i], fields);
	for (size_t i = 0; i < flow->left.count; i++)
		explain_left(&flow->left.list[i], fields);
	explain_rest(flow, fields);
	explain_urgent(flow, fields);
	if (flow->sampled)
		fields_sentence(
		        fields, STYLE_FAINT, 1,
		        "At this rate the kernel is read around some of the calls only, and the "
		        "counts are sums over several.");
}

/* ---- rows ---- */

static void put(const struct ruler *ruler, struct row *row, const char *text, enum style style)
{
	row_put(row, text, ruler->columns, style);
}

static struct row *begin_row(const struct ruler *ruler, struct rows *rows, const char *label)
{
	struct row *row = rows_add(rows);
	put(ruler, row, ruler->left > 8 ? " " : "", STYLE_FAINT);
	put(ruler, row, label, STYLE_FAINT);
	row_pad(row, ruler->left, STYLE_FAINT);
	return row;
}

/* A line end is one visible glyph. */
static size_t cut_glyph(const char *bytes, size_t len, struct glyph *glyph)
{
	if (*bytes != '\n')
		return text_glyph(bytes, len, -1, glyph);
	const char *end = text_has_unicode() ? "⏎" : "$";
	text_glyph(end, strlen(end), -1, glyph);
	return 1;
}

static int columns_of(const char *bytes, size_t len)
{
	int columns = 0;
	struct glyph glyph;
	for (size_t at = 0; at < len; columns += glyph.width)
		at += cut_glyph(bytes + at, len - at, &glyph);
	return columns;
}

static void put_bytes(struct row *row, const char *bytes, size_t len)
{
	struct glyph glyph;
	for (size_t at = 0; at < len;) {
		at += cut_glyph(bytes + at, len - at, &glyph);
		row_add_glyph(row, &glyph, glyph.mark ? STYLE_MARK : STYLE_TEXT);
	}
}

static void put_size(const struct ruler *ruler, struct row *row, int64_t size, int room)
{
	char number[COUNT_TEXT], text[COUNT_TEXT];
	count_format((uint64_t)size, number);
	count_format_unit((uint64_t)size, "B", text);
	if ((int)strlen(text) <= room)
		put(ruler, row, text, STYLE_FAINT);
	else if ((int)strlen(number) <= room)
		put(ruler, row, number, STYLE_FAINT);
}

/* The TLS records that begin in what a call has moved, else how many bytes. */
static void put_records(const struct ruler *ruler, struct row *row, const struct flow_part *part,
                        int room)
{
	struct recordtext_names names;
	bool known = recordtext_name(ruler->flow->view->transcript, part->position, (size_t)room,
	                             &names);
	if (known && names.list.len <= (size_t)room)
		put(ruler, row, buf_text(&names.list), STYLE_TEXT);
	else if (known && strlen(names.chief) <= (size_t)room)
		put(ruler, row, names.chief, STYLE_TEXT);
	else
		put_size(ruler, row, part->end - part->begin, room);
	recordtext_names_free(&names);
}

/* What is between two boundaries: TLS records by their names, else the bytes themselves, or how many. */
static void put_inside(const struct ruler *ruler, struct row *row, const struct flow_part *part,
                       int room)
{
	if (entry_is_sealed(part->entry)) {
		put_records(ruler, row, part, room);
		return;
	}
	char bytes[256];
	int64_t begin = part->begin > 0 ? part->begin : 0;
	size_t len = (size_t)(part->end - begin);
	const char *from = bytes;
	if (part->secret) {
		len = sizeof bytes + 1;
	} else if (ruler->flow->datagrams) {
		from = entry_payload(part->entry);
		len = part->entry->len;
	} else if (len <= sizeof bytes) {
		flow_copy(ruler->flow, begin, part->end, bytes);
	}
	if (len <= sizeof bytes && columns_of(from, len) <= room)
		put_bytes(row, from, len);
	else
		put_size(ruler, row, part->end - part->begin, room);
}

static void put_boundary(const struct ruler *ruler, struct row *row, int column, const char *mark)
{
	row_pad(row, column, STYLE_TEXT);
	if (row->columns == column)
		put(ruler, row, mark, STYLE_NOTE);
}

static void put_parts(const struct ruler *ruler, struct row *row, const struct flow_parts *parts,
                      const char *mark)
{
	for (size_t i = 0; i < parts->count; i++) {
		const struct flow_part *part = &parts->list[i];
		if (part->end <= 0 || part->end > ruler->flow->size)
			continue;
		int end = ruler_boundary(ruler, part->end);
		if (part->begin >= 0)
			put_boundary(ruler, row, ruler_boundary(ruler, part->begin), mark);
		int room = end - row->columns;
		if (room > 0)
			put_inside(ruler, row, part, room);
		put_boundary(ruler, row, end, mark);
	}
}

/* ---- counts and times ---- */

static void add_time(struct buf *out, int64_t time)
{
	buf_printf(out, time < 10 * CLOCK_MS ? " %.2f" : " %.1f", (double)time / CLOCK_MS);
}

/* As many times as fit; times before the newest calls are left out. */
static void add_times(const struct flow_parts *parts, int room, struct buf *out)
{
	int64_t shown = -1;
	if (parts->list[parts->count - 1].time < 0) {
		buf_append_text(out, " before");
		return;
	}
	if (parts->list[0].time < 0)
		buf_append_text(out, " ...");
	for (size_t i = 0; i < parts->count; i++) {
		size_t before = out->len;
		bool last = i + 1 == parts->count;
		int64_t time = parts->list[i].time;
		if (time < 0 || time == shown)
			continue;
		shown = time;
		add_time(out, time);
		if ((int)out->len + (last ? 3 : 7) > room) {
			out->len = before;
			buf_append_text(out, " ...");
			break;
		}
	}
	buf_append_text(out, " ms");
}

/* "3 calls  0.00 0.02 0.04 ms" after the ruler. */
static void put_count(const struct ruler *ruler, struct row *row, const struct flow_parts *parts,
                      uint64_t count, const char *what)
{
	struct buf out;
	int column = ruler_boundary(ruler, ruler->flow->size) + 3;
	int room = ruler->columns - column;
	buf_init(&out, SIZE_MAX);
	buf_printf(&out, "%" PRIu64 " %s%s ", count, what, count_plural(count));
	if ((int)out.len + 12 <= room)
		add_times(parts, room, &out);
	if ((int)out.len - 1 <= room) {
		row_pad(row, column, STYLE_FAINT);
		row_add_text(row, buf_data(&out), out.len, ruler->columns, STYLE_FAINT);
	}
	buf_free(&out);
}

/* ---- the rulers ---- */

static void draw_title(const struct ruler *ruler, struct rows *rows)
{
	const struct flow *flow = ruler->flow;
	char text[160], number[COUNT_TEXT], peer[16] = "peer";
	int64_t bytes = 0;
	for (size_t i = 0; i < flow->sent.count; i++)
		bytes += (int64_t)flow->sent.list[i].entry->len;
	if (flow->view->other)
		snprintf(peer, sizeof peer, "%u", (unsigned)flow->view->other);
	snprintf(text, sizeof text, "STREAM %u %s %s  %s%s", (unsigned)flow->view->session,
	         text_has_unicode() ? "→" : "->", peer, flow->older || flow->cut ? "newest " : "",
	         count_format_bytes((uint64_t)bytes, number));
	struct row *row = rows_add(rows);
	put(ruler, row, text, STYLE_NOTE);
	const char *legend = flow->datagrams ? "| boundary of a call"
	                                     : "| boundary of a call   : boundary of a segment";
	if (row->columns + 3 + (int)strlen(legend) <= ruler->columns) {
		row_pad(row, row->columns + 3, STYLE_FAINT);
		put(ruler, row, legend, STYLE_FAINT);
	}
}

/* A number that does not fit whole is left out. */
static void put_number(const struct ruler *ruler, struct row *row, int column, uint64_t value)
{
	char number[COUNT_TEXT];
	int least = row->columns > ruler->left ? row->columns + 1 : ruler->left;
	int last = ruler->columns - (int)strlen(count_format(value, number));
	if (column > last)
		column = last;
	if (column < least)
		return;
	row_pad(row, column, STYLE_FAINT);
	put(ruler, row, number, STYLE_FAINT);
}

/* Where calls begin in a stream; how large datagrams are. */
static void draw_offsets(const struct ruler *ruler, struct rows *rows)
{
	const struct flow *flow = ruler->flow;
	struct row *row = begin_row(ruler, rows, ruler->labels[0]);
	for (size_t i = 0; i < flow->sent.count; i++) {
		const struct flow_part *call = &flow->sent.list[i];
		put_number(ruler, row, ruler_boundary(ruler, call->begin) + flow->datagrams,
		           flow->datagrams ? call->entry->len : (uint64_t)call->begin);
	}
	if (!flow->datagrams)
		put_number(ruler, row, ruler_boundary(ruler, flow->size), (uint64_t)flow->size);
}

static void draw_bytes(const struct ruler *ruler, struct rows *rows)
{
	char bytes[512];
	struct glyph glyph;
	int64_t size = ruler->flow->size;
	if (ruler->flow->datagrams || ruler->scale == SCALE_ROUGH || size > (int64_t)sizeof bytes)
		return;
	struct row *row = begin_row(ruler, rows, "");
	flow_copy(ruler->flow, 0, size, bytes);
	for (int64_t at = 0; at < size;) {
		int column = ruler_byte(ruler, at);
		at += (int64_t)cut_glyph(bytes + at, (size_t)(size - at), &glyph);
		row_pad(row, column, STYLE_TEXT);
		if (glyph.width > 1 && glyph.mark)
			put(ruler, row, ".", STYLE_MARK);
		else
			row_add_glyph(row, &glyph, glyph.mark ? STYLE_MARK : STYLE_TEXT);
	}
}

static void draw_urgent(const struct ruler *ruler, struct rows *rows)
{
	const struct flow_parts *sent = &ruler->flow->sent;
	struct row *row = NULL;
	for (size_t i = 0; i < sent->count; i++) {
		if (!flow_is_urgent(ruler->flow, &sent->list[i]))
			continue;
		if (!row)
			row = begin_row(ruler, rows, "urgent");
		put_boundary(ruler, row, ruler_byte(ruler, sent->list[i].end - 1), "!");
	}
}

static void draw_segments(const struct ruler *ruler, struct rows *rows)
{
	const struct flow *flow = ruler->flow;
	if (flow->datagrams)
		return;
	struct row *row = begin_row(ruler, rows, ruler->labels[2]);
	uint64_t segments = count_segments(flow);
	put_parts(ruler, row, &flow->left, ":");
	if (!flow->counted)
		put(ruler, row, "not available", STYLE_FAINT);
	else if (segments)
		put_count(ruler, row, &flow->left, segments, "segment");
}

static void draw_rulers(const struct ruler *ruler, struct rows *rows)
{
	const struct flow *flow = ruler->flow;
	const char *what = flow->datagrams ? "datagram" : "call";
	draw_title(ruler, rows);
	draw_offsets(ruler, rows);
	draw_bytes(ruler, rows);
	draw_urgent(ruler, rows);
	struct row *row = begin_row(ruler, rows, ruler->labels[1]);
	put_parts(ruler, row, &flow->sent, "|");
	put_count(ruler, row, &flow->sent, flow->sent.count, what);
	draw_segments(ruler, rows);
	if (!flow->view->other)
		return;
	row = begin_row(ruler, rows, ruler->labels[3]);
	if (!flow->matched || !flow->got.count)
		return;
	put_parts(ruler, row, &flow->got, "|");
	put_count(ruler, row, &flow->got, flow->got.count, what);
}

static void draw_nothing(const struct flow *flow, struct fields *fields)
{
	if (flow->listening)
		fields_sentence(
		        fields, STYLE_NOTE, 1,
		        "A listener sends no bytes: each of its clients is a session of its "
		        "own.");
	else if (flow->cut)
		fields_sentence(fields, STYLE_NOTE, 1,
		                "Nothing was sent in the newest %d entries of this session; older "
		                "ones are not searched.",
		                flow->walked);
	else
		fields_sentence(fields, STYLE_NOTE, 1, "Nothing has been sent here yet.");
}

void stream_draw(const struct view *view, struct rows *rows)
{
	struct flow flow;
	struct fields fields;
	struct ruler ruler = { .flow = &flow, .columns = view->columns };
	rows_clear(rows);
	flow_find(view, &flow);
	fields_begin(&fields, rows, view->columns);
	if (!flow.sent.count) {
		draw_nothing(&flow, &fields);
		return;
	}
	choose_labels(&ruler);
	flow_follow(&flow, choose_scale(&ruler));
	ruler_find_cuts(&ruler);
	draw_rulers(&ruler, rows);
	explain(&flow, &fields);
}
