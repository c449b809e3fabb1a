// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/input.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <wchar.h>

#include <readline/readline.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/error.h"
#include "ui/byte_escape.h"
#include "ui/input_bindings.h"
#include "ui/input_complete.h"
#include "ui/input_edits.h"
#include "ui/input_history.h"
#include "ui/macros.h"
#include "ui/input_paste.h"
#include "ui/input_repair.h"

enum {
	SEARCHES = RL_STATE_ISEARCH | RL_STATE_NSEARCH,
	SUBSTATES = SEARCHES | RL_STATE_NUMERICARG | RL_STATE_MULTIKEY | RL_STATE_VIMOTION |
	            RL_STATE_CHARSEARCH,
	SEARCH_MOST = 1024,    /* bytes of a paste that make a search string */
	LINE_MOST = 256 << 20, /* bytes that pastes may make a line grow to */
};

/* What the command before waits for. */
enum quoting { QUOTING_NONE, QUOTING_CHARACTER, QUOTING_ANY };

/* readline's state is global and its callbacks take no context. */
static struct {
	struct input_hooks hooks;
	struct buf queue; /* a whole key on its way into readline */
	FILE *in, *out;
	bool dirty;
	bool discard; /* the line that is ending is to be dropped */
	bool pasted;  /* the region is what the key before has pasted */
	bool cut;     /* and it ended with a line end, which is not on the line */
	enum quoting quoting;
	struct buf sequence; /* keys that something is bound to together with those that follow;
	                        readline gets them together, or not at all */
	int64_t pressed;     /* instant of the last of them */
	unsigned long empty_reads;
} input;

/* ---- what readline calls ---- */

/* Never with an empty queue, if all goes well. The end of input then ends whatever loop readline is
 * in. */
static int take_byte(FILE *stream)
{
	(void)stream;
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
	return input.queue.len > 0;
}

static void redisplay(void)
{
	input.dirty = true;
}

static void act(enum binding_action action)
{
	if (input.hooks.action)
		input.hooks.action(input.hooks.context, action);
	input.discard |= action == BINDING_INTERRUPT;
	input.dirty = true;
}

static void perform(const struct binding *row)
{
	if (row->action != BINDING_COMMAND)
		act(row->action);
	else if (input.hooks.command)
		input.hooks.command(input.hooks.context, row->line);
	input.dirty = true;
}

/* readline has its own copy of it still. */
static void wipe_line(char *line)
{
	size_t len = strlen(line);
	if (strcmp(rl_line_buffer, line) == 0)
		wipe(rl_line_buffer, len);
	wipe(line, len);
}

static void take_line(char *line)
{
	const struct input_hooks *hooks = &input.hooks;
	bool discard = input.discard;
	input.discard = false;
	input.dirty = true;
	if (!line && hooks->end)
		hooks->end(hooks->context);
	edits_end_line();
	if (line && !discard) {
		bool hidden = hooks->hides && hooks->hides(hooks->context, line);
		struct buf bytes;
		buf_init(&bytes, SIZE_MAX);
		if (!hidden)
			input_history_add(line);
		byte_escape_release(line, strlen(line), &bytes);
		if (hooks->line)
			hooks->line(hooks->context, buf_text(&bytes), bytes.len);
		if (hidden) {
			buf_wipe(&bytes);
			wipe_line(line);
		}
		buf_free(&bytes);
	}
	free(line);
}

/* ---- keys ---- */

static void run(void)
{
	while (has_byte())
		rl_callback_read_char();
	if (rl_last_func == rl_re_read_init_file)
		input_bindings_apply();
}

static void feed(const char *bytes, size_t len)
{
	buf_append(&input.queue, bytes, len);
	run();
}

/* As if `key` had this binding in this keymap, and no other. */
static void feed_as(Keymap keymap, char key, KEYMAP_ENTRY binding, const char *bytes, size_t len)
{
	KEYMAP_ENTRY *entry = &keymap[(unsigned char)key], old = *entry;
	*entry = binding;
	feed(bytes, len);
	if (entry->type == binding.type && entry->function == binding.function)
		*entry = old;
}

/* Out of a search, a count, an unfinished key: with readline's own key for it, whatever inputrc has
 * put on that. */
static void leave_substate(void)
{
	static const KEYMAP_ENTRY abort = { ISFUNC, rl_abort };
	buf_clear(&input.sequence);
	if (RL_ISSTATE(SUBSTATES))
		feed_as(rl_get_keymap(), '\a', abort, "\a", 1);
}

