// SPDX-License-Identifier: GPL-3.0-or-later
#include "pipe_mode.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "net/tls_stream.h"
#include "record/transcript.h"
#include "run.h"
#include "ui/pipe.h"
#include "ui/port_probe.h"
#include "ui/proxy_dial.h"

/* -z. As nc also before a UDP port is used: then `session` leads to it, else it is NULL. */
static int probe_ports(struct app *app, const struct options *options, struct session *session,
                       struct poller *poller)
{
	struct ui_hooks hooks = { .app = app };
	struct session_options wanted = run_session_options(app, options);
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
	run_frontend(app, port_probe_new(&hooks, &probe), poller);
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
		session = run_open(app, options, &options->proxy, true, &error);
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
		run_frontend(app, proxy_dial_new(&hooks, &dial), poller);
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
		if (probe_ports(app, options, pipe->session, poller) != 0)
			return false;
		pipe->introduced = true;
	}
	session_block_reading(pipe->session, false);
	app->quit = false;
	app->status = 0;
	struct ui *ui = pipe_new(&hooks, pipe, &error);
	if (!ui) {
		app->status = run_fail(EXIT_FAILURE, &error);
		return true;
	}
	run_frontend(app, ui, poller);
	const struct session *session = sessions_numbered(app->sessions, number);
	return !session || !session_failed_to_open(session);
}

/* The proxy passes records on as any bytes: the certificate is the target's. */
static bool begin_tls(struct session *session, const struct options *options,
                      const struct target *target)
{
	struct error error;
	struct tls_settings settings = options->tls_settings;
	if (!settings.server_name)
		settings.server_name = *target->host ? target->host : "localhost";
	bool begun = tls_stream_upgrade(session, &settings, &error);
	if (!begun)
		error_print("%s", error.text);
	return begun;
}

static bool has_tls(const struct options *options)
{
	return options->tls || options->target.tls;
}

/* What is wrong with the files of TLS is known before the proxy is asked. */
static bool check_tls(const struct options *options, struct error *error)
{
	struct tls_context *context = NULL;
	bool wanted = options->proxy_text && has_tls(options);
	if (wanted)
		context = tls_context_new(&options->tls_settings, error);
	tls_context_release(context);
	return !wanted || context;
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
	bool opened = pipe.session &&
	              (!has_tls(options) || begin_tls(pipe.session, options, target)) &&
	              (options->probe || converse(app, options, &pipe, poller));
	buf_free(&received);
	return opened;
}

/* A listener has a number, too, and of datagrams it is the session itself. */
uint32_t pipe_mode_session(const struct options *options)
{
	bool accepts =
	        options->listen && transport_type(options->target.transport) != SOCK_DGRAM;
	if (options->probe || options->proxy_text || options->ports.count > 1 ||
	    options->pipe.keep_open)
		return 0;
	return accepts ? 2 : 1;
}

int pipe_mode_run(struct app *app, const struct options *options, struct poller *poller)
{
	struct error error;
	struct target target = options->target;
	size_t count = options->ports.count ? options->ports.count : 1;
	int status = EXIT_SUCCESS;
	bool opened = false;
	app->keeps_failed = true; /* its end is the program's exit status */
	if (options->probe && !options->proxy_text)
		return probe_ports(app, options, NULL, poller);
	if (!check_tls(options, &error))
		return run_fail(run_usage_status(options), &error);
	for (size_t i = 0; i < count; i++) {
		struct pipe_options pipe = options->pipe;
		pipe.shares_output = i + 1 < count;
		if (options->ports.count)
			snprintf(target.service, sizeof target.service, "%u",
			         options->ports.ports[i]);
		if (!options->proxy_text)
			pipe.session = run_open(app, options, &target, !pipe.keep_open, &error);
		if (!options->proxy_text && !pipe.session)
			return run_fail(run_usage_status(options), &error);
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
