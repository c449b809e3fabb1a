// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/stdio_capture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/descriptor.h"

enum { TEXT_MAX = 64 << 10, CHUNK = 4 << 10 };

static bool keep_found(struct stdio_capture *stdio_capture)
{
	for (int i = 0; i < 2; i++)
		stdio_capture->found[i] = descriptor_move_up(descriptor_copy(i + 1));
	return stdio_capture->found[0] >= 0 && stdio_capture->found[1] >= 0;
}

static void give_found(struct stdio_capture *stdio_capture)
{
	for (int i = 0; i < 2; i++) {
		if (stdio_capture->found[i] < 0)
			continue;
		dup2(stdio_capture->found[i], i + 1);
		close(stdio_capture->found[i]);
		stdio_capture->found[i] = -1;
	}
}

bool stdio_capture_open(struct stdio_capture *stdio_capture, struct error *error)
{
	int ends[2];
	if (!descriptor_pipe(ends)) {
		descriptor_explain(error, errno, "a pipe for standard error");
		return false;
	}
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	fcntl(ends[1], F_SETFL, O_NONBLOCK);
	fflush(stdout);
	bool good = keep_found(stdio_capture) && dup2(ends[1], STDOUT_FILENO) >= 0 &&
	            dup2(ends[1], STDERR_FILENO) >= 0;
	int why = errno;
	close(ends[1]);
	if (!good) {
		give_found(stdio_capture);
		close(ends[0]);
		descriptor_explain(error, why, "taking over standard error");
		return false;
	}
	stdio_capture->fd = ends[0];
	buf_init(&stdio_capture->text, TEXT_MAX);
	return true;
}

void stdio_capture_close(struct stdio_capture *stdio_capture)
{
	fflush(stdout);
	give_found(stdio_capture);
	close(stdio_capture->fd);
	buf_free(&stdio_capture->text);
}

/* Appends a chunk without its bells; true if there were any. */
static bool append_silent(struct buf *text, const char *chunk, size_t len)
{
	bool bell = false;
	for (size_t i = 0; i < len; i++) {
		if (chunk[i] == '\a')
			bell = true;
		else
			buf_append(text, &chunk[i], 1);
	}
	return bell;
}

static void read_more(struct stdio_capture *stdio_capture, bool *bell)
{
	char chunk[CHUNK];
	while (stdio_capture->text.len + sizeof chunk <= TEXT_MAX) {
		ssize_t got = read(stdio_capture->fd, chunk, sizeof chunk);
		if (got <= 0)
			return;
		if (append_silent(&stdio_capture->text, chunk, (size_t)got))
			*bell = true;
	}
}

bool stdio_capture_take(struct stdio_capture *stdio_capture, char *line, size_t size, bool *bell)
{
	read_more(stdio_capture, bell);
	size_t len = stdio_capture->text.len;
	if (len == 0)
		return false;
	const char *text = buf_data(&stdio_capture->text);
	const char *end = memchr(text, '\n', len);
	size_t whole = end ? (size_t)(end - text) : len;
	size_t shown = whole < size ? whole : size - 1;
	memcpy(line, text, shown);
	buf_consume(&stdio_capture->text, shown + (end && shown == whole));
	while (shown > 0 && line[shown - 1] == '\r')
		shown--;
	line[shown] = '\0';
	return true;
}
