// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/input_complete.h"

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <readline/readline.h>

#include "base/alloc.h"
#include "ui/byte_escape.h"

/* readline's callbacks take no context. */
static const struct input_hooks *hooks;
static char **candidates;

static char *next_candidate(const char *text, int state)
{
	(void)text;
	(void)state;
	return *candidates ? *candidates++ : NULL;
}

static char *hold(const char *bytes)
{
	struct buf text;
	buf_init(&text, SIZE_MAX);
	byte_escape_hold(bytes, strlen(bytes), &text);
	char *pending_paste = xstrdup(buf_text(&text));
	buf_free(&text);
	return pending_paste;
}

static char *release(const char *text)
{
	struct buf bytes;
	buf_init(&bytes, SIZE_MAX);
	byte_escape_release(text, strlen(text), &bytes);
	char *released = xstrdup(buf_text(&bytes));
	buf_free(&bytes);
	return released;
}

/* What the hook is asked about is the line in bytes, where the word is elsewhere. */
static char **ask(int start, int end, bool *files)
{
	if (!hooks->complete)
		return NULL;
	struct buf line;
	buf_init(&line, SIZE_MAX);
	byte_escape_release(rl_line_buffer, (size_t)start, &line);
	size_t from = line.len;
	byte_escape_release(rl_line_buffer + start, (size_t)(end - start), &line);
	size_t to = line.len;
	byte_escape_release(rl_line_buffer + end, (size_t)(rl_end - end), &line);
	char **list = hooks->complete(hooks->context, buf_text(&line), from, to, files);
	buf_free(&line);
	for (char **word = list; word && *word; word++) {
		char *pending_paste = hold(*word);
		free(*word);
		*word = pending_paste;
	}
	return list;
}

/* ---- files ---- */

static bool is_on(const char *variable)
{
	const char *value = rl_variable_value(variable);
	return value && strcmp(value, "on") == 0;
}

static bool is_offered(const char *name, const char *prefix, size_t len)
{
	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return false;
	if (len == 0)
		return *name != '.' || is_on("match-hidden-files");
	return (is_on("completion-ignore-case") ? strncasecmp : strncmp)(name, prefix, len) == 0;
}

/* The names that begin like this path. readline's own function for it writes beyond its memory
 * where names get longer, as those with escapes do. */
static char **list_files(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *prefix = slash ? slash + 1 : path;
	char *front = xstrndup(path, (size_t)(prefix - path));
	char *expanded = tilde_expand(*front ? front : ".");
	char **list = NULL;
	size_t count = 0;
	DIR *directory = opendir(expanded);
	for (struct dirent *entry; directory && (entry = readdir(directory));) {
		if (!is_offered(entry->d_name, prefix, strlen(prefix)))
			continue;
		char *name = xasprintf("%s%s", front, entry->d_name);
		list = xrealloc(list, (count + 2) * sizeof *list);
		list[count++] = hold(name);
		list[count] = NULL;
		free(name);
	}
	if (directory)
		closedir(directory);
	free(expanded);
	free(front);
	return list;
}

/* Where readline looks whether a name is a directory. */
static int to_bytes(char **name)
{
	char *bytes = release(*name);
	bool same = strcmp(bytes, *name) == 0;
	free(*name);
	*name = bytes;
	return !same;
}

/* What several names have in common may end within an escape, which then would be text. */
static void drop_half_escape(char *text)
{
	size_t len = strlen(text);
	char *mark = strrchr(text, BYTE_MARK);
	if (mark && text + len - mark < BYTE_ESCAPE)
		*mark = '\0';
}

static char **complete(const char *text, int start, int end)
{
	bool files = false;
	rl_attempted_completion_over = 1;
	if (start > end) /* the cursor is between a quote and a blank */
		return NULL;
	char **list = ask(start, end, &files);
	if (!list && files) {
		char *path = release(text);
		list = list_files(path);
		free(path);
		rl_filename_completion_desired = 1;
	}
	if (!list)
		return NULL;
	candidates = list;
	char **matches = rl_completion_matches(text, next_candidate);
	free(list);
	if (matches && matches[1])
		drop_half_escape(matches[0]);
	return matches;
}

/* The first is what all have in common. */
static void show_matches(char **matches, int count, int longest)
{
	(void)longest;
	if (!hooks->matches || count <= 0)
		return;
	char **names = xcalloc((size_t)count, sizeof *names);
	for (int i = 0; i < count; i++)
		names[i] = release(matches[i + 1]);
	hooks->matches(hooks->context, names, (size_t)count);
	for (int i = 0; i < count; i++)
		free(names[i]);
	free(names);
}

void input_complete_start(const struct input_hooks *whom)
{
	hooks = whom;
	rl_attempted_completion_function = complete;
	rl_completion_display_matches_hook = show_matches;
	rl_filename_stat_hook = to_bytes;
	rl_basic_word_break_characters = " \t\n";
	rl_completer_word_break_characters = rl_basic_word_break_characters;
	rl_completer_quote_characters = "\"'";
	rl_filename_quote_characters =
	        " \t\n\"'\\"; /* or names with blanks cannot be completed further */
}
