// SPDX-License-Identifier: GPL-3.0-or-later
#include "command/queue.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/leave.h"
#include "app/replay.h"
#include "app/values.h"
#include "app/send.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/count.h"
#include "base/descriptor.h"
#include "command/command.h"
#include "command/script.h"
#include "net/step.h"
#include "view/view.h"

enum {
	READ_SIZE = 64 << 10,
	TURN_LINES = 100,    /* lines that a queue runs in one turn */
	MISTAKES_SHOWN = 20, /* of a script that is to run */
	LADDER_ROWS = 10,    /* shown after a failure */
	LADDER_COLUMNS = 80, /* at most, */
	LADDER_LEAST = 16,
};

struct loop {
	size_t first; /* line of it */
	uint64_t left, round;
	char *name, *values; /* of /loop NAME in VALUES, */
	const char *next;    /* those of the next rounds */
};

struct file {
	struct script script; /* all of it, or where it is read as it comes, what a loop needs */
	size_t next;          /* line to run */
	struct loop loop[SCRIPT_LOOPS];
	size_t loops;
	size_t passed; /* loops without a round that are open: nothing runs before their end */
	int fd;        /* -1: the script has all of it */
	bool regular;  /* reading it never sleeps */
	bool ready;    /* select() says that it can be read */
	bool ended;
	bool waits_judge; /* /wait is a case of a report, as /assert is */
	struct buf bytes; /* read, not yet lines */
	size_t scanned;   /* of them, without a line feed */
};

struct queue {
	struct queue *next;
	struct app *app;
	struct file file[SCRIPT_DEPTH]; /* each but the first begun by /source in the one before */
	size_t depth;
	char *const *words;
	size_t word_count;
	struct script_variables let;
	bool script;            /* not the start-up file */
	enum start_lines lines; /* of a start-up file: those that are run */
	bool quits;
	bool later;       /* nothing runs: words and secrets will be given when it does */
	int status;       /* of the program, where it quits */
	struct outcome outcome;
	uint32_t session; /* that is current here; 0 = whichever is shown */
	size_t waits;     /* lines of it that wait, */
	size_t endless;   /* those of them that its end ends */
	struct pending *held_by;
	bool guides; /* that of a lesson: it has no file */
};

/* A command that waits. */
struct pending {
	struct pending *next; /* a newer one */
	struct wait wait;
	struct queue *queue; /* whose line it is; NULL = the keyboard's */
	char *name;          /* "/wait @1 open"; of a script "script:12" */
	char *text;          /* of a line of a script, for its verdict; NULL for none */
	bool judges;         /* it has one also where it passes */
	bool timed;          /* the value "took" is its time */
	int64_t since;
	bool dropped; /* its queue has ended */
	void (*ended)(void *context, bool good, bool interrupted, const char *why); /* of a lesson */
	void *context;
};

struct queues {
	struct queue *first;
	struct pending *oldest;
	struct queue *running;         /* whose line runs, */
	struct queue *going_on;        /* or waits, and goes on now */
	struct queue *guide;           /* that of a lesson; NULL = none */
	uint64_t run;                  /* of a /repeat whose line runs, from 1; 0 = none */
	bool ran;                      /* a line ran in this turn: a wait may be over */
	struct script_variables given; /* to every script */
	struct queue_reporter reporter;
};

static struct queues *queues_of(struct app *app)
{
	if (!app->queues)
		app->queues = xcalloc(1, sizeof *app->queues);
	return app->queues;
}

/* ---- waits ---- */

static void free_pending(struct pending *pending)
{
	if (pending->wait.free)
		pending->wait.free(&pending->wait);
	free(pending->name);
	free(pending->text);
	free(pending);
}

static void remove_pending(struct queues *queues, struct pending *pending)
{
	struct pending **link = &queues->oldest;
	while (*link != pending)
		link = &(*link)->next;
	*link = pending->next;
	if (pending->queue) {
		pending->queue->waits--;
		pending->queue->endless -= pending->wait.endless;
	}
	if (pending->queue && pending->queue->held_by == pending)
		pending->queue->held_by = NULL;
	free_pending(pending);
}

/* Takes over `name` and `text`. */
static struct pending *add_pending(struct app *app, struct queue *queue, char *name, char *text,
                                   bool judges, const struct wait *wait)
{
	struct queues *queues = queues_of(app);
	struct pending *pending = xcalloc(1, sizeof *pending);
	*pending = (struct pending){ .wait = *wait,
		                     .queue = queue,
		                     .name = name,
		                     .text = text,
		                     .judges = judges,
		                     .since = clock_now() };
	struct pending **link = &queues->oldest;
	while (*link)
		link = &(*link)->next;
	*link = pending;
	if (queue) {
		queue->waits++;
		queue->endless += wait->endless;
	}
	return pending;
}

static void end_loop(struct file *file)
{
	struct loop *loop = &file->loop[--file->loops];
	free(loop->name);
	free(loop->values);
}

static void close_file(struct file *file)
{
	while (file->loops)
		end_loop(file);
	if (file->fd > STDIN_FILENO)
		close(file->fd);
	buf_free(&file->bytes);
	script_free(&file->script);
}

/* A file ends: the file that has sourced it goes on. */
static void pop_file(struct queue *queue)
{
	close_file(&queue->file[--queue->depth]);
}

/* The queue itself is freed at the end of the turn. */
static void end_queue(struct app *app, struct queue *queue, int status)
{
	while (queue->depth > 0)
		pop_file(queue);
	for (struct pending *pending = app->queues->oldest; pending; pending = pending->next)
		if (pending->queue == queue)
			pending->dropped = true;
	if (queue->status == 0)
		queue->status = status;
}

/* ---- verdicts and failures ---- */

static void judge(const struct queue *queue, enum verdict_result result, const char *where,
                  const char *text, int64_t took, const char *why)
{
	const struct queue_reporter *reporter = &queue->app->queues->reporter;
	const struct verdict verdict = {
		.result = result, .where = where, .text = text, .took = took, .why = why
	};
	if (queue->quits && reporter->verdict)
		reporter->verdict(reporter->context, &verdict);
}

