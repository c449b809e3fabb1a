// SPDX-License-Identifier: GPL-3.0-or-later
#include "socket/segment.h"

enum {
	UNKNOWN = 255,    /* how often bytes were seen that this flow has forgotten */
	DUPLICATES = 3,   /* ACKs after which TCP sends again at once, RFC 5681 */
	MOST_COPIES = 254 /* counted */
};

void segment_flow_init(struct segment_flow *flow, bool loopback)
{
	*flow = (struct segment_flow){ .loopback = loopback };
}

static void begin_side(struct segment_side *side, uint32_t isn, int64_t first)
{
	*side = (struct segment_side){ .seen = true, .isn = isn, .begin = first, .next = first };
}

/* The relative number nearest to what was seen last, so that streams longer than 4 GiB count on. */
static int64_t relative(const struct segment_side *side, uint32_t number)
{
	if (!side->seen)
		return 0;
	uint32_t next = side->isn + (uint32_t)side->next;
	return side->next + (int32_t)(number - next);
}

/* ---- how often bytes were seen ------------------------------------------------------------------ */

struct runs {
	struct {
		int64_t end;
		unsigned copies;
	} run[2 * SEGMENT_RUNS];
	unsigned count;
};

static void add_run(struct runs *runs, int64_t begin, int64_t end, unsigned copies)
{
	if (end <= begin)
		return;
	if (!runs->count || runs->run[runs->count - 1].copies != copies)
		runs->run[runs->count++].copies = copies;
	runs->run[runs->count - 1].end = end;
}

