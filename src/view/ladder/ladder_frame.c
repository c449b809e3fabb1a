// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/ladder/ladder_frame.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/count.h"
#include "record/frame_entry.h"
#include "socket/constant.h"

enum {
	LOOK_NEAR = 64, /* entries in which an arrival or a strike is looked for */
	PART = 48,      /* of a name */
};

#define AT_ONCE CLOCK_MS

/* How long the kernel asks for an address of the link before a first packet can leave. */
#define RESOLVES (4 * CLOCK_S)

struct seen {
	const struct view *view;
	const struct entry *entry;
	uint64_t position;
	struct frame_note note;
	struct frame frame;
	int side; /* where it was seen, of a loopback who sent it */
	enum way way;
};

/* ---- a frame ---- */

static bool is_strike(const struct frame_note *note)
{
	return note->event > FRAME_PASSES && note->event < FRAME_MISSED;
}

/* No frame has the interface of an address, and a socket of IPv6 may talk IPv4. */
static bool is_at(const struct endpoint *addr, const struct endpoint *local)
{
	struct endpoint seen = endpoint_on_wire(addr);
	seen.scope = local->scope;
	return seen.port == local->port && (endpoint_is_any(local) || endpoint_equal(&seen, local));
}

/* The first fragment of the datagram, which has the ports. */
static bool find_first_fragment(const struct view *view, const struct seen *later,
                                struct frame *first)
{
	struct frame_note note;
	uint64_t position = later->position;
	for (int i = 0; i < LOOK_NEAR; i++) {
		position = transcript_before(view->transcript, position);
		const struct entry *entry = transcript_at(view->transcript, position);
		if (!entry)
			return false;
		if (!frame_entry_unpack(entry, &note) || is_strike(&note))
			continue;
		frame_read(note.bytes, note.kept, note.len, first);
		if (first->kind == FRAME_FRAGMENT && !first->fragment_start &&
		    first->ip_id == later->frame.ip_id &&
		    endpoint_host_equal(&first->from, &later->frame.from))
			return true;
	}
	return false;
}

/* The wire end of UDP is a port, which may talk with others than the session at the left. */
static bool is_of_another(const struct view *view, const struct seen *seen)
{
	struct frame first;
	const struct frame *frame = &seen->frame;
	const struct endpoint *local = &view->local, *from = &frame->from, *to = &frame->to;
	uint32_t number = seen->entry->session;
	if (!local->port || number != view->wire[1] || number == view->wire[0])
		return false;
	if (frame->kind == FRAME_FRAGMENT && frame->fragment_start) {
		if (!find_first_fragment(view, seen, &first))
			return false;
		from = &first.from;
		to = &first.to;
	} else if (frame->kind == FRAME_ICMP && frame->icmp.quoted.kind == FRAME_UDP) {
		from = &frame->icmp.quoted.from;
		to = &frame->icmp.quoted.to;
	} else if (frame->kind != FRAME_UDP && frame->kind != FRAME_FRAGMENT) {
		return false;
	}
	return !is_at(from, local) && !is_at(to, local);
}

/* False where it belongs to another ladder, or cannot be read. */
static bool read_frame(const struct view *view, uint64_t position, struct seen *seen)
{
	const struct entry *entry = transcript_at(view->transcript, position);
	*seen = (struct seen){ .view = view, .entry = entry, .position = position };
	if (!entry || !session_is_wire(entry->session) || !frame_entry_unpack(entry, &seen->note))
		return false;
	bool left = entry->session == view->wire[0] || entry->session == view->nobody[0];
	bool right = entry->session == view->wire[1] || entry->session == view->nobody[1];
	if (!left && !right)
		return false;
	frame_read(seen->note.bytes, seen->note.kept, seen->note.len, &seen->frame);
	if (is_of_another(view, seen))
		return false;
	seen->side = !left;
	if (seen->note.event == FRAME_PASSES)
		seen->side = !endpoint_equal(&seen->frame.from, &view->local);
	seen->way = seen->side == (seen->note.event == FRAME_ARRIVES) ? WAY_RIGHT : WAY_LEFT;
	return true;
}

/* The Ethernet header apart. */
static bool is_same(const struct seen *a, const struct seen *b)
{
	size_t kept = a->note.kept < b->note.kept ? a->note.kept : b->note.kept;
	return a->note.len == b->note.len && kept > FRAME_ETHERNET &&
	       memcmp(a->note.bytes + FRAME_ETHERNET, b->note.bytes + FRAME_ETHERNET,
	              kept - FRAME_ETHERNET) == 0;
}

