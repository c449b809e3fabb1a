// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/page/flow.h"

#include <string.h>

#include "base/clock.h"
#include "view/endpoints.h"

/* ---- the calls ---- */

static struct flow_part *prepend(struct flow_parts *parts)
{
	if (parts->count == FLOW_PARTS)
		parts->count--;
	memmove(parts->list + 1, parts->list, parts->count * sizeof *parts->list);
	parts->count++;
	parts->list[0] = (struct flow_part){ .acked = -1 };
	return parts->list;
}

static bool has_sent(const struct flow *flow, const struct entry *entry)
{
	return entry_is_outgoing(entry) && !entry_is_clear(entry) && !entry->error &&
	       (entry->len || flow->datagrams);
}

static int64_t room_of(const struct entry *entry)
{
	return entry->len ? (int64_t)entry->len : 1;
}

static void prepend_call(struct flow *flow, uint64_t position, const struct entry *entry)
{
	struct flow_part *call = prepend(&flow->sent);
	call->entry = entry;
	call->position = position;
	call->end = room_of(entry);
}

/* For a stream, only the bytes of the present connection count. */
void flow_find(const struct view *view, struct flow *flow)
{
	struct endpoints endpoints;
	endpoints_find(view, &endpoints);
	*flow = (struct flow){ .view = view,
		               .datagrams = endpoints.datagrams,
		               .listening = endpoints.listening };
	uint64_t position = transcript_last(view->transcript, view->session);
	uint64_t oldest = position;
	for (; flow->walked < FLOW_WALK && position != TRANSCRIPT_NONE && !flow->older;
	     flow->walked++) {
		const struct entry *entry = transcript_at(view->transcript, position);
		if (entry->call == CALL_SOCKET && !flow->datagrams)
			return;
		if (has_sent(flow, entry) && flow->sent.count == FLOW_CALLS)
			flow->older = true;
		else if (has_sent(flow, entry))
			prepend_call(flow, position, entry);
		oldest = position;
		position = transcript_before(view->transcript, position);
	}
	const struct entry *last = transcript_at(view->transcript, oldest);
	flow->cut = !flow->older && last && last->previous_in_session;
}

/* The instant from which times count: the first of the newest calls that have no pause of a second
 * between them. */
static int64_t find_begin(const struct flow_parts *sent)
{
	size_t i = sent->count;
	int64_t begun = i ? sent->list[--i].entry->time : 0;
	while (i > 0 && begun - sent->list[i - 1].entry->time < CLOCK_S)
		begun = sent->list[--i].entry->time;
	return begun;
}

static void keep(struct flow *flow, size_t calls)
{
	struct flow_parts *sent = &flow->sent;
	if (calls < sent->count) {
		memmove(sent->list, sent->list + sent->count - calls, calls * sizeof *sent->list);
		sent->count = calls;
		flow->older = true;
	}
	flow->begun = find_begin(sent);
	for (size_t i = 0; i < sent->count; i++) {
		struct flow_part *call = &sent->list[i];
		call->begin = flow->size;
		flow->size = call->end = flow->size + room_of(call->entry);
		call->time = call->entry->time - flow->begun;
	}
}

bool flow_is_urgent(const struct flow *flow, const struct flow_part *call)
{
	return !flow->datagrams && (call->entry->arg2 & MSG_OOB);
}

static void copy(const struct flow *flow, int64_t begin, int64_t end,
                 const char *(*bytes_of)(const struct entry *entry), char *out)
{
	for (size_t i = 0; i < flow->sent.count; i++) {
		const struct flow_part *call = &flow->sent.list[i];
		int64_t from = begin > call->begin ? begin : call->begin;
		int64_t to = end < call->end ? end : call->end;
		if (from < to)
			memcpy(out + (from - begin), bytes_of(call->entry) + (from - call->begin),
			       (size_t)(to - from));
	}
}

void flow_copy(const struct flow *flow, int64_t begin, int64_t end, char *out)
{
	copy(flow, begin, end, entry_payload, out);
}

