// SPDX-License-Identifier: GPL-3.0-or-later
#include "command/command.h"

#include <limits.h>
#include <stdio.h>
#include <sys/socket.h>

#include "app/page.h"
#include "app/session_snapshot.h"
#include "view/page/session_list.h"

/* What /sessions was given: "/sessions bytes redis". */
struct request {
	struct command_words words;
	const char *order, *filter;
};

/* The line of a page was checked when it was opened. */
static void read_request(const struct app *app, struct request *request)
{
	struct error ignored;
	*request = (struct request){ .filter = "" };
	if (!command_take_apart(app->open_page.line, &request->words, &ignored))
		return;
	request->order = request->words.args.value[0];
	if (request->words.args.value[1])
		request->filter = request->words.args.value[1];
}

static void fill_line(const struct app *app, const struct session *session,
                      struct session_line *line)
{
	const struct session_counts *counts = session_counts(session);
	bool one_end = session_is_server(session), accepted = session_is_accepted(session);
	*line = (struct session_line){
		.number = session_number(session),
		.name = session_name(session),
		.state = tcp_state_title(session_tcp_state(session)),
		.host = session_host(session),
		.local = session_local(session),
		.current = session == app->current,
		.open = session_state(session) != SESSION_CLOSED,
		.sent = counts->sent_bytes,
		.received = counts->received_bytes,
	};
	line->everywhere = session_socket_count(session) > 1 && endpoint_is_any(&line->local);
	if (!one_end)
		line->peer = session_peer(session);
	if (!transport_is_unix(session_transport(session)) || !endpoint_is_set(&line->peer))
		return;
	/* the path is one and the same at both ends */
	*(accepted && endpoint_is_set(&line->local) ? &line->peer : &line->local) =
	        (struct endpoint){ .family = AF_UNSPEC };
}

/* As the kernel says now, with '?' if it does not say, and the time left if a timer ends the
 * state. */
static void sample_line(const struct app *app, struct session_line *line)
{
	int64_t left;
	struct snapshot snapshot;
	char text[SNAPSHOT_LEFT];
	struct session *session = sessions_numbered(app->sessions, line->number);
	sessions_sample(app->sessions, session);
	session_snapshot(session, &snapshot);
	line->state = tcp_state_title(snapshot_state(&snapshot));
	if (snapshot_timer(&snapshot, &left) == TIMER_TIMEWAIT)
		snprintf(line->more, sizeof line->more, " %s", snapshot_format_left(left, text));
	else if (snapshot_state_mark(&snapshot) == '?')
		snprintf(line->more, sizeof line->more, " ?");
}

/* Of many sessions only those that are seen are sampled and drawn. */
static void draw_sessions(struct app *app, const char *title, int top, int height, int columns,
                          struct rows *rows)
{
	struct request request;
	struct session_list list = { 0 };
	read_request(app, &request);
	for (size_t i = 0; i < sessions_count(app->sessions); i++)
		fill_line(app, sessions_at(app->sessions, i), session_list_add(&list));
	session_list_arrange(&list, request.order, request.filter);
	size_t seen = (size_t)height + 1, first = top > 0 ? (size_t)top - 1 : 0;
	if (first + seen > list.count)
		first = list.count > seen ? list.count - seen : 0;
	size_t end = first + seen < list.count ? first + seen : list.count;
	for (size_t i = first; i < end; i++)
		sample_line(app, &list.line[i]);
	session_list_draw(&list, title, request.filter, first, end, columns, rows);
	session_list_free(&list);
	command_words_free(&request.words);
}

static void render_sessions(struct app *app, struct session *session, int columns, int height,
                            struct rows *rows)
{
	(void)session;
	app->open_page.fixed = 1;
	draw_sessions(app, app->open_page.line, app->open_page.top, height, columns, rows);
}

static void print_sessions(struct app *app, struct session *session, struct buf *out)
{
	enum { WIDE = 240 };
	struct rows rows = { 0 };
	(void)session;
	draw_sessions(app, "", 0, INT_MAX, WIDE, &rows);
	rows_print(&rows, out);
	rows_free(&rows);
}

/* Only TIME_WAIT is shown with a time that runs. */
static int64_t sessions_pulse(const struct app *app, const struct session *unused)
{
	int64_t shortest = 0;
	(void)unused;
	for (size_t i = 0; i < sessions_count(app->sessions); i++) {
		const struct session *session = sessions_at(app->sessions, i);
		if (session_tcp_state(session) != STATE_TIME_WAIT)
			continue;
		int64_t pulse = session_snapshot_pulse(session, false);
		if (pulse && (!shortest || pulse < shortest))
			shortest = pulse;
	}
	return shortest;
}

static const struct page sessions_page = {
	.live = true,
	.pulse = sessions_pulse,
	.render = render_sessions,
	.print = print_sessions,
};

static enum command_result do_sessions(const struct invocation *invocation, struct error *error)
{
	struct app *app = invocation->app;
	if (sessions_count(app->sessions) == 0)
		return app_need_session(app, error) != NULL;
	page_toggle(app, &sessions_page, invocation->line, 0, NULL);
	return COMMAND_DONE;
}

const struct command session_list_commands[] = {
	{
	        .name = "sessions",
	        .group = "sessions",
	        .usage = "[" SESSION_LIST_ORDERS "] [<text...>]",
	        .help = "list all sessions\n"
	                "The first row has the totals: how many are open and closed, bytes sent and "
	                "received.\n"
	                "A word sorts: number, name, state, or those with the most bytes first, in, "
	                "out or both (bytes). A text keeps those whose name, state or addresses have it: "
	                "/sessions bytes 192.168.\n"
	                "A row has the state that the kernel reports, with ? what is known from our "
	                "own calls only; the time left in TIME_WAIT; bytes sent and received; local "
	                "port and peer. * marks the current one.\n"
	                "The list changes with them; Escape or the same command closes it.",
	        .run = do_sessions,
	},
	{ 0 },
};