bool ladder_is_with_another(const struct view *view, const struct entry *entry)
{
	if (entry->session != view->other || entry->session == view->session || !view->local.port ||
	    !entry_is_addressed(entry))
		return false;
	struct endpoint addr = entry_addr(entry);
	return addr.port && !is_at(&addr, &view->local);
}

/* A row between a departure and its arrival. */
static bool comes_between(const struct view *view, const struct entry *entry)
{
	return (entry->session == view->session || entry->session == view->other) &&
	       entry_is_call(entry) && !(entry->flags & ENTRY_WATCHING) &&
	       !ladder_is_with_another(view, entry);
}

/* The arrival of a frame that leaves, or the departure of one that arrives, if only frames of the same
 * direction are between them. */
static bool find_end(const struct seen *seen, bool forward, struct seen *end)
{
	const struct view *view = seen->view;
	uint64_t position = seen->position;
	for (int i = 0; i < LOOK_NEAR; i++) {
		position = forward ? transcript_next(view->transcript, position)
		                   : transcript_previous(view->transcript, position);
		const struct entry *entry = transcript_at(view->transcript, position);
		if (!entry || comes_between(view, entry))
			return false;
		if (!read_frame(view, position, end) || is_strike(&end->note))
			continue;
		int64_t apart = entry->time - seen->entry->time;
		if (end->way != seen->way || apart > AT_ONCE || apart < -AT_ONCE)
			return false;
		if (is_same(seen, end))
			return end->note.event == (forward ? FRAME_ARRIVES : FRAME_LEAVES);
	}
	return false;
}

/* The last of the frames that arrive between a departure and its arrival. */
static bool find_between(const struct seen *arrival, uint64_t departure, struct seen *last)
{
	const struct view *view = arrival->view;
	uint64_t position = transcript_previous(view->transcript, arrival->position);
	for (; position > departure; position = transcript_previous(view->transcript, position))
		if (read_frame(view, position, last) && last->note.event == FRAME_ARRIVES)
			return true;
	return false;
}

/* The other end of an arrow that is drawn whole, at the departure of its frame. What arrives while
 * the frame is on its way has to be drawn before, whole and at an earlier departure: else the
 * arrivals would change their order. It is enough to ask so of the last of them. */
static bool find_partner(const struct seen *seen, bool forward, struct seen *partner)
{
	if (!find_end(seen, forward, partner))
		return false;
	struct seen arrival = forward ? *partner : *seen, departure = forward ? *seen : *partner;
	struct seen last;
	for (int i = 0; find_between(&arrival, departure.position, &last); i++) {
		uint64_t before = departure.position;
		if (i == LOOK_NEAR || !find_end(&last, false, &departure) ||
		    departure.position > before)
			return false;
		arrival = last;
	}
	return true;
}

/* The departure of what the cable did something to. Equal frames may have left one after the other,
 * such as duplicate ACKs over IPv6: then it is the one with the nearest time, since that of a strike
 * is when the frame entered the cable. */
static bool find_struck(const struct seen *strike, struct seen *departure)
{
	struct seen seen;
	const struct view *view = strike->view;
	uint64_t position = strike->position;
	int64_t nearest = INT64_MAX;
	for (int i = 0; i < LOOK_NEAR; i++) {
		position = transcript_previous(view->transcript, position);
		const struct entry *entry = transcript_at(view->transcript, position);
		if (!entry)
			break;
		int64_t apart = entry->time - strike->entry->time;
		apart = apart < 0 ? -apart : apart;
		if (apart < nearest && read_frame(view, position, &seen) &&
		    seen.side == strike->side && seen.note.event == FRAME_LEAVES &&
		    is_same(strike, &seen)) {
			nearest = apart;
			*departure = seen;
		}
	}
	return nearest < INT64_MAX;
}

/* ---- names ---- */

static void print_data(const struct segment *segment, char out[PART])
{
	if (!segment->seq_based)
		snprintf(out, PART, "data %" PRIu32 " byte%s", segment->len,
		         count_plural(segment->len));
	else if (segment->len == 1)
		snprintf(out, PART, "data %" PRId64, segment->offset);
	else
		snprintf(out, PART, "data %" PRId64 "..%" PRId64, segment->offset,
		         segment->offset + segment->len - 1);
}

