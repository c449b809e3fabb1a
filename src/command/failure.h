// SPDX-License-Identifier: GPL-3.0-or-later
/* failure: which call of a session failed last, and what the transcript, the kernel's readings and
 * the other sessions know of it in particular. Private to this layer. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "app/app.h"
#include "base/buf.h"
#include "socket/errno_meaning.h"

struct failure {
	const struct app *app;
	const struct session *session;
	uint64_t at;    /* the call; TRANSCRIPT_NONE where only `state` is known */
	uint64_t told;  /* the entry that told the error: the same, or getsockopt(SO_ERROR) */
	uint64_t state; /* newest line of the session that told a failure; TRANSCRIPT_NONE = none */
	bool waiting;   /* connect() was still under way when `state` was told */
	int code;       /* errno value */
};

/* False where nothing has failed. What only says "not yet" (EAGAIN, EINPROGRESS) is no failure. */
bool failure_find(const struct app *app, const struct session *session, struct failure *failure);

/* The case of its errno value that holds for this call; NULL where only the general words do. */
const struct errno_case *failure_case(const struct failure *failure);

/* Appends sentences, each with a line feed; nothing where nothing is known. */
void failure_say_here(const struct failure *failure, struct buf *out);

/* The same, of what the other sessions are to it. */
void failure_say_others(const struct failure *failure, struct buf *out);

/* ---- what both ask ---- */

const struct entry *failure_call(const struct failure *failure);

/* The newest entry of this call before `position`, of the same connection; TRANSCRIPT_NONE for
 * none. */
uint64_t failure_earlier(const struct failure *failure, uint64_t position, enum call call);