static bool judges(const struct file *file, const struct script_line *line)
{
	return line->command && (line->command->judges ||
	                         (file->waits_judge && strcmp(line->command->name, "wait") == 0));
}

/* What of a file has not been run. */
static void judge_rest(const struct queue *queue, const struct file *file,
                       enum verdict_result result, const char *why)
{
	for (size_t i = file->next; i < file->script.count; i++) {
		const struct script_line *line = &file->script.lines[i];
		if (!judges(file, line))
			continue;
		char *where = xasprintf("%s:%u", file->script.path, (unsigned)line->number);
		judge(queue, result, where, script_text(&file->script, line), 0, why);
		free(where);
	}
}

static void judge_unfinished(struct app *app, const struct queue *queue)
{
	for (const struct pending *pending = app->queues->oldest; pending; pending = pending->next)
		if (pending->queue == queue && pending->judges && !pending->dropped)
			judge(queue, VERDICT_NOT_RUN, pending->name, pending->text,
			      clock_now() - pending->since, "not over when the script ended");
	for (size_t depth = queue->depth; depth > 0; depth--)
		judge_rest(queue, &queue->file[depth - 1], VERDICT_NOT_RUN, "not run");
}

static int ladder_columns(const struct app *app)
{
	if (!app->note_columns || app->note_columns > LADDER_COLUMNS)
		return LADDER_COLUMNS;
	return app->note_columns < LADDER_LEAST ? LADDER_LEAST : app->note_columns;
}

/* The newest rows of a session's ladder, or of its trace where it has none. */
static void print_ladder(struct app *app, uint32_t number, struct buf *out)
{
	struct session *session = sessions_numbered(app->sessions, number);
	bool drawn = session && !session_has_clients(session);
	struct location first;
	struct view view = {
		.ops = drawn ? &ladder_view : &trace_view,
		.transcript = app->transcript,
		.session = number,
		.columns = ladder_columns(app),
		.time = VIEW_TIME_RELATIVE,
	};
	if (drawn)
		app_set_ends(app, session, &view);
	if (!number || !view_last(&view, &first))
		return;
	for (int i = 1; i < LADDER_ROWS && view_before(&view, &first);)
		i++;
	struct rows rows = { 0 };
	do {
		view_layout(&view, first, &rows);
		for (size_t i = 0; i < rows.count; i++) {
			buf_append_text(out, out->len ? "\n" : "");
			row_print(&rows.row[i], out);
		}
	} while (view_after(&view, &first));
	rows_free(&rows);
	size_t at = out->len;
	for (int kept = 0; at > 0 && kept < LADDER_ROWS;)
		kept += buf_data(out)[--at] == '\n';
	buf_consume(out, at ? at + 1 : 0);
}

/* A line of a queue has failed, which ends a script. A start-up file goes on. `where`: "script:12" is
 * the caller's. `text`: of the line, NULL where there is none. */
static void fail(struct app *app, struct queue *queue, const char *where, const char *text,
                 uint32_t session, int64_t since, const struct error *error)
{
	struct buf why = { .max = SIZE_MAX }, rows = { .max = SIZE_MAX };
	buf_append_text(&why, error->text);
	if (queue->script && !error->usage && error->code != ECANCELED)
		print_ladder(app, session, &rows);
	if (rows.len)
		buf_printf(&why, "\n%s", buf_text(&rows));
	if (queue->script && !error->usage)
		judge(queue, VERDICT_FAILED, where, text, clock_now() - since, buf_text(&why));
	app->answering = true;
	if (error->usage && error->column)
		app_error(app, "%s:%zu: %s", where, error->column, error->text);
	else
		app_error(app, "%s: %s", where, buf_text(&why));
	app->answering = false;
	buf_free(&why);
	buf_free(&rows);
	if (!queue->script)
		return;
	judge_unfinished(app, queue);
	end_queue(app, queue, error->usage ? 2 : 1);
}

/* The session that this listener has accepted last; 0 for none. */
static uint32_t newest_client(const struct app *app, uint32_t listener)
{
	uint32_t newest = 0;
	for (size_t i = 0; i < sessions_count(app->sessions); i++) {
		const struct session *session = sessions_at(app->sessions, i);
		if (session_listener(session) == listener && session_number(session) > newest)
			newest = session_number(session);
	}
	return newest;
}

/* A line of a lesson. What waits in its session has been reported by that. */
static void end_guided(struct app *app, struct pending *pending, bool good, const struct error *error)
{
	void (*ended)(void *, bool, bool, const char *) = pending->ended;
	if (!pending->judges && !good && !pending->wait.in_session) {
		app->answering = true;
		app_error(app, "%s: %s", pending->name, error->text);
		app->answering = false;
	}
	if (!pending->judges)
		pending->queue->session = app_shown(app);
	if (ended)
		ended(pending->context, good, !good && error->code == ECANCELED, error->text);
}

/* Says that a person's wait has ended, and that any wait has failed, which ends a script. */
static void end_pending(struct app *app, struct pending *pending, enum command_result result,
                        const struct error *error)
{
	char took[CLOCK_TEXT];
	struct queue *queue = pending->queue;
	if (queue && queue->held_by == pending && pending->wait.accepts &&
	    newest_client(app, pending->wait.session))
		queue->session = newest_client(app, pending->wait.session);
	if (queue && result == COMMAND_DONE && pending->judges)
		judge(queue, VERDICT_PASSED, pending->name, pending->text,
		      clock_now() - pending->since, NULL);
	pending->dropped = true;
	if (queue && pending->timed)
		queue->outcome.took = clock_now() - pending->since;
	if (queue && queue->guides) {
		end_guided(app, pending, result == COMMAND_DONE, error);
	} else if (queue && result != COMMAND_DONE) {
		fail(app, queue, pending->name, pending->text, pending->wait.session,
		     pending->since, error);
	} else if (!queue && !(result == COMMAND_DONE && pending->wait.answers)) {
		app->answering = true;
		if (result != COMMAND_DONE)
			app_error(app, "%s: %s", pending->name, error->text);
		else
			app_note(app, "%s: done after %s", pending->name,
			         clock_format_duration(clock_now() - pending->since, took));
		app->answering = false;
	}
	remove_pending(app->queues, pending);
}

