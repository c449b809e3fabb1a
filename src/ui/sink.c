// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/descriptor.h"

enum { CHUNK = 16 << 10, KEEP = 1 << 20 };

static int open_unnamed(void)
{
	char name[] = "/tmp/sockpit-XXXXXX";
	int fd = mkostemp(name, O_CLOEXEC);
	if (fd >= 0)
		unlink(name);
	return fd;
}

static int open_file(void)
{
#ifdef MFD_CLOEXEC
	int fd = memfd_create("sockpit frames", MFD_CLOEXEC);
	if (fd >= 0)
		return fd;
#endif
	return open_unnamed();
}

bool sink_open(struct sink *sink, struct error *error)
{
	*sink = (struct sink){ .file = open_file() };
	if (sink->file >= 0)
		return true;
	descriptor_explain(error, errno, "a file for what the screen shows");
	return false;
}

static off_t written(const struct sink *sink)
{
	return lseek(sink->file, 0, SEEK_CUR);
}

size_t sink_waiting(const struct sink *sink)
{
	off_t end = written(sink);
	return end > sink->passed ? (size_t)(end - sink->passed) : 0;
}

/* The memory of an ordinary frame is kept for the next. */
void sink_clear(struct sink *sink)
{
	sink->passed = 0;
	if (lseek(sink->file, 0, SEEK_END) > KEEP && ftruncate(sink->file, 0) < 0)
		return;
	lseek(sink->file, 0, SEEK_SET);
}

static ssize_t pass_chunk(struct sink *sink, off_t end, int out)
{
	char chunk[CHUNK];
	off_t left = end - sink->passed;
	size_t want = left < CHUNK ? (size_t)left : CHUNK;
	ssize_t got = pread(sink->file, chunk, want, sink->passed);
	if (got <= 0) {
		errno = EIO;
		return -1;
	}
	return write(out, chunk, (size_t)got);
}

enum sink_state sink_pass(struct sink *sink, int out)
{
	off_t end = written(sink);
	while (sink->passed < end) {
		ssize_t put = pass_chunk(sink, end, out);
		if (put > 0)
			sink->passed += put;
		else if (put < 0 && errno == EINTR)
			continue;
		else if (put == 0 || errno == EAGAIN || errno == EWOULDBLOCK)
			return SINK_FULL;
		else {
			sink_clear(sink);
			return SINK_GONE;
		}
	}
	if (end > 0)
		sink_clear(sink);
	return SINK_EMPTY;
}
