// SPDX-License-Identifier: GPL-3.0-or-later
/* Any file can be replayed: whatever a log says, its sessions are recordings, every view and page of them
 * can be drawn, no row is wider than the window, going back and forth ends, and not a descriptor is
 * opened. The first byte of the input says how it is replayed, the rest is the log. */
#include <locale.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "app/page.h"
#include "app/replay.h"
#include "base/clock.h"
#include "command/queue.h"
#include "net/session.h"
#include "view/view.h"

enum { SESSIONS = 4, ROWS = 400, TURNS = 200 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool condition)
{
	if (!condition)
		abort();
}

/* The lowest descriptor that is free. */
static int free_descriptor(void)
{
	int fd = dup(STDIN_FILENO);
	close(fd);
	return fd;
}

static void check_rows(const struct rows *rows, int columns)
{
	for (size_t i = 0; i < rows->count; i++)
		demand(rows->row[i].columns <= columns);
}

static void draw_view(const struct app *app, int columns)
{
	struct rows rows = { 0 };
	struct view view = app_view(app, columns);
	struct location at = { TRANSCRIPT_NONE, 0 };
	view_heading(&view, &rows);
	check_rows(&rows, columns);
	for (int i = 0; i < ROWS && view_after(&view, &at); i++) {
		view_layout(&view, at, &rows);
		demand(rows.count > 0);
		check_rows(&rows, columns);
	}
	if (view_last(&view, &at))
		view_layout(&view, at, &rows);
	rows_free(&rows);
}

static void draw_page(struct app *app, const char *line, int columns)
{
	struct rows rows = { 0 };
	page_close(app);
	queue_type(app, line, strlen(line));
	if (page_is_open(app)) {
		page_render(app, columns, 24, &rows);
		check_rows(&rows, columns);
		page_pulse(app);
	}
	page_close(app);
	rows_free(&rows);
}

static void draw(struct app *app, int columns)
{
	static const char *const pages[] = {
		"/sessions",     "/peers",      "/info",       "/states",         "/stream", "/stats",
		"/code python",  "/code c",     "/graph cwnd", "/graph sequence", "/graph rtt",
		"/graph window", "/graph rate", "/why",        "/replay",
	};
	for (size_t i = 0; i < SESSIONS && i < sessions_count(app->sessions); i++) {
		app_select(app, sessions_at(app->sessions, i));
		for (size_t j = 0; view_listed(j); j++)
			for (int all = 0; all < 2; all++) {
				struct view_mode mode = { .ops = view_listed(j), .all = all };
				app_set_view_mode(app, app_shown(app), mode);
				draw_view(app, columns);
			}
		for (size_t j = 0; j < sizeof pages / sizeof *pages; j++)
			draw_page(app, pages[j], columns);
	}
}

static void check_sessions(const struct app *app)
{
	struct error error;
	for (size_t i = 0; i < sessions_count(app->sessions); i++) {
		struct session *session = sessions_at(app->sessions, i);
		demand(session_recording(session));
		demand(!session_send(session, "x", 1, &error) && !session_close(session, &error));
	}
}

/* Turns until nothing is due. */
static void serve(struct app *app, int64_t now)
{
	uint64_t before;
	int turns = 0;
	do {
		before = transcript_count(app->transcript);
		replay_serve(app, now);
		app_reap(app);
	} while (transcript_count(app->transcript) != before && ++turns < TURNS);
}

static void replay(struct app *app, const char *path, uint8_t how)
{
	struct error error;
	struct buf text = { .max = SIZE_MAX };
	int64_t now = CLOCK_S;
	if (!replay_start(app, path, how & 1 ? REPLAY_SPEED_MAX : REPLAY_SPEED_OWN, now, &error))
		return;
	serve(app, now);
	if (how & 2)
		replay_step(app, 1 + (how >> 4), now);
	if (how & 4) {
		draw(app, 80);
		replay_go(app, (how >> 4) * CLOCK_S, now, &error);
		serve(app, now += CLOCK_S);
		replay_go(app, 0, now, &error);
	}
	replay_go(app, INT64_MAX, now, &error);
	for (int i = 0; i < TURNS && !replay_is_over(app); i++)
		serve(app, now);
	demand(replay_is_over(app));
	replay_describe(app, now, &text);
	buf_free(&text);
	check_sessions(app);
	draw(app, how & 8 ? 40 : 100);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[40];
	struct app app;
	struct error error;
	if (!size)
		return 0;
	setlocale(LC_ALL, data[0] & 0x80 ? "C" : "C.UTF-8");
	int before = free_descriptor();
	app_init(&app);
	app.shows_pages = app.attended = true;
	int fd = memfd_create("log", MFD_CLOEXEC), ours = free_descriptor();
	demand(fd >= 0 && write(fd, data + 1, size - 1) == (ssize_t)(size - 1));
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	replay(&app, path, data[0]);
	demand(free_descriptor() == ours);
	while (sessions_count(app.sessions))
		demand(app_forget(&app, sessions_at(app.sessions, 0), &error));
	close(fd);
	replay_stop(&app);
	queue_stop(&app);
	app_free(&app);
	demand(free_descriptor() == before);
	return 0;
}
