// SPDX-License-Identifier: GPL-3.0-or-later
/* Who may be a client of a listener: /allow, /deny. */
#include "command/command.h"

#include <stdlib.h>
#include <string.h>

/* Applies "10.0.0.0/8 ::1", or "all", to the rules. */
static bool change_rules(const char *line, bool allows, struct network_rules *rules,
                         struct error *error)
{
	char *word;
	bool good = true;
	while (good && (word = word_take(&line))) {
		struct network network;
		if (strcmp(word, "all") == 0)
			network_rules_reset(rules, allows);
		else
			good = network_parse(word, &network, error) &&
			       network_rules_add(rules, &network, allows, error);
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

static enum command_result do_rules(const struct invocation *invocation, struct error *error)
{
	struct session *session = invocation->session;
	const struct session_limits *limits = session_limits(session);
	const char *words = invocation->args->value[0];
	unsigned number = (unsigned)session_number(session);
	if (!limits || transport_is_unix(session_transport(session))) {
		error_set(error, "session %u is no TCP listener: /%s @NAME chooses one", number,
		          invocation->command->name);
		return false;
	}
	struct session_limits wanted = *limits;
	bool allows = strcmp(invocation->command->name, "allow") == 0;
	if (words && !change_rules(words, allows, &wanted.rules, error))
		return false;
	struct buf text = { .max = SIZE_MAX };
	session_set_limits(session, &wanted);
	network_rules_print(&wanted.rules, &text);
	app_note(invocation->app, "session %u accepts %s", number, buf_text(&text));
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
	                "10.0.0.0/8, 192.168.1.7, 2001:db8::/32; several are separated by blanks. "
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