static void name_segment(const struct seen *seen, struct ladder_row *row)
{
	char data[PART], more[PART] = "";
	const struct segment *segment = &seen->note.segment;
	const char *name = segment_name_text(segment->name);
	bool fin = seen->frame.tcp.flags & FRAME_FIN, again = false;
	print_data(segment, data);
	snprintf(row->brief, sizeof row->brief, "%s", segment_name_short(segment->name));
	switch (segment->name) {
	case SEGMENT_RETRANSMISSION:
		again = true;
		snprintf(more, sizeof more, " again");
		break;
	case SEGMENT_FAST_RETRANSMISSION:
	case SEGMENT_SPURIOUS_RETRANSMISSION:
	case SEGMENT_SYN_AGAIN:
	case SEGMENT_SYN_ACK_AGAIN:
	case SEGMENT_FIN_AGAIN:
		again = true;
		break;
	case SEGMENT_RST:
		row->look = LOOK_BAD;
		break;
	case SEGMENT_DUPLICATE_ACK:
		snprintf(more, sizeof more, " %u", segment->duplicate);
		break;
	case SEGMENT_WINDOW_UPDATE:
		snprintf(more, sizeof more, ": %" PRIu32, segment->window);
		break;
	default:
		break;
	}
	if (again)
		row->look = LOOK_AGAIN;
	if (again && segment->len)
		snprintf(row->brief, sizeof row->brief, "again");
	if (segment->name == SEGMENT_RETRANSMISSION && segment->seq_based)
		snprintf(row->shorter, sizeof row->shorter, "%s%s", data + strlen("data "), more);
	if (again && segment->copy > 2)
		snprintf(more + strlen(more), sizeof more - strlen(more), " (copy %u)",
		         segment->copy);
	bool plain = segment->name == SEGMENT_DATA || segment->name == SEGMENT_RETRANSMISSION;
	if (!segment->len)
		snprintf(row->label, sizeof row->label, "%s%s", name, more);
	else if (segment->name == SEGMENT_SYN)
		snprintf(row->label, sizeof row->label, "SYN, %s", data);
	else if (segment->name == SEGMENT_FIN || plain)
		snprintf(row->label, sizeof row->label, "%s%s%s", data, fin ? ", FIN" : "", more);
	else
		snprintf(row->label, sizeof row->label, "%s, %s%s", data, name, more);
	if (segment->len && !plain)
		snprintf(row->shorter, sizeof row->shorter, "%s%s", name, more);
	if (seen->note.pieces > 1)
		snprintf(row->label + strlen(row->label), sizeof row->label - strlen(row->label),
		         " in %u segments", seen->note.pieces);
	if (plain && segment->len && segment->seq_based && segment->offset >= 0)
		ladder_name_records(seen->view, seen->position, (uint64_t)segment->offset, segment->len,
		                    row);
}

static void name_asked(const struct seen *seen, const char *protocol, struct ladder_row *row)
{
	char addr[ENDPOINT_TEXT];
	const struct frame *frame = &seen->frame;
	endpoint_format_host(frame->answer ? &frame->from : &frame->to, addr);
	snprintf(row->brief, sizeof row->brief, "%s", protocol);
	snprintf(row->label, sizeof row->label, frame->answer ? "%s: %s is here" : "%s: who has %s?",
	         protocol, addr);
	snprintf(row->shorter, sizeof row->shorter,
	         frame->answer ? "%s %s is here" : "%s who has %s", protocol, addr);
}

static void name_icmp(const struct seen *seen, struct ladder_row *row)
{
	char name[CONSTANT_TEXT];
	const struct frame *frame = &seen->frame;
	snprintf(row->brief, sizeof row->brief, "ICMP");
	snprintf(row->label, sizeof row->label, "ICMP %u/%u", frame->icmp.type, frame->icmp.code);
	if (frame->icmp.quoted.kind == FRAME_OTHER)
		return;
	row->look = LOOK_BAD;
	if (frame->icmp.mtu)
		snprintf(row->label, sizeof row->label, "ICMP %u/%u, MTU %" PRIu32,
		         frame->icmp.type, frame->icmp.code, frame->icmp.mtu);
	constant_icmp(frame->ipv6, frame->icmp.type, frame->icmp.code, name);
	ladder_put_words(row, row->way == WAY_LEFT ? 0 : 1, MARK_NONE, STYLE_ERROR, "%s", name);
}

