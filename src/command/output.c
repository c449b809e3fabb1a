// SPDX-License-Identifier: GPL-3.0-or-later
#include "command/output.h"

#include "base/buf.h"

/* The same words are the same question: another language for the same file is another one. */
static bool confirmed(const struct invocation *invocation)
{
	struct buf words = { .max = SIZE_MAX };
	for (size_t i = 0; i < GRAMMAR_MAX; i++)
		buf_printf(&words, " %s",
		           invocation->args->value[i] ? invocation->args->value[i] : "");
	bool again = app_confirmed(invocation->app, "%s %u%s", invocation->command->name,
	                           (unsigned)session_number(invocation->session), buf_text(&words));
	buf_free(&words);
	return again;
}

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
	if (confirmed(invocation))
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
