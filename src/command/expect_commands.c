// SPDX-License-Identifier: GPL-3.0-or-later
#include "command/command.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/count.h"
#include "base/escape.h"
#include "base/regexp.h"
#include "base/text.h"
#include "record/follower.h"
#include "socket/tcp_state.h"

/* ---- how long ---- */

static bool check_duration(const struct args *args, size_t index, const char *tag,
                           int64_t *duration, struct error *error)
{
	struct error why;
	if (!args->value[index] || clock_parse_duration(args->value[index], duration, &why))
		return true;
	error_usage(error, "%s: %s", tag, why.text);
	return args_blame(args, index, error);
}

/* `index`: of the argument, which may be left out. */
static void set_deadline(const struct invocation *invocation, size_t index)
{
	struct error ignored;
	struct wait *wait = invocation->wait;
	wait->limit = invocation->app->settings.expect_time;
	check_duration(invocation->args, index, "within", &wait->limit, &ignored);
	wait->deadline = clock_now() + wait->limit;
}

static void print_limit(const struct wait *wait, struct buf *out)
{
	char limit[CLOCK_TEXT];
	if (wait->limit)
		buf_printf(out, "within %s", clock_format_duration(wait->limit, limit));
	else
		buf_append_text(out, "at once");
}

/* The session of `from`, "@name", or the current one. */
static struct session *choose_session(const struct invocation *invocation, size_t from,
                                      struct error *error)
{
	const char *name = invocation->args->value[from];
	if (name && invocation->chosen)
		error_usage(error, "%s: @%s and from %s are two sessions",
		            invocation->command->name, session_name(invocation->session), name);
	else if (name)
		return app_find_session(invocation->app, name, error);
	else if (invocation->session)
		return invocation->session;
	else
		return app_need_session(invocation->app, error);
	return NULL;
}

/* ---- what has been received, and what of it no expectation has taken ---- */

/* Where in the transcript the bytes of a session begin that no expectation has taken. */
struct searched {
	uint32_t session;
	struct follower follower; /* at the entry that they begin in, */
	uint32_t offset, left;    /* with that many of its bytes before and from there on */
};

static struct searched *find_searched(const struct app *app, uint32_t session)
{
	for (size_t i = 0; i < app->searched_count; i++)
		if (app->searched[i].session == session)
			return &app->searched[i];
	return NULL;
}

static struct searched begin_search(const struct app *app, uint32_t session)
{
	const struct searched *before = find_searched(app, session);
	struct searched searched = { .session = session };
	uint64_t begin = transcript_begin(app->transcript, session);
	if (before)
		return *before;
	follower_init(&searched.follower, app->transcript);
	if (begin != TRANSCRIPT_NONE)
		follower_seek(&searched.follower, begin);
	return searched;
}

/* Reuses the place of a session that has gone. */
static void keep_searched(struct app *app, const struct searched *searched)
{
	struct searched *place = find_searched(app, searched->session);
	for (size_t i = 0; !place && i < app->searched_count; i++)
		if (!sessions_numbered(app->sessions, app->searched[i].session))
			place = &app->searched[i];
	if (!place) {
		app->searched = xgrow(app->searched, &app->searched_cap, app->searched_count,
		                      sizeof *place);
		place = &app->searched[app->searched_count++];
	}
	*place = *searched;
}

/* The entry whose bytes come next, NULL for none yet; `*missed` grows by what was evicted before
 * it, of any session. What came after `until` does not count. */
static const struct entry *next_received(struct searched *searched, int64_t until, uint64_t *missed)
{
	struct follower *follower = &searched->follower;
	const struct entry *entry = transcript_at(follower->transcript, follower->position);
	if (entry && searched->left)
		return entry;
	*missed += searched->left; /* of an entry that has gone meanwhile */
	searched->left = 0;
	while (true) {
		struct follower before = *follower;
		uint64_t gone = follower_missed(follower).bytes;
		entry = follower_next(follower);
		if (entry && entry_shown_time(entry) > until &&
		    entry->session == searched->session) {
			*follower = before;
			return NULL;
		}
		*missed += gone;
		searched->offset = 0;
		if (!entry)
			return NULL;
		if (entry->session == searched->session && entry_is_incoming(entry) &&
		    !entry->error && !entry_is_aside(entry) && !entry_is_sealed(entry)) {
			searched->left = entry->len;
			return entry;
		}
	}
}

