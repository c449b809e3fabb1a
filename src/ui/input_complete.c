// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/input_complete.h"

#include <stdio.h>
#include <stdlib.h>

#include <readline/readline.h>

/* readline's callbacks take no context. */
static const struct input_hooks *hooks;
static char **candidates;

static char *next_candidate(const char *text, int state)
{
	(void)text;
	(void)state;
	return *candidates ? *candidates++ : NULL;
}

static char **complete(const char *text, int start, int end)
{
	bool files = false;
	char **list = NULL;
	if (hooks->complete)
		list = hooks->complete(hooks->context, rl_line_buffer, (size_t)start, (size_t)end,
		                       &files);
	rl_attempted_completion_over = !files;
	if (!list)
		return NULL;
	candidates = list;
	char **matches = rl_completion_matches(text, next_candidate);
	free(list);
	return matches;
}

/* The first is what all have in common. */
static void show_matches(char **matches, int count, int longest)
{
	(void)longest;
	if (hooks->matches && count > 0)
		hooks->matches(hooks->context, matches + 1, (size_t)count);
}

void input_complete_start(const struct input_hooks *whom)
{
	hooks = whom;
	rl_attempted_completion_function = complete;
	rl_completion_display_matches_hook = show_matches;
	rl_basic_word_break_characters = " \t\n";
	rl_completer_word_break_characters = rl_basic_word_break_characters;
	rl_completer_quote_characters = "\"'";
	rl_filename_quote_characters =
	        " \t\n\"'\\"; /* or names with blanks cannot be completed further */
}