/* What is found stays. readline would look at the key that ends the search again, within one call,
 * and, where nothing is bound to it, jump into a frame that has returned. */
static void end_search(void)
{
	if (RL_ISSTATE(RL_STATE_ISEARCH))
		rl_callback_sigcleanup();
	input.dirty = true;
}

static bool is_sequence(const char *bytes, size_t len)
{
	return bytes[0] == '\033' && len > 1;
}

static bool is_control(const char *bytes)
{
	return (unsigned char)bytes[0] < ' ' || bytes[0] == 0x7f;
}

/* The key after these commands is no command, but a character for them. */
static enum quoting quotes(rl_command_func_t *command)
{
	if (command == rl_quoted_insert)
		return QUOTING_ANY;
	return command == rl_vi_change_char || command == rl_vi_set_mark ||
	                       command == rl_vi_goto_mark || command == rl_char_search ||
	                       command == rl_backward_char_search
	               ? QUOTING_CHARACTER
	               : QUOTING_NONE;
}

/* A mark that is set between two keys outlives the next one, as if that key itself had set it. */
static void unmark_paste(void)
{
	if (input.pasted)
		rl_deactivate_mark();
	input.pasted = false;
}

/* To readline. A valid text stays valid when a valid character is inserted; after anything else it is
 * checked. */
static void pass_on(const char *bytes, size_t len, rl_command_func_t *command)
{
	unmark_paste();
	bool valid = command == rl_insert && !RL_ISSTATE(SUBSTATES) && !input.quoting;
	edits_before(command);
	feed(bytes, len);
	input.quoting = quotes(command);
	if (!valid && !RL_ISSTATE(SUBSTATES) && !input.quoting)
		input_repair();
	edits_after();
}

/* Back from a failed search forward. readline would go on at a place of the line found last in a
 * shorter one. A new search, and the same key again, look for the same text. */
static bool turns_failed_search(rl_command_func_t *command)
{
	static const char failed[] = "(failed i-search)";
	return RL_ISSTATE(RL_STATE_ISEARCH) && command == rl_reverse_search_history &&
	       strncmp(rl_display_prompt, failed, sizeof failed - 1) == 0;
}

/* Which vi's commands would take for one without end. */
static bool has_negative_count(void)
{
	static const char negative[] = "(arg: -";
	return RL_ISSTATE(RL_STATE_NUMERICARG) &&
	       strncmp(rl_display_prompt, negative, sizeof negative - 1) == 0;
}

static const struct binding *row_of(struct bound found)
{
	return found.type == ISFUNC ? input_bindings_row(found.command) : NULL;
}

static void dispatch(struct bound found, const char *bytes, size_t len)
{
	bool records = macros_are_recording() && macros_depth() == 0;
	const struct binding *row = row_of(found);
	if (found.type == ISMACR) {
		end_search();
		macros_run(found.macro);
	} else if (row && row->action != BINDING_INTERRUPT) {
		perform(row); /* past readline, so that a search or a count goes on */
	} else {
		if (row)
			leave_substate();
		else if (is_sequence(bytes, len))
			end_search();
		if (has_negative_count() && (rl_editing_mode == 0 || found.command == rl_vi_put))
			leave_substate();
		if (turns_failed_search(found.command)) {
			end_search();
			pass_on(bytes, len, found.command);
		}
		pass_on(bytes, len, found.command);
		if (found.command == rl_abort)
			macros_abort();
	}
	if (records)
		macros_record(bytes, len);
}

static bool is_prefix(const char *bytes, size_t len)
{
	struct bound found = input_bindings_look_up(bytes, len);
	return found.type == ISKMAP && found.keymap;
}

static bool is_ours(const char *bytes, size_t len)
{
	return row_of(input_bindings_look_up(bytes, len));
}

/* The keys so far are a command, too. */
static bool is_shadowed(const char *bytes, size_t len)
{
	struct bound found = input_bindings_look_up(bytes, len);
	return found.type == ISKMAP && found.keymap && found.keymap[ANYOTHERKEY].function;
}

static bool press_whole(const char *bytes, size_t len);
static void press(const char *bytes, size_t len);
static void run_macros(size_t depth);

