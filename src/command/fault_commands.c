// SPDX-License-Identifier: GPL-3.0-or-later
#include "command/command.h"

#include <string.h>

#include "app/page.h"
#include "base/count.h"
#include "command/text_table.h"
#include "net/fault.h"

static void print_table(struct buf *out)
{
	struct text_table table;
	text_table_begin(&table, 3);
	for (const struct fault *fault = fault_table; fault < fault_table + FAULT_COUNT; fault++) {
		text_table_add(&table, "%s%s%s", fault->name, fault->value ? " " : "",
		               fault->value ? fault->value : "");
		text_table_add(&table, "%s",
		               fault->kinds == FAULT_DATAGRAMS  ? "datagrams"
		               : fault->kinds == FAULT_STREAMS  ? "streams"
		               : fault->kinds == FAULT_LISTENER ? "listeners"
		                                                : "both");
		text_table_add(&table, "%.*s", (int)strcspn(fault->help, "\n"), fault->help);
	}
	text_table_end(&table, out);
	buf_append_text(out, "\nNo fault of a session loses segments of TCP: /sandbox on, and "
	                     "/cable loss 1% does.");
}

static bool print_those_of(const struct session *session, struct buf *out)
{
	size_t clients = session_clients(session);
	const struct faults *faults = session_faults(session);
	if (!faults_are_on(faults) || session_state(session) == SESSION_CLOSED)
		return false;
	buf_printf(out, "%u %s", session_number(session), session_name(session));
	if (clients)
		buf_printf(out, ", and its %zu client%s", clients, count_plural(clients));
	buf_append_text(out, "\n");
	struct buf lines = { .max = SIZE_MAX };
	faults_print(faults, true, &lines);
	for (const char *line = buf_text(&lines), *end; (end = strchr(line, '\n')); line = end + 1)
		buf_printf(out, "  %.*s\n", (int)(end - line), line);
	buf_free(&lines);
	return true;
}

static void print_faults(struct app *app, struct session *none, struct buf *out)
{
	struct session *session;
	bool any = false;
	(void)none;
	for (size_t i = 0; (session = sessions_at(app->sessions, i)); i++)
		if (session_faults(session) && !faults_are_inherited(session_faults(session)))
			any = print_those_of(session, out) || any;
	if (any) {
		out->len--; /* the last line feed */
		return;
	}
	buf_append_text(out, "no fault is on; there are:\n\n");
	print_table(out);
}

static const struct page fault_page = {
	.help = "which faults are on, and which there are",
	.live = true,
	.print = print_faults,
};

static void print_session_faults(struct app *app, struct session *session, struct buf *out)
{
	(void)app;
	if (print_those_of(session, out))
		out->len--;
	else
		buf_printf(out, "no fault of session %u is on", session_number(session));
}

static const struct page session_fault_page = {
	.help = "which faults of this session are on",
	.of_session = true,
	.live = true,
	.print = print_session_faults,
};

static bool check_fault(const struct args *args, struct error *error)
{
	return !args->value[0] || faults_check(args->value[0], error) || args_blame(args, 0, error);
}

/* The answer says all that is on now, and so does the session, whose transcript has the strikes; /save
 * reads there what was typed. */
static enum command_result do_fault(const struct invocation *invocation, struct error *error)
{
	struct app *app = invocation->app;
	struct session *session = invocation->session;
	const char *words = invocation->args->value[0];
	if (!words) {
		if (invocation->chosen)
			page_toggle(app, &session_fault_page, invocation->line,
			            session_number(session), NULL);
		else
			page_toggle(app, &fault_page, invocation->line, 0, NULL);
		return COMMAND_DONE;
	}
	if (!session) {
		error_set(error, "no session: /open or /listen makes one");
		return COMMAND_FAILED;
	}
	if (!sessions_set_faults(app->sessions, session, words, error))
		return COMMAND_FAILED;
	struct buf now = { .max = SIZE_MAX }, line = { .max = SIZE_MAX };
	faults_print_line(session_faults(session), &now);
	if (now.len)
		buf_printf(&line, "fault: %s; on now: %s", words, buf_text(&now));
	else
		buf_printf(&line, "fault: %s; none is on", words);
	session_note(session, 0, "%s", buf_text(&line));
	if (session != app->current)
		app_note(app, "session %u, %s", session_number(session), buf_text(&line));
	buf_free(&line);
	buf_free(&now);
	return COMMAND_DONE;
}

const struct command fault_commands[] = {
	{
	        .name = "fault",
	        .group = "servers",
	        .usage = "[<fault...>]",
	        .help = "show, switch on or off what goes wrong on purpose\n"
	                "/fault in loss 20%: one of five datagrams that come is lost. in is what is "
	                "received, out what is sent; without either, and after both, it is both. A "
	                "listener's clients have its faults.\n"
	                "/help loss, or the name of another fault, explains it. Several may be in one line.\n"
	                "seed 7: chance hits the same datagrams again. A client's seed follows from its "
	                "listener's.\n"
	                "loss off ends one fault, off ends all.\n"
	                "No fault of a session loses segments of TCP: /sandbox on, and /cable loss 1% "
	                "does.",
	        .needs = TAKES_SESSION,
	        .acts = ACTS_WITH_VALUE,
	        .check = check_fault,
	        .run = do_fault,
	},
	{ 0 },
};
