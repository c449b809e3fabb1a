// SPDX-License-Identifier: GPL-3.0-or-later
#include "command/command.h"

#include <string.h>

#include "command/output.h"
#include "view/code/code.h"

static bool write_file(const struct invocation *invocation, enum code_language language,
                       const char *path, struct error *error)
{
	struct savefile save;
	struct app *app = invocation->app;
	uint32_t session = session_number(invocation->session);
	if (!output_begin(invocation, path, &save, error))
		return false;
	if (!code_write(app->transcript, session, language, save.file, error)) {
		if (error->code)
			error_errno(error, error->code, "%.150s", path);
		savefile_drop(&save);
		return false;
	}
	if (!savefile_end(&save, error))
		return false;
	app_note(app, "session %u is a program now: %s", (unsigned)session, path);
	return true;
}

static enum command_result do_code(const struct invocation *invocation, struct error *error)
{
	const char *path = invocation->args->value[1];
	bool python = strcmp(invocation->args->value[0], "python") == 0;
	if (path)
		return write_file(invocation, python ? CODE_PYTHON : CODE_C, path, error);
	if (invocation->session != invocation->app->current)
		app_select(invocation->app, invocation->session);
	app_toggle_page(invocation->app, python ? PAGE_PYTHON : PAGE_C);
	return true;
}

const struct command code_commands[] = {
	{
	        .name = "code",
	        .group = "looking",
	        .usage = "python|c [file]",
	        .help = "write the session as a program\n"
	                "The very calls with the very bytes, in blocking style, ready to run.\n"
	                "It ends where the peer ends or sends less than then: how much came is a "
	                "comment, and no call waits longer than LIMIT, which is set at its top.\n"
	                "Only a server waits for its first client without one.\n"
	                "Without a file it is shown.\n"
	                "A file that exists is overwritten by the same command again within 10 s, "
	                "or at once by /code!.",
	        .asks = true,
	        .needs = NEEDS_SESSION,
	        .run = do_code,
	},
	{ 0 },
};
