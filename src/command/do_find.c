// SPDX-License-Identifier: GPL-3.0-or-later
#include "command/command.h"

static enum command_result do_find(const struct invocation *invocation, struct error *error)
{
	const char *text = invocation->args->value[0];
	return app_find(invocation->app, text && *text ? text : NULL, false, error);
}

const struct command find_commands[] = {
	{
	        .name = "find",
	        .letter = 'f',
	        .group = "looking",
	        .usage = "[text...]",
	        .help = "look for text in the pane, towards the past\n"
	                "Also text that came in several pieces; in a trace the words of calls "
	                "too.\n"
	                "Upper and lower case are the same, unless the text has a capital letter.\n"
	                "Without text: the next hit. F3 goes on towards the past, F4 towards the "
	                "present.",
	        .quotes = true,
	        .run = do_find,
	},
	{ 0 },
};
