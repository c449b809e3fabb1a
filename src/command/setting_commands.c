// SPDX-License-Identifier: GPL-3.0-or-later
#include "command/command.h"

#include <string.h>

#include "app/hosts.h"
#include "app/page.h"
#include "command/text_table.h"
#include "net/sandbox.h"
#include "socket/sysctl.h"

/* A setting of a session has its value there, and the value for new sessions if that differs. */
static void print_setting(const struct invocation *invocation, const struct setting *setting,
                          struct buf *out)
{
	struct settings here = invocation->app->settings;
	struct buf fresh = { .max = SIZE_MAX };
	if (invocation->session)
		setting_take(setting, &here, invocation->session);
	setting_print(setting, &here, out);
	setting_print(setting, &invocation->app->settings, &fresh);
	if (strcmp(buf_text(out), buf_text(&fresh)) != 0)
		buf_printf(out, " (new sessions: %s)", buf_text(&fresh));
	buf_free(&fresh);
}

static void list_setting(struct text_table *table, const struct invocation *invocation,
                         const struct setting *setting)
{
	struct buf value = { .max = SIZE_MAX };
	print_setting(invocation, setting, &value);
	text_table_add(table, "%s", setting->name);
	text_table_add(table, "%s", buf_text(&value));
	text_table_add(table, "%s", setting->values);
	buf_free(&value);
}

/* Says for which sessions the setting holds now: "for session 1 and its clients", "for new
 * listeners". */
static void note_scope(const struct invocation *invocation, const struct setting *setting)
{
	struct app *app = invocation->app;
	const struct session *session = invocation->session;
	const char *kind = setting->of_listeners ? "listeners" : "sessions";
	struct settings here = app->settings;
	struct buf text = { .max = SIZE_MAX };
	bool has = setting_take(setting, &here, session);
	buf_printf(&text, "%s is ", setting->name);
	setting_print(setting, &here, &text);
	buf_append_text(&text, " for ");
	if (has)
		buf_printf(&text, "session %u%s", session_number(session),
		           session_has_clients(session) && !setting->of_listeners
		                   ? " and its clients"
		                   : "");
	if (!invocation->chosen)
		buf_printf(&text, "%snew %s%s", has ? ", and for " : "", kind,
		           sessions_count(app->sessions) > 1 ? "; others keep theirs" : "");
	app_note(app, "%s", buf_text(&text));
	buf_free(&text);
}

static bool change_setting(const struct invocation *invocation, const char *name, const char *value,
                           struct error *error)
{
	struct app *app = invocation->app;
	if (hosts_has_setting(name))
		return hosts_set(app, name, value, error);
	bool done = invocation->chosen
	                    ? app_set_session(app, invocation->session, name, value, error)
	                    : app_set(app, name, value, error);
	if (!done)
		return false;
	const struct setting *setting = setting_find(name, error);
	if (invocation->session && setting_is_of_session(setting))
		note_scope(invocation, setting);
	if (setting->report) {
		struct buf text = { .max = SIZE_MAX };
		setting->report(app->sessions, &text);
		app_note(app, "%s", buf_text(&text));
		buf_free(&text);
	}
	return true;
}

/* Adds the values on left and on right. False with one line, as where the kernel does not have it. */
static bool list_sysctl(struct text_table *table, const struct app *app, const char *name,
                        struct error *error)
{
	char value[HOST_COUNT][SANDBOX_SYSCTL_VALUE];
	for (enum host host = HOST_LEFT; host < HOST_COUNT; host++)
		if (!sandbox_get_sysctl(sessions_sandbox(app->sessions), host, name, value[host], error))
			return false;
	text_table_add(table, "%s", name);
	for (enum host host = HOST_LEFT; host < HOST_COUNT; host++)
		text_table_add(table, "%s", value[host]);
	return true;
}

static bool show_sysctls(const struct invocation *invocation, const char *name, struct error *error)
{
	const char *only;
	struct text_table table;
	struct buf text = { .max = SIZE_MAX };
	if (!hosts_find(invocation->app, name, &only, error))
		return false;
	text_table_begin(&table, 3);
	text_table_add(&table, "sysctl");
	for (enum host host = HOST_LEFT; host < HOST_COUNT; host++)
		text_table_add(&table, "%s", host_name(host));
	bool good = !only || list_sysctl(&table, invocation->app, only, error);
	for (const struct sysctl *sysctl = sysctl_table; !only && sysctl->name; sysctl++)
		list_sysctl(&table, invocation->app, sysctl->name, error);
	text_table_end(&table, &text);
	if (good)
		page_answer(invocation->app, invocation->line, buf_text(&text));
	buf_free(&text);
	return good;
}

/* What a sysctl may be is known only in the sandbox. */
static bool check_set(const struct args *args, struct error *error)
{
	struct settings settings = { 0 };
	const char *name = args->value[0], *value = args->value[1];
	if (name && hosts_has_setting(name))
		return hosts_check(name, value, error) || args_blame(args, 0, error);
	if (!name)
		return true;
	const struct setting *setting = setting_find(name, error);
	if (!setting)
		return args_blame(args, 0, error);
	return !value || setting_set(setting, &settings, value, error) ||
	       args_blame(args, 1, error);
}

static enum command_result do_set(const struct invocation *invocation, struct error *error)
{
	struct app *app = invocation->app;
	const char *name = invocation->args->value[0], *value = invocation->args->value[1];
	if (value)
		return change_setting(invocation, name, value, error);
	if (name && hosts_has_setting(name))
		return show_sysctls(invocation, name, error);
	const struct setting *only = name ? setting_find(name, error) : NULL;
	if (name && !only)
		return false;
	struct text_table table;
	text_table_begin(&table, 3);
	for (const struct setting *setting = setting_table; setting->name; setting++)
		if (!only || setting == only)
			list_setting(&table, invocation, setting);
	struct buf text = { .max = SIZE_MAX };
	text_table_end(&table, &text);
	if (only && only->report) {
		buf_append_text(&text, "\n");
		only->report(app->sessions, &text);
	}
	page_answer(app, invocation->line, buf_text(&text));
	buf_free(&text);
	return COMMAND_DONE;
}

const struct command setting_commands[] = {
	{
	        .name = "set",
	        .group = "keeping",
	        .usage = "[<setting>] [<value>]",
	        .help = "show the settings, or change one\n"
	                "/help set explains them.\n"
	                "With @session, a setting that belongs to a session is set for that one "
	                "only.\n"
	                "In the sandbox a sysctl of a host is set like this: /set left.tcp_fastopen 3, "
	                "/set both.tcp_sack 0; /set left shows them, /help sysctls explains them. Quote a "
	                "value of several words.",
	        .needs = TAKES_SESSION,
	        .check = check_set,
	        .run = do_set,
	},
	{ 0 },
};
