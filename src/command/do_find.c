// SPDX-License-Identifier: GPL-3.0-or-later
#include "command/handlers.h"

bool do_find(const struct invocation *invocation, struct error *error)
{
	const char *text = invocation->args->value[0];
	return app_find(invocation->app, text && *text ? text : NULL, false, error);
}
