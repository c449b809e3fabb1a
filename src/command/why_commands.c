// SPDX-License-Identifier: GPL-3.0-or-later
#include "command/command.h"

#include <inttypes.h>

#include "app/failure.h"
#include "app/page.h"
#include "base/clock.h"
#include "base/count.h"
#include "socket/errno_meaning.h"

static void explain_named(const struct invocation *invocation, const struct errno_meaning *why)
{
	struct buf text = { .max = SIZE_MAX };
	errno_meaning_print(why, &text);
	page_answer(invocation->app, invocation->line, buf_text(&text));
	buf_free(&text);
}

/* ---- an opening that has not ended ---- */

static void explain_handshake(const struct session *session, const struct session_handshake *handshake,
                              struct buf *out)
{
	char took[CLOCK_TEXT], limit[CLOCK_TEXT], spent[CLOCK_TEXT];
	const char *peer = handshake->server ? "the client" : "the server";
	const struct target *target = session_target(session);
	clock_format_duration(session_now(session) - handshake->begun, took);
	buf_printf(out, "the TLS handshake of session %u (%s) has not ended after %s: %s has sent ",
	           session_number(session), session_name(session), took, peer);
	if (handshake->received)
		buf_printf(out, "%" PRIu64 " byte%s, which are not all of its part",
		           handshake->received, count_plural(handshake->received));
	else
		buf_append_text(out, "nothing");
	if (!handshake->received && !handshake->server && target && target->tls)
		buf_append_text(out, "\nA server without TLS may be waiting for a line: open it "
		                     "without tls.");
	if (handshake->limit)
		buf_printf(out, "\nIts time limit is %s%s%s: -w or /set timeout.",
		           clock_format_duration(handshake->limit, limit),
		           handshake->spent ? ", of which connecting took " : "",
		           handshake->spent ? clock_format_duration(handshake->spent, spent) : "");
	else if (handshake->server)
		buf_append_text(out, "\nIt has no time limit: Ctrl-C or /close ends it, /set "
		                     "max-idle closes silent clients. /set timeout is a limit for the clients of "
		                     "listeners that are made later.");
	else
		buf_append_text(out, "\nIt has no time limit: Ctrl-C or /close ends it. /set timeout "
		                     "is a limit for sessions that are opened later.");
}

/* Of a listener: its clients whose handshake has not ended. False where there are none. */
static bool explain_clients(const struct session *listener, struct buf *out)
{
	char longest[CLOCK_TEXT];
	size_t count = 0, all = session_clients(listener);
	int64_t first = INT64_MAX;
	for (const struct session *client = NULL; (client = session_next_client(listener, client));) {
		struct session_handshake handshake;
		if (!session_handshake(client, &handshake))
			continue;
		count++;
		first = handshake.begun < first ? handshake.begun : first;
	}
	if (!count)
		return false;
	clock_format_duration(session_now(listener) - first, longest);
	buf_printf(out,
	           "%zu of %zu client%s of session %u (%s) %s in the TLS handshake, the longest for "
	           "%s\n/peers lists them. /set max-idle closes silent clients; /set timeout is a "
	           "limit for the handshakes of listeners that are made later.",
	           count, all, count_plural(all), session_number(listener), session_name(listener),
	           count == 1 ? "is" : "are", longest);
	return true;
}

/* Its address is looked up, or nobody there has answered yet. */
static void explain_opening(const struct session *session, int64_t since, struct buf *out)
{
	char took[CLOCK_TEXT];
	clock_format_duration(session_now(session) - since, took);
	buf_printf(out,
	           "session %u (%s) is still being opened, after %s: %s\nCtrl-C or /close ends that; -w "
	           "or /set timeout is a limit for it.",
	           session_number(session), session_name(session), took,
	           session_state(session) == SESSION_RESOLVING ? "its address is looked up"
	                                                       : "nothing has answered yet");
}

/* False where nothing of that kind is under way. */
static bool explain_wait(const struct session *session, struct buf *out)
{
	struct session_handshake handshake;
	int64_t since;
	if (session_handshake(session, &handshake))
		explain_handshake(session, &handshake, out);
	else if (session_is_opening(session, &since))
		explain_opening(session, since, out);
	else
		return session_has_clients(session) && explain_clients(session, out);
	return true;
}

/* ---- the last failure ---- */

static void explain(const struct failure *failure, struct buf *out)
{
	char clock[CLOCK_TEXT], ago[CLOCK_TEXT];
	int64_t time = failure_time(failure);
	failure_print(failure, out);
	buf_printf(out, "\nAt %s, %s ago, in session %u (%s).\n",
	           clock_format_time(time, false, clock),
	           clock_format_duration(session_now(failure->session) - time, ago), session_number(failure->session),
	           session_name(failure->session));
	failure_explain(failure, out);
}

/* A session that failed to open has no tab: it is explained in the pane of the note about it, unless
 * the session of that pane has failed since. */
static void explain_last(const struct invocation *invocation)
{
	struct failure failure;
	struct app *app = invocation->app;
	const struct session *session = invocation->session;
	struct buf text = { .max = SIZE_MAX };
	bool found = session && failure_find(&failure, app, session, TRANSCRIPT_NONE);
	const struct session *failed =
	        session == app->current
	                ? app_failed_since(app, found ? failure_position(&failure) : TRANSCRIPT_NONE)
	                : NULL;
	if (failed) {
		session = failed;
		found = failure_find(&failure, app, session, TRANSCRIPT_NONE);
	}
	bool waits = session && explain_wait(session, &text);
	if (!found && !waits)
		buf_printf(&text, "nothing has failed in session %u", session_number(session));
	if (found && waits)
		buf_append_text(&text, "\n\n");
	if (found)
		explain(&failure, &text);
	page_answer_of(invocation->app, invocation->line, session_number(session), buf_text(&text));
	buf_free(&text);
}

static enum command_result do_why(const struct invocation *invocation, struct error *error)
{
	const char *name = invocation->args->value[0];
	if (!name) {
		struct app *app = invocation->app;
		const struct session *session = invocation->session;
		if (!session && !app_failed_since(app, TRANSCRIPT_NONE))
			return app_need_session(app, error) != NULL;
		explain_last(invocation);
		return true;
	}
	const struct errno_meaning *why = errno_meaning_find(name, error);
	if (why)
		explain_named(invocation, why);
	return why != NULL;
}

const struct command why_commands[] = {
	{
	        .name = "why",
	        .letter = 'w',
	        .group = "looking",
	        .usage = "[<error>]",
	        .help = "explain the last error of the session, or one by its name\n"
	                "What happened, which host said so, what to try next. During connecting and a TLS "
	                "handshake it says how long that has lasted, and whether anything has come. The "
	                "name is an errno value's: ECONNRESET.",
	        .needs = TAKES_SESSION,
	        .run = do_why,
	},
	{ 0 },
};
