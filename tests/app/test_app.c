// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/app.h"

#include <netinet/in.h>
#include <netinet/tcp.h>

#include "app/fixture.h"
#include "app/send.h"
#include "net/option.h"
#include "net/reconnect.h"
#include "net/service.h"
#include "support/peer.h"

static struct error error;

static struct session *listen_on(struct app *app, const char *text, enum transport transport,
                                 const char *service, const char *name)
{
	struct target target;
	struct session_options options = { .name = name, .service = service_find(service) };
	if (!target_parse(&target, text, NULL, transport, true, &error))
		return NULL;
	return app_listen(app, &target, &options, &error);
}

static struct session *open_to(struct app *app, const struct session *server,
                               enum transport transport, const char *name)
{
	struct target target;
	char text[ENDPOINT_TEXT];
	struct endpoint addr = session_local(server);
	struct session_options options = { .name = name };
	if (!target_parse(&target, endpoint_format(&addr, text), NULL, transport, false, &error))
		return NULL;
	return app_open(app, &target, &options, &error);
}

static void test_empty(void)
{
	struct app app;
	app_fixture_start(&app);
	ok(!app.current && app_shown(&app) == 0, "no session at first");
	ok(!app_need_session(&app, &error), "none where one is needed");
	is_text(error.text, "no session: /open HOST PORT makes one", "and what to do");
	ok(!app_find_session(&app, "1", &error), "nothing to find");
	is_text(error.text, "no session: /open HOST PORT makes one", "as there is none");
	app_note(&app, "%d\n%s", 1, "two");
	is_text(app_fixture_note(&app, 0), "1\ntwo", "the program speaks for itself");
	is_int(app_fixture_flags(&app, 0), 0, "a note");
	app_error(&app, "bad: %s", "x");
	is_text(app_fixture_note(&app, 0), "bad: x", "and reports mistakes");
	is_int(app_fixture_flags(&app, 0), ENTRY_ERROR, "flagged");
	is_int(transcript_ceiling(app.transcript), 64 << 20, "the scrollback's default");
	app_fixture_end(&app);
}

static void test_demo(void)
{
	struct app app;
	app_fixture_start(&app);
	ok(app_demo(&app, &error), "the demo starts");
	struct session *demo = app.current;
	is_text(session_name(demo), "demo", "the client is current");
	struct session *echo = sessions_named(app.sessions, "echo");
	ok(echo && session_has_clients(echo), "beside a listener");
	wait_for(&app, session_state(demo) == SESSION_OPEN, "it connects");
	ok(send_line(demo, "Hello, server!", 14, &error), "a line goes out");
	wait_for(&app, session_counts(demo)->received_bytes >= 15, "and comes back");
	struct buf *got = app_fixture_received(&app, session_number(demo), false);
	is_bytes(buf_data(got), got->len, "Hello, server!\n", 15, "whole, with its line end");
	is_int(app.status, 0, "no exit status was set");
	app_fixture_end(&app);
}

static void test_line_ends(void)
{
	static const struct {
		const char *eol, *typed, *sent;
		size_t len;
	} cases[] = {
		{ "lf", "a\nb", "a\nb\n", 4 }, { "crlf", "a\n\nb\n", "a\r\n\r\nb\r\n\r\n", 10 },
		{ "cr", "a\nb", "a\rb\r", 4 }, { "nul", "a\nb", "a\0b\0", 4 },
		{ "none", "a\nb", "a\nb", 3 }, { "lf", "", "\n", 1 },
		{ "none", "", "", 0 },
	};
	struct app app;
	app_fixture_start(&app);
	struct session *server = listen_on(&app, "0", TRANSPORT_UDP, "none", "server");
	wait_for(&app, server && session_state(server) == SESSION_OPEN, "a UDP server");
	struct session *client = open_to(&app, server, TRANSPORT_UDP, "client");
	wait_for(&app, client && session_state(client) == SESSION_OPEN, "and its client");
	struct buf want = { .max = SIZE_MAX };
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		ok(app_set(&app, "eol", cases[i].eol, &error), "eol %s", cases[i].eol);
		ok(send_line(client, cases[i].typed, strlen(cases[i].typed), &error), "a line");
		wait_for(&app, session_counts(server)->receives == i + 1, "is one datagram");
		buf_append_text(&want, "[");
		buf_append(&want, cases[i].sent, cases[i].len);
		buf_append_text(&want, "]");
	}
	struct buf *got = app_fixture_received(&app, session_number(server), true);
	is_bytes(buf_data(got), got->len, buf_data(&want), want.len, "each with its line ends");
	buf_free(&want);
	app_fixture_end(&app);
}

