// SPDX-License-Identifier: GPL-3.0-or-later
#include "command/command.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "net/service.h"

static const struct service *parse(const struct args *args, struct serving **serving,
                                   struct error *error)
{
	const char *name = args->value[0], *words = args->value[1];
	char *text = xasprintf("%s %s", name, words ? words : "");
	const struct service *service = service_parse(text, serving, error);
	free(text);
	if (!service)
		args_blame(args, words && service_find(name) ? 1 : 0, error);
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

const struct command service_commands[] = {
	{
	        .name = "service",
	        .group = "servers",
	        .usage = "<service> [<words...>]",
	        .help = "choose what a server does with what it reads\n"
	                "The clients of a listener follow it, including those already connected: they "
	                "are served as if they had come only now.\n"
	                "Some services take words, see /help reply; /listen and --service take them with "
	                "the name in one quoted word. After any of them, iterative says "
	                "that a listener has one client at a time: the next one is accepted when that "
	                "one has ended, and the others wait in its queue.\n"
	                "What a service has to send waits, at most 256 KiB for each client, and "
	                "meanwhile a client that does not read is not read from.",
	        .needs = NEEDS_SESSION,
	        .acts = ACTS_ALWAYS,
	        .check = check_service,
	        .run = do_service,
	},
	{ 0 },
};
