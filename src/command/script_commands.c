// SPDX-License-Identifier: GPL-3.0-or-later
#include "command/queue.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/count.h"
#include "base/escape.h"
#include "command/command.h"
#include "socket/tcp_state.h"

enum {
	WITHIN = 10,      /* seconds that are waited where the line does not say how long */
	SHOWN_BYTES = 60, /* of what came instead of what was expected */
};

/* "within 2s"; `text` may be NULL. */
static bool set_deadline(const char *text, struct wait *wait, struct error *error)
{
	int64_t limit = WITHIN * CLOCK_S;
	struct error why;
	if (text && !clock_parse_duration(text, &limit, &why)) {
		error_set(error, "within: %.200s", why.text);
		return false;
	}
	wait->deadline = clock_now() + limit;
	wait->since = (uint64_t)limit;
	return true;
}

/* ---- /source ---- */

static enum command_result do_source(const struct invocation *invocation, struct error *error)
{
	return queue_script(invocation->app, invocation->args->value[0], NULL, 0, false, error);
}

/* ---- /wait ---- */

static enum command_result look_at_state(struct app *app, struct wait *wait, bool over,
                                         struct error *error)
{
	char limit[CLOCK_TEXT];
	bool open = wait->data;
	const struct session *session = sessions_numbered(app->sessions, wait->session);
	enum session_state state = session ? session_state(session) : SESSION_CLOSED;
	bool is_open = state == SESSION_OPEN || state == SESSION_LISTENING;
	if (open ? is_open : state == SESSION_CLOSED)
		return COMMAND_DONE;
	if (open && !session)
		error_set(error, "session %u has gone before it was open", wait->session);
	else if (open && state == SESSION_CLOSED && !session_opens_again(session, NULL))
		error_set(error, "session %u is closed", wait->session);
	else if (over)
		error_set(error, "session %u is not %s within %s: %s", wait->session,
		          open ? "open" : "closed",
		          clock_format_duration((int64_t)wait->since, limit),
		          tcp_state_title(session_tcp_state(session)));
	else
		return COMMAND_WAITING;
	return COMMAND_FAILED;
}

static enum command_result do_wait(const struct invocation *invocation, struct error *error)
{
	static char yes;
	struct wait *wait = invocation->wait;
	wait->look = look_at_state;
	wait->session = session_number(invocation->session);
	wait->data = strcmp(invocation->args->value[0], "open") == 0 ? &yes : NULL;
	return set_deadline(invocation->args->tagged, wait, error) ? COMMAND_WAITING
	                                                           : COMMAND_MISUSED;
}

/* ---- /expect ---- */

/* Where the search of a session's received bytes goes on: after the last match. */
struct expect_mark {
	uint32_t session;
	struct location after;
};

struct expect {
	char *text; /* as it was typed */
	struct buf wanted;
	struct location from, at; /* where the search has begun, and how far it has come */
	struct buf tail;          /* the newest bytes before that: a match may begin with them */
};

static void free_expect(struct wait *wait)
{
	struct expect *expect = wait->data;
	free(expect->text);
	buf_free(&expect->wanted);
	buf_free(&expect->tail);
	free(expect);
}

static struct expect_mark *find_mark(const struct app *app, uint32_t session)
{
	for (size_t i = 0; i < app->mark_count; i++)
		if (app->marks[i].session == session)
			return &app->marks[i];
	return NULL;
}

static void set_mark(struct app *app, uint32_t session, struct location after)
{
	struct expect_mark *mark = find_mark(app, session);
	for (size_t i = 0; !mark && i < app->mark_count; i++)
		if (!sessions_numbered(app->sessions, app->marks[i].session))
			mark = &app->marks[i];
	if (!mark) {
		app->marks = xrealloc(app->marks, (app->mark_count + 1) * sizeof *app->marks);
		mark = &app->marks[app->mark_count++];
	}
	*mark = (struct expect_mark){ session, after };
}

/* The bytes of an entry that this session has received from an offset on; NULL for none. */
static const char *received(const struct entry *entry, uint32_t session, uint32_t offset,
                            size_t *len)
{
	if (!entry || entry->session != session || !entry_is_incoming(entry) || entry->error ||
	    entry_is_aside(entry) || offset >= entry->len)
		return NULL;
	*len = entry->len - offset;
	return entry_bytes(entry) + offset;
}

/* The entry after this one in time; stays on the last one, with its bytes taken. */
static bool step(const struct transcript *transcript, struct location *at)
{
	uint64_t next = at->entry == TRANSCRIPT_NONE ? transcript_first(transcript)
	                                             : transcript_next(transcript, at->entry);
	const struct entry *entry = transcript_at(transcript, at->entry);
	if (next == TRANSCRIPT_NONE) {
		at->offset = entry ? entry->len : 0;
		return false;
	}
	*at = (struct location){ next, 0 };
	return true;
}

/* A datagram is searched by itself. */
static bool search_entry(struct expect *expect, const struct entry *entry, uint32_t session)
{
	size_t len;
	const char *bytes = received(entry, session, expect->at.offset, &len);
	if (!bytes)
		return false;
	if (entry->endpoint_len || entry_is_addressed(entry))
		buf_clear(&expect->tail);
	size_t before = expect->tail.len;
	buf_append(&expect->tail, bytes, len);
	const char *have = buf_data(&expect->tail);
	const char *hit =
	        memmem(have, expect->tail.len, buf_data(&expect->wanted), expect->wanted.len);
	if (hit) {
		expect->at.offset += (uint32_t)((size_t)(hit - have) + expect->wanted.len - before);
		return true;
	}
	if (expect->tail.len >= expect->wanted.len)
		buf_consume(&expect->tail, expect->tail.len - (expect->wanted.len - 1));
	return false;
}

