// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/page/flow.h"

#include <string.h>

#include "base/clock.h"

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
	return entry_is_incoming(entry) && !entry->error && !entry_is_aside(entry);
}

static struct flow_part *prepend_got(struct flow *flow, uint64_t position,
                                     const struct entry *entry)
{
	struct flow_part *part = flow_prepend(&flow->got);
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
	flow_copy_true(flow, from, end, bytes);
	return memcmp(bytes, entry_payload(entry) + (from - begin), (size_t)(end - from)) == 0;
}

static uint64_t newest_queue(const struct transcript *t, uint32_t session, enum sample_field field)
{
	struct sample sample;
	if (!sample_before(t, transcript_last(t, session), FLOW_WALK, &sample))
		return 0;
	uint64_t bytes = sample_get(&sample, field);
	return bytes <= INT32_MAX ? bytes : 0;
}

/* Where a call's last byte is. Positions are known by their low bits, and the queues tell roughly
 * the rest. */
static int64_t location_end(const struct flow *flow, const struct entry *got, uint16_t base,
                            uint16_t others_base)
{
	const struct view *view = flow->view;
	int64_t waiting = (int64_t)newest_queue(view->transcript, view->session, SAMPLE_OUTQ) +
	                  (int64_t)newest_queue(view->transcript, view->other, SAMPLE_INQ);
	int64_t guess = flow->size - waiting;
	uint16_t start = (uint16_t)(flow->sent.list[0].entry->phase - base);
	uint16_t end = (uint16_t)(got->phase + got->len - others_base);
	return guess + (int16_t)(uint16_t)(end - start - (uint16_t)guess);
}

/* An urgent byte is in the stream of who sends it, but mostly not of who gets it. *end moves behind
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

void flow_follow_bytes(struct flow *flow, uint16_t base)
{
	const struct transcript *t = flow->view->transcript;
	uint16_t others_base = flow_base(t, flow->view->other, CALL_RECV);
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

/* The first that is the same and has not been given to another one. */
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

void flow_follow_datagrams(struct flow *flow)
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
