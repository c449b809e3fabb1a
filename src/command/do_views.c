// SPDX-License-Identifier: GPL-3.0-or-later
#include "command/command.h"

static enum command_result do_view(const struct invocation *invocation, struct error *error)
{
	struct app *app = invocation->app;
	const char *name = invocation->args->value[0];
	uint32_t session = session_number(invocation->session);
	struct view_mode mode = app_view_mode(app, session);
	bool all = invocation->args->value[1];
	if (!name && !all) {
		app_next_view(app, session);
		return true;
	}
	if (name)
		mode.ops = view_named(name);
	mode.all = all;
	if (all && !mode.ops->merges) {
		error_set(error, "a %s has two ends: /view trace all shows every session",
		          mode.ops->name);
		return false;
	}
	app_set_view_mode(app, session, mode);
	return true;
}

static enum command_result do_fold(const struct invocation *invocation, struct error *error)
{
	struct app *app = invocation->app;
	(void)error;
	app_toggle_fold(app);
	if (!app->settings.fold)
		app_note(app, "/set fold is off: all messages are shown whole");
	else if (app->unfolded)
		app_note(app, "long messages are shown whole");
	else
		app_note(app, "of long messages %d rows are shown", app->settings.fold);
	return true;
}

const struct command view_commands[] = {
	{
	        .name = "view",
	        .letter = 'v',
	        .group = "looking",
	        .usage = "[" VIEW_NAMES "] [all]",
	        .help = "choose how the session is shown, also its past\n"
	                "all merges every session by time. Without a word: the next view.",
	        .needs = NEEDS_SESSION,
	        .run = do_view,
	},
	{
	        .name = "fold",
	        .group = "looking",
	        .usage = "",
	        .help = "show long messages whole, or fold them again\n"
	                "/set fold is how many rows of them are shown. F8 does the same.",
	        .run = do_fold,
	},
	{ 0 },
};
