// SPDX-License-Identifier: GPL-3.0-or-later
#include "command/command.h"

#include "app/report.h"
#include "base/count.h"
#include "base/savefile.h"

static bool check_name(const struct args *args, struct error *error)
{
	const char *path = args->value[1];
	bool page = command_names_page(path);
	if (!page)
		error_usage(error, "%.60s: a report is a page: its name ends in .html", path);
	return page;
}

static enum command_result do_report(const struct invocation *invocation, struct error *error)
{
	struct savefile save;
	struct app *app = invocation->app;
	bool all = invocation->args->value[0];
	const char *path = invocation->args->value[1];
	size_t count;
	/* one that failed to open has no tab */
	const struct session *session =
	        invocation->session ? invocation->session : app_failed_since(app, TRANSCRIPT_NONE);
	if (all ? !sessions_count(app->sessions) : !session)
		return app_need_session(app, error) != NULL;
	if (!command_begin_file(invocation, path, &save, error))
		return COMMAND_FAILED;
	bool written = report_write(app, all ? NULL : session, save.file, &count);
	if (!command_end_file(&save, written, path, error))
		return COMMAND_FAILED;
	if (all)
		app_note(app, "%s: the report of %zu conversation%s", path, count,
		         count_plural(count));
	else
		app_note(app, "%s: the report of session %u", path,
		         (unsigned)session_number(session));
	return COMMAND_DONE;
}

const struct command report_commands[] = {
	{
	        .name = "report",
	        .group = "keeping",
	        .usage = "[all] <file>",
	        .help = "write what happened as a page: to attach to a ticket, to hand in, to "
	                "print\n"
	                "The page has the session and the other end, if that is a session here "
	                "too: who was connected to whom, the conversation, the ladder, every "
	                "call, what the kernel says, options and settings, and what each error "
	                "means and what to try. \"all\" is for every session.\n"
	                "It is one HTML file without scripts that loads nothing; secrets are "
	                "stars. Of long conversations it has the beginning and the end, and says "
	                "what was left out.\n"
	                "The name ends in .html. A file that exists is overwritten by the same "
	                "command again within 10 s, or at once by /report!.",
	        .asks = true,
	        .needs = TAKES_SESSION,
	        .check = check_name,
	        .run = do_report,
	},
	{ 0 },
};