static enum command_result go_on(struct app *app, struct queue *queue, struct wait *wait, bool over,
                                 struct error *error)
{
	app->queues->going_on = queue;
	app->outcome = queue ? &queue->outcome : NULL;
	enum command_result result = wait->check(app, wait, over, error);
	app->outcome = NULL;
	app->queues->going_on = NULL;
	return result;
}

static void check_pending(struct app *app, struct pending *pending)
{
	struct error error = { 0 };
	if (pending->dropped)
		return;
	bool over = pending->wait.deadline && clock_now() >= pending->wait.deadline;
	enum command_result result = go_on(app, pending->queue, &pending->wait, over, &error);
	if (result != COMMAND_WAITING)
		end_pending(app, pending, result, &error);
}

/* The session in which the newest call by hand waits; the current one also while it is being opened; NULL
 * for none. */
static struct session *newest_waiting(const struct app *app, int64_t *since)
{
	struct session *newest = NULL;
	for (size_t i = 0; i < sessions_count(app->sessions); i++) {
		struct session *session = sessions_at(app->sessions, i);
		int64_t begun;
		bool waits = session_waiting(session, &begun) ||
		             (session == app->current && session_is_opening(session, &begun));
		if (waits && (!newest || begun > *since)) {
			newest = session;
			*since = begun;
		}
	}
	return newest;
}

static void cancel_call(struct app *app, struct session *session)
{
	app->answering = true;
	if (session != app->current)
		app_note(app, "%s in session %" PRIu32 " is cancelled",
		         session_waiting(session, NULL), session_number(session));
	app->answering = false;
	step_cancel(session);
}

bool queue_interrupt(struct app *app)
{
	int64_t since = 0;
	struct pending *newest = NULL, *next = app->queues ? app->queues->oldest : NULL;
	for (; next; next = next->next)
		newest = next->dropped ? newest : next;
	struct session *caller = newest_waiting(app, &since);
	/* a script may wait for all of an opening, of which the handshake is the newer part */
	bool held = caller && newest && newest->wait.in_session &&
	            newest->wait.session == session_number(caller);
	if (caller && !held && (!newest || since > newest->since)) {
		cancel_call(app, caller);
		return true;
	}
	if (!newest)
		return app->current && step_cancel(app->current);
	struct error error;
	struct session *session = sessions_numbered(app->sessions, newest->wait.session);
	error_set(&error, "interrupted");
	error.code = ECANCELED;
	if (newest->wait.in_session && session)
		step_cancel(session);
	end_pending(app, newest, COMMAND_FAILED, &error);
	return true;
}

/* ---- one line ---- */

/* Runs a line with the session of its queue as the current one, if the queue has one of its own. A
 * session that the line makes current is shown from then on, but not while a line is typed. */
static enum command_result run_in_queue(struct app *app, struct queue *queue, bool data,
                                        const char *line, size_t len, struct wait *wait,
                                        struct error *error)
{
	struct queues *queues = app->queues;
	struct app_focus focus = app_borrow(app, queue->session);
	struct queue *outer = queues->running;
	struct outcome *outcome = app->outcome;
	bool attended = app->attended, literal = app->literal;
	enum command_result result;
	app->outcome = &queue->outcome;
	queues->running = queue;
	queues->ran = true;
	app->attended = app->literal = false;
	if (queue->script && !data)
		command_record(app, line);
	app->answering = true;
	if (data) {
		struct session *session = app_need_receiver(app, error);
		app_to_newest(app);
		wait->session = app_shown(app);
		result = session && send_line(session, line, len, error);
	} else {
		result = command_run(app, line, len, wait, error);
	}
	app->answering = false;
	app->attended = attended;
	app->literal = literal;
	app->outcome = outcome;
	queues->running = outer;
	queue->session = app_shown(app);
	app_give_back(app, focus);
	return result;
}

/* The length of a line without the " &" at the end of a command that may wait. */
static size_t without_ampersand(const struct app *app, const char *line, size_t len)
{
	size_t end = len;
	while (end > 0 && word_is_blank(line[end - 1]))
		end--;
	bool given = end >= 2 && line[end - 1] == '&' && word_is_blank(line[end - 2]) &&
	             command_waits(app, line);
	return given ? end - 2 : len;
}

/* Calls and opening wait in their session, which reports their end. */
static bool remember(struct app *app, enum command_result result, const char *line, size_t len,
                     const struct wait *wait)
{
	if (result == COMMAND_WAITING && !wait->in_session)
		add_pending(app, NULL, xstrndup(line, len), NULL, false, wait);
	return result == COMMAND_DONE || result == COMMAND_WAITING;
}

bool queue_type(struct app *app, const char *line, size_t len)
{
	struct error error = { 0 };
	struct wait wait = { 0 };
	size_t kept = without_ampersand(app, line, len);
	char *command = kept < len ? xstrndup(line, kept) : NULL;
	command_record(app, line);
	app->answering = true;
	enum command_result result =
	        command_run(app, command ? command : line, kept, &wait, &error);
	bool good = remember(app, result, line, len, &wait);
	if (!good)
		app_error(app, "%s", error.text);
	app->answering = false;
	free(command);
	return good;
}

bool queue_press(struct app *app, const char *line, struct error *error)
{
	struct wait wait = { 0 };
	app->answering = true;
	enum command_result result = command_run_key(app, line, &wait, error);
	app->answering = false;
	return remember(app, result, line, strlen(line), &wait);
}

/* ---- names ---- */

static const struct loop *innermost_loop(const struct queue *queue)
{
	for (size_t depth = queue->depth; depth > 0; depth--) {
		const struct file *file = &queue->file[depth - 1];
		if (file->loops > 0)
			return &file->loop[file->loops - 1];
	}
	return NULL;
}

static enum script_value value_of_session(struct app *app, const char *name, const char *of,
                                          struct buf *out, struct error *error)
{
	struct error why;
	struct value value;
	char *whole = xasprintf("@%s.%s", of, name);
	bool found = value_get(app, whole, NULL, &value, &why);
	bool known = found && value_write(&value, out);
	free(whole);
	if (!found)
		error_usage(error, "$%.60s.%.20s: %.150s", of, name, why.text);
	else if (!known && value.of == value_find("port", &why))
		error_usage(error, "$%.60s.port: the session has no port yet", of);
	else if (!known)
		error_usage(error, "$%.60s.%.20s is not available", of, name);
	return known ? SCRIPT_VALUE : SCRIPT_NO_VALUE;
}