/* ---- /expect ---- */

enum {
	SHOWN_BYTES = 60,       /* of what came instead */
	PIECE = 1 << 14,        /* searched before the clock is read, */
	NEAREST_MOST = 1 << 16, /* bytes in which the text is nearly */
	NEAREST_LEAST = 3,      /* bytes of it */
};

#define TURN (10 * CLOCK_MS) /* of searching; then others have their turn */

struct expect {
	char *typed; /* "text" or /regex/ */
	bool absent;
	bool next, whole; /* nothing may come before it; a datagram has nothing else */
	struct regexp *regexp;
	struct searched begin, searched;
	struct buf first; /* the oldest bytes searched, for the message, */
	uint64_t total;   /* the number of all, */
	uint64_t missed;  /* and of those, of any session, that were evicted before */
};

static void free_expect(struct wait *wait)
{
	struct expect *expect = wait->data;
	free(expect->typed);
	regexp_free(expect->regexp);
	buf_free(&expect->first);
	free(expect);
}

enum found { FOUND_NOT, FOUND, FOUND_LATER, FOUND_OTHER };

/* The end of a stream, and of each datagram, is an end for $, too. */
static bool ends_text(const struct entry *entry)
{
	return entry_is_datagram(entry) || entry_is_end_of_file(entry);
}

/* Searches what was received until this instant, for a while: FOUND_LATER if there is more. FOUND_OTHER:
 * what was to come next did not. */
static enum found search(struct expect *expect, int64_t until)
{
	struct searched *searched = &expect->searched;
	const struct entry *entry;
	int64_t stop = clock_now() + TURN;
	uint64_t missed = expect->missed;
	while ((entry = next_received(searched, until, &expect->missed))) {
		const char *bytes = entry_bytes(entry) + searched->offset;
		size_t len = searched->left < PIECE ? searched->left : PIECE, taken = 0;
		size_t room = SHOWN_BYTES - expect->first.len;
		bool fresh = searched->offset == 0 && entry_is_datagram(entry);
		if (fresh || missed != expect->missed)
			regexp_begin(expect->regexp);
		missed = expect->missed;
		buf_append(&expect->first, entry_payload(entry) + searched->offset, len < room ? len : room);
		expect->total += len;
		bool found = regexp_feed(expect->regexp, bytes, len, &taken);
		searched->offset += (uint32_t)taken;
		searched->left -= (uint32_t)taken;
		if (!found && !searched->left && ends_text(entry)) {
			found = regexp_end(expect->regexp);
			regexp_begin(expect->regexp);
		}
		bool ends = entry_is_datagram(entry) && !searched->left && expect->total;
		if (found && expect->whole && entry_is_datagram(entry) && searched->left)
			return FOUND_OTHER;
		if (found)
			return FOUND;
		if (expect->next && (ends || regexp_is_lost(expect->regexp)))
			return FOUND_OTHER;
		if (clock_now() > stop)
			return FOUND_LATER;
	}
	return FOUND_NOT;
}

/* As /expect would take them. */
static void print_bytes(const char *bytes, size_t len, size_t most, struct buf *out)
{
	buf_append_text(out, "\"");
	for (size_t i = 0; i < len && i < most; i++)
		if (bytes[i] == '"')
			buf_append_text(out, "\\\"");
		else
			escape_encode(bytes + i, 1, out);
	buf_append_text(out, len < most ? "\"" : "\"...");
}

