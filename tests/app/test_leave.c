// SPDX-License-Identifier: GPL-3.0-or-later
/* Quitting while data has not been sent. */
#include "app/fixture.h"
#include "app/leave.h"
#include "app/send.h"

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

int main(void)
{
	tap_watchdog(30);
	test_leaving();
	test_leaving_unattended();
	test_leaving_too_late();
	tap_done();
}
