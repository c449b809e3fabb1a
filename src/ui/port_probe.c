// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/port_probe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "ui/pipe_report.h"

/* How long an answer by UDP may take: nc's own default, and ours. */
enum { NC_SECONDS = 3, SECONDS = 1 };

struct port_probe {
	struct ui ui;
	struct app *app;
	struct port_probe_options options;
	struct pipe_report report;
	struct session *session; /* under way, NULL = none */
	size_t next;             /* the port that is opened next */
	int64_t next_at;         /* clock_now() before which it is not */
	int64_t begun, sent_at;  /* UDP: the first datagram, and the last one; 0 = none yet */
	bool found;              /* one that is open */
};

static struct port_probe *probe_of(struct ui *ui)
{
	return (struct port_probe *)ui;
}

static size_t port_count(const struct port_probe *probe)
{
	return probe->options.ports.count ? probe->options.ports.count : 1;
}

static void watch(struct port_probe *probe, struct session *session)
{
	probe->session = session;
	probe->begun = 0;
	pipe_report_next(&probe->report, session);
}

static void quit(struct port_probe *probe)
{
	probe->app->status = probe->found ? 0 : 1;
	probe->app->quit = true;
}

static void open_next(struct port_probe *probe)
{
	struct error error;
	struct target target = probe->options.target;
	const struct port_list *ports = &probe->options.ports;
	if (ports->count)
		snprintf(target.service, sizeof target.service, "%u", ports->ports[probe->next]);
	probe->next++;
	struct session *session = app_open(probe->app, &target, probe->options.open, &error);
	if (session)
		watch(probe, session);
	else
		error_print("%s", error.text);
}

/* A name that was not found will not be found for the other ports. */
static void finish(struct port_probe *probe, bool open)
{
	struct error error;
	struct session *session = probe->session;
	bool udp = session_has_peers(session);
	/* nc's status is that of the last UDP port */
	probe->found = open || (probe->found && !(probe->options.nc && udp));
	if (session != probe->options.session) {
		session_close(session, &error);
		app_forget(probe->app, session, &error);
	}
	probe->session = NULL;
	probe->next_at = clock_now() + probe->options.interval;
	if (probe->report.lookup_failed || probe->next == port_count(probe))
		quit(probe);
}

/* ---- UDP ---- */

static void answer(struct port_probe *probe, const char *text, bool open)
{
	pipe_report_answer(&probe->report, text);
	finish(probe, open);
}

static int64_t udp_wait(const struct port_probe *probe)
{
	if (probe->options.timeout)
		return probe->options.timeout;
	return (probe->options.nc ? NC_SECONDS : SECONDS) * CLOCK_S;
}

static void send_probe(struct port_probe *probe, const char *data)
{
	struct error error;
	session_send(probe->session, data, strlen(data), &error);
	probe->sent_at = clock_now();
}

/* Sends one empty datagram, the least that a server may answer. */
static void serve_udp(struct port_probe *probe)
{
	if (!probe->begun) {
		send_probe(probe, "");
		probe->begun = probe->sent_at;
	}
	const struct session_counts *counts = session_counts(probe->session);
	if (counts->receives)
		answer(probe, "answered", true);
	else if (counts->refused)
		answer(probe, "refused", false);
	else if (clock_now() >= probe->begun + udp_wait(probe))
		answer(probe, "no answer", true);
}

/* Sends two datagrams, and another one each second: when none is refused, the port is open. */
static void serve_udp_as_nc(struct port_probe *probe)
{
	bool silent = !probe->options.verbose;
	if (!silent && !probe->begun) {
		send_probe(probe, "X");
		probe->begun = probe->sent_at;
		send_probe(probe, "X");
	} else if (!silent && clock_now() >= probe->sent_at + CLOCK_S) {
		send_probe(probe, "X");
	}
	bool refused = session_counts(probe->session)->refused > 0;
	bool over = silent || refused || probe->sent_at >= probe->begun + udp_wait(probe);
	if (over && !refused && !silent)
		pipe_report_success(&probe->report);
	if (over)
		finish(probe, !refused);
}

/* ---- turns ---- */

static void prepare(struct ui *ui, struct poller *poller)
{
	const struct port_probe *probe = probe_of(ui);
	if (!probe->session)
		poller_wake_at(poller, probe->next_at);
	else if (!probe->begun && session_state(probe->session) == SESSION_OPEN)
		poller_wake_at(poller, 0);
	else if (probe->begun && probe->options.nc)
		poller_wake_at(poller, probe->sent_at + CLOCK_S);
	else if (probe->begun)
		poller_wake_at(poller, probe->begun + udp_wait(probe));
}

static void serve(struct ui *ui, struct poller *poller)
{
	(void)ui;
	(void)poller;
}

/* One port in a turn: its descriptor is closed at the end of the turn. */
static void draw(struct ui *ui, struct app *app)
{
	struct port_probe *probe = probe_of(ui);
	(void)app;
	if (!probe->session && clock_now() >= probe->next_at)
		open_next(probe);
	if (!probe->session)
		return;
	pipe_report_turn(&probe->report);
	enum session_state state = session_state(probe->session);
	if (state == SESSION_CLOSED)
		finish(probe, false);
	else if (state != SESSION_OPEN)
		return;
	else if (!session_has_peers(probe->session) ||
	         transport_is_unix(session_transport(probe->session))) /* connect() has told */
		finish(probe, true);
	else if (probe->options.nc)
		serve_udp_as_nc(probe);
	else
		serve_udp(probe);
}

static void free_probe(struct ui *ui)
{
	free(ui);
}

struct ui *port_probe_new(const struct ui_hooks *hooks, const struct port_probe_options *options)
{
	struct port_probe *probe = xcalloc(1, sizeof *probe);
	probe->ui =
	        (struct ui){ .prepare = prepare, .serve = serve, .draw = draw, .free = free_probe };
	probe->app = hooks->app;
	probe->options = *options;
	struct pipe_report_options reported = { .verbose = options->verbose,
		                                .nc = options->nc,
		                                .probing = true };
	pipe_report_init(&probe->report, probe->app, &reported);
	if (options->session) {
		watch(probe, options->session);
		probe->next = port_count(probe);
	}
	poller_leave_signals();
	return &probe->ui;
}
