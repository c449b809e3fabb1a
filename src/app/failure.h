// SPDX-License-Identifier: GPL-3.0-or-later
/* failure: what went wrong in a session, and why: which call failed, what its errno value means there,
 * and what the rest of the transcript, the kernel's samples and the other sessions have to do with
 * it. Changes nothing. */
#pragma once

#include "app/app.h"

struct failure {
	const struct app *app;
	const struct session *session;
	uint64_t call;  /* the entry of the call; TRANSCRIPT_NONE where only `line` is known */
	uint64_t line;  /* newest line of the session that says a failure; TRANSCRIPT_NONE = none */
	uint64_t begun; /* entries before this one belong to an earlier connection */
	bool waiting;   /* connect() was still under way at `line` */
	int code;       /* errno value */
};

/* The newest failure among the session's entries up to the one at `newest`, TRANSCRIPT_NONE for all.
 * False if nothing has failed; EAGAIN and EINPROGRESS only mean "not yet". */
bool failure_find(struct failure *failure, const struct app *app, const struct session *session,
                  uint64_t newest);

/* Of the entry that reports it, and when that was. */
uint64_t failure_position(const struct failure *failure);
int64_t failure_time(const struct failure *failure);

/* Appends "connect(127.0.0.1:9) = -1 ECONNREFUSED: connection refused", or the line. */
void failure_print(const struct failure *failure, struct buf *out);

/* Appends sentences, one on a line: what it means, what else is known of it, what to try. The last line
 * has no line feed. */
void failure_explain(const struct failure *failure, struct buf *out);
