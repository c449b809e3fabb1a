// SPDX-License-Identifier: GPL-3.0-or-later
/* ask_credentials: asks the kernel who made the other end of a UNIX connection, and the system for
 * the names of that process and user. Waits for no name service: only files of this machine are
 * read. */
#pragma once

#include "net/calls.h"
#include "socket/credentials.h"

/* getsockopt(SO_PEERCRED), which is written down as the program's own call. False where nobody is
 * connected, or the system does not say. A process number may be another's by now. */
bool ask_credentials(const struct caller *caller, int fd, struct credentials *credentials);
