// SPDX-License-Identifier: GPL-3.0-or-later
#include "command/command.h"

#include <stdlib.h>
#include <string.h>

#include "app/session_address.h"
#include "base/alloc.h"
#include "command/wait.h"
#include "net/relay.h"

enum { TRANSPORT, LISTEN, TARGET, PORT, ON, AS };

static bool parse_listen(const struct args *args, struct target *target, struct error *error)
{
	return target_parse_words(target, args->value[TRANSPORT], args->value[LISTEN], NULL, true,
	                          error) ||
	       args_blame(args, LISTEN, error);
}

static bool may_be_session(const struct args *args)
{
	return !args->value[PORT] && session_address_is_name(args->value[TARGET]);
}

/* The address of one of our sessions, as a URL; *host is where to start. The caller frees it; NULL
 * with one line. */
static char *session_url(struct app *app, const char *word, enum host *host, struct error *error)
{
	struct named_target own = { 0 };
	struct endpoint addr;
	const struct session *session = session_address_find(app, word, error);
	if (!session || !session_address_get(session, app->defaults.family, host, &addr, error))
		return NULL;
	target_set_endpoint(&own.target, &addr, session_transport(session));
	return named_target_url(&own);
}

/* As it was typed. The caller frees it. */
static char *typed_words(const struct args *args)
{
	const char *port = args->value[PORT];
	return xasprintf("%s%s%s", args->value[TARGET], port ? " " : "", port ? port : "");
}

/* Where to: an address, a target that has a name, or one of our sessions. */
static struct serving *find_target(struct app *app, const struct args *args,
                                   const struct target *listening, enum host *host,
                                   struct error *error)
{
	const char *word = args->value[TARGET];
	const struct named_target *named =
	        args->value[PORT] ? NULL : named_target_find(&app->targets, word);
	char *words = named ? named_target_url(named) : typed_words(args);
	struct serving *serving = relay_serving(words, listening, error);
	free(words);
	if (serving || named || !may_be_session(args))
		return serving;
	words = session_url(app, word, host, error);
	serving = words ? relay_serving(words, listening, error) : NULL;
	free(words);
	return serving;
}

static bool check_relay(const struct args *args, struct error *error)
{
	struct target target;
	if (!parse_listen(args, &target, error))
		return false;
	if (may_be_session(args)) /* or a target that has a name by then */
		return true;
	char *words = typed_words(args);
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
	options.serving = find_target(app, args, &target, &options.host, error);
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
	        .usage = "[" TARGET_SCHEMES
	                 "] <local-address> <address> [<port>] [on <host>] [as <name>]",
	        .help = "pass on what clients send to another address, and its answers back\n"
	                "/relay 7001 127.0.0.1:6379 listens at port 7001 of this machine, *:7001 "
	                "at all "
	                "its addresses. A client and its connection to the target are a session "
	                "each; "
	                "the second is named after both: :50522→:6379.\n"
	                "Streams go to streams, TCP or UNIX, and datagrams to datagrams, with a "
	                "session "
	                "for each peer, at most 1024: /relay udp 5353 127.0.0.1:53, /relay "
	                "unix:/tmp/x "
	                "127.0.0.1:80.\n"
	                "TLS is on either side, or on both: /relay tls 8443 127.0.0.1:8080, /relay 8080 "
	                "tls://example.org:443.\n"
	                "Instead of the address of the target there may be a session with one, as "
	                "with /open: /relay 7001 S.\n"
	                "FIN is passed on as FIN, and RST as RST. A client can connect before the "
	                "target is asked; if the target is not reached, the client is reset.\n"
	                "Bytes are passed on, not segments. /fault works on relays, too.",
	        .acts = ACTS_ALWAYS,
	        .waits = true,
	        .takes_name = true,
	        .check = check_relay,
	        .run = do_relay,
	},
	{ 0 },
};