/* "; after "Hello, w" comes "urld\n"": where the text is nearly. */
static void print_nearest(const struct expect *expect, struct buf *out)
{
	enum { MOST = 30 };
	size_t at = 0;
	uint64_t ignored = 0;
	struct buf bytes = { .max = NEAREST_MOST }; /* a secret as stars */
	struct searched searched = expect->begin;
	const struct entry *entry;
	while ((entry = next_received(&searched, INT64_MAX, &ignored))) {
		size_t room = NEAREST_MOST - bytes.len;
		if (entry_is_datagram(entry) && bytes.len)
			break;
		buf_append(&bytes, entry_payload(entry) + searched.offset,
		           searched.left < room ? searched.left : room);
		searched.left = 0;
	}
	size_t len = regexp_nearest(expect->regexp, buf_data(&bytes), bytes.len, &at);
	if (len >= NEAREST_LEAST && at + len < bytes.len) {
		size_t begin = len > MOST ? at + len - MOST : at;
		buf_append_text(out, "; after ");
		print_bytes(buf_data(&bytes) + begin, at + len - begin, SIZE_MAX, out);
		buf_append_text(out, " comes ");
		print_bytes(buf_data(&bytes) + at + len, bytes.len - at - len, MOST, out);
	}
	buf_free(&bytes);
}

/* "got "Hell" (4 bytes)": everything since the last match. */
static void print_instead(const struct expect *expect, bool found, struct buf *out)
{
	if (expect->total > 0) {
		buf_append_text(out, "got ");
		print_bytes(buf_data(&expect->first), expect->first.len, SHOWN_BYTES, out);
		buf_printf(out, " (%" PRIu64 " byte%s)", expect->total,
		           count_plural(expect->total));
		if (!found)
			print_nearest(expect, out);
	} else {
		buf_append_text(out, "got nothing");
	}
	if (expect->missed)
		buf_printf(out, "; %" PRIu64 " byte%s left the transcript unsearched",
		           expect->missed, count_plural(expect->missed));
}

/* With quotes, also where none were typed. */
static void print_wanted(const struct expect *expect, struct buf *out)
{
	enum { MOST = 60 };
	size_t len = strlen(expect->typed);
	size_t shown = len <= MOST ? len : text_whole(expect->typed, MOST);
	const char *quote = strchr("\"'/", expect->typed[0]) ? "" : "\"";
	buf_printf(out, "%s%.*s%s%s", quote, (int)shown, expect->typed, shown < len ? "..." : "",
	           quote);
}

/* What came, though it was not to come. */
static void fail_present(const struct expect *expect, const struct wait *wait, struct error *error)
{
	char took[CLOCK_TEXT];
	struct buf text = { .max = SIZE_MAX };
	print_wanted(expect, &text);
	buf_printf(&text, ", after %s: ",
	           clock_format_duration(clock_now() - (wait->deadline - wait->limit), took));
	print_instead(expect, true, &text);
	error_set(error, "did not expect %s", buf_text(&text));
	buf_free(&text);
}

/* Another expectation of the session has taken bytes while this one waited: it has what is after them. */
static void follow_taken(const struct app *app, struct expect *expect)
{
	const struct searched *taken = find_searched(app, expect->begin.session);
	if (!taken || (taken->follower.position == expect->begin.follower.position &&
	               taken->offset == expect->begin.offset))
		return;
	expect->begin = expect->searched = *taken;
	expect->total = 0;
	buf_clear(&expect->first);
	regexp_begin(expect->regexp);
}

