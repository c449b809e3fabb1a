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
#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/descriptor.h"
#include "command/command.h"
#include "net/step.h"

enum {
	LINE_MOST = 1 << 20, /* bytes of one line of a file */
	READ_SIZE = 64 << 10,
	SCRIPT_DEPTH = 16, /* files that source one another */
	TURN_LINES = 100,  /* lines that a queue runs in one turn */
};

struct file {
	char *path;
	int fd;
	bool regular; /* reading it never sleeps */
	bool ready;   /* select() says that it can be read */
	bool ended;
	struct buf bytes; /* read, not yet run */
	size_t scanned;   /* of them, without a line feed */
	size_t line;      /* number of the last one run */
};

struct queue {
	struct queue *next;
	struct file file[SCRIPT_DEPTH]; /* each but the first begun by /source in the one before */
	size_t depth;
	char *const *words;
	size_t word_count;
	bool script; /* not the start-up file */
	enum start_lines lines; /* of a start-up file: those that are run */
	bool quits;
	int status;       /* of the program, where it quits */
	uint32_t session; /* that is current here; 0 = whichever is shown */
	size_t waits;     /* lines of it that wait */
	struct pending *held_by;
};

/* A command that waits. */
struct pending {
	struct pending *next; /* an older one */
	struct wait wait;
	struct queue *queue; /* whose line it is; NULL = the keyboard's */
	char *name;          /* "/wait @1 open", with "script:12: " before it in a script */
	int64_t since;
	bool dropped; /* its queue has ended */
};

struct queues {
	struct queue *first;
	struct pending *newest;
	struct queue *running; /* whose line runs */
	bool ran;              /* a line ran in this turn: a wait may be over */
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
	free(pending);
}

static void remove_pending(struct queues *queues, struct pending *pending)
{
	struct pending **link = &queues->newest;
	while (*link != pending)
		link = &(*link)->next;
	*link = pending->next;
	if (pending->queue)
		pending->queue->waits--;
	if (pending->queue && pending->queue->held_by == pending)
		pending->queue->held_by = NULL;
	free_pending(pending);
}

static void add_pending(struct app *app, struct queue *queue, bool holds, char *name,
                        const struct wait *wait)
{
	struct queues *queues = queues_of(app);
	struct pending *pending = xcalloc(1, sizeof *pending);
	*pending = (struct pending){ .next = queues->newest,
		                     .wait = *wait,
		                     .queue = queue,
		                     .name = name,
		                     .since = clock_now() };
	queues->newest = pending;
	if (queue)
		queue->waits++;
	if (holds)
		queue->held_by = pending;
}

/* A file ends: the file that has sourced it goes on. */
static void pop_file(struct queue *queue)
{
	struct file *file = &queue->file[--queue->depth];
	if (file->fd > STDIN_FILENO)
		close(file->fd);
	buf_free(&file->bytes);
	free(file->path);
}

