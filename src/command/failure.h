// SPDX-License-Identifier: GPL-3.0-or-later
/* failure: which call of a session failed last, and what is known of it beyond its errno value.
 * Knows the transcript and the sessions, but no words for errno values. Private to this layer. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "app/app.h"
#include "base/buf.h"
#include "socket/errno_meaning.h"

struct failure {
	const struct app *app;
	const struct session *session;
	uint64_t call;   /* the entry of the call; TRANSCRIPT_NONE where only `line` is known */
	uint64_t report; /* the entry that reports it: the same, or getsockopt(SO_ERROR) */
	uint64_t line; /* newest line of the session that says a failure; TRANSCRIPT_NONE = none */
	bool waiting;  /* connect() was still under way at `line` */
	int code;      /* errno value */
};

/* False where nothing has failed. What only says "not yet" (EAGAIN, EINPROGRESS) is no failure. */
bool failure_find(const struct app *app, const struct session *session, struct failure *failure);

/* The case of its errno value that holds for this call; NULL where only the general words do. */
const struct errno_case *failure_case(const struct failure *failure);

/* Appends what is known in particular, in sentences, each with a line feed: from the transcript,
 * the kernel's samples and the other sessions. Appends nothing if nothing is known. */
void failure_say_details(const struct failure *failure, struct buf *out);

const struct entry *failure_call(const struct failure *failure);
