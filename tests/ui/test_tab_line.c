// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/send.h"
#include "ui/status_line.h"
#include "ui/tab_line.h"

#include <locale.h>
#include <stdint.h>

#include "base/clock.h"
#include "net/service.h"
#include "net/session_internal.h"
#include "support/tap.h"

static struct row row;
static struct buf text;

static const char *printed(void)
{
	buf_clear(&text);
	row_print(&row, &text);
	return buf_text(&text);
}

static const char *tabs(const struct app *app, int columns)
{
	tab_line_draw(app, columns, &row);
	return printed();
}

static const char *status(const struct app *app, const char *mode, int columns)
{
	status_line_draw(app, mode, columns, &row);
	return printed();
}

/* What is in the style of the current tab. */
static const char *marked(void)
{
	static char out[256];
	struct row part = { 0 };
	for (size_t i = 0; i < row.count; i++)
		if (row.glyphs[i].style == STYLE_CURRENT)
			row_add_glyph(&part, &row.glyphs[i], STYLE_CURRENT);
	buf_clear(&text);
	row_print(&part, &text);
	snprintf(out, sizeof out, "%s", buf_text(&text));
	row_free(&part);
	return out;
}

/* Serves the app until a condition holds; false when it does not within 10 s. */
static bool serve_until(struct app *app, struct poller *poller,
                        bool (*holds)(const struct app *app))
{
	int64_t limit = clock_now() + 20 * CLOCK_S;
	while (!holds(app)) {
		if (clock_now() > limit)
			return false;
		poller_reset(poller);
		app_prepare(app, poller);
		poller_wake_at(poller, limit);
		poller_wait(poller);
		app_serve(app, poller);
		app_reap(app);
	}
	return true;
}

static struct session *numbered(const struct app *app, uint32_t number)
{
	return sessions_numbered(app->sessions, number);
}

static struct target target_of(const char *host, unsigned port)
{
	struct target target;
	struct error error;
	char service[16];
	snprintf(service, sizeof service, "%u", port);
	if (!target_parse(&target, host, service, TRANSPORT_TCP, true, &error)) {
		printf("Bail out! %s\n", error.text);
		exit(1);
	}
	return target;
}

/* ---- without sessions ---- */

static void empty(struct app *app)
{
	ok(strstr(tabs(app, 80), "/open"), "without a session the bar says how to get one");
	ok(row.columns <= 80, "and fits");
	tabs(app, 10);
	ok(row.columns <= 10, "also where it is narrow");
	is_int(tab_line_session_at(app, 80, 3), 0, "there is no tab to click on");
	is_text(status(app, "", 80), " LF  chat", "the status has only what holds for all");
	is_text(status(app, "vi:cmd", 80), " LF  chat  vi:cmd", "and the mode");
	is_text(tabs(app, 40), " no session: /open HOST PORT", "a narrow one has no half of a command");
}

/* ---- with sessions ---- */

static bool listens(const struct app *app)
{
	return session_state(numbered(app, 1)) == SESSION_LISTENING;
}

static bool is_connected(const struct app *app)
{
	return session_state(numbered(app, 2)) == SESSION_OPEN &&
	       session_clients(numbered(app, 1)) == 1;
}

static bool has_sent(const struct app *app)
{
	return session_counts(numbered(app, 2))->received_bytes == 5;
}

static bool second_is_closed(const struct app *app)
{
	return session_state(numbered(app, 2)) == SESSION_CLOSED;
}

static void listener(struct app *app, struct poller *poller)
{
	struct error error;
	struct target target = target_of("127.0.0.1", 0);
	struct session_options options = {
		.name = "server",
		.service = service_find("echo"),
		.backlog = 7,
	};
	ok(app_listen(app, &target, &options, &error), "a listener");
	ok(serve_until(app, poller, listens), "that listens");
	is_text(tabs(app, 80), " 1 server ●", "one tab");
	is_text(marked(), "1 server ●", "which is the current one");
	numbered(app, 1)->caller.host = HOST_RIGHT;
	is_text(tabs(app, 80), " 1 server@right ●", "on a host of the sandbox");
	is_text(tabs(app, 16), " 1 se@right ●", "which is there where the name is cut");
	numbered(app, 1)->caller.host = HOST_HERE;
	is_text(status(app, "", 80), " tcp LISTEN *  service echo  queue 0/8  0 clients  LF  chat",
	        "a listener has clients, and no queue");
}