static bool search(const struct app *app, struct expect *expect, uint32_t session)
{
	do
		if (search_entry(expect, transcript_at(app->transcript, expect->at.entry), session))
			return true;
	while (step(app->transcript, &expect->at));
	return false;
}

/* "got "Hell" (4 bytes)", of everything since the last match. */
static void print_instead(const struct app *app, const struct wait *wait, struct buf *out)
{
	const struct expect *expect = wait->data;
	struct location at = expect->from;
	struct buf bytes = { .max = SHOWN_BYTES };
	size_t total = 0, len;
	do {
		const struct entry *entry = transcript_at(app->transcript, at.entry);
		const char *here = received(entry, wait->session, at.offset, &len);
		size_t room = SHOWN_BYTES - bytes.len;
		if (!here)
			continue;
		buf_append(&bytes, here, len < room ? len : room);
		total += len;
	} while (step(app->transcript, &at));
	if (total > 0) {
		buf_append_text(out, "got \"");
		escape_encode(buf_data(&bytes), bytes.len, out);
		buf_printf(out, "\"%s (%zu byte%s)", total > bytes.len ? "..." : "", total,
		           count_plural(total));
	} else {
		buf_append_text(out, "got nothing");
	}
	buf_free(&bytes);
}

static enum command_result look_at_received(struct app *app, struct wait *wait, bool over,
                                            struct error *error)
{
	char limit[CLOCK_TEXT];
	struct expect *expect = wait->data;
	struct buf text = { .max = SIZE_MAX };
	const struct session *session = sessions_numbered(app->sessions, wait->session);
	if (search(app, expect, wait->session)) {
		set_mark(app, wait->session, expect->at);
		return COMMAND_DONE;
	}
	bool closed = !session || session_state(session) == SESSION_CLOSED;
	if (closed && !(session && session_opens_again(session, NULL)))
		buf_printf(&text, "before session %u closed", wait->session);
	else if (session && session_peer_closed(session))
		buf_append_text(&text, "before the peer's FIN");
	else if (over)
		buf_printf(&text, "within %s", clock_format_duration((int64_t)wait->since, limit));
	else
		return COMMAND_WAITING;
	buf_append_text(&text, ", ");
	print_instead(app, wait, &text);
	error_set(error, "expected \"%.60s\" %s", expect->text, buf_text(&text));
	buf_free(&text);
	return COMMAND_FAILED;
}

static enum command_result do_expect(const struct invocation *invocation, struct error *error)
{
	struct app *app = invocation->app;
	const char *text = invocation->args->value[0];
	struct wait *wait = invocation->wait;
	struct buf wanted = { .max = SIZE_MAX };
	uint32_t session = session_number(invocation->session);
	const struct expect_mark *mark = find_mark(app, session);
	if (session_has_clients(invocation->session)) {
		error_set(error, "session %u is a listener: its clients are sessions of their own",
		          session);
		return COMMAND_FAILED;
	}
	if (!set_deadline(invocation->args->tagged, wait, error) ||
	    !escape_decode(text, &wanted, error)) {
		buf_free(&wanted);
		return COMMAND_MISUSED;
	}
	if (wanted.len == 0) {
		error_set(error, "expect: needs text that is not empty");
		return COMMAND_MISUSED;
	}
	struct expect *expect = xcalloc(1, sizeof *expect);
	struct location begin = { transcript_begin(app->transcript, session), 0 };
	expect->text = xstrdup(text);
	expect->wanted = wanted;
	expect->from = expect->at = mark ? mark->after : begin;
	expect->tail.max = SIZE_MAX;
	wait->look = look_at_received;
	wait->free = free_expect;
	wait->session = session;
	wait->data = expect;
	return COMMAND_WAITING;
}

const struct command script_commands[] = {
	{
	        .name = "source",
	        .group = "scripts",
	        .usage = "<file>",
	        .help = "run the lines of a file, as a script\n"
	                "Lines are as typed; lines that begin with # are comments. The first line "
	                "that fails ends it.\n"
	                "A command that waits holds the script up: /open, /listen, /connect, "
	                "/accept, /recv, /wait and /expect. With & at the end of the line the "
	                "script goes on, and ends when that has ended, too.\n"
	                "$NAME.port is the local port of a session, $1 to $9 are the words after "
	                "the file of -f, $$ is a dollar before one of these.\n"
	                "The session that is current in a script is its own.",
	        .run = do_source,
	},
	{
	        .name = "wait",
	        .group = "scripts",
	        .usage = "open|closed [within <duration>]",
	        .help = "wait until the session is open, or closed\n"
	                "The default is within 10s. A listener is open when it listens.\n"
	                "A script fails where it does not come about in time. Ctrl-C ends the "
	                "wait.",
	        .needs = NEEDS_SESSION,
	        .waits = true,
	        .run = do_wait,
	},
	{
	        .name = "expect",
	        .group = "scripts",
	        .usage = "<text> [within <duration>]",
	        .help = "wait until the session receives this text\n"
	                "What was received since the last match is searched, and then what comes. "
	                "A datagram is searched by itself.\n"
	                "C escapes, and \\e; quotes keep blanks: /expect \"ok\\r\\n\" within 2s. "
	                "The default is within 10s.\n"
	                "A script fails where the text does not come in time, or cannot come any "
	                "more.",
	        .needs = NEEDS_SESSION,
	        .waits = true,
	        .run = do_expect,
	},
	{ 0 },
};
