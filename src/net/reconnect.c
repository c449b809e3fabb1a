// SPDX-License-Identifier: GPL-3.0-or-later
/* A session that has ended is opened again: by a person, or by itself after a pause that grows while
 * it does not help. */
#include "base/clock.h"
#include "net/session_internal.h"

#define FIRST_PAUSE CLOCK_S
#define MOST_PAUSE  (60 * CLOCK_S)
#define LASTED      (10 * CLOCK_S) /* a connection that was open for this long makes it short again */

static unsigned number(const struct session *session)
{
	return session->caller.session;
}

static void open_again(struct session *session)
{
	session->again_at = 0;
	session->peer_closed = session->read_shut = session->shut = false;
	session->fin_sent = session->broken = session->full = false;
	session->connected = session->fin_due = false;
	session->only = session->asks_local = false;
	session->rest_until = 0;
	session_begin(session);
}

/* ---- by a person ---- */

/* What the peer has ended on its side needs no /close first. */
bool reconnect_now(struct session *session, struct error *error)
{
	bool over = session->peer_closed || session->broken;
	if (session->stepped)
		error_set(error, "session %u was made step by step: /socket makes another",
		          number(session));
	else if (!session->open_parameters)
		error_set(error, "session %u was made by its client, who alone can connect again",
		          number(session));
	else if (session->state != SESSION_CLOSED && !over)
		error_set(error, "session %u is still open: /close it first", number(session));
	else if (session->state == SESSION_CLOSED || session_close(session, error)) {
		session->pause = 0;
		open_again(session);
		return true;
	}
	return false;
}

/* ---- by itself ---- */

/* Not where a person has ended it, or makes the calls; a server's client cannot be called. */
static bool may_open_again(const struct session *session)
{
	return sessions_may_reconnect(session->sessions) && session->open_parameters &&
	       session->kind == &stream_kind && !session->open_parameters->listening &&
	       !session->stepped && !session->paused && !session->ended_here;
}

bool reconnect_follows_fin(const struct session *session)
{
	return may_open_again(session);
}

/* Refused, reset, timed out, or ended by the peer's FIN; what this machine refuses it will refuse
 * again. */
static bool is_worth_it(const struct session *session)
{
	return session->end == SESSION_ENDED_WELL ? session->peer_closed : !session->hopeless;
}

void reconnect_plan(struct session *session, bool was_open)
{
	char text[CLOCK_TEXT];
	int64_t now = clock_now();
	if (!may_open_again(session) || !is_worth_it(session))
		return;
	if (!session->pause || (was_open && now - session->begun >= LASTED))
		session->pause = FIRST_PAUSE;
	else
		session->pause = session->pause < MOST_PAUSE / 2 ? 2 * session->pause : MOST_PAUSE;
	session->again_at = now + session->pause;
	session_report(session, 0, "opens again in %s: Ctrl-C or /close ends that",
	               clock_format_duration(session->pause, text));
}

bool reconnect_cancel(struct session *session)
{
	if (!session->again_at)
		return false;
	session->again_at = 0;
	session->end = SESSION_ENDED_WELL; /* a person has ended it: it keeps its tab */
	session_report(session, 0, "closed: not opened again");
	return true;
}

bool session_opens_again(const struct session *session, int64_t *left)
{
	if (session->again_at && left) {
		*left = session->again_at - clock_now();
		*left = *left > 0 ? *left : 0;
	}
	return session->again_at != 0;
}

void reconnect_serve(struct session *session)
{
	if (session->again_at && clock_now() >= session->again_at)
		open_again(session);
}
