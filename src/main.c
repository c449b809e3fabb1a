// SPDX-License-Identifier: GPL-3.0-or-later
/* The table of contents: options, the app, the frontend, the loop. */
#include "config.h"

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/app.h"
#include "app/leave.h"
#include "base/alloc.h"
#include "base/locale.h"
#include "base/poller.h"
#include "command/command.h"
#include "command/complete.h"
#include "command/manual.h"
#include "command/queue.h"
#include "options.h"
#include "record/transcript.h"
#include "ui/headless.h"
#include "ui/pipe.h"
#include "ui/plain.h"
#include "ui/port_probe.h"
#include "ui/proxy_dial.h"
#include "ui/window.h"

enum { EXIT_USAGE = 2 };

static int usage_status(const struct options *options)
{
	return options->nc ? 1 : EXIT_USAGE;
}

/* A descriptor that was closed for us would become a socket, and then be read as standard input.
 * What takes its place fails as it would have: EBADF. */
static void fill_standard_descriptors(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 &&
		    open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
			abort();
}

static int fail(int status, const struct error *error)
{
	error_print("%s", error->text);
	return status;
}

static bool apply(struct app *app, const struct options *options, struct error *error)
{
	for (size_t i = 0; i < options->setting_count; i++)
		if (!app_set(app, options->settings[i].name, options->settings[i].value, error))
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

/* Of the command line's session only: a second one from the same local port could not be. */
static struct session_options session_options(const struct app *app, const struct options *options)
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

static struct session *open_target(struct app *app, const struct options *options,
                                   const struct target *target, bool once, struct error *error)
{
	struct session_options wanted = session_options(app, options);
	wanted.once = once;
	wanted.clients_most = options->nc ? 1 : 0;
	return options->listen ? app_listen(app, target, &wanted, error)
	                       : app_open(app, target, &wanted, error);
}

static char *start_up_file(void)
{
	const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	if (config && *config == '/')
		return xasprintf("%s/sockpit/sockpitrc", config);
	return home ? xasprintf("%s/.config/sockpit/sockpitrc", home) : NULL;
}

static void run_start_up_file(struct app *app)
{
	struct error error;
	char *path = start_up_file();
	if (path && !queue_start(app, path, &error))
		app_error(app, "%s", error.text);
	free(path);
}

static struct ui *person_ui(struct app *app, const struct options *options, struct error *error)
{
	struct ui_hooks hooks = { .app = app,
		                  .line = queue_type,
		                  .key = queue_press,
		                  .interrupt = queue_interrupt,
		                  .hides = command_hides,
		                  .complete = complete_word };
	struct error why;
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

static void begin_for_person(struct app *app, const struct options *options)
{
	struct error error;
	run_start_up_file(app);
	bool good = true;
	if (options->demo)
		good = app_demo(app, &error);
	else if (options->has_target)
		good = open_target(app, options, &options->target, false, &error) != NULL;
	else if (!app->current)
		app_note(
		        app,
		        "sockpit %s: /open HOST PORT starts a session, F1 shows help, Ctrl-D quits",
		        PACKAGE_VERSION);
	if (!good)
		app_error(app, "%s", error.text);
	if (app->current && !session_failed_to_open(app->current))
		repeat_errors(app);
}

static struct ui *script_ui(struct app *app, const struct options *options, struct error *error)
{
	struct ui_hooks hooks = { .app = app, .interrupt = queue_interrupt };
	if (!queue_script(app, options->script, options->words, options->word_count, true, error))
		return NULL;
	return headless_new(&hooks, options->verbose);
}

static void loop(struct app *app, struct ui *ui, struct poller *poller)
{
	while (!app->quit) {
		poller_reset(poller);
		app_prepare(app, poller);
		leave_prepare(app, poller);
		queue_prepare(app, poller);
		ui->prepare(ui,
		            poller); /* after it, so that what it has reported is owed a frame */
		poller_wait(poller);
		ui->serve(ui, poller);
		app_serve(app, poller);
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

/* Runs the frontend to its end and frees it. */
static void attend(struct app *app, struct ui *ui, struct poller *poller)
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
	app_free(app); /* removes the paths of UNIX sockets */
	die_of(signal);
}

/* -z. As nc also before a UDP port is used: then `session` leads to it, else it is NULL. */
static int run_probe(struct app *app, const struct options *options, struct session *session,
                     struct poller *poller)
{
	struct ui_hooks hooks = { .app = app };
	struct session_options wanted = session_options(app, options);
	struct port_probe_options probe = {
		.target = options->target,
		.ports = options->ports,
		.open = &wanted,
		.session = session,
		.nc = options->nc,
		.verbose = options->verbose,
		.timeout = options->timeout,
		.interval = options->pipe.interval,
	};
	app->quit = false;
	attend(app, port_probe_new(&hooks, &probe), poller);
	return app->status;
}

/* A session to the proxy that leads to the target. NULL where there is none: a line has said so. */
static struct session *open_by_proxy(struct app *app, const struct options *options,
                                     const struct target *target, struct buf *received,
                                     struct poller *poller)
{
	struct error error;
	struct ui_hooks hooks = { .app = app };
	char *credentials = NULL;
	enum proxy_state state = PROXY_WANTS_PASSWORD;
	struct session *session = NULL;
	while (state == PROXY_WANTS_PASSWORD) {
		session = open_target(app, options, &options->proxy, true, &error);
		if (!session)
			break;
		struct proxy_dial_options dial = {
			.session = session,
			.protocol = options->proxy_protocol,
			.target = *target,
			.credentials = credentials,
			.asks_password = !credentials && options->proxy_user,
			.nc = options->nc,
			.verbose = options->verbose,
			.state = &state,
			.received = received,
		};
		app->quit = false;
		attend(app, proxy_dial_new(&hooks, &dial), poller);
		if (state != PROXY_WANTS_PASSWORD || !dial.asks_password)
			break;
		session_close(session, &error);
		credentials = proxy_dial_ask_password(options->proxy_user, options->proxy.host);
		if (!credentials)
			break;
	}
	if (state == PROXY_WANTS_PASSWORD && !credentials && options->proxy_user)
		error_print("the proxy wants a password, and no terminal is there to ask for it");
	if (credentials)
		wipe(credentials, strlen(credentials));
	free(credentials);
	return state == PROXY_OPEN ? session : NULL;
}

/* Whether a session has failed for want of an address: other ports of the host would, too. */
static bool has_no_address(const struct app *app, uint32_t number)
{
	uint64_t at = transcript_last(app->transcript, number);
	for (; at != TRANSCRIPT_NONE; at = transcript_before(app->transcript, at)) {
		const struct entry *entry = transcript_at(app->transcript, at);
		if (entry->call == CALL_GETADDRINFO)
			return entry->error != 0;
	}
	return false;
}

/* One conversation. False where it cannot be opened. */
static bool converse(struct app *app, const struct options *options, struct pipe_options *pipe,
                     struct poller *poller)
{
	struct error error;
	struct ui_hooks hooks = { .app = app };
	uint32_t number = session_number(pipe->session);
	bool proven = options->nc && options->verbose && !options->listen &&
	              session_transport(pipe->session) == TRANSPORT_UDP;
	if (proven) {
		session_block_reading(pipe->session, true);
		if (run_probe(app, options, pipe->session, poller) != 0)
			return false;
		pipe->introduced = true;
	}
	session_block_reading(pipe->session, false);
	app->quit = false;
	app->status = 0;
	struct ui *ui = pipe_new(&hooks, pipe, &error);
	if (!ui) {
		app->status = fail(EXIT_FAILURE, &error);
		return true;
	}
	attend(app, ui, poller);
	const struct session *session = sessions_numbered(app->sessions, number);
	return !session || !session_failed_to_open(session);
}

/* False where it cannot be opened. */
static bool converse_by_proxy(struct app *app, const struct options *options,
                              const struct target *target, struct poller *poller)
{
	struct buf received;
	struct pipe_options pipe = options->pipe;
	buf_init(&received, SIZE_MAX);
	pipe.session = open_by_proxy(app, options, target, &received, poller);
	pipe.received = &received;
	pipe.introduced = true;
	app->status = 0;
	bool opened = pipe.session && (options->probe || converse(app, options, &pipe, poller));
	buf_free(&received);
	return opened;
}

/* One conversation for each port, in turn. Ports that cannot be opened do not count where one
 * can. */
static int run_pipe(struct app *app, const struct options *options, struct poller *poller)
{
	struct error error;
	struct target target = options->target;
	size_t count = options->ports.count ? options->ports.count : 1;
	int status = EXIT_SUCCESS;
	bool opened = false;
	app->keeps_failed = true; /* its end is the program's exit status */
	if (!options->has_target) {
		error_set(&error, "%s, so an address is needed: sockpit HOST PORT",
		          options->probe || options->piped
		                  ? "there is no window"
		                  : "standard input or output is no terminal");
		return fail(usage_status(options), &error);
	}
	if (options->probe && !options->proxy_text)
		return run_probe(app, options, NULL, poller);
	for (size_t i = 0; i < count; i++) {
		struct pipe_options pipe = options->pipe;
		pipe.shares_output = i + 1 < count;
		if (options->ports.count)
			snprintf(target.service, sizeof target.service, "%u",
			         options->ports.ports[i]);
		if (!options->proxy_text)
			pipe.session = open_target(app, options, &target, !pipe.keep_open, &error);
		if (!options->proxy_text && !pipe.session)
			return fail(usage_status(options), &error);
		uint32_t number = pipe.session ? session_number(pipe.session) : 0;
		bool open = options->proxy_text ? converse_by_proxy(app, options, &target, poller)
		                                : converse(app, options, &pipe, poller);
		if (!open && has_no_address(app, number))
			break;
		if (open)
			status = status ? status : app->status;
		opened = opened || open;
	}
	return opened ? status : EXIT_FAILURE;
}

static int run(struct app *app, const struct options *options, struct poller *poller)
{
	struct error error;
	if (!apply(app, options, &error))
		return fail(usage_status(options), &error);
	bool person = !options->script && !options->nc && !options->piped && !options->probe &&
	              isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
	if (!person && !options->script)
		return run_pipe(app, options, poller);
	if (person && (options->ports.count || options->proxy_text)) {
		error_set(&error, "%s for -z and for pipe mode: --pipe",
		          options->proxy_text ? "a proxy is" : "several ports are");
		return fail(EXIT_USAGE, &error);
	}
	struct ui *ui = person ? person_ui(app, options, &error) : script_ui(app, options, &error);
	if (!ui)
		return fail(person ? EXIT_FAILURE : EXIT_USAGE, &error);
	if (person)
		begin_for_person(app, options);
	app->attended = person;
	attend(app, ui, poller);
	return app->status;
}

int main(int argc, char **argv)
{
	struct options options;
	struct error error;
	fill_standard_descriptors();
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
		return fail(error.code ? EXIT_FAILURE : usage_status(&options), &error);
	if (options.wish == OPTIONS_HELP)
		options_print_help(&options, options.nc ? stderr : stdout);
	if (options.wish == OPTIONS_VERSION)
		puts("sockpit " PACKAGE_VERSION);
	if (options.wish == OPTIONS_MDOC)
		manual_print(stdout);
	if (options.wish != OPTIONS_RUN)
		return fflush(stdout) ? EXIT_FAILURE : EXIT_SUCCESS;

	struct poller poller;
	struct app app;
	poller_init(&poller);
	app_init(&app);
	int status = run(&app, &options, &poller);
	queue_stop(&app);
	app_free(&app);
	poller_done(&poller);
	options_done(&options);
	return status;
}