static unsigned once_more(unsigned copies)
{
	return copies < MOST_COPIES ? copies + 1 : copies;
}

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t greatest(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* Where there are too many runs the acknowledged ones at the beginning are forgotten; else two in the
 * middle become one that is not known. */
static void store_runs(struct segment_side *side, struct runs *runs, int64_t acked)
{
	unsigned first = 0;
	while (runs->count - first > SEGMENT_RUNS && runs->run[first].end <= acked)
		side->begin = runs->run[first++].end;
	while (runs->count - first > SEGMENT_RUNS) {
		unsigned last = --runs->count;
		runs->run[last - 2] = runs->run[last - 1];
		runs->run[last - 2].copies = UNKNOWN;
		runs->run[last - 1] = runs->run[last];
		if (last - 2 > first && runs->run[last - 3].copies == UNKNOWN) {
			runs->run[last - 3] = runs->run[last - 2];
			runs->run[last - 2] = runs->run[last - 1];
			runs->count--;
		}
	}
	side->runs = 0;
	for (unsigned i = first; i < runs->count; i++) {
		side->run[side->runs].end = (uint64_t)runs->run[i].end & ((1ULL << 56) - 1);
		side->run[side->runs++].copies = (uint8_t)runs->run[i].copies;
	}
}

/* Counts the numbers from `from` on once more, those that were skipped as `skipped`. */
static void count_copies(struct segment_side *side, int64_t from, int64_t end, unsigned skipped,
                         int64_t acked)
{
	struct runs runs = { .count = 0 };
	int64_t at = side->begin;
	for (unsigned i = 0; i < side->runs; i++) {
		int64_t stop = (int64_t)side->run[i].end;
		unsigned copies = side->run[i].copies;
		add_run(&runs, at, least(stop, from), copies);
		add_run(&runs, greatest(at, from), least(stop, end), once_more(copies));
		add_run(&runs, greatest(at, end), stop, copies);
		at = stop;
	}
	add_run(&runs, side->next, from, skipped);
	add_run(&runs, greatest(side->next, from), end, 1);
	side->next = greatest(side->next, end);
	store_runs(side, &runs, acked);
}

struct copies {
	unsigned fewest, most; /* of what was seen before; UNKNOWN where that is not known */
};

static struct copies copies_between(const struct segment_side *side, int64_t from, int64_t end)
{
	struct copies copies = { .fewest = UNKNOWN, .most = 0 };
	int64_t at = side->begin;
	if (from < at)
		copies.most = UNKNOWN;
	for (unsigned i = 0; i < side->runs; i++) {
		int64_t stop = (int64_t)side->run[i].end;
		unsigned count = side->run[i].copies;
		if (greatest(at, from) < least(stop, end)) {
			copies.fewest = count < copies.fewest ? count : copies.fewest;
			copies.most = count > copies.most ? count : copies.most;
		}
		at = stop;
	}
	if (end > side->next)
		copies.fewest = 0;
	return copies;
}

static bool misses_bytes(const struct segment_side *side, int64_t acked)
{
	for (unsigned i = 0; i < side->runs; i++)
		if (!side->run[i].copies && (int64_t)side->run[i].end > acked)
			return true;
	return false;
}

/* ---- windows ------------------------------------------------------------------------------------ */

/* RFC 7323: in use where both SYNs have it. One in a SYN,ACK answers one in the SYN. */
static uint32_t scale_window(const struct segment_side *side, const struct segment_side *other,
                             uint16_t window, bool *known)
{
	bool in_use = side->scales && (other->syn ? other->scales : side->syn_ack);
	*known = (side->syn && (!side->scales || other->syn || side->syn_ack)) ||
	         (other->syn && !other->scales);
	return (uint32_t)window << (in_use ? side->scale : 0);
}

/* The first number that the other side does not allow any more. */
static int64_t window_edge(const struct segment_side *other)
{
	return other->ack + other->window;
}

/* ---- names -------------------------------------------------------------------------------------- */

static bool is_newer(const struct segment_side *side, const struct frame_tcp *tcp)
{
	return tcp->options & FRAME_TIMESTAMPS && side->stamped &&
	       (int32_t)(tcp->ts_value - side->ts) > 0;
}

static bool is_older(const struct segment_side *side, const struct frame_tcp *tcp)
{
	return tcp->options & FRAME_TIMESTAMPS && side->stamped &&
	       (int32_t)(tcp->ts_value - side->ts) < 0;
}

/* A SYN with another number begins another connection, unless it crosses that of the other side. */
static enum segment_name name_syn(struct segment_flow *flow, struct segment_side *side,
                                  struct segment_side *other, const struct frame_tcp *tcp)
{
	bool ack = tcp->flags & FRAME_ACK;
	enum segment_name name = ack ? SEGMENT_SYN_ACK : SEGMENT_SYN;
	if (side->syn && side->isn == tcp->seq && side->syn_ack == ack)
		return ack ? SEGMENT_SYN_ACK_AGAIN : SEGMENT_SYN_AGAIN;
	bool simultaneous = other->syn && !other->acked && !side->seen && !flow->over;
	if (!ack && !simultaneous)
		segment_flow_init(flow, flow->loopback);
	begin_side(side, tcp->seq, 0);
	side->syn = true;
	side->syn_ack = ack;
	side->scales = tcp->options & FRAME_SCALE;
	side->scale = tcp->scale;
	return name;
}

/* What sends itself knows what it has sent. */
static enum segment_name name_sent_data(const struct segment_side *side,
                                        const struct segment_side *other, int64_t from, int64_t end,
                                        struct copies copies)
{
	if (from >= side->next)
		return SEGMENT_DATA;
	if (other->acked && end <= other->ack)
		return SEGMENT_SPURIOUS_RETRANSMISSION;
	if (other->dups >= DUPLICATES && from == other->ack && copies.most == 1)
		return SEGMENT_FAST_RETRANSMISSION;
	return SEGMENT_RETRANSMISSION;
}

/* What receives knows what had come. A sender sends new bytes in order, so of the numbers below the
 * greatest one those with a newer timestamp are sent again. */
static enum segment_name name_received_data(const struct segment_side *side,
                                            const struct segment_side *other,
                                            const struct frame *frame, int64_t from, int64_t end)
{
	const struct frame_tcp *tcp = &frame->tcp;
	if (from >= side->next)
		return from > side->next || misses_bytes(side, other->ack) ? SEGMENT_OUT_OF_ORDER
		                                                           : SEGMENT_DATA;
	struct copies copies = copies_between(side, from, least(end, side->next));
	bool newer = is_newer(side, tcp), older = is_older(side, tcp);
	if (!copies.fewest)
		return newer   ? SEGMENT_RETRANSMISSION
		       : older ? SEGMENT_REORDERED
		               : SEGMENT_FILLS_GAP;
	if (newer)
		return other->acked && end <= other->ack ? SEGMENT_SPURIOUS_RETRANSMISSION
		                                         : SEGMENT_RETRANSMISSION;
	if (copies.most == UNKNOWN)
		return SEGMENT_DATA;
	bool same = !frame->ipv6 && frame->ip_id && frame->ip_id == side->id && from == side->at;
	return same && !older ? SEGMENT_DUPLICATED : SEGMENT_COPY;
}

/* Both have the number before the next one, and no data or that one byte, where all is acknowledged:
 * RFC 9293 section 3.8.4, and how Linux asks a closed window. Others ask with the next byte. Where
 * the last segment was one byte long, what arrives may as well be one that it overtook. */
static bool is_probe(const struct segment_side *side, const struct segment_side *other, bool here,
                     const struct frame *frame, int64_t seq)
{
	if (frame->len > 1 || !other->acked || !(frame->tcp.flags & FRAME_ACK))
		return false;
	if (seq == side->next)
		return frame->len == 1 && !other->window;
	if (seq != side->next - 1 || other->ack != side->next)
		return false;
	return here || !seq || side->at != seq || is_newer(side, &frame->tcp);
}

static enum segment_name name_ack(struct segment_side *side, const struct segment_side *other,
                                  const struct frame_tcp *tcp, int64_t ack, uint32_t window)
{
	if (!side->acked || ack > side->ack)
		return window ? SEGMENT_ACK : SEGMENT_ZERO_WINDOW;
	if (ack < side->ack)
		return SEGMENT_OLD_ACK;
	if (!window && side->window)
		return SEGMENT_ZERO_WINDOW;
	if (other->asked == SEGMENT_SYN_ACK)
		return SEGMENT_ACK;
	if (other->asked == SEGMENT_SYN_ACK_AGAIN || other->asked == SEGMENT_FIN_AGAIN)
		return SEGMENT_ACK_AGAIN;
	if (other->asked == SEGMENT_KEEPALIVE) /* also where its window is the first one that is scaled */
		return SEGMENT_KEEPALIVE_ANSWER;
	bool duplicate = tcp->sacks > (frame_has_dsack(tcp) ? 1 : 0);
	if (window != side->window && !duplicate)
		return window > side->window ? SEGMENT_WINDOW_UPDATE : SEGMENT_ACK;
	if (other->asked == SEGMENT_WINDOW_PROBE)
		return SEGMENT_WINDOW_PROBE_ANSWER;
	if (!duplicate && (frame_has_dsack(tcp) || other->next <= ack))
		return SEGMENT_ACK_AGAIN;
	return SEGMENT_DUPLICATE_ACK;
}

/* ---- the pass ----------------------------------------------------------------------------------- */

void segment_classify(struct segment_flow *flow, enum segment_direction direction,
                      const struct frame *frame, struct segment *out)
{
	const struct frame_tcp *tcp = &frame->tcp;
	bool itself = endpoint_equal(&frame->from, &frame->to);
	struct segment_side *side = &flow->side[itself ? SEGMENT_OUT : direction];
	struct segment_side *other =
	        &flow->side[itself || direction != SEGMENT_OUT ? SEGMENT_OUT : SEGMENT_IN];
	bool here = direction == SEGMENT_OUT || flow->loopback;
	bool syn = tcp->flags & FRAME_SYN, fin = tcp->flags & FRAME_FIN,
	     rst = tcp->flags & FRAME_RST, has_ack = tcp->flags & FRAME_ACK;
	*out = (struct segment){ .name = SEGMENT_OTHER, .len = frame->len };

	if (frame->damaged) {
		out->name = SEGMENT_DAMAGED;
		out->seq = relative(side, tcp->seq);
		out->ack = has_ack ? relative(other, tcp->ack) : 0;
		out->window = tcp->window;
		out->seq_based = side->syn;
		out->ack_based = other->syn;
		return;
	}
	if (syn && !rst)
		out->name = name_syn(flow, side, other, tcp);
	else if (!side->seen && !rst)
		begin_side(side, tcp->seq - 1, 1);
	if (has_ack && !other->seen && !rst)
		begin_side(other, tcp->ack - 1, 1);

	int64_t seq = relative(side, tcp->seq), ack = has_ack ? relative(other, tcp->ack) : 0;
	int64_t data = seq + syn, last = data + frame->len, end = last + fin;
	uint32_t window = scale_window(side, other, tcp->window, &out->scaled);
	if (syn) { /* not scaled, but compared with what is */
		out->scaled = true;
		out->window = tcp->window;
		window = other->syn && other->scales && side->scales
		                 ? (uint32_t)tcp->window >> side->scale << side->scale
		                 : tcp->window;
	} else {
		out->window = window;
	}
	out->seq = seq;
	out->ack = ack;
	out->offset = data - 1;
	out->seq_based = side->syn;
	out->ack_based = other->syn;
	if (rst) {
		out->name = SEGMENT_RST;
		flow->over = true;
		return;
	}

	struct copies copies =
	        copies_between(side, fin ? last : seq, fin ? end : least(end, side->next));
	bool probe = !syn && !fin && is_probe(side, other, here, frame, seq);
	if (probe)
		out->name =
		        window_edge(other) <= side->next ? SEGMENT_WINDOW_PROBE : SEGMENT_KEEPALIVE;
	else if (fin && !syn)
		out->name = side->fin && side->fin == last ? SEGMENT_FIN_AGAIN : SEGMENT_FIN;
	else if (frame->len && !syn)
		out->name = here ? name_sent_data(side, other, seq, end, copies)
		                 : name_received_data(side, other, frame, seq, end);
	else if (has_ack && !syn)
		out->name = name_ack(side, other, tcp, ack, window);

	if (frame->len)
		out->number = ++side->number;
	if (end > seq && (!probe || seq == side->next)) {
		out->gap = seq > side->next || (!here && misses_bytes(side, other->ack));
		out->copy = copies.most == UNKNOWN ? 0 : (uint16_t)(copies.most + 1);
		count_copies(side, seq, end, 0, other->ack);
		side->at = seq;
		side->id = frame->ip_id & 0xffff;
	}
	if (fin)
		side->fin = last;
	if (has_ack) {
		if (ack > other->next) /* what was not seen here */
			count_copies(other, ack, ack, UNKNOWN, ack);
		if (ack > side->ack || !side->acked)
			side->dups = 0;
		if (out->name == SEGMENT_DUPLICATE_ACK)
			out->duplicate = ++side->dups;
		if (ack >= side->ack || !side->acked) {
			side->ack = ack;
			side->window = window;
		}
		side->acked = true;
		if (end == seq && !probe)
			other->asked = SEGMENT_OTHER; /* answered */
	}
	if (tcp->options & FRAME_TIMESTAMPS && (!side->stamped || is_newer(side, tcp))) {
		side->stamped = true;
		side->ts = tcp->ts_value;
	}
	out->fills_window = here && frame->len && other->acked && side->next >= window_edge(other);
	if (probe || out->name == SEGMENT_SYN_ACK || out->name == SEGMENT_SYN_ACK_AGAIN ||
	    out->name == SEGMENT_FIN_AGAIN)
		side->asked = (uint8_t)out->name;
}

/* ---- words -------------------------------------------------------------------------------------- */

static const struct {
	const char *text, *brief;
} words[SEGMENT_NAMES] = {
	[SEGMENT_OTHER] = { "segment", "segment" },
	[SEGMENT_SYN] = { "SYN", "SYN" },
	[SEGMENT_SYN_AGAIN] = { "SYN again", "SYN again" },
	[SEGMENT_SYN_ACK] = { "SYN,ACK", "SYN,ACK" },
	[SEGMENT_SYN_ACK_AGAIN] = { "SYN,ACK again", "SYN,ACK again" },
	[SEGMENT_DATA] = { "data", "data" },
	[SEGMENT_OUT_OF_ORDER] = { "data out of order", "out of order" },
	[SEGMENT_FILLS_GAP] = { "data that fills a gap", "fills gap" },
	[SEGMENT_REORDERED] = { "data overtaken on the way", "overtaken" },
	[SEGMENT_COPY] = { "data received again", "data again" },
	[SEGMENT_DUPLICATED] = { "data duplicated on the way", "duplicated" },
	[SEGMENT_RETRANSMISSION] = { "retransmission", "retransmission" },
	[SEGMENT_FAST_RETRANSMISSION] = { "fast retransmission", "fast retransmit" },
	[SEGMENT_SPURIOUS_RETRANSMISSION] = { "spurious retransmission", "spurious" },
	[SEGMENT_ACK] = { "ACK", "ACK" },
	[SEGMENT_ACK_AGAIN] = { "ACK again", "ACK again" },
	[SEGMENT_OLD_ACK] = { "old ACK", "old ACK" },
	[SEGMENT_DUPLICATE_ACK] = { "duplicate ACK", "dup ACK" },
	[SEGMENT_ZERO_WINDOW] = { "zero window", "zero window" },
	[SEGMENT_WINDOW_UPDATE] = { "window update", "window update" },
	[SEGMENT_WINDOW_PROBE] = { "window probe", "window probe" },
	[SEGMENT_WINDOW_PROBE_ANSWER] = { "window probe ACK", "probe ACK" },
	[SEGMENT_KEEPALIVE] = { "keepalive", "keepalive" },
	[SEGMENT_KEEPALIVE_ANSWER] = { "keepalive ACK", "keepalive ACK" },
	[SEGMENT_FIN] = { "FIN", "FIN" },
	[SEGMENT_FIN_AGAIN] = { "FIN again", "FIN again" },
	[SEGMENT_RST] = { "RST", "RST" },
	[SEGMENT_DAMAGED] = { "damaged", "damaged" },
};

const char *segment_name_text(enum segment_name name)
{
	return name < SEGMENT_NAMES ? words[name].text : words[SEGMENT_OTHER].text;
}

const char *segment_name_short(enum segment_name name)
{
	return name < SEGMENT_NAMES ? words[name].brief : words[SEGMENT_OTHER].brief;
}
