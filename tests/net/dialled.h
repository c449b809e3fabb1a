// SPDX-License-Identifier: GPL-3.0-or-later
/* dialled: a session that is given the answer of a look-up: a name with several addresses is not to be
 * had everywhere. */
#pragma once

#include "base/alloc.h"
#include "net/dial.h"
#include "net/fixture.h"
#include "net/session_internal.h"
#include "net/stream.h"

__attribute__((unused)) static struct session *
dial_with(struct fixture *f, const struct lookup_answer *answer,
          const struct session_options *options)
{
	/* what sessions know of their table is the first thing in it */
	struct session *session =
	        session_new((struct session_table *)f->sessions, &stream_ops, TRANSPORT_TCP);
	session->open_parameters = xcalloc(1, sizeof *session->open_parameters);
	session->open_parameters->options = *options;
	session->dial = xcalloc(1, sizeof *session->dial);
	buf_init(&session->dial->attempt_log, SIZE_MAX);
	session->queue.max = 1000;
	session->dial->local_known = true;
	session->dial->begun = clock_now();
	session->dial->next_at = session->dial->report_at = INT64_MAX;
	session->dial->remote = *answer;
	dial_connect(session);
	return session;
}

__attribute__((unused)) static struct session *
dial_to(struct fixture *f, const struct lookup_answer *answer, int64_t limit)
{
	struct session_options options = { .timeout = limit };
	return dial_with(f, answer, &options);
}
