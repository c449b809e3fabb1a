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

static bool is_kept(const struct answer_loop *loop, const struct transcript *transcript,
                    uint32_t session, uint32_t print, const char *data, size_t len)
{
	uint32_t mask = loop->cap - 1, number = loop->cap ? loop->buckets[print & mask] : 0;
	while (number && loop->count - number < loop->cap) { /* else it has been overwritten */
		const struct loop_answer *answer = &loop->answers[(number - 1) & mask];
		if (answer->print == print &&
		    is_answer(transcript, session, answer->position, data, len))
			return true;
		number = answer->older;
	}
	return false;
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

static void keep(struct answer_loop *loop, struct loop_answer answer)
{
	if (loop->count == loop->cap && loop->cap < ANSWER_LOOP_ANSWERS)
		grow(loop);
	uint32_t number = ++loop->count;
	loop->answers[(number - 1) & (loop->cap - 1)] = answer;
	enter(loop, number);
}

void answer_loop_free(struct answer_loop *loop)
{
	free(loop->answers);
	free(loop->buckets);
	loop->answers = NULL;
	loop->buckets = NULL;
	loop->cap = loop->count = loop->strangers = 0;
}

/* Answers that were under way when the first came back are not known. */
static bool is_returned(struct answer_loop *loop, const struct transcript *transcript,
                        uint32_t session, const char *data, size_t len)
{
	uint32_t print = print_of(data, len);
	bool marked = loop->has_mark && print == loop->marked.print &&
	              is_answer(transcript, session, loop->marked.position, data, len);
	if (marked && !loop->strangers) {
		loop->strangers = ANSWER_LOOP_ANSWERS;
		keep(loop, loop->marked);
	}
	if (!loop->strangers)
		return false;
	if (marked || is_kept(loop, transcript, session, print, data, len))
		return true;
	if (--loop->strangers == 0)
		answer_loop_free(loop);
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

void answer_loop_answered(struct answer_loop *loop, uint64_t position, const char *data, size_t len)
{
	bool marks = !loop->strangers &&
	             (!loop->has_mark || loop->last - loop->marked_at >= ANSWER_LOOP_REST);
	if (!marks && !loop->strangers)
		return;
	struct loop_answer answer = { .position = position, .print = print_of(data, len) };
	if (marks) {
		loop->has_mark = true;
		loop->marked = answer;
		loop->marked_at = loop->last;
	} else {
		keep(loop, answer);
	}
}
