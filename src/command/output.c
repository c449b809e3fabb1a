// SPDX-License-Identifier: GPL-3.0-or-later
#include "command/output.h"

static bool may_overwrite(const struct invocation *invocation, const char *path,
                          struct error *error)
{
	const char *command = invocation->command->name;
	if (invocation->forced || !savefile_exists(path))
		return true;
	if (!invocation->app->attended) {
		error_set(error, "%s: %.150s exists: /%s! overwrites it", command, path, command);
		return false;
	}
	if (app_confirmed(invocation->app, "%s %u %s", command,
	                  (unsigned)session_number(invocation->session), path))
		return true;
	error_set(error, "%.150s exists: the same command again within %d s overwrites it", path,
	          ASK_SECONDS);
	return false;
}

bool output_begin(const struct invocation *invocation, const char *path, struct savefile *save,
                  struct error *error)
{
	return may_overwrite(invocation, path, error) && savefile_begin(save, path, error);
}
