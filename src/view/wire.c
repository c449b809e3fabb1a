// SPDX-License-Identifier: GPL-3.0-or-later
/* wire: a row for each frame, as people know it from packet captures, in columns that are the same
 * for all rows of a pane. What there is no room for is left out, the least important first. A strike
 * of the cable names the frame that it hit. */
#include <string.h>

#include "socket/host.h"
#include "view/frametext.h"
#include "view/gutter.h"
#include "view/pattern.h"
#include "view/view.h"

enum {
	GAP = 2,
	LOOK_BACK = 256, /* entries of the end in which to look for the frame that was struck */
};

/* In the order in which they are shown: a column of so many characters, there from so many columns
 * of text on. The last one takes what is left. */
static const struct column {
	enum frametext_part part;
	int width, from;
	enum style style;
} columns[] = {
	{ FRAMETEXT_LENGTH, 6, 25, STYLE_TEXT },      { FRAMETEXT_SEQ, 15, 42, STYLE_TEXT },
	{ FRAMETEXT_ACK, 9, 54, STYLE_TEXT },         { FRAMETEXT_WINDOW, 9, 64, STYLE_TEXT },
	{ FRAMETEXT_SCALE, 9, 130, STYLE_FAINT },     { FRAMETEXT_FLAGS, 11, 210, STYLE_FAINT },
	{ FRAMETEXT_ABSOLUTE, 34, 170, STYLE_FAINT }, { FRAMETEXT_OPTIONS, 0, 64, STYLE_FAINT },
};

enum {
	BRIEF = 17, /* columns of the names, */
	FULL = 26,
	FULL_FROM = 110,
	ENDS = 36, /* and of the addresses, where they differ */
	ENDS_FROM = 120,
	PORTS = 13,
	PORTS_FROM = 60,
	PACKED_BELOW = 100, /* what has options needs the room */
};

struct frame_row {
	const struct view *view;
	uint64_t position;
	struct row *row;
	int indent, column; /* at which the text, and the next part, begin */
	bool packed;        /* what follows has no columns of its own */
	struct buf text;
};

/* Puts what has been written, as a column of its own; a part that was too long moves those after it
 * on. Where it does not fit it is left out, but cut if it is the first or has no width. */
static void put_column(struct frame_row *out, int width, enum style style)
{
	const char *text = buf_text(&out->text);
	struct row *row = out->row;
	int most = out->view->columns, begin = out->column;
	bool first = row->columns <= out->indent;
	if (!first && row->columns + GAP > begin)
		begin = row->columns + GAP;
	int needed = text_columns(text, out->text.len), room = most - begin;
	bool cut = (first || !width) && room > GAP;
	if (out->text.len && (needed <= room || cut)) {
		row_pad(row, begin, STYLE_TEXT);
		row_put(row, text, needed > room ? most - 1 : most, style);
		if (needed > room)
			row_put(row, text_has_unicode() ? "…" : "~", most, STYLE_FAINT);
	}
	if (!out->packed)
		out->column += width + GAP;
	buf_clear(&out->text);
}

static enum style name_style(enum segment_name name)
{
	switch (name) {
	case SEGMENT_SYN_AGAIN:
	case SEGMENT_SYN_ACK_AGAIN:
	case SEGMENT_FIN_AGAIN:
	case SEGMENT_OUT_OF_ORDER:
	case SEGMENT_RETRANSMISSION:
	case SEGMENT_FAST_RETRANSMISSION:
	case SEGMENT_SPURIOUS_RETRANSMISSION:
	case SEGMENT_DUPLICATE_ACK:
	case SEGMENT_ZERO_WINDOW:
	case SEGMENT_RST:
	case SEGMENT_DAMAGED:
		return STYLE_STATE;
	default:
		return STYLE_TEXT;
	}
}

/* What TLS records begin in its data, else what it is. */
static void put_name(struct frame_row *out, const struct frame_note *note,
                     const struct frame *frame, bool full)
{
	struct recordtext_names names;
	if (frametext_name_records(out->view, out->position, note, full ? FULL : BRIEF, &names))
		buf_append_text(&out->text, full ? buf_text(&names.list) : names.chief);
	else
		frametext(note, frame, full ? FRAMETEXT_NAME : FRAMETEXT_BRIEF, &out->text);
	recordtext_names_free(&names);
}

static void put_frame(struct frame_row *out, const struct frame_note *note,
                      const struct frame *frame, bool struck)
{
	int room = out->view->columns - out->indent;
	bool ends = out->view->all || (note->event == FRAME_PASSES && !out->view->port);
	if (ends && !struck && room >= PORTS_FROM) {
		bool wide = room >= ENDS_FROM;
		frametext(note, frame, wide ? FRAMETEXT_ENDS : FRAMETEXT_PORTS, &out->text);
		put_column(out, wide ? ENDS : PORTS, STYLE_TEXT);
		room -= wide ? ENDS : PORTS;
	}
	bool full = room >= FULL_FROM;
	put_name(out, note, frame, full);
	bool tcp = frame->kind == FRAME_TCP;
	out->packed = !tcp && room < PACKED_BELOW;
	put_column(out, full ? FULL : BRIEF, tcp ? name_style(note->segment.name) : STYLE_TEXT);
	out->packed |= room < PACKED_BELOW && frame->tcp.options & ~FRAME_TIMESTAMPS;
	for (size_t i = 0; tcp && i < sizeof columns / sizeof *columns; i++)
		if (room >= columns[i].from) {
			frametext(note, frame, columns[i].part, &out->text);
			put_column(out, columns[i].width, columns[i].style);
		}
	if (tcp)
		return;
	frametext(note, frame, FRAMETEXT_LENGTH, &out->text);
	if (out->text.len)
		put_column(out, columns[0].width, STYLE_TEXT);
	bool who = frame->kind == FRAME_UDP && !ends;
	frametext(note, frame, who ? FRAMETEXT_ENDS : FRAMETEXT_DETAILS, &out->text);
	put_column(out, 0, STYLE_TEXT);
}

