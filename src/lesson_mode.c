// SPDX-License-Identifier: GPL-3.0-or-later
#include "lesson_mode.h"

#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/poller.h"
#include "base/text.h"
#include "command/lessons.h"
#include "run.h"
#include "script_mode.h"

enum {
	AT_ONCE = 8,
	SECONDS_MOST = 120, /* of one lesson */
	READ_SIZE = 64 << 10,
	OUTPUT_MOST = 16 << 20, /* of one lesson; more is not kept */
};

struct check {
	struct lesson lesson;
	const char *path; /* what the lesson is called in the report */
	pid_t child;      /* 0: not begun, or over */
	int fd;           /* its standard output, -1 once that has ended */
	int64_t deadline; /* instant */
	struct buf out;
	bool begun, over, late;
	int status; /* as waitpid() has it */
};

struct report {
	size_t cases; /* so far */
	int status;
};

/* ---- loading ---- */

/* All mistakes are said before anything runs. */
static bool load(struct check *check, const char *word, const char *path)
{
	struct error error = { 0 };
	*check = (struct check){ .path = path, .fd = -1, .out = { .max = OUTPUT_MOST } };
	if (lessons_load(word, &check->lesson, &error))
		return true;
	run_fail(EXIT_USAGE, &error);
	return false;
}

/* NULL after messages. */
static struct check *load_all(const struct options *options, size_t *count)
{
	bool all = options->word_count == 0, good = true;
	*count = options->word_count;
	while (all && lesson_texts[*count].name)
		++*count;
	struct check *checks = xcalloc(*count + 1, sizeof *checks);
	for (size_t i = 0; i < *count; i++) {
		const char *word = all ? lesson_texts[i].name : options->words[i];
		struct error ignored;
		const struct lesson_text *text = lessons_find(word, &ignored);
		good &= load(&checks[i], word, text ? text->name : word);
	}
	if (good)
		return checks;
	for (size_t i = 0; i < *count; i++)
		lesson_free(&checks[i].lesson);
	free(checks);
	return NULL;
}

/* ---- a process ---- */

static void run_child(const struct check *check, const struct options *options, int out)
{
	struct buf script = { .max = SIZE_MAX };
	struct options alone = *options;
	alone.words = NULL;
	alone.word_count = 0;
	dup2(out, STDOUT_FILENO);
	close(out);
	lesson_script(&check->lesson, &script);
	int status = script_mode_run_text(&alone, check->path, buf_text(&script), script.len);
	buf_free(&script);
	exit(status);
}

/* False with one line. */
static bool start(struct check *check, const struct options *options, struct poller *poller,
                  struct error *error)
{
	int ends[2];
	if (pipe(ends) != 0) {
		error_errno(error, errno, "pipe");
		return false;
	}
	fflush(stdout);
	check->child = fork();
	if (check->child == 0) {
		poller_done(poller);
		close(ends[0]);
		run_child(check, options, ends[1]);
	}
	close(ends[1]);
	if (check->child < 0) {
		error_errno(error, errno, "fork");
		close(ends[0]);
		check->child = 0;
		return false;
	}
	check->begun = true;
	check->fd = ends[0];
	check->deadline = clock_now() + SECONDS_MOST * CLOCK_S;
	return true;
}

static void read_output(struct check *check)
{
	char bytes[READ_SIZE];
	ssize_t got = read(check->fd, bytes, sizeof bytes);
	if (got < 0 && errno == EINTR)
		return;
	if (got > 0) {
		buf_append(&check->out, bytes, (size_t)got);
		return;
	}
	close(check->fd);
	check->fd = -1;
	while (waitpid(check->child, &check->status, 0) < 0 && errno == EINTR)
		continue;
	check->child = 0;
	check->over = true;
}

static void end_late(struct check *check)
{
	if (check->late || clock_now() < check->deadline)
		return;
	check->late = true;
	kill(check->child, SIGKILL);
}

/* ---- the report ---- */

/* `check`: what it names; NULL where `why` does. */
static void print_failure(struct report *report, const struct check *check, const char *why,
                          size_t len)
{
	printf("not ok %zu - ", ++report->cases);
	if (check) {
		text_print(stdout, check->path, strlen(check->path));
		fputs(": ", stdout);
	}
	text_print(stdout, why, len);
	putchar('\n');
}

