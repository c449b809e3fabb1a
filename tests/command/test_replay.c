// SPDX-License-Identifier: GPL-3.0-or-later
/* What is replayed looks as it did: every view and page of a conversation, of its log, and of the log of
 * that. */
#include <locale.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command/fixture.h"
#include "app/page.h"
#include "app/replay.h"
#include "app/send.h"
#include "base/text.h"
#include "command/command.h"
#include "command/queue.h"
#include "log/log.h"
#include "log/log_format.h"
#include "net/recorded.h"
#include "view/view.h"

static const char *path;
static struct error error;

static bool run(struct app *app, const char *line)
{
	return queue_type(app, line, strlen(line));
}

/* ---- what is seen ---- */

static void add_rows(const struct rows *rows, struct buf *out)
{
	for (size_t i = 0; i < rows->count; i++) {
		row_print(&rows->row[i], out);
		buf_append_text(out, "\n");
	}
}

static void add_view(struct app *app, const struct view_ops *ops, bool all, int columns,
                     struct buf *out)
{
	struct rows rows = { 0 };
	app_set_view_mode(app, app_shown(app), (struct view_mode){ .ops = ops, .all = all });
	struct view view = app_view(app, columns);
	struct location at = { TRANSCRIPT_NONE, 0 };
	buf_printf(out, "-- %s of %u in %d\n", ops->name, app_shown(app), columns);
	view_heading(&view, &rows);
	add_rows(&rows, out);
	while (view_after(&view, &at)) {
		view_layout(&view, at, &rows);
		add_rows(&rows, out);
	}
	rows_free(&rows);
}

static void add_page(struct app *app, const char *line, struct buf *out)
{
	struct rows rows = { 0 };
	page_close(app);
	run(app, line);
	buf_printf(out, "-- %s of %u\n", line, app_shown(app));
	if (page_is_open(app))
		page_render(app, 80, 24, &rows);
	else
		buf_printf(out, "%s\n", app_fixture_note(app, app_shown(app)));
	add_rows(&rows, out);
	page_close(app);
	rows_free(&rows);
}

/* All that can be seen of its sessions from the first one on. The pages come last, for they note their
 * answers where they are short. */
static void look(struct app *app, size_t first, struct buf *out)
{
	static const char *const pages[] = { "/sessions", "/peers",          "/info",     "/states", "/stream",
		                             "/stats",    "/code python", "/code c", "/graph sequence" };
	const struct view_ops *ops;
	app->settings.time = VIEW_TIME_CLOCK;
	app->shows_pages = true;
	for (size_t i = first; i < sessions_count(app->sessions); i++) {
		app_select(app, sessions_at(app->sessions, i));
		for (size_t j = 0; (ops = view_listed(j)); j++) {
			add_view(app, ops, false, 100, out);
			add_view(app, ops, false, 40, out);
		}
	}
	for (size_t i = first; i < sessions_count(app->sessions); i++)
		for (size_t j = 0; j < sizeof pages / sizeof *pages; j++) {
			app_select(app, sessions_at(app->sessions, i));
			add_page(app, pages[j], out);
		}
}

/* Says where they differ first. */
static void is_same(struct buf *got, struct buf *want, const char *name)
{
	const char *a = buf_text(got), *b = buf_text(want);
	bool same = strcmp(a, b) == 0;
	ok(same, "%s", name);
	while (!same && *a) {
		size_t len = strcspn(a, "\n"), other = strcspn(b, "\n");
		if (len != other || memcmp(a, b, len) != 0) {
			tap_diagnose("got", a, len + 300 > strlen(a) ? strlen(a) : len + 300);
			tap_diagnose("want", b, other + 300 > strlen(b) ? strlen(b) : other + 300);
			break;
		}
		if (strncmp(a, "--", 2) == 0)
			tap_diagnose("in", a, len);
		a += len + (a[len] != '\0');
		b += other + (b[other] != '\0');
	}
}

/* ---- logs ---- */

static void write_log(struct app *app)
{
	struct log_request request = { .path = path, .past = true, .how = LOG_FILE_REPLACE, .format = &json_log_format };
	unlink(path);
	struct logs *logs = logs_new(app->transcript, app->sessions, &(struct logs_hooks){ 0 });
	struct error why = { 0 };
	if (!logs_open(logs, &request, &why) || !logs_drain(logs, &app_fixture_poller, &why))
		tap_diagnose("log", why.text, strlen(why.text));
	logs_free(logs);
}

static void replay_all(struct app *app)
{
	if (!replay_start(app, path, REPLAY_SPEED_MAX, clock_now(), &error))
		tap_diagnose("replay", error.text, strlen(error.text));
	while (!replay_is_over(app))
		replay_serve(app, clock_now());
}

/* ---- conversations ---- */

