// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/report.h"
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/utsname.h>

#include "app/failure.h"
#include "app/hosts.h"
#include "app/html_page.h"
#include "app/session_snapshot.h"
#include "app/summary.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/count.h"
#include "net/cable_loop.h"
#include "net/sandbox.h"
#include "net/wire.h"
#include "socket/sockopt.h"
#include "view/chat.h"
#include "view/ladder/ladder.h"
#include "view/legend.h"
#include "view/markup.h"
#include "view/page/graph.h"
#include "view/page/info.h"

enum {
	COLUMNS = 1 << 20,  /* rows are as long as their text: the browser breaks them */
	COUNTED = 100000,   /* of the rows that are left out, at most */
	EXPLAINED = 64,     /* explanations that later ones refer to */
	OPTIONS = 64,       /* of one session */
	POINTS_LEAST = 12,  /* of a graph: fewer show nothing */
	MESSAGE_FRONT = 64, /* bytes of a message once REPORT_PAYLOAD is used up */
	GLYPHS_MOST = 4 * REPORT_MESSAGE, /* of a row, also where it is no message */
};

struct report {
	const struct app *app;
	bool all;
	unsigned conversation;      /* the number of the one that is written */
	int rows_most;              /* of each table */
	size_t payload_left;        /* of REPORT_PAYLOAD */
	bool cut;                   /* a message was longer than what is shown of it */
	char *explained[EXPLAINED]; /* the texts so far: "why-1" is the first one */
	size_t explained_count;
	uint64_t said; /* the failure that the newest line of the chat was about */
	struct buf contents, body;
	size_t intro; /* bytes of the body that are before the list of contents */
};

/* ---- words ---- */

static void put_time(struct buf *out, int64_t instant)
{
	char day[16], zone[8], text[CLOCK_TEXT];
	const struct tm parts = clock_local(instant);
	strftime(day, sizeof day, "%Y-%m-%d", &parts);
	strftime(zone, sizeof zone, "%z", &parts);
	clock_format_time(instant, false, text);
	markup_printf(out, "<time datetime=\"%sT%s%s\">%s</time>", day, text, zone, text);
}

/* A sentence or more, which is emptied. */
static void put_paragraph(struct report *report, struct buf *text)
{
	markup_printf(&report->body, "<p>%s</p>\n", buf_text(text));
	buf_clear(text);
}

static void print_name(const struct session *session, struct buf *out)
{
	buf_printf(out, "session %u (%s)", (unsigned)session_number(session),
	           session_name(session));
}

/* ---- sections ---- */

/* A heading that the list of contents has; `id` is unique within the conversation. */
static void begin_section(struct report *report, int level, const char *id, const char *title)
{
	markup_printf(&report->contents, "<li class=\"l%d\"><a href=\"#s%u-%s\">%s</a></li>\n",
	              level, report->conversation, id, title);
	markup_printf(&report->body,
	              "<section aria-labelledby=\"s%u-%s\">\n<h%d id=\"s%u-%s\">%s</h%d>\n",
	              report->conversation, id, level, report->conversation, id, title, level);
}

static void end_section(struct report *report)
{
	buf_append_text(&report->body, "</section>\n");
}

static int level_within(const struct report *report)
{
	return report->all ? 3 : 2;
}

/* A part that may be wider than a small screen: it scrolls, also by the keyboard. */
static void begin_wide(struct report *report, const char *name)
{
	markup_printf(&report->body,
	              "<div class=\"wide\" role=\"region\" tabindex=\"0\" aria-label=\"%s\">\n",
	              name);
}

/* The column without a name has the arrows. */
static void put_columns(struct report *report, const char *class, const char *caption,
                        const char *const columns[])
{
	markup_printf(&report->body, "<table class=\"%s\">\n<caption>%s</caption>\n<thead><tr>",
	              class, caption);
	for (size_t i = 0; columns[i]; i++)
		if (*columns[i])
			markup_printf(&report->body, "<th scope=\"col\">%s</th>", columns[i]);
		else
			buf_append_text(&report->body, "<th scope=\"col\"><span class=\"vh\">"
			                               "Direction</span></th>");
	buf_append_text(&report->body, "</tr></thead>\n<tbody>\n");
}

static void end_table(struct report *report)
{
	buf_append_text(&report->body, "</tbody></table>\n");
}

/* ---- what an error means ---- */

