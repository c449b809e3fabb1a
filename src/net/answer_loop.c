// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/answer_loop.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "net/session_internal.h"

/* Another small service may be on these ports; and no service is to answer itself. */
static bool may_be_service(struct session *session, const struct endpoint *from)
{
	static const uint16_t small[] = { 0, 7, 9, 13, 17, 19, 37 };
	bool may_be = false;
	char addr[ENDPOINT_TEXT];
	for (size_t i = 0; i < sizeof small / sizeof *small; i++)
		may_be = may_be || from->port == small[i];
	for (unsigned i = 0; i < session->fd_count; i++)
		may_be = may_be || endpoint_equal(from, &session->local[i]);
	if (may_be && !session->loop_guard_announced)
		session_report(session, 0,
		               "%s is not answered: it may be a service that answers, too",
		               endpoint_format(from, addr));
	session->loop_guard_announced = session->loop_guard_announced || may_be;
	return may_be;
}

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

/* `position` is the transcript's end just before the call: there, or in the block that it began, its
 * entry is the first of the session that sends. */
static bool is_answer(const struct session *session, uint64_t position, const char *data,
                      size_t len)
{
	const struct transcript *transcript = session->caller.transcript;
	const struct entry *entry = transcript_at(transcript, position);
	while (!entry || entry->session != session->caller.session || !entry_is_outgoing(entry)) {
		position = transcript_next(transcript, position);
		if (position == TRANSCRIPT_NONE)
			return false;
		entry = transcript_at(transcript, position);
	}
	return !(entry->flags & ENTRY_TRUNCATED) && entry->len == len &&
	       memcmp(entry_payload(entry), data, len) == 0;
}

static bool is_returned(const struct session *session, const struct answer_loop *loop,
                        const char *data, size_t len)
{
	uint32_t print = print_of(data, len), mask = loop->cap - 1;
	uint32_t number = loop->cap ? loop->buckets[print & mask] : 0;
	while (number && loop->count - number < loop->cap) { /* else it has been overwritten */
		const struct loop_answer *answer = &loop->answers[(number - 1) & mask];
		if (answer->print == print && is_answer(session, answer->position, data, len))
			return true;
		number = answer->older;
	}
	return false;
}

static void pause_answers(struct session *session, struct answer_loop *loop,
                          const struct endpoint *from)
{
	char addr[ENDPOINT_TEXT], rest[CLOCK_TEXT];
	loop->paused_at = loop->last;
	loop->unanswered = 0;
	session_report(session, ENTRY_ERROR,
	               "%s has sent our answers back %d times in a row, as a service does that "
	               "answers, too: not answered for %s, or until it sends something else",
	               endpoint_format(from, addr), ANSWER_LOOP_MOST,
	               clock_format_duration(ANSWER_LOOP_REST, rest));
}

static void go_on(struct session *session, struct answer_loop *loop, const struct endpoint *from)
{
	char addr[ENDPOINT_TEXT];
	loop->paused_at = 0;
	loop->returned = 0;
	session_report(session, 0, "%s is answered again; %llu datagram%s not answered",
	               endpoint_format(from, addr), (unsigned long long)loop->unanswered,
	               loop->unanswered == 1 ? " was" : "s were");
}

bool answer_loop_may_answer(struct session *session, struct peer_slot *slot, const char *data,
                            size_t len)
{
	struct answer_loop *loop = &slot->loop;
	const struct endpoint *from = &slot->peer.addr;
	if (may_be_service(session, from))
		return false;
	bool rested = slot->peer.last - loop->last >= ANSWER_LOOP_REST;
	bool returned = is_returned(session, loop, data, len);
	loop->last = slot->peer.last;
	if (loop->paused_at && (!returned || loop->last - loop->paused_at >= ANSWER_LOOP_REST))
		go_on(session, loop, from);
	loop->returned = returned && !rested ? loop->returned + 1 : 0;
	if (!loop->paused_at && loop->returned >= ANSWER_LOOP_MOST)
		pause_answers(session, loop, from);
	loop->unanswered += loop->paused_at != 0;
	return !loop->paused_at;
}

static void enter(struct answer_loop *loop, uint32_t number)
{
	uint32_t mask = loop->cap - 1;
	struct loop_answer *answer = &loop->answers[(number - 1) & mask];
	answer->older = loop->buckets[answer->print & mask];
	loop->buckets[answer->print & mask] = number;
}

/* Before the first one is overwritten, so each keeps its place. */
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
