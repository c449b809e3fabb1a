// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/output_queue.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wchar.h>

#include "base/descriptor.h"
#include "base/text.h"

enum { WIDE_PIPE = 1 << 20 };

static bool is_pipe(int fd)
{
	struct stat status;
	return fstat(fd, &status) == 0 && S_ISFIFO(status.st_mode);
}

/* Opening the pipe again gives a file description of our own, which may be non-blocking without
 * anybody noticing. */
static int reopen(int fd)
{
	char path[32];
	snprintf(path, sizeof path, "/dev/fd/%d", fd);
	return is_pipe(fd) ? descriptor_watchable(open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC))
	                   : -1;
}

void widen_pipe(int fd)
{
#ifdef F_SETPIPE_SZ
	if (is_pipe(fd))
		fcntl(fd, F_SETPIPE_SZ, WIDE_PIPE);
#else
	(void)fd;
#endif
}

void output_queue_init(struct output_queue *output_queue, int fd)
{
	*output_queue = (struct output_queue){ .fd = fd, .given = fd, .terminal = isatty(fd) };
	buf_init(&output_queue->rest, SIZE_MAX);
	buf_init(&output_queue->cut, SIZE_MAX);
	widen_pipe(fd);
	int fresh = reopen(fd);
	if (fresh >= 0) {
		output_queue->fd = fresh;
		output_queue->own = true;
	}
}

void output_queue_done(struct output_queue *output_queue)
{
	if (output_queue->own)
		close(output_queue->fd);
	buf_free(&output_queue->rest);
	buf_free(&output_queue->cut);
}

void output_queue_close(struct output_queue *output_queue)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (null < 0)
		return;
	dup2(null, output_queue->given);
	close(null);
	if (output_queue->own)
		close(output_queue->fd);
	output_queue->own = false;
	output_queue->fd = output_queue->given;
}

static bool is_passing(int error)
{
	return error == EINTR || error == EAGAIN || error == EWOULDBLOCK;
}

/* How many bytes went; -1 when none ever will. */
static ssize_t put(struct output_queue *output_queue, const char *data, size_t len)
{
	ssize_t gone = len ? write(output_queue->fd, data, len) : 0;
	if (gone < 0 && is_passing(errno))
		return 0;
	if (gone < 0)
		output_queue->error = errno;
	return gone;
}

bool output_queue_flush(struct output_queue *output_queue)
{
	ssize_t gone = put(output_queue, buf_data(&output_queue->rest), output_queue->rest.len);
	if (gone > 0)
		buf_consume(&output_queue->rest, (size_t)gone);
	return gone >= 0;
}

static void append_glyph(struct buf *out, const struct glyph *glyph)
{
	char bytes[64]; /* more than MB_LEN_MAX */
	mbstate_t state = { 0 };
	for (int i = 0; i < glyph->count; i++) {
		size_t len = wcrtomb(bytes, glyph->chars[i], &state);
		if (len != (size_t)-1)
			buf_append(out, bytes, len);
	}
}

/* A carriage return before a line feed is the line end of half the protocols, and harmless. */
static size_t plain_bytes(const char *s, size_t n)
{
	if (*s == '\n' || *s == '\t')
		return 1;
	return n >= 2 && s[0] == '\r' && s[1] == '\n' ? 2 : 0;
}

static void make_safe(struct output_queue *output_queue, const char *data, size_t len)
{
	struct glyph glyph;
	buf_append(&output_queue->cut, data, len);
	const char *s = buf_data(&output_queue->cut);
	size_t whole = text_whole(s, output_queue->cut.len), step;
	for (size_t i = 0; i < whole; i += step) {
		step = plain_bytes(s + i, whole - i);
		if (step) {
			buf_append(&output_queue->rest, s + i, step);
			continue;
		}
		step = text_glyph(s + i, whole - i, -1, &glyph);
		append_glyph(&output_queue->rest, &glyph);
	}
	buf_consume(&output_queue->cut, whole);
}

bool output_queue_end(struct output_queue *output_queue)
{
	struct glyph glyph;
	struct buf *cut = &output_queue->cut;
	for (size_t step; cut->len; buf_consume(cut, step)) {
		step = text_glyph(buf_data(cut), cut->len, -1, &glyph);
		append_glyph(&output_queue->rest, &glyph);
	}
	return output_queue_flush(output_queue);
}

bool output_queue_write(struct output_queue *output_queue, const char *data, size_t len)
{
	if (output_queue->terminal) {
		make_safe(output_queue, data, len);
		return output_queue_flush(output_queue);
	}
	ssize_t gone = output_queue->rest.len ? 0 : put(output_queue, data, len);
	if (gone < 0)
		return false;
	return buf_append(&output_queue->rest, data + gone, len - (size_t)gone);
}

void output_queue_add(struct output_queue *output_queue, const char *data, size_t len)
{
	buf_append(&output_queue->rest, data, len);
}

size_t output_queue_pending(const struct output_queue *output_queue)
{
	return output_queue->rest.len;
}
