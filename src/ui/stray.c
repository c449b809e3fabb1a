// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/stray.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/descriptor.h"

enum { TEXT_MAX = 64 << 10, CHUNK = 4 << 10 };

static bool keep_found(struct stray *stray)
{
	for (int i = 0; i < 2; i++)
		stray->found[i] = descriptor_copy(i + 1);
	return stray->found[0] >= 0 && stray->found[1] >= 0;
}

static void give_found(struct stray *stray)
{
	for (int i = 0; i < 2; i++) {
		if (stray->found[i] < 0)
			continue;
		dup2(stray->found[i], i + 1);
		close(stray->found[i]);
		stray->found[i] = -1;
	}
}

bool stray_open(struct stray *stray, struct error *error)
{
	int ends[2];
	if (!descriptor_pipe(ends)) {
		descriptor_explain(error, errno, "a pipe for standard error");
		return false;
	}
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	fcntl(ends[1], F_SETFL, O_NONBLOCK);
	fflush(stdout);
	bool good = keep_found(stray) && dup2(ends[1], STDOUT_FILENO) >= 0 &&
	            dup2(ends[1], STDERR_FILENO) >= 0;
	int why = errno;
	close(ends[1]);
	if (!good) {
		give_found(stray);
		close(ends[0]);
		descriptor_explain(error, why, "taking over standard error");
		return false;
	}
	stray->fd = ends[0];
	buf_init(&stray->text, TEXT_MAX);
	return true;
}

void stray_close(struct stray *stray)
{
	fflush(stdout);
	give_found(stray);
	close(stray->fd);
	buf_free(&stray->text);
}

/* Appends without bells; whether there were any. */
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

static void read_more(struct stray *stray, bool *bell)
{
	char chunk[CHUNK];
	while (stray->text.len + sizeof chunk <= TEXT_MAX) {
		ssize_t got = read(stray->fd, chunk, sizeof chunk);
		if (got <= 0)
			return;
		if (append_silent(&stray->text, chunk, (size_t)got))
			*bell = true;
	}
}

bool stray_take(struct stray *stray, char *line, size_t size, bool *bell)
{
	read_more(stray, bell);
	size_t len = stray->text.len;
	if (len == 0)
		return false;
	const char *text = buf_data(&stray->text);
	const char *end = memchr(text, '\n', len);
	size_t whole = end ? (size_t)(end - text) : len;
	size_t shown = whole < size ? whole : size - 1;
	memcpy(line, text, shown);
	buf_consume(&stray->text, shown + (end && shown == whole));
	while (shown > 0 && line[shown - 1] == '\r')
		shown--;
	line[shown] = '\0';
	return true;
}