static void test_search(void)
{
	struct app app;
	app_fixture_start(&app);
	struct session *first = listen_on(&app, "0", TRANSPORT_TCP, "none", "alpha");
	struct session *second = listen_on(&app, "0", TRANSPORT_TCP, "none", "alphabet");
	struct session *third = listen_on(&app, "127.0.0.1:0", TRANSPORT_TCP, "none", "1two");
	ok(first && second && third, "three listeners");
	ok(app_find_session(&app, "2", &error) == second, "by number");
	ok(app_find_session(&app, "@2", &error) == second, "with an @");
	ok(app_find_session(&app, "alpha", &error) == first, "an exact name beats a prefix");
	ok(app_find_session(&app, "@alphab", &error) == second, "a unique prefix");
	ok(!app_find_session(&app, "al", &error), "not an ambiguous one");
	is_text(error.text, "ambiguous: \"al\" is alpha, alphabet", "which lists the candidates");
	ok(!app_find_session(&app, "4", &error), "no such number");
	ok(app_find_session(&app, "1t", &error) == third, "a prefix that begins with a digit");
	ok(!app_find_session(&app, "99999999999999999999999", &error), "no such large number");
	ok(!app_find_session(&app, "", &error) && !app_find_session(&app, "@", &error),
	   "nothing finds nothing");
	ok(!app_find_session(&app, "beta", &error), "no such name");
	is_text(error.text, "no session \"beta\": /sessions lists them", "says so");
	app_fixture_end(&app);
}

static void test_news(void)
{
	struct app app;
	app_fixture_start(&app);
	struct session *server = listen_on(&app, "0", TRANSPORT_TCP, "echo", NULL);
	wait_for(&app, session_state(server) == SESSION_LISTENING, "a listener");
	struct session *client = open_to(&app, server, TRANSPORT_TCP, "client");
	ok(app.current == client, "the new session is current");
	is_int(app_unread(&app, server), 0, "the one left has no news yet");
	wait_for(&app, session_clients(server) == 1, "it accepts");
	struct session *accepted = sessions_numbered(app.sessions, 3);
	ok(app.current == client, "who comes does not steal the window");
	ok(app_unread(&app, accepted) > 0 && app_unread(&app, server) > 0, "but is news");
	uint64_t before = app_unread(&app, accepted);
	send_line(client, "x", 1, &error);
	wait_for(&app, session_counts(client)->received_bytes == 2, "an echo");
	is_int(app_unread(&app, accepted), (long long)before + 1,
	       "a message is news, once, and what is sent is none");
	is_int(app_unread(&app, client), 0, "not where one looks");
	app_select(&app, accepted);
	is_int(app_unread(&app, accepted), 0, "nor where one has just begun to look");
	is_int(app_unread(&app, client), 0, "what was seen stays seen");
	app_select(&app, client);
	ok(app_unread(&app, server) > 0, "elsewhere there is news");
	app_set_view_mode(&app, session_number(client),
	                  (struct view_mode){ .ops = &chat_view, .all = true });
	is_int(app_unread(&app, server), 0, "what a view of all shows is none");
	app_set_view_mode(&app, session_number(client), (struct view_mode){ .ops = &chat_view });
	is_int(app_unread(&app, server), 0, "nor was it afterwards");
	app_select(&app, NULL);
	ok(!app.current && app_unread(&app, accepted) == 0, "looking at none");
	app_fixture_end(&app);
}

/* As if a second had passed. */
static bool rings(struct app *app)
{
	app->rang_at -= CLOCK_S;
	return app_take_bell(app);
}

