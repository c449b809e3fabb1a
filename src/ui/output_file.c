// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/output_file.h"

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

bool output_file_open(struct output_file *output_file, struct error *error)
{
	*output_file = (struct output_file){ .file = open_file() };
	if (output_file->file >= 0)
		return true;
	descriptor_explain(error, errno, "a file for what the screen shows");
	return false;
}

static off_t written(const struct output_file *output_file)
{
	return lseek(output_file->file, 0, SEEK_CUR);
}

size_t output_file_waiting(const struct output_file *output_file)
{
	off_t end = written(output_file);
	return end > output_file->passed ? (size_t)(end - output_file->passed) : 0;
}

/* The memory of an ordinary frame is kept for the next. */
void output_file_clear(struct output_file *output_file)
{
	output_file->passed = 0;
	if (lseek(output_file->file, 0, SEEK_END) > KEEP && ftruncate(output_file->file, 0) < 0)
		return;
	lseek(output_file->file, 0, SEEK_SET);
}

static ssize_t pass_chunk(struct output_file *output_file, off_t end, int out)
{
	char chunk[CHUNK];
	off_t left = end - output_file->passed;
	size_t want = left < CHUNK ? (size_t)left : CHUNK;
	ssize_t got = pread(output_file->file, chunk, want, output_file->passed);
	if (got <= 0) {
		errno = EIO;
		return -1;
	}
	return write(out, chunk, (size_t)got);
}

enum output_file_state output_file_pass(struct output_file *output_file, int out)
{
	off_t end = written(output_file);
	while (output_file->passed < end) {
		ssize_t put = pass_chunk(output_file, end, out);
		if (put > 0)
			output_file->passed += put;
		else if (put < 0 && errno == EINTR)
			continue;
		else if (put == 0 || errno == EAGAIN || errno == EWOULDBLOCK)
			return OUTPUT_FILE_FULL;
		else {
			output_file_clear(output_file);
			return OUTPUT_FILE_GONE;
		}
	}
	if (end > 0)
		output_file_clear(output_file);
	return OUTPUT_FILE_EMPTY;
}
