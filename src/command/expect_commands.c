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
#include "record/follower.h"
#include "socket/tcp_state.h"

enum {
	WITHIN = 10,      /* seconds: the default */
	SHOWN_BYTES = 60, /* of what came instead of the expected text */
};

/* "2s"; NULL for the default. */
static bool set_deadline(const char *text, struct wait *wait, struct error *error)
{
	struct error why;
	wait->limit = WITHIN * CLOCK_S;
	if (text && !clock_parse_duration(text, &wait->limit, &why)) {
		error_usage(error, "within: %.200s", why.text);
		return false;
	}
	wait->deadline = clock_now() + wait->limit;
	return true;
}

static void print_limit(const struct wait *wait, struct buf *out)
{
	char limit[CLOCK_TEXT];
	if (wait->limit)
		buf_printf(out, "within %s", clock_format_duration(wait->limit, limit));
	else
		buf_append_text(out, "at once");
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
	if (!session || session_state(session) == SESSION_CLOSED)
		return COMMAND_DONE;
	return check_late(session, wait, "closed", over, error);
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
	if (state == SESSION_OPEN || state == SESSION_LISTENING)
		return COMMAND_DONE;
	if (state == SESSION_CLOSED && !session_opens_again(session, NULL)) {
		error_set(error, "session %u is closed", wait->session);
		return COMMAND_FAILED;
	}
	return check_late(session, wait, "open", over, error);
}

static enum command_result do_wait(const struct invocation *invocation, struct error *error)
{
	bool open = strcmp(invocation->args->value[0], "open") == 0;
	invocation->wait->check = open ? check_open : check_closed;
	invocation->wait->session = session_number(invocation->session);
	return set_deadline(invocation->args->value[1], invocation->wait, error) ? COMMAND_WAITING
	                                                                       : COMMAND_FAILED;
}

/* ---- /expect ---- */

/* How far the bytes that a session has received are searched. */
struct searched {
	uint32_t session;
	struct follower follower;
	uint32_t offset; /* in its entry */
};

struct expect {
	char *text; /* as it was typed */
	struct buf wanted;
	struct searched searched;
	struct buf tail;  /* the newest bytes searched: a match may begin with them */
	struct buf first; /* the oldest bytes searched, for the message, */
	size_t total;     /* the number of all, */
	uint64_t missed;  /* and of those, of any session, that were evicted before */
};

static void free_expect(struct wait *wait)
{
	struct expect *expect = wait->data;
	free(expect->text);
	buf_free(&expect->wanted);
	buf_free(&expect->tail);
	buf_free(&expect->first);
	free(expect);
}