/* Names the segment that the cable hit, by the frame with the same bytes that left before; of equal ones
 * by that with the nearest time. A strike has the bytes from before the change. */
static void find_struck(const struct cursor *strike, struct frame_note *note)
{
	const struct transcript *transcript = strike->view->transcript;
	uint64_t position = strike->position;
	int64_t nearest = INT64_MAX;
	for (int i = 0; i < LOOK_BACK; i++) {
		struct frame_note seen;
		position = transcript_before(transcript, position);
		if (position == TRANSCRIPT_NONE)
			return;
		const struct entry *entry = transcript_at(transcript, position);
		int64_t apart = entry->time - strike->entry->time;
		apart = apart < 0 ? -apart : apart;
		if (apart >= nearest || !frame_entry_unpack(entry, &seen) ||
		    seen.event != FRAME_LEAVES || seen.len != note->len)
			continue;
		size_t kept = seen.kept < note->kept ? seen.kept : note->kept;
		if (memcmp(seen.bytes, note->bytes, kept) == 0) {
			note->segment = seen.segment;
			nearest = apart;
		}
	}
}

static void put_strike(struct frame_row *out, const struct cursor *begin, struct frame_note *note)
{
	struct frame frame;
	bool whole = frametext_read(note, &frame);
	frametext(note, &frame, FRAMETEXT_EVENT, &out->text);
	put_column(out, BRIEF, STYLE_ERROR);
	if (whole) {
		find_struck(begin, note);
		put_frame(out, note, &frame, true);
	}
}

static void layout(const struct cursor *begin, struct rows *rows)
{
	struct frame_note note;
	struct frame frame;
	struct frame_row out = { .view = begin->view,
		                 .position = begin->position,
		                 .row = rows_add(rows),
		                 .text = { .max = SIZE_MAX } };
	gutter_put(begin, out.row);
	out.indent = out.column = out.row->columns;
	if (!frame_entry_unpack(begin->entry, &note)) {
		buf_append_text(&out.text, "a frame that cannot be read");
		put_column(&out, 0, STYLE_ERROR);
	} else if (note.event > FRAME_PASSES) {
		put_strike(&out, begin, &note);
	} else {
		frametext_read(&note, &frame);
		put_frame(&out, &note, &frame, false);
	}
	buf_free(&out.text);
	if (begin->view->find)
		pattern_mark_row(out.row, begin->view->find, begin->view->find_len);
}

static bool shows(const struct view *view, uint64_t position, const struct entry *entry)
{
	(void)view;
	(void)position;
	return entry->call == CALL_FRAME;
}

/* "left: 192.0.2.1:50000 ⇄ 192.0.2.2:80": the end at which it is seen comes first. */
static void put_ends(const struct view *view, const struct frame_note *note,
                     const struct frame *frame, struct buf *out)
{
	char local[ENDPOINT_TEXT], remote[ENDPOINT_TEXT];
	const char *host = host_name((enum host)note->host);
	bool arrives = frametext_event(note, view->port) == FRAME_ARRIVES;
	endpoint_format(arrives ? &frame->to : &frame->from, local);
	endpoint_format(arrives ? &frame->from : &frame->to, remote);
	buf_printf(out, "%s%s%s %s %s", host, *host ? ": " : "", local,
	           text_has_unicode() ? "⇄" : "<->", remote);
}

/* Who talks with whom, of one connection; or why there is nothing. */
static void heading(const struct view *view, struct rows *rows)
{
	struct frame_note note;
	struct frame frame;
	struct buf text = { .max = SIZE_MAX };
	uint64_t first = transcript_begin(view->transcript, view->session);
	if (first == TRANSCRIPT_NONE)
		first = transcript_last(view->transcript, view->session);
	if (view_newest_entry(view) == TRANSCRIPT_NONE)
		buf_append_text(&text, view->all            ? "no frames: /help set wire"
		                       : view->columns < 58 ? "no frames: /view wire all"
		                                            : "no frames of this session: "
		                                              "/view wire all, /help set wire");
	else if (!view->all && frame_entry_unpack(transcript_at(view->transcript, first), &note) &&
	         frametext_read(&note, &frame) && frame.kind == FRAME_TCP)
		put_ends(view, &note, &frame, &text);
	if (text.len)
		row_put(rows_add(rows), buf_text(&text), view->columns, STYLE_FAINT);
	buf_free(&text);
}

const struct view_ops wire_view = {
	.name = "wire",
	.help = "a line for each frame that was seen on the wire: what it is, sequence and "
	        "acknowledgement numbers, window and options, and what the cable did to it\n"
	        "Frames are seen where they leave a host and where they arrive at one, and are "
	        "named "
	        "by what that host can know. Its own data is a retransmission where it had left "
	        "before, a fast one after three duplicate ACKs. What arrives is out of order where "
	        "bytes before it are missing; late bytes fill a gap, and are called sent again or "
	        "overtaken only if timestamps prove it. #2 is the second copy. Of TLS the names are those "
	        "of the records that begin in the data.\n"
	        "Numbers are relative: the SYN is 0, the first byte of data 1. Where the SYN was "
	        "not "
	        "seen, they are as they are.",
	.merges = true,
	.calls = true,
	.frames = true,
	.shows = shows,
	.layout = layout,
	.heading = heading,
};
