// SPDX-License-Identifier: GPL-3.0-or-later
#include "command/handlers.h"

/* Of another session than the one that is shown: that one is shown from now on, and its page. */
static bool turn(const struct invocation *invocation, enum page page)
{
	struct app *app = invocation->app;
	if (invocation->session != app->current) {
		app_select(app, invocation->session);
		app->page = PAGE_NONE;
	}
	app_toggle_page(app, page);
	return true;
}

bool do_info(const struct invocation *invocation, struct error *error)
{
	(void)error;
	return turn(invocation, PAGE_INFO);
}

bool do_states(const struct invocation *invocation, struct error *error)
{
	(void)error;
	return turn(invocation, PAGE_STATES);
}

bool do_stream(const struct invocation *invocation, struct error *error)
{
	(void)error;
	return turn(invocation, PAGE_STREAM);
}
