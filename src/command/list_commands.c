// SPDX-License-Identifier: GPL-3.0-or-later
#include "command/command.h"

#include "app/page.h"
#include "app/session_snapshot.h"
#include "base/count.h"
#include "base/text.h"
#include "command/text_table.h"

static void add_addr(struct text_table *table, enum host host, const struct endpoint *addr)
{
	char text[HOST_TEXT];
	text_table_add(table, "%s",
	               endpoint_is_set(addr) ? host_format(host, addr, text)
	               : host == HOST_HERE   ? "-"
	                                     : host_name(host));
}

/* ---- /sessions ---- */

/* The local end is the port alone, so that a row fits. */
static void add_ends(struct text_table *table, const struct session *session)
{
	char text[HOST_TEXT];
	enum host host = session_host(session);
	struct endpoint local = session_local(session), peer = session_peer(session);
	if (session_socket_count(session) > 1 && endpoint_is_any(&local))
		text_table_add(table, "*:%u", local.port);
	else if (session_is_server(session) || !endpoint_is_set(&peer))
		add_addr(table, host, &local);
	else if (!endpoint_is_set(&local))
		add_addr(table, host, &peer);
	else if (transport_is_unix(session_transport(session)))
		add_addr(table, host, session_is_accepted(session) ? &local : &peer);
	else
		text_table_add(table, "%s%s:%u %s %s", host_name(host),
		               host == HOST_HERE ? "" : " ", local.port,
		               text_has_unicode() ? "⇄" : "<->", host_format(host, &peer, text));
}

/* As the kernel says now, with '?' if it does not say, and the time left if a timer ends the
 * state. */
static void add_state(struct text_table *table, const struct app *app, struct session *session)
{
	struct snapshot snapshot;
	int64_t left;
	char text[SNAPSHOT_LEFT];
	sessions_sample(app->sessions, session);
	session_snapshot(session, &snapshot);
	const char *state = tcp_state_title(snapshot_state(&snapshot));
	if (snapshot_timer(&snapshot, &left) == TIMER_TIMEWAIT)
		text_table_add(table, "%s %s", state, snapshot_format_left(left, text));
	else
		text_table_add(table, "%s%s", state,
		               snapshot_state_mark(&snapshot) == '?' ? " ?" : "");
}

static void list_session(struct text_table *table, const struct app *app, struct session *session)
{
	const struct session_counts *counts = session_counts(session);
	char sent[COUNT_TEXT], received[COUNT_TEXT];
	bool unicode = text_has_unicode();
	text_table_add(table, "%u%s %s", session_number(session),
	               session == app->current ? "*" : " ", session_name(session));
	add_state(table, app, session);
	add_ends(table, session);
	text_table_add(table, unicode ? "↑%s ↓%s" : "out %s in %s",
	               count_format(counts->sent_bytes, sent),
	               count_format(counts->received_bytes, received));
}

static void print_sessions(struct app *app, struct session *session, struct buf *out)
{
	struct text_table table;
	size_t count = sessions_count(app->sessions);
	(void)session;
	if (count == 0) {
		buf_append_text(out, "no session: /open HOST PORT makes one");
		return;
	}
	text_table_begin(&table, 4);
	for (size_t i = 0; i < count; i++)
		list_session(&table, app, sessions_at(app->sessions, i));
	text_table_end(&table, out);
}

static int64_t sessions_pulse(const struct app *app, const struct session *session)
{
	int64_t shortest = 0;
	(void)session;
	for (size_t i = 0; i < sessions_count(app->sessions); i++) {
		int64_t pulse = session_snapshot_pulse(sessions_at(app->sessions, i), false);
		if (pulse && (!shortest || pulse < shortest))
			shortest = pulse;
	}
	return shortest;
}

static const struct page sessions_page = {
	.help = "* is the current one",
	.live = true,
	.pulse = sessions_pulse,
	.print = print_sessions,
};

static enum command_result do_sessions(const struct invocation *invocation, struct error *error)
{
	struct app *app = invocation->app;
	if (sessions_count(app->sessions) == 0)
		return app_need_session(app, error) != NULL;
	page_toggle(app, &sessions_page, invocation->line, 0, NULL);
	return COMMAND_DONE;
}

const struct command list_commands[] = {
	{
	        .name = "sessions",
	        .group = "sessions",
	        .usage = "",
	        .help = "list all sessions\n"
	                "With the state that the kernel reports, and the time left in TIME_WAIT; ? "
	                "is known from our own calls only.\n"
	                "Local port and peer, bytes sent and received. * marks the current one.\n"
	                "The list changes with them; Escape or the same command closes it.",
	        .run = do_sessions,
	},
	{ 0 },
};
