// SPDX-License-Identifier: GPL-3.0-or-later
/* The frontend without a person: standard input to the socket, socket to standard output, as nc -N
 * does. Data can never be a command. What happens to the connection goes to standard error: with -v
 * all of it, failures always. */
#include "ui/pipe.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "net/service.h"
#include "ui/output_queue.h"
#include "ui/pipe_report.h"

enum {
	CHUNK = 256 << 10,          /* read from standard input at a time */
	DATAGRAM = 16 << 10,        /* one read is one datagram, and no larger than in nc */
	UNSENT_MAX = 512 << 10,     /* no more is read while this many bytes wait to be sent */
	TRANSCRIPT_BYTES = 4 << 20, /* small enough to stay in the processor's cache */
};

/* UDP has no end: the last answer may still come this long after the input has ended. */
#define UDP_LINGER CLOCK_S

struct pipe {
	struct ui ui;
	struct app *app;
	struct pipe_options options;
	struct output_queue output_queue;
	uint32_t talking; /* number of the session that the input goes to, 0 = none yet */
	bool input_ended;
	bool held;                /* nothing is read from the peers while the output is stuck */
	char last;                /* the last byte read, for line ends that are cut by a read */
	int64_t ended_at;         /* when the input ended */
	int64_t moved_at;         /* when a byte last went either way */
	struct pipe_report report; /* what standard error has */
	struct buf translated;
	char chunk[CHUNK];
};

static struct pipe *pipe_of(struct ui *ui)
{
	return (struct pipe *)ui;
}

static struct session *talking(const struct pipe *pipe)
{
	return sessions_numbered(pipe->app->sessions, pipe->talking);
}

static bool is_stream_server(const struct pipe *pipe)
{
	return session_has_clients(pipe->options.session);
}

/* A service answers by itself: then nothing goes through here. */
static bool is_service(const struct pipe *pipe)
{
	return session_service(pipe->options.session) != service_table[0];
}

static void end(struct pipe *pipe, int status)
{
	pipe->app->quit = true;
	if (!pipe->app->status)
		pipe->app->status = status;
}

/* ---- from the peers to standard output ---- */

static void hold_reading(struct pipe *pipe, bool held)
{
	pipe->held = held;
	for (size_t i = 0; i < sessions_count(pipe->app->sessions); i++)
		session_block_reading(sessions_at(pipe->app->sessions, i), held);
}

static void output_failed(struct pipe *pipe)
{
	struct error error;
	if (pipe->output_queue.error == EPIPE) {
		pipe->ui.signal = SIGPIPE; /* what the kernel would have done to any other filter */
	} else {
		error_errno(&error, pipe->output_queue.error, "standard output");
		error_print("%s", error.text);
	}
	end(pipe, 1);
}

static void on_data(void *context, struct session *session, const char *data, size_t len)
{
	struct pipe *pipe = context;
	(void)session;
	pipe->moved_at = clock_now();
	if (is_service(pipe) || pipe->app->quit)
		return;
	if (!output_queue_write(&pipe->output_queue, data, len))
		output_failed(pipe);
	else if (output_queue_pending(&pipe->output_queue))
		hold_reading(pipe, true);
}

/* ---- from standard input to the peer ---- */

/* Line feeds become the line end asked for; what already is CRLF stays, also where a read cut it in
 * two. */
static void translate(struct pipe *pipe, const char *data, size_t len)
{
	size_t eol_len;
	enum eol eol = pipe->app->settings.eol;
	const char *end_of_line = eol_bytes(eol, &eol_len);
	buf_clear(&pipe->translated);
	for (size_t i = 0; i < len; i++) {
		char before = i ? data[i - 1] : pipe->last;
		if (data[i] == '\n' && eol == EOL_CRLF && before == '\r')
			buf_append(&pipe->translated, "\n", 1);
		else if (data[i] == '\n')
			buf_append(&pipe->translated, end_of_line, eol_len);
		else
			buf_append(&pipe->translated, data + i, 1);
	}
	pipe->last = data[len - 1];
}

