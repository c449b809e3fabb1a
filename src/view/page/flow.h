// SPDX-License-Identifier: GPL-3.0-or-later
/* flow: the newest bytes that a session sent, and how they went: the calls that gave them, the
 * parts they left in, the calls of the other end that got them. Offsets count from the first byte
 * shown; an empty datagram takes the room of one byte. Every search is bounded. Private to this
 * directory. */
#pragma once

#include "record/sample.h"
#include "view/view.h"

enum {
	FLOW_CALLS = 16,
	FLOW_PARTS = 64,
	FLOW_WALK = 512, /* entries of a session that are looked at */
};

struct flow_part {
	int64_t begin, end;        /* may be before the first byte shown */
	int64_t time;              /* since flow.begun, ns; negative before */
	const struct entry *entry; /* the call; for what left, the sample that shows it */
	uint64_t position;         /* of that */
	uint64_t segments;         /* it left in, 0 = not known */
	bool secret;               /* a datagram that was sent as one */
	int64_t acked;             /* how long after its call, ns; -1 = not known */
};

struct flow_parts {
	struct flow_part list[FLOW_PARTS];
	size_t count;
};

struct flow {
	const struct view *view;
	bool datagrams, listening;
	bool older; /* more was sent before */
	bool cut;   /* what came before the `walked` newest entries is not looked at */
	int walked;
	int64_t size;           /* what is shown ends here */
	int64_t begun;          /* clock_now() at the first of the newest calls in a row */
	struct flow_parts sent; /* the oldest first, as in the others */
	struct flow_parts left; /* a stream's; ends where bytes are still held back */
	struct flow_parts got;
	bool counted; /* the kernel was read: `left` is true */
	bool sampled; /* but not around each call */
	uint64_t again; /* retransmissions of these bytes, as the kernel counts them */
	bool deduced; /* where one segment ends and the next begins in the bytes of one part */
	bool matched; /* `got` is true: the bytes are the same */
};

/* The newest FLOW_CALLS calls that sent something. */
void flow_find(const struct view *view, struct flow *flow);

/* Forgets all but the newest of them, and finds out how they went. */
void flow_follow(struct flow *flow, size_t calls);

/* Copies bytes [begin, end) of a stream, which must be among those shown; a secret as
 * stars. */
void flow_copy(const struct flow *flow, int64_t begin, int64_t end, char *out);

/* The last byte of that call is urgent (MSG_OOB). */
bool flow_is_urgent(const struct flow *flow, const struct flow_part *call);
