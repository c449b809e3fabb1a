// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/descriptor.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/poller.h"

enum { FIRST_FREE = 10, AFTER_STANDARD = 3, SPARE = 16, READ_SIZE = 64 << 10 };

/* Where the system's own limit has been lowered since, this fails: the soft limit stays. */
void descriptor_raise_limit(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur == limit.rlim_max)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

int descriptor_most(void)
{
	struct rlimit limit;
	bool fewer = getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < FD_SETSIZE;
	return fewer ? (int)limit.rlim_cur : FD_SETSIZE;
}

/* The lowest number that is free; -1 with errno if none is. */
static int find_next(void)
{
	int next = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
	if (next >= 0)
		close(next);
	return next;
}

bool descriptor_few_are_left(void)
{
	return find_next() >= FD_SETSIZE - SPARE;
}

int descriptor_copy(int fd)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, FIRST_FREE);
	if (copy < 0 && (errno == EINVAL || errno == EMFILE))
		copy = fcntl(fd, F_DUPFD_CLOEXEC, AFTER_STANDARD);
	if (copy < 0 && errno == EINVAL)
		errno = EMFILE; /* what a limit of 3 amounts to */
	return copy;
}

int descriptor_watchable(int fd)
{
	if (fd < 0 || poller_fits(fd))
		return fd;
	close(fd);
	errno = EMFILE;
	return -1;
}

int descriptor_move_up(int fd)
{
	int moved = poller_fits(fd) ? fcntl(fd, F_DUPFD_CLOEXEC, FD_SETSIZE) : -1;
	if (moved < 0)
		return fd;
	close(fd);
	return moved;
}

bool descriptor_pipe(int ends[2])
{
	if (pipe(ends) < 0)
		return false;
	for (int i = 0; i < 2; i++)
		fcntl(ends[i], F_SETFD, FD_CLOEXEC);
	if (descriptor_watchable(ends[0]) < 0) {
		close(ends[1]);
		errno = EMFILE;
		return false;
	}
	ends[1] = descriptor_move_up(ends[1]);
	return true;
}

int descriptor_open_regular(const char *path, struct error *error)
{
	struct stat status;
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	int code = fd < 0 ? errno : 0;
	bool known = fd >= 0 && fstat(fd, &status) == 0;
	if (known && S_ISREG(status.st_mode))
		return fd;
	if (known && !S_ISDIR(status.st_mode))
		error_set(error, "%.150s: not a regular file", path);
	else
		descriptor_explain(error, known ? EISDIR : code, path);
	if (fd >= 0)
		close(fd);
	return -1;
}

bool descriptor_read_regular(const char *path, struct buf *out, struct error *error)
{
	int fd = descriptor_open_regular(path, error);
	ssize_t got = fd < 0 ? -1 : 1;
	while (got > 0) {
		char beyond;
		size_t most = out->max - out->len;
		size_t room = most < READ_SIZE ? most : READ_SIZE;
		got = read(fd, room ? buf_reserve(out, room) : &beyond, room ? room : 1);
		if (got < 0)
			error_errno(error, errno, "%.150s", path);
		else if (got > 0 && !room)
			error_usage(error, "%.150s: larger than %zu MiB", path, out->max >> 20);
		if (got > 0 && !room)
			got = -1;
		buf_commit(out, got > 0 ? (size_t)got : 0);
	}
	if (fd >= 0)
		close(fd);
	return got == 0;
}

void descriptor_explain(struct error *error, int code, const char *what)
{
	struct rlimit limit;
	if (code != EMFILE || getrlimit(RLIMIT_NOFILE, &limit) < 0)
		error_errno(error, code, "%.150s", what);
	else if (limit.rlim_cur <= FD_SETSIZE || find_next() < 0)
		error_set(error, "%.150s: no descriptor is left of %llu (ulimit -n)", what,
		          (unsigned long long)limit.rlim_cur);
	else
		error_set(error,
		          "%.150s: no descriptor below %d is left, and select() watches no others",
		          what, FD_SETSIZE);
	error->code = code;
}
