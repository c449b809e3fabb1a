// SPDX-License-Identifier: GPL-3.0-or-later
/* descriptor: descriptors of the program's own, all close-on-exec: out of the way of the low
 * numbers that a shell script uses, and below FD_SETSIZE where select(2) must watch them. What is
 * opened elsewhere is checked here. Knows the limits, not what a descriptor is for. */
#pragma once

#include <stdbool.h>

#include "base/error.h"

/* A copy with a number of 10 or more, or of 3 or more where the limit of this process allows no
 * such number. -1 with errno, see fcntl(2). */
int descriptor_copy(int fd);

/* The same descriptor where select(2) can watch it. Else it is closed, and -1 with EMFILE; a
 * negative one stays as it is, with errno. */
int descriptor_watched(int fd);

/* pipe(2) whose reading end select(2) can watch. False with errno. */
bool descriptor_pipe(int ends[2]);

/* "what: why" of an errno value; of EMFILE and ENFILE it says which limit was reached. */
void descriptor_explain(struct error *error, int code, const char *what);
