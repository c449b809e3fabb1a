// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/input.h"

#include <assert.h>
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <wchar.h>

#include <readline/readline.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/escape.h"
#include "base/text.h"
#include "ui/byte_escape.h"
#include "ui/input_history.h"
#include "ui/macros.h"

enum {
	SEARCHES = RL_STATE_ISEARCH | RL_STATE_NSEARCH,
	SUBSTATES = SEARCHES | RL_STATE_NUMERICARG | RL_STATE_MULTIKEY | RL_STATE_VIMOTION |
	            RL_STATE_CHARSEARCH,
	SEARCH_MOST = 1024,    /* bytes of a paste that make a search string */
	LINE_MOST = 256 << 20, /* bytes that pastes may make a line grow to */
	KEYS_MOST = 32,        /* characters of a row's usual key */
};

/* What a key is bound to; readline has all three in a pointer to a function. */
struct bound {
	int type; /* ISFUNC, ISKMAP, ISMACR */
	union {
		rl_command_func_t *command; /* NULL: nothing is bound */
		Keymap keymap;
		const char *macro;
	};
};

/* What the last command waits for. */
enum quoting { QUOTING_NONE, QUOTING_CHARACTER, QUOTING_ANY };

/* readline's state is global and its callbacks take no context. */
static struct {
	struct input_hooks hooks;
	struct buf queue; /* a whole key on its way into readline */
	FILE *in, *out;
	bool dirty;
	bool discard; /* the line that is ending is dropped */
	bool pasted;  /* the region is a paste, and nothing came after it */
	bool cut;     /* and its line end was cut off */
	enum quoting quoting;
	struct buf
	        sequence; /* the beginning of a longer key; readline gets it whole or not at all */
	int64_t pressed;  /* instant of its last part */
	char *kept;       /* a line that was not taken: it goes back */
} input;

/* ---- what keys are bound to ---- */

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

static int run_row(size_t index, int key)
{
	const struct binding *row = &binding_table[index];
	perform(row);
	/* Ends the line the ordinary way, so that readline unwinds its history edits and undo
	 * lists; take_line() drops it. Clearing the buffer by hand would leave those, and vi mode,
	 * in disorder. */
	return row->action == BINDING_INTERRUPT ? rl_newline(1, key) : 0;
}

/* readline does not say by which name it calls a function, so each row has its own. */
#define FUNCTION(n)                                                                                \
	static int run_##n(int count, int key)                                                     \
	{                                                                                          \
		(void)count;                                                                       \
		return run_row(n, key);                                                            \
	}
/* clang-format off */
#define EACH_ROW(DO) \
	DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7) DO(8) DO(9) DO(10) DO(11) \
	DO(12) DO(13) DO(14) DO(15) DO(16) DO(17) DO(18) DO(19) DO(20) DO(21) DO(22) DO(23) \
	DO(24) DO(25) DO(26) DO(27) DO(28) DO(29) DO(30) DO(31) DO(32) DO(33) DO(34) DO(35) \
	DO(36) DO(37) DO(38) DO(39) DO(40) DO(41) DO(42) DO(43) DO(44) DO(45) DO(46) DO(47) \
	DO(48) DO(49) DO(50) DO(51) DO(52) DO(53) DO(54) DO(55) DO(56) DO(57) DO(58) DO(59) \
	DO(60) DO(61) DO(62) DO(63)
/* clang-format on */
#define ENTRY(n) run_##n,

EACH_ROW(FUNCTION)
static rl_command_func_t *const functions[] = { EACH_ROW(ENTRY) };

/* With a redisplay function of our own readline does not ask termcap for these, and a user's
 * inputrc replaces the system's, which has them. */
static const struct {
	const char *keys, *function;
} editing_keys[] = {
	{ "\\e[3~", "delete-char" },       { "\\e[2~", "overwrite-mode" },
	{ "\\e[1~", "beginning-of-line" }, { "\\e[4~", "end-of-line" },
	{ "\\e[7~", "beginning-of-line" }, { "\\e[8~", "end-of-line" },
};

static const char *const keymaps[] = { "emacs-standard", "vi-insert", "vi-command" };

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Keys pressed by accident: insert-comment sends the line with a '#' in front, two Escapes are TAB,
 * and the others change the editing mode, with no obvious way back. inputrc can bind them again. */