static enum script_value value_of_word(const struct queue *queue, char digit, struct buf *out,
                                       struct error *error)
{
	size_t index = (size_t)(digit - '1');
	if (index < queue->word_count) {
		buf_append_text(out, queue->words[index]);
		return SCRIPT_VALUE;
	}
	if (digit == '0')
		error_usage(error, "no word for $0: the words after the file are $1 to $9");
	else
		error_usage(error, "no word for $%c: it is given after the file", digit);
	return queue->later && digit != '0' ? SCRIPT_LATER : SCRIPT_NO_VALUE;
}

/* As script_names wants it. */
static enum script_value value_of(void *context, const char *name, const char *of, bool secret,
                                  struct buf *out, struct error *error)
{
	struct queue *queue = context;
	struct error ignored;
	const struct loop *loop = innermost_loop(queue);
	const struct script_variable *variable = script_variable(&queue->let, name);
	bool is_secret = strncmp(name, SCRIPT_SECRET, sizeof SCRIPT_SECRET - 1) == 0;
	const char *value;
	if (of)
		return value_of_session(queue->app, name, of, out, error);
	if (isdigit((unsigned char)*name))
		return value_of_word(queue, *name, out, error);
	if (is_secret && !secret) {
		error_usage(error, "$%s is a secret: /secret sends it", name);
		return SCRIPT_NO_VALUE;
	}
	if (loop && strcmp(name, "loop") == 0) {
		buf_printf(out, "%" PRIu64, loop->round);
		return SCRIPT_VALUE;
	}
	if (queue->app->queues->run && strcmp(name, "repeat") == 0) {
		buf_printf(out, "%" PRIu64, queue->app->queues->run);
		return SCRIPT_VALUE;
	}
	if (!variable)
		variable = script_variable(&queue->app->queues->given, name);
	value = variable ? variable->value : secret ? getenv(name) : NULL;
	if (value) {
		buf_append_text(out, value);
		return SCRIPT_VALUE;
	}
	struct value of_script;
	struct outcome *outer = queue->app->outcome;
	queue->app->outcome = &queue->outcome;
	bool known = value_is_of_script(name) &&
	             value_get(queue->app, name, NULL, &of_script, error) &&
	             value_write(&of_script, out);
	queue->app->outcome = outer;
	if (known)
		return SCRIPT_VALUE;
	if (secret)
		error_usage(error, "$%s is not set: %s=... in the environment, or --let %s=...",
		            name, name, name);
	else if (strcmp(name, "loop") == 0)
		error_usage(error, "$loop has a value within /loop only");
	else if (strcmp(name, "repeat") == 0)
		error_usage(error, "$repeat has a value while /repeat runs its line: in a file "
		                   "/repeat 9 1s /expand $$repeat");
	else if (app_find_session(queue->app, name, &ignored))
		error_usage(error, "no name \"%s\"; of the session there are $%s.port and other values", name, name);
	else if (strchr(name, '.'))
		error_usage(error, "no value \"%s\" of a session: /help values lists them",
		            strrchr(name, '.') + 1);
	else if (script_check_name(name, error))
		error_usage(error, "no name \"%s\": /let %s VALUE makes one, $$ is a dollar", name,
		            name);
	return secret && queue->later ? SCRIPT_LATER : SCRIPT_NO_VALUE;
}

static bool has_session(void *context, const char *name)
{
	const struct queue *queue = context;
	struct error ignored;
	return app_find_session(queue->app, name, &ignored);
}

static bool has_target(void *context, const char *name)
{
	const struct queue *queue = context;
	return named_target_find(&queue->app->targets, name);
}

static struct script_names names_of(struct queue *queue)
{
	return (struct script_names){ .value = value_of,
		                      .has_session = has_session,
		                      .has_target = has_target,
		                      .context = queue };
}

/* ---- files ---- */

static bool is_null_device(const struct stat *status)
{
	struct stat null;
	return S_ISCHR(status->st_mode) && stat("/dev/null", &null) == 0 &&
	       null.st_rdev == status->st_rdev;
}

/* Its prose would be data. */
static bool is_lesson(int fd, const char *path)
{
	char begin[5] = "";
	size_t len = strlen(path);
	return len > 3 && strcmp(path + len - 3, ".md") == 0 &&
	       pread(fd, begin, sizeof begin, 0) == sizeof begin &&
	       (memcmp(begin, "# ", 2) == 0 || memcmp(begin, "\xef\xbb\xbf# ", 5) == 0);
}

/* Reading a regular file always comes to an end. A FIFO or a device is read only if the program
 * runs the script and nothing else: in the window it might be the person's terminal. A start-up
 * file that is linked to /dev/null is switched off. */
static bool open_file(struct file *file, const char *path, bool any, struct error *error)
{
	struct stat status;
	bool input = any && strcmp(path, "-") == 0;
	int fd = input ? STDIN_FILENO : open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	bool known = fd >= 0 && fstat(fd, &status) == 0;
	bool regular = known && (S_ISREG(status.st_mode) || is_null_device(&status));
	bool stream =
	        known && any &&
	        (S_ISFIFO(status.st_mode) || S_ISCHR(status.st_mode) || S_ISSOCK(status.st_mode));
	bool lesson = regular && is_lesson(fd, path);
	if (!lesson && (regular || (stream && poller_fits(fd)))) {
		*file = (struct file){ .fd = fd,
			               .regular = regular,
			               .bytes = { .max = SCRIPT_LINE_MOST + READ_SIZE } };
		script_init(&file->script, input ? "standard input" : path);
		return true;
	}
	if (lesson)
		error_usage(error, "%.150s: a lesson, not a script: %s takes it", path,
		            any ? "--lesson FILE" : "/lesson FILE");
	else if (known && !S_ISDIR(status.st_mode))
		error_set(error, "%.150s: not a regular file", path);
	else
		descriptor_explain(error, known ? EISDIR : errno, path);
	if (fd > STDIN_FILENO)
		close(fd);
	return false;
}