static enum command_result check_received(struct app *app, struct wait *wait, bool over,
                                          struct error *error)
{
	struct expect *expect = wait->data;
	struct buf text = { .max = SIZE_MAX };
	if (!expect->absent)
		follow_taken(app, expect);
	const struct session *session = sessions_numbered(app->sessions, wait->session);
	/* the clock of a recording may have been ahead of ours */
	bool recorded = session && session_recording(session);
	enum found found = search(expect, recorded ? INT64_MAX : wait->deadline);
	wait->wake = found == FOUND_LATER;
	if (found == FOUND_LATER)
		return COMMAND_WAITING;
	bool closed = (!session || session_state(session) == SESSION_CLOSED) &&
	              !(session && session_opens_again(session, NULL));
	if (found == FOUND_NOT && closed && regexp_end(expect->regexp))
		found = FOUND;
	if (found == FOUND && expect->absent) {
		fail_present(expect, wait, error);
		return COMMAND_FAILED;
	}
	if (found == FOUND) {
		keep_searched(app, &expect->searched);
		return COMMAND_DONE;
	}
	if (expect->absent)
		return over ? COMMAND_DONE : COMMAND_WAITING;
	print_wanted(expect, &text);
	if (found == FOUND_OTHER)
		buf_append_text(&text, " next, ");
	else if (closed)
		buf_printf(&text, " before session %u closed, ", wait->session);
	else if (session && session_peer_closed(session))
		buf_append_text(&text, transport_is_unix(session_transport(session))
		                               ? " before the peer closed its side, "
		                               : " before the peer's FIN, ");
	else if (over) {
		buf_append_text(&text, " ");
		print_limit(wait, &text);
		buf_append_text(&text, ", ");
	} else {
		buf_free(&text);
		return COMMAND_WAITING;
	}
	print_instead(expect, false, &text);
	error_set(error, "expected %s", buf_text(&text));
	buf_free(&text);
	return COMMAND_FAILED;
}

enum { EXPECT_HOW, EXPECT_PATTERN, EXPECT_WITHIN, EXPECT_FROM }; /* arguments */

static bool check_expect(const struct args *args, struct error *error)
{
	int64_t ignored;
	struct regexp *regexp = regexp_parse(args->value[EXPECT_PATTERN], error);
	bool empty = regexp && regexp_begin(regexp);
	if (empty)
		error_usage(error, "%.60s matches no bytes at all: it is always there",
		            args->value[EXPECT_PATTERN]);
	regexp_free(regexp);
	if (!regexp || empty)
		return args_blame(args, EXPECT_PATTERN, error);
	return check_duration(args, EXPECT_WITHIN, "within", &ignored, error);
}

static enum command_result do_expect(const struct invocation *invocation, struct error *error)
{
	struct app *app = invocation->app;
	struct wait *wait = invocation->wait;
	const char *const *value = invocation->args->value;
	const struct session *session = choose_session(invocation, EXPECT_FROM, error);
	if (!session)
		return COMMAND_FAILED;
	uint32_t number = session_number(session);
	if (session_has_clients(session)) {
		error_set(error, "session %u is a listener: its clients are sessions of their own",
		          number);
		return COMMAND_FAILED;
	}
	struct expect *expect = xcalloc(1, sizeof *expect);
	struct searched begin = begin_search(app, number);
	const char *how = value[EXPECT_HOW] ? value[EXPECT_HOW] : "", *typed = value[EXPECT_PATTERN];
	bool next = strcmp(how, "next") == 0;
	*expect = (struct expect){ .typed = xstrdup(typed),
		                   .absent = strcmp(how, "not") == 0,
		                   .next = next,
		                   .whole = next && typed[0] != '/',
		                   .regexp = regexp_parse(typed, error),
		                   .begin = begin,
		                   .searched = begin,
		                   .first = { .max = SHOWN_BYTES } };
	if (next)
		regexp_anchor(expect->regexp);
	set_deadline(invocation, EXPECT_WITHIN);
	wait->check = check_received;
	wait->free = free_expect;
	wait->session = number;
	wait->data = expect;
	return COMMAND_WAITING;
}

/* ---- /wait ---- */

static enum command_result check_late(const struct session *session, const struct wait *wait,
                                      const char *what, bool over, struct error *error)
{
	struct buf limit = { .max = SIZE_MAX };
	if (!over)
		return COMMAND_WAITING;
	print_limit(wait, &limit);
	error_set(error, "session %u is not %s %s: %s", wait->session, what, buf_text(&limit),
	          tcp_state_title(session_tcp_state(session)));
	buf_free(&limit);
	return COMMAND_FAILED;
}

