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
	                "The clients of a listener get it, too; those that are connected already are "
	                "served as if they had just connected.\n"
	                "A service may take words: /help reply. After any service, iterative: a "
	                "listener accepts the next client when the present one has ended, and the "
	                "others wait in the queue that /info shows.\n"
	                "/listen and --service take a service with its words as one quoted word: "
	                "/listen 8080 'reply hi \"ho\"'.\n"
	                "At most 256 KiB wait for a client. While bytes wait for it, it is not read "
	                "from.",
	        .needs = NEEDS_SESSION,
	        .acts = ACTS_ALWAYS,
	        .check = check_service,
	        .run = do_service,
	},
	{ 0 },
};