/* The command that more keys would have made another one, as if nothing began with it. */
static void press_shadowed(const char *bytes, size_t len)
{
	Keymap keymap = len > 1 ? input_bindings_look_up(bytes, len - 1).keymap : rl_get_keymap();
	KEYMAP_ENTRY *entry = &keymap[(unsigned char)bytes[len - 1]], old = *entry;
	KEYMAP_ENTRY shadowed = input_bindings_look_up(bytes, len).keymap[ANYOTHERKEY];
	*entry = shadowed;
	press_whole(bytes, len);
	if (entry->type == shadowed.type && entry->function == shadowed.function)
		*entry = old;
}

/* What nothing is bound to ends what was begun, as readline has it. */
static void refuse(void)
{
	macros_abort();
	if (RL_ISSTATE(RL_STATE_ISEARCH))
		end_search();
	else if (RL_ISSTATE(SUBSTATES))
		leave_substate();
	else
		rl_ding();
	buf_clear(&input.sequence);
}

/* No key will complete the sequence: as much of it as is a command is run, and the rest by itself.
 * False where nothing of it is. */
static bool give_up(void)
{
	struct buf keys = input.sequence;
	buf_init(&input.sequence, SIZE_MAX);
	const char *bytes = buf_data(&keys);
	size_t len = keys.len, depth = macros_depth();
	while (len && !is_shadowed(bytes, len))
		len--;
	if (len)
		press_shadowed(bytes, len);
	else
		refuse();
	run_macros(depth);
	for (size_t at = len; len && at < keys.len; at++)
		press(bytes + at, 1);
	buf_free(&keys);
	return len > 0;
}

/* The keys of a longer sequence. A search ends at once: readline would see it at the second key
 * only. */
static void hold(const char *bytes, size_t len)
{
	end_search();
	buf_clear(&input.sequence);
	buf_append(&input.sequence, bytes, len);
	input.pressed = clock_now();
}

/* readline would do this forever where no capital letter is bound to it. */
static bool press_lower(const char *bytes, size_t len)
{
	if (!isupper((unsigned char)bytes[len - 1]))
		return false;
	struct buf keys;
	buf_init(&keys, SIZE_MAX);
	buf_append(&keys, bytes, len - 1);
	buf_append(&keys, &(char){ (char)tolower((unsigned char)bytes[len - 1]) }, 1);
	bool bound = press_whole(buf_data(&keys), len);
	buf_free(&keys);
	return bound;
}

/* False where nothing is bound to it. */
static bool press_whole(const char *bytes, size_t len)
{
	struct bound found = input_bindings_look_up(bytes, len);
	if (!found.command)
		return false;
	if (found.type == ISFUNC && found.command == rl_do_lowercase_version)
		return press_lower(bytes, len);
	if (found.type == ISKMAP)
		hold(bytes, len);
	else
		dispatch(found, bytes, len);
	return true;
}

static bool is_vi_command(void)
{
	return rl_editing_mode == 0 && rl_get_keymap() == rl_get_keymap_by_name("vi-command");
}

static bool is_escape(const char *bytes, size_t len)
{
	return len == 1 && bytes[0] == '\033';
}

/* Escape ends what readline is in the middle of; only then it is the window's. It never begins a
 * longer key: whoever presses it has finished. */
static void press_escape(void)
{
	if (RL_ISSTATE(RL_STATE_ISEARCH)) {
		end_search();
	} else if (RL_ISSTATE(SUBSTATES)) {
		leave_substate();
	} else if (!input_bindings_has_escape()) {
		act(BINDING_ESCAPE);
	} else if (is_shadowed("\033", 1)) {
		press_shadowed("\033", 1);
	} else {
		press_whole("\033", 1);
	}
}

/* Two keys in one: tmux holds an Escape back for half a second, and what is pressed meanwhile comes
 * with it, as Alt and that key would. Taken apart where such a key would do nothing: a sequence or
 * a key of the window's anywhere, text only on an empty line, so that Alt and a wrong key does
 * not write. vi's commands are no text. */
static bool is_escape_and_key(const char *bytes, size_t len)
{
	if (!is_sequence(bytes, len))
		return false;
	bool has_one_rest = len == 2 || bytes[1] == '\033' || (unsigned char)bytes[1] >= 0x80;
	if (!has_one_rest)
		return false;
	if (input_bindings_has_escape())
		return !input_bindings_look_up(bytes, len).command;
	bool empty = rl_end == 0 && !RL_ISSTATE(SUBSTATES);
	if (!input_bindings_is_idle(bytes, len, empty))
		return false;
	return empty || is_vi_command() || bytes[1] == '\033' || is_ours(bytes + 1, len - 1);
}

