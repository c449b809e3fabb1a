// SPDX-License-Identifier: GPL-3.0-or-later
/* The commands that make one call each. */
#include <sys/socket.h>

#include "app/fixture.h"
#include "command/command.h"
#include "command/queue.h"

/* "" where it went well, else what the pane says. */
static const char *run(struct app *app, const char *format, ...)
        __attribute__((format(printf, 2, 3)));
static const char *run(struct app *app, const char *format, ...)
{
	char line[256];
	va_list args;
	va_start(args, format);
	vsnprintf(line, sizeof line, format, args);
	va_end(args);
	return queue_type(app, line, strlen(line)) ? "" : app_fixture_note(app, app_shown(app));
}

static struct session *named(const struct app *app, const char *name)
{
	return sessions_named(app->sessions, name);
}

static unsigned port_of(const struct app *app, const char *name)
{
	return session_local(named(app, name)).port;
}

static bool is_open(const struct app *app, const char *name)
{
	const struct session *session = named(app, name);
	return session && session_state(session) == SESSION_OPEN;
}

static bool waits(const struct app *app, const char *name, const char *text)
{
	const char *waiting = session_waiting(named(app, name), NULL);
	return text ? waiting && strcmp(waiting, text) == 0 : !waiting;
}

static bool has_received(const struct app *app, const char *name, const char *text)
{
	struct buf *got = app_fixture_received(app, session_number(named(app, name)), false);
	return got->len == strlen(text) && memcmp(buf_data(got), text, got->len) == 0;
}

/* What the newest such call was given. */
static struct entry newest(const struct app *app, const char *name, enum call call)
{
	uint64_t at = transcript_last(app->transcript, session_number(named(app, name)));
	for (; at != TRANSCRIPT_NONE; at = transcript_before(app->transcript, at))
		if (transcript_at(app->transcript, at)->call == call)
			return *transcript_at(app->transcript, at);
	return (struct entry){ .call = CALL_NOTE };
}

/* A server's listener "l", its client "c" and what it accepted, "s", by commands alone. */
static void start_pair(struct app *app)
{
	app_fixture_start(app);
	is_text(run(app, "/socket tcp as l"), "", "/socket");
	is_text(run(app, "/bind 0"), "", "/bind");
	is_text(run(app, "/backlog"), "", "/backlog");
	is_text(run(app, "/socket tcp 4 as c"), "", "/socket with a family");
	ok(app->current == named(app, "c"), "the new one is the current one");
	is_text(run(app, "/connect 127.0.0.1:%u", port_of(app, "l")), "", "/connect");
	wait_for(app, is_open(app, "c"), "connects");
	is_text(run(app, "/accept @l as s"), "", "/accept");
	wait_for(app, is_open(app, "s"), "names the client");
	ok(app->current == named(app, "s"), "which is the current one");
	is_text(run(app, "/session c"), "", "the other again");
}

/* Who types goes on in the session that the prompt shows. */
static void test_later(void)
{
	struct app app;
	start_pair(&app);
	for (int typing = 1; typing >= 0; typing--) {
		is_text(run(&app, "/accept @l as %s", typing ? "t" : "u"), "", "/accept waits");
		ok(app.current == named(&app, "c"), "and nothing has changed");
		app.typing = typing;
		is_text(run(&app, "/open 127.0.0.1 %u as %s", port_of(&app, "l"),
		            typing ? "d" : "e"),
		        "", "a client comes");
		is_text(run(&app, "/session c"), "", "while another is looked at");
		wait_for(&app, is_open(&app, typing ? "t" : "u"), "it is accepted");
		ok(app.current == named(&app, typing ? "c" : "u"), "%s",
		   typing ? "while a line is typed the session stays" : "and current");
		ok(!typing || app_unread(&app, named(&app, "t")), "and the new tab is marked");
		is_text(run(&app, "/session c"), "", "again");
		app.typing = false;
	}
	app_fixture_end(&app);
}

static void test_walk(void)
{
	struct app app;
	start_pair(&app);
	bool got = false;
	is_int(newest(&app, "l", CALL_LISTEN).arg, 5, "/backlog is 5 by default");
	is_text(run(&app, "/recv @s"), "", "/recv");
	ok(waits(&app, "s", "recv(1024)"), "is 1024 by default");
	is_text(run(&app, "hello"), "", "a line");
	wait_for(&app, waits(&app, "s", NULL), "ends it");
	ok(has_received(&app, "s", "hello\n"), "with its line end");
	is_text(run(&app, "/send @s back"), "", "/send");
	wait_for(&app, run(&app, "/recv peek")[0] == '\0' && waits(&app, "c", NULL), "/recv peek");
	is_int(newest(&app, "c", CALL_RECV).arg2, MSG_PEEK, "without a number");
	is_text(run(&app, "/recv 2 waitall"), "", "/recv 2 waitall");
	is_int(newest(&app, "c", CALL_RECV).arg, 2, "with one");
	is_text(run(&app, "/urgent 0x21"), "", "/urgent");
	wait_for(&app, got = got || !*run(&app, "/recv @s 1 urgent"), "/recv urgent");
	ok(has_received(&app, "s", "hello\n!"), "gets the byte");
	is_text(run(&app, "/urgent A"), "", "/urgent with a character");
	is_text(run(&app, "/shutdown write"), "", "/shutdown");
	is_text(run(&app, "/resume @s"), "", "/resume");
	wait_for(&app, session_peer_closed(named(&app, "s")), "reads to the end by itself");
	is_text(run(&app, "/pause @s"), "", "/pause");
	ok(session_is_paused(named(&app, "s")), "pauses it again");
	is_text(run(&app, "/close @s"), "", "/close");
	app_fixture_end(&app);
}

