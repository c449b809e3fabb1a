// SPDX-License-Identifier: GPL-3.0-or-later
#include "command/command.h"

#include <string.h>

#include "app/search.h"

#include "app/page.h"

static enum command_result do_view(const struct invocation *invocation, struct error *error)
{
	struct app *app = invocation->app;
	const char *name = invocation->args->value[0];
	uint32_t session = session_number(invocation->session);
	struct view_mode mode = app_view_mode(app, session);
	bool all = invocation->args->value[1], shown = session == app_shown(app);
	if (!name && !all && shown && page_is_open(app)) { /* back to the view */
		page_close(app);
		return true;
	}
	if (name)
		mode = (struct view_mode){ .ops = view_named(name), .all = all };
	else if (all)
		mode.all = true;
	else
		mode.ops = view_next(mode.ops, mode.all);
	if (all && !mode.ops->merges) {
		error_usage(error, "a %s has two ends: /view trace all shows every session",
		            mode.ops->name);
		return false;
	}
	if (shown)
		page_close(app);
	app_set_view_mode(app, session, mode);
	return true;
}

static enum command_result do_fold(const struct invocation *invocation, struct error *error)
{
	struct app *app = invocation->app;
	if (!app->settings.fold) {
		error_set(error, "/set fold is off: all messages are shown whole");
		return false;
	}
	app->unfolded = !app->unfolded;
	if (invocation->by_key)
		return true;
	if (app->unfolded)
		app_note(app, "long messages are shown whole");
	else
		app_note(app, "long messages are cut to %d rows", app->settings.fold);
	return true;
}

static enum command_result do_literal(const struct invocation *invocation, struct error *error)
{
	struct app *app = invocation->app;
	const char *state = invocation->args->value[0];
	struct buf keys = { .max = SIZE_MAX };
	(void)error;
	app->literal = state ? strcmp(state, "on") == 0 : !app->literal;
	if (app->literal && !invocation->by_key) {
		app_print_keys(app, binding_of_line("/literal"), &keys);
		app_note(app, "every line is data: %s ends that", buf_text(&keys));
	}
	buf_free(&keys);
	return true;
}

static bool find(const struct invocation *invocation, bool newer, struct error *error)
{
	const char *text = invocation->args->value[0];
	return search_find(invocation->app, text && *text ? text : NULL, newer, error);
}

static enum command_result do_find(const struct invocation *invocation, struct error *error)
{
	return find(invocation, false, error);
}

static enum command_result do_find_newer(const struct invocation *invocation, struct error *error)
{
	return find(invocation, true, error);
}

/* Its words are as they were typed. */
static enum command_result do_filter(const struct invocation *invocation, struct error *error)
{
	struct app *app = invocation->app;
	const char *word = invocation->args->value[0], *pattern = invocation->args->value[1];
	bool inverted = word && strcmp(word, "not") == 0;
	if (!pattern) {
		if (!app->filter && !word) {
			error_set(error, "nothing is filtered: /filter TEXT shows only what has it");
			return COMMAND_FAILED;
		}
		app_set_filter(app, NULL, NULL);
		if (app->attended && !app->shows_pages)
			app_note(app, "everything is shown from now on");
		return COMMAND_DONE;
	}
	struct regexp *regexp = regexp_parse(pattern, error);
	if (!regexp)
		return COMMAND_FAILED;
	struct buf words = { .max = SIZE_MAX };
	buf_printf(&words, "%s%s", inverted ? "not " : "", pattern);
	app_set_filter(app, filter_new(regexp, inverted), buf_text(&words));
	if (app->attended && !app->shows_pages) /* the window has it on its status line */
		app_note(app, "filtered from now on by %s: /filter off shows everything",
		         buf_text(&words));
	buf_free(&words);
	return COMMAND_DONE;
}

static bool check_filter(const struct args *args, struct error *error)
{
	const char *word = args->value[0], *pattern = args->value[1];
	if (!word || (strcmp(word, "not") == 0) == (pattern != NULL)) {
		struct regexp *regexp = pattern ? regexp_parse(pattern, error) : NULL;
		regexp_free(regexp);
		return !pattern || regexp || args_blame(args, 1, error);
	}
	error_usage(error, pattern ? "filter: off takes no text"
	                           : "filter: not what? /filter not TEXT");
	return args_blame(args, pattern ? 1 : 0, error);
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
	                "/set fold is the number of rows shown.",
	        .run = do_fold,
	},
	{
	        .name = "literal",
	        .group = "sending",
	        .usage = "[on|off]",
	        .help = "make every line data, or no longer\n"
	                "Then a line that starts with / is sent, too, and only the key ends that.",
	        .run = do_literal,
	},
	{
	        .name = "find",
	        .letter = 'f',
	        .group = "looking",
	        .usage = "[<text...>]",
	        .help = "look for text in the pane, towards the past\n"
	                "Also text that came in several pieces; in a trace the words of calls "
	                "too.\n"
	                "Upper and lower case are the same, unless the text has a capital letter.\n"
	                "Without text: the next hit.",
	        .quotes = true,
	        .run = do_find,
	},
	{
	        .name = "find-newer",
	        .group = "looking",
	        .usage = "[<text...>]",
	        .help = "look for text in the pane, towards the present\n"
	                "Without text: the next hit of what /find looked for.",
	        .quotes = true,
	        .run = do_find_newer,
	},
	{
	        .name = "filter",
	        .group = "looking",
	        .usage = "[not|off] [<pattern>]",
	        .help = "show only what has a text or matches a regular expression, in any view\n"
	                "/filter err, /filter \"two words\", /filter /5[0-9][0-9]/, "
	                "/filter not /keep-?alive/i.\n"
	                "It looks in the bytes of messages, the words of notes, and the rows of "
	                "calls, segments and frames. Commands and their answers are hidden.\n"
	                "With --plain it holds for what is printed from then on, and in a script that "
	                "is run with -f for what -v prints.\n"
	                "Nothing is lost: off, or nothing, shows everything again.",
	        .check = check_filter,
	        .run = do_filter,
	},
	{ 0 },
};
