// SPDX-License-Identifier: GPL-3.0-or-later
/* answer_loop: keeps a UDP service out of endless conversations. RFC 862 and its kin answer every
 * datagram, also each other's, so that one with a forged sender sets two of them to answer each
 * other forever. The ports of the small services are never answered. On any other port the sign is
 * a peer that sends back our own answers, ANSWER_LOOP_MOST times in a row without a break: then it
 * is not answered for ANSWER_LOOP_REST, or until it sends something else. A loop does not survive
 * that; a client that happens to send the same again and again has lost an answer. To know all
 * answers of all peers would cost memory, and each datagram a miss in the processor's caches: of
 * most peers one answer in ANSWER_LOOP_REST is known, and all only from when that one comes back.
 * Knows no session: it reads the answers back from the transcript, and says what is to be done. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "record/transcript.h"

enum {
	ANSWER_LOOP_MOST = 1000,
	ANSWER_LOOP_ANSWERS =
	        1024, /* of the last ones to a peer that are compared: one forged datagram
	                          * more makes one loop more, and they take turns. The receive
	                          * buffers of both ends hold about 550 where nobody has made them
	                          * larger */
};
#define ANSWER_LOOP_REST CLOCK_S /* a loop turns faster than this, or does no harm */

struct loop_answer {
	uint64_t position; /* in the transcript, as given to answer_loop_answered() */
	uint32_t print;    /* a few of its bytes, mixed: most answers differ there */
	uint32_t older;    /* the number of the one before it in its bucket; 0 = none */
};

/* What is kept for each peer. All zero is the start. */
struct answer_loop {
	struct loop_answer marked;   /* one answer: whether it comes back */
	int64_t marked_at;
	bool has_mark;
	uint32_t strangers;          /* all answers are kept until that many more datagrams were none
	                              * of them; 0 = they are not kept */
	struct loop_answer *answers; /* the last `cap` of them, number n at (n - 1) % cap */
	uint32_t *buckets;           /* by print: the number of the newest one, 0 = none */
	uint32_t cap;                /* a power of two, grows with their number */
	uint32_t count;              /* answers kept so far: the number of the newest, from 1 */
	unsigned returned;           /* answers that have come back, in a row */
	int64_t last;                /* when its last datagram came */
	int64_t paused_at;           /* 0 = answers go on */
	uint64_t unanswered;         /* datagrams since then */
};

/* A datagram of `session` has come: whether its service may answer. A pause that begins or has
 * ended is to be reported; `unanswered` says how many datagrams it has cost. */
enum answer_verdict { ANSWER, ANSWER_AGAIN, ANSWER_NO_MORE, ANSWER_NOT };
enum answer_verdict answer_loop_judge(struct answer_loop *loop, const struct transcript *transcript,
                                      uint32_t session, int64_t now, const char *data, size_t len);

/* This answer of the service has been sent to the peer, by a call that was written down at this
 * transcript_end() or after it. */
void answer_loop_answered(struct answer_loop *loop, uint64_t position, const char *data,
                          size_t len);

void answer_loop_free(struct answer_loop *loop);
