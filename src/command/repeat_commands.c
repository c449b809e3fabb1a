// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/leave.h"
#include "app/send.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/descriptor.h"
#include "command/command.h"
#include "command/queue.h"

/* Sending that goes on while the person types: each is a command that waits, and goes on in each turn
 * of the loop. */

enum {
	UNSENT_MOST = 1 << 20, /* bytes in the queue of a session; more waits for the peer */
	TURN_MOST = 100,       /* lines of one turn */
	LINE_MOST = 1 << 20,   /* bytes of a line of a file */
	PIECE = 256 << 10,     /* bytes read at a time */
};

/* NULL with an error if it is gone. *full: what it is to send waits for the peer. */
static struct session *ready_session(const struct app *app, const struct wait *wait, bool *full,
                                     struct error *error)
{
	struct session *session = sessions_numbered(app->sessions, wait->session);
	if (!session)
		error_set(error, "session %u has gone", wait->session);
	*full = session && session_unsent(session) > UNSENT_MOST;
	return session;
}

/* ---- /repeat ---- */

struct repeat {
	char *line;
	uint64_t count, done; /* a count of UINT64_MAX never ends */
	int64_t begin, interval;
	struct wait inner; /* of a line that waits */
	bool inner_waits;
};

static void free_repeat(struct wait *wait)
{
	struct repeat *repeat = wait->data;
	if (repeat->inner_waits && repeat->inner.free)
		repeat->inner.free(&repeat->inner);
	free(repeat->line);
	free(repeat);
}

/* The line in the session of the /repeat, whichever is shown. */
static enum command_result run_line(struct app *app, uint32_t session, struct repeat *repeat,
                                    struct error *error)
{
	struct app_focus focus = app_borrow(app, session);
	repeat->inner = (struct wait){ 0 };
	app->answering = true;
	uint64_t outer = queue_count_run(app, repeat->done + 1);
	enum command_result result =
	        command_run(app, repeat->line, strlen(repeat->line), &repeat->inner, error);
	queue_count_run(app, outer);
	app->answering = false;
	app_give_back(app, focus);
	return result;
}

/* One run, or the rest of one that waits. */
static enum command_result step(struct app *app, const struct wait *wait, struct repeat *repeat,
                                struct error *error)
{
	struct wait *inner = &repeat->inner;
	enum command_result result = COMMAND_WAITING;
	if (!repeat->inner_waits)
		result = run_line(app, wait->session, repeat, error);
	if (result != COMMAND_WAITING)
		return result;
	bool over = inner->deadline && clock_now() >= inner->deadline;
	result = inner->check(app, inner, over, error);
	if (result != COMMAND_WAITING && inner->free)
		inner->free(inner);
	repeat->inner_waits = result == COMMAND_WAITING;
	return result;
}

static enum command_result check_repeat(struct app *app, struct wait *wait, bool over,
                                        struct error *error)
{
	struct repeat *repeat = wait->data;
	struct error why = { 0 };
	(void)over;
	for (int i = 0; repeat->done < repeat->count; i++) {
		bool full = false;
		int64_t next = repeat->begin + (int64_t)repeat->done * repeat->interval;
		if (wait->session && !ready_session(app, wait, &full, error))
			return COMMAND_FAILED;
		wait->deadline = wait->wake = 0;
		if (full || leave_has_begun(app))
			return COMMAND_WAITING;
		if (!repeat->inner_waits && (i == TURN_MOST || clock_now() < next)) {
			wait->deadline = next;
			return COMMAND_WAITING;
		}
		enum command_result result = step(app, wait, repeat, &why);
		if (result == COMMAND_WAITING) {
			wait->deadline = repeat->inner.deadline;
			wait->wake = repeat->inner.wake;
			return COMMAND_WAITING;
		}
		repeat->done++;
		if (result == COMMAND_DONE)
			continue;
		error_set(error, "run %" PRIu64 ": %.200s", repeat->done, why.text);
		error->usage = why.usage;
		return COMMAND_FAILED;
	}
	return COMMAND_DONE;
}

static bool parse_count(const char *text, uint64_t *count, struct error *error)
{
	size_t digits = strspn(text, "0123456789");
	*count = UINT64_MAX;
	if (strcmp(text, "forever") == 0)
		return true;
	if (digits && digits <= 9 && !text[digits])
		*count = strtoull(text, NULL, 10);
	if (*count && *count != UINT64_MAX)
		return true;
	error_usage(error, "repeat: \"%.40s\" is not a number of times from 1 to 999999999, or forever",
	            text);
	return false;
}

static bool check_repeat_words(const struct args *args, struct error *error)
{
	uint64_t count;
	int64_t interval;
	if (!parse_count(args->value[0], &count, error))
		return args_blame(args, 0, error);
	return clock_parse_duration(args->value[1], &interval, error) || args_blame(args, 1, error);
}

