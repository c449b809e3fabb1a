// SPDX-License-Identifier: GPL-3.0-or-later
/* calls_splice: moves bytes between a socket and a pipe or a file inside the kernel: splice(2) and
 * sendfile(2) of Linux. Nobody sees the bytes, so these calls are not recorded. The result is what
 * the system gave: a number of bytes, 0 at the end, -1 with errno set. EINVAL: it cannot be done with
 * these descriptors, or on this system. */
#pragma once

#include <stddef.h>
#include <sys/types.h>

/* At most `most` bytes. Neither waits: EAGAIN when nothing has come or the other end has no room. */
ssize_t calls_splice_in(int socket, int pipe, size_t most);
ssize_t calls_splice_out(int socket, int pipe, size_t most);

/* From the offset of the file, which moves on. */
ssize_t calls_send_file(int socket, int file, size_t most);
