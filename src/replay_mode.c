// SPDX-License-Identifier: GPL-3.0-or-later
#include "replay_mode.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "app/replay.h"
#include "base/clock.h"
#include "base/count.h"
#include "run.h"
#include "view/ladder/ladder.h"
#include "view/row.h"
#include "view/view.h"

enum { COLUMNS = 100, COLUMNS_LEAST = 20, COLUMNS_MOST = 500 };

void replay_mode_load(struct app *app)
{
	while (!replay_is_over(app)) {
		replay_serve(app, clock_now());
		app_reap(app);
	}
}

static int columns_of(void)
{
	const char *text = getenv("COLUMNS");
	long columns = text ? strtol(text, NULL, 10) : 0;
	return columns >= COLUMNS_LEAST && columns <= COLUMNS_MOST ? (int)columns : COLUMNS;
}

static void print_rows(const struct rows *rows, struct buf *line)
{
	for (size_t i = 0; i < rows->count; i++) {
		buf_clear(line);
		row_print(&rows->row[i], line);
		buf_append_text(line, "\n");
		fwrite(buf_data(line), 1, line->len, stdout);
	}
}

static void print_view(const struct view *view)
{
	struct rows rows = { 0 };
	struct buf line = { .max = SIZE_MAX };
	struct location at = { TRANSCRIPT_NONE, 0 };
	view_heading(view, &rows);
	print_rows(&rows, &line);
	while (view_after(view, &at) && !ferror(stdout)) {
		view_layout(view, at, &rows);
		print_rows(&rows, &line);
	}
	rows_free(&rows);
	buf_free(&line);
}

/* Each conversation once, under the name of the session that is its left end: what /ladder FILE writes. */
static void print_ladders(struct app *app, int columns)
{
	uint64_t entries;
	for (size_t i = 0; i < sessions_count(app->sessions); i++) {
		struct session *session = sessions_at(app->sessions, i);
		const struct session *other = app_other_end(app, session);
		if (other && session_number(other) < session_number(session))
			continue;
		app_select(app, session);
		struct view view = app_view(app, columns);
		printf("%s%" PRIu32 " %s\n", i ? "\n" : "", session_number(session),
		       session_name(session));
		ladder_write_text(&view, stdout, &entries);
	}
}

int replay_mode_run(struct app *app)
{
	struct error error;
	replay_mode_load(app);
	const struct view_ops *ops = view_listed((size_t)app->settings.view);
	uint64_t lost = transcript_lost(app->transcript).entries;
	if (lost)
		error_print("%" PRIu64 " older entr%s not shown: /set scrollback is what is kept", lost,
		            lost == 1 ? "y is" : "ies are");
	if (ops->merges) {
		struct view view = app_view(app, columns_of());
		view.all = true;
		print_view(&view);
	} else {
		print_ladders(app, columns_of());
	}
	if (fflush(stdout) != 0) {
		error_set(&error, "standard output: %s", error_why(errno));
		return run_fail(EXIT_FAILURE, &error);
	}
	return replay_wrong(app) ? EXIT_FAILURE : EXIT_SUCCESS;
}
