// SPDX-License-Identifier: GPL-3.0-or-later
/* A person makes calls one by one: which session the prompt shows meanwhile, and lines typed at once. What
 * the calls say is in tests/scripts/step_*.sp. */
#include "app/fixture.h"
#include "command/queue.h"

static void type(struct app *app, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void type(struct app *app, const char *format, ...)
{
	char line[80];
	va_list args;
	va_start(args, format);
	vsnprintf(line, sizeof line, format, args);
	va_end(args);
	ok(queue_type(app, line, strlen(line)), "%s", line);
}

static struct session *named(const struct app *app, const char *name)
{
	return sessions_named(app->sessions, name);
}

static bool is_open(const struct app *app, const char *name)
{
	const struct session *session = named(app, name);
	return session && session_state(session) == SESSION_OPEN;
}

/* A server's listener "l", its client "c" and what it accepted, "s". */
static unsigned start_pair(struct app *app)
{
	app_fixture_start(app);
	type(app, "/socket tcp as l");
	type(app, "/bind 0");
	type(app, "/backlog");
	type(app, "/socket tcp 4 as c");
	ok(app->current == named(app, "c"), "the new one is the current one");
	unsigned port = session_local(named(app, "l")).port;
	type(app, "/connect 127.0.0.1:%u", port);
	wait_for(app, is_open(app, "c"), "connects");
	type(app, "/accept @l as s");
	wait_for(app, is_open(app, "s"), "names the client");
	ok(app->current == named(app, "s"), "which is the current one");
	type(app, "/session c");
	return port;
}

/* Who types goes on in the session that the prompt shows. */
static void test_later(void)
{
	struct app app;
	unsigned port = start_pair(&app);
	for (int typing = 1; typing >= 0; typing--) {
		type(&app, "/accept @l as %s", typing ? "t" : "u");
		ok(app.current == named(&app, "c"), "/accept waits, and nothing has changed");
		app.typing = typing;
		type(&app, "/open 127.0.0.1 %u as %s", port, typing ? "d" : "e");
		type(&app, "/session c");
		wait_for(&app, is_open(&app, typing ? "t" : "u"), "it is accepted");
		ok(app.current == named(&app, typing ? "c" : "u"), "%s",
		   typing ? "while a line is typed the session stays" : "and current");
		ok(!typing || app_unread(&app, named(&app, "t")), "and the new tab is marked");
		type(&app, "/session c");
		app.typing = false;
	}
	app_fixture_end(&app);
}

/* Two lines typed at once: the first is done before the second is looked at. */
static void test_at_once(void)
{
	struct app app;
	start_pair(&app);
	const struct session *s = named(&app, "s");
	type(&app, "/send abcdef");
	wait_for(&app, queue_type(&app, "/recv @s 2 peek", 15) && !session_waiting(s, NULL), "bytes");
	type(&app, "/recv @s 3");
	type(&app, "/recv @s 3");
	ok(!session_waiting(s, NULL), "neither has to wait");
	type(&app, "/recv @s 3");
	ok(!queue_type(&app, "/recv @s 3", 10), "a third does");
	app_fixture_end(&app);
}

int main(void)
{
	tap_watchdog(30);
	test_later();
	test_at_once();
	return tap_done();
}
