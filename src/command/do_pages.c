// SPDX-License-Identifier: GPL-3.0-or-later
#include "command/command.h"

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

static enum command_result do_info(const struct invocation *invocation, struct error *error)
{
	(void)error;
	return turn(invocation, PAGE_INFO);
}

static enum command_result do_states(const struct invocation *invocation, struct error *error)
{
	(void)error;
	return turn(invocation, PAGE_STATES);
}

static enum command_result do_stream(const struct invocation *invocation, struct error *error)
{
	(void)error;
	return turn(invocation, PAGE_STREAM);
}

const struct command page_commands[] = {
	{
	        .name = "info",
	        .letter = 'i',
	        .group = "looking",
	        .usage = "",
	        .help = "show the kernel's view of the connection\n"
	                "State, timer, windows, queues, what was sent again, and what sending "
	                "waits for;\n"
	                "round trip and congestion window where the peer is another machine.\n"
	                "* is read from the kernel, o counted around calls, ? deduced.\n"
	                "The page changes with it; F5 or the same command closes it.",
	        .needs = NEEDS_SESSION,
	        .run = do_info,
	},
	{
	        .name = "states",
	        .group = "looking",
	        .usage = "",
	        .help = "show the TCP state diagram with the session on it\n"
	                "Also the other end, where that is a session of ours, and whose step is "
	                "next.\n"
	                "F6 or the same command closes it.",
	        .needs = NEEDS_SESSION,
	        .run = do_states,
	},
	{
	        .name = "stream",
	        .group = "looking",
	        .usage = "",
	        .help = "show the stream as rulers: calls, segments, calls\n"
	                "Of the newest bytes sent: which send() they came from, how they left, "
	                "which recv() got\n"
	                "them. F7 or the same command closes it.",
	        .needs = NEEDS_SESSION,
	        .run = do_stream,
	},
	{ 0 },
};