enum line_end { LINE_THERE, LINE_TOO_LONG, LINE_LATER, LINE_NONE, LINE_FAILED };

/* How the next line ends; *len is its length without the line end, *taken with it. */
static enum line_end next_line(struct file *file, size_t *len, size_t *taken)
{
	while (true) {
		const char *bytes = buf_data(&file->bytes);
		size_t have = file->bytes.len;
		const char *feed = have > file->scanned ? memchr(bytes + file->scanned, '\n',
		                                                 have - file->scanned)
		                                        : NULL;
		*len = feed ? (size_t)(feed - bytes) : have;
		*taken = *len + (feed != NULL);
		file->scanned = have;
		if (*len > SCRIPT_LINE_MOST)
			return LINE_TOO_LONG;
		if (feed || (file->ended && have > 0))
			return LINE_THERE;
		if (file->ended)
			return LINE_NONE;
		if (!file->regular && !file->ready)
			return LINE_LATER;
		file->ready = false;
		ssize_t got = read(file->fd, buf_reserve(&file->bytes, READ_SIZE), READ_SIZE);
		if (got < 0 && (errno == EINTR || errno == EAGAIN))
			return LINE_LATER;
		if (got < 0)
			return LINE_FAILED;
		file->ended = got == 0;
		buf_commit(&file->bytes, (size_t)got);
	}
}

/* Takes the next line, or says what is wrong with it: LINE_FAILED. */
static enum line_end read_line(struct file *file, struct error *error)
{
	size_t len, taken;
	enum line_end end = next_line(file, &len, &taken);
	int code = errno;
	if (end == LINE_THERE) {
		bool good = script_add(&file->script, buf_data(&file->bytes), len, error);
		buf_consume(&file->bytes, taken);
		file->scanned = 0;
		return good ? LINE_THERE : LINE_FAILED;
	}
	if (end != LINE_TOO_LONG && end != LINE_FAILED)
		return end;
	if (end == LINE_TOO_LONG)
		error_usage(error, "a line of more than %d bytes", SCRIPT_LINE_MOST);
	else
		error_usage(error, "%s", error_why(code));
	file->ended = true;
	buf_clear(&file->bytes);
	file->script.number++;
	script_refuse(&file->script, error);
	return LINE_FAILED;
}

/* Reads a regular file to its end, and closes it. A NUL byte is enough to see that it is no script,
 * and what is too large becomes no smaller. */
static void read_whole(struct file *file)
{
	struct error error;
	enum line_end end = LINE_THERE;
	while (end != LINE_NONE && file->script.mistake_count < SCRIPT_MISTAKES) {
		end = read_line(file, &error);
		if (end == LINE_FAILED && (error.code == EILSEQ || error.code == EFBIG))
			break;
	}
	if (file->fd > STDIN_FILENO)
		close(file->fd);
	file->fd = -1;
	buf_free(&file->bytes);
}

/* As script_checker wants it. */
static bool load(void *context, const char *path, struct script *script, struct error *error)
{
	struct file file;
	(void)context;
	if (!open_file(&file, path, false, error))
		return false;
	read_whole(&file);
	*script = file.script;
	return true;
}

static bool read_file(void *context, const char *path, struct buf *out, struct error *error)
{
	(void)context;
	return descriptor_read_regular(path, out, error);
}

static size_t check(struct queue *queue, const struct script *script,
                    void (*report)(void *context, const char *path, size_t line,
                                   const struct error *error),
                    void *context)
{
	struct app *app = queue->app;
	struct script_checker checker = {
		.names = names_of(queue),
		.has_current = app->current || sessions_numbered(app->sessions, queue->session) ||
		               !replay_is_over(app),
		.any = !replay_is_over(app), /* it brings sessions */
		.report = report,
		.load = load,
		.read = read_file,
		.context = context,
	};
	return script_check(&checker, script);
}

/* For a script that is to run. */
struct mistakes {
	struct app *app;
	size_t shown;
};

static void show_mistake(void *context, const char *path, size_t line, const struct error *error)
{
	struct mistakes *mistakes = context;
	if (mistakes->shown++ >= MISTAKES_SHOWN)
		return;
	if (error->column)
		app_error(mistakes->app, "%s:%zu:%zu: %s", path, line, error->column, error->text);
	else
		app_error(mistakes->app, "%s:%zu: %s", path, line, error->text);
}

/* False, and all is said, where the script has a mistake. */
static bool check_to_run(struct app *app, struct queue *queue, const struct script *script)
{
	struct mistakes mistakes = { .app = app };
	bool answering = app->answering;
	app->answering = true;
	size_t count = check(queue, script, show_mistake, &mistakes);
	if (count > MISTAKES_SHOWN)
		app_error(app, "%s: %zu mistake%s more: sockpit --check lists them", script->path,
		          count - MISTAKES_SHOWN, count_plural(count - MISTAKES_SHOWN));
	app->answering = answering;
	return count == 0;
}

bool queue_check(struct app *app, const char *path, char *const *words, size_t count,
                 void (*report)(void *context, const char *path, size_t line,
                                const struct error *error),
                 void *context, struct error *error)
{
	struct file file;
	queues_of(app);
	if (!open_file(&file, path, true, error))
		return false;
	if (!file.regular) {
		error_set(error, "%.150s: only a regular file is checked", path);
		close_file(&file);
		return false;
	}
	struct queue *queue = xcalloc(1, sizeof *queue);
	queue->app = app;
	queue->words = words;
	queue->word_count = count;
	queue->later = true;
	read_whole(&file);
	check(queue, &file.script, report, context);
	close_file(&file);
	free(queue);
	return true;
}

/* ---- running a queue ---- */

/* Where in the line a mistake is that was found only when the line ran. */
static void find_column(const struct script *script, const struct script_line *line,
                        struct queue *queue, const char *text, struct error *error)
{
	struct command_words words;
	struct error again = { 0 };
	const struct script_names names = names_of(queue);
	bool good = command_take_apart(text, &words, &again);
	if (good && words.command && words.command->check)
		words.command->check(&words.args, &again);
	if (good)
		command_words_free(&words);
	error->column = script_column(script, line, &names, again.column);
}

