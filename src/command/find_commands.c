// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/search.h"
#include "command/command.h"

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

const struct command find_commands[] = {
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
	{ 0 },
};
