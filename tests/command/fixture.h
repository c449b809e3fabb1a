// SPDX-License-Identifier: GPL-3.0-or-later
/* fixture: an app with its loop and its queues, for tests of commands that wait. */
#pragma once

#include "app/fixture.h"
#include "command/queue.h"

/* One turn of the loop, which sleeps no longer than until `deadline`. */
static inline void queue_fixture_turn(struct app *app, int64_t deadline)
{
	poller_reset(&app_fixture_poller);
	app_prepare(app, &app_fixture_poller);
	queue_prepare(app, &app_fixture_poller);
	poller_wake_at(&app_fixture_poller, deadline);
	poller_wake_at(&app_fixture_poller, clock_now() + 5 * CLOCK_MS);
	poller_wait(&app_fixture_poller);
	app_serve(app, &app_fixture_poller);
	queue_serve(app, &app_fixture_poller);
	app_reap(app);
}

static inline void queue_fixture_end(struct app *app)
{
	queue_stop(app);
	app_fixture_end(app);
}