static enum command_result run_line(struct app *app, struct queue *queue,
                                    const struct script *script, const struct script_line *line,
                                    struct wait *wait, struct error *error)
{
	const char *text = script_text(script, line);
	size_t len = line->len;
	char shown[WORDS_QUOTED];
	struct buf expanded = { .max = SIZE_MAX };
	if (line->data && !app->current && !sessions_numbered(app->sessions, queue->session)) {
		error_usage(error, "no session to send %s to: commands begin with /",
		            word_show(text, len, shown));
		error->column = line->column;
		return COMMAND_FAILED;
	}
	if (memchr(text, '$', len)) {
		const struct script_names names = names_of(queue);
		bool good = script_expand(script, line, &names, &expanded, NULL, error);
		text = buf_text(&expanded);
		len = expanded.len;
		if (!good) {
			buf_wipe(&expanded);
			buf_free(&expanded);
			return COMMAND_FAILED;
		}
	}
	enum command_result result = run_in_queue(app, queue, line->data, text, len, wait, error);
	if (result == COMMAND_FAILED && error->usage && !line->data)
		find_column(script, line, queue, text, error);
	if (line->command && line->command->hides)
		buf_wipe(&expanded);
	buf_free(&expanded);
	return result;
}

/* Runs a line, and remembers what it waits for. It may begin another file. */
static void run_and_wait(struct app *app, struct queue *queue, const struct file *file,
                         const struct script_line *line)
{
	struct error error = { 0 };
	struct wait wait = { 0 };
	int64_t since = clock_now();
	enum command_result result = run_line(app, queue, &file->script, line, &wait, &error);
	bool waits = result == COMMAND_WAITING;
	bool timed = line->command && line->command->waits && strcmp(line->command->name, "assert") != 0;
	if (waits && wait.in_session && !queue->script) /* a start-up file leaves calls to it */
		result = COMMAND_DONE;
	else if (waits)
		result = go_on(app, queue, &wait, false, &error);
	char *where = NULL, *text = NULL;
	if (result != COMMAND_DONE || judges(file, line)) {
		where = xasprintf("%s:%u", file->script.path, (unsigned)line->number);
		text = line->command && line->command->hides
		               ? NULL
		               : xstrdup(script_text(&file->script, line));
	}
	if (result == COMMAND_WAITING) {
		struct pending *pending = add_pending(app, queue, where, text, judges(file, line), &wait);
		pending->since = since;
		pending->timed = timed;
		if (!line->background)
			queue->held_by = pending;
		return;
	}
	if (waits && wait.free)
		wait.free(&wait);
	if (result == COMMAND_FAILED)
		fail(app, queue, where, text, wait.session, since, &error);
	else if (timed)
		queue->outcome.took = clock_now() - since;
	if (result == COMMAND_DONE && judges(file, line))
		judge(queue, VERDICT_PASSED, where, text, clock_now() - since, NULL);
	free(where);
	free(text);
}

/* Nothing runs within a loop that has no round. */
static bool is_passed(struct file *file, const struct script_line *line)
{
	const char *name = line->command ? line->command->name : "";
	if (file->passed && strcmp(name, "loop") == 0)
		file->passed++;
	else if (file->passed && strcmp(name, "end") == 0)
		return file->passed--;
	return file->passed;
}

/* Of a start-up file sometimes only the targets count, or all else. */
static bool is_left_out(const struct queue *queue, const struct script_line *line)
{
	bool target = line->command && strcmp(line->command->name, "target") == 0;
	return queue->lines && (queue->lines == START_TARGETS) != target;
}

/* False where nothing more can be run now. */
static bool run_next(struct app *app, struct queue *queue)
{
	struct error error;
	struct file *file = &queue->file[queue->depth - 1];
	if (file->next < file->script.count) {
		struct script_line line = file->script.lines[file->next++];
		if (!is_left_out(queue, &line) && !is_passed(file, &line))
			run_and_wait(app, queue, file, &line);
		return queue->depth > 0 && !queue->held_by;
	}
	if (file->fd >= 0 && !file->loops && !file->passed) {
		script_clear(&file->script);
		file->next = 0;
	}
	enum line_end end = file->fd < 0 ? LINE_NONE : read_line(file, &error);
	if (end == LINE_NONE && (file->loops || file->passed)) {
		error_usage(&error, "/loop without an /end after it");
		end = LINE_FAILED;
	} else if (end == LINE_NONE) {
		pop_file(queue);
	}
	if (end != LINE_FAILED)
		return end != LINE_LATER && queue->depth > 0;
	char *where = xasprintf("%s:%zu", file->script.path, file->script.number);
	while (file->loops)
		end_loop(file);
	file->passed = 0;
	if (queue->lines != START_TARGETS)
		fail(app, queue, where, NULL, 0, 0, &error);
	free(where);
	return queue->depth > 0;
}

static void run_queue(struct app *app, struct queue *queue, size_t most)
{
	while (most-- > 0 && queue->depth > 0 && !queue->held_by && !leave_has_begun(app)) {
		if (!run_next(app, queue))
			break;
		/* close() is made at the end of the turn: the next line of a script comes after it. */
		if (queue->script && sessions_are_closing(app->sessions))
			break;
	}
}

static void add_queue(struct app *app, struct queue *queue)
{
	struct queue **link = &app->queues->first;
	while (*link)
		link = &(*link)->next;
	*link = queue;
}

static struct queue *new_queue(struct app *app)
{
	struct queue *queue = xcalloc(1, sizeof *queue);
	queues_of(app);
	queue->app = app;
	queue->session = app_shown(app);
	queue->outcome.took = -1;
	return queue;
}

