// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/page.h"

#include <limits.h>
#include <locale.h>

#include "app/fixture.h"
#include "app/send.h"
#include "app/session_snapshot.h"

static struct rows rows;
static struct buf out = { .max = SIZE_MAX };
static struct error error;

static const char *shown(struct app *app, int columns, int height)
{
	page_render(app, columns, height, &rows);
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

/* ---- pages of this test ---- */

static void render_name(struct app *app, struct session *session, int columns, int height,
                        struct rows *out_rows)
{
	(void)app, (void)height;
	page_add_text(out_rows, session ? session_name(session) : "none", columns, STYLE_TEXT);
}

static void render_text(struct app *app, struct session *session, int columns, int height,
                        struct rows *out_rows)
{
	(void)session, (void)height;
	page_add_text(out_rows, app->open_page.text, columns, STYLE_TEXT);
}

static int64_t pulse(const struct app *app, const struct session *session)
{
	(void)app, (void)session;
	return CLOCK_MS;
}

static const struct page name_page = { .of_session = true, .render = render_name };
static const struct page text_page = { .help = "words", .render = render_text };
static const struct page fast_page = { .pulse = pulse, .render = render_name };

/* ---- tests ---- */

static void opens_and_closes(void)
{
	struct app app;
	app_fixture_start(&app);
	app.shows_pages = true;
	ok(!page_is_open(&app), "no page at first");
	page_toggle(&app, &name_page, "/name", 0, NULL);
	ok(page_is_open(&app), "a page opens");
	is_text(shown(&app, 80, 10), "no session: /open HOST PORT makes one\n",
	        "one about a session says that there is none");
	uint64_t first = app.open_page.serial;
	page_toggle(&app, &text_page, "/text", 0, "one\ntwo");
	is_text(shown(&app, 80, 10), "/text  words\none\ntwo\n",
	        "another takes its place, with its heading");
	is_text(shown(&app, 11, 10), "/text\none\ntwo\n", "never a part of it");
	is_text(shown(&app, 80, 1), "one\ntwo\n", "which is left out where one row is all");
	ok(app.open_page.serial > first, "and has another number");
	page_toggle(&app, &text_page, "/text more", 0, "three");
	is_text(shown(&app, 80, 10), "/text more  words\nthree\n", "another line is another page");
	page_toggle(&app, &text_page, "/text more", 0, "four");
	ok(!page_is_open(&app), "the same line closes it");
	is_int(page_pulse(&app), 0, "nothing changes by itself");
	page_toggle(&app, &fast_page, "/fast", 0, NULL);
	is_int(page_pulse(&app), CLOCK_MS, "but on a page that says so");
	page_close(&app);
	is_int(page_pulse(&app), 0, "while it is open");
	is_text(app_fixture_note(&app, 0), "", "nothing was noted");
	app_fixture_end(&app);
}

static void prints(void)
{
	struct app app;
	app_fixture_start(&app);
	page_toggle(&app, &text_page, "/text", 0, "one\ntwo");
	is_text(app_fixture_note(&app, 0), "one\ntwo",
	        "where no pages are shown, its text is a note");
	page_toggle(&app, &fast_page, "/fast", 0, NULL);
	is_text(app_fixture_note(&app, 0), "none", "and so are rows");
	ok(!page_is_open(&app), "and no page is open");
	app_fixture_end(&app);
}

static void is_about_a_session(void)
{
	struct app app;
	app_fixture_start(&app);
	app.shows_pages = true;
	ok(app_demo(&app, &error), "a server, and a session to it");
	page_toggle(&app, &name_page, "/name", 0, NULL);
	is_text(shown(&app, 80, 10), "demo\n", "the current session");
	app_select(&app, numbered(&app, 1));
	is_text(shown(&app, 80, 10), "echo\n", "whichever that is");
	page_toggle(&app, &name_page, "/name @demo", 2, NULL);
	is_text(shown(&app, 80, 10), "demo\n", "or one of its own");
	wait_for(&app, session_state(numbered(&app, 2)) == SESSION_OPEN, "it connects");
	ok(session_close(numbered(&app, 2), &error) && app_forget(&app, numbered(&app, 2), &error),
	   "the session goes");
	is_text(shown(&app, 80, 10), "the session has gone\n", "and the page says so");
	app_fixture_end(&app);
}

static void wraps(void)
{
	struct app app;
	app_fixture_start(&app);
	app.shows_pages = true;
	page_toggle(
	        &app, &text_page, "/text", 0,
	        "one two three four\n  /open   a long help that goes on\nabcdefghijklmnopqrstuvw\n"
	        "\nend");
	is_text(shown(&app, 20, 1),
	        "one two three four\n  /open   a long\n          help that\n          goes on\n"
	        "abcdefghijklmnopqrst\n  uvw\n\nend\n",
	        "lines break at blanks, below their second column");
	is_text(shown(&app, 12, 1),
	        "one two\n  three four\n  /open   a\n    long\n    help\n    that\n    goes on\n"
	        "abcdefghijkl\n  mnopqrstuv\n  w\n\nend\n",
	        "or a little to the right of their first word");
	for (int columns = 1; columns < 30; columns++) {
		bool wide = false;
		shown(&app, columns, 10);
		for (size_t i = 0; i < rows.count; i++)
			wide = wide || rows.row[i].columns > columns;
		ok(!wide, "no row is wider than %d columns", columns);
	}
	app_fixture_end(&app);
}

static void snapshots(void)
{
	struct app app;
	struct snapshot snapshot;
	app_fixture_start(&app);
	ok(app_demo(&app, &error), "a server, and a session to it");
	wait_for(&app, session_state(numbered(&app, 2)) == SESSION_OPEN && numbered(&app, 3),
	         "they are connected");
	session_snapshot(numbered(&app, 1), &snapshot);
	is_int(snapshot.kind, SNAPSHOT_LISTENER, "a listener");
	is_text(snapshot.service, "echo", "with its service");
	ok(send_line(numbered(&app, 2), "hello", 5, &error), "a line is sent");
	wait_for(&app, session_counts(numbered(&app, 2))->received_bytes == 6, "and comes back");
	session_snapshot(numbered(&app, 2), &snapshot);
	is_int(snapshot.kind, SNAPSHOT_STREAM, "a conversation");
	ok(snapshot.open && !snapshot.accepted && snapshot.sent == 6 && snapshot.received == 6,
	   "with what it has moved");
	ok(snapshot_is_loopback(&snapshot), "on loopback");
	session_snapshot(numbered(&app, 3), &snapshot);
	ok(snapshot.accepted && !snapshot.service, "the other end was accepted");
	ok(session_close(numbered(&app, 2), &error), "closing");
	app_fixture_turn(&app, clock_now() + CLOCK_MS);
	session_snapshot(numbered(&app, 2), &snapshot);
	ok(!snapshot.open, "there is no descriptor any more");
	app_fixture_end(&app);
}

int main(void)
{
	tap_watchdog(30);
	setlocale(LC_ALL, "C.UTF-8");
	opens_and_closes();
	prints();
	is_about_a_session();
	wraps();
	snapshots();
	rows_free(&rows);
	buf_free(&out);
	return tap_done();
}
