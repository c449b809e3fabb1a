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

/* Neither a client that does not read nor a session of ours that is paused keeps anybody for ever from
 * the end of a script. */
#define OWN_LIMIT (5 * CLOCK_S)

/* Whoever still has bytes to send has sent no FIN: a client whose peer has closed is not its other end. */
static bool is_gone(const struct session *session)
{
	return session_state(session) == SESSION_CLOSED || session_peer_closed(session);
}

/* The paused session at the other end, or the paused listener before it; nobody is left to resume it. NULL
 * for none. The clients of a UNIX listener have no address: all open ones that it has accepted must be
 * paused. */
static const struct session *held_up_by(const struct app *app, const struct session *session)
{
	const struct session *other = app_other_end(app, session), *found = NULL;
	bool is_unix = transport_is_unix(session_transport(session));
	if (other || session_has_clients(session))
		return other && session_is_paused(other) ? other : NULL;
	for (size_t i = 0; i < sessions_count(app->sessions); i++) {
		const struct session *at = sessions_at(app->sessions, i);
		bool listens = session_has_clients(at);
		if (at == session || is_gone(at) || !(listens || is_unix) ||
		    !app_reaches(session, at))
			continue;
		if (session_is_paused(at))
			found = at;
		else if (!listens)
			return NULL;
	}
	return found;
}

/* What waits is of services, or for sessions of ours that are paused. *holder: one of those, NULL for none.
 * Services come last, as any other session may decide. */
static bool waits_only_for_us(const struct app *app, const struct session **holder)
{
	*holder = NULL;
	for (int served = 0; served < 2; served++)
		for (size_t i = 0; i < sessions_count(app->sessions); i++) {
			const struct session *session = sessions_at(app->sessions, i);
			if (!session_unsent(session) || session_is_served(session) != served)
				continue;
			const struct session *by = held_up_by(app, session);
			if (!by && !served)
				return false;
			*holder = by ? by : *holder;
		}
	return true;
}

size_t leave_unsent(const struct app *app)
{
	size_t holders;
	const struct session *holder;
	return count_unsent(app, &holders, &holder);
}

/* A wait without a limit has one from when nobody else is left who may read. */
static void limit_wait(struct app *app)
{
	const struct session *holder;
	if (app->leave_by == INT64_MAX && waits_only_for_us(app, &holder))
		leave_soon(app);
}

void leave_soon(struct app *app)
{
	if (app->leave_by == INT64_MAX)
		app->leave_by = clock_now() + OWN_LIMIT;
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
		app->lost_before = sessions_lost(app->sessions);
		app->leave_by = limit ? clock_now() + limit : INT64_MAX;
		limit_wait(app);
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
	if (unsent)
		limit_wait(app);
	if (unsent && clock_now() < app->leave_by)
		return;
	const struct session *holder;
	bool ours = waits_only_for_us(app, &holder);
	app->held_up_by = ours && holder ? session_number(holder) : 0;
	app->quit = true;
	app->lost = unsent + sessions_lost(app->sessions) - app->lost_before;
	if (app->lost)
		app->status = 1;
}