static void drop_ended(struct app *app)
{
	struct error ignored;
	struct pending *next;
	for (struct pending *pending = app->queues->oldest; pending; pending = next) {
		next = pending->next;
		if (pending->dropped)
			remove_pending(app->queues, pending);
	}
	struct queue **link = &app->queues->first;
	while (*link) {
		struct queue *queue = *link;
		if (queue->depth > 0 || queue->waits > queue->endless || queue->guides) {
			link = &queue->next;
			continue;
		}
		*link = queue->next;
		if (queue->quits && !app->quit) {
			app->status = queue->status;
			if (!leave_has_begun(app))
				leave_begin(app, "", &ignored);
			if (queue->status)
				leave_soon(app);
		}
		for (struct pending *pending = app->queues->oldest; pending; pending = next) {
			next = pending->next;
			if (pending->queue == queue)
				remove_pending(app->queues, pending);
		}
		script_forget(&queue->let);
		free(queue->outcome.error);
		free(queue);
	}
}

bool queue_start(struct app *app, const char *path, enum start_lines lines, struct error *error)
{
	struct file file;
	if (!open_file(&file, path, false, error))
		return error->code == ENOENT || error->code == ENOTDIR;
	struct queue *queue = new_queue(app);
	queue->lines = lines;
	queue->file[queue->depth++] = file;
	add_queue(app, queue);
	run_queue(app, queue, SIZE_MAX);
	drop_ended(app);
	return true;
}

/* Checks and adds a script whose text is in the file, or is read as it comes. Takes over the file. */
static bool begin_script(struct app *app, struct file *file, char *const *words, size_t count, bool quits,
                         struct error *error)
{
	struct queue *outer = queues_of(app)->running;
	struct queue *queue = outer ? outer : new_queue(app);
	if (!outer) {
		queue->script = true;
		queue->quits = quits;
		queue->words = words;
		queue->word_count = count;
	}
	if (file->regular && queue->script)
		read_whole(file);
	if (file->fd < 0 && !check_to_run(app, queue, &file->script)) {
		close_file(file);
		if (!outer)
			free(queue);
		error_usage(error, "%s", "");
		return false;
	}
	queue->file[queue->depth++] = *file;
	if (!outer)
		add_queue(app, queue);
	return true;
}

bool queue_script(struct app *app, const char *path, char *const *words, size_t count, bool quits,
                  struct error *error)
{
	struct file file;
	struct queue *outer = queues_of(app)->running;
	const char *from = outer && outer->depth ? outer->file[outer->depth - 1].script.path : "";
	if (outer && outer->depth == SCRIPT_DEPTH) {
		error_usage(error, "%.150s: more than %d files deep: does it run itself?", path,
		            SCRIPT_DEPTH);
		return false;
	}
	char *beside = script_beside(from, path);
	bool opened = open_file(&file, beside, quits, error);
	free(beside);
	return opened && begin_script(app, &file, words, count, quits, error);
}

bool queue_script_text(struct app *app, const char *path, const char *text, size_t len, bool quits,
                       struct error *error)
{
	struct file file = { .fd = -1,
		             .regular = true,
		             .ended = true,
		             .waits_judge = true,
		             .bytes = { .max = SIZE_MAX } };
	script_init(&file.script, path);
	buf_append(&file.bytes, text, len);
	return begin_script(app, &file, NULL, 0, quits, error);
}

/* ---- a lesson ---- */

static struct queue *guide_of(struct app *app)
{
	struct queues *queues = queues_of(app);
	if (!queues->guide) {
		queues->guide = new_queue(app);
		queues->guide->guides = queues->guide->script = true;
		add_queue(app, queues->guide);
	}
	return queues->guide;
}

bool queue_guide_expand(struct app *app, const char *text, struct buf *out, struct error *error)
{
	const struct script_names names = names_of(guide_of(app));
	return script_expand_text(text, strlen(text), &names, out, NULL, error);
}

/* A command of a person, but with the outcome of the lesson, for /try. */
static enum command_result run_guided(struct app *app, struct queue *queue, const char *line,
                                      struct wait *wait, struct error *error)
{
	struct outcome *outcome = app->outcome;
	struct queue *outer = app->queues->running;
	app->outcome = &queue->outcome;
	app->queues->running = queue;
	app->queues->ran = true;
	command_record(app, line);
	app->answering = true;
	enum command_result result = command_run(app, line, strlen(line), wait, error);
	app->answering = false;
	app->outcome = outcome;
	app->queues->running = outer;
	queue->session = app_shown(app);
	return result;
}

void queue_guide(struct app *app, const struct queue_line *line)
{
	struct error error = { 0 };
	struct wait wait = { 0 };
	struct queue *queue = guide_of(app);
	struct buf text = { .max = SIZE_MAX };
	int64_t since = clock_now();
	enum command_result result = COMMAND_FAILED;
	if (queue_guide_expand(app, line->text, &text, &error) && line->judges) {
		queue->script = false; /* it is not recorded */
		result = run_in_queue(app, queue, false, buf_text(&text), text.len, &wait, &error);
		queue->script = true;
	} else if (!error.text[0]) {
		result = run_guided(app, queue, buf_text(&text), &wait, &error);
	}
	bool waits = result == COMMAND_WAITING;
	bool timed = command_waits(app, buf_text(&text)) &&
	             strncmp(buf_text(&text), "/assert", 7) != 0;
	if (waits)
		result = go_on(app, queue, &wait, false, &error);
	struct pending *pending =
	        add_pending(app, queue, xstrdup(buf_text(&text)), NULL, line->judges, &wait);
	pending->since = since;
	pending->timed = timed;
	pending->ended = line->ended;
	pending->context = line->context;
	queue->held_by = pending;
	if (result != COMMAND_WAITING) {
		if (!waits)
			pending->wait.free = NULL, pending->wait.in_session = false;
		end_pending(app, pending, result, &error);
	}
	buf_free(&text);
}

void queue_guide_end(struct app *app)
{
	struct queue *queue = app->queues ? app->queues->guide : NULL;
	if (!queue)
		return;
	app->queues->guide = NULL;
	queue->guides = false;
	end_queue(app, queue, 0);
}

void queue_report_to(struct app *app, const struct queue_reporter *reporter)
{
	queues_of(app)->reporter = *reporter;
}

bool queue_give(struct app *app, const char *name, const char *value, struct error *error)
{
	if (!script_check_name(name, error))
		return false;
	script_let(&queues_of(app)->given, name, value);
	return true;
}

/* ---- for the commands of the language ---- */

