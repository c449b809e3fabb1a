// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/lines.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/lesson_face.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "view/tail.h"

enum {
	COLUMNS = 80,
	READ_SIZE = 4096,
	LINE_MOST = 64 << 10,
	PIECE = 64 << 10, /* bytes, about, that are printed in a turn */
	PAST = 1000,      /* paragraphs of a session that is shown for the first time */
};

struct lines {
	struct ui ui;
	struct ui_hooks hooks;
	struct app *app;
	struct tail tail;
	struct buf typed; /* read, and not taken yet */
	bool ended;       /* there is no more */
	bool begun, unfinished;
	uint64_t entries; /* that there were when some were printed last */
};

static struct lines *lines_of(struct ui *ui)
{
	return (struct lines *)ui; /* the first member */
}

/* ---- standard input ---- */

static bool has_line(const struct lines *lines)
{
	return lines->typed.len && (lines->ended || lines->typed.len > LINE_MOST ||
	                            memchr(buf_data(&lines->typed), '\n', lines->typed.len));
}

static bool is_due(const struct lines *lines)
{
	const struct app *app = lines->app;
	return !app->lesson.face || app->lesson.face->waits(app);
}

static void read_input(struct lines *lines)
{
	ssize_t got = read(STDIN_FILENO, buf_reserve(&lines->typed, READ_SIZE), READ_SIZE);
	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (got < 0)
		error_print("standard input: %s", error_why(errno));
	buf_commit(&lines->typed, got > 0 ? (size_t)got : 0);
	lines->ended = got <= 0;
}

static void take_line(struct lines *lines)
{
	struct app *app = lines->app;
	const char *bytes = buf_data(&lines->typed), *feed = memchr(bytes, '\n', lines->typed.len);
	size_t whole = feed ? (size_t)(feed - bytes) : lines->typed.len, len = whole;
	if (len > 0 && bytes[len - 1] == '\r')
		len--;
	char *line = xstrndup(bytes, len);
	len = strlen(line); /* a NUL ends it */
	buf_consume(&lines->typed, whole + (feed != NULL));
	if (app->secret_for) {
		app->secret_for = 0;
		app_error(app, "a secret is typed on a terminal: the line was dropped");
	} else if (len == 0 && app->lesson.face) {
		app->lesson.face->enter(app);
	} else {
		lines->hooks.line(app, line, len);
	}
	free(line);
}

static void serve(struct ui *ui, struct poller *poller)
{
	static const int ending[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	struct lines *lines = lines_of(ui);
	for (size_t i = 0; i < sizeof ending / sizeof *ending; i++)
		if (poller_take_signal(ending[i])) {
			ui->signal = ending[i];
			lines->app->quit = true;
		}
	if (poller_take_signal(SIGTSTP))
		raise(SIGSTOP);
	if (!lines->ended && !has_line(lines) && poller_readable(poller, STDIN_FILENO))
		read_input(lines);
	if (lines->begun && !lines->unfinished && is_due(lines)) {
		if (has_line(lines))
			take_line(lines);
		else if (lines->ended)
			lines->app->quit = true;
	}
}

/* ---- standard output ---- */

static void write_out(struct lines *lines, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (text[i] != '\r')
			putchar(text[i]);
	if (!ferror(stdout))
		return;
	error_print("standard output: %s", error_why(errno));
	lines->app->status = EXIT_FAILURE;
	lines->app->quit = true;
}

static void print_entries(struct lines *lines)
{
	struct buf out = { .max = SIZE_MAX };
	struct view view = app_view(lines->app, COLUMNS - 1);
	view.fold = 0;
	if (!tail_is_at(&lines->tail, &view))
		tail_select(&lines->tail, &view, PAST);
	lines->entries = transcript_count(lines->app->transcript);
	lines->unfinished = tail_print(&lines->tail, &view, clock_now(), PIECE, &out);
	write_out(lines, buf_data(&out), out.len);
	buf_free(&out);
}

static void print_lesson(struct lines *lines)
{
	struct rows rows = { 0 };
	struct buf out = { .max = SIZE_MAX };
	if (lines->app->lesson.face)
		lines->app->lesson.face->tell(lines->app, COLUMNS - 1, &rows);
	for (size_t i = 0; i < rows.count; i++) {
		row_print(&rows.row[i], &out);
		buf_append_text(&out, "\n");
	}
	write_out(lines, buf_data(&out), out.len);
	rows_free(&rows);
	buf_free(&out);
}

static void draw(struct ui *ui, struct app *app)
{
	struct lines *lines = lines_of(ui);
	(void)app;
	print_entries(lines);
	if (!lines->unfinished)
		print_lesson(lines);
	lines->begun = true;
	fflush(stdout);
}

/* ---- the frontend ---- */

static void prepare(struct ui *ui, struct poller *poller)
{
	struct lines *lines = lines_of(ui);
	bool due = is_due(lines) && (has_line(lines) || lines->ended);
	bool owed = lines->unfinished || !lines->begun ||
	            lines->entries != transcript_count(lines->app->transcript);
	if (!lines->ended && !has_line(lines))
		poller_want_read(poller, STDIN_FILENO);
	poller_wake_at(poller, due || owed ? 0 : tail_deadline(&lines->tail));
}

static void free_lines(struct ui *ui)
{
	struct lines *lines = lines_of(ui);
	print_entries(lines);
	fflush(stdout);
	tail_free(&lines->tail);
	buf_free(&lines->typed);
	free(lines);
}

struct ui *lines_new(const struct ui_hooks *hooks)
{
	struct lines *lines = xcalloc(1, sizeof *lines);
	lines->ui = (struct ui){
		.prepare = prepare, .serve = serve, .draw = draw, .free = free_lines
	};
	lines->hooks = *hooks;
	lines->app = hooks->app;
	lines->app->prints_lesson = true;
	lines->app->note_columns = COLUMNS - NOTE_BEGINS;
	buf_init(&lines->typed, SIZE_MAX);
	tail_init(&lines->tail);
	return &lines->ui;
}
