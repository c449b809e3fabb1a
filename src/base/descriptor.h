// SPDX-License-Identifier: GPL-3.0-or-later
/* descriptor: the limits of descriptor numbers. Those that the program makes for itself keep clear
 * of the low numbers that shell scripts use, stay below FD_SETSIZE where select(2) must watch them,
 * and leave those numbers to sockets where it need not. All are close-on-exec. Does not know what a
 * descriptor is for. */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "base/error.h"

/* The soft limit of this process becomes the hard one, so that there are numbers of FD_SETSIZE and
 * more. Processes that it starts would have it, too. */
void descriptor_raise_limit(void);

/* How many descriptors there may be that select(2) can watch. */
int descriptor_most(void);

/* The next descriptor that a call makes is none of them, or one of the last few. Those are left to what
 * the program opens besides, for a thread may do that between the question and the call. */
bool descriptor_few_are_left(void);

/* A copy with a number of 10 or more, or of 3 or more where the limit of this process allows no
 * such number. -1 with errno, see fcntl(2). */
int descriptor_copy(int fd);

/* Returns `fd` where select(2) can watch it; else closes it and returns -1 with EMFILE. A negative
 * one is returned as it is, with its errno. */
int descriptor_watchable(int fd);

/* For one that nobody waits for, such as that of a log: gives it a number of FD_SETSIZE or more, and
 * returns that; `fd` itself where the limit allows no such number, or where it is negative. */
int descriptor_move_up(int fd);

/* pipe(2) whose reading end select(2) can watch; nobody waits for the other. False with errno. */
bool descriptor_pipe(int ends[2]);

/* For reading a file whole, which never sleeps: -1 with one line for anything but a regular file. */
int descriptor_open_regular(const char *path, struct error *error);

/* Appends all of a regular file. False with one line, also where it is larger than the ceiling. */
bool descriptor_read_regular(const char *path, struct buf *out, struct error *error);

/* "what: why" of an errno value; for EMFILE it names the limit that was reached. */
void descriptor_explain(struct error *error, int code, const char *what);