/* The queue itself is freed at the end of the turn. */
static void end_queue(struct app *app, struct queue *queue, int status)
{
	while (queue->depth > 0)
		pop_file(queue);
	for (struct pending *pending = app->queues->newest; pending; pending = pending->next)
		if (pending->queue == queue)
			pending->dropped = true;
	if (queue->status == 0)
		queue->status = status;
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

/* Says that a person's wait has ended, and that any wait has failed, which ends a script. */
static void end_pending(struct app *app, struct pending *pending, enum command_result result,
                        const struct error *error)
{
	char took[CLOCK_TEXT];
	struct queue *queue = pending->queue;
	app->answering = true;
	if (result != COMMAND_DONE)
		app_error(app, "%s: %s", pending->name, error->text);
	else if (!queue)
		app_note(app, "%s: done after %s", pending->name,
		         clock_format_duration(clock_now() - pending->since, took));
	app->answering = false;
	if (queue && queue->held_by == pending && pending->wait.accepts &&
	    newest_client(app, pending->wait.session))
		queue->session = newest_client(app, pending->wait.session);
	remove_pending(app->queues, pending);
	if (queue && queue->script && result != COMMAND_DONE)
		end_queue(app, queue, error->usage ? 2 : 1);
}

static void check_pending(struct app *app, struct pending *pending)
{
	struct error error = { 0 };
	if (pending->dropped)
		return;
	bool over = pending->wait.deadline && clock_now() >= pending->wait.deadline;
	enum command_result result = pending->wait.check(app, &pending->wait, over, &error);
	if (result != COMMAND_WAITING)
		end_pending(app, pending, result, &error);
}

/* The session in which the newest call by hand waits; NULL for none. */
static struct session *newest_waiting(const struct app *app, int64_t *since)
{
	struct session *newest = NULL;
	for (size_t i = 0; i < sessions_count(app->sessions); i++) {
		struct session *session = sessions_at(app->sessions, i);
		int64_t begun;
		if (session_waiting(session, &begun) && (!newest || begun > *since)) {
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
	struct pending *newest = app->queues ? app->queues->newest : NULL;
	while (newest && newest->dropped)
		newest = newest->next;
	struct session *caller = newest_waiting(app, &since);
	if (caller && (!newest || since > newest->since)) {
		cancel_call(app, caller);
		return true;
	}
	if (!newest)
		return app->current && step_cancel(app->current);
	struct error error;
	struct session *session = sessions_numbered(app->sessions, newest->wait.session);
	error_set(&error, "interrupted");
	if (newest->wait.in_session && session)
		step_cancel(session);
	end_pending(app, newest, COMMAND_FAILED, &error);
	return true;
}

/* ---- one line ---- */

/* Runs a line with the session of its queue as the current one, if the queue has one of its own. A
 * session that the line makes current is shown from then on, but not while a line is typed. */
static enum command_result run_in_queue(struct app *app, struct queue *queue, const char *line,
                                        size_t len, struct wait *wait, struct error *error)
{
	struct queues *queues = app->queues;
	struct app_focus focus = app_borrow(app, queue->session);
	struct queue *outer = queues->running;
	bool attended = app->attended;
	queues->running = queue;
	queues->ran = true;
	app->attended = false;
	if (queue->script)
		command_record(app, line);
	app->answering = true;
	enum command_result result = command_run(app, line, len, wait, error);
	app->answering = false;
	app->attended = attended;
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
		add_pending(app, NULL, false, xstrndup(line, len), wait);
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

/* ---- lines of a script ---- */

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '-' || (unsigned char)c >= 0x80;
}

static bool is_name(char c)
{
	return is_word(c) || (c && strchr(".:[]@", c));
}

static const char port_suffix[] = ".port";

/* Of "1" or "name.port" after a dollar; 0 where it is neither. */
static size_t variable_length(const char *at)
{
	size_t len = 0, suffix = sizeof port_suffix - 1;
	if (*at >= '1' && *at <= '9')
		return !isdigit((unsigned char)at[1]);
	while (is_name(at[len]) &&
	       (strncmp(at + len, port_suffix, suffix) != 0 || is_word(at[len + suffix])))
		len++;
	return len > 0 && strncmp(at + len, port_suffix, suffix) == 0 ? len + suffix : 0;
}

static bool append_value(struct app *app, const struct queue *queue, const char *variable,
                         size_t len, struct buf *out, struct error *error)
{
	size_t index = (size_t)(*variable - '1');
	if (len == 1 && index >= queue->word_count)
		error_usage(error, "no word for $%c: it is given after the file", *variable);
	else if (len == 1)
		buf_append_text(out, queue->words[index]);
	if (len == 1)
		return index < queue->word_count;
	struct error why;
	char *name = xstrndup(variable, len - (sizeof port_suffix - 1));
	const struct session *session = app_find_session(app, name, &why);
	unsigned port = session ? session_local(session).port : 0;
	if (!session)
		error_usage(error, "$%.60s.port: %.150s", name, why.text);
	else if (!port)
		error_usage(error, "$%.60s.port: the session has no port yet", name);
	buf_printf(out, "%u", port);
	free(name);
	return port;
}

/* $1 is a word of the script, $name.port a session's local port, $$ a dollar before one of these;
 * every other dollar is itself. */
static bool expand(struct app *app, const struct queue *queue, const char *line, size_t len,
                   struct buf *out, struct error *error)
{
	const char *end = line + len, *dollar;
	while ((dollar = memchr(line, '$', (size_t)(end - line)))) {
		bool twice = dollar[1] == '$';
		const char *variable = dollar + 1 + twice;
		size_t taken = variable_length(variable);
		buf_append(out, line, (size_t)(dollar - line));
		if (!taken || twice)
			buf_append_text(out, "$");
		if (!taken)
			variable = dollar + 1;
		else if (twice)
			buf_append(out, variable, taken);
		else if (!append_value(app, queue, variable, taken, out, error))
			return false;
		line = variable + taken;
	}
	buf_append(out, line, (size_t)(end - line));
	return true;
}

static enum command_result run_line(struct app *app, struct queue *queue, const char *bytes,
                                    size_t len, struct wait *wait, bool *background,
                                    struct error *error)
{
	struct buf line = { .max = SIZE_MAX };
	enum command_result result = COMMAND_FAILED;
	if (memchr(bytes, '\0', len)) {
		error_usage(error, "a NUL byte in the line: this is not a file of commands");
		return COMMAND_FAILED;
	}
	if (bytes[0] == '#' || bytes[strspn(bytes, " \t")] == '\0' ||
	    (queue->lines && (queue->lines == START_TARGETS) != command_is(app, bytes, "target")))
		return COMMAND_DONE;
	struct session *mine = sessions_numbered(app->sessions, queue->session);
	if (!mine && !app->current && !app_find_slash(app, bytes)) {
		char shown[WORDS_QUOTED];
		error_usage(error, "no session to send %s to: commands begin with /",
		            word_show(bytes, len, shown));
		return COMMAND_FAILED;
	}
	if (!queue->script)
		buf_append(&line, bytes, len);
	if (!queue->script || expand(app, queue, bytes, len, &line, error)) {
		size_t kept = without_ampersand(app, buf_text(&line), line.len);
		*background = kept < line.len;
		line.len = kept;
		result = run_in_queue(app, queue, buf_text(&line), kept, wait, error);
	}
	buf_free(&line);
	return result;
}

/* ---- files ---- */

static bool is_null_device(const struct stat *status)
{
	struct stat null;
	return S_ISCHR(status->st_mode) && stat("/dev/null", &null) == 0 &&
	       null.st_rdev == status->st_rdev;
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
	if (regular || (stream && poller_fits(fd))) {
		*file = (struct file){ .path = xstrdup(input ? "standard input" : path),
			               .fd = fd,
			               .regular = regular,
			               .bytes = { .max = LINE_MOST + READ_SIZE } };
		return true;
	}
	if (known && !S_ISDIR(status.st_mode))
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
		if (*len > LINE_MOST)
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

/* ---- running a queue ---- */

/* `where`: "script:12". A start-up file goes on after a mistake. */
static void fail_line(struct app *app, struct queue *queue, const char *where,
                      const struct error *error)
{
	app->answering = true;
	app_error(app, "%s: %s", where, error->text);
	app->answering = false;
	if (queue->script)
		end_queue(app, queue, error->usage ? 2 : 1);
}

/* Runs a line, which it changes, and remembers what it waits for. Takes over `where`. */
static void run_and_wait(struct app *app, struct queue *queue, char *where, char *line, size_t len)
{
	struct error error = { 0 };
	struct wait wait = { 0 };
	bool background = false;
	if (len > 0 && line[len - 1] == '\r')
		line[--len] = '\0';
	enum command_result result = run_line(app, queue, line, len, &wait, &background, &error);
	/* A start-up file leaves calls to their session; a script answers for each with its status. */
	if (result == COMMAND_WAITING && (queue->script || !wait.in_session)) {
		result = wait.check(app, &wait, false, &error);
		if (result == COMMAND_WAITING) {
			add_pending(app, queue, !background, where, &wait);
			return;
		}
		if (wait.free)
			wait.free(&wait);
	}
	if (result == COMMAND_FAILED)
		fail_line(app, queue, where, &error);
	free(where);
}

/* False where nothing more can be run now. */
static bool run_next(struct app *app, struct queue *queue)
{
	size_t len, taken;
	struct file *file = &queue->file[queue->depth - 1];
	struct error error = { 0 };
	enum line_end end = next_line(file, &len, &taken);
	int code = errno;
	if (end == LINE_LATER)
		return false;
	if (end == LINE_NONE) {
		pop_file(queue);
		return queue->depth > 0;
	}
	char *where = xasprintf("%s:%zu", file->path, ++file->line);
	if (end == LINE_THERE) {
		char *line = xcalloc(len + 1, 1); /* with any NUL that is in it */
		memcpy(line, buf_data(&file->bytes), len);
		buf_consume(&file->bytes, taken);
		file->scanned = 0;
		run_and_wait(app, queue, where, line, len); /* which may end the file */
		free(line);
		return queue->depth > 0 && !queue->held_by;
	}
	if (end == LINE_TOO_LONG)
		error_set(&error, "a line of more than %d bytes", LINE_MOST);
	else
		error_set(&error, "%s", error_why(code));
	error.usage = true;
	fail_line(app, queue, where, &error);
	free(where);
	end_queue(app, queue, 2);
	return false;
}

static void run_queue(struct app *app, struct queue *queue, size_t most)
{
	while (most-- > 0 && queue->depth > 0 && !queue->held_by && !leave_has_begun(app))
		if (!run_next(app, queue))
			break;
}

static struct queue *add_queue(struct app *app, const struct file *file)
{
	struct queues *queues = queues_of(app);
	struct queue *queue = xcalloc(1, sizeof *queue), **link = &queues->first;
	queue->file[0] = *file;
	queue->depth = 1;
	queue->session = app_shown(app);
	while (*link)
		link = &(*link)->next;
	*link = queue;
	return queue;
}

static void drop_ended(struct app *app)
{
	struct error ignored;
	struct pending *next;
	for (struct pending *pending = app->queues->newest; pending; pending = next) {
		next = pending->next;
		if (pending->dropped)
			remove_pending(app->queues, pending);
	}
	struct queue **link = &app->queues->first;
	while (*link) {
		struct queue *queue = *link;
		if (queue->depth > 0 || queue->waits > 0) {
			link = &queue->next;
			continue;
		}
		*link = queue->next;
		if (queue->quits && !app->quit) {
			app->status = queue->status;
			if (!leave_has_begun(app))
				leave_begin(app, "", &ignored);
		}
		free(queue);
	}
}

bool queue_start(struct app *app, const char *path, enum start_lines lines, struct error *error)
{
	struct file file;
	if (!open_file(&file, path, false, error))
		return error->code == ENOENT || error->code == ENOTDIR;
	struct queue *queue = add_queue(app, &file);
	queue->lines = lines;
	run_queue(app, queue, SIZE_MAX);
	drop_ended(app);
	return true;
}

bool queue_script(struct app *app, const char *path, char *const *words, size_t count, bool quits,
                  struct error *error)
{
	struct file file;
	struct queue *outer = queues_of(app)->running;
	if (outer && outer->depth == SCRIPT_DEPTH) {
		error_usage(error, "%.150s: more than %d files deep: does it run itself?", path,
		            SCRIPT_DEPTH);
		return false;
	}
	if (!open_file(&file, path, quits, error))
		return false;
	if (outer) {
		outer->file[outer->depth++] = file;
		return true;
	}
	struct queue *queue = add_queue(app, &file);
	queue->script = true;
	queue->quits = quits;
	queue->words = words;
	queue->word_count = count;
	return true;
}

/* ---- the loop ---- */

static bool can_run(const struct queue *queue)
{
	if (queue->held_by || queue->depth == 0)
		return false;
	const struct file *file = &queue->file[queue->depth - 1];
	return file->regular || file->ended || file->bytes.len > file->scanned;
}

void queue_prepare(struct app *app, struct poller *poller)
{
	if (!app->queues)
		return;
	for (const struct pending *pending = app->queues->newest; pending; pending = pending->next)
	{
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
	for (struct pending *pending = app->queues->newest; pending; pending = next) {
		next = pending->next;
		check_pending(app, pending);
	}
	for (struct queue *queue = app->queues->first; queue; queue = queue->next) {
		struct file *file = queue->depth > 0 ? &queue->file[queue->depth - 1] : NULL;
		if (file && !file->regular && poller_readable(poller, file->fd))
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
	while (app->queues->newest)
		remove_pending(app->queues, app->queues->newest);
	for (struct queue *queue = app->queues->first; queue; queue = queue->next)
		end_queue(app, queue, 0);
	app->quit = true;
	drop_ended(app);
	free(app->queues);
	app->queues = NULL;
}
