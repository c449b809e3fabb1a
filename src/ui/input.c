// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/input.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <readline/readline.h>

#include "base/clock.h"
#include "ui/byte_escape.h"
#include "ui/input_bindings.h"
#include "ui/input_complete.h"
#include "ui/input_history.h"
#include "ui/input_paste.h"
#include "ui/input_repair.h"

enum {
	SEARCHES = RL_STATE_ISEARCH | RL_STATE_NSEARCH,
	SUBSTATES = SEARCHES | RL_STATE_NUMERICARG | RL_STATE_MULTIKEY | RL_STATE_VIMOTION |
	            RL_STATE_CHARSEARCH,
	SEQUENCE_MOST = 64,    /* bytes of a binding of several keys that we look for */
	SEARCH_MOST = 1024,    /* bytes of a paste that make a search string */
	LINE_MOST = 256 << 20, /* bytes that pastes may make a line grow to */
};

/* readline's state is global and its callbacks take no context. */
static struct {
	struct input_hooks hooks;
	struct buf queue; /* whole keys on their way into readline */
	FILE *in, *out;
	bool dirty;
	bool discard;         /* the line that is ending is to be dropped */
	bool quoting;         /* quoted-insert waits for its character */
	bool pasted;          /* the region is what the key before has pasted */
	bool cut;             /* and it ended with a line end, which is not on the line */
	bool give_up_waiting; /* hand readline the key that stands for none of those that could
	                         follow */
	int64_t pressed;      /* instant of the last key of an unfinished sequence */
	unsigned long empty_reads;
} input;

/* ---- what readline calls ---- */

/* Never with an empty queue, if all goes well. The end of input then ends whatever loop readline is
 * in. */
static int take_byte(FILE *stream)
{
	(void)stream;
	if (input.give_up_waiting) {
		input.give_up_waiting = false;
		return ANYOTHERKEY;
	}
	if (!input.queue.len) {
		input.empty_reads++;
		return EOF;
	}
	int byte = (unsigned char)*buf_data(&input.queue);
	buf_consume(&input.queue, 1);
	return byte;
}

static int has_byte(void)
{
	return input.give_up_waiting || input.queue.len > 0;
}

static void redisplay(void)
{
	input.dirty = true;
}

static void act(enum input_action action)
{
	if (input.hooks.action)
		input.hooks.action(input.hooks.context, action);
	if (action == INPUT_INTERRUPT)
		input.discard = true;
	input.dirty = true;
}

static void take_line(char *line)
{
	const struct input_hooks *hooks = &input.hooks;
	bool discard = input.discard;
	input.discard = false;
	input.dirty = true;
	if (!line && hooks->end)
		hooks->end(hooks->context);
	if (line && !discard) {
		struct buf bytes;
		buf_init(&bytes, SIZE_MAX);
		input_history_add(line);
		byte_escape_release(line, strlen(line), &bytes);
		if (hooks->line)
			hooks->line(hooks->context, buf_text(&bytes), bytes.len);
		buf_free(&bytes);
	}
	free(line);
}

/* ---- keys ---- */

static void run(void)
{
	while (has_byte())
		rl_callback_read_char();
	input.give_up_waiting = false;
	input.pressed = RL_ISSTATE(RL_STATE_MULTIKEY) ? clock_now() : 0;
	if (rl_last_func == rl_re_read_init_file)
		input_bindings_apply();
}

static void feed(const char *bytes, size_t len)
{
	buf_append(&input.queue, bytes, len);
	run();
}

/* Out of a search, a count, an unfinished key: with readline's own key for it. */
static void leave_substate(void)
{
	if (RL_ISSTATE(SUBSTATES))
		feed("\a", 1);
}

static rl_command_func_t *look_up(const char *bytes, size_t len)
{
	int type = -1;
	return rl_function_of_keyseq_len(bytes, len, rl_get_keymap(), &type);
}

static bool is_prefix(const char *bytes, size_t len)
{
	int type = -1;
	return rl_function_of_keyseq_len(bytes, len, rl_get_keymap(), &type) && type == ISKMAP;
}

/* A search ends at the begin of a longer key. readline sees that only at the second one, reads both
 * anew within one call, and, when nothing is bound to them, jumps into a frame that
 * has returned. */