static void name_frame(const struct seen *seen, struct ladder_row *row)
{
	const struct frame *frame = &seen->frame;
	switch (frame->kind) {
	case FRAME_TCP:
		name_segment(seen, row);
		break;
	case FRAME_UDP:
		snprintf(row->brief, sizeof row->brief, "datagram");
		snprintf(row->label, sizeof row->label, "datagram %" PRIu32 " byte%s", frame->len,
		         count_plural(frame->len));
		break;
	case FRAME_ARP:
		name_asked(seen, "ARP", row);
		break;
	case FRAME_ND:
		name_asked(seen, "ND", row);
		break;
	case FRAME_ICMP:
		name_icmp(seen, row);
		break;
	case FRAME_FRAGMENT:
		snprintf(row->brief, sizeof row->brief, "fragment");
		snprintf(row->label, sizeof row->label, "fragment %" PRIu32 "..%" PRIu32,
		         frame->fragment_start, frame->fragment_start + frame->len - 1);
		break;
	default:
		snprintf(row->brief, sizeof row->brief, "frame");
		snprintf(row->label, sizeof row->label, "frame of %" PRIu32 " bytes",
		         seen->note.len);
	}
}

/* ---- numbers ---- */

static void print_options(const struct frame_tcp *tcp, char *out, size_t size)
{
	*out = '\0';
	if (tcp->options & FRAME_MSS)
		snprintf(out, size, " mss %u", tcp->mss);
	if (tcp->options & FRAME_SCALE)
		snprintf(out + strlen(out), size - strlen(out), " scale %u", tcp->scale);
	snprintf(out + strlen(out), size - strlen(out), "%s%s%s",
	         tcp->options & FRAME_SACK_OK ? " sack" : "",
	         tcp->options & FRAME_TIMESTAMPS ? " ts" : "",
	         tcp->options & FRAME_FASTOPEN ? " fastopen" : "");
}

/* Beside the arrow, where it was seen first. */
static void put_numbers(const struct seen *seen, struct ladder_rows *rows)
{
	char options[64] = "", ack[32] = "";
	const struct segment *segment = &seen->note.segment;
	const struct frame_tcp *tcp = &seen->frame.tcp;
	if (!seen->view->numbers || seen->frame.kind != FRAME_TCP)
		return;
	if (tcp->flags & FRAME_ACK)
		snprintf(ack, sizeof ack, " ack %" PRId64, segment->ack);
	if (tcp->flags & FRAME_SYN)
		print_options(tcp, options, sizeof options);
	struct ladder_margin *margin = ladder_put_words(
	        ladder_add_beside(rows, seen->side), seen->side, MARK_NONE, STYLE_FAINT,
	        "seq %" PRId64 "%s win %" PRIu32 "%s len %" PRIu32 "%s", segment->seq, ack,
	        segment->window, segment->scaled || tcp->flags & FRAME_SYN ? "" : " unscaled",
	        segment->len, options);
	char range[LADDER_BRIEF];
	snprintf(range, sizeof range, segment->len ? "%" PRId64 ":%" PRId64 : "%" PRId64,
	         segment->seq, segment->seq + segment->len);
	snprintf(margin->shorter, sizeof margin->shorter, "%s%s win %" PRIu32, range, ack,
	         segment->window);
	snprintf(margin->brief, sizeof margin->brief, "%.15s%.15s", range, ack);
}

/* ---- rows ---- */

/* The connection was there before its first frame was seen. */
static void say_begin(const struct seen *seen, struct ladder_rows *rows)
{
	const struct view *view = seen->view;
	if (seen->frame.kind != FRAME_TCP || seen->note.segment.seq_based || is_strike(&seen->note))
		return;
	for (int i = 0; i < 2; i++)
		if (view->wire[i] &&
		    transcript_begin(view->transcript, view->wire[i]) < seen->position)
			return;
	struct ladder_margin *margin = ladder_put_words(ladder_add(rows), seen->side, MARK_WIRE,
	                                                STYLE_NOTE, "the wire is seen from here on");
	snprintf(margin->brief, sizeof margin->brief, "from here on");
}

/* Beside the arrow of its frame. */
static void say_strike(const struct seen *strike, struct ladder_row *arrow,
                       struct ladder_rows *rows)
{
	const struct frame_note *note = &strike->note;
	bool ruled = note->words_len;
	struct ladder_row *row = ladder_add_beside(rows, strike->side);
	struct ladder_margin *margin = ladder_put_words(
	        row, strike->side, MARK_WIRE, STYLE_ERROR, "%s%s%.*s%s",
	        frame_event_name(note->event), ruled ? " (" : "", (int)note->words_len,
	        note->words, ruled ? ")" : "");
	snprintf(margin->brief, sizeof margin->brief, "%s", frame_event_name(note->event));
	if (note->event == FRAME_LOST || note->event == FRAME_TOO_LARGE)
		arrow->reach = REACH_LOST;
}