/* A sequence is dropped whole: readline would take its tail for text. */
static void press_unbound(const char *bytes, size_t len)
{
	struct bound first = input_bindings_look_up(bytes, 1);
	if (is_sequence(bytes, len) && len > 2)
		return;
	if ((unsigned char)bytes[0] >= 0x80 && first.command)
		pass_on(bytes, len, first.type == ISFUNC ? first.command : NULL);
	else
		refuse();
}

/* readline reads this key by itself and takes it for a character. */
static bool is_literal(const char *bytes, size_t len)
{
	if (input.quoting == QUOTING_ANY)
		return !is_sequence(bytes, len);
	if (input.quoting || RL_ISSTATE(RL_STATE_CHARSEARCH))
		return true;
	if (RL_ISSTATE(RL_STATE_NSEARCH))
		return bytes[0] != '\033' && !is_ours(bytes, len);
	if (RL_ISSTATE(RL_STATE_ISEARCH))
		return !is_control(bytes);
	return RL_ISSTATE(RL_STATE_NUMERICARG) && len == 1 &&
	       ((bytes[0] >= '0' && bytes[0] <= '9') || bytes[0] == '-');
}

/* Whatever this key begins otherwise. */
static void press_literally(const char *bytes, size_t len)
{
	static const KEYMAP_ENTRY insert = { ISFUNC, rl_insert };
	bool records = macros_are_recording() && macros_depth() == 0;
	enum quoting quoted = input.quoting;
	if (RL_ISSTATE(RL_STATE_ISEARCH) && len == 1)
		feed_as(rl_get_keymap(), bytes[0], insert, bytes, len);
	else
		pass_on(bytes, len, NULL);
	if (quoted == QUOTING_ANY)
		rl_callback_sigcleanup(); /* with a negative count it would take more of them, Ctrl-C, too */
	if (records)
		macros_record(bytes, len);
}

/* One key more of a sequence. */
static void press_next(const char *bytes, size_t len)
{
	struct buf keys;
	buf_init(&keys, SIZE_MAX);
	buf_append(&keys, buf_data(&input.sequence), input.sequence.len);
	buf_append(&keys, bytes, len);
	if (input_bindings_look_up(buf_data(&keys), keys.len).command) {
		buf_clear(&input.sequence);
		press_whole(buf_data(&keys), keys.len);
	} else if (give_up() || is_sequence(bytes, len) || is_ours(bytes, len)) {
		press(bytes, len);
	}
	buf_free(&keys);
}

/* What waits for a character does so no longer. */
static void stop_quoting(void)
{
	if (input.quoting || RL_ISSTATE(RL_STATE_CHARSEARCH))
		rl_callback_sigcleanup();
	input.quoting = QUOTING_NONE;
}

static void ring(void)
{
	if (input.hooks.bell)
		input.hooks.bell(input.hooks.context);
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
	stop_quoting();
	leave_substate();
	rl_insert_text(buf_text(&text));
	rl_last_func = rl_insert; /* else TAB after it would count as a second TAB */
	buf_free(&text);
	input.dirty = true;
}

static bool is_inserted(const char *bytes)
{
	return input.quoting ||
	       (!input.sequence.len && input_bindings_look_up(bytes, 1).command == rl_insert);
}

static void press(const char *bytes, size_t len)
{
	bool waits = input.quoting == QUOTING_CHARACTER || RL_ISSTATE(RL_STATE_CHARSEARCH);
	if (waits && (bytes[0] == '\033' || is_ours(bytes, len))) {
		stop_quoting();
		if (is_escape(bytes, len))
			return;
	}
	if (len == 1 && *bytes == BYTE_MARK && is_inserted(bytes)) {
		insert_byte(*bytes);
	} else if (is_literal(bytes, len)) {
		press_literally(bytes, len);
	} else if (input.sequence.len) {
		press_next(bytes, len);
	} else if (is_escape(bytes, len)) {
		press_escape();
	} else if (is_escape_and_key(bytes, len)) {
		press_escape();
		press(bytes + 1, len - 1);
	} else if (RL_ISSTATE(RL_STATE_NSEARCH) && !is_ours(bytes, len)) {
		rl_ding();
	} else if (is_sequence(bytes, len) && len > 2 && is_prefix(bytes, len)) {
		return; /* cut short on its way */
	} else if (!press_whole(bytes, len)) {
		press_unbound(bytes, len);
	}
}

