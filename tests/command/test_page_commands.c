// SPDX-License-Identifier: GPL-3.0-or-later
/* The commands that show pages. */
#include <locale.h>
#include <stdlib.h>

#include "app/fixture.h"
#include "app/page.h"
#include "app/send.h"
#include "base/alloc.h"
#include "base/text.h"
#include "command/command.h"
#include "command/queue.h"

static struct app app;
static struct rows rows;
static struct buf out = { .max = SIZE_MAX };
static struct error error;

static bool run(const char *line)
{
	return queue_type(&app, line, strlen(line));
}

static const char *rendered(int columns, int height)
{
	buf_clear(&out);
	if (!page_is_open(&app))
		return "";
	page_render(&app, columns, height, &rows);
	for (size_t i = 0; i < rows.count; i++) {
		row_print(&rows.row[i], &out);
		buf_append_text(&out, "\n");
	}
	return buf_text(&out);
}

/* What the page that this line opens shows. */
static const char *page(const char *line)
{
	page_close(&app);
	run(line);
	return rendered(80, 100);
}

static bool has(const char *line, const char *words)
{
	return strstr(page(line), words) != NULL;
}

static struct session *numbered(uint32_t number)
{
	return sessions_numbered(app.sessions, number);
}

static void conversation(void)
{
	ok(!run("/info") && !page_is_open(&app), "without a session there is no page about it");
	ok(strstr(app_fixture_note(&app, 0), "/open"), "and how to get one is said");
	ok(app_demo(&app, &error), "a server, and a session to it");
	wait_for(&app, session_state(numbered(2)) == SESSION_OPEN && numbered(3),
	         "they are connected");
	ok(send_line(numbered(2), "hello", 5, &error), "a line is sent");
	wait_for(&app, session_counts(numbered(2))->received_bytes == 6, "and comes back");
	ok(has("/info", "INFO demo") && strstr(buf_text(&out), "ESTABLISHED"), "/info");
	ok(strstr(buf_text(&out), "6 B in 1 call"), "with its traffic");
	ok(run("/info") && !page_is_open(&app), "the same command closes it");
	ok(has("/states", ">>>ESTABLISHED<<< [demo]"), "/states");
	ok(run("/stream") && strstr(rendered(80, 100), "STREAM"), "/stream in its place");
	ok(run("/stream @1") && app.current == numbered(1) && page_is_open(&app),
	   "of another session: that one becomes current");
	app_select(&app, numbered(2));
}

static void lists(void)
{
	char first[32];
	ok(has("/sessions", "2* demo"), "/sessions");
	ok(app.open_page.page->live, "is a live page");
	is_int(page_pulse(&app), 0, "in which nothing counts");
	send_line(numbered(2), "more", 4, &error);
	wait_for(&app, strstr(rendered(80, 100), "↑11 ↓11"), "it changes with the sessions");
	ok(has("/stats", "send "), "/stats");
	ok(strstr(buf_text(&out), "/stats  calls and bytes"), "with its heading");
	snprintf(first, sizeof first, "\n3        :%u", session_peer(numbered(3)).port);
	ok(has("/peers @1", first), "/peers of a session that is not current");
	ok(app.current == numbered(2), "leaves it so");
	page_close(&app);
	ok(run("/peers") && !page_is_open(&app), "a peer alone is no page");
	ok(strstr(app_fixture_note(&app, 2), "one peer: 127.0.0.1:"), "but a note");
	char line[32], listens[80];
	unsigned port = session_local(numbered(1)).port;
	snprintf(line, sizeof line, "/port %u", port);
	snprintf(listens, sizeof listens, "\ntcp  127.0.0.1:%u  ", port);
	ok(has(line, listens) && strstr(buf_text(&out), "  session 1 (echo"), "/port");
	ok(strstr(buf_text(&out), "\nTCP: bind() to 127.0.0.1") &&
	           strstr(buf_text(&out), " fails with EADDRINUSE, with SO_REUSEADDR, too"),
	   "says that bind() fails");
	ok(strstr(buf_text(&out), "\nUDP: free: bind() works."), "and where it works");
	is_int(page_pulse(&app), CLOCK_S, "and is read again each second");
	ok(run(line) && !page_is_open(&app), "the same closes it");
	ok(!run("/port 1-2") && !run("/port no-such-port") && !run("/port 65536"),
	   "one port, that is one");
	ok(has("/help keys", "F1"), "/help is a page");
	ok(run("/help  keys") && !page_is_open(&app), "which the same closes, with other blanks");
	ok(run("/help send") && run("/h send") && !page_is_open(&app), "or abbreviated");
	ok(run("/set eol") && !page_is_open(&app), "an answer of a line is none");
	app.shows_pages = false;
	ok(run("/sessions") && strstr(app_fixture_note(&app, 2), "1  echo"),
	   "a printed list is a note");
	ok(run("/help send") && strstr(app_fixture_note(&app, 2), "/send"), "and so is an answer");
	app.shows_pages = true;
}