static void unbind_slips(void)
{
	static const struct {
		const char *keys, *keymap;
	} slips[] = {
		{ "\\e#", "emacs-standard" },     { "#", "vi-command" },
		{ "\\e\\e", "emacs-standard" },   { "\\e\\C-j", "emacs-standard" },
		{ "\\e\\C-m", "emacs-standard" }, { "\\C-e", "vi-command" },
	};
	for (size_t i = 0; i < COUNT(slips); i++)
		rl_bind_keyseq_in_map(slips[i].keys, NULL, rl_get_keymap_by_name(slips[i].keymap));
}

static void define_functions(void)
{
	for (size_t i = 0; binding_table[i].name; i++) {
		assert(i < COUNT(functions));
		rl_add_defun(binding_table[i].name, functions[i], -1);
	}
	unbind_slips();
}

static void free_list(char **list)
{
	for (char **item = list; item && *item; item++)
		free(*item);
	free(list);
}

static int refuse_function(int count, int key)
{
	(void)count;
	(void)key;
	return rl_ding();
}

/* Substitutes for readline's functions. */

static int start_macro(int count, int key)
{
	(void)count;
	(void)key;
	return macros_start_recording(rl_explicit_arg) ? 0 : rl_ding();
}

static int end_macro(int count, int key)
{
	(void)key;
	return macros_end_recording(count) ? 0 : rl_ding();
}

static int call_macro(int count, int key)
{
	(void)key;
	return macros_call_last(count) ? 0 : rl_ding();
}

static int print_macro(int count, int key)
{
	(void)count;
	(void)key;
	struct buf text = { .max = SIZE_MAX };
	const struct buf *recorded = macros_recorded();
	if (!recorded->len)
		return rl_ding();
	escape_encode(buf_data(recorded), recorded->len, &text);
	printf("%s\n", buf_text(&text));
	fflush(stdout);
	buf_free(&text);
	return 0;
}

/* For functions that would read keys in a loop of their own, and for those of macros. */
static rl_command_func_t *find_substitute(rl_command_func_t *command, rl_command_func_t *by_name)
{
	static const struct {
		rl_command_func_t *of, *with;
	} substitutes[] = {
		{ rl_bracketed_paste_begin, refuse_function },
		{ rl_arrow_keys, refuse_function },
		{ rl_skip_csi_sequence, refuse_function },
		{ rl_start_kbd_macro, start_macro },
		{ rl_end_kbd_macro, end_macro },
		{ rl_call_last_kbd_macro, call_macro },
		{ rl_print_last_kbd_macro, print_macro },
	};
	for (size_t i = 0; i < COUNT(substitutes); i++)
		if (substitutes[i].of == command)
			return substitutes[i].with;
	return command == by_name ? refuse_function : command;
}

/* ANYOTHERKEY of a keymap is included. `by_name` runs a function by its name: it is looked up once for
 * all keys, and is NULL before readline 8.3. */
static void substitute(Keymap map, rl_command_func_t *by_name)
{
	for (int key = 0; key < KEYMAP_SIZE; key++) {
		struct bound found = { map[key].type, .command = map[key].function };
		if (found.type == ISFUNC && found.command)
			map[key].function = find_substitute(found.command, by_name);
		else if (found.type == ISKMAP && found.keymap)
			substitute(found.keymap, by_name);
	}
}

/* NULL for none of the binding table. */
static const struct binding *row_of(struct bound found)
{
	if (found.type == ISFUNC)
		for (size_t i = 0; binding_table[i].name; i++)
			if (functions[i] == found.command)
				return &binding_table[i];
	return NULL;
}

/* One walk for all rows: rl_invoking_keyseqs_in_map() for each took most of the time of a start. */
static void note_bound_rows(Keymap map, bool bound[COUNT(functions)])
{
	for (int key = 0; key < KEYMAP_SIZE; key++) {
		struct bound found = { map[key].type, .command = map[key].function };
		if (found.type == ISKMAP && found.keymap)
			note_bound_rows(found.keymap, bound);
		else if (found.command && row_of(found))
			bound[row_of(found) - binding_table] = true;
	}
}

/* inputrc may have given a row's usual key to another row. */
static bool has_row(const char *keys, Keymap map)
{
	int len;
	char bytes[2 * KEYS_MOST];
	struct bound found = { .type = ISFUNC };
	assert(strlen(keys) < KEYS_MOST);
	if (rl_translate_keyseq(keys, bytes, &len))
		return false;
	found.command = rl_function_of_keyseq_len(bytes, (size_t)len, map, &found.type);
	return row_of(found) != NULL;
}

