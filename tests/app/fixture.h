// SPDX-License-Identifier: GPL-3.0-or-later
/* fixture: an app with its loop, and what its panes say, for tests that use real sockets on
 * loopback. */
#pragma once

#include <stdbool.h>
#include <string.h>

#include "app/app.h"
#include "base/buf.h"
#include "base/clock.h"
#include "support/tap.h"

enum { FIXTURE_MS = 5000 }; /* a deadline that is reached only where the test fails */

static struct poller fixture_poller;

static void fixture_start(struct app *app)
{
	poller_init(&fixture_poller);
	app_init(app);
}

static void fixture_end(struct app *app)
{
	app_free(app);
	poller_done(&fixture_poller);
}

/* One turn of the loop, which sleeps no longer than until `deadline`. The program's own loop acts
 * in the middle of a turn, so what a test has closed is reaped before it sleeps. */
__attribute__((unused)) static void fixture_turn(struct app *app, int64_t deadline)
{
	app_reap(app);
	poller_reset(&fixture_poller);
	app_prepare(app, &fixture_poller);
	poller_wake_at(&fixture_poller, deadline);
	poller_wait(&fixture_poller);
	app_serve(app, &fixture_poller);
	app_reap(app);
}

/* Turns the loop until `condition` holds, as a case of the test. */
#define wait_for(app, condition, name)                                                             \
	do {                                                                                       \
		int64_t fixture_deadline = clock_now() + FIXTURE_MS * CLOCK_MS;                    \
		while (!(condition) && clock_now() < fixture_deadline)                             \
			fixture_turn(app, fixture_deadline);                                       \
		ok(condition, "%s", name);                                                         \
	} while (0)

/* The newest note of a session, or "". The text holds until the next call. */
__attribute__((unused)) static const char *fixture_note(const struct app *app, uint32_t session)
{
	static struct buf text = { .max = SIZE_MAX };
	buf_clear(&text);
	uint64_t at = transcript_last(app->transcript, session);
	for (; at != TRANSCRIPT_NONE; at = transcript_before(app->transcript, at)) {
		const struct entry *entry = transcript_at(app->transcript, at);
		if (entry->call == CALL_NOTE) {
			buf_append(&text, entry_payload(entry), entry->len);
			break;
		}
	}
	return buf_text(&text);
}

/* The flags of the newest note of a session. */
__attribute__((unused)) static unsigned fixture_flags(const struct app *app, uint32_t session)
{
	uint64_t at = transcript_last(app->transcript, session);
	for (; at != TRANSCRIPT_NONE; at = transcript_before(app->transcript, at))
		if (transcript_at(app->transcript, at)->call == CALL_NOTE)
			return transcript_at(app->transcript, at)->flags;
	return 0;
}

/* All bytes that have come in on a session; each datagram between brackets where `marks`. Holds
 * until the next call. */
__attribute__((unused)) static struct buf *fixture_received(const struct app *app, uint32_t session,
                                                            bool marks)
{
	static struct buf bytes = { .max = SIZE_MAX };
	buf_clear(&bytes);
	uint64_t at = transcript_first(app->transcript);
	for (; at != TRANSCRIPT_NONE; at = transcript_next(app->transcript, at)) {
		const struct entry *entry = transcript_at(app->transcript, at);
		if (entry->session != session || !entry_is_incoming(entry) || entry->error)
			continue;
		buf_append_text(&bytes, marks ? "[" : "");
		buf_append(&bytes, entry_payload(entry), entry->len);
		buf_append_text(&bytes, marks ? "]" : "");
	}
	return &bytes;
}