static void send_input(struct pipe *pipe, struct session *session, const char *data, size_t len)
{
	struct error error;
	if (pipe->app->settings.eol != EOL_LF) {
		translate(pipe, data, len);
		data = buf_data(&pipe->translated);
		len = pipe->translated.len;
	}
	pipe->moved_at = clock_now();
	if (!session_send(session, data, len, &error) && session_state(session) == SESSION_OPEN)
		error_print("%s", error.text);
}

static void finish_input(struct session *session)
{
	struct error error;
	if (session && !session_is_shut(session))
		session_shutdown(session, SHUT_WR, &error);
}

static void read_input(struct pipe *pipe, struct session *session)
{
	size_t most = session_has_peers(session) ? DATAGRAM : CHUNK;
	ssize_t got = read(STDIN_FILENO, pipe->chunk, most);
	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (got > 0) {
		send_input(pipe, session, pipe->chunk, (size_t)got);
		return;
	}
	pipe->input_ended = true;
	pipe->ended_at = clock_now();
	finish_input(session);
}

static bool wants_input(const struct pipe *pipe)
{
	const struct session *session = talking(pipe);
	if (!session || pipe->input_ended || is_service(pipe) ||
	    session_state(session) != SESSION_OPEN)
		return false;
	struct endpoint peer = session_peer(session);
	if (!endpoint_is_set(&peer))
		return false;
	return !session_is_shut(session) && session_unsent(session) < UNSENT_MAX;
}

/* ---- which session the input goes to, what is reported, when it ends ---- */

/* A listener's input goes to the client that came last. */
static void choose_session(struct pipe *pipe)
{
	uint32_t before = pipe->talking;
	if (!is_stream_server(pipe))
		pipe->talking = session_number(pipe->options.session);
	else
		for (size_t i = 0; i < sessions_count(pipe->app->sessions); i++) {
			const struct session *session = sessions_at(pipe->app->sessions, i);
			if (session_is_accepted(session) && session_number(session) > pipe->talking)
				pipe->talking = session_number(session);
		}
	if (pipe->talking == before)
		return;
	pipe->moved_at = clock_now();
	if (pipe->input_ended)
		finish_input(talking(pipe));
}

static bool any_client_open(const struct pipe *pipe)
{
	for (size_t i = 0; i < sessions_count(pipe->app->sessions); i++) {
		const struct session *session = sessions_at(pipe->app->sessions, i);
		if (session_is_accepted(session) && session_state(session) != SESSION_CLOSED)
			return true;
	}
	return false;
}

static int status_of(const struct session *session)
{
	enum session_end how = session ? session_end(session) : SESSION_ENDED_WELL;
	return how == SESSION_ENDED_RESET || how == SESSION_ENDED_FAILED;
}

static void check_closed(struct pipe *pipe)
{
	if (session_state(pipe->options.session) != SESSION_CLOSED || any_client_open(pipe))
		return;
	if (output_queue_pending(&pipe->output_queue))
		return;
	const struct session *last = pipe->talking ? talking(pipe) : pipe->options.session;
	end(pipe, status_of(last) | status_of(pipe->options.session));
}

/* A refused datagram is no end for a person, but a filter has nothing to wait for. */
static void check_refused(struct pipe *pipe)
{
	const struct session *session = pipe->options.session;
	if (!session_has_peers(session) || session_is_server(session))
		return;
	if (session_counts(session)->refused && !session_counts(session)->receives)
		end(pipe, 1);
}