static void bind_ours(Keymap map)
{
	bool bound[COUNT(functions)] = { false };
	note_bound_rows(map, bound);
	for (size_t i = 0; binding_table[i].name; i++)
		for (const char *const *key = binding_table[i].keys; *key && !bound[i]; key++)
			if (!has_row(*key, map))
				rl_bind_keyseq_in_map(*key, functions[i], map);
}

/* Binds each row to its default keys in every keymap in which inputrc does not bind it, and removes
 * functions that cannot work here. May be repeated. */
static void apply_bindings(void)
{
	rl_variable_bind("blink-matching-paren", "off");   /* it waits on the terminal by itself */
	rl_variable_bind("enable-bracketed-paste", "off"); /* searches would read pastes by it */
	rl_command_func_t *by_name = rl_named_function("execute-named-command");
	for (size_t i = 0; i < COUNT(keymaps); i++) {
		Keymap map = rl_get_keymap_by_name(keymaps[i]);
		substitute(map, by_name);
		bind_ours(map);
		for (size_t j = 0; j < COUNT(editing_keys); j++)
			rl_bind_keyseq_if_unbound_in_map(
			        editing_keys[j].keys, rl_named_function(editing_keys[j].function),
			        map);
	}
}

/* In the keymap in force. */
static struct bound look_up(const char *keys, size_t len)
{
	struct bound found = { .type = ISFUNC };
	found.command = rl_function_of_keyseq_len(keys, len, rl_get_keymap(), &found.type);
	return found;
}

/* A function that works on the text around the cursor. */
static bool needs_text(rl_command_func_t *function)
{
	static rl_command_func_t *const for_text[] = {
		rl_backward_word,
		rl_forward_word,
		rl_backward_kill_word,
		rl_kill_word,
		rl_capitalize_word,
		rl_downcase_word,
		rl_upcase_word,
		rl_transpose_words,
		rl_delete_horizontal_space,
		rl_set_mark,
		rl_yank_pop,
		rl_tilde_expand,
		rl_complete,
		rl_possible_completions,
		rl_insert_completions,
	};
	for (size_t i = 0; i < COUNT(for_text); i++)
		if (for_text[i] == function)
			return true;
	return function == rl_revert_line && !rl_undo_list;
}

/* A key that has no effect; on an empty line also one that needs text. */
static bool is_idle(const char *keys, size_t len, bool empty)
{
	struct bound found = look_up(keys, len);
	if (found.command == rl_do_lowercase_version && len == 2) {
		const char lower[] = { keys[0], (char)tolower((unsigned char)keys[1]) };
		found = look_up(lower, len);
	}
	if (!found.command || found.command == refuse_function)
		return true;
	if (found.type == ISKMAP)
		return len == 2 && (keys[1] == '[' || keys[1] == 'O' || keys[1] == ESC);
	return empty && found.type == ISFUNC && needs_text(found.command);
}

/* readline binds vi's ESC to a function without a name, which does nothing. */
static bool does_something(KEYMAP_ENTRY entry)
{
	if (!entry.function || entry.type != ISFUNC)
		return entry.function != NULL;
	for (FUNMAP **named = funmap; named && *named; named++)
		if ((*named)->function == entry.function)
			return true;
	return false;
}

/* ESC itself is bound: by inputrc, or by readline in vi's insert mode. */
static bool has_escape(void)
{
	struct bound found = look_up("\033", 1);
	if (found.type == ISKMAP && found.keymap)
		return does_something(found.keymap[ANYOTHERKEY]);
	return does_something(rl_get_keymap()[ESC]);
}

/* ---- completion ---- */

static char **candidates; /* readline's callbacks take no context */

static char *next_candidate(const char *text, int state)
{
	(void)text;
	(void)state;
	return *candidates ? *candidates++ : NULL;
}

static char *convert(const char *text, void (*into)(const char *text, size_t len, struct buf *out))
{
	struct buf converted = { .max = SIZE_MAX };
	into(text, strlen(text), &converted);
	char *copy = xstrdup(buf_text(&converted));
	buf_free(&converted);
	return copy;
}

static char *to_escapes(const char *bytes)
{
	return convert(bytes, byte_escape_encode);
}

static char *to_bytes(const char *text)
{
	return convert(text, byte_escape_decode);
}

