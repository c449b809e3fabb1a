// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/macros.h"

#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "base/error.h"

struct macro {
	struct buf text;
	int repeats;      /* after this run */
	struct keys keys; /* the rest of this run */
};

static struct {
	struct macro stack[MACRO_DEPTH_MOST]; /* the last one runs */
	size_t depth;
	size_t keys;  /* run by the typed key */
	bool aborted; /* the macros on the stack end, but their bytes are in use */
	struct buf recorded;
	bool recording;
	bool last_is_call; /* is not recorded: a macro that calls itself would never end */
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

void macros_run(const char *text, size_t len, int count)
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

/* No bytes follow later: an ESC at the end of a macro is a key. */
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

bool macros_start_recording(bool append)
{
	if (macros.recording) {
		macros_abort();
		return false;
	}
	if (append)
		macros_run(buf_data(&macros.recorded), macros.recorded.len, 1);
	else
		buf_clear(&macros.recorded);
	macros.recording = true;
	return true;
}

bool macros_end_recording(int count)
{
	if (!macros.recording)
		return false;
	macros.recording = false;
	macros_run(buf_data(&macros.recorded), macros.recorded.len, count - 1);
	return true;
}

bool macros_call_last(int count)
{
	macros.last_is_call = macros.recording;
	if (macros.recording || !macros.recorded.len)
		return false;
	macros_run(buf_data(&macros.recorded), macros.recorded.len, count);
	return true;
}

const struct buf *macros_recorded(void)
{
	return &macros.recorded;
}
