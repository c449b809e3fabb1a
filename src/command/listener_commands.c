// SPDX-License-Identifier: GPL-3.0-or-later
/* Who may be a client of a listener: /allow, /deny. */
#include "command/command.h"

#include <stdlib.h>
#include <string.h>

/* Applies "10.0.0.0/8 ::1", or "all". */
static bool change_rules(const char *line, bool allows, struct network_rules *rules,
                         struct error *error)
{
	char *word;
	bool good = true;
	while (good && (word = word_take(&line))) {
		good = network_rules_read(rules, word, allows, error);
		free(word);
	}
	if (good && *line)
		error_usage(error, "a quote does not end: %.60s", line);
	return good && !*line;
}

static bool check_rules(const struct args *args, struct error *error)
{
	struct network_rules rules = { 0 };
	return !args->value[0] || change_rules(args->value[0], true, &rules, error) ||
	       args_blame(args, 0, error);
}

static bool refuse(const struct invocation *invocation, struct error *error)
{
	const struct session *session = invocation->session;
	enum transport transport = session_transport(session);
	unsigned number = (unsigned)session_number(session);
	if (transport_is_unix(transport))
		error_set(error,
		          "session %u is %s: who writes to a path is in no network; its permissions "
		          "choose",
		          number, transport_title(transport));
	else if (session_has_peers(session))
		error_set(error,
		          "session %u is UDP: a datagram asks for no connection that could be "
		          "refused, so every sender is heard",
		          number);
	else
		error_set(error, "session %u is not a TCP listener: /%s @NAME chooses one", number,
		          invocation->command->name);
	return false;
}

static enum command_result do_rules(const struct invocation *invocation, struct error *error)
{
	struct session *session = invocation->session;
	const struct session_limits *limits = session_limits(session);
	const char *words = invocation->args->value[0];
	if (!limits || transport_is_unix(session_transport(session)))
		return refuse(invocation, error);
	struct session_limits wanted = *limits;
	bool allows = strcmp(invocation->command->name, "allow") == 0;
	if (words && !change_rules(words, allows, &wanted.rules, error))
		return false;
	struct buf text = { .max = SIZE_MAX };
	session_set_limits(session, &wanted);
	network_rules_print(&wanted.rules, &text);
	app_note(invocation->app, "session %u accepts %s", (unsigned)session_number(session),
	         buf_text(&text));
	buf_free(&text);
	return true;
}

#define RULES_HELP                                                                                 \
	"The narrowest network that holds the address of a client decides. Where any network is "  \
	"allowed, a client that is in none is refused. all forgets the networks.\n"                \
	"To allow a network that was denied takes the denial back, and the other way round. "     \
	"Open sessions stay.\n"                                                                   \
	"The kernel connects every client before accept() returns, so a refused one is accepted " \
	"and reset at once: it meets ECONNRESET, and not ECONNREFUSED.\n"                          \
	"Without a network it says which clients are accepted."

const struct command listener_commands[] = {
	{
	        .name = "allow",
	        .group = "servers",
	        .usage = "[<network...>]",
	        .help = "accept clients only from these networks\n"
	                "10.0.0.0/8, 192.168.1.7, 2001:db8::/32; several are separated by blanks or commas. "
	                RULES_HELP,
	        .needs = NEEDS_SESSION,
	        .acts = ACTS_WITH_VALUE,
	        .check = check_rules,
	        .run = do_rules,
	},
	{
	        .name = "deny",
	        .group = "servers",
	        .usage = "[<network...>]",
	        .help = "reset clients from these networks\n"
	                "/help allow explains which network decides.",
	        .needs = NEEDS_SESSION,
	        .acts = ACTS_WITH_VALUE,
	        .check = check_rules,
	        .run = do_rules,
	},
	{ 0 },
};