/* The hook gets the line in bytes, where the word has other offsets. */
static char **ask(int start, int end, bool *files)
{
	if (!input.hooks.complete)
		return NULL;
	struct buf line;
	buf_init(&line, SIZE_MAX);
	byte_escape_decode(rl_line_buffer, (size_t)start, &line);
	size_t from = line.len;
	byte_escape_decode(rl_line_buffer + start, (size_t)(end - start), &line);
	size_t to = line.len;
	byte_escape_decode(rl_line_buffer + end, (size_t)(rl_end - end), &line);
	char **list = input.hooks.complete(input.hooks.context, buf_text(&line), from, to, files);
	buf_free(&line);
	for (char **word = list; word && *word; word++) {
		char *bytes = *word;
		*word = to_escapes(bytes);
		free(bytes);
	}
	return list;
}

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

/* The names that begin with this path. readline's own function overruns its memory when names get
 * longer, as those with escapes do. */
static char **list_files(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *prefix = slash ? slash + 1 : path;
	char *front = xstrndup(path, (size_t)(prefix - path));
	char *expanded = tilde_expand(*front ? front : ".");
	char **list = NULL;
	size_t count = 0, cap = 0;
	DIR *directory = opendir(expanded);
	for (struct dirent *entry; directory && (entry = readdir(directory));) {
		if (!is_offered(entry->d_name, prefix, strlen(prefix)))
			continue;
		char *name = xasprintf("%s%s", front, entry->d_name);
		list = xgrow(list, &cap, count + 1, sizeof *list);
		list[count++] = to_escapes(name);
		list[count] = NULL;
		free(name);
	}
	if (directory)
		closedir(directory);
	free(expanded);
	free(front);
	return list;
}

/* Called where readline asks whether a name is a directory. */
static int put_bytes(char **name)
{
	char *bytes = to_bytes(*name);
	bool same = strcmp(bytes, *name) == 0;
	free(*name);
	*name = bytes;
	return !same;
}

/* The common beginning of several names may end within an escape, which would be text then. */
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
		char *path = to_bytes(text);
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
	if (!input.hooks.matches || count <= 0)
		return;
	char **names = xcalloc((size_t)count, sizeof *names);
	for (int i = 0; i < count; i++)
		names[i] = to_bytes(matches[i + 1]);
	input.hooks.matches(input.hooks.context, names, (size_t)count);
	for (int i = 0; i < count; i++)
		free(names[i]);
	free(names);
}

static void start_completion(void)
{
	rl_attempted_completion_function = complete;
	rl_completion_display_matches_hook = show_matches;
	rl_filename_stat_hook = put_bytes;
	rl_basic_word_break_characters = " \t\n";
	rl_completer_word_break_characters = rl_basic_word_break_characters;
	rl_completer_quote_characters = "\"'";
	rl_filename_quote_characters =
	        " \t\n\"'\\"; /* else names with blanks cannot be completed further */
}

/* ---- text that readline can hold ---- */

static size_t ascii_prefix(const char *s, size_t n)
{
	size_t at = 0;
	for (uint64_t word; at + sizeof word <= n; at += sizeof word) {
		memcpy(&word, s + at, sizeof word);
		if (word & UINT64_C(0x8080808080808080))
			break;
	}
	while (at < n && (unsigned char)s[at] < 0x80)
		at++;
	return at;
}

static void escape_byte(int at)
{
	char escape[BYTE_ESCAPE + 1];
	snprintf(escape, sizeof escape, "%cx%02x", BYTE_MARK, (unsigned char)rl_line_buffer[at]);
	int point = rl_point > at ? rl_point + BYTE_ESCAPE - 1 : rl_point;
	rl_delete_text(at, at + 1);
	rl_point = at;
	rl_insert_text(escape);
	rl_point = point;
}

/* Escapes bytes on the line that are no character (byte_escape.h), and moves the cursor out of the
 * middle of one: vi's commands loop forever on such text. It comes from macros of inputrc, and from
 * marks within a character. A NUL, which comes from vi's redo, is dropped. */
static void repair_line(void)
{
	for (const char *nul; (nul = memchr(rl_line_buffer, '\0', (size_t)rl_end));) {
		int at = (int)(nul - rl_line_buffer);
		rl_delete_text(at, at + 1);
		rl_point -= rl_point > at;
	}
	for (int at = 0; at < rl_end;) {
		at += (int)ascii_prefix(rl_line_buffer + at, (size_t)(rl_end - at));
		if (at >= rl_end)
			break;
		mbstate_t state = { 0 };
		size_t len = mbrlen(rl_line_buffer + at, (size_t)(rl_end - at), &state);
		if (len > (size_t)(rl_end - at)) {
			escape_byte(at);
			at += BYTE_ESCAPE;
			continue;
		}
		if (rl_point > at && rl_point < at + (int)len)
			rl_point = at;
		at += (int)len;
	}
}

