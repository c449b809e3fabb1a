// SPDX-License-Identifier: GPL-3.0-or-later
/* hangup: a descriptor that becomes readable when one of others hangs up, epoll(7). select(2) cannot
 * say that of a socket whose peer has sent FIN: it is always readable and mostly writable, whatever
 * comes after; nor of a pipe whose reader has gone. */
#pragma once

#include <stdbool.h>

/* -1 where the system has none, or no descriptor is left. Close-on-exec. */
int hangup_open(void);

/* Watches this one, again or still. False: it cannot be watched. */
bool hangup_watch(int hangup, int fd);

/* Fills `fds` with at most `most` that have hung up, which are watched no longer, and returns their
 * number. One that is closed is forgotten by itself. */
int hangup_take(int hangup, int *fds, int most);