static void end_search_at_prefix(const char *bytes, size_t len)
{
	if (!RL_ISSTATE(RL_STATE_ISEARCH) || bytes[0] == '\033' || !is_prefix(bytes, len))
		return;
	feed("\033", 1);
	if (RL_ISSTATE(RL_STATE_ISEARCH)) /* inputrc says that ESC does not end it */
		leave_substate();
}

/* Is this what an unfinished sequence of keys waits for? */
static bool continues(const char *bytes, size_t len)
{
	size_t begun = (size_t)rl_key_sequence_length;
	char keys[SEQUENCE_MOST];
	if (begun + len > sizeof keys)
		return false;
	memcpy(keys, rl_executing_keyseq, begun);
	memcpy(keys + begun, bytes, len);
	return look_up(keys, begun + len) != NULL;
}

static bool is_sequence(const char *bytes, size_t len)
{
	return bytes[0] == '\033' && len > 1;
}

/* A text is valid still when a valid character was put into it; only then nobody needs to look. */
static bool only_inserts(const char *bytes)
{
	return look_up(bytes, 1) == rl_insert && !RL_ISSTATE(SUBSTATES) && !input.quoting;
}

/* A mark that is set between two keys outlives the next one, as if that key itself had set it. */
static void unmark_paste(void)
{
	if (input.pasted)
		rl_deactivate_mark();
	input.pasted = false;
}

static void pass_on(const char *bytes, size_t len)
{
	unmark_paste();
	bool valid = only_inserts(bytes);
	bool quotes = look_up(bytes, len) == rl_quoted_insert;
	feed(bytes, len);
	input.quoting = quotes;
	if (!valid && !RL_ISSTATE(SUBSTATES) && !input.quoting)
		input_repair();
}

static void press_ours(enum input_action action, const char *bytes, size_t len)
{
	if (action == INPUT_INTERRUPT) {
		leave_substate();
		pass_on(bytes, len);
	} else {
		act(action); /* past readline, so that a search or a count goes on */
	}
}

static bool is_vi_command(void)
{
	return rl_editing_mode == 0 && rl_get_keymap() == rl_get_keymap_by_name("vi-command");
}

/* What the keys pressed so far are the begin of, or NULL. */
static Keymap find_unfinished(void)
{
	int type = -1;
	if (!RL_ISSTATE(RL_STATE_MULTIKEY) || rl_key_sequence_length <= 0)
		return NULL;
	union { /* readline keeps either in a pointer to a function */
		rl_command_func_t *function;
		Keymap keymap;
	} found;
	found.function = rl_function_of_keyseq_len(
	        rl_executing_keyseq, (size_t)rl_key_sequence_length, rl_get_keymap(), &type);
	return type == ISKMAP ? found.keymap : NULL;
}

/* The keys so far are a command, too. readline itself lets such a command wait for ever when it is
 * fed like this. In vi's command mode a second ESC is a habit, and must not swallow the
 * next key. */
static bool is_shadowed(void)
{
	Keymap keymap = find_unfinished();
	return keymap && (keymap[ANYOTHERKEY].function || is_vi_command());
}

/* Escape ends what readline is in the middle of; only then it is the window's. readline never keeps
 * it as the begin of a longer key: whoever presses it has finished. */
static void press_escape(void)
{
	if (input_bindings_has_escape() && !RL_ISSTATE(SUBSTATES)) {
		pass_on("\033", 1);
		input.give_up_waiting = is_shadowed();
		run();
	} else if (RL_ISSTATE(RL_STATE_ISEARCH)) {
		pass_on("\033", 1);
		if (RL_ISSTATE(RL_STATE_ISEARCH)) /* inputrc says that ESC does not end it */
			leave_substate();
	} else if (RL_ISSTATE(SUBSTATES)) {
		leave_substate();
	} else {
		act(INPUT_ESCAPE);
	}
}

/* Two keys in one: tmux holds an Escape back for half a second, and what is pressed meanwhile comes
 * with it, as Alt and that key would. Taken apart where such a key would do nothing: a sequence or
 * a key of the window's anywhere, text only on an empty line, so that Alt and a wrong key does
 * not write. vi's commands are no text. */