static void conversation(struct app *app, struct poller *poller)
{
	struct error error;
	struct target target = target_of("127.0.0.1", session_local(numbered(app, 1)).port);
	struct session_options options = { .name = "client" };
	ok(app_open(app, &target, &options, &error), "a session to it");
	ok(serve_until(app, poller, is_connected), "that is connected");
	app_select(app, numbered(app, 2));
	is_text(status(app, "", 80), " tcp ESTABLISHED *  ↑0 ↓0  LF  chat", "its state");
	ok(send_line(numbered(app, 2), "1234", 4, &error), "it sends");
	ok(serve_until(app, poller, has_sent), "and gets its echo");
	is_text(status(app, "SCROLLED", 80), " tcp ESTABLISHED *  ↑5 ↓5  LF  chat  SCROLLED",
	        "counted, and the mode");
	ok(strstr(tabs(app, 200), "1 server ● +"), "what is new elsewhere is counted at its tab");
	is_text(marked(), "2 client ●", "the current one is another now");
}

static void narrow_status(struct app *app)
{
	is_text(status(app, "SCROLLED", 40), " tcp ESTABLISHED *  ↑5 ↓5  LF  SCROLLED",
	        "the least important goes first");
	is_text(status(app, "SCROLLED", 30), " tcp ESTABLISHED *  SCROLLED", "then more");
	is_text(status(app, "SCROLLED", 20), " tcp ESTABLISHED *", "the state stays");
	for (int columns = 1; columns < 80; columns++) {
		status(app, "SCROLLED vi:ins", columns);
		if (row.columns > columns)
			ok(false, "a status of %d columns has %d", columns, row.columns);
	}
}

static void many_tabs(struct app *app)
{
	struct error error;
	char name[16];
	int wrong = 0;
	for (int i = 0; i < 20; i++) {
		struct target target = target_of("127.0.0.1", 0);
		snprintf(name, sizeof name, "extra%d", i);
		struct session_options options = { .name = name };
		app_listen(app, &target, &options, &error);
	}
	size_t count = sessions_count(app->sessions);
	for (size_t i = 0; i < count; i++) {
		app_select(app, sessions_at(app->sessions, i));
		for (int columns = 20; columns < 200; columns += 7) {
			tabs(app, columns);
			snprintf(name, sizeof name, "%u ", (unsigned)session_number(app->current));
			wrong +=
			        row.columns > columns || strncmp(marked(), name, strlen(name)) != 0;
		}
	}
	is_int(wrong, 0, "the current tab is there at every width, and nothing is too wide");
	app_select(app, numbered(app, 2));
	const char *shown = tabs(app, 60);
	ok(shown[strlen(shown) - 1] == '>', "an arrow says that more follow");
	app_select(app, sessions_at(app->sessions, count - 1));
	ok(tabs(app, 60)[0] == '<', "or come before");
}

/* Every column of a tab leads to it, those between to none. */
static void clicks(struct app *app)
{
	app_select(app, numbered(app, 2));
	tabs(app, 60);
	int first = 0, wrong = 0;
	for (int x = 0; x < row.columns; x++)
		if (row.glyphs[x].style == STYLE_CURRENT) {
			first = first ? first : x;
			wrong += tab_line_session_at(app, 60, x) != 2;
		}
	is_int(wrong, 0, "a click on the current tab finds it");
	ok(first > 0, "the current tab was seen");
	is_int(tab_line_session_at(app, 60, 0), 0, "a click in front of all is none");
	is_int(tab_line_session_at(app, 60, first - 2), 0, "nor is one between two");
	is_int(tab_line_session_at(app, 60, first - 4), 1, "the one before is the first");
	is_int(tab_line_session_at(app, 60, 5000), 0, "nor is one far outside");
	is_int(tab_line_session_at(app, 60, -1), 0, "on either side");
}

static void closed(struct app *app, struct poller *poller)
{
	struct error error;
	ok(session_close(numbered(app, 2), &error), "closing");
	ok(serve_until(app, poller, second_is_closed), "closed");
	ok(strstr(tabs(app, 60), "2 client ○"), "its sign is another");
	ok(strstr(status(app, "", 80), "  ↑5 ↓5  LF  chat"), "its counts stay");
}

static void ascii(struct app *app)
{
	setlocale(LC_ALL, "C");
	ok(strstr(tabs(app, 60), "1 server * "), "in ASCII an open one has a star");
	ok(strstr(tabs(app, 60), " | 2 client -"), "a closed one a dash");
	ok(strstr(status(app, "", 80), "  sent 5 received 5  LF  chat"), "and words are words");
}

int main(void)
{
	struct app app;
	struct poller poller;
	tap_watchdog(30);
	if (!setlocale(LC_ALL, "C.UTF-8")) {
		tap_skip("no C.UTF-8 here");
		return tap_done();
	}
	buf_init(&text, SIZE_MAX);
	poller_init(&poller);
	app_init(&app);
	empty(&app);
	listener(&app, &poller);
	conversation(&app, &poller);
	narrow_status(&app);
	many_tabs(&app);
	clicks(&app);
	closed(&app, &poller);
	ascii(&app);
	app_free(&app);
	poller_done(&poller);
	row_free(&row);
	buf_free(&text);
	return tap_done();
}