/* Makes a paste fit for the line: CR and CR LF become LF, other bytes than text are escaped, and a
 * line end at the end is cut off, since Enter sends one. True if it was. */
static bool clean_paste(const char *bytes, size_t len, struct buf *out)
{
	while (len > 0) {
		const char *end = memchr(bytes, '\r', len);
		size_t taken = end ? (size_t)(end - bytes) : len;
		byte_escape_encode(bytes, taken, out);
		if (end) {
			buf_append(out, "\n", 1);
			taken += taken + 1 < len && end[1] == '\n' ? 2 : 1;
		}
		bytes += taken;
		len -= taken;
	}
	bool cut = out->len > 0 && buf_data(out)[out->len - 1] == '\n';
	out->len -= cut;
	return cut;
}

/* Makes a paste fit for a search, which looks for text on one line: control characters become
 * blanks, escapes '?', and at most `most` bytes stay, up to the end of a character. */
static void flatten_paste(struct buf *text, size_t most)
{
	if (text->len == 0)
		return;
	char *bytes = text->memory + text->head;
	size_t len = 0;
	if (text->len > most)
		text->len = text_whole(bytes, most);
	for (size_t at = 0; at < text->len; len++) {
		size_t escape = byte_escape_length(bytes + at, text->len - at);
		unsigned char byte = (unsigned char)bytes[at];
		bytes[len] = escape ? '?' : byte < ' ' || byte == 0x7f ? ' ' : (char)byte;
		at += escape ? escape : 1;
	}
	text->len = len;
}

/* ---- what readline calls ---- */

/* readline should never ask for a byte that is not there. If it does, the end of input ends its
 * loop. */
