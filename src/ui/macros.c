// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/macros.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <readline/readline.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/escape.h"

struct macro {
	struct buf text;
	int repeats;      /* that are still to come after this one */
	struct keys keys; /* what is left of this one */
};

static struct {
	struct macro stack[MACRO_DEPTH_MOST]; /* the last one runs */
	size_t depth;
	size_t keys;  /* that the typed key has run */
	bool aborted; /* what is on the stack is not to go on; its bytes are still in use */
	struct buf recorded;
	bool recording;
	bool last_is_call; /* a recorded macro that calls itself would never end */
} macros;

void macros_start(void)
{
	buf_init(&macros.recorded, SIZE_MAX);
}

static void pop(void)
{
	struct macro *macro = &macros.stack[--macros.depth];
	buf_free(&macro->text);
	keys_free(&macro->keys);
}

void macros_stop(void)
{
	while (macros.depth)
		pop();
	buf_free(&macros.recorded);
	macros.recording = false;
}

void macros_begin_key(void)
{
	macros.keys = 0;
}

void macros_abort(void)
{
	macros.aborted = macros.depth > 0;
	if (macros.recording)
		buf_clear(&macros.recorded);
	macros.recording = false;
}

static void refuse(const char *why)
{
	error_print("macro stopped: %s", why);
	macros_abort();
}

static bool is_running(const char *text, size_t len)
{
	for (size_t i = 0; i < macros.depth; i++) {
		const struct buf *running = &macros.stack[i].text;
		if (running->len == len && memcmp(buf_data(running), text, len) == 0)
			return true;
	}
	return false;
}

static void push(const char *text, size_t len, int count)
{
	if (!len || count < 1 || macros.aborted)
		return;
	if (is_running(text, len)) {
		refuse("it runs itself");
		return;
	}
	if (macros.depth == MACRO_DEPTH_MOST) {
		refuse("more than 16 macros within each other");
		return;
	}
	struct macro *macro = &macros.stack[macros.depth++];
	buf_init(&macro->text, SIZE_MAX);
	buf_append(&macro->text, text, len);
	macro->repeats = count - 1;
	keys_init(&macro->keys);
	keys_feed(&macro->keys, text, len, 0);
}

void macros_run(const char *text)
{
	push(text, strlen(text), 1);
}

/* Nothing follows later: an escape at the end of a macro is one. */
static bool next_of(struct macro *macro, struct key *key)
{
	if (keys_next(&macro->keys, INT64_MAX / 2, key))
		return true;
	if (macro->repeats == 0)
		return false;
	macro->repeats--;
	keys_free(&macro->keys);
	keys_init(&macro->keys);
	keys_feed(&macro->keys, buf_data(&macro->text), macro->text.len, 0);
	return keys_next(&macro->keys, INT64_MAX / 2, key);
}

bool macros_next_key(size_t depth, struct key *key)
{
	if (macros.depth > depth && ++macros.keys > MACRO_KEYS_MOST)
		refuse("more than 65536 keys");
	while (macros.depth > depth) {
		if (!macros.aborted && next_of(&macros.stack[macros.depth - 1], key))
			return true;
		pop();
	}
	macros.aborted &= macros.depth > 0;
	return false;
}

size_t macros_depth(void)
{
	return macros.depth;
}

bool macros_are_recording(void)
{
	return macros.recording;
}

void macros_record(const char *bytes, size_t len)
{
	if (macros.recording && !macros.last_is_call)
		buf_append(&macros.recorded, bytes, len);
	macros.last_is_call = false;
}

/* With a count the old macro runs and is continued. */
int macros_start_recording(int count, int key)
{
	(void)count;
	(void)key;
	if (macros.recording) {
		macros_abort();
		return rl_ding();
	}
	if (rl_explicit_arg)
		push(buf_data(&macros.recorded), macros.recorded.len, 1);
	else
		buf_clear(&macros.recorded);
	macros.recording = true;
	return 0;
}

static void run_recorded(int count)
{
	push(buf_data(&macros.recorded), macros.recorded.len, count);
}

/* The recording was its first run. */
int macros_end_recording(int count, int key)
{
	(void)key;
	if (!macros.recording)
		return rl_ding();
	macros.recording = false;
	run_recorded(count - 1);
	return 0;
}

int macros_call_last(int count, int key)
{
	(void)key;
	macros.last_is_call = macros.recording;
	if (macros.recording || !macros.recorded.len)
		return rl_ding();
	run_recorded(count);
	return 0;
}

int macros_print_last(int count, int key)
{
	(void)count;
	(void)key;
	struct buf text;
	buf_init(&text, SIZE_MAX);
	if (!macros.recorded.len)
		return rl_ding();
	escape_encode(buf_data(&macros.recorded), macros.recorded.len, &text);
	printf("%s\n", buf_text(&text));
	fflush(stdout);
	buf_free(&text);
	return 0;
}
