// SPDX-License-Identifier: GPL-3.0-or-later
#include "command/command.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "app/page.h"
#include "base/count.h"
#include "base/home.h"
#include "command/text_table.h"

static void add_session(struct text_table *table, const struct app *app, uint32_t number)
{
	const struct session *session = sessions_numbered(app->sessions, number);
	if (!number)
		text_table_add(table, "all");
	else
		text_table_add(table, "%u %s", (unsigned)number, session ? session_name(session) : "");
}

static void list_logs(const struct invocation *invocation)
{
	struct text_table table;
	struct buf text = { .max = SIZE_MAX };
	char count[COUNT_TEXT];
	const struct logs *logs = invocation->app->logs;
	if (!logs_count(logs)) {
		app_note(invocation->app, "no log: /log FILE begins one");
		return;
	}
	text_table_begin(&table, 5);
	static const char *const headings[] = { "log", "format", "session", "written", "pending" };
	for (size_t i = 0; i < sizeof headings / sizeof *headings; i++)
		text_table_add(&table, "%s", headings[i]);
	for (size_t i = 0; i < logs_count(logs); i++) {
		struct log_report report = logs_report(logs, i);
		text_table_add(&table, "%s", report.path);
		text_table_add(&table, "%s", report.format->name);
		add_session(&table, invocation->app, report.session);
		text_table_add(&table, "%s", count_format_bytes(report.written, count));
		text_table_add(&table, "%s%s", count_format_bytes(report.pending, count),
		               report.closing ? ", closing" : "");
	}
	text_table_end(&table, &text);
	page_answer(invocation->app, invocation->line, buf_text(&text));
	buf_free(&text);
}

static enum command_result wait_closed(struct app *app, struct wait *wait, bool over, struct error *error)
{
	(void)over;
	(void)error;
	return logs_is_closing(app->logs, wait->data) ? COMMAND_WAITING : COMMAND_DONE;
}

static void free_wait(struct wait *wait)
{
	free(wait->data);
}

/* Waits, so that the next line finds the file whole. */
static enum command_result close_logs(const struct invocation *invocation, const char *path,
                                      struct error *error)
{
	if (!logs_close(invocation->app->logs, path)) {
		error_set(error, path ? "log: %.150s is no log: /log lists them" : "there is no log", path);
		return COMMAND_FAILED;
	}
	*invocation->wait = (struct wait){
		.check = wait_closed,
		.answers = true, /* the log does */
		.free = free_wait,
		.data = path ? home_expand(path) : NULL,
	};
	return COMMAND_WAITING;
}

static void note_keys(struct app *app, const struct log_request *request)
{
	struct error ignored;
	if (key_log_is_on(app->key_log) && logs_choose_format(request, &ignored)->keys)
		app_note(app, "%s has the keys of TLS, too: whoever has it can read what was sent",
		         request->path);
}

static bool open_log(const struct invocation *invocation, struct error *error)
{
	const char *const *values = invocation->args->value;
	const char *how = values[1] ? values[1] : "";
	bool all = values[0];
	struct log_request request = {
		.path = values[2],
		.format = values[3] ? log_format_choose(values[3], error) : NULL,
		.past = !*how,
		.how = invocation->forced             ? LOG_FILE_REPLACE
		       : strcmp(how, "append") == 0 ? LOG_FILE_APPEND
		                                      : LOG_FILE_NEW,
		.has_terminal = invocation->app->on_terminal,
	};
	if (!all && !invocation->session && !app_need_session(invocation->app, error))
		return false;
	request.session = all ? 0 : session_number(invocation->session);
	if (logs_open(invocation->app->logs, &request, error)) {
		note_keys(invocation->app, &request);
		return true;
	}
	if (error->code == EEXIST)
		error_append(error, ": /log append continues it, /log! replaces it");
	return false;
}

static bool check_log(const struct args *args, struct error *error)
{
	const char *const *values = args->value;
	bool off = values[1] && strcmp(values[1], "off") == 0;
	struct log_request request = { .path = values[2], .session = !values[0] /* some number */ };
	if (off && (values[0] || values[3]))
		error_usage(error, "/log off takes at most the name of a file");
	else if (!off && !values[2] && (values[0] || values[1] || values[3]))
		error_usage(error, "log: the name of a file is missing");
	else if (off || !values[2])
		return true;
	else {
		request.format = values[3] ? log_format_choose(values[3], error) : NULL;
		if (values[3] && !request.format)
			return args_blame(args, 3, error);
		return logs_choose_format(&request, error) || args_blame(args, 2, error);
	}
	return false;
}

static enum command_result do_log(const struct invocation *invocation, struct error *error)
{
	const char *const *values = invocation->args->value;
	bool off = values[1] && strcmp(values[1], "off") == 0;
	if (off)
		return close_logs(invocation, values[2], error);
	if (values[2])
		return open_log(invocation, error);
	list_logs(invocation);
	return COMMAND_DONE;
}

const struct command log_commands[] = {
	{
	        .name = "log",
	        .group = "keeping",
	        .usage = "[all] [append|now|off] [<file>] [as <log-format>]",
	        .help = "write what happens to a file while it happens\n"
	                "Of the session, or of all: /log all FILE. A new file begins with what is "
	                "already in the transcript; with \"now\" it does not, and with \"append\" a log "
	                "that exists is continued from now on.\n"
	                "The ending of the name chooses the format, or \"as\" does.\n"
	                "/log off ends the log FILE, or all; /log alone lists them.",
	        .asks = true,
	        .waits = true,
	        .needs = TAKES_SESSION,
	        .check = check_log,
	        .run = do_log,
	},
	{ 0 },
};
