// SPDX-License-Identifier: GPL-3.0-or-later
#include "command/command.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "command/wait.h"
#include "net/relay.h"

enum { TRANSPORT, LISTEN, TARGET, PORT, ON, AS };

static bool parse_listen(const struct args *args, struct target *target, struct error *error)
{
	const char *name = args->value[TRANSPORT];
	enum transport asked = TRANSPORT_TCP;
	if (name)
		transport_find(name, strlen(name), &asked);
	if (!target_parse(target, args->value[LISTEN], NULL, asked, true, error))
		return args_blame(args, LISTEN, error);
	if (!name || target->transport == asked)
		return true;
	error_usage(error, "\"%s\" and \"%.100s\" exclude each other: use one", name,
	            args->value[LISTEN]);
	return args_blame(args, LISTEN, error);
}

/* What the service takes: the address of a target that has a name, else as it was typed. The caller
 * frees it. */
static char *target_words(const struct named_targets *targets, const struct args *args)
{
	const char *word = args->value[TARGET], *port = args->value[PORT];
	const struct named_target *named = port ? NULL : named_target_find(targets, word);
	return named ? named_target_url(named) : xasprintf("%s%s%s", word, port ? " " : "", port ? port : "");
}

static bool check_relay(const struct args *args, struct error *error)
{
	struct target target;
	struct named_targets none = { 0 };
	if (!parse_listen(args, &target, error))
		return false;
	if (!args->value[PORT] && named_target_is_name(args->value[TARGET])) /* which it may be by then */
		return true;
	char *words = target_words(&none, args);
	struct serving *serving = relay_serving(words, &target, error);
	free(words);
	serving_release(serving);
	return serving || args_blame(args, args->value[PORT] ? PORT : TARGET, error);
}

static enum command_result do_relay(const struct invocation *invocation, struct error *error)
{
	struct app *app = invocation->app;
	const struct args *args = invocation->args;
	struct target target;
	struct session_options options = app->defaults;
	options.name = args->value[AS];
	if (!parse_listen(args, &target, error) ||
	    !command_choose_host(invocation, args->value[ON], &options.host, error))
		return false;
	char *words = target_words(&app->targets, args);
	options.serving = relay_serving(words, &target, error);
	free(words);
	if (!options.serving)
		return false;
	options.service = options.serving->service;
	uint64_t since = transcript_end(app->transcript);
	enum command_result result =
	        wait_for_opening(invocation, app_listen(app, &target, &options, error), since);
	serving_release(options.serving);
	return result;
}

const struct command relay_commands[] = {
	{
	        .name = "relay",
	        .group = "servers",
	        .usage = "[" TRANSPORT_NAMES
	                 "] <local-address> <address> [<port>] [on <host>] [as <name>]",
	        .help = "pass on what clients send to another address, and its answers back\n"
	                "/relay 7001 127.0.0.1:6379 listens at port 7001 of this machine, *:7001 at all "
	                "its addresses. A client and its connection to the target are a session each; "
	                "the second is named after both: :50522→:6379.\n"
	                "Streams go to streams, TCP or UNIX, and datagrams to datagrams, with a session "
	                "for each peer, at most 1024: /relay udp 5353 127.0.0.1:53, /relay unix:/tmp/x "
	                "127.0.0.1:80.\n"
	                "FIN is passed on as FIN, and RST as RST. A client can connect before the "
	                "target is asked; if the target is not reached, the client is reset.\n"
	                "Bytes are passed on, not segments. /fault works on relays, too.",
	        .acts = ACTS_ALWAYS,
	        .waits = true,
	        .check = check_relay,
	        .run = do_relay,
	},
	{ 0 },
};
