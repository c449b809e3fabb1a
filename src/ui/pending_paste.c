// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pending_paste.h"

#include <stdio.h>
#include <string.h>

#include "base/count.h"

void pending_paste_init(struct pending_paste *pending_paste, size_t max)
{
	*pending_paste = (struct pending_paste){ 0 };
	buf_init(&pending_paste->text, max);
}

void pending_paste_free(struct pending_paste *pending_paste)
{
	buf_free(&pending_paste->text);
}

void pending_paste_clear(struct pending_paste *pending_paste)
{
	size_t max = pending_paste->text.max;
	buf_free(&pending_paste->text);
	pending_paste_init(pending_paste, max);
}

/* The room for all of it has been made: nothing here fails. */
static void add_normalised(struct pending_paste *pending_paste, const char *bytes, size_t len)
{
	if (pending_paste->cut_return && bytes[0] == '\n') {
		bytes++;
		len--;
	}
	while (len > 0) {
		const char *end = memchr(bytes, '\r', len);
		size_t plain = end ? (size_t)(end - bytes) : len;
		buf_append(&pending_paste->text, bytes, plain);
		if (!end)
			return;
		buf_append(&pending_paste->text, "\n", 1);
		size_t used = plain + (plain + 1 < len && end[1] == '\n' ? 2 : 1);
		bytes += used;
		len -= used;
	}
}

bool pending_paste_add(struct pending_paste *pending_paste, const char *bytes, size_t len)
{
	if (len == 0)
		return true;
	if (!buf_reserve(&pending_paste->text, len))
		return false;
	add_normalised(pending_paste, bytes, len);
	pending_paste->cut_return = bytes[len - 1] == '\r';
	pending_paste->commands =
	        pending_paste_has_commands(buf_data(&pending_paste->text), pending_paste->text.len);
	pending_paste->lines =
	        pending_paste_count_lines(buf_data(&pending_paste->text), pending_paste->text.len);
	return true;
}

bool pending_paste_has_lines(const char *text, size_t len)
{
	bool feed = len > 0 && text[len - 1] == '\n';
	len -= feed;
	len -= len > 0 && text[len - 1] == '\r';
	return memchr(text, '\n', len) || memchr(text, '\r', len);
}

bool pending_paste_has_commands(const char *text, size_t len)
{
	size_t at = 0;
	while (at < len && (text[at] == ' ' || (text[at] >= '\t' && text[at] <= '\r')))
		at++;
	return at < len && text[at] == '/' && pending_paste_has_lines(text, len);
}

size_t pending_paste_count_lines(const char *text, size_t len)
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

const char *pending_paste_describe(size_t lines, size_t bytes, char out[PENDING_PASTE_TEXT])
{
	char size[COUNT_TEXT];
	snprintf(out, PENDING_PASTE_TEXT, "%zu line%s, %s", lines, count_plural(lines),
	         count_format_bytes(bytes, size));
	return out;
}
