// SPDX-License-Identifier: GPL-3.0-or-later
#include "command/command.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "app/page.h"
#include "base/clock.h"
#include "base/count.h"
#include "base/text.h"
#include "command/text_table.h"

/* What the entries that are still there add up to. */
struct total {
	uint64_t calls, failed, would_block, bytes;
	int64_t time, longest; /* ns; those that waited for somebody not among them */
};

static void count_entry(struct total *total, const struct entry *entry)
{
	int64_t duration = entry->duration * CLOCK_US;
	bool would_block = entry->error == EAGAIN || entry->error == EINPROGRESS;
	total->calls++;
	total->would_block += would_block;
	total->failed += entry->error && !would_block;
	if (entry_is_incoming(entry) || entry_is_outgoing(entry))
		total->bytes += entry->len;
	if (entry->flags & ENTRY_WAITED)
		return;
	total->time += duration;
	if (duration > total->longest)
		total->longest = duration;
}

static void count_session(const struct app *app, uint32_t session, struct total total[CALL_COUNT])
{
	const struct transcript *transcript = app->transcript;
	for (uint64_t at = transcript_last(transcript, session); at != TRANSCRIPT_NONE;
	     at = transcript_before(transcript, at)) {
		const struct entry *entry = transcript_at(transcript, at);
		if (entry_is_call(entry) && entry->call < CALL_COUNT)
			count_entry(&total[entry->call], entry);
	}
}

/* ---- listings ---- */

/* A long name loses its end, so that the numbers fit beside it in 80 columns. */
static void add_name(struct listing *listing, const char *name)
{
	enum { MOST = 15 };
	size_t len = strlen(name);
	while (text_columns(name, len) > MOST)
		len = text_whole(name, len - 1);
	const char *more = text_has_unicode() ? "…" : "~";
	listing_add(listing, "%.*s%s", (int)len, name, name[len] ? more : "");
}

static void add_row(struct listing *listing, const char *name, const struct total *total)
{
	char bytes[COUNT_TEXT], all[CLOCK_TEXT], longest[CLOCK_TEXT];
	add_name(listing, name);
	listing_add(listing, "%" PRIu64, total->calls);
	listing_add(listing, "%" PRIu64, total->failed);
	listing_add(listing, "%" PRIu64, total->would_block);
	listing_add(listing, "%s", count_format(total->bytes, bytes));
	listing_add(listing, "%s", clock_format_duration(total->time, all));
	listing_add(listing, "%s", clock_format_duration(total->longest, longest));
}

static void add_headings(struct listing *listing, const char *first)
{
	static const char *const headings[] = { "calls", "failed", "again",
		                                "bytes", "took",   "longest" };
	listing_init(listing, 7);
	add_name(listing, first);
	for (size_t i = 0; i < sizeof headings / sizeof *headings; i++)
		listing_add(listing, "%s", headings[i]);
}

static void print(struct listing *listing, struct buf *out)
{
	if (out->len)
		buf_append_text(out, "\n");
	listing_print(listing, out);
	listing_free(listing);
}

static void list_calls(const struct app *app, const struct session *session, struct buf *out)
{
	struct listing listing;
	struct total total[CALL_COUNT] = { { 0 } };
	count_session(app, session_number(session), total);
	add_headings(&listing, session_name(session));
	for (enum call call = 0; call < CALL_COUNT; call++)
		if (total[call].calls)
			add_row(&listing, entry_call_name(call), &total[call]);
	print(&listing, out);
}

static void add_up(struct total *sum, const struct total *total)
{
	sum->calls += total->calls;
	sum->failed += total->failed;
	sum->would_block += total->would_block;
	sum->bytes += total->bytes;
	sum->time += total->time;
	if (total->longest > sum->longest)
		sum->longest = total->longest;
}

static void list_sessions(const struct app *app, struct buf *out)
{
	struct listing listing;
	add_headings(&listing, "all sessions");
	for (size_t i = 0; i < sessions_count(app->sessions); i++) {
		const struct session *session = sessions_at(app->sessions, i);
		struct total total[CALL_COUNT] = { { 0 } }, sum = { 0 };
		count_session(app, session_number(session), total);
		for (enum call call = 0; call < CALL_COUNT; call++)
			add_up(&sum, &total[call]);
		add_row(&listing, session_name(session), &sum);
	}
	print(&listing, out);
}

static void print_stats(struct app *app, struct session *session, struct buf *out)
{
	struct transcript_amount lost = transcript_lost(app->transcript);
	list_sessions(app, out);
	list_calls(app, session, out);
	if (lost.entries)
		buf_printf(out, "\n%" PRIu64 " older entries are gone and not counted",
		           lost.entries);
}

static const struct page stats_page = {
	.name = "stats",
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
