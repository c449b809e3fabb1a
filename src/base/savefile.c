// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/savefile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/descriptor.h"
#include "base/home.h"

static void forget(struct savefile *save)
{
	free(save->path);
	free(save->temporary);
	*save = (struct savefile){ 0 };
}

static const char *kind_of(const struct stat *st)
{
	if (S_ISDIR(st->st_mode))
		return "a directory";
	if (S_ISFIFO(st->st_mode))
		return "a FIFO";
	return S_ISSOCK(st->st_mode) ? "a socket" : "a device";
}

/* Only a regular file never blocks its writer. A link is followed, so that it stays one: its
 * target's name replaces *path. */
static bool resolve(char **path, struct error *error)
{
	struct stat st, link;
	if (stat(*path, &st) < 0) {
		int code = errno;
		if (code == ENOENT && lstat(*path, &link) < 0)
			return true;
		error_errno(error, code, "%.150s", *path);
		return false;
	}
	if (!S_ISREG(st.st_mode)) {
		error_set(error, "%.150s: %s, not a regular file", *path, kind_of(&st));
		return false;
	}
	char *real = realpath(*path, NULL);
	if (!real) {
		error_errno(error, errno, "%.150s", *path);
		return false;
	}
	free(*path);
	*path = real;
	return true;
}

/* mkstemp() makes the file 0600. */
static FILE *open_beside(struct savefile *save)
{
	save->temporary = xasprintf("%s.XXXXXX", save->path);
	int fd = mkstemp(save->temporary);
	if (fd < 0)
		return NULL;
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	FILE *file = fdopen(fd, "w");
	if (!file) {
		int code = errno;
		close(fd);
		unlink(save->temporary);
		errno = code;
	}
	return file;
}

bool savefile_exists(const char *path)
{
	char *whole = home_expand(path);
	struct stat st;
	bool exists = stat(whole, &st) == 0 && S_ISREG(st.st_mode);
	free(whole);
	return exists;
}

bool savefile_begin(struct savefile *save, const char *path, struct error *error)
{
	if (!*path) {
		error_set(error, "the name of a file is missing");
		return false;
	}
	*save = (struct savefile){ .path = home_expand(path) };
	bool good = resolve(&save->path, error);
	if (good)
		save->file = open_beside(save);
	if (save->file)
		return true;
	if (good)
		descriptor_explain(error, errno, save->path);
	forget(save);
	return false;
}

/* stdio keeps no errno of a write that has failed, but fflush() tries it again. */
static int finish(FILE *file)
{
	bool failed = ferror(file);
	int code = fflush(file) != 0 ? errno : failed ? EIO : 0;
	if (fclose(file) != 0 && !code)
		code = errno;
	return code;
}

bool savefile_end(struct savefile *save, struct error *error)
{
	int code = finish(save->file);
	if (!code && rename(save->temporary, save->path) < 0)
		code = errno;
	if (code) {
		error_errno(error, code, "%.150s", save->path);
		unlink(save->temporary);
	}
	forget(save);
	return code == 0;
}

void savefile_drop(struct savefile *save)
{
	fclose(save->file);
	unlink(save->temporary);
	forget(save);
}
