// SPDX-License-Identifier: GPL-3.0-or-later
#include "command/command.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include "app/page.h"
#include "base/clock.h"
#include "command/failure.h"
#include "socket/errno_meaning.h"
#include "view/calltext.h"

enum { PAYLOAD_SHOWN = 24 };

static void explain_named(const struct invocation *invocation, const struct errno_meaning *why)
{
	struct buf text = { .max = SIZE_MAX };
	errno_meaning_print(why, &text);
	page_answer(invocation->app, invocation->line, buf_text(&text));
	buf_free(&text);
}

/* ---- the last failure ---- */

/* The program's own words for it follow the first line. */
static void add_lookup(const struct entry *entry, struct buf *out)
{
	const struct errno_meaning *meaning = errno_meaning_of_lookup(entry->arg);
	const char *words = entry_payload(entry), *end = words + entry->len;
	const char *line = memchr(words, '\n', entry->len);
	if (line)
		buf_append(out, line + 1, (size_t)(end - line - 1));
	buf_append_text(out, "\n");
	if (meaning)
		errno_meaning_explain(meaning, NULL, out);
}

static void add_when(const struct failure *failure, int64_t time, struct buf *out)
{
	char clock[CLOCK_TEXT], ago[CLOCK_TEXT];
	buf_printf(out, "At %s, %s ago, in session %u (%s).\n",
	           clock_format_time(time, false, clock),
	           clock_format_duration(clock_now() - time, ago), session_number(failure->session),
	           session_name(failure->session));
}

/* SO_ERROR reports how a connect() that did not wait has ended: the time between the two is what it
 * took. */
static void add_call(const struct failure *failure, struct buf *out)
{
	char took[CLOCK_TEXT];
	const struct entry *call = failure_call(failure);
	const struct entry *report = transcript_at(failure->app->transcript, failure->report);
	calltext_call(call, PAYLOAD_SHOWN, out);
	if (call->call == CALL_GETADDRINFO)
		buf_append_text(out, " has failed");
	else
		buf_printf(out, "%s%s: %s", report != call || call->error ? " = -1 " : " said ",
		           error_name(failure->code), error_why(failure->code));
	if (report != call)
		buf_printf(out, ", after %s",
		           clock_format_duration(report->time - call->time, took));
	buf_append_text(out, "\n");
	add_when(failure, report->time, out);
}

static void explain_failure(const struct failure *failure, struct buf *out)
{
	const struct entry *call = failure_call(failure);
	const struct errno_meaning *meaning = errno_meaning_numbered(failure->code);
	add_call(failure, out);
	if (call->call == CALL_GETADDRINFO) {
		add_lookup(call, out);
		return;
	}
	const struct errno_case *special = failure_case(failure);
	if (special)
		buf_printf(out, "%c%s.\n", toupper((unsigned char)*special->phrase),
		           special->phrase + 1);
	failure_say_details(failure, out);
	if (meaning)
		errno_meaning_explain(meaning, special, out);
	else
		buf_append_text(out, "Nothing more is known of this errno value.");
}

static void explain_state(const struct failure *failure, struct buf *out)
{
	const struct entry *state = transcript_at(failure->app->transcript, failure->line);
	buf_append(out, entry_payload(state), state->len);
	buf_append_text(out, "\n");
	add_when(failure, state->time, out);
	buf_append_text(out, failure->waiting
	                             ? "No call has failed: this program gave up while connect() "
	                               "still waited. /set timeout is how long it waits."
	                             : "No call has failed.");
}

/* The entry that reports it. */
static uint64_t position_of(const struct failure *failure)
{
	return failure->call == TRANSCRIPT_NONE ? failure->line : failure->report;
}

/* What failed to open has no tab: it is explained where the note about it is, unless the session
 * there has failed since. */
static void explain_last(const struct invocation *invocation)
{
	struct failure failure;
	struct app *app = invocation->app;
	const struct session *session = invocation->session;
	struct buf text = { .max = SIZE_MAX };
	bool found = session && failure_find(app, session, &failure);
	const struct session *failed =
	        session == app->current
	                ? app_failed_since(app, found ? position_of(&failure) : TRANSCRIPT_NONE)
	                : NULL;
	if (failed) {
		session = failed;
		found = failure_find(app, session, &failure);
	}
	if (!found)
		buf_printf(&text, "nothing has failed in session %u", session_number(session));
	else if (failure.call == TRANSCRIPT_NONE)
		explain_state(&failure, &text);
	else
		explain_failure(&failure, &text);
	page_answer(invocation->app, invocation->line, buf_text(&text));
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
	        .usage = "[error]",
	        .help = "explain the last error of the session, or one by its name\n"
	                "What happened, which host said so, what to try next. The name is an errno "
	                "value's: ECONNRESET.",
	        .needs = TAKES_SESSION,
	        .run = do_why,
	},
	{ 0 },
};
