// SPDX-License-Identifier: GPL-3.0-or-later
/* The table of contents: options, the app, the frontend for a person, a script or a pipe. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/app.h"
#include "app/hosts.h"
#include "app/replay.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/descriptor.h"
#include "base/locale.h"
#include "base/poller.h"
#include "command/command.h"
#include "command/complete.h"
#include "command/lesson_run.h"
#include "command/manual.h"
#include "command/queue.h"
#include "completion.h"
#include "grade_mode.h"
#include "lesson_mode.h"
#include "options.h"
#include "pipe_mode.h"
#include "replay_mode.h"
#include "record/transcript.h"
#include "run.h"
#include "script_mode.h"
#include "ui/lines.h"
#include "ui/plain.h"
#include "ui/window.h"

/* A descriptor that was closed for us would become a socket, and then be read as standard input.
 * What takes its place fails as it would have: EBADF. */
static void fill_standard_descriptors(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 &&
		    open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
			abort();
}

/* What was wrong in the start-up file: pipe mode shows no notes. */
static void print_errors(const struct app *app)
{
	const struct transcript *transcript = app->transcript;
	for (uint64_t at = transcript_first(transcript); at != TRANSCRIPT_NONE;
	     at = transcript_next(transcript, at)) {
		const struct entry *entry = transcript_at(transcript, at);
		if (entry->call == CALL_NOTE && entry->flags & ENTRY_ERROR)
			error_print("%.*s", (int)entry->len, entry_payload(entry));
	}
}

static struct ui *person_ui(struct app *app, const struct options *options, struct error *error)
{
	struct ui_hooks hooks = { .app = app,
		                  .line = lesson_run_type,
		                  .key = queue_press,
		                  .interrupt = queue_interrupt,
		                  .hides = command_hides,
		                  .complete = complete_word };
	struct error why;
	if (!app->on_terminal)
		return lines_new(&hooks);
	struct ui *ui = options->plain ? NULL : window_new(&hooks, &why);
	if (ui)
		return ui;
	ui = plain_new(&hooks, error);
	if (ui && !options->plain)
		app_error(app, "plain mode: %s", why.text);
	return ui;
}

/* What was wrong before there was a session is repeated once the pane shows one. */
static void repeat_errors(struct app *app)
{
	const struct transcript *transcript = app->transcript;
	uint64_t end = transcript_end(transcript);
	for (uint64_t at = transcript_first(transcript); at < end;
	     at = transcript_next(transcript, at)) {
		const struct entry *entry = transcript_at(transcript, at);
		if (entry->session || entry->call != CALL_NOTE || !(entry->flags & ENTRY_ERROR))
			continue;
		char *text = xstrndup(entry_payload(entry), entry->len);
		app_error(app, "%s", text);
		free(text);
	}
}

static bool begin_lesson(struct app *app, const struct options *options, struct error *error)
{
	app->lesson.project = options->project;
	app->attended = true; /* who gave the option takes it */
	if (options->word_count == 0)
		return queue_press(app, "/lesson", error);
	return lesson_run_start_words(app, options->words, options->word_count, options->record, error);
}

/* `refused`: why there is no sandbox; empty if it was not asked for. */
static void begin_for_person(struct app *app, const struct options *options,
                             const struct error *refused)
{
	struct error error;
	if (refused->text[0])
		app_error(app, "%s", refused->text);
	if (!run_start_up_file(app, options->named ? START_REST : START_ALL, &error))
		app_error(app, "%s", error.text);
	bool good = true;
	if (options->demo)
		good = app_demo(app, &error);
	else if (options->lesson)
		good = begin_lesson(app, options, &error);
	else if (options->has_target)
		good = run_open(app, options, &options->target, false, &error) != NULL;
	else if (!app->current && !app->replay)
		app_note(
		        app,
		        "sockpit %s: /open HOST PORT starts a session, F1 shows help, Ctrl-D quits",
		        PACKAGE_VERSION);
	if (!good && !app->on_terminal) {
		app->status = run_fail(EXIT_USAGE, &error);
		app->quit = true;
		return;
	}
	if (!good)
		app_error(app, "%s", error.text);
	if (app->current && !session_failed_to_open(app->current))
		repeat_errors(app);
}