/* Its own numbers, version and plan are those of one script. */
static void print_line(struct report *report, const char *line, size_t len, bool *failed)
{
	static const char bail[] = "Bail out! ";
	bool bad = len > 7 && memcmp(line, "not ok ", 7) == 0;
	size_t at = bad ? 7 : len > 3 && memcmp(line, "ok ", 3) == 0 ? 3 : 0;
	if (at) {
		while (at < len && isdigit((unsigned char)line[at]))
			at++;
		*failed |= bad;
		printf("%sok %zu%.*s\n", bad ? "not " : "", ++report->cases, (int)(len - at),
		       line + at);
	} else if (len > sizeof bail - 1 && memcmp(line, bail, sizeof bail - 1) == 0) {
		*failed = true;
		print_failure(report, NULL, line + sizeof bail - 1, len - (sizeof bail - 1));
	} else if (len > 0 && *line == '#') {
		printf("%.*s\n", (int)len, line);
	}
}

static void print_check(struct report *report, const struct check *check)
{
	struct buf out = check->out; /* a reader of it */
	bool failed = false;
	char why[100];
	fputs("# ", stdout);
	text_print(stdout, check->lesson.title, strlen(check->lesson.title));
	putchar('\n');
	while (out.len > 0) {
		const char *line = buf_data(&out), *feed = memchr(line, '\n', out.len);
		size_t len = feed ? (size_t)(feed - line) : out.len;
		print_line(report, line, len, &failed);
		buf_consume(&out, feed ? len + 1 : len);
	}
	int status = WIFEXITED(check->status) ? WEXITSTATUS(check->status) : EXIT_FAILURE;
	if (check->late)
		snprintf(why, sizeof why, "not over after %d s", SECONDS_MOST);
	else if (WIFSIGNALED(check->status))
		snprintf(why, sizeof why, "ended by signal %d", WTERMSIG(check->status));
	else
		snprintf(why, sizeof why, "ended with status %d", status);
	if (check->late || (status != EXIT_SUCCESS && !failed))
		print_failure(report, check, why, strlen(why));
	report->status = status > report->status ? status : report->status;
	fflush(stdout);
}

/* ---- all of them ---- */

static void kill_all(struct check *checks, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (checks[i].child > 0)
			kill(checks[i].child, SIGTERM);
}

static int ending_signal(void)
{
	static const int ending[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	for (size_t i = 0; i < sizeof ending / sizeof *ending; i++)
		if (poller_take_signal(ending[i]))
			return ending[i];
	return 0;
}

/* Returns the signal that has ended it, 0 for none. */
static int run_all(struct check *checks, size_t count, const struct options *options,
                   struct report *report, struct poller *poller)
{
	size_t begun = 0, running = 0, printed = 0;
	struct error error;
	while (printed < count) {
		for (; begun < count && running < AT_ONCE; begun++, running++)
			if (!start(&checks[begun], options, poller, &error)) {
				kill_all(checks, count);
				report->status = run_fail(EXIT_FAILURE, &error);
				return 0;
			}
		poller_reset(poller);
		for (size_t i = 0; i < begun; i++) {
			if (checks[i].fd >= 0)
				poller_want_read(poller, checks[i].fd);
			if (checks[i].fd >= 0 && !checks[i].late)
				poller_wake_at(poller, checks[i].deadline);
		}
		poller_wait(poller);
		int signal = ending_signal();
		if (signal) {
			kill_all(checks, count);
			return signal;
		}
		for (size_t i = 0; i < begun; i++) {
			struct check *check = &checks[i];
			if (check->fd < 0)
				continue;
			end_late(check);
			if (poller_readable(poller, check->fd))
				read_output(check);
			running -= check->over;
		}
		for (; printed < count && checks[printed].over; printed++)
			print_check(report, &checks[printed]);
	}
	printf("1..%zu\n", report->cases);
	return 0;
}

int lesson_mode_check(const struct options *options)
{
	size_t count;
	struct report report = { 0 };
	struct poller poller;
	struct error error;
	struct check *checks = load_all(options, &count);
	if (!checks)
		return EXIT_USAGE;
	poller_init(&poller);
	puts("TAP version 13");
	int ended = run_all(checks, count, options, &report, &poller);
	bool written = fflush(stdout) == 0;
	int code = errno;
	poller_done(&poller);
	for (size_t i = 0; i < count; i++) {
		lesson_free(&checks[i].lesson);
		buf_free(&checks[i].out);
		if (checks[i].fd >= 0)
			close(checks[i].fd);
	}
	free(checks);
	if (ended)
		raise(ended);
	if (written)
		return report.status;
	error_errno(&error, code, "standard output");
	return run_fail(EXIT_FAILURE, &error);
}