/* ---- how they went ---- */

/* Where the stream of the present connection began, for positions of these calls. */
static uint16_t base_of(const struct transcript *t, uint32_t session, enum call call)
{
	uint16_t base = 0;
	uint64_t position = transcript_last(t, session);
	for (int i = 0; i < FLOW_WALK && position != TRANSCRIPT_NONE; i++) {
		const struct entry *entry = transcript_at(t, position);
		if (entry->call == CALL_SOCKET)
			return base;
		if (entry->call == call && !entry->error && !entry_is_aside(entry))
			base = entry->stream_offset;
		position = transcript_before(t, position);
	}
	return 0;
}

enum { SPLIT = 16 }; /* most segments of one part that are shown one by one */

/* What a sample says of the stream: how many bytes had left by then. */
struct frontier {
	bool known;
	int64_t offset, time;
	const struct entry *entry;
	uint64_t position, segments, again, mss, calls;
};

static struct flow_part *prepend_left(struct flow *flow, const struct frontier *frontier)
{
	struct flow_part *part = prepend(&flow->left);
	part->time = frontier->time;
	part->entry = frontier->entry;
	part->position = frontier->position;
	return part;
}

/* All segments are full ones, as the MSS allows, except the last. */
static void split(struct flow *flow, int64_t begin, const struct frontier *now)
{
	int64_t mss = (int64_t)now->mss;
	flow->deduced = true;
	for (int64_t end = now->offset; end > begin;) {
		int64_t rest = (end - begin) % mss;
		struct flow_part *part = prepend_left(flow, now);
		part->end = end;
		part->begin = end = end - (rest ? rest : mss);
		part->segments = 1;
	}
}

static void add_left(struct flow *flow, int64_t begin, const struct frontier *now)
{
	uint64_t size = (uint64_t)(now->offset - begin);
	bool regular = now->segments > 1 && now->segments <= SPLIT && now->mss &&
	               now->mss <= UINT32_MAX && (size - 1) / now->mss + 1 == now->segments;
	if (regular) {
		split(flow, begin, now);
		return;
	}
	struct flow_part *part = prepend_left(flow, now);
	part->begin = begin;
	part->end = now->offset;
	part->segments = now->segments;
}

/* `sent`: bytes given to the kernel before this sample. After the end of a connection the kernel
 * has dropped its queues: a 0 means nothing. */
static bool read_frontier(const struct flow *flow, uint64_t position, const struct entry *entry,
                          int64_t sent, struct frontier *now)
{
	struct sample sample;
	if (!sample_unpack(entry, &sample) || !sample_has(&sample, SAMPLE_NOTSENT) ||
	    sample_get(&sample, SAMPLE_NOTSENT) > INT32_MAX || sample_is(&sample, STATE_CLOSED))
		return false;
	*now = (struct frontier){
		.known = true,
		.offset = sent - (int64_t)sample_get(&sample, SAMPLE_NOTSENT),
		.time = entry->time - flow->begun,
		.entry = entry,
		.position = position,
		.segments = sample_get(&sample, SAMPLE_NEW_DATA_OUT),
		.again = sample_get(&sample, SAMPLE_NEW_RETRANS),
		.mss = sample_get(&sample, SAMPLE_SND_MSS),
		.calls = sample_get(&sample, SAMPLE_CALLS),
	};
	return true;
}

/* Backwards from the newest sample: what is between two frontiers left between their times. The
 * first sample known does not say since when it counts. */
static void follow_segments(struct flow *flow)
{
	const struct transcript *t = flow->view->transcript;
	struct frontier newer = { .known = false }, now;
	int64_t sent = flow->size;
	uint64_t position = transcript_last(t, flow->view->session);
	for (int i = 0; i < FLOW_WALK && position != TRANSCRIPT_NONE; i++) {
		const struct entry *entry = transcript_at(t, position);
		if (entry->call == CALL_SOCKET)
			break;
		if (has_sent(flow, entry)) {
			sent -= entry->len;
		} else if (read_frontier(flow, position, entry, sent, &now)) {
			flow->sampled = flow->sampled || (sent > 0 && now.calls > 1);
			if (newer.known && now.offset < newer.offset)
				add_left(flow, now.offset, &newer);
			newer = now;
			if (now.offset <= 0)
				break;
			flow->again += now.again;
		}
		position = transcript_before(t, position);
	}
	newer.segments = 0;
	if (newer.known && newer.offset > 0)
		add_left(flow, sent < 0 ? sent : 0, &newer);
	flow->counted = newer.known;
}