static bool is_escape_and_key(const char *bytes, size_t len)
{
	enum input_action action;
	bool has_one_rest = len == 2 || bytes[1] == '\033' || (unsigned char)bytes[1] >= 0x80;
	if (!is_sequence(bytes, len) || !has_one_rest || input_bindings_has_escape())
		return false;
	bool empty = rl_end == 0 && !RL_ISSTATE(SUBSTATES);
	if (!input_bindings_is_idle(bytes, len, empty))
		return false;
	return empty || is_vi_command() || bytes[1] == '\033' ||
	       input_bindings_find(bytes + 1, len - 1, &action);
}

static void ring(void)
{
	if (input.hooks.bell)
		input.hooks.bell(input.hooks.context);
}

/* quoted-insert waits for a character, and only one ends that. */
static void leave_quoting(void)
{
	if (!input.quoting)
		return;
	int point = rl_point;
	feed("x", 1);
	rl_delete_text(point, rl_point);
	rl_point = point;
	input.quoting = false;
}

/* A byte that is no character, and the mark of escapes itself. A search looks for text, and vi's
 * commands have characters. */
static void insert_byte(char byte)
{
	struct buf text;
	if (RL_ISSTATE(SEARCHES) || is_vi_command()) {
		ring();
		return;
	}
	buf_init(&text, SIZE_MAX);
	byte_escape_hold(&byte, 1, &text);
	unmark_paste();
	leave_quoting();
	leave_substate();
	rl_insert_text(buf_text(&text));
	rl_last_func = rl_insert; /* else TAB after it would count as a second TAB */
	buf_free(&text);
	input.dirty = true;
}

/* One key. A sequence that nothing is bound to is dropped whole: readline would take its tail for
 * text. */
static void press(const char *bytes, size_t len)
{
	enum input_action action;
	bool continuing = RL_ISSTATE(RL_STATE_MULTIKEY) && continues(bytes, len);
	if (!continuing && !input.quoting && len == 1 && *bytes == '\033') {
		press_escape();
		return;
	}
	if (!continuing && !input.quoting && is_escape_and_key(bytes, len)) {
		press_escape();
		press(bytes + 1, len - 1);
		return;
	}
	if (!continuing && len == 1 && *bytes == BYTE_MARK &&
	    (input.quoting || look_up(bytes, len) == rl_insert)) {
		insert_byte(*bytes);
		return;
	}
	bool literally = continuing || RL_ISSTATE(RL_STATE_MACRODEF) ||
	                 (input.quoting && !is_sequence(bytes, len));
	if (!literally && input_bindings_find(bytes, len, &action)) {
		press_ours(action, bytes, len);
		return;
	}
	if (!continuing && len > 2 && is_sequence(bytes, len) &&
	    (!look_up(bytes, len) || is_prefix(bytes, len)))
		return;
	if (!continuing && RL_ISSTATE(RL_STATE_MULTIKEY) && is_sequence(bytes, len))
		leave_substate();
	end_search_at_prefix(bytes, len);
	pass_on(bytes, len);
}

/* ---- pastes ---- */

/* The line end that the paste before has left to Enter is within the text after all. */
static void insert_paste(struct buf *text, bool cut)
{
	bool joins = input.pasted && input.cut;
	if (text->len + (size_t)rl_end >= LINE_MOST) {
		ring();
		return;
	}
	rl_begin_undo_group();
	if (joins)
		rl_insert_text("\n");
	rl_mark = rl_point;
	rl_insert_text(buf_text(text));
	rl_end_undo_group();
	rl_activate_mark();
	rl_last_func = rl_insert;
	input.pasted = true;
	input.cut = cut;
	input.dirty = true;
}

/* Never more than text: nothing of it is a command, and no line of it is sent. */
static void paste(const char *bytes, size_t len)
{
	struct buf text;
	buf_init(&text, SIZE_MAX);
	bool cut = paste_clean(bytes, len, &text);
	if (RL_ISSTATE(SEARCHES)) {
		paste_flatten(&text, SEARCH_MOST);
		feed(buf_data(&text), text.len);
	} else if (text.len || cut) {
		leave_quoting();
		leave_substate();
		insert_paste(&text, cut);
	}
	buf_free(&text);
}

