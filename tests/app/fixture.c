// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/fixture.h"

#include "app/leave.h"

struct poller app_fixture_poller;

void app_fixture_start(struct app *app)
{
	poller_init(&app_fixture_poller);
	app_init(app);
}

void app_fixture_end(struct app *app)
{
	app_free(app);
	poller_done(&app_fixture_poller);
}

void app_fixture_turn(struct app *app, int64_t deadline)
{
	app_reap(app);
	poller_reset(&app_fixture_poller);
	app_prepare(app, &app_fixture_poller);
	leave_prepare(app, &app_fixture_poller);
	poller_wake_at(&app_fixture_poller, deadline);
	poller_wake_at(&app_fixture_poller, clock_now() + 5 * CLOCK_MS);
	poller_wait(&app_fixture_poller);
	app_serve(app, &app_fixture_poller);
	leave_serve(app);
	app_reap(app);
}

const char *app_fixture_note(const struct app *app, uint32_t session)
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

unsigned app_fixture_flags(const struct app *app, uint32_t session)
{
	uint64_t at = transcript_last(app->transcript, session);
	for (; at != TRANSCRIPT_NONE; at = transcript_before(app->transcript, at))
		if (transcript_at(app->transcript, at)->call == CALL_NOTE)
			return transcript_at(app->transcript, at)->flags;
	return 0;
}

struct buf *app_fixture_received(const struct app *app, uint32_t session, bool marks)
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
