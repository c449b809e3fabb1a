// SPDX-License-Identifier: GPL-3.0-or-later
#include "command/command.h"

#include "net/service.h"

static const struct service *parse(const struct args *args, struct serving **serving,
                                   struct error *error)
{
	const char *words = args->value[1];
	const struct service *service =
	        service_parse(args->value[0], words ? words : "", serving, error);
	if (!service)
		args_blame(args, words && service_find(args->value[0]) ? 1 : 0, error);
	return service;
}

static bool check_service(const struct args *args, struct error *error)
{
	struct serving *serving = NULL;
	bool good = parse(args, &serving, error) != NULL;
	serving_release(serving);
	return good;
}

static enum command_result do_service(const struct invocation *invocation, struct error *error)
{
	struct serving *serving = NULL;
	const struct service *service = parse(invocation->args, &serving, error);
	bool done = service && sessions_set_service(invocation->app->sessions, invocation->session,
	                                            service, serving, error);
	serving_release(serving);
	return done;
}

const struct command server_commands[] = {
	{
	        .name = "service",
	        .group = "servers",
	        .usage = "<service> [<words...>]",
	        .help = "choose what a server does with what it reads\n"
	                "The clients of a listener follow it, including those already connected.",
	        .needs = NEEDS_SESSION,
	        .acts = ACTS_ALWAYS,
	        .check = check_service,
	        .run = do_service,
	},
	{ 0 },
};