/* With convert-meta a byte beyond ASCII is ESC and another to readline. */
static void press_key(const char *bytes, size_t len)
{
	const char *value = rl_variable_value("convert-meta");
	if ((unsigned char)bytes[0] < 0x80 || !value || strcmp(value, "on") != 0) {
		press(bytes, len);
		return;
	}
	for (size_t at = 0; at < len; at++)
		press((const char[]){ '\033', bytes[at] & 0x7f }, 2);
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

static void search_for(const char *text, size_t len)
{
	for (size_t at = 0; at < len;) {
		mbstate_t state = { 0 };
		size_t bytes = mbrlen(text + at, len - at, &state);
		bytes = bytes && bytes <= len - at ? bytes : 1;
		press_literally(text + at, bytes);
		at += bytes;
	}
}

/* Never more than text: nothing of it is a command, and no line of it is sent. */
static void paste(const char *bytes, size_t len)
{
	struct buf text;
	buf_init(&text, SIZE_MAX);
	bool cut = paste_clean(bytes, len, &text);
	if (RL_ISSTATE(SEARCHES)) {
		paste_flatten(&text, SEARCH_MOST);
		search_for(buf_data(&text), text.len);
	} else if (text.len || cut) {
		stop_quoting();
		leave_substate();
		insert_paste(&text, cut);
	}
	buf_free(&text);
}

static void take(const struct key *key)
{
	switch (key->kind) {
	case KEY_TEXT:
	case KEY_SEQUENCE:
		press_key(key->bytes, key->len);
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

static void run_macros(size_t depth)
{
	struct key key;
	while (macros_next_key(depth, &key))
		take(&key);
}

void input_key(const struct key *key)
{
	macros_begin_key();
	take(key);
	run_macros(0);
}

/* ---- keys that could go on ---- */

int64_t input_deadline(void)
{
	if (!input.sequence.len || !is_shadowed(buf_data(&input.sequence), input.sequence.len))
		return INT64_MAX;
	const char *value = rl_variable_value("keyseq-timeout");
	long ms = value ? strtol(value, NULL, 10) : 0;
	return ms > 0 ? input.pressed + ms * CLOCK_MS : INT64_MAX;
}

void input_timeout(int64_t now)
{
	if (now < input_deadline() || !input.sequence.len)
		return;
	macros_begin_key();
	give_up();
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

/* readline would wait for whoever writes into it, while the terminal is ours already. */
static void pass_over_waiting_init_file(void)
{
	struct stat status;
	const char *path = getenv("INPUTRC"), *home = getenv("HOME");
	char *own = path && *path ? xstrdup(path) : xasprintf("%s/.inputrc", home ? home : "");
	if (stat(own, &status) == 0 && S_ISFIFO(status.st_mode)) {
		error_print("%s: not a regular file", own);
		setenv("INPUTRC", "/dev/null", 1);
	}
	free(own);
}

void input_start(const struct input_hooks *hooks, int terminal)
{
	input.hooks = *hooks;
	buf_init(&input.queue, SIZE_MAX);
	buf_init(&input.sequence, SIZE_MAX);
	macros_start();
	give_streams(terminal);
	set_variables();
	input_complete_start(&input.hooks);
	input_history_start();
	input_bindings_add(perform);
	pass_over_waiting_init_file();
	rl_initialize();
	rl_tty_set_echoing(1); /* else readline thinks that nobody would hear its bell */
	input_bindings_apply();
	edits_start();
	/* For good: a new one would wipe out a search's. Empty, as some searches show theirs behind
	 * it. */
	rl_callback_handler_install("", take_line);
	input.dirty = true;
}

void input_stop(void)
{
	rl_callback_handler_remove();
	edits_stop();
	macros_stop();
	input_history_stop();
	buf_free(&input.sequence);
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

const char *input_history_line(size_t index)
{
	return input_history_past(index);
}

const struct binding *input_binding(const struct key *key)
{
	bool pressed = key->kind == KEY_TEXT || key->kind == KEY_SEQUENCE;
	return pressed ? row_of(input_bindings_look_up(key->bytes, key->len)) : NULL;
}

void input_print_keys(const struct binding *row, struct buf *out)
{
	input_bindings_print(row, out);
}

bool input_is_searching(void)
{
	return RL_ISSTATE(SEARCHES);
}