static enum command_result do_repeat(const struct invocation *invocation, struct error *error)
{
	const char *const *value = invocation->args->value;
	struct repeat wanted = { .begin = clock_now() };
	parse_count(value[0], &wanted.count, error);
	clock_parse_duration(value[1], &wanted.interval, error);
	if (command_hides(invocation->app, value[2])) {
		error_usage(error, "repeat: a secret is sent once: /secret");
		return COMMAND_FAILED;
	}
	struct repeat *repeat = xmalloc(sizeof *repeat);
	*repeat = wanted;
	repeat->line = xstrdup(value[2]);
	*invocation->wait = (struct wait){
		.check = check_repeat,
		.free = free_repeat,
		.session = invocation->session ? session_number(invocation->session) : 0,
		.data = repeat,
		.endless = wanted.count == UINT64_MAX,
	};
	return COMMAND_WAITING;
}

/* ---- /expand ---- */

/* Whether a line is a command or data does not depend on what its names stand for. */
static enum command_result run_expanded(const struct invocation *invocation, bool data,
                                        const char *line, size_t len, struct error *error)
{
	struct app *app = invocation->app;
	if (!data)
		return command_run(app, line, len, invocation->wait, error);
	struct session *session = app_need_session(app, error);
	app_to_newest(app);
	return session && send_line(session, line, len, error);
}

static enum command_result do_expand(const struct invocation *invocation, struct error *error)
{
	const char *line = invocation->args->value[0];
	bool slashes = line[0] == '/' && line[1] == '/', data = line[0] != '/' || slashes;
	struct buf expanded = { .max = SIZE_MAX };
	if (command_hides(invocation->app, line)) {
		error_usage(error, "expand: a secret comes from a file: /secret $NAME");
		return COMMAND_FAILED;
	}
	line += slashes;
	bool good = queue_expand(invocation->app, line, strlen(line), &expanded, error);
	enum command_result result = good ? run_expanded(invocation, data, buf_text(&expanded),
	                                                 expanded.len, error)
	                                  : COMMAND_FAILED;
	buf_free(&expanded);
	return result;
}

/* ---- /file ---- */

struct file {
	int fd; /* -1: all of it has been read */
	char *path;
	bool by_lines;
	int64_t begin, interval;
	uint64_t lines;  /* sent */
	bool ended;      /* all of it has been read, */
	struct buf read; /* and this has not been sent */
	size_t scanned;  /* bytes of that without a line feed */
};

static void free_file(struct wait *wait)
{
	struct file *file = wait->data;
	if (file->fd >= 0)
		close(file->fd);
	buf_free(&file->read);
	free(file->path);
	free(file);
}

static bool read_piece(struct file *file, struct error *error)
{
	ssize_t got;
	do
		got = read(file->fd, buf_reserve(&file->read, PIECE), PIECE);
	while (got < 0 && errno == EINTR);
	if (got < 0) {
		error_errno(error, errno, "%.150s", file->path);
		return false;
	}
	buf_commit(&file->read, (size_t)got);
	file->ended = got == 0;
	return true;
}

/* The next line, without its end; *taken with it. False at the end, or with an error. */
static bool next_line(struct file *file, size_t *len, size_t *taken, struct error *error)
{
	while (true) {
		const char *bytes = buf_data(&file->read);
		size_t have = file->read.len;
		const char *feed = have > file->scanned ? memchr(bytes + file->scanned, '\n',
		                                                 have - file->scanned)
		                                        : NULL;
		*len = feed ? (size_t)(feed - bytes) : have;
		*taken = *len + (feed != NULL);
		file->scanned = have;
		if (*len > LINE_MOST) {
			error_set(error, "%.150s:%" PRIu64 ": a line of more than %d bytes", file->path,
			          file->lines + 1, LINE_MOST);
			return false;
		}
		if (feed && *len > 0 && bytes[*len - 1] == '\r')
			--*len;
		if (feed || (file->ended && have > 0))
			return true;
		if (file->ended || !read_piece(file, error))
			return false;
	}
}

static enum command_result send_lines(const struct app *app, struct wait *wait, struct file *file,
                                      struct error *error)
{
	size_t len, taken;
	for (int i = 0;; i++) {
		bool full;
		struct session *session = ready_session(app, wait, &full, error);
		int64_t next = file->begin + (int64_t)file->lines * file->interval;
		if (!session)
			return COMMAND_FAILED;
		wait->deadline = 0;
		if (full)
			return COMMAND_WAITING;
		if (!next_line(file, &len, &taken, error))
			return error->text[0] ? COMMAND_FAILED : COMMAND_DONE;
		if (i == TURN_MOST || clock_now() < next) {
			file->scanned = 0;
			wait->deadline = next;
			return COMMAND_WAITING;
		}
		if (!send_line(session, buf_data(&file->read), len, error))
			return COMMAND_FAILED;
		buf_consume(&file->read, taken);
		file->scanned = 0;
		file->lines++;
	}
}

