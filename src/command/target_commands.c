// SPDX-License-Identifier: GPL-3.0-or-later
#include <string.h>

#include "app/page.h"
#include "command/command.h"
#include "command/text_table.h"

static void list_targets(const struct invocation *invocation)
{
	char address[TARGET_HOST + TARGET_SERVICE + 4];
	struct app *app = invocation->app;
	struct text_table table;
	struct buf text = { .max = SIZE_MAX };
	text_table_begin(&table, 4);
	for (size_t i = 0; i < app->targets.count; i++) {
		const struct named_target *named = &app->targets.list[i];
		text_table_add(&table, "%s", named->name);
		text_table_add(&table, "%s", target_scheme(&named->target));
		text_table_add(&table, "%s", target_format(&named->target, address));
		text_table_add(&table, "%s", named->settings);
	}
	text_table_end(&table, &text);
	if (app->targets.count)
		page_answer(app, invocation->line, buf_text(&text));
	else
		app_note(app, "no target has a name: /target redis 127.0.0.1:6379 eol=crlf");
	buf_free(&text);
}

static bool show_target(const struct invocation *invocation, const char *name, struct error *error)
{
	char address[TARGET_HOST + TARGET_SERVICE + 4];
	const struct named_target *named = named_target_find(&invocation->app->targets, name);
	if (!named) {
		error_usage(error, "no target \"%.40s\": /target %.40s HOST:PORT names one", name, name);
		return false;
	}
	app_note(invocation->app, "%s: %s %s%s%s", name, target_scheme(&named->target),
	         target_format(&named->target, address), *named->settings ? ", " : "",
	         named->settings);
	return true;
}

/* The address, and the words after it: the settings. */
static bool read_address(const struct args *args, struct target *target, const char **words,
                         struct error *error)
{
	const char *address = args->value[2];
	char port[TARGET_SERVICE] = "";
	*words = args->value[3] ? args->value[3] : "";
	size_t len = strcspn(*words, BLANKS);
	bool whole = target_parse(target, address, NULL, TRANSPORT_TCP, false, error);
	if (!whole && len > 0 && len < sizeof port) { /* "127.0.0.1 6379" */
		memcpy(port, *words, len);
		port[len] = '\0';
		*words += len + strspn(*words + len, BLANKS);
	}
	return target_parse(target, address, *port ? port : NULL, TRANSPORT_TCP, false, error);
}

static bool check_target(const struct args *args, struct error *error)
{
	struct target target;
	const char *words;
	return args->value[1] || !args->value[2] ||
	       ((read_address(args, &target, &words, error) || args_blame(args, 2, error)) &&
	        named_target_check(args->value[0], words, error));
}

static enum command_result do_target(const struct invocation *invocation, struct error *error)
{
	struct app *app = invocation->app;
	const char *const *value = invocation->args->value;
	const char *name = value[0], *words;
	struct target target;
	if (!name) {
		list_targets(invocation);
		return true;
	}
	if (value[1] && !named_target_remove(&app->targets, name, error))
		return false;
	if (value[1])
		return true;
	if (!value[2])
		return show_target(invocation, name, error);
	return read_address(invocation->args, &target, &words, error) &&
	       named_target_set(&app->targets, name, &target, words, error) &&
	       (!app->attended || show_target(invocation, name, error));
}

const struct command target_commands[] = {
	{
	        .name = "target",
	        .group = "sessions",
	        .usage = "[<target>] [off] [<address>] [<settings...>]",
	        .help = "give an address a name, with settings\n"
	                "After \"/target redis 127.0.0.1:6379 eol=crlf\", \"/open redis\" opens a "
	                "session, and if that line is in the start-up file, so does \"sockpit "
	                "redis\".\n"
	                "The address is written as for /open: udp://127.0.0.1:53, unix:///path. "
	                "The settings are eol, view and timeout.\n"
	                "Lines typed for such a session have a history of their own.\n"
	                "Without an address: the target of that name; without a name: all of them. "
	                "off removes it.",
	        .check = check_target,
	        .run = do_target,
	},
	{ 0 },
};