static struct session *numbered(struct app *app, uint32_t number)
{
	return sessions_numbered(app->sessions, number);
}

/* Descriptors are closed at the end of a turn. */
static bool is_closed(const struct app *app, uint32_t session)
{
	uint64_t at = transcript_last(app->transcript, session);
	const struct entry *entry = transcript_at(app->transcript, at);
	while (entry && entry->call != CALL_CLOSE) {
		at = transcript_before(app->transcript, at);
		entry = transcript_at(app->transcript, at);
	}
	return entry;
}

static void converse(struct app *app)
{
	ok(app_demo(app, &error), "a server, and a session to it");
	wait_for(app, session_state(numbered(app, 2)) == SESSION_OPEN && numbered(app, 3), "connected");
	ok(send_line(numbered(app, 2), "hello", 5, &error), "a line is sent");
	wait_for(app, session_counts(numbered(app, 2))->received_bytes == 6, "and comes back");
	send_secret(app, numbered(app, 2), "open sesame", 11, &error);
	run(app, "/open udp 127.0.0.1 9 as u");
	run(app, "/send @u a datagram");
	wait_for(app, session_counts(numbered(app, 4))->refused > 0, "a datagram that nobody takes");
	run(app, "/close @2");
	wait_for(app, session_state(numbered(app, 3)) == SESSION_CLOSED, "it is closed");
	run(app, "/close @1");
	wait_for(app, is_closed(app, 1), "and so is the server");
}

static void looks_the_same(void)
{
	struct app live, once, twice;
	struct buf want = { .max = SIZE_MAX }, got = { .max = SIZE_MAX }, again = { .max = SIZE_MAX };
	app_fixture_start(&live);
	converse(&live);
	for (size_t i = 0; i < sessions_count(live.sessions); i++) /* as /info does */
		sessions_sample(live.sessions, sessions_at(live.sessions, i));
	write_log(&live);
	look(&live, 0, &want);
	app_init(&once);
	replay_all(&once);
	write_log(&once);
	is_int(sessions_count(once.sessions), sessions_count(live.sessions),
	       "its sessions are in the table");
	look(&once, 0, &got);
	is_same(&got, &want, "all views and pages of a replay are as they were");
	app_init(&twice);
	replay_all(&twice);
	look(&twice, 0, &again);
	is_same(&again, &got, "and of its log, replayed");
	replay_stop(&once);
	replay_stop(&twice);
	app_free(&once);
	app_free(&twice);
	app_fixture_end(&live);
	buf_free(&want);
	buf_free(&got);
	buf_free(&again);
}

/* ---- nothing is sent ---- */

static int count_calls(const struct app *app)
{
	int count = 0;
	for (uint64_t at = transcript_first(app->transcript); at != TRANSCRIPT_NONE;
	     at = transcript_next(app->transcript, at))
		count += entry_is_call(transcript_at(app->transcript, at));
	return count;
}

static void refuses(void)
{
	static const char *const lines[] = {
		"a line", "/send x", "/hex 00", "/fill 3", "/secret", "/secret x", "/to 1 x", "/to 127.0.0.1:9 x", "/to 1",
		"/all x", "/urgent !", "/close", "/abort", "/shutdown write", "/shutdown both", "/reconnect", "/service echo",
		"/bind 0", "/backlog 2", "/connect 127.0.0.1 1", "/disconnect", "/accept", "/recv 5", "/pause", "/resume",
		"/option nodelay on", "/option nodelay", "/file /dev/null",
	};
	struct app app;
	app_fixture_start(&app);
	replay_all(&app);
	int before = count_calls(&app);
	app.attended = true;
	for (size_t i = 0; i < sessions_count(app.sessions); i++)
		for (size_t j = 0; j < sizeof lines / sizeof *lines; j++) {
			char want[80];
			struct session *session = sessions_at(app.sessions, i);
			snprintf(want, sizeof want, "session %u is a recording: nothing is sent",
			         session_number(session));
			app_select(&app, session);
			bool done = run(&app, lines[j]);
			app_fixture_turn(&app, 0);
			is_text(app_fixture_note(&app, session_number(session)), want, lines[j]);
			ok(!done && (!app.secret_for || app.secret_for == SECRET_REFUSED),
			   "it is not done");
			app.secret_for = 0;
		}
	is_int(count_calls(&app), before, "and no call has been made");
	ok(run(&app, "/listen 127.0.0.1 0 as mine"), "a session beside the recordings can be opened");
	ok(app_forget(&app, sessions_at(app.sessions, 0), &error), "a recording can be forgotten");
	replay_stop(&app);
	queue_fixture_end(&app);
}

int main(void)
{
	setlocale(LC_ALL, "C.UTF-8");
	path = tap_file("", 0);
	looks_the_same();
	refuses();
	return tap_done();
}
