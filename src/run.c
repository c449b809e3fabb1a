// SPDX-License-Identifier: GPL-3.0-or-later
#include "run.h"

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>

#include "app/auto_log.h"
#include "app/hosts.h"
#include "app/leave.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/poller.h"
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
	wanted.in_turn = options->nc;
	wanted.presets = options->presets;
	wanted.preset_count = options->preset_count;
	wanted.as_nc = options->nc;
	return wanted;
}

/* By the name of a target: what the command line sets wins over what the target has. */
static struct session *open_named(struct app *app, const struct options *options,
                                  const struct session_options *wanted, struct error *error)
{
	struct named_target named = *named_target_find(&app->targets, options->named);
	struct buf words = { .max = SIZE_MAX };
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
	struct session_options wanted = run_session_options(app, options);
	wanted.once = once;
	wanted.clients_most = options->nc ? 1 : 0;
	if (options->named && target != &options->proxy)
		return open_named(app, options, &wanted, error);
	return options->listen ? app_listen(app, target, &wanted, error)
	                       : app_open(app, target, &wanted, error);
}

static void loop(struct app *app, struct ui *ui, struct poller *poller)
{
	while (!app->quit) {
		poller_reset(poller);
		auto_log_prepare(app);
		app_prepare(app, poller);
		hosts_prepare(app, poller);
		leave_prepare(app, poller);
		queue_prepare(app, poller);
		ui->prepare(ui,
		            poller); /* after it, so that what it has reported is owed a frame */
		logs_prepare(app->logs, poller);
		poller_wait(poller);
		ui->serve(ui, poller);
		app_serve(app, poller);
		hosts_serve(app, poller);
		leave_serve(app);
		queue_serve(app, poller);
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

void run_frontend(struct app *app, struct ui *ui, struct poller *poller)
{
	loop(app, ui, poller);
	int signal = ui->signal;
	ui->free(ui);
	if (app->lost)
		error_print("%" PRIu64 " byte%s not sent", app->lost,
		            app->lost == 1 ? " was" : "s were");
	if (!signal)
		return;
	queue_stop(app);
	run_end_logs(app, poller);
	app_free(app); /* removes the paths of UNIX sockets */
	die_of(signal);
}
