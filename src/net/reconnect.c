// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/reconnect.h"

#include "base/clock.h"
#include "net/dial.h"
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
	dial_begin(session);
}

/* ---- by a person ---- */

bool reconnect_now(struct session *session, struct error *error)
{
	bool over = session_stream_ends(session) & (STREAM_PEER_CLOSED | STREAM_BROKEN);
	if (session_refuse_recorded(session, error))
		return false;
	if (session->stepped)
		error_set(error, "session %u was made step by step: /socket makes another",
		          number(session));
	else if (!session->open_parameters)
		error_set(error, "session %u was made by its client, who alone can connect again",
		          number(session));
	else if (session->relay)
		error_set(error, "session %u was opened by a relay, for a client of its own",
		          number(session));
	else if (session->caller.host != HOST_HERE && !session->table->sandbox)
		error_set(error, HOSTS_ARE_OFF, host_name(session->caller.host));
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
bool reconnect_is_possible(const struct session *session)
{
	return session->table->reconnects && session->ops->reconnects && session->open_parameters &&
	       !session->stepped && !session->paused && !session->ended_here && !session->relay;
}

/* Refused, reset, timed out, or ended by the peer's FIN; what this machine refuses it will refuse
 * again. */
static bool is_worth_it(const struct session *session)
{
	return session->end == SESSION_ENDED_WELL
	               ? session_stream_ends(session) & STREAM_PEER_CLOSED
	               : !session->hopeless;
}

void reconnect_plan(struct session *session, bool was_open)
{
	char text[CLOCK_TEXT];
	int64_t now = clock_now();
	if (!reconnect_is_possible(session) || !is_worth_it(session))
		return;
	if (!session->pause || (was_open && now - session->begun >= LASTED))
		session->pause = FIRST_PAUSE;
	else
		session->pause = session->pause < MOST_PAUSE / 2 ? 2 * session->pause : MOST_PAUSE;
	session->again_at = now + session->pause;
	session_report(session, 0, "opens again in %s: Ctrl-C or /close ends that",
	               clock_format_duration(session->pause, text));
}

void reconnect_serve(struct session *session)
{
	if (session->again_at && clock_now() >= session->again_at)
		open_again(session);
}
