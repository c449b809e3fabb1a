// SPDX-License-Identifier: GPL-3.0-or-later
#include <stdlib.h>

#include "app/fixture.h"
#include "command/command.h"
#include "command/queue.h"

static struct app app;

static bool run(const char *line)
{
	return queue_type(&app, line, strlen(line));
}

static struct session *start(void)
{
	app_fixture_start(&app);
	run("/listen 127.0.0.1 0 discard as d");
	struct session *server = sessions_named(app.sessions, "d");
	wait_for(&app, session_state(server) == SESSION_LISTENING, "a server");
	char line[64];
	snprintf(line, sizeof line, "/open 127.0.0.1:%u as c", session_local(server).port);
	run(line);
	struct session *client = sessions_named(app.sessions, "c");
	wait_for(&app, session_state(client) == SESSION_OPEN, "a client");
	return client;
}

/* Of all that was sent: 's' for each secret byte, 'p' for each other. */
static const char *sent(const struct session *session)
{
	static char text[256];
	size_t len = 0;
	for (uint64_t at = transcript_first(app.transcript); at != TRANSCRIPT_NONE;
	     at = transcript_next(app.transcript, at)) {
		const struct entry *entry = transcript_at(app.transcript, at);
		if (entry->session == session_number(session) && entry_is_outgoing(entry))
			for (uint32_t i = 0; i < entry->len && len < sizeof text - 1; i++)
				text[len++] = entry_is_secret(entry) ? 's' : 'p';
	}
	text[len] = '\0';
	return text;
}

/* Whether any word of the program has this in it. */
static bool is_said(const char *text)
{
	for (uint64_t at = transcript_first(app.transcript); at != TRANSCRIPT_NONE;
	     at = transcript_next(app.transcript, at)) {
		const struct entry *entry = transcript_at(app.transcript, at);
		if ((entry->call == CALL_NOTE || entry->call == CALL_STATE) &&
		    memmem(entry_payload(entry), entry->len, text, strlen(text)))
			return true;
	}
	return false;
}

static size_t notes(const char *text)
{
	size_t count = 0;
	for (uint64_t at = transcript_first(app.transcript); at != TRANSCRIPT_NONE;
	     at = transcript_next(app.transcript, at)) {
		const struct entry *entry = transcript_at(app.transcript, at);
		count += entry->call == CALL_NOTE &&
		         memmem(entry_payload(entry), entry->len, text, strlen(text));
	}
	return count;
}

static void test_sending(void)
{
	struct session *client = start();
	app.attended = true;
	ok(run("ab") && run("/secret hunter2") && run("/secret $HOME") && run("c"),
	   "lines, and two secrets");
	is_text(sent(client),
	        "ppp"
	        "ssssssss"
	        "ssssss"
	        "pp",
	        "what a person types is sent as it is, with its line end, and flagged");
	is_int(notes("is masked where it is sent"), 1, "a note says once what is masked");
	ok(!is_said("hunter2"), "no word of the program has it");
	ok(run("/secret"), "without text");
	is_int(app.secret_for, session_number(client), "the next line is to be typed unseen");
	app.secret_for = 0;
	ok(!run("/secret @nobody99 x") && !is_said("nobody99"),
	   "what may be the begin of a secret is in no message");
	ok(run("/secret @@x"), "a secret that begins with @");
	is_text(sent(client) + 19, "sss", "is sent without the other @");
	ok(!app.secret_for, "nor is it asked for again");
	ok(!run("/secret @d"), "a listener cannot be sent anything");
	is_int(app.secret_for, SECRET_REFUSED, "what is typed next was meant to be unseen");
	run("/close @c");
	app.secret_for = 0;
	ok(!run("/secret @c") && app.secret_for == SECRET_REFUSED,
	   "nor can a closed session, before it is typed");
	app.secret_for = 0;
	ok(!run("/secret @nobody99 ") && app.secret_for == SECRET_REFUSED,
	   "nor one that is not there");
	app.secret_for = 0;
	app_fixture_end(&app);
}

/* Of all that any session has sent or received: bytes that are flagged, and that are not. */
static void count_moved(size_t *secret, size_t *plain)
{
	*secret = *plain = 0;
	for (uint64_t at = transcript_first(app.transcript); at != TRANSCRIPT_NONE;
	     at = transcript_next(app.transcript, at)) {
		const struct entry *entry = transcript_at(app.transcript, at);
		if (entry_is_payload(entry))
			*(entry_is_secret(entry) ? secret : plain) += entry->len;
	}
}

static void test_back(const char *transport)
{
	char line[64];
	size_t secret, plain;
	app_fixture_start(&app);
	snprintf(line, sizeof line, "/listen %s 127.0.0.1 0 echo as s", transport);
	run(line);
	struct session *server = sessions_named(app.sessions, "s");
	wait_for(&app, session_state(server) == SESSION_LISTENING ||
	                       session_state(server) == SESSION_OPEN, "a server");
	snprintf(line, sizeof line, "/open %s 127.0.0.1:%u as c", transport,
	         session_local(server).port);
	run(line);
	struct session *client = sessions_named(app.sessions, "c");
	wait_for(&app, session_state(client) == SESSION_OPEN, "a client");
	run("hunter2");
	wait_for(&app, session_counts(client)->received_bytes == 8, "its echo");
	run("/secret hunter2");
	wait_for(&app, session_counts(client)->received_bytes == 16, "that of the secret");
	count_moved(&secret, &plain);
	is_int(plain, 32, "what is not known to be a secret yet is none");
	is_int(secret, 32, "then it is, sent and received at either end");
	run("/secret abc");
	wait_for(&app, session_counts(client)->received_bytes == 20, "that of a short one");
	count_moved(&secret, &plain);
	is_int(secret, 36, "of which only what is sent as a secret is hidden");
	app_fixture_end(&app);
}

static void test_headless(void)
{
	struct session *client = start();
	ok(!run("/secret") && is_said("nobody is there to type it"), "nobody is waited for");
	is_text(sent(client), "", "nothing was sent");
	app_fixture_end(&app);
}

static void test_hides(void)
{
	static const char *const hidden[] = { "/secret x", " /secret x", "/secret\tx", "/secre x",
		                              "/sec @2 x", "/secrte x",  "/sercet x",  "/secrett x",
		                              "/se x",     "/scret x",   "/Secret x" };
	static const char *const kept[] = { "/secret",  "/secret ",   "/send x",    "//secret x",
		                            "secret x", "/session x", "/@2 secret", "/set x" };
	app_fixture_start(&app);
	for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++)
		ok(command_hides(&app, hidden[i]), "\"%s\" is kept nowhere", hidden[i]);
	for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
		ok(!command_hides(&app, kept[i]), "\"%s\" is", kept[i]);
	app.literal = true;
	ok(!command_hides(&app, "/secret x"), "where all is data so is this");
	app_fixture_end(&app);
}

int main(void)
{
	tap_watchdog(30);
	test_sending();
	test_back("tcp");
	test_back("udp");
	test_headless();
	test_hides();
	tap_done();
}