/* The number of an explanation; 0 if it is new, and then *number is its own, 0 for none. */
static size_t find_explained(struct report *report, const char *text, size_t *number)
{
	*number = 0;
	for (size_t i = 0; i < report->explained_count; i++)
		if (strcmp(report->explained[i], text) == 0)
			return i + 1;
	if (report->explained_count < EXPLAINED) {
		report->explained[report->explained_count++] = xstrdup(text);
		*number = report->explained_count;
	}
	return 0;
}

/* A row below that of the error. What was explained before is not repeated. */
static void put_failure(struct report *report, const struct failure *failure, bool named)
{
	struct buf text = { .max = SIZE_MAX }, *out = &report->body;
	size_t number;
	failure_explain(failure, &text);
	size_t before = find_explained(report, buf_text(&text), &number);
	buf_append_text(out, "<tr class=\"why\"><td></td><td></td><td colspan=\"2\"");
	if (number)
		markup_printf(out, " id=\"why-%zu\"", number);
	buf_append_text(out, ">");
	if (!named) {
		struct buf call = { .max = SIZE_MAX };
		failure_print(failure, &call);
		markup_printf(out, "<p><code>%s</code></p>", buf_text(&call));
		buf_free(&call);
	}
	if (before)
		markup_printf(out, "<p><a href=\"#why-%zu\">What it means, and what to try</a></p>",
		              before);
	for (const char *line = buf_text(&text); !before && *line;) {
		size_t len = strcspn(line, "\n");
		buf_append_text(out, "<p>");
		markup_text(out, line, text_whole(line, len < GLYPHS_MOST ? len : GLYPHS_MOST));
		buf_append_text(out, "</p>");
		line += len + (line[len] == '\n');
	}
	buf_append_text(out, "</td></tr>\n");
	buf_free(&text);
}

/* In the chat a line reports an error, in the trace it is the call itself. A session that failed to
 * open has a note in the pane of another. */
static void put_why(struct report *report, const struct session *session, const struct view *view,
                    uint64_t position)
{
	struct failure failure;
	const struct app *app = report->app;
	const struct entry *entry = transcript_at(view->transcript, position);
	const struct session *aside = sessions_aside(app->sessions);
	if (aside && position == app->failed_noted && entry->session == app->failed_in &&
	    !view->ops->calls) {
		if (failure_find(&failure, app, aside, TRANSCRIPT_NONE))
			put_failure(report, &failure, false);
		return;
	}
	bool words = entry->call == CALL_STATE && entry->flags & ENTRY_ERROR;
	bool call = view->ops->calls && entry_is_call(entry) && entry_has_failed(entry);
	if ((view->ops->calls ? !call : !words) || !failure_find(&failure, app, session, position))
		return;
	uint64_t at = failure_position(&failure);
	if (words && at == report->said)
		return;
	if (words)
		report->said = at;
	if (words || at == position)
		put_failure(report, &failure, call || failure.call == TRANSCRIPT_NONE);
}

/* ---- rows of a view ---- */

static const char *direction(const struct glyph *arrow)
{
	switch (arrow->style) {
	case STYLE_IN:
		return "received";
	case STYLE_OUT:
		return "sent";
	case STYLE_ERROR:
		return "error";
	case STYLE_STATE:
		return arrow->chars[0] == L' '   ? "call"
		       : arrow->chars[0] == L'*' ? "kernel"
		                                 : "state";
	case STYLE_NOTE:
		return "note";
	}
	return "";
}

/* Where the next part of a row begins: after `from`, at a gap. */
static size_t part_end(const struct row *row, size_t from)
{
	while (from < row->count && row->glyphs[from].style != STYLE_GAP)
		from++;
	return from;
}

static size_t gap_end(const struct row *row, size_t from)
{
	while (from < row->count && row->glyphs[from].style == STYLE_GAP)
		from++;
	return from;
}

/* A row of the table from the rows of a paragraph: time and arrow of the first, then the text of all,
 * then what has a column of its own in them. */
