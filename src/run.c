// SPDX-License-Identifier: GPL-3.0-or-later
#include "run.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>

#include "app/auto_log.h"
#include "app/hosts.h"
#include "app/leave.h"
#include "app/replay.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/poller.h"
#include "command/lesson_run.h"
#include "command/queue.h"

int run_usage_status(const struct options *options)
{
	return options->nc ? 1 : EXIT_USAGE;
}

int run_fail(int status, const struct error *error)
{
	error_print("%s", error->text);
	return status;
}

struct session_options run_session_options(const struct app *app, const struct options *options)
{
	struct session_options wanted = app->defaults;
	wanted.local_host = options->local_host;
	wanted.local_port = options->local_port;
	wanted.service = options->service;
	wanted.serving = options->serving;
	wanted.in_turn = options->nc;
	wanted.presets = options->presets;
	wanted.preset_count = options->preset_count;
	wanted.as_nc = options->nc;
	wanted.tls = &options->tls_settings;
	return wanted;
}

/* By the name of a target: what the command line sets wins over what the target has. */
static struct session *open_named(struct app *app, const struct options *options,
                                  const struct session_options *wanted, struct error *error)
{
	struct named_target named = *named_target_find(&app->targets, options->named);
	struct buf words = { .max = SIZE_MAX };
	named.target.tls = named.target.tls || options->tls;
	buf_append_text(&words, named.settings);
	for (size_t i = 0; i < options->setting_count; i++) {
		const struct setting *setting = setting_find(options->settings[i].name, error);
		if (setting && named_target_may_have(setting))
			buf_printf(&words, " %s=%s", setting->name, options->settings[i].value);
	}
	named.settings = xstrdup(buf_text(&words));
	buf_free(&words);
	struct session *session = app_open_named(app, &named, wanted, error);
	free(named.settings);
	return session;
}

struct session *run_open(struct app *app, const struct options *options,
                         const struct target *target, bool once, struct error *error)
{
	struct session_limits limits = { .clients = options->nc ? 1 : 0, .rules = options->rules };
	struct session_options wanted = run_session_options(app, options);
	wanted.once = once;
	wanted.limits = &limits;
	if (options->named && !options->relay && target != &options->proxy)
		return open_named(app, options, &wanted, error);
	return options->listen ? app_listen(app, target, &wanted, error)
	                       : app_open(app, target, &wanted, error);
}

static bool set(struct app *app, const char *name, const char *value, struct error *error)
{
	return hosts_has_setting(name) ? hosts_set(app, name, value, error)
	                               : app_set(app, name, value, error);
}

bool run_apply(struct app *app, const struct options *options, struct error *error)
{
	for (size_t i = 0; i < options->setting_count; i++)
		if (!set(app, options->settings[i].name, options->settings[i].value, error))
			return false;
	if (options->nc || options->probe)
		app_set(app, "kernel", "off", error); /* nobody looks at it */
	app->defaults.family = options->family;
	app->defaults.numeric = options->numeric;
	app->defaults.broadcast = options->broadcast;
	if (options->timeout)
		app->settings.timeout = options->timeout;
	return true;
}

/* A format for one session is refused where there may be several. */
static bool check_log(const struct log_request *request, struct error *error)
{
	if (logs_choose_format(request, error))
		return true;
	const struct log_format *format =
	        request->format ? request->format : log_format_of_path(request->path);
	if (format && format->one_session)
		error_append(error, ", and here there may be several: /log %s logs one",
		             request->path);
	return false;
}

bool run_open_logs(struct app *app, const struct options *options, bool again, uint32_t only,
                   struct error *error)
{
	struct log_request request = {
		.format = options->log_format,
		.past = true,
		.how = again || options->pipe.append_output ? LOG_FILE_APPEND : LOG_FILE_NEW,
		.has_terminal = app->on_terminal,
	};
	const struct log_request printed = {
		.path = "/dev/stdout", .format = &json_log_format, .past = true
	};
	for (size_t i = 0; i < options->log_count; i++) {
		request.path = options->logs[i];
		request.session = only;
		if (!check_log(&request, error))
			return false;
	}
	for (size_t i = 0; i < options->log_count; i++) {
		request.path = options->logs[i];
		request.session = logs_choose_format(&request, error)->one_session ? only : 0;
		if (logs_open(app->logs, &request, error))
			continue;
		if (error->code == EEXIST)
			error_append(error, ": --append-output continues it");
		return false;
	}
	return !options->pipe.json || logs_open(app->logs, &printed, error);
}

static char *start_up_file(void)
{
	const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	if (config && *config == '/')
		return xasprintf("%s/sockpit/sockpitrc", config);
	return home ? xasprintf("%s/.config/sockpit/sockpitrc", home) : NULL;
}

bool run_start_up_file(struct app *app, enum start_lines lines, struct error *error)
{
	char *path = start_up_file();
	bool good = !path || queue_start(app, path, lines, error);
	free(path);
	return good;
}

static void loop(struct app *app, struct ui *ui, struct poller *poller)
{
	while (!app->quit) {
		poller_reset(poller);
		auto_log_prepare(app);
		app_prepare(app, poller);
		hosts_prepare(app, poller);
		leave_prepare(app, poller);
		replay_prepare(app, poller);
		queue_prepare(app, poller);
		lesson_run_prepare(app, poller);
		ui->prepare(ui,
		            poller); /* after it, so that what it has reported is owed a frame */
		logs_prepare(app->logs, poller);
		poller_wait(poller);
		ui->serve(ui, poller);
		replay_serve(app, clock_now());
		app_serve(app, poller);
		hosts_serve(app, poller);
		leave_serve(app);
		app_reap(app);
		queue_serve(app, poller);
		lesson_run_serve(app);
		ui->draw(ui, app);
		app_reap(app);
	}
}

/* So that whoever started us sees what ended us. */
static void die_of(int signal)
{
	struct sigaction action = { .sa_handler = SIG_DFL };
	sigaction(signal, &action, NULL);
	raise(signal);
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, signal);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

void run_end_logs(struct app *app, struct poller *poller)
{
	struct error error;
	bool good = logs_drain(app->logs, poller, &error);
	if (!good)
		error_print("%s", error.text);
	if (!app->status && (!good || app->log_failed))
		app->status = EXIT_FAILURE;
}

int run_loop(struct app *app, struct ui *ui, struct poller *poller)
{
	loop(app, ui, poller);
	int signal = ui->signal;
	ui->free(ui);
	const char *lost = app->lost == 1 ? " was" : "s were";
	if (app->lost && app->held_up_by)
		error_print("%" PRIu64 " byte%s not sent: session %" PRIu32 " is paused", app->lost, lost,
		            app->held_up_by);
	else if (app->lost)
		error_print("%" PRIu64 " byte%s not sent", app->lost, lost);
	return signal;
}

void run_die_of(struct app *app, struct poller *poller, int signal)
{
	lesson_run_end(app);
	queue_stop(app);
	replay_stop(app);
	run_end_logs(app, poller);
	app_free(app); /* removes the paths of UNIX sockets */
	die_of(signal);
}

void run_frontend(struct app *app, struct ui *ui, struct poller *poller)
{
	int signal = run_loop(app, ui, poller);
	if (signal)
		run_die_of(app, poller, signal);
}
