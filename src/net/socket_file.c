// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/socket_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"

struct socket_file {
	dev_t device;
	ino_t inode;
	bool replaces, own_directory;
	char path[];
};

/* As a C string; "" where it is not in the file system. */
static void copy_path(const struct endpoint *addr, char out[ENDPOINT_PATH + 1])
{
	size_t len = addr->family == AF_UNIX ? addr->path_len : 0;
	memcpy(out, addr->path, len);
	out[len] = '\0';
}

static bool is_empty(const struct stat *stat)
{
	return S_ISREG(stat->st_mode) && stat->st_size == 0;
}

enum socket_file_state socket_file_look(const struct caller *caller, const struct endpoint *addr)
{
	char path[ENDPOINT_PATH + 1];
	struct stat stat;
	struct caller asking = *caller;
	asking.flags |= ENTRY_WATCHING;
	asking.observer = NULL;
	copy_path(addr, path);
	if (!path[0] || lstat(path, &stat) < 0)
		return SOCKET_FILE_NONE;
	if (!S_ISSOCK(stat.st_mode))
		return is_empty(&stat) ? SOCKET_FILE_EMPTY : SOCKET_FILE_OTHER;
	int fd = call_socket(&asking, AF_UNIX, SOCK_DGRAM);
	if (fd < 0)
		return SOCKET_FILE_IN_USE;
	bool stale = call_connect(&asking, fd, addr, NULL) < 0 && errno == ECONNREFUSED;
	call_close(&asking, fd);
	return stale ? SOCKET_FILE_STALE : SOCKET_FILE_IN_USE;
}

bool socket_file_unlink(const struct endpoint *addr)
{
	char path[ENDPOINT_PATH + 1];
	struct stat stat;
	copy_path(addr, path);
	if (lstat(path, &stat) < 0)
		return false;
	if (!S_ISSOCK(stat.st_mode) && !is_empty(&stat)) {
		errno = EADDRINUSE;
		return false;
	}
	return unlink(path) == 0;
}

struct socket_file *socket_file_note(const struct endpoint *addr, bool replaces)
{
	char path[ENDPOINT_PATH + 1];
	struct stat stat;
	copy_path(addr, path);
	if (!path[0] || lstat(path, &stat) < 0)
		return NULL;
	size_t size = strlen(path) + 1;
	struct socket_file *file = xcalloc(1, sizeof *file + size);
	file->device = stat.st_dev;
	file->inode = stat.st_ino;
	file->replaces = replaces;
	memcpy(file->path, path, size);
	return file;
}

bool socket_file_replaces(const struct socket_file *file)
{
	return file && file->replaces;
}

/* ---- a path of our own ---- */

bool socket_file_make_path(struct endpoint *addr)
{
	char directory[] = "/tmp/nc-XXXXXX", path[ENDPOINT_PATH];
	if (!mkdtemp(directory))
		return false;
	int len = snprintf(path, sizeof path, "%s/recv.sock", directory);
	*addr = (struct endpoint){ .family = AF_UNIX, .path_len = (uint8_t)len };
	memcpy(addr->path, path, addr->path_len);
	return true;
}

static void remove_directory(char *path)
{
	*strrchr(path, '/') = '\0';
	rmdir(path);
}

void socket_file_drop_path(const struct endpoint *addr)
{
	char path[ENDPOINT_PATH + 1];
	copy_path(addr, path);
	remove_directory(path);
}

void socket_file_own_directory(struct socket_file *file)
{
	if (file)
		file->own_directory = true;
}

/* ---- the end ---- */

void socket_file_free(struct socket_file *file)
{
	struct stat stat;
	if (!file)
		return;
	if (lstat(file->path, &stat) == 0 && stat.st_dev == file->device &&
	    stat.st_ino == file->inode)
		unlink(file->path);
	if (file->own_directory)
		remove_directory(file->path);
	free(file);
}
