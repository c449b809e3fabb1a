// SPDX-License-Identifier: GPL-3.0-or-later
/* Quitting while data has not been sent. */
#include "app/leave.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "app/fixture.h"
#include "app/replay.h"
#include "app/send.h"
#include "base/alloc.h"
#include "net/step.h"
#include "support/peer.h"

enum { MUCH = 20000000 }; /* more bytes than the kernel's buffers of both ends take */

/* A UDP session to a name: what is sent waits until that is found. */
static struct session *start(struct app *app, const char *text)
{
	struct error error;
	struct target target = { .transport = TRANSPORT_UDP, .host = "localhost", .service = "9" };
	struct session *session = app_open(app, &target, NULL, &error);
	ok(session && send_line(session, text, strlen(text), &error), "sent: %s", text);
	return session;
}

static void test_leaving(void)
{
	struct app app;
	struct error error = { 0 };
	app_fixture_start(&app);
	app.attended = true;
	ok(leave_begin(&app, "/quit", &error) && app.quit, "with nothing unsent it quits at once");
	app.quit = false;
	start(&app, "12345");
	is_int(leave_unsent(&app), 6, "bytes wait");
	ok(!leave_begin(&app, "/quit", &error) && !app.quit, "with unsent data it asks");
	is_text(error.text,
	        "session 1 has 6 unsent bytes: /quit again within 10 s quits and drops them",
	        "and says how much is lost");
	start(&app, "12");
	ok(!app_confirmed(&app, "something else"), "with another question meanwhile");
	ok(!leave_begin(&app, "Ctrl-D", &error) && !app.quit, "it asks again");
	is_text(error.text,
	        "2 sessions have 9 unsent bytes: Ctrl-D again within 10 s quits and drops them",
	        "and counts all sessions");
	ok(!leave_begin(&app, "/quit", &error) && !app.quit, "/quit is no answer to that");
	ok(leave_begin(&app, "/quit", &error) && app.quit, "but to its own question");
	app_fixture_end(&app);
}

static void test_leaving_unattended(void)
{
	struct app app;
	struct error error = { 0 };
	app_fixture_start(&app);
	start(&app, "12345");
	ok(leave_begin(&app, "/quit", &error) && !app.quit && leave_has_begun(&app),
	   "where nobody can be asked it waits");
	wait_for(&app, app.quit, "until all is sent");
	is_int(leave_unsent(&app), 0, "which it is");
	is_int(app.status, 0, "and all is well");
	app_fixture_end(&app);
}

static void test_leaving_too_late(void)
{
	struct app app;
	struct error error = { 0 };
	app_fixture_start(&app);
	struct session *session = start(&app, "12345");
	ok(leave_begin(&app, "/quit", &error) && !app.quit, "waiting");
	ok(session_close(session, &error), "what waits is lost meanwhile");
	wait_for(&app, app.quit, "it quits");
	is_int((long)app.lost, 6, "knows how much was lost");
	is_int(app.status, 1, "and says so by its status");
	app_fixture_end(&app);
	app_fixture_start(&app);
	app.settings.timeout = 1;
	start(&app, "12345");
	leave_begin(&app, "/quit", &error);
	while (clock_now() < app.leave_by)
		;
	leave_serve(&app);
	ok(app.quit && app.lost == 6 && app.status == 1, "the time limit is obeyed");
	app_fixture_end(&app);
}

/* A client that is connected. */
static struct session *call(struct app *app, const struct target *target)
{
	struct error error;
	struct session *session = app_open(app, target, NULL, &error);
	wait_for(app, session && session_state(session) == SESSION_OPEN, "a client is connected");
	return session;
}

/* A client of a test that does not read. */
static struct session *call_peer(struct app *app, int fd)
{
	struct target target = { .transport = TRANSPORT_TCP, .host = "127.0.0.1" };
	snprintf(target.service, sizeof target.service, "%u", peer_port(fd));
	return call(app, &target);
}

static void send_much(struct app *app, struct session *session)
{
	struct error error;
	char *bytes = xcalloc(1, MUCH);
	ok(session_send(session, bytes, MUCH, &error), "much is sent");
	free(bytes);
	for (int i = 0; i < 3; i++)
		app_fixture_turn(app, INT64_MAX);
	ok(session_unsent(session) > 0, "and some of it waits");
}

