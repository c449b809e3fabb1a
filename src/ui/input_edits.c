// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/input_edits.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <readline/history.h>

#include "base/alloc.h"

/* An entry that was looked at since the last line, or that has been changed. */
struct original {
	int at; /* its place in the list */
	char *text;
};

static struct {
	bool needed;
	int at; /* where the line that is edited comes from; -1 before its first key */
	struct original *originals;
	size_t count, room;
} edits;

static bool is_new_line(void)
{
	return current_history() == NULL;
}

void edits_start(void)
{
	edits.needed = rl_readline_version < 0x0803;
	edits.at = -1;
}

void edits_stop(void)
{
	for (size_t i = 0; i < edits.count; i++)
		free(edits.originals[i].text);
	free(edits.originals);
	edits.originals = NULL;
	edits.count = edits.room = 0;
}

/* A search ends with one of the first two; its lists are its own until then. */
static bool leaves_line(rl_command_func_t *command)
{
	static rl_command_func_t *const leaving[] = {
		rl_reverse_search_history, rl_forward_search_history, rl_get_previous_history,
		rl_get_next_history,       rl_beginning_of_history,   rl_end_of_history,
		rl_fetch_history,          rl_vi_fetch_history,
	};
	for (size_t i = 0; i < sizeof leaving / sizeof *leaving; i++)
		if (leaving[i] == command)
			return true;
	return false;
}

static void put(int at, const char *text)
{
	HIST_ENTRY *old = replace_history_entry(at, text, NULL);
	if (old)
		free_history_entry(old);
}

/* With nothing to search for these are previous-history and next-history. */
static bool is_empty_search(rl_command_func_t *command)
{
	static rl_command_func_t *const searches[][2] = {
		{ rl_history_search_backward, rl_history_search_forward },
		{ rl_history_substr_search_backward, rl_history_substr_search_forward },
	};
	for (size_t i = 0; i < sizeof searches / sizeof *searches; i++) {
		rl_command_func_t *back = searches[i][0], *on = searches[i][1];
		if (command == back || command == on)
			return rl_point == 0 && rl_last_func != back && rl_last_func != on;
	}
	return false;
}

/* readline itself then finds nothing that it would have to keep. */
void edits_before(rl_command_func_t *command)
{
	if (!edits.needed || !rl_undo_list || history_length == 0)
		return;
	if (!leaves_line(command) && !is_empty_search(command))
		return;
	bool is_last = is_new_line() && !rl_explicit_arg && !RL_ISSTATE(RL_STATE_NUMERICARG);
	if (is_last && (command == rl_get_next_history || command == rl_end_of_history))
		return;
	rl_line_buffer[rl_end] = '\0';
	if (!is_new_line() && strcmp(current_history()->line, rl_line_buffer) != 0)
		put(where_history(), rl_line_buffer);
	rl_free_undo_list();
}

static bool is_known(int at)
{
	for (size_t i = 0; i < edits.count; i++)
		if (edits.originals[i].at == at)
			return true;
	return false;
}

void edits_after(void)
{
	int at = where_history();
	if (!edits.needed || at == edits.at)
		return;
	edits.at = at;
	if (is_new_line() || is_known(at))
		return;
	if (edits.count == edits.room) {
		edits.room = edits.room ? 2 * edits.room : 16;
		edits.originals = xrealloc(edits.originals, edits.room * sizeof *edits.originals);
	}
	edits.originals[edits.count++] =
	        (struct original){ .at = at, .text = xstrdup(current_history()->line) };
}

static bool is_changed(const struct original *original)
{
	const HIST_ENTRY *entry = history_get(history_base + original->at);
	return entry && strcmp(entry->line, original->text) != 0;
}

void edits_end_line(void)
{
	if (!edits.needed)
		return;
	const char *value = rl_variable_value("revert-all-at-newline");
	bool all = value && strcmp(value, "on") == 0;
	size_t kept = 0;
	for (size_t i = 0; i < edits.count; i++) {
		struct original *original = &edits.originals[i];
		bool changed = is_changed(original);
		bool reverts = all || original->at == where_history();
		if (changed && !reverts) {
			edits.originals[kept++] = *original;
			continue;
		}
		if (changed)
			put(original->at, original->text);
		free(original->text);
	}
	edits.count = kept;
	edits.at = -1;
}

void edits_lose_oldest(void)
{
	size_t kept = 0;
	for (size_t i = 0; i < edits.count; i++) {
		struct original original = edits.originals[i];
		if (original.at-- > 0)
			edits.originals[kept++] = original;
		else
			free(original.text);
	}
	edits.count = kept;
}