static void test_bell(void)
{
	struct app app;
	app_fixture_start(&app);
	struct session *server = listen_on(&app, "0", TRANSPORT_TCP, "echo", NULL);
	struct session *client = open_to(&app, server, TRANSPORT_TCP, "client");
	wait_for(&app, session_clients(server) == 1, "a conversation");
	struct session *accepted = sessions_numbered(app.sessions, 3);
	send_line(client, "1", 1, &error);
	wait_for(&app, session_counts(client)->received_bytes == 2, "a message");
	ok(!rings(&app), "by default no bell rings");
	ok(app_set(&app, "bell", "message", &error), "/set bell message");
	send_line(client, "2", 1, &error);
	wait_for(&app, session_counts(client)->received_bytes == 4, "one in a session that is not shown");
	ok(app_take_bell(&app) && !app_take_bell(&app), "rings, once");
	send_line(client, "3", 1, &error);
	wait_for(&app, session_counts(client)->received_bytes == 6, "the next at once");
	ok(!app_take_bell(&app), "does not");
	app_select(&app, accepted);
	app.rang_at -= CLOCK_S;
	send_line(client, "4", 1, &error);
	wait_for(&app, session_counts(accepted)->received_bytes == 8, "nor does one that is seen,");
	ok(!app_take_bell(&app), "though a second later");
	wait_for(&app, session_counts(client)->received_bytes == 8, "as does its answer");
	ok(app_take_bell(&app), "which is not");
	app_set(&app, "bell", "close", &error);
	app.rang_at -= CLOCK_S;
	send_line(client, "5", 1, &error);
	wait_for(&app, session_counts(client)->received_bytes == 10, "/set bell close: a message");
	ok(!app_take_bell(&app), "does not ring,");
	app_select(&app, client);
	session_close(accepted, &error);
	wait_for(&app, app.rings, "and the end by the peer");
	ok(app_take_bell(&app), "does, wherever it is");
	app_fixture_end(&app);
}

static void test_forgetting(void)
{
	struct app app;
	app_fixture_start(&app);
	struct session *one = listen_on(&app, "0", TRANSPORT_TCP, "none", "one");
	struct session *two = listen_on(&app, "0", TRANSPORT_TCP, "none", "two");
	struct session *three = listen_on(&app, "0", TRANSPORT_TCP, "none", "three");
	app_select(&app, two);
	ok(!app_forget(&app, two, &error) && *error.text && app.current == two, "not an open one");
	ok(session_close(two, &error) && app_forget(&app, two, &error), "a closed one");
	ok(app.current == three, "the next becomes current");
	session_close(three, &error);
	ok(app_forget(&app, three, &error) && app.current == one, "or the one before");
	session_close(one, &error);
	ok(app_forget(&app, one, &error) && !app.current, "or none");
	is_int((long)app.tab_count, 0, "nothing is kept of them");
	ok(transcript_is_hidden(app.transcript, 1) && transcript_is_hidden(app.transcript, 2),
	   "and what they did is hidden");
	for (int i = 0; i < 4; i++)
		listen_on(&app, "0", TRANSPORT_TCP, "none", NULL);
	struct session *stays = sessions_numbered(app.sessions, 5);
	session_close(sessions_numbered(app.sessions, 4), &error);
	session_close(sessions_numbered(app.sessions, 6), &error);
	session_close(sessions_numbered(app.sessions, 7), &error);
	ok(app_shown(&app) == 7, "four more, the last one current");
	is_int(app_forget_ended(&app), 3, "three have ended");
	ok(sessions_count(app.sessions) == 1 && app.current == stays, "one stays, and is current");
	ok(!transcript_is_hidden(app.transcript, 5) && !transcript_is_hidden(app.transcript, 0),
	   "and is not hidden, as the program's own pane is not");
	is_int(app_forget_ended(&app), 0, "then there is nothing more");
	session_close(stays, &error);
	is_int(app_forget_ended(&app), 1, "the last one");
	ok(!app.current && app_shown(&app) == 0, "leaves none");
	app_fixture_end(&app);
}

static struct session *open_on(struct app *app, const char *text, const char *name)
{
	struct target target;
	struct session_options options = { .name = name };
	if (!target_parse(&target, text, NULL, TRANSPORT_TCP, false, &error))
		return NULL;
	return app_open(app, &target, &options, &error);
}

