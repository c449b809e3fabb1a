// SPDX-License-Identifier: GPL-3.0-or-later
/* Fuzzes readline behind input: every command of readline, in emacs and in vi mode, over a history,
 * with macros that call each other. A byte is a key of its own, but for those above 127: they stand
 * for sequences, whole lines, pastes, the passing of time, and commands that have no key. readline
 * is one per process, so what one input leaves behind is put back as far as readline allows. */
#include "ui/input.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include <readline/history.h>
#include <readline/readline.h>

#include "base/alloc.h"
#include "base/clock.h"

enum {
	KEYS_MOST = 2000,
	VI = 1,
	REVERTS = 2,
	SHOWS_REGION = 4,
	KEEPS_POINT = 8,
	CONVERTS_META = 16,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* readline does not free what a search was that something else ended. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "detect_leaks=0";
}

static struct keys keys;
static int64_t now = CLOCK_S;
static const char **names; /* of readline's commands */
static size_t name_count;

/* Those from 128 on. */
static const char *const tokens[] = {
	"\033[A",
	"\033[B",
	"\033[C",
	"\033[D",
	"\033[5~",
	"\033[99~",
	"\033",
	"\033\r",
	"\033<",
	"\033>",
	"\033p",
	"\033n",
	"\022",
	"\023",
	"\022a",
	"\022b\022",
	"\003",
	"\r",
	"one\r",
	"ab ab\r",
	"/help b\r",
	"한글 b\r",
	"\033[200~b\nc 한\033[201~",
	"\030(",
	"\030)",
	"\030e",
	"\030",
	"\030\022",
	"\030\025",
	"\025",
	"\037",
	"\033r",
	"\0333",
	"\033-",
	"\024",
	"\007",
	"?b\r",
	"/a\r",
	"n",
	"N",
	"j",
	"k",
	"G",
	"A",
	"cw",
	"d",
	"u",
	"U",
	".",
	"R",
	"r한",
	"\026",
	"\t",
	"\xed\x95\x9c",
	"\xed\x95",
	"\033.",
	"\033\033[D",
	"qx",
	"qq",
};

/* What can go wrong with each is that it ends within a sequence, or calls another, or itself. */
static const char *const bindings[] = {
	"\"\\C-t\": \"\\C-r\\C-x\"",
	"\"\\C-xt\": \"a\\C-xt\"",
	"\"q\": \"one\\C-x\"",
	"\"qq\": \"two\\e\"",
	"\"\\C-xa\": \"\\C-xb\\C-r\"",
	"\"\\C-xb\": \"\\C-xa\\C-x\"",
	"\"\\C-xd\": \"\\e3\\C-x(\\C-xe\"",
	"\"\\C-xf\": \"\\C-p\\C-x\\C-g\\e\"",
	"\"\\C-xs\": reverse-search-history",
	"\"\\C-xn\": \"?b\\njA\"",
	"\"\\ea\": \"\\eb\\ea\"",
	"\"\\C-o\": \"\\C-p\\C-x\\C-s\"",
	"\"jk\": vi-movement-mode",
};

static void bind_all(const char *keymap)
{
	char line[128];
	snprintf(line, sizeof line, "set keymap %s", keymap);
	rl_parse_and_bind(line);
	for (size_t i = 0; i < name_count; i++) {
		snprintf(line, sizeof line, "\"\\e[%zu;9~\": %s", i, names[i]);
		rl_parse_and_bind(line);
	}
	for (size_t i = 0; i < sizeof bindings / sizeof *bindings; i++) {
		snprintf(line, sizeof line, "%s", bindings[i]);
		rl_parse_and_bind(line);
	}
}

static char **offer(void *context, const char *line, size_t start, size_t end, bool *files)
{
	(void)context;
	(void)line;
	*files = false;
	if ((start + end) % 3 == 0)
		return NULL;
	char **list = xcalloc(4, sizeof *list);
	list[0] = xstrdup("/help");
	list[1] = xstrdup("/history");
	list[2] = (start + end) % 3 == 1 ? xstrdup("/h한\xed\x95") : NULL;
	return list;
}

