// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/leave.h"

#include <stdint.h>

#include "base/clock.h"
#include "base/count.h"

/* *holders: the number of sessions with unsent bytes; *holder: the last of them. */
static size_t count_unsent(const struct app *app, size_t *holders, const struct session **holder)
{
	size_t bytes = 0;
	*holders = 0;
	for (size_t i = 0; i < sessions_count(app->sessions); i++) {
		const struct session *session = sessions_at(app->sessions, i);
		size_t unsent = session_unsent(session);
		bytes += unsent;
		*holders += unsent > 0;
		if (unsent > 0)
			*holder = session;
	}
	return bytes;
}

/* A client that does not read keeps nobody for ever from the end of a script. */
#define SERVICE_LIMIT (5 * CLOCK_S)

/* What waits is of services alone. */
static bool is_of_services(const struct app *app)
{
	bool served = true;
	for (size_t i = 0; i < sessions_count(app->sessions); i++) {
		const struct session *session = sessions_at(app->sessions, i);
		served = served && (!session_unsent(session) || session_is_served(session));
	}
	return served;
}

size_t leave_unsent(const struct app *app)
{
	size_t holders;
	const struct session *holder;
	return count_unsent(app, &holders, &holder);
}

bool leave_begin(struct app *app, const char *again, struct error *error)
{
	size_t holders;
	const struct session *holder = NULL;
	size_t bytes = count_unsent(app, &holders, &holder);
	if (!bytes || app->abandons || (app->attended && app_confirmed(app, "%s", again))) {
		app->quit = true;
		return true;
	}
	if (!app->attended) {
		int64_t limit = app->settings.timeout;
		if (!limit && is_of_services(app))
			limit = SERVICE_LIMIT;
		app->lost_before = sessions_lost(app->sessions);
		app->leave_by = limit ? clock_now() + limit : INT64_MAX;
		app_note(app, "quits when %zu byte%s %s sent; /quit! quits at once", bytes,
		         count_plural(bytes), bytes == 1 ? "is" : "are");
		return true;
	}
	if (holders == 1)
		error_set(
		        error,
		        "session %u has %zu unsent byte%s: %s again within %d s quits and drops %s",
		        (unsigned)session_number(holder), bytes, count_plural(bytes), again,
		        ASK_SECONDS, bytes == 1 ? "it" : "them");
	else
		error_set(error,
		          "%zu sessions have %zu unsent bytes: %s again within %d s quits and "
		          "drops them",
		          holders, bytes, again, ASK_SECONDS);
	return false;
}

bool leave_has_begun(const struct app *app)
{
	return app->quit || app->leave_by;
}

void leave_prepare(const struct app *app, struct poller *poller)
{
	if (app->leave_by)
		poller_wake_at(poller, leave_unsent(app) ? app->leave_by : 0);
}

/* Bytes that a session lost when it ended meanwhile count, too. */
void leave_serve(struct app *app)
{
	if (!app->leave_by)
		return;
	size_t unsent = leave_unsent(app);
	if (unsent && clock_now() < app->leave_by)
		return;
	app->quit = true;
	app->lost = unsent + sessions_lost(app->sessions) - app->lost_before;
	if (app->lost)
		app->status = 1;
}