static struct queue *running_queue(struct app *app, const char *command, struct error *error)
{
	if (app->queues && app->queues->running)
		return app->queues->running;
	error_usage(error, "%s: it works only in a file: /source FILE runs one", command);
	return NULL;
}

void queue_let(struct app *app, const char *name, const char *value)
{
	struct queue *queue = queues_of(app)->running;
	script_let(queue && queue->script ? &queue->let : &app->queues->given, name, value);
}

/* The names of the file whose line runs or goes on. A line outside files has those of `person`, which this
 * fills in. */
static struct script_names names_here(struct app *app, struct queue *person)
{
	const struct queues *queues = queues_of(app);
	*person = (struct queue){ .app = app, .outcome.took = -1 };
	return names_of(queues->running    ? queues->running
	                : queues->going_on ? queues->going_on
	                                   : person);
}

bool queue_expand(struct app *app, const char *text, size_t len, struct buf *out,
                  struct error *error)
{
	struct queue person;
	const struct script_names names = names_here(app, &person);
	return script_expand_text(text, len, &names, out, NULL, error);
}

bool queue_expand_file(struct app *app, const char *path, struct buf *out, struct error *error)
{
	struct queue person;
	const struct script_names names = names_here(app, &person);
	struct buf bytes = { .max = SCRIPT_MOST };
	bool good = descriptor_read_regular(path, &bytes, error) &&
	            script_expand_template(path, &bytes, &names, out, NULL, error);
	buf_free(&bytes);
	return good;
}

uint64_t queue_count_run(struct app *app, uint64_t run)
{
	uint64_t before = queues_of(app)->run;
	app->queues->run = run;
	return before;
}

/* The value that it has in the next round. */
static void let_next(struct queue *queue, struct loop *loop)
{
	char *value = loop->name ? word_take(&loop->next) : NULL;
	if (value)
		script_let(&queue->let, loop->name, value);
	free(value);
}

bool queue_loop(struct app *app, uint64_t rounds, const char *name, const char *values,
                struct error *error)
{
	struct queue *queue = running_queue(app, "loop", error);
	struct file *file = queue ? &queue->file[queue->depth - 1] : NULL;
	if (!file)
		return false;
	if (file->loops == SCRIPT_LOOPS) {
		error_usage(error, "loop: at most %d, one within the other", SCRIPT_LOOPS);
		return false;
	}
	if (rounds == 0) {
		file->passed = 1;
		return true;
	}
	struct loop *loop = &file->loop[file->loops++];
	*loop = (struct loop){ .first = file->next,
		               .left = rounds,
		               .round = 1,
		               .name = name ? xstrdup(name) : NULL,
		               .values = name ? xstrdup(values) : NULL };
	loop->next = loop->values;
	let_next(queue, loop);
	return true;
}

bool queue_end(struct app *app, struct error *error)
{
	struct queue *queue = running_queue(app, "end", error);
	struct file *file = queue ? &queue->file[queue->depth - 1] : NULL;
	if (!file || file->loops == 0) {
		if (file)
			error_usage(error, "end: there is no /loop before it");
		return false;
	}
	struct loop *loop = &file->loop[file->loops - 1];
	if (--loop->left == 0) {
		end_loop(file);
	} else {
		file->next = loop->first;
		loop->round++;
		let_next(queue, loop);
	}
	return true;
}

bool queue_skip(struct app *app, const char *why, struct error *error)
{
	struct queue *queue = running_queue(app, "skip", error);
	struct file *file = queue ? &queue->file[queue->depth - 1] : NULL;
	if (!file)
		return false;
	app_note(app, "%s:%u: skipped: %s", file->script.path,
	         (unsigned)file->script.lines[file->next - 1].number, why);
	judge_rest(queue, file, VERDICT_SKIPPED, why);
	file->next = file->script.count;
	while (file->loops)
		end_loop(file);
	file->passed = 0;
	file->ended = true;
	buf_clear(&file->bytes);
	file->scanned = 0;
	return true;
}

/* ---- the loop ---- */

static bool can_run(const struct queue *queue)
{
	if (queue->held_by || queue->depth == 0)
		return false;
	const struct file *file = &queue->file[queue->depth - 1];
	return file->fd < 0 || file->next < file->script.count || file->regular || file->ended ||
	       file->bytes.len > file->scanned;
}

void queue_prepare(struct app *app, struct poller *poller)
{
	if (!app->queues)
		return;
	for (const struct pending *pending = app->queues->oldest; pending;
	     pending = pending->next) {
		if (pending->wait.deadline)
			poller_wake_at(poller, pending->wait.deadline);
		if (pending->wait.wake)
			poller_wake_at(poller, pending->wait.wake);
	}
	if (app->queues->ran)
		poller_wake_at(poller, 0);
	app->queues->ran = false;
	for (const struct queue *queue = app->queues->first; queue; queue = queue->next) {
		if (can_run(queue) && !app->holds)
			poller_wake_at(poller, 0);
		else if (!queue->held_by && queue->depth > 0)
			poller_want_read(poller, queue->file[queue->depth - 1].fd);
	}
}

void queue_serve(struct app *app, const struct poller *poller)
{
	struct pending *next;
	if (!app->queues)
		return;
	for (struct pending *pending = app->queues->oldest; pending; pending = next) {
		next = pending->next;
		check_pending(app, pending);
	}
	for (struct queue *queue = app->queues->first; queue; queue = queue->next) {
		struct file *file = queue->depth > 0 ? &queue->file[queue->depth - 1] : NULL;
		if (file && file->fd >= 0 && !file->regular && poller_readable(poller, file->fd))
			file->ready = true;
		if (!app->holds) /* what it did could not be written down */
			run_queue(app, queue, TURN_LINES);
	}
	drop_ended(app);
}

void queue_stop(struct app *app)
{
	if (!app->queues)
		return;
	while (app->queues->oldest)
		remove_pending(app->queues, app->queues->oldest);
	for (struct queue *queue = app->queues->first; queue; queue = queue->next)
		end_queue(app, queue, 0);
	app->quit = true;
	drop_ended(app);
	script_forget(&app->queues->given);
	free(app->queues);
	app->queues = NULL;
}