static size_t states_of(const struct app *app, uint32_t session)
{
	size_t count = 0;
	uint64_t at = transcript_last(app->transcript, session);
	for (; at != TRANSCRIPT_NONE; at = transcript_before(app->transcript, at))
		count += transcript_at(app->transcript, at)->call == CALL_STATE;
	return count;
}

static void test_failed_to_open(void)
{
	struct app app;
	char text[ENDPOINT_TEXT + 1];
	app_fixture_start(&app);
	int refused = peer_refused(AF_INET), held = peer_listen(AF_INET, 4);
	snprintf(text, sizeof text, "127.0.0.1:%u", peer_port(refused));
	open_on(&app, text, NULL);
	wait_for(&app, sessions_count(app.sessions) == 0, "what is refused has no tab");
	ok(!app.current &&
	           strstr(app_fixture_note(&app, 0), ": Connection refused (RST to our SYN"),
	   "and is reported in the program's own pane");
	is_int(app_fixture_flags(&app, 0), ENTRY_ERROR, "as an error");
	const struct session *failed = app_failed_since(&app, TRANSCRIPT_NONE);
	ok(failed && session_number(failed) == 1, "it can still be explained");
	struct session *one = listen_on(&app, "0", TRANSPORT_TCP, "none", "one");
	struct session *two = listen_on(&app, "0", TRANSPORT_TCP, "none", "two");
	ok(!app_failed_since(&app, TRANSCRIPT_NONE), "but not in another's pane");
	app_select(&app, one);
	snprintf(text, sizeof text, "127.0.0.1:%u", peer_port(held));
	listen_on(&app, text, TRANSPORT_TCP, "none", "three");
	wait_for(&app, sessions_count(app.sessions) == 2, "nor has a port that is taken");
	ok(app.current == one && strstr(app_fixture_note(&app, 2), "EADDRINUSE"),
	   "the session looked at before is so again, and has the error");
	failed = app_failed_since(&app, TRANSCRIPT_NONE);
	is_text(failed ? session_name(failed) : "", "three", "the last failure can be explained");
	ok(!app_failed_since(&app, transcript_end(app.transcript)),
	   "unless there was another since");

	app.typing = true;
	snprintf(text, sizeof text, "127.0.0.1:%u", peer_port(refused));
	struct session *typed = open_on(&app, text, NULL);
	wait_for(&app, session_state(typed) == SESSION_CLOSED, "another is refused");
	app_fixture_turn(&app, clock_now());
	ok(app.current == typed && sessions_count(app.sessions) == 3,
	   "while a line is typed for it, it stays");
	ok(!send_line(typed, "x", 1, &error), "and takes no line");
	app_error(&app, "%s", error.text);
	app.typing = false;
	wait_for(&app, app.current == one, "then it goes");
	ok(strstr(app_fixture_note(&app, 2), ": it did not open"),
	   "and what was said about the line is seen");

	struct session *four = open_on(&app, text, NULL);
	app_select(&app, two);
	uint32_t number = session_number(four);
	wait_for(&app, sessions_count(app.sessions) == 2, "one that is not looked at goes, too");
	ok(app.current == two && strstr(app_fixture_note(&app, 3), ": Connection refused "),
	   "and is reported here");
	ok(states_of(&app, number) == 1, "what it did is still written down");
	app.keeps_failed = true;
	four = open_on(&app, text, NULL);
	wait_for(&app, session_state(four) == SESSION_CLOSED, "in pipe mode");
	app_fixture_turn(&app, clock_now());
	ok(app.current == four, "it stays: its end is the exit status");
	app.keeps_failed = false;

	snprintf(text, sizeof text, "127.0.0.1:%u", session_local(two).port);
	struct session *five = open_on(&app, text, "five");
	wait_for(&app, session_state(five) == SESSION_OPEN, "one that has been open");
	session_close(five, &error);
	session_close(two, &error);
	app_fixture_turn(&app, clock_now());
	ok(reconnect_now(five, &error), "and is opened again");
	wait_for(&app, session_state(five) == SESSION_CLOSED, "which fails");
	app_fixture_turn(&app, clock_now());
	ok(sessions_named(app.sessions, "five") == five && app.current == five,
	   "keeps its tab: there is something to read");
	peer_close_all((int[]){ refused, held }, 2);
	app_fixture_end(&app);
}