static void put_rows(struct buf *out, const struct rows *rows, int64_t time)
{
	const struct row *first = &rows->row[0];
	size_t arrow = 0, parts = 0, room = GLYPHS_MOST;
	while (arrow < first->count && first->glyphs[arrow].style == STYLE_TIME)
		arrow++;
	size_t text = arrow + 3;
	if (first->count < text)
		return;
	const char *class = markup_class((enum style)first->glyphs[arrow].style);
	markup_printf(out, "<tr class=\"%s\"><th scope=\"row\">", class ? class : "n");
	put_time(out, time);
	buf_append_text(out, "</th><td class=\"d\"><span aria-hidden=\"true\">");
	markup_styled(out, first, arrow, arrow + 1);
	markup_printf(out, "</span><span class=\"vh\">%s</span></td><td class=\"x\">",
	              direction(&first->glyphs[arrow]));
	if (first->glyphs[arrow + 1].style == STYLE_FAINT)
		markup_styled(out, first, arrow + 1, arrow + 2);
	for (size_t i = 0; i < rows->count; i++) {
		const struct row *row = &rows->row[i];
		size_t from = text < row->count ? text : row->count, end = part_end(row, from);
		size_t to = end - from < room ? end : from + room;
		if (i)
			buf_append_text(out, "\n");
		markup_styled(out, row, from, to);
		buf_append_text(out, to < end ? " …" : "");
		room -= to - from;
	}
	buf_append_text(out, "</td><td class=\"z\">");
	for (size_t i = 0; i < rows->count; i++) {
		const struct row *row = &rows->row[i];
		for (size_t at = part_end(row, text < row->count ? text : row->count);
		     at < row->count; at = part_end(row, gap_end(row, at))) {
			buf_append_text(out, parts++ ? "\n" : "");
			size_t begin = gap_end(row, at);
			markup_styled(out, row, begin, part_end(row, begin));
		}
	}
	buf_append_text(out, "</td></tr>\n");
}

static void put_entry(struct report *report, const struct session *session, struct view *view,
                      struct location at)
{
	struct rows rows = { 0 };
	const struct entry *entry = transcript_at(view->transcript, at.entry);
	size_t left = report->payload_left;
	view->most = left > REPORT_MESSAGE  ? REPORT_MESSAGE
	             : left > MESSAGE_FRONT ? (uint32_t)left
	                                    : MESSAGE_FRONT;
	view_layout(view, at, &rows);
	size_t glyphs = 0;
	for (size_t i = 0; i < rows.count; i++)
		glyphs += rows.row[i].count;
	report->payload_left = glyphs < left ? left - glyphs : 0;
	report->cut = report->cut || glyphs > view->most;
	put_rows(&report->body, &rows, entry_shown_time(entry));
	rows_free(&rows);
	put_why(report, session, view, at.entry);
}

static bool is_before(struct location a, struct location b)
{
	return a.entry < b.entry || (a.entry == b.entry && a.offset < b.offset);
}

static void put_left_out(struct report *report, const struct view *view, struct location from,
                         struct location to)
{
	size_t count = 0;
	while (count < COUNTED && is_before(from, to) && view_after(view, &from))
		count++;
	markup_printf(&report->body,
	              "<tr class=\"cut\"><td></td><td></td><td colspan=\"2\">%s%zu rows are left "
	              "out here. %s</td></tr>\n",
	              count == COUNTED ? "More than " : "", count,
	              "/log all FILE.jsonl writes all of them.");
}

/* The first rows and the newest ones. */
static void put_view(struct report *report, const struct session *session, struct view *view,
                     const char *caption, const char *const columns[])
{
	struct location at = { TRANSCRIPT_NONE, 0 }, late = at;
	int most = report->rows_most, first = INT32_MAX;
	if (view_count_after(view, at, most + 1) > most) {
		first = most / 4;
		view_last(view, &late);
		for (int i = first + 1; i < most; i++)
			view_before(view, &late);
	}
	put_columns(report, "rows", caption, columns);
	for (int row = 0; view_after(view, &at); row++) {
		if (row == first) {
			put_left_out(report, view, at, late);
			at = late;
		}
		put_entry(report, session, view, at);
	}
	end_table(report);
}

/* ---- the conversation ---- */

/* The commands of the person are left out. */
static void put_chat(struct report *report, const struct session *session)
{
	static const char *const columns[] = { "Time", "", "What", "Size", NULL };
	struct view_ops ops = chat_view;
	ops.commands = false;
	struct view view = {
		.ops = &ops,
		.transcript = report->app->transcript,
		.session = session_number(session),
		.columns = COLUMNS,
		.time = VIEW_TIME_CLOCK,
	};
	report->said = TRANSCRIPT_NONE;
	report->cut = false;
	begin_section(report, level_within(report), "chat", "Conversation");
	if (transcript_has_lost(view.transcript, view.session))
		buf_append_text(
		        &report->body,
		        "<p class=\"cut\">The beginning is no longer in memory: /set scrollback "
		        "is how much stays.</p>\n");
	put_view(report, session, &view, "What was sent, what came, and what happened", columns);
	if (report->cut)
		markup_printf(&report->body,
		              "<p class=\"cut\">Of a message at most %d bytes are shown, and less "
		              "after the first %d kB of all: /log all FILE writes them "
		              "whole.</p>\n",
		              REPORT_MESSAGE, REPORT_PAYLOAD / 1024);
	end_section(report);
}

