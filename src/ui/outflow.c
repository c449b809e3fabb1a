// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/outflow.h"

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

/* Opening the pipe anew gives a file description of our own, which may be non-blocking without
 * anybody noticing. */
static int reopen(int fd)
{
	char path[32];
	snprintf(path, sizeof path, "/dev/fd/%d", fd);
	return is_pipe(fd) ? descriptor_watched(open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC)) : -1;
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

void outflow_init(struct outflow *outflow, int fd)
{
	*outflow = (struct outflow){ .fd = fd, .terminal = isatty(fd) };
	buf_init(&outflow->rest, SIZE_MAX);
	buf_init(&outflow->cut, SIZE_MAX);
	widen_pipe(fd);
	int fresh = reopen(fd);
	if (fresh >= 0) {
		outflow->fd = fresh;
		outflow->own = true;
	}
}

void outflow_done(struct outflow *outflow)
{
	if (outflow->own)
		close(outflow->fd);
	buf_free(&outflow->rest);
	buf_free(&outflow->cut);
}

static bool is_passing(int error)
{
	return error == EINTR || error == EAGAIN || error == EWOULDBLOCK;
}

/* How many bytes went; -1 when none ever will. */
static ssize_t put(struct outflow *outflow, const char *data, size_t len)
{
	ssize_t gone = len ? write(outflow->fd, data, len) : 0;
	if (gone < 0 && is_passing(errno))
		return 0;
	if (gone < 0)
		outflow->error = errno;
	return gone;
}

bool outflow_flush(struct outflow *outflow)
{
	ssize_t gone = put(outflow, buf_data(&outflow->rest), outflow->rest.len);
	if (gone > 0)
		buf_consume(&outflow->rest, (size_t)gone);
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

static void make_safe(struct outflow *outflow, const char *data, size_t len)
{
	struct glyph glyph;
	buf_append(&outflow->cut, data, len);
	const char *s = buf_data(&outflow->cut);
	size_t whole = text_whole(s, outflow->cut.len), step;
	for (size_t i = 0; i < whole; i += step) {
		step = plain_bytes(s + i, whole - i);
		if (step) {
			buf_append(&outflow->rest, s + i, step);
			continue;
		}
		step = text_glyph(s + i, whole - i, -1, &glyph);
		append_glyph(&outflow->rest, &glyph);
	}
	buf_consume(&outflow->cut, whole);
}

bool outflow_write(struct outflow *outflow, const char *data, size_t len)
{
	if (outflow->terminal) {
		make_safe(outflow, data, len);
		return outflow_flush(outflow);
	}
	ssize_t gone = outflow->rest.len ? 0 : put(outflow, data, len);
	if (gone < 0)
		return false;
	return buf_append(&outflow->rest, data + gone, len - (size_t)gone);
}

size_t outflow_pending(const struct outflow *outflow)
{
	return outflow->rest.len;
}