/* A listener forgets its oldest ended clients by itself. */
static void test_gone(void)
{
	struct app app;
	app_fixture_start(&app);
	struct session *server = listen_on(&app, "0", TRANSPORT_TCP, "hello", "server");
	wait_for(&app, session_state(server) == SESSION_LISTENING, "a listener");
	bool bounded = true;
	uint32_t looked_at = 0;
	for (unsigned i = 0; i < SESSIONS_KEPT + 8; i++) {
		struct session *client = open_to(&app, server, TRANSPORT_TCP, NULL);
		uint32_t number = session_number(client);
		if (i > 0)
			app_select(&app, sessions_numbered(app.sessions, looked_at));
		int64_t deadline = clock_now() + FIXTURE_MS * CLOCK_MS;
		while (!session_peer_closed(client) && clock_now() < deadline)
			app_fixture_turn(&app, deadline);
		struct session *accepted = sessions_numbered(app.sessions, number + 1);
		if (i == 0)
			app_select(&app, accepted);
		session_close(client, &error);
		while (accepted && session_state(accepted) != SESSION_CLOSED &&
		       clock_now() < deadline)
			app_fixture_turn(&app, deadline);
		if (app.current == client)
			app_select(&app, server);
		app_forget(&app, client, &error);
		if (i == 0) {
			app_select(&app, accepted);
			looked_at = app_shown(&app);
		}
		bounded = bounded && app.tab_count <= sessions_count(app.sessions);
	}
	ok(app.current && app_shown(&app) == looked_at &&
	           sessions_numbered(app.sessions, looked_at) == app.current,
	   "what is looked at is still in the table, though it is the oldest");
	ok(bounded, "what is kept of sessions goes with them");
	is_text(session_name(sessions_at(app.sessions, 0)), "server", "the listener is there");
	ok(sessions_count(app.sessions) <= SESSIONS_KEPT + 1,
	   "and no more than a few of its clients");
	app_fixture_end(&app);
}

static void test_looks(void)
{
	struct app app;
	app_fixture_start(&app);
	ok(app_view(&app, 80).ops == &chat_view, "the program's own pane is a chat");
	ok(app_demo(&app, &error), "the demo starts");
	struct session *demo = app.current, *echo = sessions_named(app.sessions, "echo");
	wait_for(&app, session_state(demo) == SESSION_OPEN, "it connects");
	uint32_t number = session_number(demo);
	app_set(&app, "view", "trace", &error);
	ok(app_view_mode(&app, number).ops == &trace_view, "a setting holds at once");
	app_set_view_mode(&app, number, (struct view_mode){ .ops = &hex_view, .all = true });
	struct view view = app_view(&app, 77);
	ok(view.ops == &hex_view && view.all && view.session == number && view.columns == 77,
	   "a session is shown as was chosen for it");
	ok(app_view_mode(&app, session_number(echo)).ops == &trace_view, "and only that one");
	app_set_view_mode(&app, number, (struct view_mode){ .ops = &ladder_view, .all = true });
	ok(!app_view_mode(&app, number).all, "a ladder is not one of all");
	app_set_view_mode(&app, number, (struct view_mode){ .ops = &wire_view });
	view = app_view(&app, 80);
	ok(view.ops == &wire_view && !view.owner, "no TLS records are looked for without TLS");
	app_set_ends(&app, demo, &view);
	ok(!view.had_tls, "nor in a ladder");
	ok(session_close(demo, &error) && app_forget(&app, demo, &error), "it is forgotten");
	ok(app_view_mode(&app, number).ops == &trace_view, "and how it was shown");
	ok(app.tab_count <= sessions_count(app.sessions), "nothing is kept of it");
	ok(app_set(&app, "kernel", "off", &error) && !app.settings.kernel,
	   "the kernel is left alone");
	app_fixture_end(&app);
}