static void put_calls(struct report *report, const struct session *session, const char *id)
{
	static const char *const columns[] = { "Time", "", "Call and result",
		                               "What it changed, what was measured", NULL };
	struct buf caption = { .max = SIZE_MAX };
	struct view view = {
		.ops = &trace_view,
		.transcript = report->app->transcript,
		.session = session_number(session),
		.own_calls = report->app->settings.own_calls,
		.columns = COLUMNS,
		.time = VIEW_TIME_CLOCK,
	};
	buf_append_text(&caption, "Calls of ");
	print_name(session, &caption);
	markup_printf(&report->body, "<details open=\"open\" id=\"s%u-%s\"><summary>%s</summary>\n",
	              report->conversation, id, buf_text(&caption));
	put_view(report, session, &view, buf_text(&caption), columns);
	buf_append_text(&report->body, "</details>\n");
	buf_free(&caption);
}

static void put_ladder(struct report *report, const struct session *session)
{
	bool older;
	struct view view = {
		.ops = &ladder_view,
		.transcript = report->app->transcript,
		.own_calls = report->app->settings.own_calls,
		.columns = COLUMNS,
		.time = VIEW_TIME_RELATIVE,
	};
	struct buf drawings = { .max = SIZE_MAX };
	app_set_ends(report->app, session, &view);
	if (session_has_clients(session) ||
	    !ladder_append_html(&view, REPORT_LADDER, &drawings, &older)) {
		buf_free(&drawings);
		return;
	}
	begin_section(report, level_within(report), "ladder", "Ladder");
	buf_append_text(
	        &report->body,
	        "<p>Calls are beside the lines, segments between them; times are in milliseconds "
	        "from the first one. The <a href=\"#s0-legend\">legend</a> says what the marks "
	        "mean.</p>\n");
	if (older)
		markup_printf(&report->body,
		              "<p class=\"cut\">Only the newest %d entries are drawn: "
		              "/ladder FILE.svg draws the newest %d, /ladder FILE.txt writes "
		              "all.</p>\n",
		              REPORT_LADDER, LADDER_SVG_MOST);
	buf_append_text(&report->body, "<details open=\"open\"><summary>Drawing</summary>\n");
	begin_wide(report, "Ladder");
	buf_append(&report->body, buf_data(&drawings), drawings.len);
	buf_append_text(&report->body, "</div></details>\n");
	end_section(report);
	buf_free(&drawings);
}

/* ---- what the kernel says ---- */

/* After close() the newest sample before it says more than that there is no socket. */
static int64_t find_sample(const struct report *report, const struct session *session,
                           struct snapshot *snapshot)
{
	const struct transcript *transcript = report->app->transcript;
	struct sample sample;
	session_snapshot(session, snapshot);
	uint64_t at = snapshot->open ? TRANSCRIPT_NONE
	                             : transcript_last(transcript, session_number(session));
	for (; at != TRANSCRIPT_NONE; at = transcript_before(transcript, at)) {
		const struct entry *entry = transcript_at(transcript, at);
		bool closed = entry->arg == SAMPLE_CLOSED;
		if (!sample_unpack(entry, &sample) || closed || sample_is(&sample, STATE_CLOSED) ||
		    sample_is(&sample, STATE_TIME_WAIT))
			continue;
		snapshot->sample = sample;
		snapshot->age = 0;
		snapshot->open = true;
		return entry->time;
	}
	return session_now(session) - snapshot->age;
}

static void put_kernel(struct report *report, const struct session *session,
                       const struct session *other)
{
	struct snapshot mine;
	int64_t time = find_sample(report, session, &mine);
	if (other)
		markup_printf(&report->body, "<h%d>Session %u (%s)</h%d>\n",
		              level_within(report) + 1, (unsigned)session_number(session),
		              session_name(session), level_within(report) + 1);
	if (mine.sample.present) {
		bool over = session_state(session) == SESSION_CLOSED;
		buf_append_text(&report->body, "<p>Read at ");
		put_time(&report->body, time);
		markup_printf(&report->body, "%s.</p>\n",
		              over ? ", the last time before its end" : "");
	}
	info_write(&mine, NULL, &report->body);
}

/* ---- options ---- */

/* The newest calls that set an option, and that read it back. */
struct option_use {
	const struct sockopt *option;
	const struct entry *set, *got;
};

