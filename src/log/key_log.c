// SPDX-License-Identifier: GPL-3.0-or-later
#include "log/key_log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "log/log_file.h"

enum { PENDING = 4 << 20 }; /* most bytes that a descriptor has not taken */

struct key_log {
	struct key_line *lines; /* a ring, NULL before the first: a line is at serial % most */
	size_t most;
	uint64_t newest; /* serial of the newest line, */
	size_t count;    /* and the number of lines up to it that are kept */
	bool on;
	int fd;     /* -1 = none */
	char *path; /* NULL = none */
	struct buf pending;
	bool lost; /* the file has not taken what came */
};

struct key_log *key_log_new(size_t most)
{
	struct key_log *log = xcalloc(1, sizeof *log);
	log->most = most;
	log->fd = -1;
	buf_init(&log->pending, PENDING);
	return log;
}

static void forget_line(struct key_line *line)
{
	buf_wipe(&line->text);
	buf_free(&line->text);
}

static void close_file(struct key_log *log)
{
	if (log->fd >= 0)
		close(log->fd);
	log->fd = -1;
	free(log->path);
	log->path = NULL;
	buf_wipe(&log->pending);
	log->lost = false;
}

static void turn_off(struct key_log *log)
{
	close_file(log);
	for (size_t i = 0; log->lines && i < log->most; i++)
		forget_line(&log->lines[i]);
	log->count = 0;
	log->on = false;
}

void key_log_close(struct key_log *log)
{
	struct error ignored;
	key_log_write(log, &ignored);
	turn_off(log);
}

void key_log_free(struct key_log *log)
{
	key_log_close(log);
	buf_free(&log->pending);
	free(log->lines);
	free(log);
}

bool key_log_open(struct key_log *log, const char *path, bool has_terminal, struct error *error)
{
	struct log_file file;
	struct error ignored;
	if (!*path) {
		error_set(error, "the name of a file is missing");
		return false;
	}
	if (!log_file_open(path, LOG_FILE_SHARE, &file, error))
		return false;
	if (has_terminal && (file.standard || isatty(file.fd))) {
		error_set(error, "%.150s: the terminal shows the sessions", path);
		close(file.fd);
		free(file.path);
		return false;
	}
	if (log->fd >= 0) { /* what waits is for the file before */
		key_log_write(log, &ignored);
		close_file(log);
	}
	log->fd = file.fd;
	log->path = file.path;
	log->on = true;
	if (file.start_len && file.last != '\n') { /* somebody's line has no end */
		struct buf waiting = log->pending;
		buf_init(&log->pending, PENDING);
		buf_append_text(&log->pending, "\n");
		buf_append(&log->pending, buf_data(&waiting), waiting.len);
		buf_wipe(&waiting);
		buf_free(&waiting);
	}
	return true;
}

void key_log_open_later(struct key_log *log)
{
	log->on = true;
}

bool key_log_is_on(const struct key_log *log)
{
	return log && log->on;
}

bool key_log_is_due(const struct key_log *log)
{
	return log->on && log->fd < 0 && log->pending.len;
}

void key_log_add(struct key_log *log, uint32_t session, const char *text)
{
	if (!log->on)
		return;
	if (!log->lines)
		log->lines = xcalloc(log->most, sizeof *log->lines);
	struct key_line *line = &log->lines[++log->newest % log->most];
	forget_line(line);
	*line = (struct key_line){ log->newest, session, { .max = SIZE_MAX } };
	buf_reserve(&line->text, strlen(text) + 1); /* growing would leave copies of it */
	buf_append_text(&line->text, text);
	buf_append_text(&line->text, "\n");
	if (log->count < log->most)
		log->count++;
	if (!buf_append(&log->pending, buf_data(&line->text), line->text.len))
		log->lost = true;
}

/* Short where the file does not take more now. -1 with errno. */
static ssize_t write_some(int fd, const char *bytes, size_t len)
{
	size_t done = 0;
	while (done < len) {
		ssize_t put = write(fd, bytes + done, len - done);
		if (put >= 0)
			done += (size_t)put;
		else if (errno == EAGAIN || errno == EWOULDBLOCK)
			break;
		else if (errno != EINTR)
			return -1;
	}
	return (ssize_t)done;
}

bool key_log_write(struct key_log *log, struct error *error)
{
	if (log->fd < 0 || !log->pending.len)
		return true;
	ssize_t put = write_some(log->fd, buf_data(&log->pending), log->pending.len);
	int code = put < 0 ? errno : log->lost ? ENOBUFS : 0;
	if (!code) {
		if ((size_t)put == log->pending.len)
			buf_wipe(&log->pending);
		else
			buf_consume(&log->pending, (size_t)put);
		return true;
	}
	error_errno(error, code, "key log %.120s", log->path);
	error_append(error, ": closed, and no more keys are written");
	turn_off(log);
	return false;
}

const struct key_line *key_log_after(const struct key_log *log, uint64_t serial)
{
	uint64_t oldest = log->newest - log->count + 1;
	uint64_t next = serial < oldest ? oldest : serial + 1;
	return log->count && next <= log->newest ? &log->lines[next % log->most] : NULL;
}