/* ---- acknowledgements ---- */

static void note_acked(struct flow *flow, const struct entry *entry, uint16_t base)
{
	struct errqueue acked;
	if (!entry_unpack_errqueue(entry, &acked) || acked.origin != ERRQUEUE_ACKED ||
	    acked.delay > INT64_MAX)
		return;
	for (size_t i = 0; i < flow->sent.count; i++) {
		const struct entry *call = flow->sent.list[i].entry;
		if ((uint16_t)(call->stream_offset + call->len - base) == (uint16_t)acked.info)
			flow->sent.list[i].acked = (int64_t)acked.delay;
	}
}

static void follow_acks(struct flow *flow, uint16_t base)
{
	const struct transcript *t = flow->view->transcript;
	uint64_t position = transcript_last(t, flow->view->session);
	for (int i = 0; i < FLOW_WALK && position != TRANSCRIPT_NONE; i++) {
		const struct entry *entry = transcript_at(t, position);
		if (position < flow->sent.list[0].position)
			return;
		note_acked(flow, entry, base);
		position = transcript_before(t, position);
	}
}

enum {
	URGENT = 4,     /* urgent bytes that the other end may have read beside the stream */
	COMPARED = 256, /* bytes of a call that must be those sent */
};

/* When its result was there. */
static int64_t ended(const struct entry *entry)
{
	return entry->time + (int64_t)entry->duration * CLOCK_US;
}

static bool has_come(const struct entry *entry)
{
	return entry_is_incoming(entry) && !entry_is_clear(entry) && !entry->error &&
	       !entry_is_aside(entry);
}

static struct flow_part *prepend_got(struct flow *flow, uint64_t position,
                                     const struct entry *entry)
{
	struct flow_part *part = prepend(&flow->got);
	part->entry = entry;
	part->position = position;
	part->time = ended(entry) - flow->begun;
	return part;
}

/* Whether what that call got, ending at this offset, can be what was sent there. */
static bool is_same(const struct flow *flow, const struct entry *entry, int64_t end)
{
	char bytes[COMPARED];
	int64_t begin = end - (int64_t)entry->len;
	int64_t from = begin > 0 ? begin : 0;
	if (end > flow->size)
		return false;
	if (end - from > COMPARED)
		from = end - COMPARED;
	if (end <= from)
		return true;
	copy(flow, from, end, entry_bytes, bytes);
	return memcmp(bytes, entry_bytes(entry) + (from - begin), (size_t)(end - from)) == 0;
}

static uint64_t newest_queue(const struct transcript *t, uint32_t session, enum sample_field field)
{
	struct sample sample;
	if (!sample_before(t, transcript_last(t, session), FLOW_WALK, &sample))
		return 0;
	uint64_t bytes = sample_get(&sample, field);
	return bytes <= INT32_MAX ? bytes : 0;
}

/* Where a call's last byte is. Positions are known by their low bits, and the queues give the rest
 * roughly. */
static int64_t location_end(const struct flow *flow, const struct entry *got, uint16_t base,
                            uint16_t others_base)
{
	const struct view *view = flow->view;
	int64_t waiting = (int64_t)newest_queue(view->transcript, view->session, SAMPLE_OUTQ) +
	                  (int64_t)newest_queue(view->transcript, view->other, SAMPLE_INQ);
	int64_t guess = flow->size - waiting;
	uint16_t start = (uint16_t)(flow->sent.list[0].entry->stream_offset - base);
	uint16_t end = (uint16_t)(got->stream_offset + got->len - others_base);
	return guess + (int16_t)(uint16_t)(end - start - (uint16_t)guess);
}

