// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/page/stream.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/count.h"
#include "view/page/fields.h"
#include "view/page/stream_ruler.h"
#include "view/page/stream_why.h"

/* ---- rows ---- */

static void put(const struct ruler *ruler, struct row *row, const char *text, enum style style)
{
	row_add_text(row, text, strlen(text), ruler->columns, style);
}

static struct row *begin_row(const struct ruler *ruler, struct rows *rows, const char *label)
{
	struct row *row = rows_add(rows);
	put(ruler, row, ruler->left > 8 ? " " : "", STYLE_FAINT);
	put(ruler, row, label, STYLE_FAINT);
	row_pad(row, ruler->left, STYLE_FAINT);
	return row;
}

/* A line end is seen as one. */
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
	char number[COUNT_TEXT], text[COUNT_TEXT + 3];
	count_format((uint64_t)size, number);
	snprintf(text, sizeof text, "%s B", number);
	if ((int)strlen(text) <= room)
		put(ruler, row, text, STYLE_FAINT);
	else if ((int)strlen(number) <= room)
		put(ruler, row, number, STYLE_FAINT);
}

/* What lies between two boundaries: the bytes themselves, or how many. */
static void put_inside(const struct ruler *ruler, struct row *row, const struct flow_part *part,
                       int room)
{
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

/* As many times as there is room for; not those of before. */
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

/* "3 calls  0.00 0.02 0.04 ms" behind the ruler. */
static void put_count(const struct ruler *ruler, struct row *row, const struct flow_parts *parts,
                      uint64_t count, const char *what)
{
	struct buf out;
	int column = ruler_boundary(ruler, ruler->flow->size) + 3;
	int room = ruler->columns - column;
	buf_init(&out, SIZE_MAX);
	buf_printf(&out, "%" PRIu64 " %s%s ", count, what, count == 1 ? "" : "s");
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
	snprintf(text, sizeof text, "STREAM %u %s %s  %s%s byte%s", (unsigned)flow->view->session,
	         text_has_unicode() ? "→" : "->", peer, flow->older || flow->cut ? "newest " : "",
	         count_format((uint64_t)bytes, number), bytes == 1 ? "" : "s");
	struct row *row = rows_add(rows);
	put(ruler, row, text, STYLE_NOTE);
	const char *legend = flow->datagrams ? "| boundary of a call"
	                                     : "| boundary of a call   : boundary of a segment";
	if (row->columns + 3 + (int)strlen(legend) <= ruler->columns) {
		row_pad(row, row->columns + 3, STYLE_FAINT);
		put(ruler, row, legend, STYLE_FAINT);
	}
}

/* A number that does not fit whole is left away. */
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
	uint64_t segments = stream_count_segments(flow);
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
		                "ones are not looked at here.",
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
	flow_follow(&flow, ruler_choose(&ruler));
	ruler_find_cuts(&ruler);
	draw_rulers(&ruler, rows);
	stream_explain(&flow, &fields);
}