static size_t find_options(const struct report *report, const struct session *session,
                           struct option_use uses[OPTIONS])
{
	const struct transcript *transcript = report->app->transcript;
	size_t count = 0;
	uint64_t at = transcript_last(transcript, session_number(session));
	for (; at != TRANSCRIPT_NONE; at = transcript_before(transcript, at)) {
		const struct entry *entry = transcript_at(transcript, at);
		bool watching = entry->flags & ENTRY_WATCHING;
		bool sets = entry->call == CALL_SETSOCKOPT && !watching;
		bool gets = entry->call == CALL_GETSOCKOPT;
		const struct sockopt *option =
		        sets || gets ? sockopt_numbered(entry->arg2, entry->arg) : NULL;
		if (!option || entry->error)
			continue;
		size_t i = 0;
		while (i < count && uses[i].option != option)
			i++;
		if (i == OPTIONS)
			continue;
		if (i == count)
			uses[count++] = (struct option_use){ .option = option };
		if (sets && !uses[i].set)
			uses[i].set = entry;
		else if (gets && !uses[i].got && !uses[i].set)
			uses[i].got = entry;
	}
	return count;
}

static void put_value(struct report *report, const struct sockopt *option,
                      const struct entry *entry)
{
	struct buf value = { .max = SIZE_MAX };
	if (entry)
		sockopt_print(option, entry_payload(entry), entry->len, &value);
	buf_append_text(&report->body, "<td>");
	markup_columns(&report->body, entry ? buf_text(&value) : "not read back", VIEW_READABLE);
	buf_append_text(&report->body, "</td>");
	buf_free(&value);
}

static void put_options(struct report *report, const struct session *session)
{
	static const char *const columns[] = { "Option", "Set to", "In force", "What for", NULL };
	struct option_use uses[OPTIONS];
	size_t count = find_options(report, session, uses), shown = 0;
	struct buf text = { .max = SIZE_MAX };
	for (size_t i = count; i-- > 0;) {
		const struct option_use *use = &uses[i];
		if (!use->set)
			continue;
		if (!shown++) {
			buf_append_text(&text, "Options that were set on ");
			print_name(session, &text);
			begin_wide(report, buf_text(&text));
			put_columns(report, "list", buf_text(&text), columns);
		}
		markup_printf(&report->body, "<tr><th scope=\"row\">%s</th>", use->option->name);
		put_value(report, use->option, use->set);
		put_value(report, use->option, use->got);
		buf_append_text(&report->body, "<td>");
		markup_text(&report->body, use->option->help, strcspn(use->option->help, "\n"));
		buf_append_text(&report->body, "</td></tr>\n");
	}
	if (shown) {
		end_table(report);
		buf_append_text(&report->body, "</div>\n");
	} else {
		buf_append_text(&text, "No option was set on ");
		print_name(session, &text);
		buf_append_text(&text, ".");
		put_paragraph(report, &text);
	}
	buf_free(&text);
}

/* ---- graphs ---- */

static void put_graphs(struct report *report, const struct session *session,
                       const struct session *other)
{
	static const enum graph_kind kinds[] = { GRAPH_SEQUENCE, GRAPH_CWND, GRAPH_RTT };
	const struct session *ends[] = { session, other };
	struct buf drawings = { .max = SIZE_MAX };
	for (size_t end = 0; end < 2 && ends[end]; end++) {
		struct snapshot snapshot;
		struct view view = { .ops = &trace_view, .transcript = report->app->transcript };
		session_snapshot(ends[end], &snapshot);
		app_set_ends(report->app, ends[end], &view);
		if (snapshot.kind != SNAPSHOT_STREAM || snapshot.transport != TRANSPORT_TCP ||
		    snapshot_is_loopback(&snapshot))
			continue;
		for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
			struct graph graph = {
				.view = &view,
				.kind = kinds[i],
				.name = session_name(ends[end]),
				.local = session_local(ends[end]),
			};
			graph_append_html(&graph, POINTS_LEAST, &drawings);
		}
	}
	if (drawings.len) {
		begin_section(report, level_within(report), "graphs", "Over time");
		begin_wide(report, "Graphs");
		buf_append(&report->body, buf_data(&drawings), drawings.len);
		buf_append_text(&report->body, "</div>\n");
		end_section(report);
	}
	buf_free(&drawings);
}

/* ---- who was connected to whom ---- */

static const char *kind_of(const struct session *session)
{
	if (session_has_clients(session))
		return "server";
	if (session_is_accepted(session))
		return "connection, accepted";
	if (session_relay(session))
		return "to the target of a relay";
	if (session_has_peers(session))
		return session_is_server(session) ? "server" : "datagrams";
	return "connection";
}