static enum command_result check_closed(struct app *app, struct wait *wait, bool over,
                                        struct error *error)
{
	const struct session *session = sessions_numbered(app->sessions, wait->session);
	bool closing = session && session_is_closing(session);
	if (!session || (session_state(session) == SESSION_CLOSED && !closing))
		return COMMAND_DONE;
	enum command_result result = check_late(session, wait, "closed", over, error);
	if (over && closing)
		error_append(error, ": close() has not returned (SO_LINGER)");
	else if (over && session_peer_closed(session) && !session_is_shut(session))
		error_append(error, ": the peer has closed its side (fin is yes), ours is open");
	return result;
}

static enum command_result check_open(struct app *app, struct wait *wait, bool over,
                                      struct error *error)
{
	const struct session *session = sessions_numbered(app->sessions, wait->session);
	if (!session) {
		error_set(error, "session %u has gone before it was open", wait->session);
		return COMMAND_FAILED;
	}
	enum session_state state = session_state(session);
	if ((state == SESSION_OPEN && !session_is_securing(session)) || state == SESSION_LISTENING)
		return COMMAND_DONE;
	if (state == SESSION_CLOSED && !session_opens_again(session, NULL)) {
		error_set(error, "session %u is closed", wait->session);
		return COMMAND_FAILED;
	}
	return check_late(session, wait, "open", over, error);
}

struct quiet {
	int64_t pause, since;
	struct session_counts counts;
};

static void free_data(struct wait *wait)
{
	free(wait->data);
}

static bool has_moved(const struct session_counts *now, const struct session_counts *before)
{
	return now->sent_bytes != before->sent_bytes ||
	       now->received_bytes != before->received_bytes || now->sends != before->sends ||
	       now->receives != before->receives;
}

static enum command_result check_quiet(struct app *app, struct wait *wait, bool over,
                                       struct error *error)
{
	struct quiet *quiet = wait->data;
	char pause[CLOCK_TEXT];
	const struct session *session = sessions_numbered(app->sessions, wait->session);
	int64_t now = clock_now();
	if (!session)
		return COMMAND_DONE;
	const struct session_counts *counts = session_counts(session);
	if (has_moved(counts, &quiet->counts)) {
		quiet->counts = *counts;
		quiet->since = now;
	}
	wait->wake = quiet->since + quiet->pause;
	if (now >= wait->wake)
		return COMMAND_DONE;
	if (!over)
		return COMMAND_WAITING;
	struct buf limit = { .max = SIZE_MAX };
	print_limit(wait, &limit);
	error_set(error, "session %u is not quiet for %s %s", wait->session,
	          clock_format_duration(quiet->pause, pause), buf_text(&limit));
	buf_free(&limit);
	return COMMAND_FAILED;
}

#define LOOK (10 * CLOCK_MS) /* at a socket that the loop does not watch */

/* Of a session that the program reads: bytes that no expectation has taken. */
static enum command_result check_readable(struct app *app, struct wait *wait, bool over,
                                          struct error *error)
{
	uint64_t missed = 0;
	struct session *session = sessions_numbered(app->sessions, wait->session);
	struct searched searched = begin_search(app, wait->session);
	if (session && (session_is_paused(session) || session_has_clients(session))) {
		if (session_is_readable(session))
			return COMMAND_DONE;
		wait->wake = clock_now() + LOOK;
	} else if (next_received(&searched, INT64_MAX, &missed)) {
		return COMMAND_DONE;
	}
	if (session &&
	    (session_state(session) != SESSION_CLOSED || session_opens_again(session, NULL)))
		return check_late(session, wait, "readable", over, error);
	error_set(error, "session %u has closed, and nothing is left to read", wait->session);
	return COMMAND_FAILED;
}

enum { WAIT_WHAT, WAIT_WITHIN, WAIT_FOR }; /* arguments */

static const int64_t quiet_pause = 200 * CLOCK_MS;