static int run(struct app *app, struct options *options, struct poller *poller)
{
	struct error error, refused = { 0 };
	bool person = !options->nc && !options->piped && !options->probe &&
	              isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
	if (options->replay && options->has_target && !person) {
		error_set(&error, "--replay without a terminal prints a log: leave out the address");
		return run_fail(EXIT_USAGE, &error);
	}
	if (options->pipe.json && (person || options->replay || options->lesson)) {
		error_set(&error, "--json writes to standard output: it is for -f FILE and for pipe mode");
		return run_fail(EXIT_USAGE, &error);
	}
	if (!person && !options->replay && !options->has_target && !options->lesson) {
		error_set(&error, "%s, so an address is needed: sockpit HOST PORT",
		          options->probe || options->piped
		                  ? "there is no window"
		                  : "standard input or output is no terminal");
		return run_fail(run_usage_status(options), &error);
	}
	if (person && (options->ports.count || options->proxy_text)) {
		error_set(&error, "%s for -z and for pipe mode: --pipe",
		          options->proxy_text ? "a proxy is" : "several ports are");
		return run_fail(EXIT_USAGE, &error);
	}
	if (options->sandbox && !person) {
		error_set(&error, "--sandbox is for the window and for scripts: nobody else reaches its "
		                  "hosts");
		return run_fail(EXIT_USAGE, &error);
	}
	/* its processes copy whatever exists before them */
	if (options->sandbox)
		hosts_start(app, &refused);
	if (!run_apply(app, options, &error))
		return run_fail(run_usage_status(options), refused.text[0] ? &refused : &error);
	/* elsewhere the window reads it */
	if (options->named && (!run_start_up_file(app, START_TARGETS, &error) ||
	                       !options_resolve(options, &app->targets, &error)))
		return run_fail(run_usage_status(options), &error);
	if (options->replay && !replay_start(app, options->replay,
	                                     person ? options->replay_speed : REPLAY_SPEED_MAX,
	                                     clock_now(), &error))
		return run_fail(EXIT_USAGE, &error);
	app->on_terminal = person;
	/* it writes, so that all that may be wrong with the options has been said */
	uint32_t only = person || options->replay || options->lesson ? 0 : pipe_mode_session(options);
	if (!run_open_logs(app, options, false, only, &error))
		return run_fail(error.usage ? EXIT_USAGE : EXIT_FAILURE, &error);
	if (options->replay && !person)
		return replay_mode_run(app);
	if (!person && !options->lesson) {
		print_errors(app);
		return pipe_mode_run(app, options, poller);
	}
	struct ui *ui = person_ui(app, options, &error);
	if (!ui)
		return run_fail(EXIT_FAILURE, &error);
	begin_for_person(app, options, &refused);
	app->attended = true;
	run_frontend(app, ui, poller);
	return app->status;
}

int main(int argc, char **argv)
{
	struct options options;
	struct error error;
	fill_standard_descriptors();
	descriptor_raise_limit();
	setvbuf(stderr, NULL, _IOLBF,
	        BUFSIZ); /* who waits for a line gets the whole of it at once */
	locale_choose();
	bool good = options_parse(&options, argc, argv, &error);
	if (options.nc)
		error_set_program(options.program);
	if (!good && options.nc_usage) {
		if (error.text[0])
			error_print("%s", error.text);
		options_print_nc_usage(stderr);
		return EXIT_FAILURE;
	}
	if (!good) /* what a call would refuse, such as a path too long, is no mistake of usage */
		return run_fail(error.code ? EXIT_FAILURE : run_usage_status(&options), &error);
	if (options.wish == OPTIONS_HELP)
		options_print_help(&options, options.nc ? stderr : stdout);
	if (options.wish == OPTIONS_VERSION)
		puts("sockpit " PACKAGE_VERSION);
	if (options.wish == OPTIONS_MDOC)
		manual_print(options.part, stdout);
	if (options.wish == OPTIONS_COMPLETION)
		completion_print(options.shell, stdout);
	if (options.wish != OPTIONS_RUN)
		return fflush(stdout) ? EXIT_FAILURE : EXIT_SUCCESS;

	if (options.script_count)
		return script_mode_run(&options);
	if (options.grade)
		return grade_mode_run(&options);
	if (options.lesson_check)
		return lesson_mode_check(&options);

	struct poller poller;
	struct app app;
	poller_init(&poller);
	app_init(&app);
	int status = run(&app, &options, &poller);
	lesson_run_end(&app);
	queue_stop(&app);
	replay_stop(&app);
	run_end_logs(&app, &poller);
	status = status ? status : app.status;
	app_free(&app);
	poller_done(&poller);
	options_done(&options);
	return status;
}
