// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/calls_splice.h"

#include <errno.h>

#ifdef __linux__

#include <fcntl.h>
#include <sys/sendfile.h>

/* A sandbox may lack the call. */
static ssize_t result(ssize_t moved)
{
	if (moved < 0 && errno == ENOSYS)
		errno = EINVAL;
	return moved;
}

static ssize_t move(int from, int to, size_t most)
{
	ssize_t moved;
	do
		moved = splice(from, NULL, to, NULL, most, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
	while (moved < 0 && errno == EINTR);
	return result(moved);
}

ssize_t calls_splice_in(int socket, int pipe, size_t most)
{
	return move(socket, pipe, most);
}

ssize_t calls_splice_out(int socket, int pipe, size_t most)
{
	return move(pipe, socket, most);
}

ssize_t calls_send_file(int socket, int file, size_t most)
{
	ssize_t sent;
	do
		sent = sendfile(socket, file, NULL, most);
	while (sent < 0 && errno == EINTR);
	return result(sent);
}

#else

ssize_t calls_splice_in(int socket, int pipe, size_t most)
{
	(void)socket;
	(void)pipe;
	(void)most;
	errno = EINVAL;
	return -1;
}

ssize_t calls_splice_out(int socket, int pipe, size_t most)
{
	return calls_splice_in(socket, pipe, most);
}

ssize_t calls_send_file(int socket, int file, size_t most)
{
	return calls_splice_in(socket, file, most);
}

#endif
