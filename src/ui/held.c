// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/held.h"

#include <stdio.h>
#include <string.h>

#include "base/count.h"

void held_init(struct held *held, size_t max)
{
	*held = (struct held){ 0 };
	buf_init(&held->text, max);
}

void held_free(struct held *held)
{
	buf_free(&held->text);
}

void held_clear(struct held *held)
{
	size_t max = held->text.max;
	buf_free(&held->text);
	held_init(held, max);
}

/* The room for all of it has been made: nothing here fails. */
static void add_normalised(struct held *held, const char *bytes, size_t len)
{
	if (held->cut_return && bytes[0] == '\n') {
		bytes++;
		len--;
	}
	while (len > 0) {
		const char *end = memchr(bytes, '\r', len);
		size_t plain = end ? (size_t)(end - bytes) : len;
		buf_append(&held->text, bytes, plain);
		if (!end)
			return;
		buf_append(&held->text, "\n", 1);
		size_t used = plain + (plain + 1 < len && end[1] == '\n' ? 2 : 1);
		bytes += used;
		len -= used;
	}
}

bool held_add(struct held *held, const char *bytes, size_t len)
{
	if (len == 0)
		return true;
	if (!buf_reserve(&held->text, len))
		return false;
	add_normalised(held, bytes, len);
	held->cut_return = bytes[len - 1] == '\r';
	held->commands = held_are_commands(buf_data(&held->text), held->text.len);
	held->lines = held_count_lines(buf_data(&held->text), held->text.len);
	return true;
}

bool held_are_lines(const char *text, size_t len)
{
	bool feed = len > 0 && text[len - 1] == '\n';
	len -= feed;
	len -= len > 0 && text[len - 1] == '\r';
	return memchr(text, '\n', len) || memchr(text, '\r', len);
}

bool held_are_commands(const char *text, size_t len)
{
	size_t at = 0;
	while (at < len && (text[at] == ' ' || (text[at] >= '\t' && text[at] <= '\r')))
		at++;
	return at < len && text[at] == '/' && held_are_lines(text, len);
}

size_t held_count_lines(const char *text, size_t len)
{
	size_t lines = 0;
	while (len > 0) {
		const char *end = memchr(text, '\n', len);
		size_t used = end ? (size_t)(end - text) + 1 : len;
		text += used;
		len -= used;
		lines++;
	}
	return lines;
}

const char *held_describe(size_t lines, size_t bytes, char out[HELD_TEXT])
{
	char size[COUNT_TEXT];
	snprintf(out, HELD_TEXT, "%zu line%s, %s byte%s", lines, lines == 1 ? "" : "s",
	         count_format(bytes, size), bytes == 1 ? "" : "s");
	return out;
}
