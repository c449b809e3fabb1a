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

enum { FIXTURE_MS = 20000 }; /* a deadline that is reached only where the test fails */

extern struct poller app_fixture_poller;
void app_fixture_start(struct app *app);
void app_fixture_end(struct app *app);

/* One turn of the loop, which sleeps no longer than until `deadline`, and not long: what a test waits for may
 * have come about before it sleeps. The program's own loop acts in the middle of a turn, so what a test has
 * closed is reaped before it sleeps. */
void app_fixture_turn(struct app *app, int64_t deadline);

/* Turns the loop until `condition` holds, as a case of the test. */
#define wait_for(app, condition, name)                                                             \
	do {                                                                                       \
		int64_t app_fixture_deadline = clock_now() + FIXTURE_MS * CLOCK_MS;                    \
		while (!(condition) && clock_now() < app_fixture_deadline)                             \
			app_fixture_turn(app, app_fixture_deadline);                                       \
		ok(condition, "%s", name);                                                         \
	} while (0)

/* The newest note of a session, or "". The text holds until the next call. */
const char *app_fixture_note(const struct app *app, uint32_t session);

/* The flags of the newest note of a session. */
unsigned app_fixture_flags(const struct app *app, uint32_t session);

/* All bytes that have come in on a session; each datagram between brackets where `marks`. Holds
 * until the next call. */
struct buf *app_fixture_received(const struct app *app, uint32_t session, bool marks);
