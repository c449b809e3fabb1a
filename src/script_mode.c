// SPDX-License-Identifier: GPL-3.0-or-later
#include "script_mode.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/app.h"
#include "app/hosts.h"
#include "app/replay.h"
#include "base/clock.h"
#include "base/poller.h"
#include "base/text.h"
#include "command/queue.h"
#include "replay_mode.h"
#include "run.h"
#include "ui/headless.h"
#include "verdict_report.h"

static bool give_names(struct app *app, const struct options *options, struct error *error)
{
	struct error why;
	for (size_t i = 0; i < options->name_count; i++)
		if (!queue_give(app, options->names[i].name, options->names[i].value, &why)) {
			error_set(error, "--let: %s", why.text);
			return false;
		}
	return true;
}

/* ---- --check ---- */

static void print_mistake(void *context, const char *path, size_t line, const struct error *error)
{
	size_t *count = context;
	++*count;
	text_print(stderr, path, strlen(path));
	fprintf(stderr, ":%zu", line);
	if (error->column)
		fprintf(stderr, ":%zu", error->column);
	fputs(": ", stderr);
	text_print(stderr, error->text, strlen(error->text));
	fputc('\n', stderr);
}

static int check(const struct options *options)
{
	int status = EXIT_SUCCESS;
	struct error error;
	for (size_t i = 0; i < options->script_count; i++) {
		struct app app;
		size_t mistakes = 0;
		app_init(&app);
		if (!give_names(&app, options, &error) ||
		    !queue_check(&app, options->scripts[i], options->words, options->word_count,
		                 print_mistake, &mistakes, &error))
			mistakes = (size_t)run_fail(EXIT_USAGE, &error);
		status = mistakes ? EXIT_USAGE : status;
		queue_stop(&app);
		app_free(&app);
	}
	return status;
}

/* ---- running ---- */

struct runner {
	const struct options *options;
	struct verdict_report report;
	struct app app;
	struct ui *ui;
	bool logs; /* of -o have been begun */
};

/* Earlier messages are printed first. */
static void take_verdict(void *context, const struct verdict *verdict)
{
	struct runner *runner = context;
	runner->ui->draw(runner->ui, &runner->app);
	verdict_report_add(&runner->report, verdict);
}

/* The answers that have these flags, a line each. */
static void list_answers(const struct app *app, unsigned flags, const char *more, struct buf *out)
{
	const struct transcript *transcript = app->transcript;
	for (uint64_t at = transcript_first(transcript); at < transcript_end(transcript);
	     at = transcript_next(transcript, at)) {
		const struct entry *entry = transcript_at(transcript, at);
		if (entry->call != CALL_NOTE || !(entry->flags & ENTRY_ANSWER) ||
		    !(entry->flags & flags))
			continue;
		buf_append_text(out, out->len ? "\n" : "");
		buf_append(out, entry_payload(entry), entry->len);
	}
	if (*more)
		buf_printf(out, "%s%s", out->len ? "\n" : "", more);
}

/* A log that cannot be opened is no mistake of the script. */
static bool open_logs(struct runner *runner, struct error *error, int *status)
{
	bool open = run_open_logs(&runner->app, runner->options, runner->logs, 0, error);
	if (!open && !error->usage)
		*status = EXIT_FAILURE;
	runner->logs = true;
	return open;
}

struct source {
	const char *path;
	const char *text; /* NULL: it is in the file */
	size_t len;
};

static bool begin(struct app *app, const struct options *options, const struct source *source,
                  struct error *error)
{
	if (source->text)
		return queue_script_text(app, source->path, source->text, source->len, true, error);
	return queue_script(app, source->path, options->words, options->word_count, true, error);
}

static int run_one(struct runner *runner, const struct source *source)
{
	const struct options *options = runner->options;
	struct error error = { 0 };
	struct poller poller;
	struct app *app = &runner->app;
	int signal = 0, status = EXIT_USAGE;
	bool begun = false;
	poller_init(&poller);
	app_init(app);
	app->abandons = source->text != NULL;
	struct ui_hooks hooks = { .app = app, .interrupt = queue_interrupt };
	const struct queue_reporter reporter = { .verdict = take_verdict, .context = runner };
	runner->ui = headless_new(&hooks, options->verbose,
	                          options->tap         ? HEADLESS_COMMENTS
	                          : options->pipe.json ? HEADLESS_JSON
	                                               : HEADLESS_ANSWERS);
	verdict_report_suite(&runner->report, source->path);
	if (options->tap || options->junit)
		queue_report_to(app, &reporter);
	/* its processes copy whatever exists before them */
	if (options->sandbox && !hosts_start(app, &error))
		status = EXIT_FAILURE;
	else
		begun = run_apply(app, options, &error) &&
		        (!options->replay || replay_start(app, options->replay, REPLAY_SPEED_MAX,
		                                          clock_now(), &error)) &&
		        run_start_up_file(app, START_TARGETS, &error) &&
		        give_names(app, options, &error) && begin(app, options, source, &error) &&
		        open_logs(runner, &error, &status); /* which writes: all that may be
		                                             * wrong has been said */
	if (begun) {
		replay_mode_load(app);
		signal = run_loop(app, runner->ui, &poller);
		status = app->status;
	} else {
		runner->ui->draw(runner->ui, app);
		runner->ui->free(runner->ui);
		if (error.text[0])
			run_fail(status, &error);
	}
	struct buf wrong = { .max = SIZE_MAX }, said = { .max = SIZE_MAX };
	if (!begun || status == EXIT_USAGE)
		list_answers(app, ENTRY_ERROR, begun ? "" : error.text, &wrong);
	list_answers(app, ENTRY_SAID, "", &said);
	verdict_report_suite_end(&runner->report, wrong.len ? buf_text(&wrong) : NULL,
	                         buf_text(&said));
	buf_free(&wrong);
	buf_free(&said);
	if (signal) {
		verdict_report_end(&runner->report, &error);
		run_die_of(app, &poller, signal);
	}
	queue_stop(app);
	replay_stop(app);
	run_end_logs(app, &poller);
	status = status ? status : app->status;
	app_free(app);
	poller_done(&poller);
	return status;
}

int script_mode_run(const struct options *options)
{
	struct runner runner = { .options = options };
	struct error error;
	int status = EXIT_SUCCESS;
	if (options->check)
		return check(options);
	if (!verdict_report_begin(&runner.report, options->tap, options->junit, &error))
		return run_fail(EXIT_USAGE, &error);
	for (size_t i = 0; i < options->script_count; i++) {
		const struct source source = { .path = options->scripts[i] };
		int ended = run_one(&runner, &source);
		status = status ? status : ended;
		if (ended == EXIT_USAGE && options->tap) /* "Bail out!" says that nothing follows */
			break;
	}
	if (!verdict_report_end(&runner.report, &error))
		return run_fail(EXIT_FAILURE, &error);
	return status;
}

int script_mode_run_text(const struct options *options, const char *path, const char *text,
                         size_t len)
{
	const struct source source = { path, text, len };
	struct options tap = *options;
	struct runner runner = { .options = &tap };
	struct error error;
	tap.tap = true;
	if (!verdict_report_begin(&runner.report, true, NULL, &error))
		return run_fail(EXIT_USAGE, &error);
	int status = run_one(&runner, &source);
	if (!verdict_report_end(&runner.report, &error))
		return run_fail(EXIT_FAILURE, &error);
	return status;
}
