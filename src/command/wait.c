// SPDX-License-Identifier: GPL-3.0-or-later
#include "command/wait.h"

/* The failure that the session has reported since then; false for none. */
static bool find_failure(const struct app *app, uint32_t session, uint64_t since,
                         struct error *error)
{
	const struct transcript *transcript = app->transcript;
	uint64_t at = transcript_last(transcript, session);
	const struct entry *call = NULL;
	for (; at != TRANSCRIPT_NONE && at >= since; at = transcript_before(transcript, at)) {
		const struct entry *entry = transcript_at(transcript, at);
		/* A note may be about another session. */
		if (entry->call == CALL_STATE && entry->flags & ENTRY_ERROR) {
			error_set(error, "%.*s", (int)entry->len, entry_payload(entry));
			return true;
		}
		if (!call && entry_has_failed(entry) && !(entry->flags & ENTRY_WATCHING))
			call = entry;
	}
	if (call)
		error_errno(error, call->error, "%s", entry_call_name(call->call));
	return call;
}

static enum command_result end(const struct app *app, const struct wait *wait, struct error *error)
{
	return !find_failure(app, wait->session, wait->since, error);
}

static enum command_result check_call(struct app *app, struct wait *wait, bool over,
                                      struct error *error)
{
	const struct session *session = sessions_numbered(app->sessions, wait->session);
	(void)over;
	if (session && session_waiting(session, NULL))
		return COMMAND_WAITING;
	return end(app, wait, error);
}

/* A session that has failed to open may be out of the table. */
static enum command_result check_opening(struct app *app, struct wait *wait, bool over,
                                         struct error *error)
{
	const struct session *session = sessions_numbered(app->sessions, wait->session);
	(void)over;
	if (session && (session_is_opening(session, NULL) || session_opens_again(session, NULL)))
		return COMMAND_WAITING;
	enum session_state state = session ? session_state(session) : SESSION_CLOSED;
	if (state == SESSION_OPEN || state == SESSION_LISTENING)
		return COMMAND_DONE;
	if (end(app, wait, error))
		error_set(error, "session %u was closed before it was open", wait->session);
	return COMMAND_FAILED;
}

enum command_result wait_for_call(const struct invocation *invocation, bool begun, uint64_t since,
                                  struct error *error)
{
	if (!begun)
		return COMMAND_FAILED;
	/* A person sees what the session reports; a script is told, as if the call had waited. */
	if (!session_waiting(invocation->session, NULL))
		return invocation->app->attended ||
		       !find_failure(invocation->app, session_number(invocation->session), since, error);
	*invocation->wait = (struct wait){ .check = check_call,
		                           .session = session_number(invocation->session),
		                           .in_session = true,
		                           .since = since };
	return COMMAND_WAITING;
}

enum command_result wait_for_opening(const struct invocation *invocation,
                                     const struct session *session, uint64_t since)
{
	if (!session)
		return COMMAND_FAILED;
	*invocation->wait = (struct wait){ .check = check_opening,
		                           .session = session_number(session),
		                           .in_session = true,
		                           .since = since };
	return COMMAND_WAITING;
}
