// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/proxy_dial.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/alloc.h"
#include "ui/pipe_report.h"

struct proxy_dial {
	struct ui ui;
	struct app *app;
	struct proxy_dial_options options;
	struct pipe_report report;
	struct proxy proxy;
	bool asked; /* the proxy */
};

static struct proxy_dial *dial_of(struct ui *ui)
{
	return (struct proxy_dial *)ui;
}

static void end(struct proxy_dial *dial, enum proxy_state state)
{
	*dial->options.state = state;
	dial->app->status = state == PROXY_OPEN ? 0 : 1;
	dial->app->quit = true;
	session_block_reading(dial->options.session, true);
}

static void fail(struct proxy_dial *dial, enum proxy_state state, const struct error *error)
{
	if (state != PROXY_WANTS_PASSWORD || !dial->options.asks_password)
		error_print("%s", error->text);
	end(dial, state);
}

static void send_all(struct proxy_dial *dial, struct buf *out)
{
	struct error error;
	if (out->len)
		session_send_secret(dial->options.session, buf_data(out), out->len, &error);
	buf_wipe(out);
	buf_free(out);
}

static void ask(struct proxy_dial *dial)
{
	const struct proxy_dial_options *options = &dial->options;
	struct error error;
	struct buf out;
	buf_init(&out, SIZE_MAX);
	dial->asked = true;
	bool good = proxy_begin(&dial->proxy, options->protocol, &options->target,
	                        options->credentials, &out, &error);
	send_all(dial, &out);
	if (!good)
		fail(dial, PROXY_REFUSED, &error);
}

static void on_data(void *context, struct session *session, const char *data, size_t len)
{
	struct proxy_dial *dial = context;
	struct error error;
	struct buf out;
	if (session != dial->options.session || dial->app->quit)
		return;
	buf_init(&out, SIZE_MAX);
	enum proxy_state state = proxy_receive(&dial->proxy, data, len, &out, &error);
	send_all(dial, &out);
	if (state == PROXY_WAITS)
		return;
	if (state != PROXY_OPEN) {
		fail(dial, state, &error);
		return;
	}
	buf_append(dial->options.received, buf_data(&dial->proxy.answer), dial->proxy.answer.len);
	if (dial->options.verbose)
		pipe_report_proxied(&dial->report, &dial->options.target);
	end(dial, PROXY_OPEN);
}

static void prepare(struct ui *ui, struct poller *poller)
{
	const struct proxy_dial *dial = dial_of(ui);
	if (!dial->asked && session_state(dial->options.session) == SESSION_OPEN)
		poller_wake_at(poller, 0);
}

static void serve(struct ui *ui, struct poller *poller)
{
	(void)ui;
	(void)poller;
}

static void draw(struct ui *ui, struct app *app)
{
	struct proxy_dial *dial = dial_of(ui);
	enum session_state state = session_state(dial->options.session);
	pipe_report_turn(&dial->report);
	if (app->quit)
		return;
	if (state == SESSION_OPEN && !dial->asked)
		ask(dial);
	else if (dial->asked &&
	         (state == SESSION_CLOSED || session_peer_closed(dial->options.session)))
		fail(dial, PROXY_REFUSED,
		     &(struct error){ .text = "the proxy closed the connection before its answer "
		                              "was complete" });
	else if (state == SESSION_CLOSED)
		end(dial, PROXY_REFUSED);
}

static void free_dial(struct ui *ui)
{
	struct proxy_dial *dial = dial_of(ui);
	sessions_tap(dial->app->sessions, NULL, NULL);
	proxy_end(&dial->proxy);
	free(dial);
}

struct ui *proxy_dial_new(const struct ui_hooks *hooks, const struct proxy_dial_options *options)
{
	struct proxy_dial *dial = xcalloc(1, sizeof *dial);
	dial->ui =
	        (struct ui){ .prepare = prepare, .serve = serve, .draw = draw, .free = free_dial };
	dial->app = hooks->app;
	dial->options = *options;
	struct pipe_report_options reported = { .session = options->session,
		                                .verbose = options->verbose,
		                                .nc = options->nc,
		                                .to_proxy = true };
	pipe_report_init(&dial->report, dial->app, &reported);
	sessions_tap(dial->app->sessions, on_data, dial);
	poller_leave_signals();
	draw(&dial->ui, dial->app); /* the session may have failed already */
	return &dial->ui;
}

static void note_interrupt(int signal)
{
	(void)signal; /* read() has returned */
}

/* What is typed before the question is no answer. Ctrl-C leaves the terminal as it was. */
static ssize_t read_unseen(int fd, const struct termios *shown, const char *question, char *password,
                           size_t size)
{
	struct termios unseen = *shown;
	struct sigaction noted = { .sa_handler = note_interrupt }, before;
	unseen.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
	if (tcsetattr(fd, TCSAFLUSH, &unseen) < 0)
		return -1;
	sigaction(SIGINT, &noted, &before);
	dprintf(fd, "%s", question);
	ssize_t got = read(fd, password, size);
	bool interrupted = got < 0 && errno == EINTR;
	tcsetattr(fd, TCSAFLUSH, shown);
	sigaction(SIGINT, &before, NULL);
	if (interrupted)
		raise(SIGINT);
	return got;
}

char *proxy_dial_ask_password(const char *user, const char *host)
{
	struct termios shown;
	char password[256], *credentials = NULL;
	int fd = open("/dev/tty", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	ssize_t got = -1;
	if (tcgetattr(fd, &shown) == 0) {
		char *question = xasprintf("Proxy password for %s@%s: ", user, host);
		got = read_unseen(fd, &shown, question, password, sizeof password - 1);
		dprintf(fd, "\n");
		free(question);
	}
	close(fd);
	if (got > 0) {
		password[got] = '\0';
		password[strcspn(password, "\n")] = '\0';
		credentials = xasprintf("%s:%s", user, password);
	}
	wipe(password, sizeof password);
	return credentials;
}
