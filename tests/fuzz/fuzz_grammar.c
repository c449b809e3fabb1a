// SPDX-License-Identifier: GPL-3.0-or-later
/* Fuzzes grammar.h and command.h. The first byte picks a usage, the second a place in the line, the
 * rest is the line: as arguments of that usage, as something that TAB is pressed in, and as
 * something typed. */
#include "command/command.h"
#include "command/complete.h"
#include "command/queue.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const more_usages[] = {
	"",
	"<a> <b> <c> <d> <e> <f> <g> <h>",
	"[<a>] [<b>] [<c>] [<d>] <e> <f>",
	"x|y z|w [p|q] [<rest...>]",
	"[as <name>] <text>",
	"[a|b] [c|d] [<e>] <f> [as <name>]",
	"<path...>",
};

enum { MORE_USAGES = sizeof more_usages / sizeof *more_usages };

static void require(bool holds)
{
	if (!holds)
		abort();
}

static const char *pick_usage(size_t choice)
{
	size_t commands = 0;
	while (command_at(commands))
		commands++;
	choice %= commands + MORE_USAGES;
	return choice < commands ? command_at(choice)->usage : more_usages[choice - commands];
}

/* A mistake is one line of words, and nothing of the line's own control characters. */
static void check_match(const char *usage, const char *line)
{
	struct args args;
	struct error error = { .text = "" };
	struct element elements[GRAMMAR_MAX];
	size_t count = grammar_elements(usage, elements), len = strlen(line);
	if (!grammar_match("test", usage, line, &args, &error)) {
		require(strncmp(error.text, "test: ", 6) == 0 ||
		        strncmp(error.text, "/test takes no argument: ", 25) == 0);
		require(!strpbrk(error.text, "\n\r\033") && !args.memory);
		return;
	}
	for (size_t i = 0; i < GRAMMAR_MAX; i++) {
		require(!args.value[i] || (i < count && strlen(args.value[i]) <= len));
		require(args.value[i] || i >= count || !elements[i].required);
	}
	args_free(&args);
}

static void check_expected(const char *usage, const char *line, size_t point)
{
	struct element elements[GRAMMAR_MAX];
	const struct element *expected[GRAMMAR_MAX];
	size_t count = grammar_elements(usage, elements);
	size_t found = grammar_expected(elements, count, line, point, expected);
	require(found <= count);
	for (size_t i = 0; i < found; i++)
		require(expected[i] >= elements && expected[i] < elements + count);
}

/* Everything offered goes on with what was typed. */
static void check_complete(struct app *app, const char *line, size_t start, size_t end)
{
	bool files;
	char **words = complete_word(app, line, start, end, &files);
	for (size_t i = 0; words && words[i]; i++) {
		require(strncmp(words[i], line + start, end - start) == 0);
		free(words[i]);
	}
	free(words);
}

/* What opens sockets, writes files, changes the memory limit or ends the program is left out. */
static bool is_harmless(const char *line)
{
	struct error error;
	if (line[0] != '/')
		return true;
	const struct command *command = command_find(line + 1, strcspn(line + 1, " \t\n"), &error);
	return !command || !strstr("open listen socket set quit code ladder", command->name);
}

static void check_run(struct app *app, const char *line)
{
	uint64_t said = transcript_count(app->transcript);
	if (is_harmless(line))
		require(queue_type(app, line, strlen(line)) ||
		        transcript_count(app->transcript) > said);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct app app;
	if (!app.transcript)
		app_init(&app);
	if (size < 2)
		return 0;
	char *line = calloc(size - 1, 1);
	if (!line)
		return 0;
	memcpy(line, data + 2, size - 2);
	size_t len = strlen(line), point = len ? data[1] % (len + 1) : 0;
	struct error error = { .text = "" };
	check_match(pick_usage(data[0]), line);
	check_expected(pick_usage(data[0]), line, point);
	check_complete(&app, line, point, len);
	check_complete(&app, line, 0, point);
	require(command_find(line, point, &error) || *error.text);
	check_run(&app, line);
	free(line);
	return 0;
}
