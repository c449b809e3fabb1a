// SPDX-License-Identifier: GPL-3.0-or-later
#include "command/recent_hosts.h"

#include <string.h>

#include "command/command.h"

#define BLANKS " \t\n"

struct visitor {
	bool listened;
	recent_hosts_visit *visit;
	void *context;
};

/* What of a line was a slip is not offered again. */
static void visit_words(const struct visitor *visitor, const char *address, const char *port)
{
	struct target target;
	struct error ignored;
	if (!address && !port)
		return;
	if (target_parse(&target, address ? address : port, address ? port : NULL, TRANSPORT_TCP,
	                 visitor->listened, &ignored) &&
	    strcmp(target.service, "0") != 0)
		visitor->visit(visitor->context, address ? address : "", port);
}

/* "/open tcp example.org 80 as web" */
static void visit_line(const struct visitor *visitor, const char *line)
{
	struct error ignored;
	struct args args;
	struct element elements[GRAMMAR_MAX];
	size_t len = strcspn(line, BLANKS);
	if (line[0] != '/' || len < 2)
		return;
	const struct command *command = command_find(line + 1, len - 1, &ignored);
	if (!command)
		return;
	size_t count = grammar_elements(command->usage, elements), address = count, port = count;
	for (size_t i = 0; i < count; i++) {
		bool local = strcmp(elements[i].name, "local-address") == 0;
		if (visitor->listened ? local : strcmp(elements[i].name, "address") == 0)
			address = i;
		if (strcmp(elements[i].name, "port") == 0)
			port = i;
	}
	if (address == count || port == count)
		return;
	const char *rest = line + len + (line[len] != '\0');
	if (*rest == '@' && command->needs != NEEDS_NOTHING)
		rest += strcspn(rest, BLANKS);
	if (!grammar_match(command->name, command->usage, rest, &args, &ignored))
		return;
	visit_words(visitor, args.value[address], args.value[port]);
	args_free(&args);
}

static void visit_session(const struct visitor *visitor, const struct session *session)
{
	const struct target *target = session_target(session);
	if (target && target->service[0] && session_is_server(session) == visitor->listened)
		visit_words(visitor, target->host[0] ? target->host : NULL, target->service);
}

void recent_hosts_each(const struct app *app, bool listened, recent_hosts_visit *visit,
                       void *context)
{
	struct visitor visitor = { listened, visit, context };
	const char *line;
	for (size_t i = sessions_count(app->sessions); i-- > 0;)
		visit_session(&visitor, sessions_at(app->sessions, i));
	for (size_t i = 0; app->past && (line = app->past(i)); i++)
		visit_line(&visitor, line);
}
