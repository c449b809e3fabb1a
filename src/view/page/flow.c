// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/page/flow.h"

#include <string.h>

#include "base/clock.h"
#include "view/endpoints.h"

/* ---- the calls ---- */

struct flow_part *flow_prepend(struct flow_parts *parts)
{
	if (parts->count == FLOW_PARTS)
		parts->count--;
	memmove(parts->list + 1, parts->list, parts->count * sizeof *parts->list);
	parts->count++;
	parts->list[0] = (struct flow_part){ .acked = -1 };
	return parts->list;
}

bool flow_has_sent(const struct flow *flow, const struct entry *entry)
{
	return entry_is_outgoing(entry) && !entry->error && (entry->len || flow->datagrams);
}

static int64_t room_of(const struct entry *entry)
{
	return entry->len ? (int64_t)entry->len : 1;
}

static void prepend_call(struct flow *flow, uint64_t position, const struct entry *entry)
{
	struct flow_part *call = flow_prepend(&flow->sent);
	call->entry = entry;
	call->position = position;
	call->end = room_of(entry);
}

static bool has_lost_more(const struct transcript *t, uint64_t position)
{
	const struct entry *entry = transcript_at(t, position);
	return entry && entry->back;
}

/* Of a stream only the bytes of the present connection. */
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
		if (flow_has_sent(flow, entry) && flow->sent.count == FLOW_CALLS)
			flow->older = true;
		else if (flow_has_sent(flow, entry))
			prepend_call(flow, position, entry);
		oldest = position;
		position = transcript_before(view->transcript, position);
	}
	flow->cut = !flow->older && has_lost_more(view->transcript, oldest);
}

/* What was sent in one go counts its times together. */
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

void flow_copy_true(const struct flow *flow, int64_t begin, int64_t end, char *out)
{
	copy(flow, begin, end, entry_bytes, out);
}

/* ---- how they went ---- */

uint16_t flow_base(const struct transcript *t, uint32_t session, enum call call)
{
	uint16_t phase = 0;
	uint64_t position = transcript_last(t, session);
	for (int i = 0; i < FLOW_WALK && position != TRANSCRIPT_NONE; i++) {
		const struct entry *entry = transcript_at(t, position);
		if (entry->call == CALL_SOCKET)
			return phase;
		if (entry->call == call && !entry->error && !entry_is_aside(entry))
			phase = entry->phase;
		position = transcript_before(t, position);
	}
	return 0;
}

void flow_follow(struct flow *flow, size_t calls)
{
	const struct view *view = flow->view;
	keep(flow, calls);
	if (!flow->sent.count)
		return;
	if (flow->datagrams) {
		if (view->other)
			flow_follow_datagrams(flow);
		return;
	}
	uint16_t base = flow_base(view->transcript, view->session, CALL_SEND);
	flow_follow_segments(flow);
	flow_follow_acks(flow, base);
	if (view->other)
		flow_follow_bytes(flow, base);
}
