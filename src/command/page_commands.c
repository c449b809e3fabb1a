// SPDX-License-Identifier: GPL-3.0-or-later
/* The pages about the session that is current: /info, /states, /stream. */
#include "command/command.h"

#include <string.h>

#include "app/page.h"
#include "app/session_snapshot.h"
#include "base/clock.h"
#include "view/page/info.h"
#include "view/page/states.h"
#include "view/page/stream.h"

/* Asks the kernel about both ends; returns the other, NULL where it is not ours. */
static struct session *sample_both(struct app *app, struct session *session)
{
	struct session *other = app_other_end(app, session);
	sessions_sample(app->sessions, session);
	if (other)
		sessions_sample(app->sessions, other);
	return other;
}

/* A state that only its timer ends changes as slowly as the timer shows. */
static int64_t pulse_of_end(const struct session *session)
{
	int64_t countdown = session_snapshot_pulse(session, true);
	return countdown ? countdown : session_is_unsettled(session) ? CLOCK_S / 10 : 0;
}

static int64_t pulse_of_both(const struct app *app, const struct session *session)
{
	const struct session *other = app_other_end(app, session);
	int64_t pulse = pulse_of_end(session), others = other ? pulse_of_end(other) : 0;
	return !pulse || (others && others < pulse) ? others : pulse;
}

/* ---- /info ---- */

static void render_info(struct app *app, struct session *session, int columns, int height,
                        struct rows *rows)
{
	struct snapshot own, peer;
	const struct session *other = sample_both(app, session);
	(void)height;
	session_snapshot(session, &own);
	if (other)
		session_snapshot(other, &peer);
	info_draw(&own, other ? &peer : NULL, columns, rows);
}

static const struct page info_page = {
	.of_session = true,
	.live = true,
	.pulse = pulse_of_both,
	.render = render_info,
};

/* ---- /states ---- */

static void render_states(struct app *app, struct session *session, int columns, int height,
                          struct rows *rows)
{
	struct states_end own = { .visited = 0 }, peer = { .visited = 0 };
	const struct session *other = sample_both(app, session);
	session_snapshot(session, &own.snapshot);
	states_trace(&own, app->transcript);
	if (other) {
		session_snapshot(other, &peer.snapshot);
		states_trace(&peer, app->transcript);
		states_meet(&own, &peer);
	}
	states_draw(&own, other ? &peer : NULL, columns, height, rows);
}

static const struct page states_page = {
	.of_session = true,
	.live = true,
	.pulse = pulse_of_both,
	.render = render_states,
};

/* ---- /stream ---- */

static void render_stream(struct app *app, struct session *session, int columns, int height,
                          struct rows *rows)
{
	const struct session *other = sample_both(app, session);
	struct view view = app_view(app, columns);
	(void)height;
	if (transport_is_unix(session_transport(session))) {
		page_add_text(
		        rows,
		        "Not available: the stream of a UNIX socket has no segments. The trace "
		        "view shows its calls.",
		        columns, STYLE_NOTE);
		return;
	}
	app_set_ends(app, session, &view); /* whatever the pane shows */
	view.other = other ? session_number(other) : 0;
	stream_draw(&view, rows);
}

static const struct page stream_page = {
	.of_session = true,
	.live = true,
	.pulse = pulse_of_both,
	.render = render_stream,
};

/* Opens the page that has the name of the command, and makes its session current. */
static enum command_result do_page(const struct invocation *invocation, struct error *error)
{
	static const struct {
		const char *name;
		const struct page *page;
	} pages[] = { { "info", &info_page },
		      { "states", &states_page },
		      { "stream", &stream_page } };
	struct app *app = invocation->app;
	(void)error;
	if (invocation->session != app->current) {
		app_select(app, invocation->session);
		page_close(app);
	}
	for (size_t i = 0; i < sizeof pages / sizeof *pages; i++)
		if (strcmp(pages[i].name, invocation->command->name) == 0)
			page_toggle(app, pages[i].page, pages[i].name, 0, NULL);
	return COMMAND_DONE;
}

const struct command page_commands[] = {
	{
	        .name = "info",
	        .letter = 'i',
	        .group = "looking",
	        .usage = "",
	        .help = "show the kernel's view of the connection\n"
	                "State, timer, windows, queues, what was sent again, and what sending "
	                "waits for;\n"
	                "round trip and congestion window where the peer is another machine.\n"
	                "* is read from the kernel, o counted around calls, ? deduced.\n"
	                "The page follows the connection; F5 or the same command closes it.",
	        .needs = NEEDS_SESSION,
	        .run = do_page,
	},
	{
	        .name = "states",
	        .group = "looking",
	        .usage = "",
	        .help = "show the TCP state diagram with the session on it\n"
	                "Also the other end, if that is a session here, and whose step is next.\n"
	                "F6 or the same command closes it.",
	        .needs = NEEDS_SESSION,
	        .run = do_page,
	},
	{
	        .name = "stream",
	        .group = "looking",
	        .usage = "",
	        .help = "show the stream as rulers: calls, segments, calls\n"
	                "For the newest bytes sent it shows which send() they came from, how they "
	                "left, and which\n"
	                "recv() got them. F7 or the same command closes it.",
	        .needs = NEEDS_SESSION,
	        .run = do_page,
	},
	{ 0 },
};
