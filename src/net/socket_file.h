// SPDX-License-Identifier: GPL-3.0-or-later
/* socket_file: the file that bind() makes of a UNIX path: what may stand in its way, and its removal
 * at the end, as long as it is still ours. An abstract name is no file. */
#pragma once

#include "net/calls.h"

/* What is at the path. */
enum socket_file_state {
	SOCKET_FILE_NONE,
	SOCKET_FILE_STALE,  /* a socket to which no program is bound any more */
	SOCKET_FILE_IN_USE, /* a socket of a program that runs, or nobody may know */
	SOCKET_FILE_EMPTY,  /* a file without a byte */
	SOCKET_FILE_OTHER,  /* no socket */
};

/* Asks the kernel by connect() of a datagram socket, which no listener notices. */
enum socket_file_state socket_file_look(const struct caller *caller, const struct endpoint *addr);

/* Removes it where it is a socket, or an empty file; false with errno. */
bool socket_file_unlink(const struct endpoint *addr);

/* bind() has succeeded: the file is ours, perhaps in place of a stale one. NULL where there is
 * none. */
struct socket_file *socket_file_note(const struct endpoint *addr, bool replaces);
bool socket_file_replaces(const struct socket_file *file);

/* A path in a new directory that only we may enter, named as nc names its own; false with errno. The
 * directory is removed with the file once it is owned. */
bool socket_file_make_path(struct endpoint *addr);
void socket_file_drop_path(const struct endpoint *addr);
void socket_file_own_directory(struct socket_file *file);

/* Removes the file, unless the path is another's by now, and frees; NULL is fine. */
void socket_file_free(struct socket_file *file);