static struct searched *find_searched(const struct app *app, uint32_t session)
{
	for (size_t i = 0; i < app->searched_count; i++)
		if (app->searched[i].session == session)
			return &app->searched[i];
	return NULL;
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

/* From the last match on; each datagram by itself. */
static bool search_entry(struct expect *expect, const struct entry *entry)
{
	struct searched *searched = &expect->searched;
	if (entry->session != searched->session || !entry_is_incoming(entry) || entry->error ||
	    entry_is_aside(entry))
		return false;
	const char *bytes = entry_bytes(entry) + searched->offset;
	size_t len = entry->len - searched->offset, room = SHOWN_BYTES - expect->first.len;
	buf_append(&expect->first, bytes, len < room ? len : room);
	expect->total += len;
	if (entry->endpoint_len || entry_is_addressed(entry))
		buf_clear(&expect->tail);
	size_t before = expect->tail.len;
	buf_append(&expect->tail, bytes, len);
	const char *tail = buf_data(&expect->tail);
	const char *hit =
	        memmem(tail, expect->tail.len, buf_data(&expect->wanted), expect->wanted.len);
	searched->offset = hit ? searched->offset + (uint32_t)((size_t)(hit - tail) +
	                                                       expect->wanted.len - before)
	                       : entry->len;
	if (!hit && expect->tail.len >= expect->wanted.len)
		buf_consume(&expect->tail, expect->tail.len - (expect->wanted.len - 1));
	return hit;
}

static bool search(struct expect *expect)
{
	struct searched *searched = &expect->searched;
	struct follower *follower = &searched->follower;
	const struct entry *entry = transcript_at(follower->transcript, follower->position);
	while (!entry || !search_entry(expect, entry)) {
		uint64_t missed = follower_missed(follower).bytes;
		if (missed)
			buf_clear(&expect->tail);
		expect->missed += missed;
		entry = follower_next(follower);
		if (!entry)
			return false;
		searched->offset = 0;
	}
	return true;
}

/* "got "Hell" (4 bytes)": everything since the last match. */
static void print_instead(const struct expect *expect, struct buf *out)
{
	if (expect->total > 0) {
		buf_append_text(out, "got \"");
		escape_encode(buf_data(&expect->first), expect->first.len, out);
		buf_printf(out, "\"%s (%zu byte%s)", expect->total > SHOWN_BYTES ? "..." : "",
		           expect->total, count_plural(expect->total));
	} else {
		buf_append_text(out, "got nothing");
	}
	if (expect->missed)
		buf_printf(out, "; %" PRIu64 " byte%s left the transcript unsearched",
		           expect->missed, count_plural(expect->missed));
}

static enum command_result check_received(struct app *app, struct wait *wait, bool over,
                                          struct error *error)
{
	struct expect *expect = wait->data;
	struct buf text = { .max = SIZE_MAX };
	const struct session *session = sessions_numbered(app->sessions, wait->session);
	if (search(expect)) {
		keep_searched(app, &expect->searched);
		return COMMAND_DONE;
	}
	bool closed = !session || session_state(session) == SESSION_CLOSED;
	if (closed && !(session && session_opens_again(session, NULL)))
		buf_printf(&text, "before session %u closed", wait->session);
	else if (session && session_peer_closed(session))
		buf_append_text(&text, "before the peer's FIN");
	else if (over)
		print_limit(wait, &text);
	else
		return COMMAND_WAITING;
	buf_append_text(&text, ", ");
	print_instead(expect, &text);
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
	if (session_has_clients(invocation->session)) {
		error_set(error, "session %u is a listener: its clients are sessions of their own",
		          session);
		return COMMAND_FAILED;
	}
	if (!set_deadline(invocation->args->value[1], wait, error) ||
	    !escape_decode(text, &wanted, error)) {
		buf_free(&wanted);
		return COMMAND_FAILED;
	}
	if (wanted.len == 0) {
		error_usage(error, "expect: needs text that is not empty");
		return COMMAND_FAILED;
	}
	struct expect *expect = xcalloc(1, sizeof *expect);
	const struct searched *before = find_searched(app, session);
	uint64_t begin = transcript_begin(app->transcript, session);
	*expect = (struct expect){ .text = xstrdup(text),
		                   .wanted = wanted,
		                   .searched = { .session = session },
		                   .tail = { .max = SIZE_MAX },
		                   .first = { .max = SHOWN_BYTES } };
	follower_init(&expect->searched.follower, app->transcript);
	if (before)
		expect->searched = *before;
	else if (begin != TRANSCRIPT_NONE)
		follower_seek(&expect->searched.follower, begin);
	wait->check = check_received;
	wait->free = free_expect;
	wait->session = session;
	wait->data = expect;
	return COMMAND_WAITING;
}

const struct command expect_commands[] = {
	{
	        .name = "wait",
	        .group = "scripts",
	        .usage = "open|closed [within <duration>]",
	        .help = "wait until the session is open, or closed\n"
	                "The default is within 10s. A listener is open when it listens.\n"
	                "If it does not happen in time, a script fails. Ctrl-C ends the wait.",
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
	                "If the text does not come in time, or can no longer come, a script fails.",
	        .needs = NEEDS_SESSION,
	        .waits = true,
	        .run = do_expect,
	},
	{ 0 },
};
