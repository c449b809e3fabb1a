// SPDX-License-Identifier: GPL-3.0-or-later
#include "command/command.h"

#include <inttypes.h>
#include <string.h>

#include "app/call_total.h"
#include "app/page.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/count.h"
#include "base/text.h"
#include "command/text_table.h"

struct session_total {
	uint32_t session;
	struct call_total call[CALL_COUNT];
};

/* What the page keeps while it is open, in one piece of memory. In a flood the page is made for
 * each frame: walking all of a full transcript each time took a fifth of a processor. */
struct stats {
	struct follower follower;
	uint64_t missed; /* entries that had gone before they were counted */
	size_t count, cap;
	struct session_total session[]; /* by number */
};

/* ---- counting ---- */

/* The first session with this number or a larger one. */
static size_t find_session(const struct stats *stats, uint32_t session)
{
	size_t low = 0, high = stats->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (stats->session[middle].session < session)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Room for one more: the place of a session that has gone, else more memory. */
static struct stats *make_room(struct app *app, struct stats *stats)
{
	size_t kept = 0;
	for (size_t i = 0; i < stats->count; i++)
		if (sessions_numbered(app->sessions, stats->session[i].session))
			stats->session[kept++] = stats->session[i];
	stats->count = kept;
	if (kept > stats->cap / 2) {
		stats->cap *= 2;
		stats = xrealloc(stats, sizeof *stats + stats->cap * sizeof *stats->session);
	}
	return app->open_page.state = stats;
}

static struct call_total *claim_totals(struct app *app, uint32_t session)
{
	struct stats *stats = app->open_page.state;
	size_t at = find_session(stats, session);
	if (at < stats->count && stats->session[at].session == session)
		return stats->session[at].call;
	if (stats->count == stats->cap) {
		stats = make_room(app, stats);
		at = find_session(stats, session);
	}
	memmove(stats->session + at + 1, stats->session + at,
	        (stats->count++ - at) * sizeof *stats->session);
	stats->session[at] = (struct session_total){ .session = session };
	return stats->session[at].call;
}

/* Counts the calls since the last time. */
static const struct stats *count_calls(struct app *app)
{
	enum { SOME = 16 };
	struct stats *stats = app->open_page.state;
	if (!stats) {
		stats = xmalloc(sizeof *stats + SOME * sizeof *stats->session);
		*stats = (struct stats){ .cap = SOME };
		follower_init(&stats->follower, app->transcript);
		app->open_page.state = stats;
	}
	stats->missed += follower_missed(&stats->follower).entries;
	struct follower follower = stats->follower;
	for (const struct entry *entry = follower_next(&follower); entry;
	     entry = follower_next(&follower))
		if (entry_is_call(entry) && !entry_is_of_tls(entry) && entry->call < CALL_COUNT)
			call_total_count(&claim_totals(app, entry->session)[entry->call], entry);
	stats = app->open_page.state;
	stats->follower = follower;
	return stats;
}

/* All zero if the session has made no call yet. */
static const struct call_total *totals_of(const struct stats *stats, const struct session *session)
{
	static const struct call_total none[CALL_COUNT];
	size_t at = find_session(stats, session_number(session));
	bool found = at < stats->count && stats->session[at].session == session_number(session);
	return found ? stats->session[at].call : none;
}

/* ---- listings ---- */

/* A long name loses its end, so that the numbers fit beside it in 80 columns. */
static void add_name(struct text_table *table, const char *name)
{
	enum { MOST = 15 };
	size_t len = strlen(name);
	while (text_columns(name, len) > MOST)
		len = text_whole(name, len - 1);
	const char *more = text_has_unicode() ? "…" : "~";
	text_table_add(table, "%.*s%s", (int)len, name, name[len] ? more : "");
}

static void add_row(struct text_table *table, const char *name, const struct call_total *total)
{
	char bytes[COUNT_TEXT], all[CLOCK_TEXT], longest[CLOCK_TEXT];
	add_name(table, name);
	text_table_add(table, "%" PRIu64, total->calls);
	text_table_add(table, "%" PRIu64, total->failed);
	text_table_add(table, "%" PRIu64, total->would_block);
	text_table_add(table, "%s", count_format(total->bytes, bytes));
	text_table_add(table, "%s", clock_format_duration(total->time, all));
	text_table_add(table, "%s", clock_format_duration(total->longest, longest));
}

static void add_headings(struct text_table *table, const char *first)
{
	static const char *const headings[] = { "calls", "failed", "again",
		                                "bytes", "took",   "longest" };
	text_table_begin(table, 7);
	add_name(table, first);
	for (size_t i = 0; i < sizeof headings / sizeof *headings; i++)
		text_table_add(table, "%s", headings[i]);
}

static void print(struct text_table *table, struct buf *out)
{
	if (out->len)
		buf_append_text(out, "\n");
	text_table_end(table, out);
}

static void list_calls(const struct stats *stats, const struct session *session, struct buf *out)
{
	struct text_table table;
	const struct call_total *total = totals_of(stats, session);
	add_headings(&table, session_name(session));
	for (enum call call = 0; call < CALL_COUNT; call++)
		if (total[call].calls)
			add_row(&table, entry_call_name(call), &total[call]);
	print(&table, out);
}

static void list_sessions(const struct app *app, const struct stats *stats, struct buf *out)
{
	struct text_table table;
	add_headings(&table, "all sessions");
	for (size_t i = 0; i < sessions_count(app->sessions); i++) {
		const struct session *session = sessions_at(app->sessions, i);
		const struct call_total *total = totals_of(stats, session);
		struct call_total sum = { 0 };
		for (enum call call = 0; call < CALL_COUNT; call++)
			call_total_add(&sum, &total[call]);
		add_row(&table, session_name(session), &sum);
	}
	print(&table, out);
}

static void print_stats(struct app *app, struct session *session, struct buf *out)
{
	const struct stats *stats = count_calls(app);
	list_sessions(app, stats, out);
	list_calls(stats, session, out);
	if (stats->missed)
		buf_printf(out, "\n%" PRIu64 " older entries are gone and not counted",
		           stats->missed);
}

static const struct page stats_page = {
	.help = "calls and bytes of each session, and of each call",
	.of_session = true,
	.live = true,
	.print = print_stats,
};

static enum command_result do_stats(const struct invocation *invocation, struct error *error)
{
	(void)error;
	page_toggle(invocation->app, &stats_page, invocation->line,
	            invocation->chosen ? session_number(invocation->session) : 0, NULL);
	return COMMAND_DONE;
}

const struct command stats_commands[] = {
	{
	        .name = "stats",
	        .group = "looking",
	        .usage = "",
	        .help = "count calls, bytes and errors, for each session and each call\n"
	                "again counts the calls that were not ready: EAGAIN, EINPROGRESS.",
	        .needs = NEEDS_SESSION,
	        .run = do_stats,
	},
	{ 0 },
};