/* A stream has piece after piece, a datagram or message all of the file. */
static enum command_result send_bytes(const struct app *app, struct wait *wait, struct file *file,
                                      struct error *error)
{
	bool full;
	struct session *session = ready_session(app, wait, &full, error);
	bool message = session && session_has_messages(session);
	if (!session)
		return COMMAND_FAILED;
	wait->deadline = 0;
	if (full)
		return COMMAND_WAITING;
	do
		if (!file->ended && !read_piece(file, error))
			return COMMAND_FAILED;
	while (message && !file->ended && file->read.len < PIECE);
	size_t len = file->read.len < PIECE || message ? file->read.len : PIECE;
	if ((len > 0 || message) &&
	    !session_send(session, buf_data(&file->read), len, error))
		return COMMAND_FAILED;
	buf_consume(&file->read, len);
	wait->deadline = clock_now(); /* the next turn goes on */
	return message || (file->ended && !file->read.len) ? COMMAND_DONE : COMMAND_WAITING;
}

static enum command_result check_file(struct app *app, struct wait *wait, bool over,
                                      struct error *error)
{
	struct file *file = wait->data;
	(void)over;
	if (leave_has_begun(app)) {
		wait->deadline = 0;
		return COMMAND_WAITING;
	}
	return file->by_lines ? send_lines(app, wait, file, error)
	                      : send_bytes(app, wait, file, error);
}

static bool check_file_words(const struct args *args, struct error *error)
{
	int64_t interval;
	return !args->value[2] || clock_parse_duration(args->value[2], &interval, error) ||
	       args_blame(args, 2, error);
}

static enum command_result do_file(const struct invocation *invocation, struct error *error)
{
	const char *const *value = invocation->args->value;
	int64_t interval = 0;
	struct buf expanded = { .max = SIZE_MAX };
	bool expand = value[1];
	if (value[2])
		clock_parse_duration(value[2], &interval, error);
	if (session_has_clients(invocation->session))
		return session_send(invocation->session, "", 0, error); /* which says why not */
	int fd = expand ? -1 : descriptor_open_regular(value[0], error);
	if (expand ? !queue_expand_file(invocation->app, value[0], &expanded, error) : fd < 0) {
		buf_free(&expanded);
		return COMMAND_FAILED;
	}
	struct file *file = xcalloc(1, sizeof *file);
	*file = (struct file){ .fd = fd,
		               .path = xstrdup(value[0]),
		               .by_lines = value[2] != NULL,
		               .begin = clock_now(),
		               .interval = interval,
		               .ended = expand,
		               .read = expanded };
	*invocation->wait = (struct wait){
		.check = check_file,
		.free = free_file,
		.session = session_number(invocation->session),
		.data = file,
	};
	return COMMAND_WAITING;
}

const struct command repeat_commands[] = {
	{
	        .name = "expand",
	        .group = "sending",
	        .usage = "<line...>",
	        .help = "replace names in a line, then run it: /expand user $name\n"
	                "$NAME and ${NAME} are what /let NAME says, $c.port and the like a value of a "
	                "session, $repeat the number of the run in /repeat, and $$ is a dollar. The "
	                "line is data or a command. Other typed lines are sent as they are; in a file "
	                "names are replaced in any line, so that a dollar for /expand is $$ there.",
	        .waits = true,
	        .run = do_expand,
	},
	{
	        .name = "repeat",
	        .group = "sending",
	        .usage = "<count> <interval> <line...>",
	        .help = "run a line again and again: /repeat 10 500ms PING\n"
	                "The line is data or a command, as it is typed. The first run is now; the "
	                "interval counts from the beginning of one run to the beginning of the "
	                "next, and 0 is as fast as the peer takes it. forever repeats until Ctrl-C, with & in a "
	                "script until that ends.\n"
	                "$repeat is the number of the run, from 1, where names are replaced: "
	                "/repeat 10 500ms /expand user $repeat.\n"
	                "It goes on in its session while others are shown. The first run that "
	                "fails ends it.",
	        .needs = TAKES_SESSION,
	        .waits = true,
	        .check = check_repeat_words,
	        .run = do_repeat,
	},
	{
	        .name = "file",
	        .group = "sending",
	        .usage = "<file> [expand] [every <interval>]",
	        .help = "send a file as it is, line by line, or as a template\n"
	                "expand: with the values of names in place of $NAME and ${NAME}, as /expand "
	                "knows them, and with a dollar in place of $$. Nothing is sent where a name is "
	                "not known.\n"
	                "every: a line each time, with the line end of the session in place of its "
	                "own: /file lines.txt every 200ms; 0 sends one after the other.\n"
	                "A datagram has the whole file, with every a line. A stream takes the "
	                "file as the peer reads it. Ctrl-C ends it.",
	        .needs = NEEDS_SESSION,
	        .acts = ACTS_ALWAYS,
	        .waits = true,
	        .check = check_file_words,
	        .run = do_file,
	},
	{ 0 },
};