/* Only the newest sessions are listed. */
static size_t first_session(const struct app *app)
{
	size_t count = sessions_count(app->sessions);
	return count > REPORT_ROWS ? count - REPORT_ROWS : 0;
}

static void put_ends(struct report *report, const struct session *session)
{
	char local[HOST_TEXT], peer[HOST_TEXT], state[SNAPSHOT_STATE];
	char sent[COUNT_TEXT], received[COUNT_TEXT];
	struct snapshot snapshot;
	session_snapshot(session, &snapshot);
	markup_printf(
	        &report->body,
	        "<tr><th scope=\"row\">%u %s</th><td>%s %s</td><td>%s</td><td>%s</td><td>%s</td>"
	        "<td class=\"r\">%s</td><td class=\"r\">%s</td></tr>\n",
	        (unsigned)session_number(session), session_name(session),
	        transport_title(session_transport(session)), kind_of(session),
	        !endpoint_is_set(&snapshot.local) ? "not known"
	                                          : host_format(snapshot.host, &snapshot.local, local),
	        session_has_clients(session)       ? ""
	        : !endpoint_is_set(&snapshot.peer) ? "not known"
	                                           : host_format(snapshot.host, &snapshot.peer, peer),
	        snapshot_format_state(&snapshot, state), count_format_bytes(snapshot.sent, sent),
	        count_format_bytes(snapshot.received, received));
}

static void put_who(struct report *report, const struct session *session,
                    const struct session *other)
{
	static const char *const columns[] = { "Session", "Kind", "Here",     "Peer",
		                               "State",   "Sent", "Received", NULL };
	begin_wide(report, "Sessions");
	put_columns(report, "list", "Who was connected to whom", columns);
	if (session)
		put_ends(report, session);
	if (other)
		put_ends(report, other);
	for (size_t i = first_session(report->app);
	     !session && i < sessions_count(report->app->sessions); i++)
		put_ends(report, sessions_at(report->app->sessions, i));
	end_table(report);
	buf_append_text(&report->body, "</div>\n");
}

static void put_summary(struct report *report, const struct session *session,
                        const struct session *other)
{
	struct buf text = { .max = SIZE_MAX };
	summary_print(report->app, session, other, &text);
	put_paragraph(report, &text);
	buf_free(&text);
}

/* ---- one conversation ---- */

static void put_conversation(struct report *report, const struct session *session)
{
	struct buf title = { .max = SIZE_MAX };
	const struct session *other = app_other_end(report->app, session);
	int level = level_within(report);
	report->conversation++;
	if (report->all) {
		buf_append_text(&title, "Session ");
		buf_printf(&title, "%u: %s", (unsigned)session_number(session),
		           session_name(session));
		if (other)
			buf_printf(&title, ", with session %u: %s", (unsigned)session_number(other),
			           session_name(other));
		begin_section(report, 2, "top", buf_text(&title));
		put_summary(report, session, other);
	} else {
		begin_section(report, 2, "top", "Summary");
		put_summary(report, session, other);
		put_who(report, session, other);
		end_section(report);
		report->intro = report->body.len;
	}
	put_chat(report, session);
	put_ladder(report, session);
	begin_section(report, level, "calls", "Every call");
	put_calls(report, session, "calls-1");
	if (other)
		put_calls(report, other, "calls-2");
	end_section(report);
	begin_section(report, level, "kernel", "What the kernel says");
	put_kernel(report, session, other);
	if (other)
		put_kernel(report, other, session);
	end_section(report);
	put_graphs(report, session, other);
	begin_section(report, level, "options", "Socket options");
	put_options(report, session);
	if (other)
		put_options(report, other);
	end_section(report);
	if (report->all)
		end_section(report);
	buf_free(&title);
}

/* Both ends are in one conversation, that of the older session. */
static bool is_second_end(const struct app *app, const struct session *session)
{
	const struct session *other = app_other_end(app, session);
	return other && session_number(other) < session_number(session) &&
	       app_other_end(app, other) == session;
}

static size_t count_conversations(const struct app *app)
{
	size_t count = 0;
	for (size_t i = first_session(app); i < sessions_count(app->sessions); i++)
		count += !is_second_end(app, sessions_at(app->sessions, i));
	return count;
}

/* ---- the rest ---- */

