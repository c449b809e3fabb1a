// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/page.h"

#include <locale.h>

#include "app/fixture.h"

static struct rows rows;
static struct buf out = { .max = SIZE_MAX };

static const char *page(struct app *app, enum page page)
{
	app->page = page;
	app_fill_page(app, 80, 100, &rows);
	buf_clear(&out);
	for (size_t i = 0; i < rows.count; i++) {
		row_print(&rows.row[i], &out);
		buf_append_text(&out, "\n");
	}
	return buf_text(&out);
}

static struct session *numbered(const struct app *app, uint32_t number)
{
	return sessions_numbered(app->sessions, number);
}

static void names(struct app *app)
{
	is_text(app_page_name(PAGE_NONE), "", "no page has no name");
	for (enum page i = PAGE_INFO; i < PAGE_COUNT; i++)
		ok(*app_page_name(i) && *page_key(i), "%s has a key", app_page_name(i));
	app_toggle_page(app, PAGE_INFO);
	is_int(app->page, PAGE_INFO, "a page comes");
	app_toggle_page(app, PAGE_STATES);
	is_int(app->page, PAGE_STATES, "another takes its place");
	app_toggle_page(app, PAGE_STATES);
	is_int(app->page, PAGE_NONE, "once more, and it goes");
	ok(strstr(page(app, PAGE_INFO), "/open"), "without a session it says how to get one");
	is_int(page_pulse(app), 0, "and nothing changes by itself");
}

static void conversation(struct app *app)
{
	struct error error;
	struct snapshot snapshot;
	ok(app_demo(app, &error), "a server, and a session to it");
	wait_for(app, session_state(numbered(app, 2)) == SESSION_OPEN && numbered(app, 3),
	         "they are connected");
	page_snapshot(numbered(app, 1), &snapshot);
	is_int(snapshot.kind, SNAPSHOT_LISTENER, "a listener");
	is_text(snapshot.service, "echo", "with its service");
	ok(app_send_line(numbered(app, 2), "hello", 5, &error), "a line is sent");
	wait_for(app, session_counts(numbered(app, 2))->received_bytes == 6, "and comes back");
	page_snapshot(numbered(app, 2), &snapshot);
	is_int(snapshot.kind, SNAPSHOT_STREAM, "a conversation");
	ok(snapshot.open && !snapshot.accepted && snapshot.sent == 6 && snapshot.received == 6,
	   "with what it has moved");
	ok(snapshot_are_loopback(&snapshot), "on loopback");
	page_snapshot(numbered(app, 3), &snapshot);
	ok(snapshot.accepted && !snapshot.service, "the other end was accepted");
	const char *info = page(app, PAGE_INFO);
	ok(strstr(info, "INFO demo") && strstr(info, "ESTABLISHED"), "/info");
	ok(strstr(info, "6 B in 1 call"), "with its traffic");
	const char *states = page(app, PAGE_STATES);
	ok(strstr(states, ">>>ESTABLISHED<<< [demo]"), "/states");
}

static void programs(struct app *app)
{
	const char *python = page(app, PAGE_PYTHON);
	ok(strstr(python, "import socket"), "/code python as rows");
	is_int(page_pulse(app) > CLOCK_S, 0, "which change at most by the countdown of the status");
	ok(strstr(page(app, PAGE_C), "#include <sys/socket.h>"), "/code c");
	ok(!strstr(buf_text(&out), "^I"), "its tabs are blanks");
	app_fill_page(app, 20, 100, &rows);
	int wide = 0;
	for (size_t i = 0; i < rows.count; i++)
		wide += rows.row[i].columns > 20;
	is_int(wide, 0, "a line that is too long is cut, and says so");
}

/* 64 KiB of bytes that take four characters each, and more. */
static void long_program(struct app *app)
{
	static char bytes[1 << 18];
	struct error error;
	memset(bytes, 1, sizeof bytes);
	ok(session_send(numbered(app, 2), bytes, sizeof bytes, &error), "a lot is sent");
	wait_for(app, session_counts(numbered(app, 2))->received_bytes == 6 + sizeof bytes,
	         "and comes back");
	ok(strstr(page(app, PAGE_PYTHON), "and so on: /code with a file writes all of it"),
	   "a long program is cut, and says so");
	ok(rows.count > 100, "after much of it");
}

static void goes_back(struct app *app)
{
	const struct view_ops *ops = app_view_mode(app, 2).ops;
	app->page = PAGE_C;
	app_next_view(app, 2);
	is_int(app->page, PAGE_NONE, "the next view of a page");
	ok(app_view_mode(app, 2).ops == ops, "is the view it took the place of");
}

static void closed(struct app *app)
{
	struct error error;
	struct snapshot snapshot;
	ok(session_close(numbered(app, 2), &error), "closing");
	fixture_turn(app, clock_now() + CLOCK_MS);
	page_snapshot(numbered(app, 2), &snapshot);
	ok(!snapshot.open, "there is no descriptor any more");
	ok(!strstr(page(app, PAGE_INFO), "send buffer"), "so there is no buffer");
	ok(!strstr(page(app, PAGE_STATES), ">>>ESTABLISHED<<< [demo]"), "nor the state it had");
}

int main(void)
{
	struct app app;
	tap_watchdog(30);
	setlocale(LC_ALL, "C.UTF-8");
	fixture_start(&app);
	names(&app);
	conversation(&app);
	programs(&app);
	long_program(&app);
	goes_back(&app);
	closed(&app);
	rows_free(&rows);
	buf_free(&out);
	fixture_end(&app);
	return tap_done();
}