/* Makes a client that the listener accepts, and ends it: both sides, or its own. */
static void come_and_go(struct app *app, const struct target *target, struct session *server, bool both)
{
	struct error error;
	size_t had = session_clients(server);
	struct session *client = call(app, target);
	wait_for(app, session_clients(server) == had + 1, "a client is accepted");
	struct session *accepted = sessions_at(app->sessions, sessions_count(app->sessions) - 1);
	session_close(client, &error);
	if (!both)
		return;
	session_close(accepted, &error);
	wait_for(app, session_clients(server) == had, "and has ended");
	ok(sessions_at(app->sessions, sessions_count(app->sessions) - 1) == accepted, "and is still in the table");
}

/* What only a paused session of ours could read, and what a stranger does not. */
static void test_leaving_paused(bool both)
{
	struct app app;
	struct error error;
	struct target target = { .transport = TRANSPORT_UNIX };
	int fd = peer_listen(AF_INET, 8);
	app_fixture_start(&app);
	snprintf(target.host, sizeof target.host, "@test_leave.%d", (int)getpid());
	struct session *server = app_listen(&app, &target, NULL, &error);
	wait_for(&app, server && session_state(server) == SESSION_LISTENING, "a UNIX listener");
	come_and_go(&app, &target, server, both);
	ok(step_pause(server, true, &error), "it is paused");
	send_much(&app, call(&app, &target));
	ok(leave_begin(&app, "/quit", &error), "an earlier client, which has ended,");
	wait_for(&app, app.leave_by < INT64_MAX, "will not read what waits for the next");
	app.leave_by = 1;
	leave_serve(&app);
	is_int(app.held_up_by, session_number(server), "the listener that is paused is named");
	app.quit = false;
	app.leave_by = 0;
	struct session *strange = call_peer(&app, fd);
	send_much(&app, strange);
	ok(leave_begin(&app, "/quit", &error) && app.leave_by == INT64_MAX, "a stranger may still read");
	app.leave_by = 1;
	leave_serve(&app);
	is_int(app.held_up_by, 0, "so not all that is lost is put down to the listener");
	app.quit = false;
	app.leave_by = 0;
	ok(leave_begin(&app, "/quit", &error) && app.leave_by == INT64_MAX, "it waits");
	session_abort(strange, &error);
	wait_for(&app, app.leave_by < INT64_MAX, "but not for ever once only the listener is left");
	close(fd);
	app_fixture_end(&app);
}

/* The address of a stranger may be that of a listener in a recording. */
static void test_leaving_recorded(void)
{
	struct app app;
	struct error error;
	char log[1000];
	int fd = peer_listen(AF_INET, 8);
	app_fixture_start(&app);
	int len = snprintf(log, sizeof log,
	                   "{\"sockpit\":\"log\",\"version\":1,\"type\":\"header\",\"program\":\"sockpit 1\","
	                   "\"started\":\"2020-02-02T02:02:02Z\"}\n"
	                   "{\"type\":\"session\",\"session\":1,\"name\":\"s\",\"kind\":\"listener\",\"transport\":\"tcp\","
	                   "\"paused\":true,\"local\":{\"family\":\"ipv4\",\"ip\":\"127.0.0.1\",\"port\":%u}}\n"
	                   "{\"type\":\"call\",\"time\":\"2020-02-02T02:02:02Z\",\"session\":1,\"call\":\"listen\","
	                   "\"fd\":3,\"backlog\":5}\n",
	                   peer_port(fd));
	ok(replay_start_text(&app, "log", log, (size_t)len, REPLAY_SPEED_OWN, 0, &error), "a log");
	replay_serve(&app, 0);
	const struct session *recorded = sessions_numbered(app.sessions, 1);
	ok(recorded && session_state(recorded) == SESSION_LISTENING, "of a listener");
	ok(recorded && session_is_paused(recorded), "that was paused");
	send_much(&app, call_peer(&app, fd));
	ok(leave_begin(&app, "/quit", &error) && app.leave_by == INT64_MAX, "holds up nothing");
	replay_stop(&app);
	close(fd);
	app_fixture_end(&app);
}

int main(void)
{
	tap_watchdog(60);
	test_leaving();
	test_leaving_unattended();
	test_leaving_too_late();
	test_leaving_paused(true);
	test_leaving_paused(false);
	test_leaving_recorded();
	tap_done();
}