static void put_setting(struct report *report, const struct setting *setting,
                        const struct settings *now, const struct session *session, size_t *shown)
{
	static const char *const columns[] = { "Setting", "Value", "Default", "What for", NULL };
	struct settings fresh;
	struct buf value = { .max = SIZE_MAX }, initial = { .max = SIZE_MAX };
	settings_init(&fresh);
	setting_print(setting, now, &value);
	setting_print(setting, &fresh, &initial);
	if (strcmp(buf_text(&value), buf_text(&initial)) != 0) {
		if (!(*shown)++) {
			begin_wide(report, "Settings");
			put_columns(report, "list", "Settings that are not the default", columns);
		}
		markup_printf(&report->body, "<tr><th scope=\"row\">%s", setting->name);
		if (session)
			markup_printf(&report->body, " of session %u",
			              (unsigned)session_number(session));
		markup_printf(&report->body, "</th><td>%s</td><td>%s</td><td>", buf_text(&value),
		              buf_text(&initial));
		markup_text(&report->body, setting->help, strcspn(setting->help, "\n"));
		buf_append_text(&report->body, "</td></tr>\n");
	}
	buf_free(&value);
	buf_free(&initial);
}

/* A setting that belongs to sessions is that of the reported one. */
static void put_settings(struct report *report, const struct session *session)
{
	size_t shown = 0;
	begin_section(report, 2, "settings", "Settings of the program");
	for (const struct setting *setting = setting_table; setting->name; setting++) {
		struct settings now = report->app->settings;
		bool own = session && setting_take(setting, &now, session);
		put_setting(report, setting, &now, own ? session : NULL, &shown);
	}
	if (shown) {
		end_table(report);
		buf_append_text(&report->body, "</div>\n");
	} else {
		buf_append_text(&report->body, "<p>All settings have their defaults.</p>\n");
	}
	end_section(report);
}

static void put_cable(struct report *report, struct cable_link *cable)
{
	static const char *const columns[] = { "Frames", "From left", "From right", NULL };
	struct cable_settings settings;
	struct cable_statistics statistics;
	uint32_t seen[CABLE_RULES];
	uint64_t left, right;
	const char *name;
	struct buf words = { .max = SIZE_MAX };
	cable_link_settings(cable, &settings, seen);
	cable_link_statistics(cable, &statistics);
	cable_print(&settings, &words);
	markup_printf(&report->body, "<p>The cable between them, with the seed %u:</p>\n<pre>%s",
	              settings.seed, words.len ? "" : "perfect");
	for (const char *line = buf_text(&words); *line; line += *line == '\n') {
		size_t len = strcspn(line, "\n");
		markup_text(&report->body, line, len);
		buf_append_text(&report->body, "\n");
		line += len;
	}
	buf_append_text(&report->body, "</pre>\n");
	put_columns(report, "list", "What became of the frames", columns);
	for (size_t i = 0; (name = cable_count(&statistics.from[HOST_LEFT], i, &left)); i++) {
		cable_count(&statistics.from[HOST_RIGHT], i, &right);
		if (left || right || i < CABLE_COUNTS_ALWAYS)
			markup_printf(&report->body,
			              "<tr><th scope=\"row\">%s</th><td>%" PRIu64
			              "</td><td>%" PRIu64 "</td></tr>\n",
			              name, left, right);
	}
	end_table(report);
	buf_free(&words);
}

static void put_sandbox(struct report *report)
{
	struct sandbox *sandbox = sessions_sandbox(report->app->sessions);
	struct buf text = { .max = SIZE_MAX };
	if (!sandbox)
		return;
	begin_section(report, 2, "sandbox", "The sandbox");
	for (enum host host = HOST_LEFT; host < HOST_COUNT; host++) {
		char ipv4[ENDPOINT_TEXT], ipv6[ENDPOINT_TEXT];
		struct endpoint four = host_address(host, AF_INET, 0);
		struct endpoint six = host_address(host, AF_INET6, 0);
		buf_printf(&text, "%s %s is %s and %s",
		           host == HOST_LEFT ? "The host" : ", the host", host_name(host),
		           endpoint_format_host(&four, ipv4), endpoint_format_host(&six, ipv6));
	}
	buf_append_text(&text,
	                ": two hosts that this program made, without a network around them.");
	put_paragraph(report, &text);
	wire_describe(sessions_wire(report->app->sessions), &text);
	put_paragraph(report, &text);
	buf_append_text(&text, "Changed sysctls: ");
	if (!hosts_list_changed(report->app, &text))
		buf_append_text(&text, "none");
	buf_append_text(&text, ".");
	put_paragraph(report, &text);
	put_cable(report, sandbox_cable(sandbox));
	end_section(report);
	buf_free(&text);
}