static void test_udp(void)
{
	struct app app;
	app_fixture_start(&app);
	is_text(run(&app, "/socket udp as u"), "", "/socket udp");
	is_text(run(&app, "/bind * 0"), "", "/bind *");
	is_text(run(&app, "/socket udp as v"), "", "another");
	is_text(run(&app, "/connect 127.0.0.1 %u", port_of(&app, "u")), "", "/connect");
	is_text(run(&app, "0123456789"), "", "a datagram");
	is_text(run(&app, "/recv @u 4"), "", "/recv");
	wait_for(&app, waits(&app, "u", NULL), "comes");
	ok(has_received(&app, "u", "0123"), "and is cut");
	is_int(newest(&app, "u", CALL_RECVFROM).arg, 11, "its length is known");
	is_text(run(&app, "/to @u 1 answer"), "", "/to answers");
	is_text(run(&app, "/recv @v"), "", "/recv");
	wait_for(&app, waits(&app, "v", NULL) && has_received(&app, "v", "answer\n"), "it");
	app_fixture_end(&app);
}

static void test_mistakes(void)
{
	struct app app;
	app_fixture_start(&app);
	is_text(run(&app, "/bind 80"), "no session: /open HOST PORT makes one", "no session");
	ok(*run(&app, "/socket sctp"), "no such protocol");
	is_text(run(&app, "/socket tcp as l"), "", "a socket");
	is_text(run(&app, "/recv 10x"), "recv: \"10x\" is not a number from 0 to 1000000",
	        "no number");
	is_text(run(&app, "/recv 99999999999999999999"),
	        "recv: \"99999999999999999999\" is not a number from 0 to 1000000",
	        "one too large");
	is_text(run(&app, "/recv 2000000"), "recv: \"2000000\" is not a number from 0 to 1000000",
	        "and one that is too much");
	is_text(run(&app, "/backlog -1"), "backlog: \"-1\" is not a number from 0 to 2147483647",
	        "a backlog that is none");
	is_text(run(&app, "/urgent ab"),
	        "urgent: one byte goes at a time: a character of ASCII, or 0x00 to 0xff",
	        "more than a byte");
	ok(*run(&app, "/urgent 0x"), "no digits");
	ok(*run(&app, "/urgent 0x123"), "too many");
	ok(*run(&app, "/bind 70000"), "no port");
	ok(*run(&app, "/connect 127.0.0.1"), "none at all");
	is_text(run(&app, "/accept"),
	        "accept() = -1 EINVAL: this socket does not listen: listen() comes first",
	        "what the kernel says is reported once");
	is_text(run(&app, "/resume"), "", "/resume");
	is_text(run(&app, "/resume"), "session 1 is not paused", "once");
	is_text(run(&app, "/recv"), "/pause first: session 1 reads by itself", "/recv");
	is_text(run(&app, "/close"), "", "/close");
	is_text(run(&app, "/recv"), "session 1 is closed: /socket makes another", "closed");
	is_text(run(&app, "/reconnect"), "session 1 was made step by step: /socket makes another",
	        "/reconnect");
	is_text(run(&app, "/forget"), "", "/forget");
	app_fixture_end(&app);
}

/* Two lines typed at once: the first is done before the second is looked at. */
static void test_at_once(void)
{
	struct app app;
	start_pair(&app);
	wait_for(&app, is_open(&app, "s"), "a connection");
	run(&app, "/send abcdef");
	wait_for(&app, run(&app, "/recv @s 2 peek")[0] == '\0' && waits(&app, "s", NULL), "bytes");
	is_text(run(&app, "/recv @s 3"), "", "one");
	is_text(run(&app, "/recv @s 3"), "", "and one more");
	ok(waits(&app, "s", NULL), "neither has to wait");
	is_text(run(&app, "/recv @s 3"), "", "a third");
	is_text(run(&app, "/recv @s 3"), "recv(3) waits in session 3: Ctrl-C cancels it", "does");
	app_fixture_end(&app);
}

int main(void)
{
	tap_watchdog(30);
	test_walk();
	test_later();
	test_udp();
	test_mistakes();
	test_at_once();
	return tap_done();
}
