// SPDX-License-Identifier: GPL-3.0-or-later
#include "command/handlers.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include "base/clock.h"
#include "socket/errno_meaning.h"
#include "command/why_here.h"
#include "view/calltext.h"

enum { PAYLOAD_SHOWN = 24 };

/* ---- the table's words ---- */

static void add_paragraph(const struct errno_meaning *why, struct buf *out)
{
	buf_printf(out, "%s\n", why->what);
	if (*why->who)
		buf_printf(out, "Who says so: %c%s\n", tolower((unsigned char)*why->who),
		           why->who + 1);
	buf_printf(out, "Next: %c%s", tolower((unsigned char)*why->next), why->next + 1);
}

void errno_meaning_print(const struct errno_meaning *why, struct buf *out)
{
	buf_append_text(out, why->symbol);
	if (why->code)
		buf_printf(out, " (%d): %s", why->code, error_why(why->code));
	buf_printf(out, "\nFrom %s.\n", why->calls);
	add_paragraph(why, out);
}

static void explain_named(struct app *app, const struct errno_meaning *why)
{
	struct buf text = { .max = SIZE_MAX };
	errno_meaning_print(why, &text);
	app_note(app, "%s", buf_text(&text));
	buf_free(&text);
}

/* ---- the last failure ---- */

/* getaddrinfo() has no errno value: which of its own it was stands in the program's words. */
static const struct errno_meaning *find_lookup_why(const char *words)
{
	static const struct {
		const char *begins, *symbol;
	} rows[] = {
		{ "no such host", "EAI_NONAME" },
		{ "not a numeric address", "EAI_NONAME" },
		{ "no such", "EAI_SERVICE" },
		{ "name server does not answer", "EAI_AGAIN" },
		{ "name server failed", "EAI_FAIL" },
		{ "no ", "EAI_NODATA" },
	};
	struct error ignored;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (strncmp(words, rows[i].begins, strlen(rows[i].begins)) == 0)
			return errno_meaning_find(rows[i].symbol, &ignored);
	return errno_meaning_find("EAI_SYSTEM", &ignored);
}

static void add_lookup(const struct entry *entry, struct buf *out)
{
	struct buf words = { .max = SIZE_MAX };
	const char *end = memchr(entry_payload(entry), '\n', entry->len);
	if (end)
		buf_append(&words, end + 1, entry->len - (size_t)(end + 1 - entry_payload(entry)));
	const struct errno_meaning *why = find_lookup_why(buf_text(&words));
	buf_printf(out, "%s\n", buf_text(&words));
	if (why)
		add_paragraph(why, out);
	buf_free(&words);
}

static void add_when(const struct failure *failure, int64_t time, struct buf *out)
{
	char clock[CLOCK_TEXT], ago[CLOCK_TEXT];
	buf_printf(out, "At %s, %s ago, in session %u (%s).\n",
	           clock_format_time(time, false, clock),
	           clock_format_duration(clock_now() - time, ago), session_number(failure->session),
	           session_name(failure->session));
}

/* connect() that did not wait is told by SO_ERROR, and what took how long is between the two. */
static void add_call(const struct failure *failure, struct buf *out)
{
	char took[CLOCK_TEXT];
	const struct entry *call = failure_call(failure);
	const struct entry *told = transcript_at(failure->app->transcript, failure->told);
	calltext_call(call, PAYLOAD_SHOWN, out);
	if (call->call == CALL_GETADDRINFO)
		buf_append_text(out, " has failed");
	else
		buf_printf(out, "%s%s: %s", told != call || call->error ? " = -1 " : " said ",
		           error_name(failure->code), error_why(failure->code));
	if (told != call)
		buf_printf(out, ", after %s", clock_format_duration(told->time - call->time, took));
	buf_append_text(out, "\n");
	add_when(failure, told->time, out);
}

static void explain_failure(const struct failure *failure, struct buf *out)
{
	const struct entry *call = failure_call(failure);
	const struct errno_meaning *why = errno_meaning_numbered(failure->code);
	add_call(failure, out);
	if (call->call == CALL_GETADDRINFO) {
		add_lookup(call, out);
		return;
	}
	failure_say_here(failure, out);
	failure_say_others(failure, out);
	if (why)
		add_paragraph(why, out);
	else
		buf_append_text(out, "Of this errno value nothing more is known here.");
}

static void explain_state(const struct failure *failure, struct buf *out)
{
	const struct entry *state = transcript_at(failure->app->transcript, failure->state);
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
	return failure->at == TRANSCRIPT_NONE ? failure->state : failure->told;
}

/* What failed to open has no tab: it is explained where the note about it is, unless the session there
 * has failed since. */
static void explain_last(struct app *app, const struct session *session)
{
	struct failure failure;
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
	else if (failure.at == TRANSCRIPT_NONE)
		explain_state(&failure, &text);
	else
		explain_failure(&failure, &text);
	app_note(app, "%s", buf_text(&text));
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
		explain_last(app, session);
		return true;
	}
	const struct errno_meaning *why = errno_meaning_find(name, error);
	if (why)
		explain_named(invocation->app, why);
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