static bool check_wait(const struct args *args, struct error *error)
{
	int64_t ignored;
	if (args->value[WAIT_FOR] && strcmp(args->value[WAIT_WHAT], "quiet") != 0) {
		error_usage(error, "only quiet is for a time: within is how long to wait");
		return args_blame(args, WAIT_FOR, error);
	}
	return check_duration(args, WAIT_WITHIN, "within", &ignored, error) &&
	       check_duration(args, WAIT_FOR, "for", &ignored, error);
}

static enum command_result do_wait(const struct invocation *invocation, struct error *error)
{
	struct wait *wait = invocation->wait;
	const char *what = invocation->args->value[WAIT_WHAT];
	wait->session = session_number(invocation->session);
	if (strcmp(what, "readable") == 0 && session_has_clients(invocation->session) &&
	    !session_is_paused(invocation->session)) {
		error_set(error,
		          "session %u accepts by itself, so no client waits: /assert clients > 0 "
		          "within 5s, or /pause first",
		          wait->session);
		return COMMAND_FAILED;
	}
	set_deadline(invocation, WAIT_WITHIN);
	if (strcmp(what, "quiet") == 0) {
		struct quiet *quiet = xcalloc(1, sizeof *quiet);
		*quiet = (struct quiet){ .pause = quiet_pause,
			                 .since = clock_now(),
			                 .counts = *session_counts(invocation->session) };
		check_duration(invocation->args, WAIT_FOR, "for", &quiet->pause, error);
		wait->data = quiet;
		wait->free = free_data;
		wait->check = check_quiet;
	} else if (strcmp(what, "readable") == 0) {
		wait->check = check_readable;
	} else {
		wait->check = strcmp(what, "open") == 0 ? check_open : check_closed;
	}
	return COMMAND_WAITING;
}

const struct command expect_commands[] = {
	{
	        .name = "expect",
	        .group = "scripts",
	        .usage = "[not|next] <pattern> [within <duration>] [from <session>]",
	        .help = "wait until the session receives a text, or what a regular expression "
	                "matches\n"
	                "/expect \"250 ok\\r\\n\" within 2s from @c. /expect /^[45][0-9]{2} .*$/\n"
	                "A text has C escapes, and \\e; quotes keep blanks. A regular expression "
	                "is "
	                "POSIX extended, on bytes: C escapes too, \\d \\s \\w, \\/ for a slash; "
	                "/ok/i takes OK, too; ^ and $ are the ends of a line, . is no line feed.\n"
	                "What was received and no expectation has taken is searched, and then what "
	                "comes. An expectation takes all up to the end of its match, the earliest "
	                "one, however the bytes come in pieces. A datagram is searched by itself.\n"
	                "next fails as soon as anything else comes first; a text must be all of "
	                "the "
	                "next datagram.\n"
	                "If it does not come in time, or can no longer come, a script fails. not "
	                "fails if it comes, takes nothing, and waits its whole time.\n"
	                "/set expect-time is the time by default.",
	        .needs = TAKES_SESSION,
	        .judges = true,
	        .waits = true,
	        .check = check_expect,
	        .run = do_expect,
	},
	{
	        .name = "wait",
	        .group = "scripts",
	        .usage = "open|closed|quiet|readable [within <duration>] [for <duration>]",
	        .help = "wait until the session is open, closed, quiet, or readable\n"
	                "A listener is open when it listens, and a paused one readable when a "
	                "client "
	                "waits to be accepted.\n"
	                "quiet: for 200 ms, or as given with for, nothing is sent or received.\n"
	                "readable: something was received that no /expect has taken; in a paused "
	                "session /recv would not wait.\n"
	                "closed: the session has ended, and close() has returned, which with "
	                "SO_LINGER may take a while. For the end of the peer's side alone: /assert "
	                "fin is yes within 5s.\n"
	                "If it does not happen in time, a script fails. Ctrl-C ends the wait. /set "
	                "expect-time is the time by default.",
	        .needs = NEEDS_SESSION,
	        .judges = true,
	        .waits = true,
	        .check = check_wait,
	        .run = do_wait,
	},
	{ 0 },
};
