// SPDX-License-Identifier: GPL-3.0-or-later
#include "command/command.h"
#include "command/queue.h"

static enum command_result do_source(const struct invocation *invocation, struct error *error)
{
	bool begun =
	        queue_script(invocation->app, invocation->args->value[0], NULL, 0, false, error);
	error->usage = !begun;
	return begun;
}

const struct command source_commands[] = {
	{
	        .name = "source",
	        .group = "scripts",
	        .usage = "<file>",
	        .help = "run the lines of a file, as a script\n"
	                "Lines are as typed; lines that begin with # are comments. The first line "
	                "that fails ends it.\n"
	                "A command that waits holds the script up: /open, /listen, /connect, "
	                "/accept, /recv, /wait and /expect. With & at the end of the line the "
	                "script goes on meanwhile, and ends after it.\n"
	                "$NAME.port is the local port of a session, $1 to $9 are the words after "
	                "the file of -f, $$ is a dollar before one of these.\n"
	                "The session that is current in a script is its own.",
	        .run = do_source,
	},
	{ 0 },
};
