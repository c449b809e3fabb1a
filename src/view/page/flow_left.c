// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/page/flow.h"

#include <string.h>

enum { SPLIT = 16 }; /* most segments of one part that are shown one by one */

/* What a reading says of the stream: how many bytes had left by then. */
struct frontier {
	bool known;
	int64_t offset, time;
	const struct entry *entry;
	uint64_t position, segments, mss;
};

static struct flow_part *prepend_left(struct flow *flow, const struct frontier *frontier)
{
	struct flow_part *part = flow_prepend(&flow->left);
	part->time = frontier->time;
	part->entry = frontier->entry;
	part->position = frontier->position;
	return part;
}

/* As many segments as the MSS asks for are full ones, but the last. */
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

/* `sent`: bytes given to the kernel before this reading. After the connection the kernel has thrown
 * away what it held: its 0 says nothing. */
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
		.mss = sample_get(&sample, SAMPLE_SND_MSS),
	};
	return true;
}

static bool tells_of_many(const struct entry *entry)
{
	struct sample sample;
	return sample_unpack(entry, &sample) && sample_get(&sample, SAMPLE_CALLS) > 1;
}

/* Backwards from the newest reading: what lies between two frontiers left in between. The first
 * reading known does not say since when it counts. */
void flow_follow_segments(struct flow *flow)
{
	const struct transcript *t = flow->view->transcript;
	struct frontier newer = { .known = false }, now;
	int64_t sent = flow->size;
	uint64_t position = transcript_last(t, flow->view->session);
	for (int i = 0; i < FLOW_WALK && position != TRANSCRIPT_NONE; i++) {
		const struct entry *entry = transcript_at(t, position);
		if (entry->call == CALL_SOCKET)
			break;
		if (flow_has_sent(flow, entry)) {
			sent -= entry->len;
		} else if (read_frontier(flow, position, entry, sent, &now)) {
			flow->sampled = flow->sampled || (sent > 0 && tells_of_many(entry));
			if (newer.known && now.offset < newer.offset)
				add_left(flow, now.offset, &newer);
			newer = now;
			if (now.offset <= 0)
				break;
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
	struct errqueue told;
	if (entry->call != CALL_ERRQUEUE || entry->len < sizeof told)
		return;
	memcpy(&told, entry_payload(entry), sizeof told);
	if (told.origin != ERRQUEUE_ACKED || told.delay > INT64_MAX)
		return;
	for (size_t i = 0; i < flow->sent.count; i++) {
		const struct entry *call = flow->sent.list[i].entry;
		if ((uint16_t)(call->phase + call->len - base) == (uint16_t)told.info)
			flow->sent.list[i].acked = (int64_t)told.delay;
	}
}

void flow_follow_acks(struct flow *flow, uint16_t base)
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
