// SPDX-License-Identifier: GPL-3.0-or-later
#include "command/command.h"

#include "app/failure.h"
#include "app/page.h"
#include "base/clock.h"
#include "socket/errno_meaning.h"

static void explain_named(const struct invocation *invocation, const struct errno_meaning *why)
{
	struct buf text = { .max = SIZE_MAX };
	errno_meaning_print(why, &text);
	page_answer(invocation->app, invocation->line, buf_text(&text));
	buf_free(&text);
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
	if (!found)
		buf_printf(&text, "nothing has failed in session %u", session_number(session));
	else
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
	                "What happened, which host said so, what to try next. The name is an errno "
	                "value's: ECONNRESET.",
	        .needs = TAKES_SESSION,
	        .run = do_why,
	},
	{ 0 },
};
