// SPDX-License-Identifier: GPL-3.0-or-later
#include "log/log_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/descriptor.h"
#include "base/home.h"

/* The number of the descriptor that a path names; -1 = none. */
static int named_descriptor(const char *path)
{
	static const char *const folders[] = { "/dev/fd/", "/proc/self/fd/" };
	if (strcmp(path, "/dev/stdout") == 0)
		return STDOUT_FILENO;
	if (strcmp(path, "/dev/stderr") == 0)
		return STDERR_FILENO;
	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
		size_t len = strlen(folders[i]);
		const char *digits = path + len;
		if (strncmp(path, folders[i], len) == 0 && *digits && strlen(digits) < 8 &&
		    digits[strspn(digits, "0123456789")] == '\0')
			return (int)strtol(digits, NULL, 10);
	}
	return -1;
}

static bool open_descriptor(struct log_file *file, int fd, struct error *error)
{
	int mode = fcntl(fd, F_GETFL);
	if (mode >= 0 && (mode & O_ACCMODE) == O_RDONLY) {
		error_set(error, "%.150s: is open for reading only", file->path);
		return false;
	}
	file->fd = mode < 0 ? -1 : descriptor_copy(fd);
	if (file->fd < 0)
		descriptor_explain(error, errno, file->path);
	file->standard = fd <= STDERR_FILENO;
	return file->fd >= 0;
}

static const char *kind_of(mode_t mode)
{
	return S_ISLNK(mode)    ? "a symbolic link; name the file that it leads to"
	       : S_ISDIR(mode)  ? "a directory"
	       : S_ISFIFO(mode) ? "a FIFO, not a regular file"
	       : S_ISSOCK(mode) ? "a socket, not a regular file"
	                        : "a device, not a regular file";
}

/* Nobody else writes to it meanwhile: its beginning says what it is. */
static bool read_ends(struct log_file *file, off_t size, struct error *error)
{
	ssize_t got = pread(file->fd, file->start, sizeof file->start, 0);
	if (got > 0 && pread(file->fd, &file->last, 1, size - 1) != 1)
		got = -1;
	if (got < 0)
		descriptor_explain(error, errno, file->path);
	file->start_len = got > 0 ? (size_t)got : 0;
	file->size = size;
	return got >= 0;
}

/* Nobody else reads what is appended: whoever made it cannot be another user, who could change it back. */
static bool make_private(const struct log_file *file, const struct stat *status,
                         struct error *error)
{
	if (status->st_uid != geteuid()) {
		error_set(error, "%.150s: belongs to another user, who could read it", file->path);
		return false;
	}
	if (!(status->st_mode & 077) || fchmod(file->fd, status->st_mode & 0700) == 0)
		return true;
	descriptor_explain(error, errno, file->path);
	return false;
}

/* lstat() comes first, since opening a device may already set it in motion. */
static bool open_existing(struct log_file *file, enum log_file_how how, struct error *error)
{
	struct stat status;
	if (lstat(file->path, &status) < 0) {
		descriptor_explain(error, errno, file->path);
		return false;
	}
	if (!S_ISREG(status.st_mode)) {
		error_set(error, "%.150s: %s", file->path, kind_of(status.st_mode));
		return false;
	}
	if (how == LOG_FILE_NEW) {
		error_set(error, "%.150s: exists", file->path);
		error->code = EEXIST;
		return false;
	}
	file->fd = open(file->path, O_RDWR | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (file->fd < 0 || fstat(file->fd, &status) < 0)
		descriptor_explain(error, errno, file->path);
	else if (!S_ISREG(status.st_mode))
		error_set(error, "%.150s: %s", file->path, kind_of(status.st_mode));
	else if (how != LOG_FILE_SHARE || make_private(file, &status, error))
		return read_ends(file, status.st_size, error);
	return false;
}

/* Two programs that write to one file tear each other's lines. */
static bool take(struct log_file *file, struct error *error)
{
	if (flock(file->fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
		return true;
	error_set(error, "%.150s: is being written by another program", file->path);
	return false;
}

/* Unless another program writes to it. */
static bool remove_existing(struct log_file *file, struct error *error)
{
	struct stat status;
	if (lstat(file->path, &status) < 0 || !S_ISREG(status.st_mode))
		return true;
	file->fd = open(file->path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (file->fd >= 0 && !take(file, error))
		return false;
	int result = unlink(file->path);
	if (result < 0)
		descriptor_explain(error, errno, file->path);
	if (file->fd >= 0)
		close(file->fd);
	file->fd = -1;
	return result == 0;
}

static int create(const char *path)
{
	return open(path, O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
}

static bool open_path(struct log_file *file, enum log_file_how how, struct error *error)
{
	int number = named_descriptor(file->path);
	if (number >= 0)
		return open_descriptor(file, number, error);
	if (how == LOG_FILE_REPLACE && !remove_existing(file, error))
		return false;
	file->fd = create(file->path);
	bool exists = file->fd < 0 && errno == EEXIST;
	if (file->fd < 0 && !exists)
		descriptor_explain(error, errno, file->path);
	bool good = exists ? open_existing(file, how, error) : file->fd >= 0;
	return good && (how == LOG_FILE_SHARE || take(file, error));
}

bool log_file_open(const char *path, enum log_file_how how, struct log_file *file,
                   struct error *error)
{
	struct stat status;
	*file = (struct log_file){ .fd = -1 };
	file->path = home_expand(path);
	bool good = open_path(file, how, error);
	if (good && fstat(file->fd, &status) == 0) {
		file->device = status.st_dev;
		file->inode = status.st_ino;
	}
	if (good) {
		file->fd = descriptor_move_up(file->fd);
		return true;
	}
	if (file->fd >= 0)
		close(file->fd);
	free(file->path);
	*file = (struct log_file){ .fd = -1 };
	return false;
}
