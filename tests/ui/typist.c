// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/typist.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

struct typist typist;
const char *const no_words[] = { NULL };

struct score {
	int count, failed;
};

static bool note_line(void *context, const char *line, size_t len)
{
	(void)context;
	buf_append(&typist.lines, line, len);
	buf_append_text(&typist.lines, ";");
	return !typist.refuses;
}

static void note_end(void *context)
{
	(void)context;
	typist.ends++;
}

static void note_bell(void *context)
{
	(void)context;
	typist.bells++;
}

static void note_command(void *context, const char *line)
{
	(void)context;
	buf_printf(&typist.actions, "%s ", line);
}

static void note_action(void *context, enum binding_action action)
{
	static const char *const words[] = {
		[BINDING_COMMAND] = "?",          [BINDING_PAGE_UP] = "up",
		[BINDING_PAGE_DOWN] = "down",     [BINDING_LINE_UP] = "row-up",
		[BINDING_LINE_DOWN] = "row-down", [BINDING_TOP] = "top",
		[BINDING_BOTTOM] = "bottom",      [BINDING_REDRAW] = "redraw",
		[BINDING_SUSPEND] = "suspend",    [BINDING_INTERRUPT] = "interrupt",
		[BINDING_ESCAPE] = "escape",
	};
	(void)context;
	struct line line = input_line("");
	buf_printf(&typist.actions, "%s ", words[action]);
	if (action == BINDING_INTERRUPT)
		buf_append(&typist.at_interrupt, line.text, line.len);
}

static void note_matches(void *context, char **matches, size_t count)
{
	(void)context;
	for (size_t i = 0; i < count; i++) {
		buf_append_text(&typist.matches, matches[i]);
		buf_append_text(&typist.matches, " ");
	}
}

static char **offer(void *context, const char *line, size_t start, size_t end, bool *files)
{
	(void)context;
	*files = !typist.words;
	size_t count = 0, found = 0;
	while (typist.words && typist.words[count])
		count++;
	char **list = xcalloc(count + 1, sizeof *list);
	for (size_t i = 0; i < count; i++)
		if (strncmp(typist.words[i], line + start, end - start) == 0)
			list[found++] = xstrdup(typist.words[i]);
	if (found)
		return list;
	free(list);
	return NULL;
}

void drain(void)
{
	struct key key;
	while (keys_next(&typist.keys, typist.now, &key))
		input_key(&key);
}

void type_bytes(const char *bytes, size_t len)
{
	keys_feed(&typist.keys, bytes, len, typist.now);
	drain();
}

void type(const char *bytes)
{
	type_bytes(bytes, strlen(bytes));
}

void pause_typing(void)
{
	typist.now += KEYS_PASTE_MS * CLOCK_MS;
	drain();
}

void pause_for_escape(void)
{
	typist.now += KEYS_ESCAPE_MS * CLOCK_MS;
	drain();
}

void wait_for_input(void)
{
	pause_typing();
	int64_t deadline = input_deadline();
	if (deadline != INT64_MAX)
		input_timeout(deadline);
}

void forget(void)
{
	buf_clear(&typist.lines);
	buf_clear(&typist.actions);
	buf_clear(&typist.matches);
	buf_clear(&typist.at_interrupt);
	typist.bells = typist.ends = 0;
}

void shows(const char *want, const char *name)
{
	struct line line = input_line("1> ");
	struct buf got;
	buf_init(&got, SIZE_MAX);
	buf_append_text(&got, line.prompt);
	buf_append(&got, line.text, line.point);
	buf_append_text(&got, "|");
	buf_append(&got, line.text + line.point, line.len - line.point);
	is_text(buf_text(&got), want, name);
	buf_free(&got);
}

const char *path_of(const char *name)
{
	static char path[512];
	snprintf(path, sizeof path, "%s/%s", typist.directory, name);
	return path;
}

void write_file(const char *name, const char *bytes, size_t len)
{
	FILE *file = fopen(path_of(name), "we");
	if (!file || fwrite(bytes, 1, len, file) != len || fclose(file) != 0)
		printf("Bail out! cannot write %s\n", name);
}

const char *read_text(const char *name)
{
	static struct buf text = { .max = SIZE_MAX };
	buf_clear(&text);
	FILE *file = fopen(path_of(name), "re");
	for (size_t got = 1; file && got;) {
		got = fread(buf_reserve(&text, 4096), 1, 4096, file);
		buf_commit(&text, got);
	}
	if (file)
		fclose(file);
	return buf_text(&text);
}

static void start_with(const char *inputrc)
{
	static const struct input_hooks hooks = {
		.line = note_line,
		.end = note_end,
		.command = note_command,
		.action = note_action,
		.complete = offer,
		.matches = note_matches,
		.bell = note_bell,
	};
	struct buf *all[] = { &typist.lines, &typist.actions, &typist.matches,
		              &typist.at_interrupt };
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		buf_init(all[i], SIZE_MAX);
	write_file("inputrc", inputrc, strlen(inputrc));
	setenv("INPUTRC", path_of("inputrc"), 1);
	int errors =
	        open(path_of("errors"), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
	dup2(errors, STDERR_FILENO);
	close(errors);
	typist.words = no_words;
	typist.now = CLOCK_S;
	keys_init(&typist.keys);
	input_start(&hooks, -1);
}

static void stop(void)
{
	ok(!strstr(read_text("errors"), "waits for a key"), "readline never read without a key");
	input_stop();
	keys_free(&typist.keys);
}

static void run_child(const char *inputrc, void (*scenario)(void), int report)
{
	start_with(inputrc);
	scenario();
	stop();
	struct score score = { tap_count, tap_failed };
	_exit(write(report, &score, sizeof score) == sizeof score ? 0 : 1);
}

void play(const char *name, const char *inputrc, void (*scenario)(void))
{
	int report[2];
	struct score score = { tap_count, tap_failed };
	int status = -1;
	snprintf(tap_name, sizeof tap_name, "the start of: %s", name);
	fflush(stdout);
	if (pipe(report) < 0)
		return;
	pid_t child = fork();
	if (child == 0) {
		alarm(120);
		run_child(inputrc, scenario, report[1]);
	}
	close(report[1]);
	bool reported = read(report[0], &score, sizeof score) == sizeof score;
	close(report[0]);
	waitpid(child, &status, 0);
	tap_count = score.count;
	tap_failed = score.failed;
	ok(reported && status == 0, "%s: came to its end", name);
}

void make_directory(void)
{
	snprintf(typist.directory, sizeof typist.directory, "/tmp/sockpit-test-XXXXXX");
	if (!mkdtemp(typist.directory))
		printf("Bail out! no directory\n");
	setenv("XDG_STATE_HOME", typist.directory, 1);
	setenv("HOME", typist.directory, 1);
}

void remove_directory(void)
{
	char command[128];
	snprintf(command, sizeof command, "rm -rf '%s'", typist.directory);
	ok(system(command) == 0, "tidied up");
}