/* What the cable did to a frame that leaves, each thing in a row. */
static void say_strikes(const struct seen *seen, struct ladder_row *arrow, struct ladder_rows *rows)
{
	struct seen strike, departure;
	const struct view *view = seen->view;
	uint64_t position = seen->position;
	for (int i = 0; i < LOOK_NEAR; i++) {
		position = transcript_next(view->transcript, position);
		if (!transcript_at(view->transcript, position))
			return;
		if (read_frame(view, position, &strike) && strike.side == seen->side &&
		    is_strike(&strike.note) && is_same(seen, &strike) &&
		    find_struck(&strike, &departure) && departure.position == seen->position)
			say_strike(&strike, arrow, rows);
	}
}

static void draw_arrow(const struct seen *seen, struct ladder_rows *rows)
{
	struct seen arrival;
	struct ladder_row *row = ladder_add(rows);
	row->way = seen->way;
	row->mark = MARK_WIRE;
	row->frame = seen->position;
	name_frame(seen, row);
	if (seen->note.event == FRAME_ARRIVES)
		row->reach = REACH_ARRIVES;
	else if (seen->note.event == FRAME_LEAVES && !find_partner(seen, true, &arrival))
		row->reach = REACH_LEAVES;
	if (seen->note.event == FRAME_LEAVES)
		say_strikes(seen, row, rows);
	put_numbers(seen, rows);
}

void ladder_draw_frame(const struct view *view, uint64_t position, const struct entry *entry,
                       struct ladder_rows *rows)
{
	struct seen seen;
	rows->count = 0;
	rows->time = entry->time;
	rows->since = 0;
	if (!read_frame(view, position, &seen))
		return;
	if (seen.note.event == FRAME_MISSED) {
		ladder_put_words(ladder_add(rows), seen.side, MARK_WIRE, STYLE_ERROR, "%.*s",
		                 (int)seen.note.words_len, seen.note.words);
		return;
	}
	say_begin(&seen, rows);
	if (!is_strike(&seen.note)) {
		draw_arrow(&seen, rows);
		return;
	}
	/* its departure is far away: the name is that of the frame alone */
	struct ladder_row *row = ladder_add(rows);
	row->way = seen.way;
	row->mark = MARK_WIRE;
	row->reach = REACH_LEAVES;
	name_frame(&seen, row);
	say_strike(&seen, row, rows);
}

bool ladder_is_same_frame(const struct view *view, uint64_t one, uint64_t other)
{
	struct seen a, b;
	return read_frame(view, one, &a) && read_frame(view, other, &b) && is_same(&a, &b);
}

/* What belongs to nobody explains what an end waits for, while there is one. */
static bool explains(const struct seen *seen)
{
	const struct view *view = seen->view;
	const struct transcript *transcript = view->transcript;
	uint64_t begin = transcript_begin(transcript, view->session);
	bool asks = seen->frame.kind == FRAME_ARP || seen->frame.kind == FRAME_ND;
	if (!asks || seen->side > 1 || (begin != TRANSCRIPT_NONE && begin > seen->position))
		return false;
	for (int i = 0; i < 2; i++) {
		uint64_t last = transcript_last(transcript, i ? view->session : view->wire[0]);
		if ((i || view->wire[0]) && last != TRANSCRIPT_NONE && last > seen->position)
			return true;
	}
	return false;
}

bool ladder_shows_frame(const struct view *view, uint64_t position, const struct entry *entry)
{
	struct seen seen, partner;
	bool nobody = entry->session == view->nobody[0] || entry->session == view->nobody[1];
	if (!read_frame(view, position, &seen) || (nobody && !explains(&seen)))
		return false;
	if (seen.note.event == FRAME_ARRIVES)
		return !find_partner(&seen, false, &partner);
	return !is_strike(&seen.note) || !find_struck(&seen, &partner);
}

bool ladder_is_seen(const struct view *view, int64_t begin, int64_t end, bool opens)
{
	if (view->recorded && begin >= view->recorded)
		return true; /* also where there was no frame: an ARP request may have no answer */
	bool begun = false, lasts = false;
	for (int i = 0; i < 2; i++) {
		struct seen first;
		uint64_t position = TRANSCRIPT_NONE;
		if (!view->wire[i])
			continue;
		position = transcript_begin(view->transcript, view->wire[i]);
		if (read_frame(view, position, &first)) {
			bool waits = first.frame.kind != FRAME_TCP ||
			             (opens && first.note.segment.seq_based);
			begun = begun || first.entry->time - (waits ? RESOLVES : 0) <= end;
		} else {
			begun = true; /* it has been evicted */
		}
		position = transcript_last(view->transcript, view->wire[i]);
		const struct entry *last = transcript_at(view->transcript, position);
		lasts = lasts || (last && last->time >= begin - AT_ONCE);
	}
	return begun && lasts;
}
