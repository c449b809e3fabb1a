// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/savefile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"

static char *join(const char *front, const char *back)
{
	size_t size = strlen(front) + strlen(back) + 1;
	char *text = xmalloc(size);
	snprintf(text, size, "%s%s", front, back);
	return text;
}

static char *expand(const char *path)
{
	const char *home = path[0] == '~' && path[1] == '/' ? getenv("HOME") : NULL;
	return home ? join(home, path + 1) : xstrdup(path);
}

static void forget(struct savefile *save)
{
	free(save->path);
	free(save->temporary);
	*save = (struct savefile){ 0 };
}

static bool is_special(const char *path)
{
	struct stat st;
	return lstat(path, &st) == 0 && !S_ISREG(st.st_mode);
}

/* mkstemp() makes the file 0600. */
static int open_beside(struct savefile *save)
{
	save->temporary = join(save->path, ".XXXXXX");
	return mkstemp(save->temporary);
}

/* A FIFO that nobody reads is an error, not a wait; one that somebody does is written as any file.
 */
static int open_itself(const struct savefile *save)
{
	int fd = open(save->path, O_WRONLY | O_TRUNC | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd >= 0)
		fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
	return fd;
}

bool savefile_begin(struct savefile *save, const char *path, struct error *error)
{
	if (!*path) {
		error_set(error, "a file has a name");
		return false;
	}
	*save = (struct savefile){ .path = expand(path) };
	int fd = is_special(save->path) ? open_itself(save) : open_beside(save);
	if (fd >= 0)
		fcntl(fd, F_SETFD, FD_CLOEXEC);
	save->file = fd < 0 ? NULL : fdopen(fd, "w");
	if (save->file)
		return true;
	error_errno(error, errno, "%.150s", save->path);
	forget(save);
	return false;
}

bool savefile_end(struct savefile *save, struct error *error)
{
	bool bad = ferror(save->file) != 0;
	errno = bad ? EIO : 0;
	bad = fflush(save->file) != 0 || bad;
	int code = errno;
	bad = fclose(save->file) != 0 || bad;
	if (!code)
		code = errno;
	if (!bad && save->temporary && rename(save->temporary, save->path) < 0) {
		bad = true;
		code = errno;
	}
	if (bad)
		error_errno(error, code ? code : EIO, "%.150s", save->path);
	if (bad && save->temporary)
		unlink(save->temporary);
	forget(save);
	return !bad;
}

void savefile_drop(struct savefile *save)
{
	fclose(save->file);
	if (save->temporary)
		unlink(save->temporary);
	forget(save);
}
