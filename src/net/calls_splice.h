// SPDX-License-Identifier: GPL-3.0-or-later
/* calls_splice: moves bytes between a socket and a pipe or file inside the kernel, splice(2) and
 * sendfile(2): Linux. Nobody sees them, so these calls are not written down. The result is what the
 * system gave, -1 with errno; EINVAL where it cannot be done with these descriptors, or here. */
#pragma once

#include <stddef.h>
#include <sys/types.h>

/* Neither waits; where the pipe has no room, or nothing has come, EAGAIN. */
ssize_t calls_splice_in(int socket, int pipe, size_t most);
ssize_t calls_splice_out(int socket, int pipe, size_t most);

/* From where the file is read next, which moves on. */
ssize_t calls_send_file(int socket, int file, size_t most);
