// SPDX-License-Identifier: GPL-3.0-or-later
#include "command/command.h"

#include <string.h>

#include "app/page.h"
#include "app/session_snapshot.h"
#include "base/choice.h"
#include "base/savefile.h"
#include "view/page/graph.h"

/* The size of a graph as text: a printed page. */
enum { FILE_COLUMNS = 100, FILE_ROWS = 32 };

static enum graph_kind kind_named(const char *name)
{
	struct choice_words words = { GRAPH_NAMES, strlen(GRAPH_NAMES) };
	const char *word;
	for (size_t i = 0; (word = choice_word(&words, i)); i++)
		if (strcmp(word, name) == 0)
			return (enum graph_kind)i;
	return GRAPH_CWND;
}

static struct graph graph_of(const struct view *view, const struct session *session,
                             const char *kind)
{
	struct snapshot snapshot;
	session_snapshot(session, &snapshot);
	return (struct graph){
		.view = view,
		.kind = kind_named(kind),
		.name = session_name(session),
		.local = session_local(session),
		.loopback = snapshot_is_loopback(&snapshot),
	};
}

static bool has_graph(const struct session *session)
{
	return session_transport(session) == TRANSPORT_TCP && !session_has_clients(session);
}

/* session_sample_closely() lasts a second: each redraw renews it while the page is open. */
static void render_graph(struct app *app, struct session *session, int columns, int height,
                         struct rows *rows)
{
	struct view view = app_view(app, columns);
	struct graph graph = graph_of(&view, session, app->open_page.text);
	app_set_ends(app, session, &view);
	if (!has_graph(session)) {
		page_add_text(rows,
		              "Not available: only a TCP connection has a window and a round "
		              "trip that the kernel measures.",
		              columns, STYLE_NOTE);
		return;
	}
	session_sample_closely(session);
	graph_draw(&graph, columns, height, rows);
}

static const struct page graph_page = {
	.of_session = true,
	.live = true,
	.render = render_graph,
};

static bool write_text(const struct graph *graph, FILE *file)
{
	struct rows rows = { 0 };
	struct buf text = { .max = SIZE_MAX };
	graph_draw(graph, FILE_COLUMNS, FILE_ROWS, &rows);
	for (size_t i = 0; i < rows.count; i++) {
		row_print(&rows.row[i], &text);
		buf_append_text(&text, "\n");
	}
	bool good = fwrite(buf_data(&text), 1, text.len, file) == text.len && fflush(file) == 0;
	rows_free(&rows);
	buf_free(&text);
	return good;
}

static bool write_file(const struct invocation *invocation, const char *path, struct error *error)
{
	struct savefile save;
	struct view view = app_view(invocation->app, FILE_COLUMNS);
	struct graph graph = graph_of(&view, invocation->session, invocation->args->value[0]);
	size_t points;
	app_set_ends(invocation->app, invocation->session, &view);
	if (!has_graph(invocation->session)) {
		error_set(error, "graph: session %u is no TCP connection", (unsigned)view.session);
		return false;
	}
	if (!command_begin_file(invocation, path, &save, error))
		return false;
	bool written = command_draws_file(path) ? graph_write_svg(&graph, save.file, &points)
	                                        : write_text(&graph, save.file);
	if (!command_end_file(&save, written, path, error))
		return false;
	app_note(invocation->app, "%s: the %s of session %u over time", path,
	         invocation->args->value[0], (unsigned)view.session);
	return true;
}

static enum command_result do_graph(const struct invocation *invocation, struct error *error)
{
	struct app *app = invocation->app;
	const char *path = invocation->args->value[1];
	if (path)
		return write_file(invocation, path, error);
	if (invocation->session != app->current) {
		app_select(app, invocation->session);
		page_close(app);
	}
	page_toggle(app, &graph_page, invocation->line, 0, invocation->args->value[0]);
	return COMMAND_DONE;
}

const struct command graph_commands[] = {
	{
	        .name = "graph",
	        .group = "the network",
	        .usage = GRAPH_NAMES " [<file>]",
	        .help = "draw a connection over time: window, round trip, rate, bytes\n"
	                "cwnd: the congestion window, with ssthresh and what is in flight. rtt: "
	                "the "
	                "round trip. window: what the peer lets us send. rate: bytes a second. "
	                "sequence: bytes sent and acknowledged.\n"
	                "Points are what the kernel said when it was read (*), and what was seen "
	                "on "
	                "the wire (w). A thin line is a value that held, a thick one the mean "
	                "between two points.\n"
	                "An idle beginning that is longer than what follows is left out. "
	                "R marks what was sent again, T what was sent again because the timer ran "
	                "out, L what the cable lost.\n"
	                "While the page is open and something is under way, the kernel is read "
	                "each "
	                "5 ms.\n"
	                "A name that ends in .svg gives a drawing, any other a text. Escape or the "
	                "same command closes the page.",
	        .asks = true,
	        .needs = NEEDS_SESSION,
	        .run = do_graph,
	},
	{ 0 },
};
