// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/app.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/count.h"

bool app_confirmed(struct app *app, const char *format, ...)
{
	char *deed = NULL;
	va_list args;
	va_start(args, format);
	int len = vasprintf(&deed, format, args);
	va_end(args);
	if (len < 0)
		return false;
	int64_t now = clock_now();
	bool again = app->asked && strcmp(app->asked, deed) == 0 &&
	             now - app->asked_at <= ASK_SECONDS * CLOCK_S;
	free(app->asked);
	app->asked = NULL;
	if (again) {
		free(deed);
	} else {
		app->asked = deed;
		app->asked_at = now;
	}
	return again;
}

/* ---- leaving ---- */

/* *holders: how many sessions have unsent bytes; *holder: the last of them. */
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

size_t app_unsent(const struct app *app)
{
	size_t holders;
	const struct session *holder;
	return count_unsent(app, &holders, &holder);
}

bool app_leave(struct app *app, const char *again, struct error *error)
{
	size_t holders;
	const struct session *holder = NULL;
	size_t bytes = count_unsent(app, &holders, &holder);
	if (!bytes || (app->attended && app_confirmed(app, "%s", again))) {
		app->quit = true;
		return true;
	}
	if (!app->attended) {
		int64_t limit = app->settings.timeout;
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

bool app_is_leaving(const struct app *app)
{
	return app->quit || app->leave_by;
}

void app_prepare_leaving(const struct app *app, struct poller *poller)
{
	if (app->leave_by)
		poller_wake_at(poller, app_unsent(app) ? app->leave_by : 0);
}

/* What a session has lost that ended meanwhile counts, too. */
void app_serve_leaving(struct app *app)
{
	size_t unsent = app_unsent(app);
	if (!app->leave_by || (unsent && clock_now() < app->leave_by))
		return;
	app->quit = true;
	app->lost = unsent + sessions_lost(app->sessions) - app->lost_before;
	if (app->lost)
		app->status = 1;
}