static int take_byte(FILE *stream)
{
	(void)stream;
	if (!input.queue.len) {
		error_print("readline waits for a key");
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

/* Also readline's own copy. */
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
	input_history_end_line();
	if (line && !discard) {
		bool hidden = hooks->hides && hooks->hides(hooks->context, line);
		struct buf bytes;
		buf_init(&bytes, SIZE_MAX);
		if (!hidden)
			input_history_add(line);
		byte_escape_decode(line, strlen(line), &bytes);
		bool taken =
		        !hooks->line || hooks->line(hooks->context, buf_text(&bytes), bytes.len);
		if (!taken && !hidden && !input.queue.len)
			input.kept = xstrdup(line);
		if (hidden) {
			buf_wipe(&bytes);
			wipe_line(line);
		}
		buf_free(&bytes);
	}
	free(line);
}

/* ---- keys ---- */

static void feed(const char *bytes, size_t len)
{
	buf_append(&input.queue, bytes, len);
	while (input.queue.len)
		rl_callback_read_char();
	if (input.kept) { /* readline begins a new line only after it has given the last away */
		rl_insert_text(input.kept);
		free(input.kept);
		input.kept = NULL;
	}
	if (rl_last_func == rl_re_read_init_file)
		apply_bindings();
}

/* As if `key` had this binding in this keymap. */
static void feed_as(Keymap keymap, char key, KEYMAP_ENTRY binding, const char *bytes, size_t len)
{
	KEYMAP_ENTRY *entry = &keymap[(unsigned char)key], old = *entry;
	*entry = binding;
	feed(bytes, len);
	if (entry->type == binding.type && entry->function == binding.function)
		*entry = old;
}

/* Leaves a search, a count, an unfinished key, by readline's own abort, whatever inputrc has bound
 * to its key. */
static void leave_substate(void)
{
	static const KEYMAP_ENTRY abort = { ISFUNC, rl_abort };
	buf_clear(&input.sequence);
	if (RL_ISSTATE(SUBSTATES))
		feed_as(rl_get_keymap(), '\a', abort, "\a", 1);
}

/* The hit stays. readline itself would look at the key that ends the search again, within one call,
 * and if that key is unbound, jump into a frame that has returned. */
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

/* These commands take the next key as a character. */
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

/* readline keeps a mark that was set between two keys during the next one, as if that had set
 * it. */
static void unmark_paste(void)
{
	if (input.pasted)
		rl_deactivate_mark();
	input.pasted = false;
}

/* To readline. A text stays valid when a valid character is inserted; after anything else it is
 * checked. */
static void pass_on(const char *bytes, size_t len, rl_command_func_t *command)
{
	unmark_paste();
	bool valid = command == rl_insert && !RL_ISSTATE(SUBSTATES) && !input.quoting;
	input_history_before_key(command);
	feed(bytes, len);
	input.quoting = quotes(command);
	if (!valid && !RL_ISSTATE(SUBSTATES) && !input.quoting)
		repair_line();
	input_history_after_key();
}

/* A search backward after one forward has failed: readline would go on at an offset of the last
 * hit, in a shorter line. A new search with the same key looks for the same text. */
static bool turns_failed_search(rl_command_func_t *command)
{
	static const char failed[] = "(failed i-search)";
	return RL_ISSTATE(RL_STATE_ISEARCH) && command == rl_reverse_search_history &&
	       strncmp(rl_display_prompt, failed, sizeof failed - 1) == 0;
}

/* To vi's commands such a count is endless. */
static bool has_negative_count(void)
{
	static const char negative[] = "(arg: -";
	return RL_ISSTATE(RL_STATE_NUMERICARG) &&
	       strncmp(rl_display_prompt, negative, sizeof negative - 1) == 0;
}

static void dispatch(struct bound found, const char *bytes, size_t len)
{
	bool records = macros_are_recording() && macros_depth() == 0;
	const struct binding *row = row_of(found);
	if (found.type == ISMACR) {
		end_search();
		macros_run(found.macro, strlen(found.macro), 1);
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

static bool is_ours(const char *bytes, size_t len)
{
	return row_of(look_up(bytes, len));
}

/* The keys so far are bound, too. */
static bool is_shadowed(const char *bytes, size_t len)
{
	struct bound found = look_up(bytes, len);
	return found.type == ISKMAP && found.keymap && found.keymap[ANYOTHERKEY].function;
}

static bool press_whole(const char *bytes, size_t len);
static void press(const char *bytes, size_t len);
static void run_macros(size_t depth);

/* Runs the command of keys that also begin a longer key. */
static void press_shadowed(const char *bytes, size_t len)
{
	Keymap keymap = len > 1 ? look_up(bytes, len - 1).keymap : rl_get_keymap();
	KEYMAP_ENTRY *entry = &keymap[(unsigned char)bytes[len - 1]], old = *entry;
	KEYMAP_ENTRY shadowed = look_up(bytes, len).keymap[ANYOTHERKEY];
	*entry = shadowed;
	press_whole(bytes, len);
	if (entry->type == shadowed.type && entry->function == shadowed.function)
		*entry = old;
}

/* An unbound key ends what was begun, as in readline. */
static void refuse_key(void)
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

/* The sequence stays incomplete: runs the longest command at its beginning, and then the rest, key
 * by key. False if there is no such command. */
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
		refuse_key();
	run_macros(depth);
	for (size_t at = len; len && at < keys.len; at++)
		press(bytes + at, 1);
	buf_free(&keys);
	return len > 0;
}

/* readline would loop here when the capital letter is bound to nothing else. */
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

/* False if the key is unbound. */
static bool press_whole(const char *bytes, size_t len)
{
	struct bound found = look_up(bytes, len);
	if (!found.command)
		return false;
	if (found.type == ISFUNC && found.command == rl_do_lowercase_version)
		return press_lower(bytes, len);
	if (found.type != ISKMAP) {
		dispatch(found, bytes, len);
		return true;
	}
	/* The beginning of a longer key. A search ends at once: readline would notice only at the
	 * second key. */
	end_search();
	buf_clear(&input.sequence);
	buf_append(&input.sequence, bytes, len);
	input.pressed = clock_now();
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

/* Escape ends a search, a count, an unfinished key; else it is an action. It never begins a longer
 * key. */
static void press_escape(void)
{
	if (RL_ISSTATE(RL_STATE_ISEARCH)) {
		end_search();
	} else if (RL_ISSTATE(SUBSTATES)) {
		leave_substate();
	} else if (!has_escape()) {
		act(BINDING_ESCAPE);
	} else if (is_shadowed("\033", 1)) {
		press_shadowed("\033", 1);
	} else {
		press_whole("\033", 1);
	}
}

/* Two keys in one: tmux holds an Escape back for half a second, and a key pressed meanwhile comes
 * with it, as it would with Alt. They are two if Alt with that key has no effect: a sequence or a
 * key of the binding table on any line, text only on an empty one, so that a slip with Alt does not
 * write. vi's commands are no text. */
static bool is_escape_and_key(const char *bytes, size_t len)
{
	if (!is_sequence(bytes, len))
		return false;
	bool has_one_rest = len == 2 || bytes[1] == '\033' || (unsigned char)bytes[1] >= 0x80;
	if (!has_one_rest)
		return false;
	if (has_escape())
		return !look_up(bytes, len).command;
	bool empty = rl_end == 0 && !RL_ISSTATE(SUBSTATES);
	if (!is_idle(bytes, len, empty))
		return false;
	return empty || is_vi_command() || bytes[1] == '\033' || is_ours(bytes + 1, len - 1);
}

/* A whole sequence is dropped: readline would insert its tail. */
static void press_unbound(const char *bytes, size_t len)
{
	struct bound first = look_up(bytes, 1);
	if (is_sequence(bytes, len) && len > 2)
		return;
	if ((unsigned char)bytes[0] >= 0x80 && first.command)
		pass_on(bytes, len, first.type == ISFUNC ? first.command : NULL);
	else
		refuse_key();
}

/* readline takes this key as a character. */
static bool is_literal(const char *bytes, size_t len)
{
	if (input.quoting == QUOTING_ANY)
		return !is_sequence(bytes, len);
	if (input.quoting || RL_ISSTATE(RL_STATE_CHARSEARCH))
		return true;
	if (RL_ISSTATE(RL_STATE_NSEARCH))
		return bytes[0] != '\033' && !is_ours(bytes, len);
	if (RL_ISSTATE(RL_STATE_ISEARCH))
		return (unsigned char)bytes[0] >= ' ' && bytes[0] != 0x7f;
	return RL_ISSTATE(RL_STATE_NUMERICARG) && len == 1 &&
	       ((bytes[0] >= '0' && bytes[0] <= '9') || bytes[0] == '-');
}

/* Whatever is bound to the key. */
static void press_literally(const char *bytes, size_t len)
{
	static const KEYMAP_ENTRY insert = { ISFUNC, rl_insert };
	bool records = macros_are_recording() && macros_depth() == 0;
	enum quoting quoted = input.quoting;
	if (RL_ISSTATE(RL_STATE_ISEARCH) && len == 1)
		feed_as(rl_get_keymap(), bytes[0], insert, bytes, len);
	else
		pass_on(bytes, len, NULL);
	if (quoted == QUOTING_ANY) /* a negative count would take more of them, and Ctrl-C, too */
		rl_callback_sigcleanup();
	if (records)
		macros_record(bytes, len);
}

/* The next part of a sequence. */
static void press_next(const char *bytes, size_t len)
{
	struct buf keys;
	buf_init(&keys, SIZE_MAX);
	buf_append(&keys, buf_data(&input.sequence), input.sequence.len);
	buf_append(&keys, bytes, len);
	if (look_up(buf_data(&keys), keys.len).command) {
		buf_clear(&input.sequence);
		press_whole(buf_data(&keys), keys.len);
	} else if (give_up() || is_sequence(bytes, len) || is_ours(bytes, len)) {
		press(bytes, len);
	}
	buf_free(&keys);
}

/* A command that waits for a character gives up. */
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

/* A byte that is no character, or the mark of escapes itself; not in a search, which is for text,
 * and not as a command of vi. */
static void insert_byte(char byte)
{
	struct buf text;
	if (RL_ISSTATE(SEARCHES) || is_vi_command()) {
		ring();
		return;
	}
	buf_init(&text, SIZE_MAX);
	byte_escape_encode(&byte, 1, &text);
	unmark_paste();
	stop_quoting();
	leave_substate();
	rl_insert_text(buf_text(&text));
	rl_last_func = rl_insert; /* else TAB after it would count as a second TAB */
	buf_free(&text);
	input.dirty = true;
}

static void press(const char *bytes, size_t len)
{
	bool waits = input.quoting == QUOTING_CHARACTER || RL_ISSTATE(RL_STATE_CHARSEARCH);
	if (waits && (bytes[0] == '\033' || is_ours(bytes, len))) {
		stop_quoting();
		if (is_escape(bytes, len))
			return;
	}
	bool inserts =
	        input.quoting || (!input.sequence.len && look_up(bytes, 1).command == rl_insert);
	if (len == 1 && *bytes == BYTE_MARK && inserts) {
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
	} else if (is_sequence(bytes, len) && len > 2 && look_up(bytes, len).type == ISKMAP) {
		return; /* cut short on its way */
	} else if (!press_whole(bytes, len)) {
		press_unbound(bytes, len);
	}
}

/* With convert-meta, readline reads a byte beyond ASCII as ESC and another byte. */
static void press_key(const char *bytes, size_t len)
{
	if ((unsigned char)bytes[0] < 0x80 || !is_on("convert-meta")) {
		press(bytes, len);
		return;
	}
	for (size_t at = 0; at < len; at++)
		press((const char[]){ '\033', bytes[at] & 0x7f }, 2);
}

/* ---- pastes ---- */

/* If a paste follows another, the line end that was cut off comes between them. */
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

/* A paste is only text: nothing in it is a command, and no line of it is sent. */
static void paste(const char *bytes, size_t len)
{
	struct buf text;
	buf_init(&text, SIZE_MAX);
	bool cut = clean_paste(bytes, len, &text);
	if (RL_ISSTATE(SEARCHES)) {
		flatten_paste(&text, SEARCH_MOST);
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

/* ---- incomplete keys ---- */

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

/* readline only asks the input for the terminal's special characters; its output goes nowhere. */
static void give_streams(int terminal)
{
	int fd = terminal >= 0 ? fcntl(terminal, F_DUPFD_CLOEXEC, 3) : -1;
	input.in = fd >= 0 ? fdopen(fd, "r") : fopen("/dev/null", "re");
	input.out = fopen("/dev/null", "we");
	rl_instream = input.in;
	rl_outstream = input.out ? input.out : stderr;
}

/* Before readline looks at them. */
static void set_variables(void)
{
	rl_readline_name = "sockpit"; /* for $if in inputrc */
	rl_catch_signals = 0;
	rl_catch_sigwinch = 0;
	rl_change_environment = 0; /* or curses keeps the size of the start */
	rl_prep_term_function = NULL;
	rl_deprep_term_function = NULL;
	rl_getc_function = take_byte;
	rl_input_available_hook = has_byte;
	rl_redisplay_function = redisplay;
}

/* readline would wait for a writer of a FIFO, with the terminal in raw mode. */
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
	start_completion();
	input_history_start();
	define_functions();
	pass_over_waiting_init_file();
	rl_initialize();
	rl_tty_set_echoing(1); /* else readline never rings its bell */
	apply_bindings();
	/* A constant prompt, since a new one would replace that of a search; empty, since some
	 * searches show theirs after it. */
	rl_callback_handler_install("", take_line);
	input.dirty = true;
}

void input_stop(void)
{
	rl_callback_handler_remove();
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

/* Nothing is half typed. */
bool input_is_settled(void)
{
	return !input.quoting && !input.sequence.len && !RL_ISSTATE(SUBSTATES);
}

void input_choose_history(const char *name)
{
	if (rl_end == 0 && !input.quoting && !RL_ISSTATE(SUBSTATES))
		input_history_choose(name);
}

bool input_put(const char *text)
{
	if (rl_end > 0 || !input_is_settled())
		return false;
	struct buf escaped = { .max = SIZE_MAX };
	byte_escape_encode(text, strlen(text), &escaped);
	rl_insert_text(buf_text(&escaped));
	buf_free(&escaped);
	input.dirty = true;
	return true;
}

bool input_take_back(const char *text)
{
	if (!input_is_settled() || strcmp(rl_line_buffer, text) != 0)
		return false;
	rl_delete_text(0, rl_end);
	rl_point = 0;
	input.dirty = true;
	return true;
}

bool input_is_sideways(void)
{
	return is_on("horizontal-scroll-mode");
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

const struct binding *input_binding(const struct key *key)
{
	bool pressed = key->kind == KEY_TEXT || key->kind == KEY_SEQUENCE;
	return pressed ? row_of(look_up(key->bytes, key->len)) : NULL;
}

void input_print_keys(const struct binding *row, struct buf *out)
{
	char **keys = rl_invoking_keyseqs(functions[row - binding_table]);
	if (keys)
		binding_print_keys((const char *const *)keys, out);
	free_list(keys);
}

bool input_is_searching(void)
{
	return RL_ISSTATE(SEARCHES);
}