static int64_t end_after_input(const struct pipe *pipe)
{
	const struct session *session = pipe->options.session;
	if (!pipe->input_ended || is_service(pipe))
		return INT64_MAX;
	if (pipe->options.quit_after >= 0)
		return pipe->ended_at + pipe->options.quit_after;
	if (session_has_peers(session) && !session_is_server(session) && !pipe->options.idle)
		return (pipe->moved_at > pipe->ended_at ? pipe->moved_at : pipe->ended_at) +
		       UDP_LINGER;
	return INT64_MAX;
}

static int64_t end_of_idling(const struct pipe *pipe)
{
	const struct session *session = talking(pipe);
	if (!pipe->options.idle || !session || session_state(session) != SESSION_OPEN)
		return INT64_MAX;
	return pipe->moved_at + pipe->options.idle;
}

static void check_limits(struct pipe *pipe)
{
	int64_t now = clock_now();
	if (now < end_after_input(pipe) && now < end_of_idling(pipe))
		return;
	size_t unsent = talking(pipe) ? session_unsent(talking(pipe)) : 0;
	if (unsent)
		error_print("%zu byte%s not sent: the peer did not take %s in time", unsent,
		            unsent == 1 ? " was" : "s were", unsent == 1 ? "it" : "them");
	end(pipe, unsent ? 1 : 0);
}

/* ---- the frontend ---- */

static void prepare(struct ui *ui, struct poller *poller)
{
	struct pipe *pipe = pipe_of(ui);
	if (wants_input(pipe))
		poller_want_read(poller, STDIN_FILENO);
	if (output_queue_pending(&pipe->output_queue))
		poller_want_write(poller, pipe->output_queue.fd);
	poller_wake_at(poller, end_after_input(pipe));
	poller_wake_at(poller, end_of_idling(pipe));
}

static void serve(struct ui *ui, struct poller *poller)
{
	struct pipe *pipe = pipe_of(ui);
	if (poller_readable(poller, STDIN_FILENO) && wants_input(pipe))
		read_input(pipe, talking(pipe));
	if (!poller_writable(poller, pipe->output_queue.fd))
		return;
	if (!output_queue_flush(&pipe->output_queue))
		output_failed(pipe);
	else if (pipe->held && !output_queue_pending(&pipe->output_queue))
		hold_reading(pipe, false);
}

static void draw(struct ui *ui, struct app *app)
{
	struct pipe *pipe = pipe_of(ui);
	(void)app;
	pipe_report_turn(&pipe->report);
	choose_session(pipe);
	check_closed(pipe);
	check_refused(pipe);
	check_limits(pipe);
}

static void free_pipe(struct ui *ui)
{
	struct pipe *pipe = pipe_of(ui);
	pipe_report_end(&pipe->report);
	sessions_tap(pipe->app->sessions, NULL, NULL);
	output_queue_done(&pipe->output_queue);
	buf_free(&pipe->translated);
	free(pipe);
}

struct ui *pipe_new(const struct ui_hooks *hooks, const struct pipe_options *options,
                    struct error *error)
{
	(void)error;
	struct pipe *pipe = xcalloc(1, sizeof *pipe);
	pipe->ui =
	        (struct ui){ .prepare = prepare, .serve = serve, .draw = draw, .free = free_pipe };
	pipe->app = hooks->app;
	pipe->options = *options;
	struct pipe_report_options reported = { .session = options->session,
		                                .verbose = options->verbose,
		                                .nc = options->nc,
		                                .keep_open = options->keep_open };
	pipe_report_init(&pipe->report, pipe->app, &reported);
	pipe->moved_at = clock_now();
	buf_init(&pipe->translated, SIZE_MAX);
	output_queue_init(&pipe->output_queue, STDOUT_FILENO);
	widen_pipe(STDIN_FILENO);
	transcript_set_ceiling(pipe->app->transcript, TRANSCRIPT_BYTES);
	sessions_tap(pipe->app->sessions, on_data, pipe);
	poller_leave_signals();     /* a filter is stopped and ended as any other */
	draw(&pipe->ui, pipe->app); /* listening, or failing, may have happened already */
	return &pipe->ui;
}