/* An urgent byte is in the stream of who sends it, but mostly not of who gets it. *end moves past
 * those skipped. */
static bool match_first(const struct flow *flow, const struct entry *entry, int64_t *end)
{
	for (int skipped = 0; skipped <= URGENT; skipped++)
		if (is_same(flow, entry, *end + skipped)) {
			*end += skipped;
			return true;
		}
	return false;
}

static bool match_next(const struct flow *flow, const struct entry *entry, int64_t *end)
{
	for (int skipped = 0; skipped <= URGENT; skipped++)
		if (is_same(flow, entry, *end - skipped)) {
			*end -= skipped;
			return true;
		}
	return false;
}

static void follow_bytes(struct flow *flow, uint16_t base)
{
	const struct transcript *t = flow->view->transcript;
	uint16_t others_base = base_of(t, flow->view->other, CALL_RECV);
	uint64_t position = transcript_last(t, flow->view->other);
	int64_t end = 0;
	flow->matched = true;
	for (int i = 0; i < FLOW_WALK && position != TRANSCRIPT_NONE && flow->matched; i++) {
		const struct entry *entry = transcript_at(t, position);
		if (entry->call == CALL_SOCKET)
			return;
		if (has_come(entry) && entry->len) {
			bool first = flow->got.count == 0;
			if (first)
				end = location_end(flow, entry, base, others_base);
			flow->matched = first ? match_first(flow, entry, &end)
			                      : match_next(flow, entry, &end);
			if (end <= 0 || flow->got.count == FLOW_PARTS)
				return;
			struct flow_part *part = prepend_got(flow, position, entry);
			part->end = end;
			part->begin = end -= (int64_t)entry->len;
		}
		position = transcript_before(t, position);
	}
}

/* ---- datagrams ---- */

static bool is_that_datagram(const struct entry *sent, const struct entry *got)
{
	bool whole = got->len == sent->len;
	bool cut = (got->flags & ENTRY_TRUNCATED) && got->len < sent->len;
	return (whole || cut) && ended(got) >= sent->time &&
	       memcmp(entry_bytes(sent), entry_bytes(got), got->len) == 0;
}

/* Assigns to this call the first equal datagram received that no other call has. */
static void match_datagram(struct flow *flow, const struct flow_part *call, struct flow_parts *came)
{
	for (size_t i = 0; i < came->count; i++) {
		struct flow_part *one = &came->list[i];
		if (!one->entry || !is_that_datagram(call->entry, one->entry))
			continue;
		struct flow_part *got = &flow->got.list[flow->got.count++];
		*got = *one;
		got->begin = call->begin;
		got->end = call->end;
		got->secret = entry_is_secret(call->entry);
		one->entry = NULL;
		return;
	}
}

static void follow_datagrams(struct flow *flow)
{
	const struct transcript *t = flow->view->transcript;
	uint64_t position = transcript_last(t, flow->view->other);
	for (int i = 0; i < FLOW_WALK && position != TRANSCRIPT_NONE; i++) {
		const struct entry *entry = transcript_at(t, position);
		if (ended(entry) < flow->sent.list[0].entry->time)
			break;
		if (has_come(entry))
			prepend_got(flow, position, entry);
		position = transcript_before(t, position);
	}
	struct flow_parts came = flow->got;
	flow->got.count = 0;
	flow->matched = true;
	for (size_t i = 0; i < flow->sent.count; i++)
		match_datagram(flow, &flow->sent.list[i], &came);
}

void flow_follow(struct flow *flow, size_t calls)
{
	const struct view *view = flow->view;
	keep(flow, calls);
	if (!flow->sent.count)
		return;
	if (flow->datagrams) {
		if (view->other)
			follow_datagrams(flow);
		return;
	}
	uint16_t base = base_of(view->transcript, view->session, CALL_SEND);
	follow_segments(flow);
	follow_acks(flow, base);
	if (view->other)
		follow_bytes(flow, base);
}
