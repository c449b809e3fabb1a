// SPDX-License-Identifier: GPL-3.0-or-later
#include "command/command.h"

#include "net/service.h"

static bool check_service(const struct args *args, struct error *error)
{
	return service_choose(args->value[0], error) || args_blame(args, 0, error);
}

static enum command_result do_service(const struct invocation *invocation, struct error *error)
{
	const struct service *service = service_choose(invocation->args->value[0], error);
	return service &&
	       sessions_set_service(invocation->app->sessions, invocation->session, service, error);
}

const struct command server_commands[] = {
	{
	        .name = "service",
	        .group = "servers",
	        .usage = "<service>",
	        .help = "choose what a server does with what it reads\n"
	                "The clients of a listener follow it, including those already connected.",
	        .needs = NEEDS_SESSION,
	        .acts = ACTS_ALWAYS,
	        .check = check_service,
	        .run = do_service,
	},
	{ 0 },
};