static void put_legend(struct report *report)
{
	static const char *const columns[] = { "Sign", "Meaning", NULL };
	begin_section(report, 2, "legend", "Legend");
	put_columns(report, "list", "Signs in this page", columns);
	for (const struct legend_mark *mark = legend_table; mark->mark; mark++)
		if (!mark->of_tabs)
			markup_printf(&report->body,
			              "<tr><th scope=\"row\">%s</th><td>%s</td></tr>\n",
			              legend_sign(mark), mark->help);
	end_table(report);
	end_section(report);
}

/* ---- the page ---- */

static void put_page(const struct report *report, const char *title, struct buf *out)
{
	static const char *const styles[] = { ladder_page_style, graph_page_style, NULL };
	struct utsname system;
	char stamp[32], words[32], zone[64];
	const struct tm now = clock_local(clock_now());
	strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S%z", &now);
	strftime(words, sizeof words, "%Y-%m-%d at %H:%M:%S", &now);
	strftime(zone, sizeof zone, "%Z", &now);
	if (strcmp(zone, "UTC") != 0)
		strftime(zone, sizeof zone, "%Z (UTC%z)", &now);
	html_page_begin(title, styles, out);
	markup_printf(out,
	              "<header>\n<h1>%s</h1>\n<p class=\"about\">Written on <time "
	              "datetime=\"%s\">%s %s</time> by sockpit %s",
	              title, stamp, words, zone, PACKAGE_VERSION);
	if (uname(&system) == 0)
		markup_printf(out, " on %s %s, %s", system.sysname, system.release, system.machine);
	buf_append_text(out, ". Times are local times of that machine.</p>\n</header>\n<main>\n");
	ladder_append_heads(out);
	buf_append(out, buf_data(&report->body), report->intro);
	buf_append_text(
	        out,
	        "<nav aria-labelledby=\"contents\">\n<h2 id=\"contents\">Contents</h2>\n<ul>\n");
	buf_append(out, buf_data(&report->contents), report->contents.len);
	buf_append_text(out, "</ul>\n</nav>\n");
	buf_append(out, buf_data(&report->body) + report->intro, report->body.len - report->intro);
}

static void put_all(struct report *report, size_t count)
{
	const struct sessions *sessions = report->app->sessions;
	size_t skipped = count > REPORT_SESSIONS ? count - REPORT_SESSIONS : 0;
	begin_section(report, 2, "summary", "Sessions");
	put_who(report, NULL, NULL);
	if (skipped)
		markup_printf(&report->body,
		              "<p class=\"cut\">Only the newest %d conversations have a part of "
		              "their own: "
		              "/report @NAME FILE writes that of any other.</p>\n",
		              REPORT_SESSIONS);
	end_section(report);
	report->intro = report->body.len;
	for (size_t i = first_session(report->app), at = 0; i < sessions_count(sessions); i++) {
		const struct session *session = sessions_at(sessions, i);
		if (!is_second_end(report->app, session) && at++ >= skipped)
			put_conversation(report, session);
	}
}

bool report_write(const struct app *app, const struct session *session, FILE *file,
                  size_t *conversations)
{
	struct buf page = { .max = SIZE_MAX }, title = { .max = SIZE_MAX };
	size_t count = session ? 1 : count_conversations(app);
	size_t parts = count < REPORT_SESSIONS ? count : REPORT_SESSIONS;
	struct report report = {
		.app = app,
		.all = !session,
		.rows_most = REPORT_ROWS,
		.payload_left = REPORT_PAYLOAD,
		.contents = { .max = SIZE_MAX },
		.body = { .max = SIZE_MAX },
	};
	if (parts * REPORT_ROWS > REPORT_ROWS_ALL)
		report.rows_most = (int)(REPORT_ROWS_ALL / parts);
	if (session) {
		buf_append_text(&title, "Report of ");
		print_name(session, &title);
		put_conversation(&report, session);
	} else {
		buf_append_text(&title, "Report of all sessions");
		put_all(&report, count);
	}
	report.conversation = 0;
	put_settings(&report, session);
	put_sandbox(&report);
	put_legend(&report);
	put_page(&report, buf_text(&title), &page);
	html_page_end("Bytes of peers are shown as text, with marks for what has no shape. What was sent as "
	              "a secret is stars; what a peer sent back is shown as it came.",
	              &page);
	*conversations = count;
	bool good = html_page_write(&page, file);
	int code = errno;
	for (size_t i = 0; i < report.explained_count; i++)
		free(report.explained[i]);
	buf_free(&report.contents);
	buf_free(&report.body);
	buf_free(&page);
	buf_free(&title);
	errno = code;
	return good;
}