void input_key(const struct key *key)
{
	switch (key->kind) {
	case KEY_TEXT:
	case KEY_SEQUENCE:
		press(key->bytes, key->len);
		break;
	case KEY_PASTE:
		paste(key->bytes, key->len);
		break;
	case KEY_INVALID:
		insert_byte(*key->bytes);
		break;
	case KEY_MOUSE:
		break;
	}
}

/* ---- keys that could go on ---- */

int64_t input_deadline(void)
{
	if (!is_shadowed())
		return INT64_MAX;
	const char *value = rl_variable_value("keyseq-timeout");
	long ms = value ? strtol(value, NULL, 10) : 0;
	return ms > 0 ? input.pressed + ms * CLOCK_MS : INT64_MAX;
}

void input_timeout(int64_t now)
{
	if (now < input_deadline())
		return;
	input.give_up_waiting = true;
	run();
	if (!RL_ISSTATE(SUBSTATES))
		input_repair();
}

/* ---- start and end ---- */

/* readline only asks the descriptor for the terminal's special characters, and must not write
 * anywhere. */
static void give_streams(int terminal)
{
	int fd = terminal >= 0 ? fcntl(terminal, F_DUPFD_CLOEXEC, 3) : -1;
	input.in = fd >= 0 ? fdopen(fd, "r") : fopen("/dev/null", "re");
	input.out = fopen("/dev/null", "we");
	rl_instream = input.in;
	rl_outstream = input.out ? input.out : stderr;
}

/* What must be set before readline first looks at it. */
static void set_variables(void)
{
	rl_readline_name = "sockpit"; /* for $if in inputrc */
	rl_catch_signals = 0;
	rl_catch_sigwinch = 0;
	rl_change_environment = 0; /* or curses stays at the size of the start for ever */
	rl_prep_term_function = NULL;
	rl_deprep_term_function = NULL;
	rl_getc_function = take_byte;
	rl_input_available_hook = has_byte;
	rl_redisplay_function = redisplay;
}

void input_start(const struct input_hooks *hooks, int terminal)
{
	input.hooks = *hooks;
	buf_init(&input.queue, SIZE_MAX);
	give_streams(terminal);
	set_variables();
	input_complete_start(&input.hooks);
	input_history_start();
	input_bindings_add(act);
	rl_initialize();
	rl_tty_set_echoing(1); /* else readline thinks that nobody would hear its bell */
	input_bindings_apply();
	/* For good: a new one would wipe out a search's. Empty, as some searches show theirs behind
	 * it. */
	rl_callback_handler_install("", take_line);
	input.dirty = true;
}

void input_stop(void)
{
	rl_callback_handler_remove();
	input_history_stop();
	buf_free(&input.queue);
	rl_instream = stdin;
	rl_outstream = stdout;
	if (input.in)
		fclose(input.in);
	if (input.out)
		fclose(input.out);
	input.in = input.out = NULL;
}

/* ---- looking ---- */

void input_set_size(int rows, int columns)
{
	rl_set_screen_size(rows, columns);
	input.dirty = true;
}

struct line input_line(const char *prompt)
{
	struct line line = {
		.prompt = rl_display_prompt == rl_prompt ? prompt : rl_display_prompt,
		.text = rl_line_buffer,
		.len = (size_t)rl_end,
		.point = (size_t)rl_point,
	};
	if (rl_mark_active_p()) {
		line.mark_from = (size_t)(rl_mark < rl_point ? rl_mark : rl_point);
		line.mark_to = (size_t)(rl_mark < rl_point ? rl_point : rl_mark);
	}
	return line;
}

bool input_is_sideways(void)
{
	const char *value = rl_variable_value("horizontal-scroll-mode");
	return value && strcmp(value, "on") == 0;
}

const char *input_mode(void)
{
	if (rl_editing_mode != 0)
		return "";
	return is_vi_command() ? "vi:cmd" : "vi:ins";
}

bool input_take_dirty(void)
{
	bool dirty = input.dirty;
	input.dirty = false;
	return dirty;
}

unsigned long input_empty_reads(void)
{
	return input.empty_reads;
}

bool input_is_searching(void)
{
	return RL_ISSTATE(SEARCHES);
}
