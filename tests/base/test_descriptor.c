// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/descriptor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <unistd.h>

#include "support/tap.h"

static void allow(rlim_t count)
{
	struct rlimit limit;
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = count;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static bool is_private(int fd)
{
	return fcntl(fd, F_GETFD) & FD_CLOEXEC;
}

static void copies(void)
{
	int copy = descriptor_copy(STDIN_FILENO);
	ok(copy >= 10 && is_private(copy), "a copy is out of the way, and for us alone");
	close(copy);
	allow(8);
	copy = descriptor_copy(STDIN_FILENO);
	ok(copy >= 3 && copy < 8, "or as low as the limit wants it");
	close(copy);
	allow(3);
	is_int(descriptor_copy(STDIN_FILENO), -1, "none where none is allowed");
	is_int(errno, EMFILE, "because of the limit");
	allow(FD_SETSIZE);
	ok(descriptor_copy(-1) < 0 && errno == EBADF, "nor of what is no descriptor");
}

static void raises(void)
{
	struct rlimit limit;
	getrlimit(RLIMIT_NOFILE, &limit);
	rlim_t hard = limit.rlim_max;
	allow(64);
	descriptor_raise_limit();
	getrlimit(RLIMIT_NOFILE, &limit);
	ok(limit.rlim_cur == hard && limit.rlim_max == hard, "the soft limit becomes the hard one");
	is_int(descriptor_most(), hard < FD_SETSIZE ? (int)hard : FD_SETSIZE, "select() watches no more than it can");
	allow(64);
	is_int(descriptor_most(), 64, "and no more than there are");
	int fd = dup(STDIN_FILENO);
	is_int(descriptor_move_up(fd), fd, "where no number is high enough a descriptor stays what it is");
	close(fd);
	errno = ENOENT;
	ok(descriptor_move_up(-1) == -1 && errno == ENOENT, "what has failed keeps its reason");
	descriptor_raise_limit();
}

static void explains(void)
{
	struct error error;
	allow(8);
	descriptor_explain(&error, EMFILE, "opening");
	is_text(error.text, "opening: no descriptor is left of 8 (ulimit -n)", "a limit is named");
	is_int(error.code, EMFILE, "with the code");
	allow(FD_SETSIZE);
	descriptor_explain(&error, ENOENT, "opening");
	is_text(error.text, "opening: no such file or directory", "other reasons are their own");
}

/* Where the hard limit lets a process have descriptors that select() cannot watch. */
static void watches(void)
{
	struct rlimit limit;
	getrlimit(RLIMIT_NOFILE, &limit);
	if (limit.rlim_max <= FD_SETSIZE + 10) {
		tap_skip("the hard limit is too low");
		return;
	}
	allow(FD_SETSIZE + 10);
	struct error error;
	descriptor_explain(&error, EMFILE, "opening");
	ok(strstr(error.text, "no descriptor below 1024 is left, and select() watches no others"),
	   "select() is named where it is the limit");
	int fd = dup(STDIN_FILENO);
	is_int(descriptor_watchable(fd), fd, "a low one can be watched");
	close(fd);
	int high = fcntl(STDIN_FILENO, F_DUPFD, FD_SETSIZE);
	is_int(descriptor_watchable(high), -1, "a high one cannot");
	is_int(errno, EMFILE, "as if there were none");
	ok(fcntl(high, F_GETFD) < 0, "and is closed");
	errno = ENOENT;
	ok(descriptor_watchable(-1) < 0 && errno == ENOENT, "what has failed keeps its reason");
	int low = dup(STDIN_FILENO), moved = descriptor_move_up(low);
	ok(moved >= FD_SETSIZE && is_private(moved) && fcntl(low, F_GETFD) < 0, "one that nobody waits for leaves its number free");
	is_int(descriptor_move_up(moved), moved, "once");
	close(moved);
	ok(!descriptor_few_are_left(), "while there are low ones they come first");
	int filler[FD_SETSIZE], count = 0;
	bool known = false;
	while (count < FD_SETSIZE) {
		int next = dup(STDIN_FILENO);
		if (next == FD_SETSIZE - 10)
			known = descriptor_few_are_left();
		if (next >= FD_SETSIZE) {
			close(next);
			break;
		}
		filler[count++] = next;
	}
	ok(known, "when there are few that is known");
	ok(descriptor_few_are_left(), "and when there are none");
	allow(FD_SETSIZE);
	ok(!descriptor_few_are_left(), "which is no matter of the limit");
	descriptor_explain(&error, EMFILE, "opening");
	is_text(error.text, "opening: no descriptor is left of 1024 (ulimit -n)", "nor is it said to be");
	allow(FD_SETSIZE + 10);
	int ends[2];
	ok(!descriptor_pipe(ends) && errno == EMFILE, "a pipe that cannot be watched is none");
	int after = dup(STDIN_FILENO);
	is_int(after, FD_SETSIZE, "and leaves nothing open");
	close(after);
	close(filler[--count]);
	ok(descriptor_pipe(ends), "its reading end must be low");
	ok(is_private(ends[0]) && is_private(ends[1]), "and both are for us alone");
	ok(ends[0] < FD_SETSIZE && ends[1] >= FD_SETSIZE, "the other one is out of the way");
	close(ends[0]);
	close(ends[1]);
	while (count > 0)
		close(filler[--count]);
}

static void reads(void)
{
	struct error error;
	struct buf bytes = { .max = 2 << 20 };
	char path[] = "/tmp/descriptor.XXXXXX", block[4096];
	int fd = mkstemp(path);
	memset(block, 'a', sizeof block);
	for (int i = 0; i < 512; i++)
		if (write(fd, block, sizeof block) < 0)
			break;
	ok(descriptor_read_regular(path, &bytes, &error), "a file as large as the ceiling is read");
	is_int((long)bytes.len, 2 << 20, "whole");
	buf_clear(&bytes);
	ok(write(fd, block, 1) == 1 && !descriptor_read_regular(path, &bytes, &error),
	   "one byte more is too much");
	ok(strstr(error.text, ": larger than 2 MiB"), "which is said");
	ok(!descriptor_read_regular("/dev/null", &bytes, &error) &&
	           strstr(error.text, "not a regular file"),
	   "what is no regular file is not read");
	close(fd);
	unlink(path);
	buf_free(&bytes);
}

int main(void)
{
	tap_watchdog(30);
	reads();
	raises();
	copies();
	explains();
	watches();
	return tap_done();
}