static void graphs(void)
{
	char line[64];
	uint64_t had = session_counts(numbered(2))->received_bytes;
	ok(run("/graph cwnd") && app.open_page.page->live, "/graph is a live page");
	ok(strstr(rendered(80, 20), "congestion window of demo, segments"), "of the session");
	ok(!run("/fill 0") && !run("/fill 65M") && !run("/fill 12x"), "/fill takes a size");
	ok(run("/fill 200k"), "and sends that much");
	wait_for(&app, session_counts(numbered(2))->received_bytes == had + 200000,
	         "which comes back");
	ok(strstr(rendered(80, 20), " in flight "), "the page has what was under way");
	ok(run("/graph rate") && strstr(rendered(80, 20), "acknowledged "), "another graph");
	ok(run("/graph rate") && !page_is_open(&app), "the same closes it");
	ok(!run("/graph speed"), "of something else there is none");
	ok(has("/graph @1 cwnd", "Not available"), "nor of a listener");
	page_close(&app);
	app_select(&app, numbered(2));
	const char *path = tap_file("", 0);
	snprintf(line, sizeof line, "/graph! window %s", path);
	ok(run(line), "as a file");
	FILE *file = fopen(path, "r");
	char first[64] = "";
	ok(file && fgets(first, sizeof first, file), "which has something");
	is_text(first, "the peer's window of demo, kB\n", "the same as the page");
	if (file)
		fclose(file);
	app.shows_pages = false;
	ok(run("/graph cwnd"), "printed");
	int widest = 0;
	for (const char *at = app_fixture_note(&app, 2), *end; *at; at = end + (*end == '\n')) {
		end = at + strcspn(at, "\n");
		int columns = text_columns(at, (size_t)(end - at));
		widest = columns > widest ? columns : widest;
	}
	is_int(widest, 80 - 1 - 16, "it fits beside the time on 80 columns, without the last one");
	app.shows_pages = true;
}

static void views(void)
{
	ok(run("/sessions") && run("/view @1 hex") && page_is_open(&app),
	   "a view of another session leaves a page there");
	ok(run("/view hex") && !page_is_open(&app), "the view of what is shown takes its place");
	ok(run("/sessions") && run("/view") && !page_is_open(&app), "the next view of a page");
	ok(app_view_mode(&app, 2).ops == &hex_view, "is the view below it");
	ok(run("/sessions") && run("/ladder") && !page_is_open(&app),
	   "/ladder takes its place, too");
	ok(run("/ladder seq") && app_view(&app, 80).numbers, "/ladder seq shows the numbers");
	ok(run("/ladder") && app_view(&app, 80).numbers, "which stay");
	ok(run("/ladder seq") && !app_view(&app, 80).numbers, "until it is given again");
	ok(run("/view chat"), "back");
}

/* What has been counted frame by frame while the page was open is what is counted at once. */
static void counts_on(const char *name)
{
	char *open = xstrdup(rendered(80, 100));
	is_text(page("/stats"), open, name);
	free(open);
}

enum { MANY = 40 };

static void open_many(const char *names)
{
	char line[64];
	for (int i = 0; i < MANY; i++) {
		snprintf(line, sizeof line, "/socket tcp as %s%d", names, i);
		run(line);
	}
}

static void forget_many(void)
{
	for (int i = 0; i < MANY; i++) {
		run("/close");
		run("/forget");
	}
}

static void stats(void)
{
	ok(has("/stats", "\nsend         2      0       0      11 "), "/stats counts");
	send_line(numbered(2), "even more", 9, &error);
	wait_for(&app, strstr(rendered(80, 100), "\nsend         3      0       0      21 "),
	         "what comes while it is open");
	wait_for(&app, session_counts(numbered(2))->received_bytes == 21, "and what comes back");
	counts_on("a call");
	open_many("some");
	counts_on("many sessions");
	forget_many();
	open_many("other");
	counts_on("others in place of those that have gone");
	forget_many();
	page_close(&app);
	app_select(&app, numbered(2));
}

static void programs(void)
{
	ok(has("/code python", "import socket"), "/code python as rows");
	ok(!app.open_page.page->live, "which do not change");
	ok(has("/code c", "#include <sys/socket.h>"), "/code c");
	ok(!strstr(buf_text(&out), "^I"), "its tabs are blanks");
	ok(run("/code python") && strstr(rendered(80, 100), "import socket"),
	   "the other language in its place");
	ok(run("/code python") && !page_is_open(&app), "the same again closes it");
	app.shows_pages = false;
	ok(run("/code python") && strstr(app_fixture_note(&app, 2), "import socket"),
	   "without pages it is a note");
	app.shows_pages = true;
}

/* 64 KiB of bytes that take four characters each, and more. */
static void long_program(void)
{
	static char bytes[1 << 18];
	memset(bytes, 1, sizeof bytes);
	ok(session_send(numbered(2), bytes, sizeof bytes, &error), "a lot is sent");
	wait_for(&app, session_counts(numbered(2))->received_bytes == 21 + sizeof bytes,
	         "and comes back");
	ok(has("/code python", "and so on: /code with a file writes all of it"),
	   "a long program is cut, and says so");
	ok(rows.count > 100, "after much of it");
}

static void sizes(void)
{
	static const char *const lines[] = {
		"/info", "/states", "/stream", "/code c", "/code python",
	};
	int wide = 0;
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		page_close(&app);
		run(lines[i]);
		for (int columns = 20; columns < 220; columns += 3)
			for (int height = 1; height < 25; height += 4) {
				page_render(&app, columns, height, &rows);
				for (size_t y = 0; y < rows.count; y++)
					wide += rows.row[y].columns > columns;
			}
	}
	is_int(wide, 0, "no row of any page is too wide");
}

static void closed(void)
{
	ok(session_close(numbered(2), &error), "closing");
	app_fixture_turn(&app, clock_now() + CLOCK_MS);
	ok(!has("/info", "send buffer"), "there is no buffer any more");
	ok(!has("/states", ">>>ESTABLISHED<<< [demo]"), "nor the state it had");
}

int main(void)
{
	tap_watchdog(30);
	setlocale(LC_ALL, "C.UTF-8");
	app_fixture_start(&app);
	app.shows_pages = true;
	conversation();
	lists();
	views();
	stats();
	programs();
	sizes();
	long_program();
	graphs();
	closed();
	rows_free(&rows);
	buf_free(&out);
	app_fixture_end(&app);
	return tap_done();
}
