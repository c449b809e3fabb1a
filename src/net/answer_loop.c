// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/answer_loop.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

/* Its length, and up to eight bytes of each end. */
static uint32_t print_of(const char *data, size_t len)
{
	uint64_t first = 0, last = 0;
	if (len >= sizeof first) {
		memcpy(&first, data, sizeof first);
		memcpy(&last, data + len - sizeof last, sizeof last);
	} else if (len) {
		memcpy(&first, data, len);
	}
	return (uint32_t)(((first * 31 + last) * 31 + len) * 0x9e3779b97f4a7c15u >> 32);
}

/* `position` is the transcript's end just before the call: there, or in the block that it began,
 * its entry is the first of the session that sends. */
static bool is_answer(const struct transcript *transcript, uint32_t session, uint64_t position,
                      const char *data, size_t len)
{
	const struct entry *entry = transcript_at(transcript, position);
	while (!entry || entry->session != session || !entry_is_outgoing(entry)) {
		position = transcript_next(transcript, position);
		if (position == TRANSCRIPT_NONE)
			return false;
		entry = transcript_at(transcript, position);
	}
	return !(entry->flags & ENTRY_TRUNCATED) && entry->len == len &&
	       memcmp(entry_payload(entry), data, len) == 0;
}

static bool is_returned(const struct answer_loop *loop, const struct transcript *transcript,
                        uint32_t session, const char *data, size_t len)
{
	uint32_t print = print_of(data, len), mask = loop->cap - 1;
	uint32_t number = loop->cap ? loop->buckets[print & mask] : 0;
	while (number && loop->count - number < loop->cap) { /* else it has been overwritten */
		const struct loop_answer *answer = &loop->answers[(number - 1) & mask];
		if (answer->print == print &&
		    is_answer(transcript, session, answer->position, data, len))
			return true;
		number = answer->older;
	}
	return false;
}

enum answer_verdict answer_loop_judge(struct answer_loop *loop, const struct transcript *transcript,
                                      uint32_t session, int64_t now, const char *data, size_t len)
{
	bool rested = now - loop->last >= ANSWER_LOOP_REST;
	bool returned = is_returned(loop, transcript, session, data, len);
	bool ends = loop->paused_at && (!returned || now - loop->paused_at >= ANSWER_LOOP_REST);
	loop->last = now;
	if (ends) {
		loop->paused_at = 0;
		loop->returned = 0;
	}
	loop->returned = returned && !rested ? loop->returned + 1 : 0;
	if (loop->paused_at) {
		loop->unanswered++;
		return ANSWER_NOT;
	}
	if (loop->returned >= ANSWER_LOOP_MOST) {
		loop->paused_at = now;
		loop->unanswered = 1;
		return ANSWER_NO_MORE;
	}
	return ends ? ANSWER_AGAIN : ANSWER;
}

static void enter(struct answer_loop *loop, uint32_t number)
{
	uint32_t mask = loop->cap - 1;
	struct loop_answer *answer = &loop->answers[(number - 1) & mask];
	answer->older = loop->buckets[answer->print & mask];
	loop->buckets[answer->print & mask] = number;
}

/* Called before any answer is overwritten, so each one keeps its index. */
static void grow(struct answer_loop *loop)
{
	enum { FIRST = 8 };
	loop->cap = loop->cap ? 2 * loop->cap : FIRST;
	loop->answers = xrealloc(loop->answers, loop->cap * sizeof *loop->answers);
	free(loop->buckets);
	loop->buckets = xcalloc(loop->cap, sizeof *loop->buckets);
	for (uint32_t number = 1; number <= loop->count; number++)
		enter(loop, number);
}

void answer_loop_answered(struct answer_loop *loop, uint64_t position, const char *data, size_t len)
{
	if (loop->count == loop->cap && loop->cap < ANSWER_LOOP_ANSWERS)
		grow(loop);
	uint32_t number = ++loop->count;
	loop->answers[(number - 1) & (loop->cap - 1)] =
	        (struct loop_answer){ .position = position, .print = print_of(data, len) };
	enter(loop, number);
}

void answer_loop_free(struct answer_loop *loop)
{
	free(loop->answers);
	free(loop->buckets);
	*loop = (struct answer_loop){ .answers = NULL };
}
