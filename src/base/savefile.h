// SPDX-License-Identifier: GPL-3.0-or-later
/* savefile: writes a file whole or not at all: under a temporary name beside it, renamed at the
 * end. The file is its owner's alone (0600). A link is followed and stays one. Anything but a
 * regular file is refused, as writing to it could block. Owns both names and the stream. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "base/error.h"

struct savefile {
	FILE *file; /* write here */
	char *path;
	char *temporary;
};

/* Whether a file of this name would be replaced. */
bool savefile_exists(const char *path);

/* "~/" at the front is the home directory. False with one line: nothing is open. */
bool savefile_begin(struct savefile *save, const char *path, struct error *error);

/* Renames the file into place. Where any write to it has failed (a full disk), the old one stays as
 * it was: false with one line. Either way nothing is open afterwards. */
bool savefile_end(struct savefile *save, struct error *error);

/* Gives the file up. */
void savefile_drop(struct savefile *save);