static void test_other_end(void)
{
	struct app app;
	app_fixture_start(&app);
	ok(!app_other_end(&app, NULL), "nothing has no other end");
	struct session *any = listen_on(&app, "*:0", TRANSPORT_TCP, "none", "any");
	struct session *one = open_to(&app, any, TRANSPORT_TCP, "one");
	wait_for(&app, session_state(one) == SESSION_OPEN && session_clients(any) == 1, "a client");
	struct session *two = open_to(&app, any, TRANSPORT_TCP, "two");
	wait_for(&app, session_state(two) == SESSION_OPEN && session_clients(any) == 2, "another");
	struct session *other = app_other_end(&app, one);
	ok(other && session_is_accepted(other), "the other end of a connection of our own");
	ok(app_other_end(&app, other) == one, "whose other end it is");
	ok(app_other_end(&app, two) && app_other_end(&app, two) != other, "each has its own");
	ok(!app_other_end(&app, any), "a listener has none");
	app_select(&app, one);
	app_set_view_mode(&app, session_number(one), (struct view_mode){ .ops = &ladder_view });
	is_int(app_view(&app, 80).other, session_number(other), "a ladder shows it");
	ok(!app_view(&app, 80).nodelay && option_set(one, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int), &error) &&
	           app_view(&app, 80).nodelay && !app_view(&app, 80).corked,
	   "and knows whether TCP_NODELAY is on");
	session_close(one, &error);
	session_close(other, &error);
	ok(app_other_end(&app, one) == other, "also when both have ended");
	app_fixture_end(&app);
}

/* An IPv6 socket may speak IPv4: its address is not the peer's word for it, but the same end. */
static void test_mapped_other_end(void)
{
	struct app app;
	struct target target = { .transport = TRANSPORT_TCP, .host = "::ffff:127.0.0.1" };
	struct session_options options = { .name = "one" };
	char addr[ENDPOINT_TEXT], want[ENDPOINT_TEXT];
	app_fixture_start(&app);
	struct session *any = listen_on(&app, "127.0.0.1:0", TRANSPORT_TCP, "none", "any");
	struct endpoint local = session_local(any);
	snprintf(target.service, sizeof target.service, "%u", local.port);
	struct session *one = app_open(&app, &target, &options, &error);
	wait_for(&app, session_state(one) == SESSION_OPEN && session_clients(any) == 1,
	         "a client with a mapped address");
	struct endpoint peer = session_peer(one);
	snprintf(want, sizeof want, "[::ffff:127.0.0.1]:%u", local.port);
	is_text(endpoint_format(&peer, addr), want, "which is shown as what it is");
	struct session *other = app_other_end(&app, one);
	ok(other && session_is_accepted(other) && app_other_end(&app, other) == one,
	   "and finds its other end, which has an IPv4 address");
	app_fixture_end(&app);
}

static void test_settings(void)
{
	struct app app;
	app_fixture_start(&app);
	ok(app_set(&app, "scroll", "4Mi", &error), "a setting by prefix");
	is_int(transcript_ceiling(app.transcript), 4 << 20, "holds at once");
	ok(!app_set(&app, "scrollback", "4", &error), "a wrong value");
	is_int(transcript_ceiling(app.transcript), 4 << 20, "changes nothing");
	ok(!app_set(&app, "volume", "11", &error), "no such setting");
	is_text(error.text, "no setting \"volume\": /set lists them", "says what lists them");
	app_fixture_end(&app);
}

static void test_question(void)
{
	struct app app;
	app_fixture_start(&app);
	ok(!app_confirmed(&app, "overwrite %s", "a"), "the first time it is a question");
	ok(app_confirmed(&app, "overwrite %s", "a"), "the second time it is the answer");
	ok(!app_confirmed(&app, "overwrite %s", "a"), "which holds once");
	ok(!app_confirmed(&app, "overwrite %s", "b"), "another deed is another question");
	ok(!app_confirmed(&app, "overwrite %s", "a"), "which has taken the place of the first");
	app.asked_at -= (ASK_SECONDS + 1) * CLOCK_S;
	ok(!app_confirmed(&app, "overwrite %s", "a"), "after so long it is asked again");
	ok(app_confirmed(&app, "overwrite %s", "a"), "and answered");
	app_fixture_end(&app);
}

int main(void)
{
	tap_watchdog(30);
	test_empty();
	test_demo();
	test_line_ends();
	test_search();
	test_news();
	test_bell();
	test_forgetting();
	test_failed_to_open();
	test_gone();
	test_looks();
	test_other_end();
	test_mapped_other_end();
	test_settings();
	test_question();
	return tap_done();
}