static void set(const char *name, bool on)
{
	rl_variable_bind(name, on ? "on" : "off");
}

static void start_once(void)
{
	static const struct input_hooks hooks = { .complete = offer };
	if (names)
		return;
	setlocale(LC_ALL, "C.UTF-8");
	setenv("INPUTRC", "/dev/null", 1);
	unsetenv("XDG_STATE_HOME");
	unsetenv("HOME");
	input_start(&hooks, -1);
	rl_variable_bind("bell-style", "none");
	names = rl_funmap_names();
	while (names[name_count])
		name_count++;
	static const char *const keymaps[] = { "vi-command", "vi-insert", "emacs" };
	for (size_t i = 0; i < sizeof keymaps / sizeof *keymaps; i++)
		bind_all(keymaps[i]);
	/* re-read-init-file: what cannot work here is taken away again */
	input_key(&(struct key){ .kind = KEY_TEXT, .bytes = "\030", .len = 1 });
	input_key(&(struct key){ .kind = KEY_TEXT, .bytes = "\022", .len = 1 });
}

static void take_keys(void)
{
	struct key key;
	while (keys_next(&keys, now, &key))
		input_key(&key);
}

static void type(const char *bytes, size_t len)
{
	keys_feed(&keys, bytes, len, now);
	take_keys();
}

static void pass_time(void)
{
	now += 10 * CLOCK_S;
	take_keys();
	int64_t deadline = input_deadline();
	if (deadline != INT64_MAX)
		input_timeout(deadline);
}

static void check(void)
{
	struct line line = input_line("");
	bool consistent = line.point <= line.len && line.mark_from <= line.mark_to &&
	                  line.text[line.len] == '\0' && input_deadline() > 0;
	if (!consistent)
		abort();
}

/* A count of a million takes its time with every command, and finds no more than one of a hundred. */
static bool is_large_count(const uint8_t *data, const uint8_t *begin)
{
	enum { DIGITS_MOST = 3 };
	size_t digits = 0;
	while (data >= begin && *data >= '0' && *data <= '9' && digits <= DIGITS_MOST) {
		digits++;
		data--;
	}
	return digits > DIGITS_MOST;
}

static size_t take_one(const uint8_t *data, size_t size)
{
	char command[32];
	size_t token = *data - 128u;
	if (*data < 128) {
		char byte = (char)*data;
		type(&byte, 1);
	} else if (token < sizeof tokens / sizeof *tokens) {
		type(tokens[token], strlen(tokens[token]));
	} else if (*data < 224 || size < 2) {
		pass_time();
	} else {
		int len = snprintf(command, sizeof command, "\033[%zu;9~", data[1] % name_count);
		type(command, (size_t)len);
		return 2;
	}
	return 1;
}

/* Back to where it started, but for the kill ring and what was searched for last. */
static void put_back(void)
{
	pass_time();
	type("\033", 1);
	pass_time();
	type("\a\003\a\003", 4);
	struct line line = input_line("");
	if (line.len || line.prompt[0] || RL_ISSTATE(RL_STATE_ISEARCH | RL_STATE_NSEARCH))
		abort();
	keys_free(&keys);
	while (history_length > 0)
		free_history_entry(remove_history(history_length - 1));
	using_history();
	rl_variable_bind("editing-mode", "emacs");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	start_once();
	keys_init(&keys);
	set("revert-all-at-newline", *data & REVERTS);
	set("enable-active-region", *data & SHOWS_REGION);
	set("history-preserve-point", *data & KEEPS_POINT);
	set("convert-meta", *data & CONVERTS_META);
	rl_variable_bind("editing-mode", *data & VI ? "vi" : "emacs");
	for (size_t at = 1, count = 0; at < size && count < KEYS_MOST; count++) {
		at += is_large_count(data + at, data + 1) ? 1 : take_one(data + at, size - at);
		check();
	}
	put_back();
	return 0;
}
