// SPDX-License-Identifier: GPL-3.0-or-later
#include "command/handlers.h"

#include <string.h>

static bool find_kind(const char *name, enum view_kind *kind)
{
	for (int i = 0; i < VIEW_KINDS; i++)
		if (strcmp(name, view_kind_name((enum view_kind)i)) == 0) {
			*kind = (enum view_kind)i;
			return true;
		}
	return false;
}

bool do_view(const struct invocation *invocation, struct error *error)
{
	struct app *app = invocation->app;
	const char *name = invocation->args->value[0];
	uint32_t session = session_number(invocation->session);
	struct view_mode look = app_view_mode(app, session);
	bool all = invocation->args->value[1];
	if (!name && !all) {
		app_next_view(app, session);
		return true;
	}
	if (name && !find_kind(name, &look.kind)) {
		error_set(error, "no such view: %.40s", name);
		return false;
	}
	look.all = all;
	if (look.kind == VIEW_LADDER && all) {
		error_set(error, "a ladder has two ends: /view trace all shows every session");
		return false;
	}
	app_set_look(app, session, look);
	return true;
}

bool do_fold(const struct invocation *invocation, struct error *error)
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
